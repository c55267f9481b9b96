//! One user in a world, and the steps that cases have in common.

use std::sync::Arc;
use std::time::Duration;

use domain::{
    Channel, Conversation, ConversationId, Generation, InboxMessage, InboxState, MessageId,
    Outcome, Reply, ReplyTo, StoredMessage, TaskState, Timestamp, UserId,
};

use super::ContractWorld;
use crate::{
    Claim, ClaimError, Completion, Connections, Conversations, DUE_SHARDS, Inbox, NewMessage,
    PutOutcome, Tasks, WriteError,
};

/// In 2030: far enough that a database with a clock of its own expires nothing.
pub(super) const NOW: Timestamp = Timestamp(1_900_000_000_000);

pub(super) fn later(seconds: u64) -> Timestamp {
    NOW + Duration::from_secs(seconds)
}

pub(super) fn id(text: &str) -> MessageId {
    MessageId::new(text).expect("a valid id")
}

pub(super) fn conversation(text: &str) -> ConversationId {
    ConversationId::new(text).expect("a valid id")
}

pub(super) fn reply(text: &str, at: Timestamp) -> Reply {
    Reply { text: text.into(), outcome: Outcome::Complete, error: None, usage: None, at }
}

pub(super) struct Scene {
    pub(super) user: UserId,
    pub(super) inbox: Arc<dyn Inbox>,
    pub(super) tasks: Arc<dyn Tasks>,
    pub(super) connections: Arc<dyn Connections>,
    pub(super) conversations: Arc<dyn Conversations>,
}

impl Scene {
    pub(super) fn of(world: &dyn ContractWorld) -> Self {
        Self {
            user: world.new_user(),
            inbox: world.inbox(),
            tasks: world.tasks(),
            connections: world.connections(),
            conversations: world.conversations(),
        }
    }

    pub(super) fn message(&self, name: &str, text: &str, at: Timestamp) -> NewMessage {
        NewMessage {
            id: id(name),
            conversation: ConversationId::default(),
            channel: Channel::Web,
            reply_to: ReplyTo::None,
            text: text.into(),
            attachments: Vec::new(),
            album: None,
            received_at: at,
            due_at: at + Duration::from_secs(60),
        }
    }

    /// The stamp with which it was accepted.
    pub(super) async fn put(&self, name: &str, text: &str, at: Timestamp) -> Timestamp {
        let message = self.message(name, text, at);
        match self.inbox.put(&self.user, &message).await.expect("puts") {
            PutOutcome::Accepted(stamp) => stamp,
            known => panic!("{name} is new, not {known:?}"),
        }
    }

    pub(super) async fn row(&self, name: &str) -> InboxMessage {
        let row = self.inbox.get(&self.user, &id(name), NOW).await.expect("reads");
        row.expect("was put")
    }

    pub(super) async fn outline(&self) -> Vec<String> {
        let rows = self.inbox.outline(&self.user, NOW).await.expect("reads");
        rows.into_iter().map(|row| row.id.into()).collect()
    }

    pub(super) async fn task(&self) -> TaskState {
        self.tasks.get(&self.user).await.expect("reads")
    }

    /// Whether the user is found at `now`. Once at most: in one shard of all.
    pub(super) async fn is_due(&self, now: Timestamp) -> bool {
        let mut found = 0;
        for shard in 0..DUE_SHARDS {
            let due = self.tasks.due(shard, now).await.expect("reads");
            found += due.users.iter().filter(|user| **user == self.user).count();
        }
        assert!(found <= 1, "in {found} shards");
        found == 1
    }

    /// Due a minute later.
    pub(super) async fn release(&self, generation: Generation) -> bool {
        self.tasks.release(&self.user, generation, later(60)).await.expect("writes")
    }

    pub(super) fn claim_of(&self, seen: &TaskState, token: &str) -> Claim {
        Claim {
            seen_status: seen.status,
            seen_generation: seen.generation,
            launch_token_sha256: token.into(),
            now: NOW,
            due_at: later(300),
        }
    }

    pub(super) async fn claim(&self, seen: &TaskState) -> Result<Generation, ClaimError> {
        let token = format!("token of {}", seen.generation.next());
        self.tasks.claim_launch(&self.user, &self.claim_of(seen, &token)).await
    }

    /// The next generation, whatever was before.
    pub(super) async fn launch(&self) -> Generation {
        let seen = self.task().await;
        self.claim(&seen).await.expect("nobody else launches")
    }

    pub(super) async fn lease(&self, name: &str, generation: Generation) -> InboxMessage {
        let leased = self.inbox.lease(&self.user, &id(name), generation).await;
        leased.expect("is open, and the generation current")
    }

    pub(super) async fn end(
        &self,
        message: &InboxMessage,
        reply: &Reply,
        state: InboxState,
        generation: Generation,
    ) -> Result<(), WriteError> {
        let completion = Completion { message, reply, state, generation, owed: false };
        self.inbox.complete(&self.user, &completion).await
    }

    pub(super) async fn complete(
        &self,
        message: &InboxMessage,
        reply: &Reply,
        generation: Generation,
    ) -> Result<(), WriteError> {
        self.end(message, reply, InboxState::Done, generation).await
    }

    /// A whole exchange: accepted at `at` and answered a second later with "re: `text`".
    pub(super) async fn talk(&self, talk: &str, name: &str, text: &str, at: Timestamp) {
        let generation = match self.task().await.generation {
            Generation(0) => self.launch().await,
            current => current,
        };
        let message = self.message(name, text, at);
        let message = NewMessage { conversation: conversation(talk), ..message };
        self.inbox.put(&self.user, &message).await.expect("puts");
        let leased = self.lease(name, generation).await;
        let reply = reply(&format!("re: {text}"), at + Duration::from_secs(1));
        self.complete(&leased, &reply, generation).await.expect("leased above");
    }

    /// All conversations, the newest activity first.
    pub(super) async fn listed(&self, now: Timestamp) -> Vec<Conversation> {
        let page = self.conversations.list(&self.user, None, 100, now).await.expect("reads");
        assert_eq!(page.before, None, "all of them");
        page.conversations
    }

    pub(super) async fn reply_to(&self, message: &InboxMessage) -> Option<StoredMessage> {
        let InboxMessage { conversation, id, received_at, .. } = message;
        let reply = self.conversations.reply(&self.user, conversation, id, *received_at, NOW);
        reply.await.expect("reads")
    }
}

#[track_caller]
pub(super) fn assert_fenced<T: std::fmt::Debug>(outcome: Result<T, WriteError>) {
    assert!(matches!(outcome, Err(WriteError::Fenced)), "fenced, not {outcome:?}");
}

#[track_caller]
pub(super) fn assert_conflict<T: std::fmt::Debug>(outcome: Result<T, WriteError>) {
    assert!(matches!(outcome, Err(WriteError::Conflict)), "a conflict, not {outcome:?}");
}
