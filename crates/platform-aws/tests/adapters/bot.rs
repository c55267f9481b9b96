//! The bot: its token from the parameter store, and what Telegram may say to it.

use std::time::Duration;

use domain::{TelegramChat, Timestamp};
use platform::{Bot, BotError, BotText, OpenError};
use platform_aws::{ConfigError, TelegramBot, WebhookSecret};
use serde_json::{Value, json};

use crate::support::{Answer, Answers, aws_at};

const CHAT: TelegramChat = TelegramChat { id: 7, thread: None, is_group: false };
const TOPIC: TelegramChat = TelegramChat { id: -100, thread: Some(3), is_group: true };
const NOW: Timestamp = Timestamp(1_795_249_140_000);

fn parameter(value: &str) -> Answer {
    Answer::ok(json!({ "Parameter": { "Name": "n", "Value": value, "Type": "SecureString" } }))
}

fn tokens(values: &[&str]) -> Answers {
    Answers::start(values.iter().map(|value| parameter(value)))
}

fn ok(result: Value) -> Answer {
    Answer::ok(json!({ "ok": true, "result": result }))
}

fn refused(status: u16, description: &str) -> Answer {
    let body = json!({ "ok": false, "error_code": status, "description": description });
    Answer { status, body }
}

fn bot(store: &Answers, telegram: &Answers) -> TelegramBot {
    let lookup = |name: &str| match name {
        "TELEGRAM_TOKEN_PARAMETER" => Some("/openclaw/telegram/token".to_owned()),
        "TELEGRAM_API_URL" => Some(telegram.url().to_owned()),
        _ => None,
    };
    let bot = TelegramBot::from_lookup(&aws_at(store.url()), &lookup);
    bot.expect("configured").expect("there is one")
}

#[test]
fn without_a_token_there_is_no_bot() {
    let aws = aws_at("http://127.0.0.1:1");
    assert!(TelegramBot::from_lookup(&aws, &|_| None).is_ok_and(|bot| bot.is_none()));
    assert!(WebhookSecret::from_lookup(&aws, &|_| None).is_ok_and(|secret| secret.is_none()));
    let half = |name: &str| (name == "TELEGRAM_TOKEN_PARAMETER").then(|| "t".to_owned());
    let missing = WebhookSecret::from_lookup(&aws, &half).map(|_| ());
    assert_eq!(missing, Err(ConfigError::Missing("TELEGRAM_SECRET_PARAMETER")));
    let plain = |name: &str| match name {
        "TELEGRAM_TOKEN_PARAMETER" => Some("t".to_owned()),
        "TELEGRAM_API_URL" => Some("http://api.telegram.org".to_owned()),
        _ => None,
    };
    let refused = TelegramBot::from_lookup(&aws, &plain).map(|_| ());
    assert!(matches!(refused, Err(ConfigError::Invalid { name: "TELEGRAM_API_URL", .. })));
}

#[tokio::test]
async fn the_token_is_read_once_and_decrypted() {
    let store = tokens(&["4217:secret\n"]);
    let telegram = Answers::start([ok(json!({ "message_id": 41 }))]);
    let bot = bot(&store, &telegram);
    assert!(store.asked().is_empty(), "nothing is asked before it is needed");
    assert_eq!(bot.id().await.expect("read"), 4217);
    for _ in 0..2 {
        let sent = bot.send(TOPIC, BotText::Plain("a"), Some(5)).await;
        assert_eq!(sent.expect("sent"), 41);
    }
    let expected = json!({ "Name": "/openclaw/telegram/token", "WithDecryption": true });
    assert_eq!(store.asked().iter().map(|it| it.json()).collect::<Vec<_>>(), [expected]);
    let asked = telegram.asked();
    assert_eq!(asked[0].path, "/bot4217:secret/sendMessage");
    assert_eq!(asked[0].json()["message_thread_id"], 3);
    assert_eq!(asked[0].json()["reply_parameters"]["message_id"], 5);
}

#[tokio::test]
async fn a_token_that_is_no_longer_valid_is_read_anew_only_when_that_is_due() {
    let store = tokens(&["4217:old", "4217:new"]);
    let telegram = Answers::start([refused(401, "Unauthorized"), ok(json!(true))]);
    let bot = bot(&store, &telegram);
    let first = bot.typing(CHAT).await;
    assert!(matches!(first, Err(BotError::Unavailable(_))), "it was read just now: {first:?}");
    assert_eq!(store.asked().len(), 1);
}

#[tokio::test]
async fn a_new_token_needs_no_restart() {
    let store = tokens(&["4217:old", "4217:new"]);
    let telegram = Answers::start([refused(401, "Unauthorized"), ok(json!(true))]);
    let bot = bot(&store, &telegram);
    bot.id().await.expect("read");
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(60)).await;
    tokio::time::resume();
    bot.typing(CHAT).await.expect("with the new one");
    let paths: Vec<String> = telegram.asked().into_iter().map(|asked| asked.path).collect();
    assert_eq!(paths, ["/bot4217:old/sendChatAction", "/bot4217:new/sendChatAction"]);
}

#[tokio::test]
async fn a_token_that_cannot_be_read_is_not_taken_for_none() {
    let telegram = Answers::start([ok(json!(true))]);
    let failed = async |store: Answers| match bot(&store, &telegram).typing(CHAT).await {
        Err(BotError::Unavailable(error)) => error.source.to_string(),
        other => panic!("{other:?}"),
    };
    let missing = Answer::exception("ParameterNotFound", json!({ "message": "no" }));
    assert!(failed(Answers::start([missing])).await.contains("/openclaw/telegram/token"));
    assert!(failed(tokens(&["not a token"])).await.contains("BotFather"));
    assert!(telegram.asked().is_empty());
}

#[tokio::test]
async fn each_answer_of_telegram_has_a_meaning() {
    let sent = async |answer| {
        let (store, telegram) = (tokens(&["4217:secret"]), Answers::start([answer]));
        let sent = bot(&store, &telegram).send(CHAT, BotText::Rich("a"), None).await;
        sent.expect_err("refused")
    };
    let busy = json!({
        "ok": false, "error_code": 429, "description": "Too Many Requests",
        "parameters": { "retry_after": 9 },
    });
    let busy = sent(Answer { status: 429, body: busy }).await;
    assert!(matches!(busy, BotError::RetryAfter(wait) if wait == Duration::from_secs(9)));
    let form = sent(refused(400, "Bad Request: can't parse rich message")).await;
    assert!(matches!(form, BotError::Refused(_)), "{form:?}");
    let blocked = sent(refused(403, "Forbidden: bot was blocked by the user")).await;
    assert!(matches!(blocked, BotError::Forbidden(_)), "{blocked:?}");
    let nowhere = sent(refused(400, "Bad Request: chat not found")).await;
    assert!(matches!(nowhere, BotError::Forbidden(_)), "{nowhere:?}");
    let moved =
        json!({ "ok": false, "description": "", "parameters": { "migrate_to_chat_id": -5 } });
    let moved = sent(Answer { status: 400, body: moved }).await;
    assert!(matches!(moved, BotError::Moved(-5)), "{moved:?}");
    for status in [409, 500, 502] {
        let failed = sent(refused(status, "no")).await;
        assert!(matches!(failed, BotError::Unavailable(_)), "{status}: {failed:?}");
    }
}

#[tokio::test]
async fn a_rich_message_makes_telegram_fetch_nothing() {
    let store = tokens(&["4217:secret"]);
    let telegram = Answers::start([ok(json!({ "message_id": 41 }))]);
    let bot = bot(&store, &telegram);
    let text = BotText::Rich("![a](https://x.example/?q=secret)");
    bot.send(CHAT, text, None).await.expect("sent");
    bot.edit(CHAT, 41, text).await.expect("edited");
    for asked in telegram.asked() {
        let markdown = &asked.json()["rich_message"]["markdown"];
        assert_eq!(markdown, "[a](https://x.example/?q=secret)");
    }
}

#[tokio::test]
async fn the_bot_is_asked_who_it_is_once() {
    let store = tokens(&["4217:secret"]);
    let me = ok(json!({ "id": 4217, "is_bot": true, "first_name": "C", "username": "claw_bot" }));
    let telegram = Answers::start([refused(500, "no"), me]);
    let bot = bot(&store, &telegram);
    bot.me().await.expect_err("a failure is not kept");
    for _ in 0..2 {
        assert_eq!(bot.me().await.expect("answers").username, "claw_bot");
    }
    assert_eq!(telegram.asked().len(), 2);
}

#[tokio::test]
async fn a_draft_is_shown_in_its_topic() {
    let store = tokens(&["4217:secret"]);
    let telegram = Answers::start([ok(json!(true))]);
    bot(&store, &telegram).draft(TOPIC, 9, "so far").await.expect("shown");
    let asked = telegram.asked()[0].json();
    assert_eq!((&asked["draft_id"], &asked["text"]), (&json!(9), &json!("so far")));
    assert_eq!(asked["can_stop"], true);
}

#[tokio::test]
async fn a_file_that_is_not_there_is_told_from_one_that_does_not_come() {
    let opened = async |answer| {
        let (store, telegram) = (tokens(&["4217:secret"]), Answers::start([answer]));
        bot(&store, &telegram).open_file("f").await.map(|file| file.size)
    };
    let place = json!({ "file_id": "f", "file_path": "a", "file_size": 20 * 1_048_576 });
    for gone in ["Bad Request: file is too big", "Bad Request: invalid file_id"] {
        let outcome = opened(refused(400, gone)).await;
        assert!(matches!(outcome, Err(OpenError::NotFound)), "{gone}: {outcome:?}");
    }
    let later = "Bad Request: wrong file_id or the file is temporarily unavailable";
    for answer in [refused(400, later), refused(500, "no"), refused(401, "Unauthorized")] {
        let outcome = opened(answer.clone()).await;
        assert!(matches!(outcome, Err(OpenError::Unavailable(_))), "{answer:?}: {outcome:?}");
    }
    // The server's second answer is the file: its place again, as text.
    let size = opened(ok(place)).await.expect("there");
    assert!(size > 50, "{size}");
}

fn secret(store: &Answers) -> WebhookSecret {
    let lookup = |name: &str| name.starts_with("TELEGRAM_").then(|| format!("/{name}"));
    let secret = WebhookSecret::from_lookup(&aws_at(store.url()), &lookup);
    secret.expect("configured").expect("there is one")
}

#[tokio::test]
async fn a_secret_is_read_once_and_compared_whole() {
    let store = tokens(&["s3cret"]);
    let secret = secret(&store);
    for _ in 0..2 {
        assert!(secret.admits(b"s3cret", NOW).await.expect("read"));
        for wrong in ["", "s3cre", "s3cret\n", "s3creT", "s3crets"] {
            assert!(!secret.admits(wrong.as_bytes(), NOW).await.expect("read"), "{wrong:?}");
        }
    }
    assert_eq!(store.asked().len(), 1);
}

#[tokio::test]
async fn a_new_secret_needs_no_deployment_and_wrong_ones_no_reading() {
    let store = tokens(&["old", "new"]);
    let secret = secret(&store);
    assert!(secret.admits(b"old", NOW).await.expect("read"));
    let soon = NOW + Duration::from_secs(59);
    assert!(!secret.admits(b"new", soon).await.expect("known"), "not again within a minute");
    assert_eq!(store.asked().len(), 1);
    let later = NOW + Duration::from_secs(60);
    assert!(secret.admits(b"new", later).await.expect("read"));
    assert!(!secret.admits(b"old", later).await.expect("known"));
    assert_eq!(store.asked().len(), 2);
}

#[tokio::test]
async fn a_secret_that_cannot_be_read_admits_nobody_and_refuses_nobody() {
    let missing = Answer::exception("ParameterNotFound", json!({ "message": "no" }));
    let store = Answers::start([missing]);
    secret(&store).admits(b"x", NOW).await.expect_err("unknown");
}
