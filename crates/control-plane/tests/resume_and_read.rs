//! What a client that comes back is told, and what the history shows.

mod world;

use control_plane::{Part, Resume};
use domain::{ConversationId, Generation, InboxState, Outcome, Reply};
use platform::{Clock, Completion};
use protocol::{MessageRole, MessageState, Nudge, ServerFrame};
use world::{Cases, cases, message_id};

async fn ends(cases: &Cases, id: &str, state: InboxState) {
    let inbox = cases.world.inbox();
    let nudge = Nudge::Inbox { message_id: id.into() };
    cases.ensure().run(&cases.user, &nudge).await.expect("works");
    let message = inbox.lease(&cases.user, &message_id(id), Generation(1)).await.expect("leased");
    let failed = state == InboxState::Dead;
    let reply = Reply {
        text: "안녕 😀".into(),
        outcome: if failed { Outcome::Failed } else { Outcome::Complete },
        error: failed.then(|| "the provider refused".into()),
        usage: None,
        at: cases.world.clock().now(),
    };
    let completion = Completion {
        message: &message,
        reply: &reply,
        state,
        generation: Generation(1),
        owed: false,
    };
    inbox.complete(&cases.user, &completion).await.expect("recorded");
}

async fn resume(cases: &Cases, message: Option<&str>) -> Option<ServerFrame> {
    let resume = Resume {
        connection: cases.client("phone").await,
        conversation: ConversationId::default(),
        message: message.map(message_id),
        offset: Some(0),
    };
    cases.resume().run(&cases.user, &resume).await.expect("works")
}

#[tokio::test]
async fn of_an_answered_message_the_length_is_told() {
    let cases = cases();
    cases.say("m1").await;
    ends(&cases, "m1", InboxState::Done).await;
    let told = resume(&cases, Some("m1")).await;
    assert!(matches!(told, Some(ServerFrame::StreamEnd { length: 5, .. })), "{told:?}");
}

#[tokio::test]
async fn of_a_dead_message_the_failure_is_told() {
    let cases = cases();
    cases.say("m1").await;
    ends(&cases, "m1", InboxState::Dead).await;
    assert!(matches!(resume(&cases, Some("m1")).await, Some(ServerFrame::Error { .. })));
}

#[tokio::test]
async fn an_open_message_without_a_task_gets_one() {
    let cases = cases();
    cases.say("m1").await;
    let told = resume(&cases, Some("m1")).await;
    assert!(matches!(told, Some(ServerFrame::Status { .. })), "{told:?}");
    assert_eq!(cases.world.launches().len(), 1);
}

#[tokio::test]
async fn looking_at_a_quiet_conversation_wakes_nobody() {
    let cases = cases();
    assert_eq!(resume(&cases, None).await, None);
    assert!(cases.world.launches().is_empty());
}

#[tokio::test]
async fn a_bridge_that_is_up_is_told_who_opened_the_page() {
    let cases = cases();
    let nudge = Nudge::Inbox { message_id: "m0".into() };
    cases.ensure().run(&cases.user, &nudge).await.expect("works");
    let launch = cases.world.launches().pop().expect("a launch");
    let bridge = domain::ConnectionId::new("bridge").expect("valid");
    cases.connect().bridge(&launch.token, bridge.clone()).await.expect("current");
    let now = cases.world.clock().now();
    let woke_in = std::time::Duration::from_secs(9);
    let tasks = cases.world.tasks();
    tasks.set_running(&cases.user, Generation(1), woke_in, now).await.expect("current");

    assert_eq!(resume(&cases, None).await, None);
    let told = cases.world.nudged(&bridge);
    assert!(matches!(told.as_slice(), [Nudge::Resume { .. }]), "{told:?}");
}

#[tokio::test]
async fn history_shows_what_was_said_and_what_waits() {
    let cases = cases();
    cases.say("m1").await;
    cases.say("m2").await;
    ends(&cases, "m1", InboxState::Done).await;
    let default = ConversationId::default();
    let page = cases.read().messages(&cases.user, &default, Part::Newest, 50).await;
    let page = page.expect("works").expect("is there");
    let rows: Vec<_> =
        page.messages.iter().map(|m| (m.message_id.as_str(), m.role, m.state)).collect();
    assert_eq!(
        rows,
        [
            ("m1", MessageRole::User, Some(MessageState::Done)),
            ("m1", MessageRole::Assistant, None),
            ("m2", MessageRole::User, Some(MessageState::Pending)),
        ]
    );
    let list = cases.read().list(&cases.user, None, 50).await.expect("works");
    assert_eq!(list.conversations.len(), 1);
}

#[tokio::test]
async fn a_dead_message_is_shown_with_its_reason() {
    let cases = cases();
    cases.say("m1").await;
    ends(&cases, "m1", InboxState::Dead).await;
    let default = ConversationId::default();
    let page = cases.read().messages(&cases.user, &default, Part::Newest, 50).await;
    let page = page.expect("works").expect("is there");
    assert_eq!(page.messages[0].state, Some(MessageState::Dead));
    assert_eq!(page.messages[1].error.as_deref(), Some("the provider refused"));
}
