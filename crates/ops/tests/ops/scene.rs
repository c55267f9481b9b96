//! What bridges and Lambdas would have written: messages, launches, ends.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::{
    Capacity, Channel, ConversationId, Generation, InboxState, LaunchToken, MessageId, Outcome,
    Owner, Reply, ReplyTo, TaskArn, TaskStatus, Timestamp, UserId,
};
use platform::{
    Claim, Clock, Completion, Compute, Inbox, LaunchRequest, NewMessage, PutOutcome, SystemClock,
    Tasks,
};
use platform_aws::config::{Bucket, Retention};
use platform_aws::{DynamoInbox, InboxTables, Tables, Texts};

use crate::world::{BUCKET, World};

pub(crate) fn user(id: &str) -> UserId {
    UserId::new(id).expect("a good id")
}

pub(crate) fn message_id(id: &str) -> MessageId {
    MessageId::new(id).expect("a good id")
}

pub(crate) fn now() -> Timestamp {
    SystemClock.now()
}

impl World {
    pub(crate) fn inbox(&self) -> DynamoInbox {
        let Tables { pending_messages, conversations, task_state, .. } =
            Tables::prefixed("openclaw-");
        let tables = InboxTables { pending_messages, conversations, task_state };
        let texts = Texts::new(self.s3(), &Bucket { name: BUCKET.into() });
        DynamoInbox::new(self.dynamodb(), tables, texts, Retention::default())
    }

    pub(crate) async fn put(&self, of: &str, id: &str, received_at: Timestamp) {
        let message = NewMessage {
            id: message_id(id),
            conversation: ConversationId::default(),
            channel: Channel::Web,
            reply_to: ReplyTo::None,
            text: format!("the secret of {of}"),
            attachments: Vec::new(),
            album: None,
            received_at,
            due_at: received_at + Duration::from_secs(60),
        };
        let outcome = self.inbox().put(&user(of), &message).await.expect("puts");
        assert!(matches!(outcome, PutOutcome::Accepted(_)), "{outcome:?}");
    }

    /// A launch of which nothing is known yet.
    pub(crate) async fn claim(&self, of: &str) -> Generation {
        let (tasks, id) = (self.tasks(), user(of));
        let seen = tasks.get(&id).await.expect("reads");
        let claim = Claim {
            seen_status: TaskStatus::Idle,
            seen_generation: seen.generation,
            launch_token_sha256: "hash".into(),
            now: now(),
            due_at: now() + Duration::from_secs(300),
        };
        tasks.claim_launch(&id, &claim).await.expect("won")
    }

    /// A launch that came up. The ARN is of no task.
    pub(crate) async fn wake(&self, of: &str) -> Generation {
        let (tasks, id, generation) = (self.tasks(), user(of), self.claim(of).await);
        let arn = TaskArn(format!("arn:aws:ecs:us-east-1:000000000000:task/openclaw/of-{of}"));
        tasks.record_launched(&id, generation, &arn, Capacity::Spot).await.expect("current");
        let woke_in = Duration::from_secs(9);
        tasks.set_running(&id, generation, woke_in, now()).await.expect("current");
        generation
    }

    /// A launch with a machine, on which nothing hears.
    pub(crate) async fn launch(&self, of: &str) -> TaskArn {
        let (tasks, id, generation) = (self.tasks(), user(of), self.claim(of).await);
        let request = LaunchRequest {
            attempt: 1,
            capacity: Capacity::Spot,
            definition: None,
            token: LaunchToken::new(Owner::User(id.clone(), generation), [7; 32]),
            expires_at: None,
        };
        let arn = self.compute().launch(&request).await.expect("launched");
        tasks.record_launched(&id, generation, &arn, Capacity::Spot).await.expect("current");
        let woke_in = Duration::from_secs(9);
        tasks.set_running(&id, generation, woke_in, now()).await.expect("current");
        arn
    }

    /// The watchdog found nothing to do.
    pub(crate) async fn settle(&self, of: &str) {
        let seen = self.tasks().get(&user(of)).await.expect("reads");
        assert!(self.tasks().settle(&seen).await.expect("settles"), "{seen:?}");
    }

    pub(crate) async fn sleep(&self, of: &str, generation: Generation) {
        self.tasks().release(&user(of), generation, now()).await.expect("released");
    }

    pub(crate) async fn lease(&self, of: &str, id: &str, generation: Generation) {
        let leased = self.inbox().lease(&user(of), &message_id(id), generation).await;
        leased.expect("leased");
    }

    /// The running bridge gives a message up, or answers it.
    pub(crate) async fn end(&self, of: &str, id: &str, generation: Generation, state: InboxState) {
        let (inbox, of) = (self.inbox(), user(of));
        let message = inbox.lease(&of, &message_id(id), generation).await.expect("leased");
        let (outcome, error) = match state {
            InboxState::Dead => (Outcome::Failed, Some("it failed each time".to_owned())),
            _ => (Outcome::Complete, None),
        };
        let reply = Reply { text: String::new(), outcome, error, usage: None, at: now() };
        let ended = Completion { message: &message, reply: &reply, state, generation, owed: false };
        inbox.complete(&of, &ended).await.expect("recorded");
    }

    /// Given up, and the agent asleep.
    pub(crate) async fn given_up(&self, of: &str, id: &str) {
        self.put(of, id, now()).await;
        let generation = self.wake(of).await;
        self.end(of, id, generation, InboxState::Dead).await;
        self.sleep(of, generation).await;
    }

    pub(crate) async fn state_of(&self, of: &str, id: &str) -> domain::InboxMessage {
        let row = self.inbox().get(&user(of), &message_id(id), now()).await.expect("reads");
        row.expect("it is there")
    }
}

impl World {
    /// Whoever was under way when a deletion began is over by now.
    pub(crate) async fn is_quiet(&self, of: &str) {
        let key = AttributeValue::S(format!("DELETION#{of}"));
        let table = Tables::prefixed("openclaw-").task_state;
        let update = self.dynamodb().update_item().table_name(table).key("PK", key);
        let update = update.update_expression("SET quietAt = beganAt");
        update.send().await.expect("updated");
    }
}
