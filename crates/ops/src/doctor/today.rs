//! What goes wrong right now, as `ops status` sees it.

use super::check::Check;
use crate::environment::Environment;
use crate::ports::Ports;
use crate::status;

const WHAT: &str = "what runs";

pub(super) async fn look(environment: &Environment) -> Check {
    match looked(environment).await {
        Ok(problems) if problems.is_empty() => {
            Check::ok(WHAT, "nobody waits too long, and every launch came up")
        }
        Ok(problems) => Check::problem(WHAT, problems.join("; "), "ops status"),
        Err(error) => Check::failed(WHAT, &error),
    }
}

async fn looked(environment: &Environment) -> anyhow::Result<Vec<String>> {
    status::problems(&Ports::new(environment)?).await
}
