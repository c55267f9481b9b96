//! The real ports, from the environment.

use std::sync::Arc;

use async_trait::async_trait;
use control_plane::{
    AcceptMessage, CancelMessage, CheckSpending, EnsureTask, ReadStatus, ReceiveUpdate, Tell,
};
use domain::Timestamp;
use platform::{Metrics, SystemClock};
use platform_aws::{
    Aws, DynamoChats, DynamoConnections, DynamoConversations, DynamoInbox, DynamoLinks,
    DynamoReleases, DynamoSettings, DynamoSpares, DynamoTasks, DynamoUsage, EcsCompute, EmfMetrics,
    Lookup, ManagementPush, TelegramBot, WebhookSecret, spend_rules, task_policy, telegram_allowed,
};

use crate::{Ports, Secret, Webhook};

impl Ports {
    pub fn from_lookup(lookup: Lookup<'_>) -> anyhow::Result<Self> {
        let aws = Aws::from_lookup(lookup)?;
        let bot = TelegramBot::from_lookup(&aws, lookup)?;
        let secret = WebhookSecret::from_lookup(&aws, lookup)?;
        let (Some(bot), Some(secret)) = (bot, secret) else { return Ok(Self(None)) };
        let clock = Arc::new(SystemClock);
        let metrics: Arc<dyn Metrics> = Arc::new(EmfMetrics::default());
        let inbox = Arc::new(DynamoInbox::from_lookup(&aws, lookup)?);
        let tasks = Arc::new(DynamoTasks::from_lookup(&aws, lookup)?);
        let push = Arc::new(ManagementPush::from_lookup(&aws, lookup)?);
        let chats = Arc::new(DynamoChats::from_lookup(&aws, lookup)?);
        let policy = task_policy(lookup)?;
        let ensure = EnsureTask {
            tasks: tasks.clone(),
            spares: DynamoSpares::if_kept(&aws, lookup)?,
            compute: Arc::new(EcsCompute::from_lookup(&aws, lookup)?),
            releases: Arc::new(DynamoReleases::from_lookup(&aws, lookup)?),
            push: push.clone(),
            clock: clock.clone(),
            metrics: metrics.clone(),
            policy,
            entropy: rand::random,
        };
        let receive = ReceiveUpdate {
            links: Arc::new(DynamoLinks::from_lookup(&aws, lookup)?),
            chats: chats.clone(),
            inbox: inbox.clone(),
            conversations: Arc::new(DynamoConversations::from_lookup(&aws, lookup)?),
            accept: AcceptMessage {
                inbox: inbox.clone(),
                clock: clock.clone(),
                spending: CheckSpending {
                    usage: Arc::new(DynamoUsage::from_lookup(&aws, lookup)?),
                    settings: Arc::new(DynamoSettings::from_lookup(&aws, lookup)?),
                    clock: clock.clone(),
                    rules: spend_rules(lookup)?,
                },
                follow_up: policy.follow_up,
            },
            cancel: CancelMessage { inbox: inbox.clone(), ensure: ensure.clone() },
            status: ReadStatus { tasks, inbox, clock: clock.clone() },
            ensure,
            tell: Tell {
                connections: Arc::new(DynamoConnections::from_lookup(&aws, lookup)?),
                push,
                clock: clock.clone(),
            },
            bot: Arc::new(bot),
            clock: clock.clone(),
            allowed: telegram_allowed(lookup)?,
        };
        let secret = Arc::new(secret);
        Ok(Self(Some(Webhook { secret, receive, parked: chats, metrics, clock })))
    }
}

#[async_trait]
impl Secret for WebhookSecret {
    async fn admits(&self, shown: &[u8], now: Timestamp) -> platform::Result<bool> {
        WebhookSecret::admits(self, shown, now).await
    }
}
