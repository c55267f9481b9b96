//! The real ports, from the environment.

use std::sync::Arc;

use control_plane::{
    AcceptMessage, EnsureTask, OfferUpload, ReadConversations, ReadSnapshots, ReadStatus,
    RequestRestore, RequestSnapshot, Tell,
};
use platform::SystemClock;
use platform_aws::{
    Aws, DynamoConnections, DynamoConversations, DynamoInbox, DynamoSettings, DynamoSnapshots,
    DynamoSpares, DynamoTasks, EcsCompute, EmfMetrics, Lookup, ManagementPush, S3UploadForms,
    task_policy,
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
        let snapshots = Arc::new(DynamoSnapshots::from_lookup(&aws, lookup)?);
        let ensure = EnsureTask {
            tasks: tasks.clone(),
            spares: DynamoSpares::if_kept(&aws, lookup)?,
            compute: Arc::new(EcsCompute::from_lookup(&aws, lookup)?),
            push: push.clone(),
            clock: clock.clone(),
            metrics: Arc::new(EmfMetrics::default()),
            policy,
            entropy: rand::random,
        };
        Ok(Self {
            status: ReadStatus { tasks: tasks.clone(), inbox: inbox.clone(), clock: clock.clone() },
            conversations: ReadConversations {
                conversations: Arc::new(DynamoConversations::from_lookup(&aws, lookup)?),
                inbox: inbox.clone(),
                clock: clock.clone(),
            },
            accept: AcceptMessage { inbox, clock: clock.clone(), follow_up: policy.follow_up },
            snapshots: ReadSnapshots { snapshots: snapshots.clone(), tasks: tasks.clone() },
            save: RequestSnapshot { tasks: tasks.clone(), ensure: ensure.clone() },
            restore: RequestRestore {
                snapshots,
                tasks,
                ensure: ensure.clone(),
                clock: clock.clone(),
                follow_up: ensure.policy.follow_up,
            },
            ensure,
            tell: Tell {
                connections: Arc::new(DynamoConnections::from_lookup(&aws, lookup)?),
                push,
                clock,
            },
            settings: Arc::new(DynamoSettings::from_lookup(&aws, lookup)?),
            offer_upload: OfferUpload {
                forms: Arc::new(S3UploadForms::from_lookup(&aws, lookup)?),
                clock: Arc::new(SystemClock),
                entropy: rand::random,
            },
        })
    }
}
