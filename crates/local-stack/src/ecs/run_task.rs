//! RunTask: the checks ECS makes, then a record and a life cycle.

use std::{collections::BTreeMap, sync::Arc};

use data_encoding::HEXLOWER;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::sync::watch;

use super::{
    Ecs, Entry,
    task::{PROVISIONING, RUNNING, Task},
};
use crate::{
    aws_error::{AwsError, AwsResult},
    clock,
    config::{ACCOUNT, REGION},
};

const LONGEST_OVERRIDES: usize = 8192;
const LONGEST_STARTED_BY: usize = 128;
const LONGEST_TOKEN: usize = 64;
const NO_CAPACITY: &str = "Capacity is unavailable at this time. Please try again later or in a \
                           different availability zone";

impl Ecs {
    pub(super) fn run_task(self: &Arc<Self>, input: &Value) -> AwsResult {
        self.check_cluster(input)?;
        self.check_definition(input)?;
        check_network(input)?;
        let (capacity, by_launch_type) = capacity(input)?;
        let environment = self.check_overrides(input)?;
        check_texts(input)?;
        if self.closing.is_cancelled() {
            return Err(client("The local stack is stopping"));
        }
        let hash = HEXLOWER.encode(&Sha256::digest(input.to_string()));
        let mut tasks = self.lock();
        let token = input["clientToken"].as_str();
        if let Some((before, id)) = token.and_then(|token| tasks.tokens.get(token)) {
            return tasks.repeated(before == &hash, id);
        }
        let faults = self.faults.read();
        if faults.all_unavailable || (faults.spot_unavailable && capacity == "FARGATE_SPOT") {
            return Ok(json!({"tasks": [], "failures": [{"reason": NO_CAPACITY}]}));
        }
        let mut task = self.new_task(input, capacity, by_launch_type, hash);
        task.environment = environment;
        // On disk first: a crash from here on is cleaned up at the next start.
        self.save(&task);
        if let Some(token) = &task.client_token {
            tasks.tokens.insert(token.clone(), (task.request_hash.clone(), task.id.clone()));
        }
        let (stop, stopped) = watch::channel(None);
        tasks.by_id.insert(task.id.clone(), Entry { task: task.clone(), stop });
        drop(tasks);
        self.emit(&task);
        self.running.spawn(self.clone().live(task.id.clone(), stopped));
        Ok(json!({"tasks": [task.describe()], "failures": []}))
    }

    fn new_task(
        &self,
        input: &Value,
        capacity: &str,
        by_launch_type: bool,
        request_hash: String,
    ) -> Task {
        let id = format!("{:032x}", rand::random::<u128>());
        let arn = |kind: &str, name: &str| format!("arn:aws:ecs:{REGION}:{ACCOUNT}:{kind}/{name}");
        let text = |name: &str| input[name].as_str().map(str::to_owned);
        let or_empty = |name: &str, empty: Value| match &input[name] {
            Value::Null => empty,
            given => given.clone(),
        };
        Task {
            arn: arn("task", &format!("{}/{id}", self.config.cluster)),
            cluster: arn("cluster", &self.config.cluster),
            definition: arn("task-definition", &format!("{}:1", self.config.family)),
            container: self.config.container.clone(),
            capacity: capacity.into(),
            by_launch_type,
            started_by: text("startedBy"),
            group: text("group").unwrap_or_else(|| format!("family:{}", self.config.family)),
            overrides: or_empty("overrides", json!({"containerOverrides": []})),
            tags: or_empty("tags", json!([])),
            environment: BTreeMap::new(),
            client_token: text("clientToken"),
            request_hash,
            status: PROVISIONING.into(),
            desired: RUNNING.into(),
            version: 1,
            created_ms: clock::now_ms(),
            started_ms: None,
            stopping_ms: None,
            stopped_ms: None,
            stop_code: None,
            stopped_reason: None,
            exit_code: None,
            pid: None,
            pid_started: None,
            id,
        }
    }

    pub(super) fn check_cluster(&self, input: &Value) -> Result<(), AwsError> {
        let named = input["cluster"].as_str().unwrap_or("default");
        let name = named.rsplit('/').next().unwrap_or(named);
        match name == self.config.cluster {
            true => Ok(()),
            false => Err(AwsError::bad_request("ClusterNotFoundException", "Cluster not found.")),
        }
    }

    fn check_definition(&self, input: &Value) -> Result<(), AwsError> {
        let named = input["taskDefinition"].as_str();
        let named = named.ok_or_else(|| client("TaskDefinition can not be null."))?;
        let name = named.rsplit('/').next().unwrap_or(named);
        match name.split(':').next() == Some(self.config.family.as_str()) {
            true => Ok(()),
            false => Err(client("Unable to describe task definition.")),
        }
    }

    fn check_overrides(&self, input: &Value) -> Result<BTreeMap<String, String>, AwsError> {
        let overrides = &input["overrides"];
        let length = overrides.to_string().chars().count();
        if length > LONGEST_OVERRIDES {
            let message = format!("Overrides length must be at most {LONGEST_OVERRIDES}: {length}");
            return Err(invalid(message));
        }
        let mut environment = BTreeMap::new();
        for container in overrides["containerOverrides"].as_array().into_iter().flatten() {
            let name = container["name"].as_str().unwrap_or_default();
            if name != self.config.container {
                return Err(invalid(format!(
                    "Override for container named {name} is not a container in the TaskDefinition."
                )));
            }
            for pair in container["environment"].as_array().into_iter().flatten() {
                let text = |field: &str| pair[field].as_str().unwrap_or_default().to_owned();
                environment.insert(text("name"), text("value"));
            }
        }
        Ok(environment)
    }
}

impl super::Tasks {
    /// The answer to a client token that was seen before.
    fn repeated(&self, same_request: bool, id: &str) -> AwsResult {
        let Some(entry) = self.by_id.get(id) else {
            return Ok(json!({"tasks": [], "failures": []}));
        };
        if same_request {
            return Ok(json!({"tasks": [entry.task.describe()], "failures": []}));
        }
        let message = "The client token was used with different parameters.";
        Err(AwsError::bad_request("ConflictException", message)
            .with("resourceIds", json!([entry.task.arn])))
    }
}

fn check_network(input: &Value) -> Result<(), AwsError> {
    let subnets = &input["networkConfiguration"]["awsvpcConfiguration"]["subnets"];
    match subnets.as_array() {
        Some(subnets) if (1..=16).contains(&subnets.len()) => Ok(()),
        Some(_) => Err(invalid("subnets must have between 1 and 16 items")),
        None => Err(invalid(
            "Network Configuration must be provided when networkMode 'awsvpc' is specified.",
        )),
    }
}

/// The provider's name, and whether it was given as a launch type.
fn capacity(input: &Value) -> Result<(&str, bool), AwsError> {
    let strategy = input["capacityProviderStrategy"].as_array().filter(|it| !it.is_empty());
    match (input["launchType"].as_str(), strategy) {
        (Some(_), Some(_)) => Err(invalid(
            "Specifying both a launch type and capacity provider strategy is not supported. \
             Remove one and try again.",
        )),
        (None, Some(strategy)) => match strategy[0]["capacityProvider"].as_str() {
            Some(name @ ("FARGATE" | "FARGATE_SPOT")) => Ok((name, false)),
            _ => Err(invalid("The specified capacity provider was not found.")),
        },
        (Some("FARGATE"), None) => Ok(("FARGATE", true)),
        (Some(other), None) => {
            Err(invalid(format!("No Container Instances were found for launch type {other}.")))
        }
        (None, None) => Ok(("FARGATE", false)),
    }
}

fn check_texts(input: &Value) -> Result<(), AwsError> {
    let started_by = input["startedBy"].as_str().unwrap_or_default();
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '/' | '_');
    if started_by.len() > LONGEST_STARTED_BY || !started_by.chars().all(allowed) {
        return Err(invalid(
            "startedBy must be shorter than 128 characters of letters, digits, -, / and _.",
        ));
    }
    let token = input["clientToken"].as_str().unwrap_or_default();
    if token.len() > LONGEST_TOKEN || !token.bytes().all(|b| (33..=126).contains(&b)) {
        return Err(invalid("clientToken must be up to 64 ASCII characters from 33 to 126."));
    }
    match input["count"].as_u64().unwrap_or(1) {
        1 => Ok(()),
        // AWS starts up to ten; nothing here may launch more than one at once.
        other => Err(invalid(format!("the local stack runs one task per call, not {other}"))),
    }
}

fn invalid(message: impl Into<String>) -> AwsError {
    AwsError::bad_request("InvalidParameterException", message)
}

fn client(message: &str) -> AwsError {
    AwsError::bad_request("ClientException", message)
}
