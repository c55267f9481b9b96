//! The Lambdas: there, and able to be called.

use serde_json::Value;

use super::check::Check;
use super::patient::{Patient, not_local};
use crate::signed::Refused;

const WHAT: &str = "functions";
const DEPLOY: &str = "make deploy";
/// A function is called `<deployment>-<crate>`. Without these nobody is answered; `prewarm` is there
/// only where spares are kept.
const NEEDED: [&str; 7] = [
    "ws-connect",
    "ws-message",
    "ws-disconnect",
    "api",
    "telegram-webhook",
    "watchdog",
    "scheduled-message",
];

pub(super) async fn look(patient: &Patient<'_>) -> Vec<Check> {
    if patient.is_local() {
        return vec![not_local(WHAT)];
    }
    let prefix = match patient.prefix(WHAT) {
        Ok(prefix) => prefix,
        Err(check) => return vec![check],
    };
    let without_bot = patient.environment.get("TELEGRAM_TOKEN_PARAMETER").is_none();
    let mut checks = Vec::new();
    for needed in NEEDED {
        if needed == "telegram-webhook" && without_bot {
            continue;
        }
        let what = format!("function {needed}");
        let looked = one(patient, &what, &format!("{prefix}{needed}")).await;
        checks.push(looked.unwrap_or_else(|error| Check::failed(&what, &error)));
    }
    checks
}

async fn one(patient: &Patient<'_>, what: &str, name: &str) -> anyhow::Result<Check> {
    let found = match patient.signed.lambda(&format!("/functions/{name}/configuration")).await {
        Ok(found) => found,
        Err(error) if is_missing(&error) => {
            return Ok(Check::problem(what, format!("there is no function {name}"), DEPLOY));
        }
        Err(error) => return Err(error),
    };
    let said = |field: &str| found[field].as_str().unwrap_or("?").to_owned();
    let (state, update) = (said("State"), said("LastUpdateStatus"));
    // One that nobody called for weeks is inactive; the next call wakes it.
    if !["Active", "Inactive"].contains(&state.as_str()) {
        return Ok(Check::problem(what, format!("it is {state}: {}", said("StateReason")), DEPLOY));
    }
    if update == "Failed" {
        let why = said("LastUpdateStatusReason");
        return Ok(Check::problem(what, format!("its last update failed: {why}"), DEPLOY));
    }
    let memory = found["MemorySize"].as_u64().unwrap_or_default();
    Ok(Check::ok(what, format!("{memory} MB, {}", architecture(&found))))
}

fn is_missing(error: &anyhow::Error) -> bool {
    let refused = error.downcast_ref::<Refused>();
    refused.is_some_and(|it| ["404", "ResourceNotFoundException"].contains(&it.kind.as_str()))
}

fn architecture(found: &Value) -> &str {
    found["Architectures"][0].as_str().unwrap_or("x86_64")
}
