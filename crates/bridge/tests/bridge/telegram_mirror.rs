//! What is said elsewhere in the conversation that a linked chat shows.

use std::time::Duration;

use bridge::nudged;
use domain::{
    Channel, InboxState, LinkCode, Notifications, ReplyTo, Setting, TelegramChat,
    TelegramNotifications, TelegramUser,
};
use platform::{Clock, Inbox, NewMessage, RedeemOutcome, Redemption};
use platform_sim::World;
use protocol::Nudge;
use tokio::time::sleep;

use super::support::*;

async fn link(world: &World) {
    let (now, code) = (world.clock().now(), LinkCode::from_random(7));
    let links = world.links();
    links.issue(&user(), &code, now + Duration::from_secs(60), now).await.expect("no faults");
    let person = TelegramUser(PRIVATE.id);
    let redemption = Redemption { code, person, name: "Ana".into(), chat: PRIVATE.id, now };
    let linked = links.redeem(&redemption).await.expect("no faults");
    assert_eq!(linked, RedeemOutcome::Linked(user()));
}

async fn choose(world: &World, telegram: TelegramNotifications) {
    let setting = Setting::Notifications(Notifications { telegram });
    world.settings().put(&user(), &setting).await.expect("no faults");
}

async fn put_by_schedule(world: &World, message: &str) {
    world.clock().advance(Duration::from_millis(1));
    let at = world.clock().now();
    let message = NewMessage {
        id: id(message),
        conversation: conversation("default"),
        channel: Channel::Schedule,
        reply_to: ReplyTo::None,
        text: format!("text of {message}"),
        attachments: Vec::new(),
        album: None,
        received_at: at,
        due_at: at,
    };
    Inbox::put(world, &user(), &message).await.expect("no faults");
}

async fn linked(agent: Scripted) -> Stage {
    let stage = Stage::new(agent).await;
    link(&stage.world).await;
    stage
}

impl Stage {
    /// Until everything is answered and delivered.
    async fn quiet(&self) {
        until(|| self.world.inbox_of(&self.user).iter().all(|row| !row.is_unsettled())).await;
    }

    fn told(&self) -> Vec<String> {
        self.world.bot_said(PRIVATE)
    }
}

const FROM_PAGE: &str = "You wrote on the page:\n\n> text of m1\n\nanswer to text of m1";
const BY_SCHEDULE: &str = "Your schedule asked:\n\n> text of s1\n\nanswer to text of s1";

#[tokio::test(start_paused = true)]
async fn what_is_said_on_the_page_and_by_a_schedule_is_shown_as_was_chosen() {
    for (chosen, expect) in [
        (None, vec![FROM_PAGE, BY_SCHEDULE]),
        (Some(TelegramNotifications::All), vec![FROM_PAGE, BY_SCHEDULE]),
        (Some(TelegramNotifications::Replies), vec![BY_SCHEDULE]),
        (Some(TelegramNotifications::None), vec![]),
    ] {
        let stage = linked(Scripted::echo()).await;
        if let Some(chosen) = chosen {
            choose(&stage.world, chosen).await;
        }
        stage.put("m1", "default").await;
        put_by_schedule(&stage.world, "s1").await;
        stage.start();
        stage.quiet().await;
        assert_eq!(stage.told(), expect, "{chosen:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_conversation_that_the_chat_does_not_show_is_not_shown_there() {
    let stage = linked(Scripted::echo()).await;
    stage.put("m1", "work").await;
    stage.start();
    stage.until("m1", InboxState::Done).await;
    stage.world.chats().choose(&user(), &PRIVATE, &conversation("work")).await.expect("no faults");
    for (message, of) in [("m2", "work"), ("m3", "default")] {
        stage.put(message, of).await;
        nudged(&stage.bridge, Nudge::Inbox { message_id: message.into() }).await;
    }
    stage.quiet().await;
    let told = stage.told();
    assert!(told.len() == 1 && told[0].ends_with("answer to text of m2"), "{told:?}");
}

#[tokio::test(start_paused = true)]
async fn who_is_not_linked_owes_nothing_and_a_link_counts_from_the_next_message() {
    let stage = Stage::new(Scripted::echo()).await;
    stage.put("m0", "default").await;
    stage.start();
    stage.until("m0", InboxState::Done).await;
    link(&stage.world).await;
    stage.put("m1", "default").await;
    nudged(&stage.bridge, Nudge::Inbox { message_id: "m1".into() }).await;
    stage.until("m1", InboxState::Done).await;
    stage.quiet().await;
    assert_eq!(stage.told(), [FROM_PAGE]);
}

#[tokio::test(start_paused = true)]
async fn a_link_that_cannot_be_read_costs_time_and_never_a_reply() {
    for operation in ["links.of", "settings.get", "chats.conversation"] {
        let stage = linked(Scripted::echo()).await;
        stage.world.fail_next(operation, 4);
        stage.put("m1", "default").await;
        stage.start();
        stage.until("m1", InboxState::Done).await;
        stage.quiet().await;
        assert_eq!(stage.told(), [FROM_PAGE], "{operation}");
    }
    let stage = Stage::new(Scripted::echo()).await;
    stage.world.fail_next("links.of", 4);
    stage.put("m1", "default").await;
    stage.start();
    stage.quiet().await;
    assert_eq!(stage.told(), [""; 0], "nobody is linked after all");
}

#[tokio::test(start_paused = true)]
async fn what_a_dead_bridge_owed_is_quoted_from_the_record() {
    let stage = linked(Scripted::echo()).await;
    stage.put("m1", "default").await;
    stage.world.make_bot_wait("bot.send", 1, Duration::from_secs(3_600));
    stage.start();
    stage.until("m1", InboxState::Done).await;
    sleep(Duration::from_secs(5)).await;
    claim(&stage.world).await;
    let push = stage.world.push();
    let next = Stage::in_world(stage.world.clone(), Scripted::echo(), push).await;
    next.start();
    next.quiet().await;
    assert_eq!(next.told(), [FROM_PAGE]);
}

#[tokio::test(start_paused = true)]
async fn page_and_chat_are_told_in_the_order_of_the_conversation() {
    let stage = linked(Scripted::echo()).await;
    put_in(&stage.world, "t1", PRIVATE).await;
    stage.put("m1", "default").await;
    put_in(&stage.world, "t2", PRIVATE).await;
    stage.start();
    stage.quiet().await;
    assert_eq!(stage.told(), ["answer to text of t1", FROM_PAGE, "answer to text of t2"]);
    assert_eq!(stage.ends(0), ["t1", "m1", "t2"], "and the page sees what the chat said");
    let drafts = stage.world.bot_chat(TelegramChat { ..PRIVATE }).drafts;
    assert!(drafts.iter().all(|(_, text)| !text.contains("m1")), "{drafts:?}");
}
