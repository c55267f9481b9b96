//! ECS Task State Change events, as EventBridge delivers them: at least once, in any order.

use std::time::Duration;

use domain::Owner;
use platform_sim::Machine;
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::lambdas::Lambdas;

/// What changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    Running,
    Warned,
    Stopped { code: &'static str },
}

pub(crate) fn emit(lambdas: &Lambdas, machine: &Machine, version: u64, change: Change) {
    let event = event(machine, version, change);
    let stage = &lambdas.stage;
    let copies = 1 + u32::from(stage.chaos.chance(stage.plan.event_twice));
    for _ in 0..copies {
        let late = u64::try_from(stage.plan.event_late.as_millis()).expect("a minute");
        let delay = match stage.chaos.chance(0.02) {
            // An outage of the bus.
            true if stage.storms() => Duration::from_secs(900),
            _ => stage.chaos.millis(100, late),
        };
        let (lambdas, event) = (lambdas.clone(), event.clone());
        tokio::task::spawn_local(async move {
            sleep(delay).await;
            lambdas.watchdog(&event).await;
        });
    }
}

fn event(machine: &Machine, version: u64, change: Change) -> Value {
    let environment = match &machine.request.token.owner {
        Owner::User(user, generation) => json!([
            { "name": "USER_ID", "value": user },
            { "name": "GENERATION", "value": generation.to_string() },
        ]),
        Owner::Spare(id) => json!([{ "name": "SPARE_ID", "value": id }]),
    };
    let (last, desired, code) = match change {
        Change::Running => ("RUNNING", "RUNNING", None),
        Change::Warned => ("RUNNING", "STOPPED", Some("SpotInterruption")),
        Change::Stopped { code } => ("STOPPED", "STOPPED", Some(code)),
    };
    json!({
        "detail-type": "ECS Task State Change",
        "source": "aws.ecs",
        "detail": {
            "taskArn": machine.task.arn,
            "lastStatus": last,
            "desiredStatus": desired,
            "stopCode": code,
            "version": version,
            "capacityProviderName": machine.request.capacity.provider(),
            "overrides": { "containerOverrides": [{ "environment": environment }] },
        },
    })
}
