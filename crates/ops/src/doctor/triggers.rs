//! What calls the watchdog: a schedule, and what ECS says of tasks.

use serde_json::{Value, json};

use super::check::Check;
use super::patient::{Patient, not_local};
use crate::signed::EVENTS;

const SCHEDULES: &str = "schedules";
const RULES: &str = "ECS events";
const DEPLOY: &str = "make deploy";
const ENABLE: &str = "enable it in the AWS console, or make deploy";

pub(super) async fn look(patient: &Patient<'_>) -> Vec<Check> {
    if patient.is_local() {
        return vec![not_local(SCHEDULES), not_local(RULES)];
    }
    let prefix = match patient.prefix(SCHEDULES) {
        Ok(prefix) => prefix,
        Err(check) => return vec![check],
    };
    let schedules = schedules(patient, &prefix).await;
    let rules = rules(patient, &prefix).await;
    vec![
        schedules.unwrap_or_else(|error| Check::failed(SCHEDULES, &error)),
        rules.unwrap_or_else(|error| Check::failed(RULES, &error)),
    ]
}

async fn schedules(patient: &Patient<'_>, prefix: &str) -> anyhow::Result<Check> {
    let asked = patient.aws.scheduler().list_schedules().name_prefix(prefix);
    let found = asked.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await?;
    let name = |it: &str| it.to_lowercase().contains("watchdog");
    if !found.iter().any(|it| it.name().is_some_and(name)) {
        let missing = "nothing calls the watchdog: what got stuck stays so";
        return Ok(Check::problem(SCHEDULES, missing, DEPLOY));
    }
    let off = found.iter().filter(|it| it.state().is_some_and(|it| it.as_str() != "ENABLED"));
    let off: Vec<String> = off.map(|it| format!("`{}` is off", it.name().unwrap_or("?"))).collect();
    Ok(Check::unless(SCHEDULES, &off, format!("{} are on", found.len()), ENABLE))
}

async fn rules(patient: &Patient<'_>, prefix: &str) -> anyhow::Result<Check> {
    let asked = json!({ "NamePrefix": prefix });
    let found = patient.signed.call(EVENTS, "ListRules", &asked).await?;
    let rules: Vec<&Value> = found["Rules"].as_array().into_iter().flatten().collect();
    let of_ecs = |rule: &&Value| {
        rule["EventPattern"].as_str().is_some_and(|pattern| pattern.contains("aws.ecs"))
    };
    if !rules.iter().any(of_ecs) {
        let missing = "nobody hears when a task dies: it is noticed minutes later";
        return Ok(Check::problem(RULES, missing, DEPLOY));
    }
    let off = rules.iter().filter(|rule| rule["State"] == "DISABLED");
    let off: Vec<String> =
        off.map(|rule| format!("`{}` is off", rule["Name"].as_str().unwrap_or("?"))).collect();
    Ok(Check::unless(RULES, &off, format!("{} are on", rules.len()), ENABLE))
}
