//! What every look needs.

use platform_aws::Aws;

use super::check::Check;
use crate::environment::Environment;
use crate::setup::misconfigured;
use crate::signed::Signed;
use crate::web::Web;

pub(crate) struct Patient<'a> {
    pub(super) environment: &'a Environment,
    pub(super) aws: Aws,
    pub(super) signed: Signed,
    pub(super) web: Web,
}

impl<'a> Patient<'a> {
    pub(super) fn new(environment: &'a Environment) -> anyhow::Result<Self> {
        let lookup = |name: &str| environment.get(name);
        let aws = Aws::from_lookup(&lookup).map_err(misconfigured)?;
        Ok(Self { environment, aws, signed: Signed::new(environment)?, web: Web::new()? })
    }

    pub(super) fn is_local(&self) -> bool {
        self.environment.is_local
    }

    /// The value of a variable without which `what` cannot be looked at.
    pub(super) fn need(&self, what: &str, name: &str) -> Result<String, Check> {
        let to_do =
            format!("say it: --deployment NAME reads it from the deployment, or set {name}");
        let missing = || Check::problem(what, format!("{name} is not set"), to_do);
        self.environment.get(name).ok_or_else(missing)
    }

    /// The name by which a deployment's functions, rules and schedules begin.
    pub(super) fn prefix(&self, what: &str) -> Result<String, Check> {
        let why = "which ones are the deployment's is known only with --deployment NAME";
        let unknown = || Check::skipped(what, why);
        self.environment.deployment.as_ref().map(|name| format!("{name}-")).ok_or_else(unknown)
    }
}

/// What a local stack has not got.
pub(super) fn not_local(what: &str) -> Check {
    Check::skipped(what, "a local stack has none")
}
