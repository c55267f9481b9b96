//! One task: what is known of it, and how ECS and EventBridge describe it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::clock;

pub(crate) const PROVISIONING: &str = "PROVISIONING";
pub(crate) const PENDING: &str = "PENDING";
pub(crate) const RUNNING: &str = "RUNNING";
pub(crate) const STOPPED: &str = "STOPPED";

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Task {
    pub(crate) id: String,
    pub(crate) arn: String,
    pub(crate) cluster: String,
    pub(crate) definition: String,
    pub(crate) container: String,
    /// FARGATE or FARGATE_SPOT.
    pub(crate) capacity: String,
    /// Whether the caller named a capacity provider or a launch type.
    pub(crate) by_launch_type: bool,
    pub(crate) started_by: Option<String>,
    pub(crate) group: String,
    pub(crate) overrides: Value,
    pub(crate) tags: Value,
    /// The container override's variables.
    pub(crate) environment: BTreeMap<String, String>,
    pub(crate) client_token: Option<String>,
    pub(crate) request_hash: String,
    pub(crate) status: String,
    pub(crate) desired: String,
    pub(crate) version: u64,
    pub(crate) created_ms: i64,
    pub(crate) started_ms: Option<i64>,
    pub(crate) stopping_ms: Option<i64>,
    pub(crate) stopped_ms: Option<i64>,
    pub(crate) stop_code: Option<String>,
    pub(crate) stopped_reason: Option<String>,
    pub(crate) exit_code: Option<i32>,
    /// Process id and process group id of the program.
    pub(crate) pid: Option<u32>,
    /// When that process began, in the kernel's ticks: with it, a later start
    /// of the stack can tell the process from another one with its number.
    pub(crate) pid_started: Option<u64>,
}

/// Why a task has to stop.
#[derive(Debug, Clone)]
pub(crate) struct StopRequest {
    pub(crate) code: &'static str,
    pub(crate) reason: String,
    /// ECS only believes that it stopped: its process goes on.
    pub(crate) lost: bool,
}

impl StopRequest {
    pub(crate) fn new(code: &'static str, reason: impl Into<String>) -> Self {
        Self { code, reason: reason.into(), lost: false }
    }

    pub(crate) fn user(reason: impl Into<String>) -> Self {
        Self::new("UserInitiated", reason)
    }

    pub(crate) fn spot() -> Self {
        Self::new("SpotInterruption", "Your Spot Task was interrupted.")
    }

    pub(crate) fn lost() -> Self {
        let reason = "The host that this task ran on was lost.";
        Self { lost: true, ..Self::new("ServiceSchedulerInitiated", reason) }
    }
}

impl Task {
    pub(crate) fn is_stopped(&self) -> bool {
        self.status == STOPPED
    }

    pub(crate) fn variable(&self, name: &str) -> Option<&str> {
        self.environment.get(name).map(String::as_str)
    }

    /// A task in an ECS answer: times in seconds since 1970.
    pub(crate) fn describe(&self) -> Value {
        self.json(|ms| json!(ms as f64 / 1000.0))
    }

    /// The `detail` of an event: times as text.
    fn detail(&self) -> Value {
        let mut detail = self.json(|ms| json!(clock::iso(ms)));
        detail["updatedAt"] = json!(clock::iso(clock::now_ms()));
        detail
    }

    pub(crate) fn event(&self, account: &str, region: &str) -> Value {
        json!({
            "version": "0",
            "id": uuid::Uuid::new_v4(),
            "detail-type": "ECS Task State Change",
            "source": "aws.ecs",
            "account": account,
            "time": clock::iso(clock::now_ms()),
            "region": region,
            "resources": [self.arn],
            "detail": self.detail(),
        })
    }

    fn json(&self, time: impl Fn(i64) -> Value) -> Value {
        let mut task = json!({
            "taskArn": self.arn,
            "clusterArn": self.cluster,
            "taskDefinitionArn": self.definition,
            "group": self.group,
            "lastStatus": self.status,
            "desiredStatus": self.desired,
            "launchType": "FARGATE",
            "platformVersion": "1.4.0",
            "platformFamily": "Linux",
            "connectivity": "CONNECTED",
            "cpu": "512",
            "memory": "2048",
            "version": self.version,
            "overrides": self.overrides,
            "tags": self.tags,
            "attachments": [],
            "containers": [self.container()],
            "createdAt": time(self.created_ms),
        });
        let times = [
            ("startedAt", self.started_ms),
            ("stoppingAt", self.stopping_ms),
            ("executionStoppedAt", self.stopped_ms),
            ("stoppedAt", self.stopped_ms),
        ];
        for (name, at) in times.into_iter().filter_map(|(name, at)| Some((name, at?))) {
            task[name] = time(at);
        }
        if !self.by_launch_type {
            task["capacityProviderName"] = json!(self.capacity);
        }
        let texts = [
            ("startedBy", &self.started_by),
            ("stopCode", &self.stop_code),
            ("stoppedReason", &self.stopped_reason),
        ];
        for (name, text) in
            texts.into_iter().filter_map(|(name, text)| Some((name, text.as_ref()?)))
        {
            task[name] = json!(text);
        }
        task
    }

    fn container(&self) -> Value {
        let mut container = json!({
            "name": self.container,
            "taskArn": self.arn,
            "containerArn": format!("{}/{}", self.arn.replace(":task/", ":container/"), self.container),
            "lastStatus": self.status,
            "networkInterfaces": [],
        });
        if let Some(code) = self.exit_code {
            container["exitCode"] = json!(code);
        }
        container
    }
}
