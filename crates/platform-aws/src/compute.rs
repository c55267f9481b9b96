//! Machines: ECS tasks on Fargate.

use async_trait::async_trait;
use aws_sdk_ecs::Client;
use aws_sdk_ecs::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_ecs::operation::run_task::{RunTaskError, RunTaskOutput};
use aws_sdk_ecs::operation::stop_task::StopTaskError;
use aws_sdk_ecs::types::{
    AssignPublicIp, AwsVpcConfiguration, CapacityProviderStrategyItem, ContainerOverride,
    DesiredStatus, Failure, KeyValuePair, NetworkConfiguration, Task, TaskOverride, TaskStopCode,
};
use data_encoding::HEXLOWER;
use domain::{Capacity, Generation, Owner, SpareId, TaskArn, TaskDefinition, Timestamp, UserId};
use platform::{Compute, LaunchError, LaunchRequest, ObservedTask, Result, Unavailable};
use sha2::{Digest, Sha256};

use crate::aws::Aws;
use crate::config::{ConfigError, Ecs, Lookup};

/// DescribeTasks takes no more at once.
const DESCRIBE_MAX: usize = 100;

// The variables of a launch, which say whom a task serves.
const USER_ID: &str = "USER_ID";
const GENERATION: &str = "GENERATION";
pub(crate) const SPARE_ID: &str = "SPARE_ID";
const EXPIRES_AT: &str = "EXPIRES_AT";
const LAUNCH_TOKEN: &str = "LAUNCH_TOKEN";
/// By which a task knows as what it was launched.
const RELEASE: &str = "RELEASE";

pub struct EcsCompute {
    client: Client,
    ecs: Ecs,
}

impl EcsCompute {
    pub fn new(client: Client, ecs: Ecs) -> Self {
        Self { client, ecs }
    }

    pub fn from_lookup(aws: &Aws, lookup: Lookup<'_>) -> std::result::Result<Self, ConfigError> {
        Ok(Self::new(aws.ecs(), Ecs::from_lookup(lookup)?))
    }

    fn definition<'a>(&'a self, request: &'a LaunchRequest) -> &'a str {
        request.definition.as_ref().map_or(&self.ecs.task_definition, |definition| &definition.0)
    }

    /// In the VPC's own subnets, with a public address where they have no IPv6 alone: no NAT
    /// gateway to pay for (I8), and no way in, because the security group has no ingress rule (I6).
    fn network(&self) -> NetworkConfiguration {
        let network = AwsVpcConfiguration::builder()
            .set_subnets(Some(self.ecs.subnets.clone()))
            .set_security_groups(Some(self.ecs.security_groups.clone()))
            .assign_public_ip(if self.ecs.public_ip {
                AssignPublicIp::Enabled
            } else {
                AssignPublicIp::Disabled
            })
            .build()
            .expect("subnets are set");
        NetworkConfiguration::builder().awsvpc_configuration(network).build()
    }

    fn overrides(&self, request: &LaunchRequest) -> TaskOverride {
        let variables = variables(request).into_iter();
        let pairs =
            variables.map(|(name, value)| KeyValuePair::builder().name(name).value(value).build());
        let container = ContainerOverride::builder()
            .name(&self.ecs.container)
            .set_environment(Some(pairs.collect()));
        TaskOverride::builder()
            .set_cpu(self.ecs.size.map(|size| size.cpu_units.to_string()))
            .set_memory(self.ecs.size.map(|size| size.memory_mib.to_string()))
            .container_overrides(container.build())
            .build()
    }
}

#[async_trait]
impl Compute for EcsCompute {
    async fn launch(&self, request: &LaunchRequest) -> std::result::Result<TaskArn, LaunchError> {
        let provider = CapacityProviderStrategyItem::builder()
            .capacity_provider(request.capacity.provider())
            .weight(1)
            .build()
            .expect("the provider is set");
        let launched = self
            .client
            .run_task()
            .cluster(&self.ecs.cluster)
            .task_definition(self.definition(request))
            .capacity_provider_strategy(provider)
            .platform_version("LATEST")
            .network_configuration(self.network())
            .overrides(self.overrides(request))
            .client_token(client_token(request))
            .started_by(started_by(&request.token.owner))
            .count(1)
            .send()
            .await;
        match launched {
            Ok(output) => launched_task(output, request.capacity),
            Err(error) => refused(error, request.capacity),
        }
    }

    async fn stop(&self, arn: &TaskArn, reason: &str) -> Result<()> {
        let request = self.client.stop_task().cluster(&self.ecs.cluster).task(&arn.0);
        match request.reason(reason).send().await {
            Ok(_) => Ok(()),
            Err(error) if is_unknown_task(&error) => Ok(()),
            Err(error) => Err(Unavailable::new("compute.stop", error)),
        }
    }

    async fn list(&self) -> Result<Vec<TaskArn>> {
        let request = self
            .client
            .list_tasks()
            .cluster(&self.ecs.cluster)
            .family(family(&self.ecs.task_definition))
            // What was asked to stop needs nobody, and may still be saving.
            .desired_status(DesiredStatus::Running);
        let arns = request.into_paginator().items().send();
        let arns = arns.collect::<std::result::Result<Vec<String>, _>>().await;
        let arns = arns.map_err(|error| Unavailable::new("compute.list", error))?;
        Ok(arns.into_iter().map(TaskArn).collect())
    }

    async fn describe(&self, arns: &[TaskArn]) -> Result<Vec<ObservedTask>> {
        let mut observed = Vec::with_capacity(arns.len());
        for some in arns.chunks(DESCRIBE_MAX) {
            let some = some.iter().map(|arn| arn.0.clone()).collect();
            let request = self.client.describe_tasks().cluster(&self.ecs.cluster);
            let found = request.set_tasks(Some(some)).send().await;
            let found = found.map_err(|error| Unavailable::new("compute.describe", error))?;
            // What is gone comes as a failure MISSING; any other failure says nothing about
            // the task, and must not be taken for its absence (I9).
            if let Some(failure) = found.failures().iter().find(|f| f.reason() != Some("MISSING")) {
                return Err(Unavailable::new("compute.describe", text_of(failure)));
            }
            observed.extend(found.tasks().iter().filter_map(observe));
        }
        Ok(observed)
    }
}

/// What the bridge reads. Never logged: the token is in it.
fn variables(request: &LaunchRequest) -> Vec<(&'static str, String)> {
    let mut variables = match &request.token.owner {
        Owner::User(user, generation) => {
            vec![(USER_ID, user.to_string()), (GENERATION, generation.to_string())]
        }
        Owner::Spare(id) => vec![(SPARE_ID, id.to_string())],
    };
    variables.extend(request.expires_at.map(|at| (EXPIRES_AT, at.millis().to_string())));
    variables.extend(request.definition.as_ref().map(|one| (RELEASE, one.0.clone())));
    variables.push((LAUNCH_TOKEN, request.token.expose()));
    variables
}

/// At most 64 characters, as ECS wants it: all of a SHA-256 in hex.
fn client_token(request: &LaunchRequest) -> String {
    let attempt = request.attempt;
    match &request.token.owner {
        Owner::User(user, generation) => sha256(&format!("{user}|{generation}|{attempt}")),
        // No user's name has a `#`.
        Owner::Spare(id) => sha256(&format!("spare#{id}|{attempt}")),
    }
}

/// Finds a user's tasks with ListTasks without showing who he is.
fn started_by(owner: &Owner) -> String {
    match owner {
        Owner::User(user, _) => format!("openclaw/{}", &sha256(user.as_str())[..32]),
        Owner::Spare(_) => "openclaw/spare".into(),
    }
}

/// Of `family`, `family:revision` or the ARN of one of them.
fn family(task_definition: &str) -> &str {
    let name = task_definition.rsplit('/').next().unwrap_or(task_definition);
    name.split(':').next().unwrap_or(name)
}

fn sha256(text: &str) -> String {
    HEXLOWER.encode(&Sha256::digest(text.as_bytes()))
}

fn launched_task(
    output: RunTaskOutput,
    capacity: Capacity,
) -> std::result::Result<TaskArn, LaunchError> {
    if let Some(arn) = output.tasks().first().and_then(Task::task_arn) {
        return Ok(TaskArn(arn.to_owned()));
    }
    let reason = output.failures().first().map_or_else(|| "no task and no reason".into(), text_of);
    if is_capacity(&reason) {
        return Err(LaunchError::NoCapacity { capacity, reason });
    }
    Err(Unavailable::new("compute.launch", reason).into())
}

fn refused(
    error: SdkError<RunTaskError>,
    capacity: Capacity,
) -> std::result::Result<TaskArn, LaunchError> {
    if let Some(RunTaskError::ConflictException(conflict)) = error.as_service_error()
        && let Some(arn) = conflict.resource_ids().first()
    {
        // The same (owner, attempt) was launched before, with other parameters.
        return Ok(TaskArn(arn.clone()));
    }
    match error.message() {
        Some(reason) if is_capacity(reason) => {
            Err(LaunchError::NoCapacity { capacity, reason: reason.to_owned() })
        }
        _ => Err(Unavailable::new("compute.launch", error).into()),
    }
}

/// `RESOURCE:*` in failures, "Capacity is unavailable at this time" as an exception, and the
/// vCPU quota, which Spot and on-demand have each for themselves.
fn is_capacity(reason: &str) -> bool {
    let reason = reason.to_ascii_lowercase();
    ["resource:", "capacity is unavailable", "you've reached the limit on the number of"]
        .iter()
        .any(|sign| reason.contains(sign))
}

fn is_unknown_task(error: &SdkError<StopTaskError>) -> bool {
    let message = error.message().unwrap_or_default();
    let invalid =
        error.as_service_error().is_some_and(StopTaskError::is_invalid_parameter_exception);
    invalid && message.contains("not found")
}

fn text_of(failure: &Failure) -> String {
    let reason = failure.reason().unwrap_or("no reason");
    failure.detail().map_or_else(|| reason.to_owned(), |detail| format!("{reason}: {detail}"))
}

fn observe(task: &Task) -> Option<ObservedTask> {
    let created_at = task.created_at().and_then(|at| at.to_millis().ok());
    Some(ObservedTask {
        arn: TaskArn(task.task_arn()?.to_owned()),
        owner: owner(task),
        capacity: task.capacity_provider_name().and_then(Capacity::of_provider),
        created_at: created_at.and_then(|at| u64::try_from(at).ok()).map(Timestamp),
        stopped: task.last_status() == Some("STOPPED"),
        failed_to_start: task.stop_code() == Some(&TaskStopCode::TaskFailedToStart),
        stopped_reason: task.stopped_reason().map(str::to_owned),
        definition: task.task_definition_arn().map(|arn| TaskDefinition(arn.to_owned())),
    })
}

fn owner(task: &Task) -> Option<Owner> {
    let containers = task.overrides()?.container_overrides().iter();
    let variables: Vec<_> = containers.flat_map(ContainerOverride::environment).collect();
    owner_of(|name| variables.iter().find(|pair| pair.name() == Some(name))?.value())
}

/// From the variables that [`EcsCompute::overrides`] gives a task.
pub(crate) fn owner_of<'a>(value: impl Fn(&str) -> Option<&'a str>) -> Option<Owner> {
    if let Some(spare) = value(SPARE_ID) {
        return SpareId::new(spare).ok().map(Owner::Spare);
    }
    let generation = Generation(value(GENERATION)?.parse().ok()?);
    Some(Owner::User(UserId::new(value(USER_ID)?).ok()?, generation))
}
