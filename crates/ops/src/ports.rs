//! What the commands on users and tasks touch: the HTTP API's own use cases, so that an operator
//! does to a user what the user could, and a few ports beside them.

use std::sync::Arc;

use platform::{Clock, Spares, SystemClock};
use platform_aws::{Aws, DynamoSpares, InboxRepair};

use crate::accounts::Accounts;
use crate::environment::Environment;
use crate::setup::misconfigured;

pub(crate) struct Ports {
    pub(crate) api: api::Ports,
    pub(crate) spares: Arc<dyn Spares>,
    pub(crate) repair: InboxRepair,
    /// `None`: who may sign in is somebody else's business.
    pub(crate) accounts: Option<Accounts>,
    pub(crate) clock: Arc<dyn Clock>,
}

/// What only a launch and a new alarm need: this tool makes neither.
const UNUSED: [&str; 5] = [
    "ECS_SUBNETS",
    "ECS_SECURITY_GROUPS",
    "SCHEDULE_GROUP",
    "SCHEDULE_TARGET_ARN",
    "SCHEDULE_ROLE_ARN",
];

impl Ports {
    pub(crate) fn new(environment: &Environment) -> anyhow::Result<Self> {
        let lookup = |name: &str| {
            let unused = || UNUSED.contains(&name).then(|| "unused".to_owned());
            environment.get(name).or_else(unused)
        };
        let aws = Aws::from_lookup(&lookup).map_err(misconfigured)?;
        Ok(Self {
            api: api::Ports::from_lookup(&lookup)
                .map_err(|error| misconfigured(format!("{error:#}")))?,
            spares: Arc::new(DynamoSpares::from_lookup(&aws, &lookup).map_err(misconfigured)?),
            repair: InboxRepair::from_lookup(&aws, &lookup).map_err(misconfigured)?,
            accounts: Accounts::if_any(environment)?,
            clock: Arc::new(SystemClock),
        })
    }
}
