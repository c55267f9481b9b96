//! Alarms at EventBridge Scheduler, one schedule there for each of ours.

use async_trait::async_trait;
use aws_sdk_scheduler::Client;
use aws_sdk_scheduler::operation::create_schedule::CreateScheduleError;
use aws_sdk_scheduler::operation::delete_schedule::DeleteScheduleError;
use aws_sdk_scheduler::types::{
    ActionAfterCompletion, FlexibleTimeWindow, FlexibleTimeWindowMode, RetryPolicy, Target,
};
use data_encoding::HEXLOWER;
use domain::{Schedule, ScheduleId, Timestamp, UserId};
use platform::{Alarms, Result, Unavailable};
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::aws::Aws;
use crate::config::{ConfigError, Lookup, required};

/// The most there is. What is older is given up; by then a daily one has rung again.
const TRIED_FOR_SECONDS: i32 = 86_400;
/// The most there is.
const TRIED_TIMES: i32 = 185;

/// Of the deployment, with what is rung and by whose right.
pub struct SchedulerAlarms {
    client: Client,
    group: String,
    target_arn: String,
    role_arn: String,
}

impl SchedulerAlarms {
    /// `SCHEDULE_GROUP`, `SCHEDULE_TARGET_ARN` (the function that is called) and
    /// `SCHEDULE_ROLE_ARN` (a role that may call it, and that the scheduler may take on).
    pub fn from_lookup(aws: &Aws, lookup: Lookup<'_>) -> std::result::Result<Self, ConfigError> {
        Ok(Self {
            client: aws.scheduler(),
            group: required(lookup, "SCHEDULE_GROUP")?,
            target_arn: required(lookup, "SCHEDULE_TARGET_ARN")?,
            role_arn: required(lookup, "SCHEDULE_ROLE_ARN")?,
        })
    }

    fn target(&self, user: &UserId, schedule: &Schedule) -> Target {
        let retry = RetryPolicy::builder()
            .maximum_event_age_in_seconds(TRIED_FOR_SECONDS)
            .maximum_retry_attempts(TRIED_TIMES);
        let target = Target::builder()
            .arn(&self.target_arn)
            .role_arn(&self.role_arn)
            .input(input(user, schedule))
            .retry_policy(retry.build());
        target.build().expect("both ARNs are set")
    }
}

/// What the function is called with; the scheduler fills in the time that it rings for.
fn input(user: &UserId, schedule: &Schedule) -> String {
    json!({
        "user": user,
        "schedule": schedule.id,
        "revision": schedule.revision,
        "scheduledTime": "<aws.scheduler.scheduled-time>",
    })
    .to_string()
}

/// A name there has 64 characters of few kinds, and ours may need more.
fn name_of(user: &UserId, id: &ScheduleId) -> String {
    let of = format!("{user}#{id}");
    HEXLOWER.encode(&Sha256::digest(of.as_bytes()))
}

fn on_time() -> FlexibleTimeWindow {
    let window = FlexibleTimeWindow::builder().mode(FlexibleTimeWindowMode::Off);
    window.build().expect("the mode is set")
}

#[async_trait]
impl Alarms for SchedulerAlarms {
    async fn set(&self, user: &UserId, schedule: &Schedule, now: Timestamp) -> Result<()> {
        const OPERATION: &str = "alarms.set";
        let (name, when) = (name_of(user, &schedule.id), schedule.to_eventbridge(now));
        let after = match when.once {
            true => ActionAfterCompletion::Delete,
            false => ActionAfterCompletion::None,
        };
        let target = self.target(user, schedule);
        let create = self
            .client
            .create_schedule()
            .name(&name)
            .group_name(&self.group)
            .schedule_expression(&when.expression)
            .schedule_expression_timezone(&when.time_zone)
            .flexible_time_window(on_time())
            .action_after_completion(after.clone())
            .target(target.clone());
        let Err(error) = create.send().await else { return Ok(()) };
        let is_there =
            error.as_service_error().is_some_and(CreateScheduleError::is_conflict_exception);
        if !is_there {
            return Err(Unavailable::new(OPERATION, error));
        }
        let update = self
            .client
            .update_schedule()
            .name(&name)
            .group_name(&self.group)
            .schedule_expression(&when.expression)
            .schedule_expression_timezone(&when.time_zone)
            .flexible_time_window(on_time())
            .action_after_completion(after)
            .target(target);
        let done = update.send().await;
        done.map(drop).map_err(|error| Unavailable::new(OPERATION, error))
    }

    async fn remove(&self, user: &UserId, id: &ScheduleId) -> Result<()> {
        let delete = self.client.delete_schedule().name(name_of(user, id));
        match delete.group_name(&self.group).send().await {
            Ok(_) => Ok(()),
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(DeleteScheduleError::is_resource_not_found_exception) =>
            {
                Ok(())
            }
            Err(error) => Err(Unavailable::new("alarms.remove", error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_fits_whatever_the_ids_are_and_is_nobody_elses() {
        let user = |text: &str| UserId::new(text).expect("valid");
        let id = |text: &str| ScheduleId::new(text).expect("valid");
        let names = [
            name_of(&user(&"u".repeat(128)), &id(&"s".repeat(64))),
            name_of(&user("ana"), &id("b-c")),
            name_of(&user("ana-b"), &id("c")),
        ];
        assert!(names.iter().all(|name| name.len() == 64), "{names:?}");
        assert!(names[0] != names[1] && names[1] != names[2]);
    }
}
