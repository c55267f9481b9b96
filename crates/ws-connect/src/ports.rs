//! The real ports, from the environment.

use std::sync::Arc;

use control_plane::Connect;
use platform::SystemClock;
use platform_aws::config::Origins;
use platform_aws::{AccessTokens, Aws, DynamoConnections, DynamoSpares, DynamoTasks, Lookup};

use crate::Ports;

impl Ports {
    pub fn from_lookup(lookup: Lookup<'_>) -> anyhow::Result<Self> {
        let aws = Aws::from_lookup(lookup)?;
        let clock = Arc::new(SystemClock);
        let connect = Connect {
            connections: Arc::new(DynamoConnections::from_lookup(&aws, lookup)?),
            tasks: Arc::new(DynamoTasks::from_lookup(&aws, lookup)?),
            spares: Arc::new(DynamoSpares::from_lookup(&aws, lookup)?),
            clock: clock.clone(),
        };
        let tokens = Arc::new(AccessTokens::from_lookup(lookup)?);
        let allowed_origins = Origins::from_lookup(lookup)?.allowed;
        Ok(Self { connect, tokens, clock, allowed_origins })
    }
}
