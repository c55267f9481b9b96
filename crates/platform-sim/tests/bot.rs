//! The bot as tests see it.

use std::time::Duration;

use domain::TelegramChat;
use platform::{Bot, BotError, BotText, OpenError};
use platform_sim::{Said, World};

const CHAT: TelegramChat = TelegramChat { id: 7, thread: None, is_group: false };
const GROUP: TelegramChat = TelegramChat { id: -100, thread: Some(3), is_group: true };

#[tokio::test]
async fn a_chat_shows_what_was_sent_edited_drafted_and_typed() {
    let world = World::default();
    let bot = world.bot();
    bot.typing(CHAT).await.expect("shown");
    bot.draft(CHAT, 1, "so").await.expect("shown");
    let id = bot.send(CHAT, BotText::Rich("so *far*"), Some(5)).await.expect("sent");
    bot.edit(CHAT, id, BotText::Plain("done")).await.expect("edited");
    bot.edit(CHAT, id, BotText::Plain("done")).await.expect("the same is no error");
    bot.send(GROUP, BotText::Html("x"), None).await.expect("sent");
    let chat = world.bot_chat(CHAT);
    assert_eq!(chat.messages[0].answers, Some(5));
    assert_eq!(chat.messages[0].text, Said::Plain("done".into()));
    assert_eq!(chat.messages[0].before, [Said::Rich("so *far*".into())]);
    assert_eq!((chat.drafts.as_slice(), chat.typed), (&[(1, "so".to_owned())][..], 1));
    assert_eq!(world.bot_said(GROUP), ["x"]);
}

#[tokio::test]
async fn a_chat_refuses_what_telegram_refuses() {
    let world = World::default();
    let refused = |outcome| matches!(outcome, Err(BotError::Refused(_)));
    assert!(refused(world.send(CHAT, BotText::Plain(&"x".repeat(4_097)), None).await));
    assert!(refused(world.send(CHAT, BotText::Plain(" \n"), None).await));
    assert!(refused(world.edit(CHAT, 9, BotText::Plain("x")).await.map(|()| 0)));
    assert!(refused(world.draft(GROUP, 1, "x").await.map(|()| 0)));
    world.refuse_rich();
    assert!(refused(world.send(CHAT, BotText::Rich("x"), None).await));
    world.send(CHAT, BotText::Html("x"), None).await.expect("another form");
    world.refuse_html();
    assert!(refused(world.send(CHAT, BotText::Html("x"), None).await));
    world.send(CHAT, BotText::Plain(&"x".repeat(4_096)), None).await.expect("the last resort");
}

#[tokio::test]
async fn a_chat_can_make_the_bot_wait_or_shut_it_out() {
    let world = World::default();
    let send = async || world.send(CHAT, BotText::Plain("x"), None).await;
    world.make_bot_wait("bot.send", 1, Duration::from_secs(9));
    assert!(matches!(send().await, Err(BotError::RetryAfter(wait)) if wait.as_secs() == 9));
    send().await.expect("waited");
    world.fail_next("bot.send", 1);
    assert!(matches!(send().await, Err(BotError::Unavailable(_))));
    assert_eq!(world.bot_said(CHAT).len(), 1, "it did not happen");
    world.lose_next("bot.send", 1);
    assert!(matches!(send().await, Err(BotError::Unavailable(_))));
    assert_eq!(world.bot_said(CHAT).len(), 2, "it happened all the same");
    world.block_bot(CHAT.id);
    assert!(matches!(send().await, Err(BotError::Forbidden(_))));
    world.move_chat(GROUP.id, -5);
    assert!(matches!(world.typing(GROUP).await, Err(BotError::Moved(-5))));
}

#[tokio::test]
async fn a_file_comes_as_it_was_put_there() {
    let world = World::default();
    world.put_telegram_file("f", b"hello");
    let mut file = world.open_file("f").await.expect("there");
    assert_eq!(file.size, 5);
    assert_eq!(file.body.chunk().await.expect("comes").as_deref(), Some(&b"hello"[..]));
    assert_eq!(file.body.chunk().await.expect("ends"), None);
    assert!(matches!(world.open_file("g").await, Err(OpenError::NotFound)));
}
