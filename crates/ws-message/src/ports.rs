//! The real ports, from the environment.

use std::sync::Arc;

use control_plane::{
    AcceptMessage, CancelMessage, CheckSpending, EnsureTask, ReadStatus, ResumeStream, Tell,
};
use platform::SystemClock;
use platform_aws::{
    Aws, DynamoConnections, DynamoInbox, DynamoReleases, DynamoSettings, DynamoSpares, DynamoTasks,
    DynamoUsage, EcsCompute, EmfMetrics, Lookup, ManagementPush, spend_rules, task_policy,
};

use crate::Ports;

impl Ports {
    pub fn from_lookup(lookup: Lookup<'_>) -> anyhow::Result<Self> {
        let aws = Aws::from_lookup(lookup)?;
        let clock = Arc::new(SystemClock);
        let connections = Arc::new(DynamoConnections::from_lookup(&aws, lookup)?);
        let inbox = Arc::new(DynamoInbox::from_lookup(&aws, lookup)?);
        let tasks = Arc::new(DynamoTasks::from_lookup(&aws, lookup)?);
        let push = Arc::new(ManagementPush::from_lookup(&aws, lookup)?);
        let ensure = EnsureTask {
            tasks: tasks.clone(),
            spares: DynamoSpares::if_kept(&aws, lookup)?,
            compute: Arc::new(EcsCompute::from_lookup(&aws, lookup)?),
            releases: Arc::new(DynamoReleases::from_lookup(&aws, lookup)?),
            push: push.clone(),
            clock: clock.clone(),
            metrics: Arc::new(EmfMetrics::default()),
            policy: task_policy(lookup)?,
            entropy: rand::random,
        };
        Ok(Self {
            accept: AcceptMessage {
                inbox: inbox.clone(),
                clock: clock.clone(),
                spending: CheckSpending {
                    usage: Arc::new(DynamoUsage::from_lookup(&aws, lookup)?),
                    settings: Arc::new(DynamoSettings::from_lookup(&aws, lookup)?),
                    clock: clock.clone(),
                    rules: spend_rules(lookup)?,
                },
                follow_up: ensure.policy.follow_up,
            },
            cancel: CancelMessage { inbox: inbox.clone(), ensure: ensure.clone() },
            resume: ResumeStream {
                inbox: inbox.clone(),
                ensure: ensure.clone(),
                clock: clock.clone(),
            },
            status: ReadStatus { tasks, inbox, clock: clock.clone() },
            tell: Tell { connections: connections.clone(), push, clock: clock.clone() },
            connections,
            clock,
            ensure,
        })
    }
}
