//! The real ports, from the environment.

use std::sync::Arc;

use control_plane::{AcceptMessage, EnsureTask, ReadConversations, ReadStatus, Tell};
use platform::SystemClock;
use platform_aws::{
    Aws, DynamoConnections, DynamoConversations, DynamoInbox, DynamoSettings, DynamoSpares,
    DynamoTasks, EcsCompute, EmfMetrics, Lookup, ManagementPush, task_policy,
};

use crate::Ports;

impl Ports {
    pub fn from_lookup(lookup: Lookup<'_>) -> anyhow::Result<Self> {
        let aws = Aws::from_lookup(lookup)?;
        let clock = Arc::new(SystemClock);
        let inbox = Arc::new(DynamoInbox::from_lookup(&aws, lookup)?);
        let tasks = Arc::new(DynamoTasks::from_lookup(&aws, lookup)?);
        let push = Arc::new(ManagementPush::from_lookup(&aws, lookup)?);
        let policy = task_policy(lookup)?;
        Ok(Self {
            status: ReadStatus { tasks: tasks.clone(), inbox: inbox.clone(), clock: clock.clone() },
            conversations: ReadConversations {
                conversations: Arc::new(DynamoConversations::from_lookup(&aws, lookup)?),
                inbox: inbox.clone(),
                clock: clock.clone(),
            },
            accept: AcceptMessage { inbox, clock: clock.clone(), follow_up: policy.follow_up },
            ensure: EnsureTask {
                tasks,
                spares: DynamoSpares::if_kept(&aws, lookup)?,
                compute: Arc::new(EcsCompute::from_lookup(&aws, lookup)?),
                push: push.clone(),
                clock: clock.clone(),
                metrics: Arc::new(EmfMetrics::default()),
                policy,
                entropy: rand::random,
            },
            tell: Tell {
                connections: Arc::new(DynamoConnections::from_lookup(&aws, lookup)?),
                push,
                clock,
            },
            settings: Arc::new(DynamoSettings::from_lookup(&aws, lookup)?),
        })
    }
}
