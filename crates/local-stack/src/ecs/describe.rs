//! DescribeTasks, ListTasks and StopTask.

use serde_json::{Value, json};

use super::{
    Ecs,
    task::{RUNNING, STOPPED, StopRequest, Task},
};
use crate::aws_error::{AwsError, AwsResult};

const PAGE: usize = 100;

impl Ecs {
    pub(super) fn describe_tasks(&self, input: &Value) -> AwsResult {
        self.check_cluster(input)?;
        let named: Vec<&str> =
            input["tasks"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        if named.is_empty() || named.len() > PAGE {
            let message = format!("Tasks must have between 1 and {PAGE} items: {}", named.len());
            return Err(AwsError::bad_request("InvalidParameterException", message));
        }
        let with_tags = input["include"].as_array().is_some_and(|it| it.contains(&json!("TAGS")));
        let tasks = self.lock();
        let (mut found, mut failures) = (Vec::new(), Vec::new());
        for name in named {
            match tasks.by_id.get(id_of(name)) {
                Some(entry) => found.push(described(&entry.task, with_tags)),
                None => failures.push(json!({"arn": name, "reason": "MISSING"})),
            }
        }
        Ok(json!({"tasks": found, "failures": failures}))
    }

    pub(super) fn list_tasks(&self, input: &Value) -> AwsResult {
        self.check_cluster(input)?;
        let size = input["maxResults"].as_u64().map_or(PAGE, |most| (most as usize).clamp(1, PAGE));
        let after = input["nextToken"].as_str().unwrap_or_default();
        let tasks = self.lock();
        let mut listed = tasks
            .by_id
            .iter()
            .filter(|(id, entry)| id.as_str() > after && is_listed(&entry.task, input));
        let page: Vec<_> = listed.by_ref().take(size).collect();
        let more = listed.next().is_some();
        let arns: Vec<&str> = page.iter().map(|(_, entry)| entry.task.arn.as_str()).collect();
        let mut answer = json!({"taskArns": arns});
        if let (true, Some((last, _))) = (more, page.last()) {
            answer["nextToken"] = json!(last);
        }
        Ok(answer)
    }

    pub(super) fn stop_task(&self, input: &Value) -> AwsResult {
        self.check_cluster(input)?;
        let id = id_of(input["task"].as_str().unwrap_or_default()).to_owned();
        let reason = input["reason"].as_str().unwrap_or("Task stopped by user");
        // Stopping what is stopped already is no error, as in ECS.
        self.request_stop(&id, StopRequest::user(reason));
        let tasks = self.lock();
        let entry = tasks.by_id.get(&id).ok_or_else(|| {
            let message = "The referenced task was not found.";
            AwsError::bad_request("InvalidParameterException", message)
        })?;
        let mut described = described(&entry.task, false);
        described["desiredStatus"] = json!(STOPPED);
        Ok(json!({"task": described}))
    }
}

fn is_listed(task: &Task, input: &Value) -> bool {
    let wanted = input["desiredStatus"].as_str().unwrap_or(RUNNING);
    let started_by = input["startedBy"].as_str();
    let family = input["family"].as_str();
    task.desired == wanted
        && started_by.is_none_or(|wanted| task.started_by.as_deref() == Some(wanted))
        && family.is_none_or(|wanted| task.group == format!("family:{wanted}"))
}

fn described(task: &Task, with_tags: bool) -> Value {
    let mut described = task.describe();
    if !with_tags {
        described["tags"] = json!([]);
    }
    described
}

/// Tasks may be named by id or by ARN.
fn id_of(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}
