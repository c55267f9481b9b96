//! The real ports, from the environment.

use std::sync::Arc;

use control_plane::{DeleteUser, EnsureTask, FollowTask, Tell};
use platform::SystemClock;
use platform_aws::{
    Aws, AwsBelongings, CognitoAccounts, DynamoConnections, DynamoDeletions, DynamoInbox,
    DynamoLinks, DynamoReleases, DynamoSchedules, DynamoSpares, DynamoTasks, EcsCompute,
    EmfMetrics, Lookup, ManagementPush, SchedulerAlarms, task_policy,
};

use crate::Ports;

impl Ports {
    pub fn from_lookup(lookup: Lookup<'_>) -> anyhow::Result<Self> {
        let aws = Aws::from_lookup(lookup)?;
        let clock = Arc::new(SystemClock);
        let tasks = Arc::new(DynamoTasks::from_lookup(&aws, lookup)?);
        let push = Arc::new(ManagementPush::from_lookup(&aws, lookup)?);
        let connections = Arc::new(DynamoConnections::from_lookup(&aws, lookup)?);
        let ensure = EnsureTask {
            tasks: tasks.clone(),
            // Read only where a spare's task is met, or a task launched.
            spares: Some(Arc::new(DynamoSpares::from_lookup(&aws, lookup)?)),
            compute: Arc::new(EcsCompute::from_lookup(&aws, lookup)?),
            releases: Arc::new(DynamoReleases::from_lookup(&aws, lookup)?),
            push: push.clone(),
            clock: clock.clone(),
            metrics: Arc::new(EmfMetrics::default()),
            policy: task_policy(lookup)?,
            entropy: rand::random,
        };
        let delete = DeleteUser {
            deletions: Arc::new(DynamoDeletions::from_lookup(&aws, lookup)?),
            belongings: Arc::new(AwsBelongings::from_lookup(&aws, lookup)?),
            connections: connections.clone(),
            links: Arc::new(DynamoLinks::from_lookup(&aws, lookup)?),
            schedules: Arc::new(DynamoSchedules::from_lookup(&aws, lookup)?),
            alarms: Arc::new(SchedulerAlarms::from_lookup(&aws, lookup)?),
            push: push.clone(),
            compute: ensure.compute.clone(),
            accounts: CognitoAccounts::if_any(&aws, lookup)?
                .map(|accounts| Arc::new(accounts) as _),
            clock: clock.clone(),
            entropy: rand::random,
        };
        let follow = FollowTask {
            tasks,
            inbox: Arc::new(DynamoInbox::from_lookup(&aws, lookup)?),
            ensure,
            tell: Tell { connections, push, clock: clock.clone() },
            clock,
        };
        Ok(Self { follow, delete })
    }
}
