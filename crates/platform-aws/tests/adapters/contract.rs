//! The contract suite over an embedded DynamoDB.

use std::sync::Arc;

use domain::limits::INLINE_TEXT_MAX_BYTES;
use domain::{Channel, ConversationId, InboxState, MessageId, Outcome, Reply, ReplyTo, Timestamp};
use platform::contract::ContractWorld;
use platform::{Claim, Completion, Connections, Conversations, Inbox, NewMessage, Tasks};
use platform_aws::config::{Bucket, Retention};
use platform_aws::{
    DynamoConnections, DynamoConversations, DynamoInbox, DynamoTasks, InboxTables, Texts,
};

use crate::support::{Database, Objects, aws_at};

struct Real {
    inbox: Arc<DynamoInbox>,
    tasks: Arc<DynamoTasks>,
    connections: Arc<DynamoConnections>,
    conversations: Arc<DynamoConversations>,
    objects: Objects,
    // Dropped last: the clients above speak to it.
    _database: Database,
}

impl Real {
    fn new() -> Self {
        let (database, objects) = (Database::start(), Objects::start());
        let db = aws_at(database.url()).dynamodb();
        let texts = Texts::new(aws_at(objects.url()).s3(), &Bucket { name: "data".into() });
        let tables = &database.tables;
        let inbox_tables = InboxTables {
            pending_messages: tables.pending_messages.clone(),
            conversations: tables.conversations.clone(),
            task_state: tables.task_state.clone(),
        };
        let retention = Retention::default();
        Self {
            inbox: Arc::new(DynamoInbox::new(db.clone(), inbox_tables, texts.clone(), retention)),
            tasks: Arc::new(DynamoTasks::new(db.clone(), &tables.task_state)),
            connections: Arc::new(DynamoConnections::new(
                db.clone(),
                &tables.connections,
                &tables.task_state,
            )),
            conversations: Arc::new(DynamoConversations::new(db, &tables.conversations, texts)),
            objects,
            _database: database,
        }
    }
}

impl ContractWorld for Real {
    fn inbox(&self) -> Arc<dyn Inbox> {
        self.inbox.clone()
    }

    fn tasks(&self) -> Arc<dyn Tasks> {
        self.tasks.clone()
    }

    fn connections(&self) -> Arc<dyn Connections> {
        self.connections.clone()
    }

    fn conversations(&self) -> Arc<dyn Conversations> {
        self.conversations.clone()
    }
}

async fn world() -> Real {
    Real::new()
}

platform::contract_tests!(world);

#[tokio::test]
async fn only_a_text_too_long_for_a_row_lies_in_the_bucket() {
    let real = Real::new();
    let user = real.new_user();
    let now = Timestamp(1_900_000_000_000);
    let seen = real.tasks.get(&user).await.expect("reads");
    let claim = Claim {
        seen_status: seen.status,
        seen_generation: seen.generation,
        launch_token_sha256: "hash".into(),
        now,
        due_at: now,
    };
    let generation = real.tasks.claim_launch(&user, &claim).await.expect("alone");
    for (name, bytes) in [("fits", INLINE_TEXT_MAX_BYTES), ("spills", INLINE_TEXT_MAX_BYTES + 1)] {
        let id = MessageId::new(name).expect("valid");
        let message = NewMessage {
            id: id.clone(),
            conversation: ConversationId::default(),
            channel: Channel::Web,
            reply_to: ReplyTo::None,
            text: "?".into(),
            received_at: now,
        };
        real.inbox.put(&user, &message).await.expect("puts");
        let leased = real.inbox.lease(&user, &id, generation).await.expect("is open");
        let reply = Reply {
            text: "x".repeat(bytes),
            outcome: Outcome::Complete,
            error: None,
            usage: None,
            at: now,
        };
        let state = InboxState::Done;
        let completion = Completion { message: &leased, reply: &reply, state, generation };
        real.inbox.complete(&user, &completion).await.expect("leased");
    }
    assert_eq!(real.objects.paths().len(), 1);
    let path = real.objects.paths()[0].replace("%3A", ":");
    assert_eq!(path, format!("/data/texts/{user}/spills-{generation}"));
}
