//! How many users can be awake at once: Fargate's quotas of vCPUs, of which new accounts have few.

use anyhow::Context;
use serde_json::json;

use super::check::Check;
use super::patient::{Patient, not_local};
use crate::signed::QUOTAS;

const WHAT: &str = "Fargate quota";
/// "Fargate Spot vCPU resource count".
const SPOT: &str = "L-36FBB829";
/// "Fargate On-Demand vCPU resource count".
const ON_DEMAND: &str = "L-3032A538";
/// Fewer than so many users at once are a deployment that will refuse somebody.
const FEW_USERS: f64 = 4.0;
/// Of all vCPUs: with more in use it is time to ask for more.
const NEARLY_ALL: f64 = 0.8;

pub(super) async fn look(patient: &Patient<'_>) -> Check {
    if patient.is_local() {
        return not_local(WHAT);
    }
    looked(patient).await.unwrap_or_else(|error| Check::failed(WHAT, &error))
}

async fn looked(patient: &Patient<'_>) -> anyhow::Result<Check> {
    let spot = quota(patient, SPOT).await?;
    let on_demand = quota(patient, ON_DEMAND).await?;
    let size = task_size(patient).await?;
    let used = running(patient).await? * size;
    let users = (spot / size).floor();
    let found = format!(
        "{spot} vCPU on Spot and {on_demand} on demand: room for {users} users at once at {size} \
         vCPU each; {used} vCPU are in use"
    );
    let more = format!(
        "ask for more (new accounts have 6): aws service-quotas request-service-quota-increase \
         --service-code fargate --quota-code {SPOT} --desired-value 32"
    );
    Ok(match (users < FEW_USERS, used > spot * NEARLY_ALL) {
        (false, false) => Check::ok(WHAT, found),
        _ => Check::warning(WHAT, found, more),
    })
}

async fn quota(patient: &Patient<'_>, code: &str) -> anyhow::Result<f64> {
    let asked = json!({ "ServiceCode": "fargate", "QuotaCode": code });
    let found = patient.signed.call(QUOTAS, "GetServiceQuota", &asked).await?;
    found["Quota"]["Value"].as_f64().context("the quota has no value")
}

/// In vCPUs, as launches are made: `TASK_CPU`, else the task definition's.
async fn task_size(patient: &Patient<'_>) -> anyhow::Result<f64> {
    let units = match patient.environment.get("TASK_CPU") {
        Some(units) => units,
        None => {
            let name = patient.environment.get("ECS_TASK_DEFINITION").unwrap_or_default();
            let asked = patient.aws.ecs().describe_task_definition().task_definition(name);
            let found = asked.send().await.context("the size of a task is not known")?;
            let cpu = found.task_definition.and_then(|it| it.cpu);
            cpu.context("the task definition has no size")?
        }
    };
    let units: f64 = units.parse().context("the size of a task is odd")?;
    anyhow::ensure!(units > 0.0, "the size of a task is odd");
    Ok(units / 1_024.0)
}

/// Tasks of our cluster; what else the account runs is not counted.
async fn running(patient: &Patient<'_>) -> anyhow::Result<f64> {
    let cluster = patient.environment.get("ECS_CLUSTER").unwrap_or_default();
    let found = patient.aws.ecs().describe_clusters().clusters(cluster).send().await?;
    let running = found.clusters().first().map_or(0, |cluster| cluster.running_tasks_count());
    Ok(f64::from(running))
}
