//! Commands, linking, and what happens beside messages. All of it may come twice.

use std::sync::Arc;

use control_plane::{IssueError, LinkIdentity};
use domain::limits::{LINK_CODE_TTL, LINK_TRIES_MAX};
use domain::telegram::draft_id;
use platform::Bot;
use protocol::{Changed, ServerFrame};
use serde_json::{Value, json};
use telegram_support::{
    ANA, BEN, Chatting, EVE, GROUP, bot, chatting, group, in_group, message, person, private, text,
    unlinked,
};

#[path = "telegram/mod.rs"]
mod telegram_support;
mod world;

/// Three times over, answered once.
async fn told(chat: &Chatting, update: Value) -> String {
    let from = update["message"]["chat"]["id"].as_i64().expect("a chat");
    let place = if from < 0 { group() } else { private(from) };
    let before = chat.said(place).len();
    for _ in 0..3 {
        chat.get(update.clone()).await;
    }
    let said = chat.said(place);
    assert_eq!(said.len(), before + 1, "{said:?}");
    said.last().expect("one").clone()
}

fn linking(chat: &Chatting, entropy: fn() -> [u8; 32]) -> LinkIdentity {
    let world = &chat.cases.world;
    let clock = Arc::new(world.clock().clone());
    LinkIdentity { links: world.links(), bot: Some(Arc::new(world.clone())), clock, entropy }
}

async fn code(chat: &Chatting) -> String {
    linking(chat, || [7; 32]).issue(&chat.cases.user).await.expect("issues").code
}

#[tokio::test]
async fn a_code_of_the_page_links_a_stranger() {
    let chat = unlinked().await;
    let page = linking(&chat, || [7; 32]);
    let issued = page.issue(&chat.cases.user).await.expect("issues");
    assert_eq!(issued.bot_username.as_deref(), Some("claw_bot"));
    let link = format!("https://t.me/claw_bot?start={}", issued.code);
    assert_eq!(issued.deep_link, Some(link));
    let status = page.status(&chat.cases.user).await.expect("reads");
    assert_eq!((status.linked, status.code_expires_at), (false, Some(issued.expires_at)));

    let tab = chat.cases.client("tab").await;
    let linked = told(&chat, text(7, EVE, &format!("/start {}", issued.code))).await;
    assert!(linked.starts_with("Linked."), "{linked}");
    let frames = chat.cases.world.pushed(&tab);
    assert_eq!(frames.first(), Some(&ServerFrame::Changed { what: Changed::Link }));
    let status = page.status(&chat.cases.user).await.expect("reads");
    assert!(status.linked && status.code_expires_at.is_none());
    assert_eq!(status.accounts[0].telegram_id, EVE);
    chat.get(text(8, EVE, "hello")).await;
    assert_eq!(chat.texts(), ["hello"]);

    assert!(page.unlink(&chat.cases.user).await.expect("writes"));
    chat.get(text(9, EVE, "hello again")).await;
    assert_eq!(chat.texts(), ["hello"]);
}

#[tokio::test]
async fn wrong_used_and_expired_codes_get_one_answer() {
    let chat = unlinked().await;
    let wrong = told(&chat, text(1, EVE, "/link 000001")).await;
    let code = code(&chat).await;
    chat.cases.world.clock().advance(LINK_CODE_TTL);
    let expired = told(&chat, text(2, EVE, &format!("/link {code}"))).await;
    assert_eq!(wrong, expired);
    let code = self::code(&chat).await;
    told(&chat, text(3, BEN, &format!("/link {code}"))).await;
    let used = told(&chat, text(4, EVE, &format!("/link {code}"))).await;
    assert_eq!(used, expired);
}

#[tokio::test]
async fn five_tries_and_no_sixth_even_with_the_right_code() {
    let chat = unlinked().await;
    for n in 0..LINK_TRIES_MAX as i64 {
        let answer = told(&chat, text(n, EVE, "/link 000001")).await;
        assert!(answer.starts_with("That code is not good"), "{n}: {answer}");
    }
    let code = code(&chat).await;
    let answer = told(&chat, text(99, EVE, &format!("/link {code}"))).await;
    assert!(answer.starts_with("That was too often"), "{answer}");
    told(&chat, text(100, EVE, "/link")).await;
}

#[tokio::test]
async fn nothing_that_is_linked_is_replaced() {
    let chat = chatting().await;
    let code = code(&chat).await;
    let other = told(&chat, text(1, EVE, &format!("/link {code}"))).await;
    assert!(other.starts_with("Your account has another"), "{other}");
    let own = told(&chat, text(2, ANA, &format!("/link {code}"))).await;
    assert!(own.starts_with("This Telegram account is linked already"), "{own}");
    let spread = told(
        &chat,
        in_group(
            3,
            ANA,
            json!({ "text": format!("/link {code}"),
        "entities": [{ "type": "bot_command", "offset": 0, "length": 5 }] }),
        ),
    )
    .await;
    assert!(spread.contains("private chat"), "{spread}");
}

#[tokio::test]
async fn a_code_that_somebody_has_is_not_given_again() {
    let chat = unlinked().await;
    let first = linking(&chat, || [7; 32]);
    first.issue(&chat.cases.user).await.expect("issues");
    let again = first.issue(&domain::UserId::new("ben").expect("valid")).await;
    assert!(matches!(again, Err(IssueError::Unavailable(_))), "{again:?}");
    let none = LinkIdentity { bot: None, ..first };
    assert!(matches!(none.issue(&chat.cases.user).await, Err(IssueError::NoBot)));
}

#[tokio::test]
async fn a_code_is_given_even_if_telegram_does_not_answer() {
    let chat = unlinked().await;
    chat.cases.world.fail_next("bot.me", 1);
    let issued = linking(&chat, || [7; 32]).issue(&chat.cases.user).await.expect("issues");
    assert_eq!((issued.deep_link, issued.bot_username), (None, None));
}

#[tokio::test]
async fn each_command_has_its_answer() {
    let chat = chatting().await;
    for (n, (command, begins)) in [
        ("/start", "Hello! Write to me"),
        ("/START@Claw_Bot", "Hello! Write to me"),
        ("/link", "To link this Telegram account"),
        ("/unlink", "To unlink this Telegram account"),
        ("/help", "Just write to me"),
        ("/stop", "There is nothing to stop"),
        ("/status", "I am asleep. A message wakes me.\nNo message waits"),
        ("/new", "A new conversation begins"),
    ]
    .into_iter()
    .enumerate()
    {
        let answer = told(&chat, text(n as i64, ANA, command)).await;
        assert!(answer.starts_with(begins), "{command}: {answer}");
    }
    chat.get(text(90, ANA, "/help@other_bot")).await;
    assert_eq!(chat.said(private(ANA)).len(), 8);
    assert!(chat.inbox().is_empty() && chat.cases.world.launches().is_empty());
}

#[tokio::test]
async fn a_stranger_may_only_ask_how_to_be_none() {
    let chat = chatting().await;
    let help = told(&chat, text(1, EVE, "/help")).await;
    assert!(help.starts_with("To link"), "{help}");
    let start = told(&chat, text(2, EVE, "/start")).await;
    assert!(start.starts_with("Hello! I am a private assistant"), "{start}");
    for (n, command) in ["/new", "/stop", "/status", "/unlink"].into_iter().enumerate() {
        chat.get(text(10 + n as i64, EVE, command)).await;
    }
    assert_eq!(chat.said(private(EVE)).len(), 2, "he was greeted today");
}

#[tokio::test]
async fn a_new_conversation_is_where_the_chat_goes_on() {
    let chat = chatting().await;
    chat.get(text(1, ANA, "one")).await;
    told(&chat, text(2, ANA, "/new")).await;
    chat.get(text(3, ANA, "two")).await;
    let talks: Vec<String> = chat.inbox().iter().map(|row| row.conversation.to_string()).collect();
    assert_eq!(talks, ["default", "tg-501-n2"]);
    let status = told(&chat, text(4, ANA, "/status")).await;
    assert!(status.contains("2 messages wait for an answer"), "{status}");
    assert!(status.ends_with("a conversation of its own."), "{status}");
}

#[tokio::test]
async fn stop_ends_what_waits_in_this_chat_alone() {
    let chat = chatting().await;
    chat.get(text(1, ANA, "one")).await;
    chat.get(text(2, ANA, "two")).await;
    chat.get(in_group(
        3,
        ANA,
        json!({ "text": "three", "reply_to_message": {
        "message_id": 1, "date": 1, "from": bot(), "text": "yes",
        "chat": { "id": GROUP, "type": "supergroup" } } }),
    ))
    .await;
    let answer = told(&chat, text(4, ANA, "/stop")).await;
    assert_eq!(answer, "Stopped, and 1 message that waited with it.");
    let stopped: Vec<bool> = chat.inbox().iter().map(|row| row.cancel_requested).collect();
    assert_eq!(stopped, [true, true, false]);
}

#[tokio::test]
async fn the_stop_button_ends_what_its_draft_was_of() {
    let chat = chatting().await;
    chat.get(text(1, ANA, "one")).await;
    chat.get(text(2, ANA, "two")).await;
    let rows = chat.inbox();
    let pressed = |update: i64, draft: i64, chat: i64| {
        json!({ "update_id": update, "stopped_message_generation": {
            "chat": { "id": chat, "type": "private" }, "draft_id": draft } })
    };
    chat.get(pressed(3, draft_id(&rows[1].id), EVE)).await;
    chat.get(pressed(4, draft_id(&rows[1].id), ANA)).await;
    let stopped: Vec<bool> = chat.inbox().iter().map(|row| row.cancel_requested).collect();
    assert_eq!(stopped, [false, true]);
    chat.get(pressed(5, 12, ANA)).await;
    assert!(!chat.inbox()[0].cancel_requested, "it does not run");
    let (world, user) = (&chat.cases.world, &chat.cases.user);
    let generation = world.task(user).generation;
    world.inbox().lease(user, &rows[0].id, generation).await.expect("open");
    chat.get(pressed(6, 12, ANA)).await;
    assert!(chat.inbox()[0].cancel_requested, "it runs");
}

fn member(update: i64, from: i64, chat: Value, was: &str, is: &str) -> Value {
    json!({ "update_id": update, "my_chat_member": {
        "chat": chat, "from": person(from), "date": 1,
        "old_chat_member": { "status": was, "user": bot() },
        "new_chat_member": { "status": is, "user": bot() } } })
}

#[tokio::test]
async fn a_group_of_ones_own_hears_how_to_use_the_bot() {
    let chat = chatting().await;
    let friends = json!({ "id": GROUP, "type": "supergroup", "title": "Friends" });
    for _ in 0..2 {
        chat.get(member(1, ANA, friends.clone(), "left", "member")).await;
    }
    let said = chat.said(group());
    assert!(said.len() == 1 && said[0].contains("@claw_bot"), "{said:?}");
    chat.get(member(2, ANA, friends.clone(), "member", "administrator")).await;
    chat.get(member(3, EVE, friends.clone(), "left", "member")).await;
    chat.get(member(4, ANA, friends, "member", "kicked")).await;
    let own = json!({ "id": ANA, "type": "private", "first_name": "P" });
    chat.get(member(5, ANA, own.clone(), "member", "kicked")).await;
    chat.get(member(6, ANA, own, "kicked", "member")).await;
    assert_eq!(chat.said(group()).len(), 1);
    assert!(chat.said(private(ANA)).is_empty());
}

#[tokio::test]
async fn a_button_of_another_time_is_answered_politely() {
    let chat = chatting().await;
    let pressed = |update: i64, from: i64| {
        json!({ "update_id": update, "callback_query": { "id": "1", "from": person(from),
            "chat_instance": "1", "data": "x",
            "message": { "message_id": 5, "date": 0, "chat": { "id": from, "type": "private" } } } })
    };
    for _ in 0..2 {
        chat.get(pressed(1, ANA)).await;
    }
    chat.get(pressed(2, EVE)).await;
    assert_eq!(chat.said(private(ANA)).len(), 1);
    assert!(chat.said(private(EVE)).is_empty());
}

/// The effect comes before the claim, and the claim before the words.
#[tokio::test]
async fn a_command_that_was_half_done_is_done_and_answered() {
    let chat = unlinked().await;
    let code = code(&chat).await;
    let update = text(7, EVE, &format!("/link {code}"));
    chat.cases.world.fail_next("chats.first_to_answer", 1);
    chat.tried(update.clone()).await.expect_err("not answered");
    let answer = told(&chat, update).await;
    assert!(answer.starts_with("Linked."), "{answer}");
    for port in ["links.note_try", "links.redeem", "chats.may_greet"] {
        let chat = unlinked().await;
        chat.cases.world.fail_next(port, 1);
        let update = if port == "chats.may_greet" { "hi" } else { "/link 000001" };
        chat.tried(text(7, EVE, update)).await.expect_err(port);
        told(&chat, text(7, EVE, update)).await;
    }
}

#[tokio::test]
async fn what_is_no_update_of_ours_is_parked_or_passed_over() {
    let chat = chatting().await;
    for unfit in
        [json!({ "update_id": 1 }), json!({ "update_id": 1, "message": { "chat": "nowhere" } })]
    {
        let refused = chat.tried(unfit).await;
        assert!(matches!(refused, Err(control_plane::ReceiveError::Unfit(_))), "{refused:?}");
    }
    chat.get(json!({ "update_id": 2, "message_reaction": { "chat": { "id": 1 } } })).await;
    let me = chat.cases.world.me().await.expect("answers");
    assert_eq!(me.username, "claw_bot");
    chat.get(message(3, ANA, json!({}))).await;
    assert!(chat.said(private(ANA)).is_empty());
}
