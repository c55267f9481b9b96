//! What people send becomes what their agent reads.

use domain::limits::{OPEN_MESSAGES_MAX, TELEGRAM_FILE_MAX_BYTES, TELEGRAM_QUOTE_MAX_CHARS};
use domain::{Channel, ReplyTo, Setting, SpendCap, TelegramChat};
use serde_json::{Value, json};
use telegram_support::{
    ANA, BEN, EVE, GROUP, bot, chatting, edited, group, in_group, mention_in, message, person,
    private, text,
};

#[path = "telegram/mod.rs"]
mod telegram_support;
mod world;

fn place() -> Value {
    json!({ "latitude": 52.520_008, "longitude": 13.404_954 })
}

fn file(id: &str) -> Value {
    json!({ "file_id": id, "file_unique_id": "u", "file_size": 1234 })
}

fn named(id: &str, name: &str) -> Value {
    json!({ "file_id": id, "file_unique_id": "u", "file_size": 1234, "file_name": name })
}

fn photo(id: &str) -> Value {
    let size = |id: String, width: u32, bytes: u64| json!({ "file_id": id, "file_unique_id": "u", "width": width, "height": width, "file_size": bytes });
    json!([size(format!("{id}-small"), 90, 900), size(id.into(), 1280, 90_000)])
}

/// The text and the files of the one message that is in the inbox afterwards.
async fn taken(fields: Value) -> (String, Vec<String>) {
    let chat = chatting().await;
    chat.get(message(7, ANA, fields)).await;
    let rows = chat.inbox();
    assert_eq!(rows.len(), 1, "{rows:?}");
    assert!(chat.said(private(ANA)).is_empty(), "{:?}", chat.said(private(ANA)));
    let files = rows[0].attachments.iter().map(ToString::to_string).collect();
    (rows[0].text.clone(), files)
}

async fn check(fields: Value, text: &str, files: &[&str]) {
    let taken = taken(fields.clone()).await;
    let files: Vec<String> = files.iter().map(|file| (*file).to_owned()).collect();
    assert_eq!(taken, (text.to_owned(), files), "{fields}");
}

#[tokio::test]
async fn who_has_spent_what_he_may_is_told_so_and_launches_nothing() {
    let chat = chatting().await;
    let nothing = Setting::SpendCap(SpendCap::new(0.0).expect("valid"));
    chat.cases.world.settings().put(&chat.cases.user, &nothing).await.expect("writes");
    for _ in 0..2 {
        chat.get(text(7, ANA, "hello")).await;
    }
    let said = chat.said(private(ANA));
    assert_eq!(said.len(), 1, "once, though the update came twice: {said:?}");
    assert!(said[0].contains("spend cap of $0.00 is reached"), "{said:?}");
    assert!(said[0].contains("raise the cap on the Usage page"), "{said:?}");
    assert!(chat.inbox().is_empty() && chat.cases.world.launches().is_empty());
}

#[tokio::test]
async fn a_message_lands_in_the_pages_conversation() {
    let chat = chatting().await;
    chat.get(text(7, ANA, "hello")).await;
    let row = &chat.inbox()[0];
    assert_eq!((row.id.as_str(), row.text.as_str()), ("tg-4217-7", "hello"));
    assert_eq!((row.conversation.as_str(), row.channel), ("default", Channel::Telegram));
    assert_eq!(row.reply_to, ReplyTo::Telegram { chat: private(ANA), message: 7 });
    assert_eq!(chat.cases.world.launches().len(), 1);
}

#[tokio::test]
async fn whatever_people_send_is_read() {
    check(json!({ "text": " hi 😀 " }), "hi 😀", &[]).await;
    check(
        json!({ "photo": photo("P"), "caption": "what is this?" }),
        "what is this?",
        &["telegram/90000/P/photo-7.jpg"],
    )
    .await;
    check(json!({ "document": named("D", "../a:b.pdf") }), "", &["telegram/1234/D/___a_b.pdf"])
        .await;
    check(json!({ "voice": file("V") }), "", &["telegram/1234/V/voice-7.ogg"]).await;
    check(json!({ "video": file("V") }), "", &["telegram/1234/V/video-7.mp4"]).await;
    check(json!({ "video_note": file("V") }), "", &["telegram/1234/V/video-7.mp4"]).await;
    let mut song = file("A");
    song["mime_type"] = json!("audio/mp4");
    check(json!({ "audio": song }), "", &["telegram/1234/A/audio-7.m4a"]).await;
    let gif = named("G", "fun.mp4");
    check(json!({ "animation": gif.clone(), "document": gif }), "", &["telegram/1234/G/fun.mp4"])
        .await;
    check(json!({ "location": place() }), "My location: 52.520008, 13.404954", &[]).await;
    check(
        json!({ "location": place(), "venue": { "location": place(), "title": "Bar", "address": "Street 1" } }),
        "A place: Bar, Street 1 (52.520008, 13.404954)",
        &[],
    )
    .await;
    check(
        json!({ "contact": { "phone_number": "+491", "first_name": "Ben", "last_name": "B" } }),
        "A contact: Ben B, +491",
        &[],
    )
    .await;
    check(json!({ "sticker": { "file_id": "S", "emoji": "👍" } }), "👍", &[]).await;
    check(json!({ "text": "/weather in Seoul", "entities": [{ "type": "bot_command", "offset": 0, "length": 8 }] }), "/weather in Seoul", &[]).await;
}

#[tokio::test]
async fn what_it_answers_and_where_it_is_from_stand_before_it() {
    let answered = json!({
        "message_id": 3, "date": 1, "chat": { "id": ANA, "type": "private" }, "from": bot(),
        "text": "first\nsecond",
    });
    check(
        json!({ "text": "why?", "reply_to_message": answered }),
        "> first\n> second\n\nwhy?",
        &[],
    )
    .await;
    check(
        json!({ "text": "why?", "reply_to_message": answered, "quote": { "text": "second", "position": 6 } }),
        "> second\n\nwhy?",
        &[],
    )
    .await;
    let mut picture = answered.clone();
    picture["text"] = Value::Null;
    picture["photo"] = photo("P");
    check(json!({ "text": "why?", "reply_to_message": picture }), "> (a photo)\n\nwhy?", &[]).await;
    let origin = json!({ "type": "hidden_user", "sender_user_name": "Carl\nC", "date": 1 });
    check(json!({ "text": "look", "forward_origin": origin }), "Forwarded from Carl C:\nlook", &[])
        .await;
}

#[tokio::test]
async fn a_quote_is_cut_just_past_its_limit() {
    for (chars, cut) in [(TELEGRAM_QUOTE_MAX_CHARS, false), (TELEGRAM_QUOTE_MAX_CHARS + 1, true)] {
        let quote = json!({ "text": "é".repeat(chars), "position": 0 });
        let (text, _) = taken(json!({ "text": "why?", "quote": quote })).await;
        let quoted = text.strip_prefix("> ").and_then(|text| text.strip_suffix("\n\nwhy?"));
        let quoted = quoted.expect("quoted");
        assert_eq!(quoted.chars().count(), TELEGRAM_QUOTE_MAX_CHARS);
        assert_eq!(quoted.ends_with('…'), cut);
    }
}

#[tokio::test]
async fn a_file_that_is_too_large_is_said_to_be_and_its_words_go_through() {
    let mut fits = named("D", "a.zip");
    fits["file_size"] = json!(TELEGRAM_FILE_MAX_BYTES);
    let (_, files) = taken(json!({ "document": fits.clone(), "caption": "see" })).await;
    assert_eq!(files.len(), 1);
    fits["file_size"] = json!(TELEGRAM_FILE_MAX_BYTES + 1);
    let chat = chatting().await;
    let update = message(7, ANA, json!({ "document": fits, "caption": "see" }));
    for _ in 0..3 {
        chat.get(update.clone()).await;
    }
    assert_eq!(chat.texts(), ["see"]);
    assert!(chat.inbox()[0].attachments.is_empty());
    let said = chat.said(private(ANA));
    assert_eq!(said.len(), 1, "once: {said:?}");
    assert!(said[0].contains("a.zip") && said[0].contains("20 MB"), "{said:?}");
}

#[tokio::test]
async fn what_is_not_supported_is_answered_and_services_are_not() {
    let chat = chatting().await;
    chat.get(message(7, ANA, json!({ "poll": { "id": "1", "question": "?" } }))).await;
    chat.get(message(8, ANA, json!({ "dice": { "emoji": "🎲", "value": 3 } }))).await;
    chat.get(message(9, ANA, json!({ "sticker": { "file_id": "S" } }))).await;
    let said = chat.said(private(ANA));
    assert_eq!(said.len(), 3, "{said:?}");
    assert!(said[0].starts_with("A poll is nothing I can read"), "{said:?}");
    chat.get(message(10, ANA, json!({ "pinned_message": { "message_id": 3 } }))).await;
    assert_eq!(chat.said(private(ANA)).len(), 3);
    assert!(chat.inbox().is_empty());
}

#[tokio::test]
async fn who_is_allowed_and_not_linked_has_an_agent_of_his_own() {
    let chat = chatting().await;
    chat.get(text(7, BEN, "hello")).await;
    assert_eq!(chat.inbox_of_ben()[0].text, "hello");
    assert!(chat.inbox().is_empty());
}

#[tokio::test]
async fn a_stranger_is_told_once_a_day_and_starts_nothing() {
    let chat = chatting().await;
    for update in 0..5 {
        chat.get(text(update, EVE, "hello")).await;
    }
    assert_eq!(chat.said(private(EVE)).len(), 1);
    chat.cases.world.clock().advance(domain::limits::TELEGRAM_GREETING_EVERY);
    chat.get(text(9, EVE, "hello")).await;
    assert_eq!(chat.said(private(EVE)).len(), 2);
    chat.get(in_group(
        10,
        EVE,
        json!({ "text": "@claw_bot hi", "entities": mention_in("@claw_bot hi", "@claw_bot") }),
    ))
    .await;
    assert!(chat.said(group()).is_empty(), "in a group he hears nothing");
    assert!(chat.cases.world.launches().is_empty());
    assert!(chat.cases.world.log().is_empty(), "{:?}", chat.cases.world.log());
}

#[tokio::test]
async fn fifty_deliveries_of_one_update_are_one_message() {
    let chat = std::sync::Arc::new(chatting().await);
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let chat = chat.clone();
        tasks.spawn(async move { chat.get(text(7, ANA, "hello")).await });
    }
    tasks.join_all().await;
    assert_eq!(chat.texts(), ["hello"]);
    assert_eq!(chat.cases.world.launches().len(), 1);
}

#[tokio::test]
async fn an_album_is_one_message() {
    let chat = chatting().await;
    let part = |update: i64, more: Value| {
        let mut fields = json!({ "media_group_id": "g", "photo": photo(&format!("P{update}")) });
        fields.as_object_mut().expect("fields").extend(more.as_object().expect("fields").clone());
        message(update, ANA, fields)
    };
    let first = part(7, json!({ "caption": "look" }));
    let parts = [first, part(8, json!({})), part(9, json!({ "caption": "and this" }))];
    for update in parts.iter().chain(&parts) {
        chat.get(update.clone()).await;
    }
    let rows = chat.inbox();
    assert_eq!(rows.len(), 1, "{rows:?}");
    assert_eq!(rows[0].text, "look\n\nand this");
    let files: Vec<String> = rows[0].attachments.iter().map(ToString::to_string).collect();
    let expected = ["P7/photo-7.jpg", "P8/photo-8.jpg", "P9/photo-9.jpg"];
    assert_eq!(files, expected.map(|name| format!("telegram/90000/{name}")));
}

#[tokio::test]
async fn a_part_that_comes_after_the_answer_began_is_a_message_of_its_own() {
    let chat = chatting().await;
    let part =
        |update: i64| message(update, ANA, json!({ "media_group_id": "g", "photo": photo("P") }));
    chat.get(part(7)).await;
    lease(&chat, "tg-4217-7").await;
    for update in [8, 8, 9, 8, 9] {
        chat.get(part(update)).await;
    }
    let rows = chat.inbox();
    let files: Vec<usize> = rows.iter().map(|row| row.attachments.len()).collect();
    assert_eq!(files, [1, 2], "{rows:?}");
}

async fn lease(chat: &telegram_support::Chatting, id: &str) {
    let (world, user) = (&chat.cases.world, &chat.cases.user);
    let generation = world.task(user).generation;
    let leased = world.inbox().lease(user, &world::message_id(id), generation).await;
    leased.expect("open");
}

#[tokio::test]
async fn an_edit_changes_what_nobody_has_begun_to_answer() {
    let chat = chatting().await;
    chat.get(text(7, ANA, "helo")).await;
    for _ in 0..2 {
        chat.get(edited(8, text(7, ANA, "helo"), json!({ "text": "hello" }))).await;
    }
    assert_eq!(chat.texts(), ["hello"]);
    lease(&chat, "tg-4217-7").await;
    for _ in 0..2 {
        chat.get(edited(9, text(7, ANA, "helo"), json!({ "text": "hello!" }))).await;
    }
    let correction = "I have corrected my last message. It said:\n> hello\n\nNow it says:\nhello!";
    assert_eq!(chat.texts(), ["hello", correction]);
    chat.get(edited(10, text(7, ANA, "helo"), json!({ "text": "hello?" }))).await;
    let again = "I have corrected my last message. Now it says:\nhello?";
    assert_eq!(chat.texts(), ["hello", again]);
    assert!(chat.said(private(ANA)).is_empty());
}

#[tokio::test]
async fn an_edit_of_what_is_older_is_answered_with_a_sentence() {
    let chat = chatting().await;
    chat.get(text(7, ANA, "one")).await;
    chat.get(text(8, ANA, "two")).await;
    chat.get(edited(9, text(7, ANA, "one"), json!({ "text": "three" }))).await;
    assert_eq!(chat.texts(), ["one", "two"]);
    let said = chat.said(private(ANA));
    assert!(said.len() == 1 && said[0].starts_with("I only follow changes"), "{said:?}");
    let moving = json!({ "location": place() });
    chat.get(edited(10, message(6, ANA, moving.clone()), moving)).await;
    chat.get(edited(11, text(6, EVE, "one"), json!({ "text": "three" }))).await;
    assert_eq!(chat.said(private(ANA)).len(), 1);
    assert!(chat.said(private(EVE)).is_empty());
}

#[tokio::test]
async fn in_a_group_only_what_is_meant_for_the_bot_is_heard() {
    let chat = chatting().await;
    let said = |update: i64, text: &str, more: Value| {
        let mut fields = json!({ "text": text });
        fields.as_object_mut().expect("fields").extend(more.as_object().expect("fields").clone());
        in_group(update, ANA, fields)
    };
    let by = |from: Value, id: i64| {
        json!({ "reply_to_message": { "message_id": id, "date": 1, "from": from, "text": "yes",
            "chat": { "id": GROUP, "type": "supergroup" } } })
    };
    let mention = |text: &str, name: &str| json!({ "entities": mention_in(text, name) });
    let command = |length: usize| json!({ "entities": [{ "type": "bot_command", "offset": 0, "length": length }] });
    let unheard = [
        said(1, "hello all", json!({})),
        said(2, "claw_bot is fun", json!({})),
        said(3, "ask @other_bot", mention("ask @other_bot", "@other_bot")),
        said(4, "no", by(person(EVE), 90)),
        said(5, "/status@other_bot", command(17)),
        said(6, "/weather", command(8)),
    ];
    for update in unheard {
        chat.get(update).await;
    }
    assert!(chat.inbox().is_empty() && chat.said(group()).is_empty());
    let text = "😀 @Claw_Bot what now?";
    chat.get(said(10, text, mention(text, "@Claw_Bot"))).await;
    chat.get(said(11, "no", by(bot(), 90))).await;
    assert_eq!(chat.texts(), ["😀 what now?", "> yes\n\nno"]);
    let row = &chat.inbox()[0];
    assert_eq!(row.conversation.as_str(), "tg--1001234");
    assert_eq!(row.reply_to, ReplyTo::Telegram { chat: group(), message: 10 });
    // What answers nothing in a topic that the bot began answers the topic's beginning.
    let mut topic = by(bot(), 33);
    topic["message_thread_id"] = json!(33);
    topic["is_topic_message"] = json!(true);
    chat.get(said(12, "to all", topic)).await;
    assert_eq!(chat.inbox().len(), 2);
}

#[tokio::test]
async fn a_topic_is_a_conversation() {
    let chat = chatting().await;
    let topic = json!({ "text": "hi", "message_thread_id": 33, "is_topic_message": true });
    chat.get(message(7, ANA, topic)).await;
    let row = &chat.inbox()[0];
    assert_eq!(row.conversation.as_str(), "tg-501-33");
    let place = TelegramChat { id: ANA, thread: Some(33), is_group: false };
    assert_eq!(row.reply_to, ReplyTo::Telegram { chat: place, message: 7 });
}

#[tokio::test]
async fn a_group_that_moved_goes_on_where_it_was() {
    let chat = chatting().await;
    let ask = json!({ "text": "@claw_bot a", "entities": mention_in("@claw_bot a", "@claw_bot") });
    chat.get(in_group(7, ANA, ask.clone())).await;
    chat.get(in_group(8, EVE, json!({ "migrate_to_chat_id": -100_777 }))).await;
    let mut moved = in_group(9, ANA, ask);
    moved["message"]["chat"]["id"] = json!(-100_777);
    chat.get(moved).await;
    let rows = chat.inbox();
    assert_eq!(rows[0].conversation, rows[1].conversation);
}

#[tokio::test]
async fn bots_channels_and_hidden_administrators_are_not_answered() {
    let chat = chatting().await;
    chat.get(message(1, ANA, json!({ "text": "hi", "from": bot() }))).await;
    let hidden = json!({ "id": GROUP, "type": "supergroup", "title": "Friends" });
    chat.get(in_group(2, ANA, json!({ "text": "/help", "sender_chat": hidden }))).await;
    let channel = json!({ "id": -5, "type": "channel", "title": "News" });
    chat.get(message(3, ANA, json!({ "text": "hi", "chat": channel }))).await;
    assert!(chat.inbox().is_empty() && chat.said(group()).is_empty());
}

#[tokio::test]
async fn waking_is_shown_where_it_can_be() {
    let chat = chatting().await;
    chat.get(text(7, ANA, "hello")).await;
    let drafts = chat.cases.world.bot_chat(private(ANA)).drafts;
    let draft = domain::telegram::draft_id(&world::message_id("tg-4217-7"));
    assert_eq!(drafts, [(draft, "Waking your agent…".to_owned())]);
    chat.get(in_group(
        8,
        ANA,
        json!({ "text": "@claw_bot a", "entities": mention_in("@claw_bot a", "@claw_bot") }),
    ))
    .await;
    assert_eq!(chat.cases.world.bot_chat(group()).typed, 1);
    chat.cases.bridge_is_up().await;
    chat.get(text(9, ANA, "hello")).await;
    assert_eq!(chat.cases.world.bot_chat(private(ANA)).drafts.len(), 1);
}

#[tokio::test]
async fn the_page_hears_of_it() {
    let chat = chatting().await;
    let page = chat.cases.client("page").await;
    chat.get(text(7, ANA, "hello")).await;
    let frames = chat.cases.world.pushed(&page);
    let kinds: Vec<String> = frames
        .iter()
        .map(|frame| {
            let frame: Value = serde_json::to_value(frame).expect("a frame");
            format!("{} {}", frame["type"], frame["channel"])
        })
        .collect();
    assert!(kinds.contains(&"\"message\" \"telegram\"".to_owned()), "{kinds:?}");
    assert!(kinds.iter().any(|kind| kind.starts_with("\"status\"")), "{kinds:?}");
}

#[tokio::test]
async fn whoever_has_too_many_messages_waiting_is_told() {
    let chat = chatting().await;
    for n in 0..OPEN_MESSAGES_MAX {
        chat.cases.say(&format!("m{n}")).await;
    }
    chat.get(text(7, ANA, "one more")).await;
    assert_eq!(chat.inbox().len(), OPEN_MESSAGES_MAX);
    let said = chat.said(private(ANA));
    assert!(said.len() == 1 && said[0].starts_with("200 of your messages wait"), "{said:?}");
}

/// Nothing that is not safe is acknowledged; what follows may fail.
#[tokio::test]
async fn an_update_is_acknowledged_when_it_is_safe_and_not_before() {
    for port in ["links.owner_of", "chats.conversation", "inbox.outline", "inbox.put", "bot.me"] {
        let chat = chatting().await;
        chat.cases.world.fail_next(port, 1);
        chat.tried(text(7, ANA, "hello")).await.expect_err(port);
        chat.get(text(7, ANA, "hello")).await;
        assert_eq!(chat.texts(), ["hello"], "{port}");
    }
    for port in ["tasks.get", "bot.draft", "push"] {
        let chat = chatting().await;
        chat.cases.world.fail_next(port, 1);
        chat.get(text(7, ANA, "hello")).await;
        assert_eq!(chat.texts(), ["hello"], "{port}");
    }
    let chat = chatting().await;
    chat.cases.world.lose_next("inbox.put", 1);
    chat.tried(text(7, ANA, "hello")).await.expect_err("its answer was lost");
    chat.get(text(7, ANA, "hello")).await;
    assert_eq!(chat.texts(), ["hello"]);
}
