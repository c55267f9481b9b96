//! The real ports, from the environment.

use std::sync::Arc;

use control_plane::{EnsureTask, FollowTask, Tell};
use platform::SystemClock;
use platform_aws::{
    Aws, DynamoConnections, DynamoInbox, DynamoSpares, DynamoTasks, EcsCompute, EmfMetrics, Lookup,
    ManagementPush, task_policy,
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
            push: push.clone(),
            clock: clock.clone(),
            metrics: Arc::new(EmfMetrics::default()),
            policy: task_policy(lookup)?,
            entropy: rand::random,
        };
        let follow = FollowTask {
            tasks,
            inbox: Arc::new(DynamoInbox::from_lookup(&aws, lookup)?),
            ensure,
            tell: Tell { connections, push, clock: clock.clone() },
            clock,
        };
        Ok(Self { follow })
    }
}
