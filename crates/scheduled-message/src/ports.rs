//! The real ports, from the environment.

use std::sync::Arc;

use control_plane::{AcceptMessage, CheckSpending, EnsureTask, KeepSchedules, RunSchedule, Tell};
use platform::SystemClock;
use platform_aws::{
    Aws, DynamoConnections, DynamoInbox, DynamoReleases, DynamoSchedules, DynamoSettings,
    DynamoSpares, DynamoTasks, DynamoUsage, EcsCompute, EmfMetrics, Lookup, ManagementPush,
    SchedulerAlarms, spend_rules, task_policy,
};

use crate::Ports;

impl Ports {
    pub fn from_lookup(lookup: Lookup<'_>) -> anyhow::Result<Self> {
        let aws = Aws::from_lookup(lookup)?;
        let clock = Arc::new(SystemClock);
        let push = Arc::new(ManagementPush::from_lookup(&aws, lookup)?);
        let policy = task_policy(lookup)?;
        let ensure = EnsureTask {
            tasks: Arc::new(DynamoTasks::from_lookup(&aws, lookup)?),
            spares: DynamoSpares::if_kept(&aws, lookup)?,
            compute: Arc::new(EcsCompute::from_lookup(&aws, lookup)?),
            releases: Arc::new(DynamoReleases::from_lookup(&aws, lookup)?),
            push: push.clone(),
            clock: clock.clone(),
            metrics: Arc::new(EmfMetrics::default()),
            policy,
            entropy: rand::random,
        };
        let run = RunSchedule {
            keep: KeepSchedules {
                schedules: Arc::new(DynamoSchedules::from_lookup(&aws, lookup)?),
                alarms: Arc::new(SchedulerAlarms::from_lookup(&aws, lookup)?),
                clock: clock.clone(),
            },
            accept: AcceptMessage {
                inbox: Arc::new(DynamoInbox::from_lookup(&aws, lookup)?),
                clock: clock.clone(),
                spending: CheckSpending {
                    usage: Arc::new(DynamoUsage::from_lookup(&aws, lookup)?),
                    settings: Arc::new(DynamoSettings::from_lookup(&aws, lookup)?),
                    clock: clock.clone(),
                    rules: spend_rules(lookup)?,
                },
                follow_up: policy.follow_up,
            },
            ensure,
            tell: Tell {
                connections: Arc::new(DynamoConnections::from_lookup(&aws, lookup)?),
                push,
                clock,
            },
        };
        Ok(Self { run })
    }
}
