//! The contract suite over an embedded DynamoDB.

use std::sync::Arc;

use domain::limits::INLINE_TEXT_MAX_BYTES;
use domain::{Channel, ConversationId, InboxState, MessageId, Outcome, Reply, ReplyTo, Timestamp};
use platform::contract::ContractWorld;
use platform::{Claim, Completion, NewMessage};

use crate::support::{Database, Objects, aws_at};
use crate::world::World;

type Embedded = World<(Database, Arc<Objects>)>;

fn over(database: Database, objects: Arc<Objects>) -> Embedded {
    let (dynamodb, s3) = (aws_at(database.url()), aws_at(objects.url()));
    let tables = database.tables.clone();
    World::new(&dynamodb, &s3, &tables, (database, objects))
}

async fn world() -> Embedded {
    over(Database::start(), Arc::new(Objects::start()))
}

platform::contract_tests!(world);

#[tokio::test]
async fn only_a_text_too_long_for_a_row_lies_in_the_bucket() {
    let objects = Arc::new(Objects::start());
    let world = over(Database::start(), objects.clone());
    let (user, tasks, inbox) = (world.new_user(), world.tasks(), world.inbox());
    let now = Timestamp(1_900_000_000_000);
    let seen = tasks.get(&user).await.expect("reads");
    let claim = Claim {
        seen_status: seen.status,
        seen_generation: seen.generation,
        launch_token_sha256: "hash".into(),
        now,
        due_at: now,
    };
    let generation = tasks.claim_launch(&user, &claim).await.expect("alone");
    for (name, bytes) in [("fits", INLINE_TEXT_MAX_BYTES), ("spills", INLINE_TEXT_MAX_BYTES + 1)] {
        let id = MessageId::new(name).expect("valid");
        let message = NewMessage {
            id: id.clone(),
            conversation: ConversationId::default(),
            channel: Channel::Web,
            reply_to: ReplyTo::None,
            text: "?".into(),
            attachments: Vec::new(),
            album: None,
            received_at: now,
            due_at: now,
        };
        inbox.put(&user, &message).await.expect("puts");
        let leased = inbox.lease(&user, &id, generation).await.expect("is open");
        let reply = Reply {
            text: "x".repeat(bytes),
            outcome: Outcome::Complete,
            error: None,
            usage: None,
            at: now,
        };
        let state = InboxState::Done;
        let completion =
            Completion { message: &leased, reply: &reply, state, generation, owed: false };
        inbox.complete(&user, &completion).await.expect("leased");
    }
    assert_eq!(objects.paths().len(), 1);
    let path = objects.paths()[0].replace("%3A", ":");
    assert_eq!(path, format!("/data/texts/{user}/spills-{generation}"));
}
