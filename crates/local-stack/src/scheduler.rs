//! EventBridge Scheduler: keeps schedules in one file, rings when their time has come, and tries
//! again what failed, for as long as the schedule says.
//!
//! Of what should have rung while the stack was down or the machine asleep, the last one does,
//! with the time that it was for.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard},
};

use anyhow::Context;
use axum::http::{Method, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::Notify;

use crate::{
    aws_error::{AwsError, AwsResult},
    clock,
    config::{ACCOUNT, REGION},
    private_file,
};

mod expression;
mod ring;

use expression::When;

/// The one group that a deployment's template makes.
pub(crate) const GROUP: &str = "openclaw";
const LONGEST_NAME: usize = 64;

#[derive(Debug)]
pub(crate) struct Scheduler {
    path: PathBuf,
    schedules: Mutex<BTreeMap<String, Stored>>,
    changed: Notify,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Stored {
    /// As it was asked for.
    request: Value,
    created_ms: i64,
    /// Everything until then has rung.
    until_ms: i64,
    /// What rang and has not been taken.
    ringing_ms: Option<i64>,
}

/// What a request is for.
pub(crate) struct Request {
    pub(crate) operation: &'static str,
    name: String,
    group: String,
}

impl Request {
    pub(crate) fn of(method: &Method, path: &str, query: Option<&str>) -> Self {
        let name = path.strip_prefix("/schedules/").unwrap_or_default().to_owned();
        let operation = match (method, name.is_empty()) {
            (&Method::POST, false) => "CreateSchedule",
            (&Method::PUT, false) => "UpdateSchedule",
            (&Method::GET, false) => "GetSchedule",
            (&Method::DELETE, false) => "DeleteSchedule",
            _ => "Unknown",
        };
        let group =
            query.unwrap_or_default().split('&').find_map(|it| it.strip_prefix("groupName="));
        Self { operation, name, group: group.unwrap_or("default").to_owned() }
    }
}

impl Scheduler {
    pub(crate) fn open(data: &Path) -> anyhow::Result<Self> {
        let path = data.join("schedules.json");
        let schedules = match private_file::read(&path)? {
            Some(json) => serde_json::from_slice(&json)
                .with_context(|| format!("{} is not what this stack wrote", path.display()))?,
            None => BTreeMap::new(),
        };
        Ok(Self { path, schedules: Mutex::new(schedules), changed: Notify::new() })
    }

    pub(crate) fn call(&self, request: &Request, input: &Value) -> AwsResult {
        let Request { operation, name, group } = request;
        let group = input["GroupName"].as_str().unwrap_or(group);
        match *operation {
            "Unknown" => Err(AwsError::bad_request(
                "UnknownOperationException",
                "the local stack has no such operation of the scheduler",
            )),
            _ if group != GROUP => Err(not_found(&format!("Schedule group {group}"))),
            "CreateSchedule" => self.create(name, input),
            "UpdateSchedule" => self.update(name, input),
            "GetSchedule" => self.get(name),
            _ => self.delete(name),
        }
    }

    fn create(&self, name: &str, input: &Value) -> AwsResult {
        check(name, input)?;
        let mut schedules = self.lock();
        if schedules.contains_key(name) {
            let message = format!("Schedule {name} already exists.");
            return Err(AwsError::new(StatusCode::CONFLICT, "ConflictException", message));
        }
        self.put(&mut schedules, name, input)
    }

    fn update(&self, name: &str, input: &Value) -> AwsResult {
        check(name, input)?;
        let mut schedules = self.lock();
        if !schedules.contains_key(name) {
            return Err(not_found(&format!("Schedule {name}")));
        }
        self.put(&mut schedules, name, input)
    }

    fn put(
        &self,
        schedules: &mut BTreeMap<String, Stored>,
        name: &str,
        input: &Value,
    ) -> AwsResult {
        let now = clock::now_ms();
        let before = schedules.get(name);
        let stored = Stored {
            request: input.clone(),
            created_ms: before.map_or(now, |before| before.created_ms),
            until_ms: now,
            ringing_ms: before.and_then(|before| before.ringing_ms),
        };
        schedules.insert(name.to_owned(), stored);
        self.save(schedules)?;
        self.changed.notify_one();
        Ok(json!({"ScheduleArn": arn(name)}))
    }

    fn get(&self, name: &str) -> AwsResult {
        let schedules = self.lock();
        let found = schedules.get(name).ok_or_else(|| not_found(&format!("Schedule {name}")))?;
        let mut answer = found.request.clone();
        answer["Name"] = json!(name);
        answer["Arn"] = json!(arn(name));
        answer["CreationDate"] = json!(found.created_ms as f64 / 1000.0);
        Ok(answer)
    }

    fn delete(&self, name: &str) -> AwsResult {
        let mut schedules = self.lock();
        schedules.remove(name).ok_or_else(|| not_found(&format!("Schedule {name}")))?;
        self.save(&schedules)?;
        Ok(json!({}))
    }

    /// For the control: every schedule, with what it calls its function with.
    pub(crate) fn list(&self) -> Value {
        let schedules = self.lock();
        let describe = |(name, stored): (&String, &Stored)| {
            let input = stored.request["Target"]["Input"].as_str().unwrap_or_default();
            json!({
                "name": name,
                "expression": stored.request["ScheduleExpression"],
                "timeZone": stored.request["ScheduleExpressionTimezone"],
                "input": serde_json::from_str::<Value>(input).unwrap_or_default(),
                "ringing": stored.ringing_ms.map(clock::iso),
            })
        };
        schedules.iter().map(describe).collect()
    }

    fn save(&self, schedules: &BTreeMap<String, Stored>) -> Result<(), AwsError> {
        let json = serde_json::to_vec_pretty(schedules).expect("strings serialize");
        private_file::write(&self.path, &json).map_err(|error| {
            tracing::error!(%error, "could not save the schedules");
            let status = StatusCode::INTERNAL_SERVER_ERROR;
            AwsError::new(status, "InternalServerException", error.to_string())
        })
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Stored>> {
        self.schedules.lock().expect("reading schedules does not panic")
    }
}

/// What the real one would refuse.
fn check(name: &str, input: &Value) -> Result<(), AwsError> {
    let invalid = |message: String| Err(AwsError::bad_request("ValidationException", message));
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if name.len() > LONGEST_NAME || !name.chars().all(allowed) {
        return invalid(format!("`{name}` is not the name of a schedule"));
    }
    if input["FlexibleTimeWindow"]["Mode"].as_str().is_none() {
        return invalid("FlexibleTimeWindow is required".into());
    }
    if ["Arn", "RoleArn"].iter().any(|field| input["Target"][field].as_str().is_none()) {
        return invalid("Target needs Arn and RoleArn".into());
    }
    When::of(input).map(drop).or_else(invalid)
}

fn arn(name: &str) -> String {
    format!("arn:aws:scheduler:{REGION}:{ACCOUNT}:schedule/{GROUP}/{name}")
}

fn not_found(what: &str) -> AwsError {
    let message = format!("{what} does not exist.");
    AwsError::new(StatusCode::NOT_FOUND, "ResourceNotFoundException", message)
}

/// Where requests for the scheduler are known by: they are signed for it.
pub(crate) fn is_signed_for_it(authorization: &str) -> bool {
    authorization.contains("/scheduler/aws4_request")
}
