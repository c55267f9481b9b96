//! Where tasks run: the cluster, what they are made from, and the image of that.

use anyhow::Context;
use aws_sdk_ecs::types::{ClusterField, TaskDefinition};
use platform::Releases;
use platform_aws::DynamoReleases;

use super::check::Check;
use super::image;
use super::patient::{Patient, not_local};

const CLUSTER: &str = "cluster";
const DEFINITION: &str = "task definition";
const IMAGE: &str = "image";
const DEPLOY: &str = "make deploy";
/// The longest that Fargate gives a task to save itself (docs/operating.md).
const STOP_TIMEOUT_SECONDS: i32 = 120;

pub(super) async fn look(patient: &Patient<'_>) -> Vec<Check> {
    if patient.is_local() {
        return vec![tasks(patient).await, not_local(DEFINITION), not_local(IMAGE)];
    }
    let mut checks = vec![match patient.need(CLUSTER, "ECS_CLUSTER") {
        Ok(name) => cluster(patient, &name).await.unwrap_or_else(|it| Check::failed(CLUSTER, &it)),
        Err(check) => check,
    }];
    match patient.need(DEFINITION, "ECS_TASK_DEFINITION") {
        Ok(name) => checks.extend(definition(patient, DEFINITION, &name).await),
        Err(check) => checks.extend([check, image_unknown()]),
    }
    for (what, arn) in released(patient).await {
        checks.extend(definition(patient, what, &arn).await);
    }
    checks
}

/// What is launched where a release says so. A row that cannot be read is found where everything that
/// runs is looked at.
async fn released(patient: &Patient<'_>) -> Vec<(&'static str, String)> {
    let lookup = |name: &str| patient.environment.get(name);
    let Ok(releases) = DynamoReleases::from_lookup(&patient.aws, &lookup) else { return vec![] };
    let release = releases.get().await.unwrap_or_default();
    let candidate = release.candidate.map(|candidate| candidate.definition);
    let named = [("version: current", release.current), ("version: candidate", candidate)];
    named.into_iter().filter_map(|(what, one)| Some((what, one?.0))).collect()
}

/// A local stack has one cluster, which describes its tasks and not itself.
async fn tasks(patient: &Patient<'_>) -> Check {
    let name = match patient.need(CLUSTER, "ECS_CLUSTER") {
        Ok(name) => name,
        Err(check) => return check,
    };
    match patient.aws.ecs().list_tasks().cluster(&name).send().await {
        Ok(found) => Check::ok(CLUSTER, format!("{name}, with {} tasks", found.task_arns().len())),
        Err(error) => Check::failed(CLUSTER, &error.into()),
    }
}

async fn cluster(patient: &Patient<'_>, name: &str) -> anyhow::Result<Check> {
    let asked = patient.aws.ecs().describe_clusters().clusters(name);
    let found = asked.include(ClusterField::Settings).send().await?;
    let Some(cluster) = found.clusters().first().filter(|it| it.status() == Some("ACTIVE")) else {
        let gone = format!("there is no active cluster {name}: nobody can be woken");
        return Ok(Check::problem(CLUSTER, gone, DEPLOY));
    };
    let has = |provider: &str| cluster.capacity_providers().iter().any(|it| it == provider);
    let missing: Vec<String> = ["FARGATE_SPOT", "FARGATE"]
        .into_iter()
        .filter(|provider| !has(provider))
        .map(|provider| format!("it cannot use {provider}"))
        .collect();
    let found = format!("{name}, with {} tasks", cluster.running_tasks_count());
    Ok(Check::unless(CLUSTER, &missing, found, DEPLOY))
}

async fn definition(patient: &Patient<'_>, what: &str, name: &str) -> Vec<Check> {
    let found = match described(patient, name).await {
        Ok(Some(found)) => found,
        Ok(None) => {
            let gone = format!("there is no task definition {name}: nobody can be woken");
            return vec![Check::problem(what, gone, DEPLOY), image_unknown()];
        }
        Err(error) => return vec![Check::failed(what, &error), image_unknown()],
    };
    let revision = format!("{}:{}", found.family().unwrap_or(name), found.revision());
    let check = Check::unless(what, &wrong_with(&found), revision, DEPLOY);
    let mut checks = vec![check];
    for container in found.container_definitions() {
        let image = container.image().unwrap_or_default();
        let looked = image::look(IMAGE, &patient.signed, image).await;
        checks.push(looked.unwrap_or_else(|error| Check::failed(IMAGE, &error)));
    }
    checks
}

fn image_unknown() -> Check {
    Check::skipped(IMAGE, "which one it is says the task definition")
}

async fn described(patient: &Patient<'_>, name: &str) -> anyhow::Result<Option<TaskDefinition>> {
    let asked = patient.aws.ecs().describe_task_definition().task_definition(name).send().await;
    match asked {
        Ok(found) => Ok(Some(found.task_definition.context("it was not described")?)),
        // ECS has no kind of its own for it.
        Err(error) if error.as_service_error().is_some_and(|it| it.is_client_exception()) => {
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}

fn wrong_with(definition: &TaskDefinition) -> Vec<String> {
    let mut wrong = Vec::new();
    let status = definition.status().map_or("?", |status| status.as_str());
    if status != "ACTIVE" {
        wrong.push(format!("it is {status}: nothing can be started from it"));
    }
    for container in definition.container_definitions() {
        let (name, stop) =
            (container.name().unwrap_or("?"), container.stop_timeout().unwrap_or(30));
        if stop < STOP_TIMEOUT_SECONDS {
            wrong.push(format!(
                "`{name}` has {stop} s to save itself in, not {STOP_TIMEOUT_SECONDS}"
            ));
        }
    }
    wrong
}
