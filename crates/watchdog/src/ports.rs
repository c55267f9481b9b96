//! The real ports, from the environment.

use std::sync::Arc;

use control_plane::{EnsureTask, FollowTask, Tell};
use domain::TaskPolicy;
use platform::SystemClock;
use platform_aws::{
    Aws, DynamoConnections, DynamoInbox, DynamoTasks, EcsCompute, Lookup, ManagementPush,
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
            compute: Arc::new(EcsCompute::from_lookup(&aws, lookup)?),
            push: push.clone(),
            clock: clock.clone(),
            policy: TaskPolicy::default(),
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
