//! What goes wrong, and that the token is in none of it.

use std::error::Error as _;
use std::time::Duration;

use serde_json::json;
use telegram::{Api, Error, Target, Text};

use crate::server::{Answer, BotApi, TOKEN, api_at};

const CHAT: Target = Target { chat_id: 7, message_thread_id: None };

async fn send(api: &Api) -> Error {
    api.send(CHAT, Text::Plain("a"), None).await.expect_err("an error")
}

async fn told(answer: Answer) -> Error {
    send(&BotApi::start([answer]).await.api()).await
}

#[tokio::test]
async fn patience_is_as_long_as_telegram_says() {
    let busy = |parameters| {
        let description = "Too Many Requests: retry after 17";
        Answer::Json(
            429,
            json!({ "ok": false, "error_code": 429, "description": description,
                    "parameters": parameters }),
        )
    };
    let wait = |error| match error {
        Error::RetryAfter(wait) => wait,
        other => panic!("{other:?}"),
    };
    assert_eq!(wait(told(busy(json!({ "retry_after": 17 }))).await), Duration::from_secs(17));
    assert_eq!(wait(told(busy(json!({}))).await), Duration::from_secs(5));
    assert_eq!(wait(told(Answer::Text(429, "slow down")).await), Duration::from_secs(5));
}

#[tokio::test]
async fn each_refusal_is_told_from_the_others() {
    let markdown = "Bad Request: can't parse entities";
    assert!(
        matches!(told(Answer::error(400, markdown)).await, Error::Refused(why) if why == markdown)
    );
    assert!(matches!(told(Answer::error(401, "Unauthorized")).await, Error::Unauthorized));
    assert!(matches!(told(Answer::error(404, "Not Found")).await, Error::Unauthorized));
    let blocked = "Forbidden: bot was blocked by the user";
    assert!(
        matches!(told(Answer::error(403, blocked)).await, Error::Forbidden(why) if why == blocked)
    );
    let other = "Conflict: can't use getUpdates method while webhook is active";
    assert!(matches!(told(Answer::error(409, other)).await, Error::Conflict(_)));
    let moved = json!({
        "ok": false, "error_code": 400,
        "description": "Bad Request: group chat was upgraded to a supergroup chat",
        "parameters": { "migrate_to_chat_id": -1_001_234 },
    });
    assert!(matches!(told(Answer::Json(400, moved)).await, Error::Moved(-1_001_234)));
}

#[tokio::test]
async fn what_may_have_been_sent_is_told_from_what_was_not() {
    let failed = told(Answer::error(500, "Internal Server Error")).await;
    assert!(matches!(failed, Error::Failed { status: 500, .. }), "{failed:?}");
    let gateway = told(Answer::Text(502, "<html>")).await;
    assert!(matches!(gateway, Error::Failed { status: 502, .. }), "{gateway:?}");
    for answer in [Answer::Text(200, "not JSON"), Answer::Json(200, json!({ "ok": true }))] {
        let strange = told(answer).await;
        assert!(matches!(strange, Error::Unreachable(_)), "{strange:?}");
    }
}

#[tokio::test]
async fn an_answer_that_never_comes_is_not_waited_for() {
    let bot = BotApi::start([Answer::Never]).await;
    let (api, url) = (bot.api(), bot.url.clone());
    // A connection first: after it only time can pass.
    let sent = tokio::spawn(async move { send(&api).await });
    while bot.asked().is_empty() {
        tokio::task::yield_now().await;
    }
    tokio::time::pause();
    let error = sent.await.expect("no panic");
    assert!(matches!(error, Error::Unreachable(_)), "{url}: {error:?}");
}

/// An error as logs show it, with everything below it.
fn shown(error: &Error) -> String {
    let mut text = format!("{error} {error:?}");
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(&format!(" {error} {error:?}"));
        cause = error.source();
    }
    text
}

#[tokio::test]
async fn the_token_is_in_no_error_and_no_debug_output() {
    let echo: &'static str = Box::leak(format!("no such method: /bot{TOKEN}/x").into_boxed_str());
    let mut errors = vec![
        told(Answer::error(400, echo)).await,
        told(Answer::error(403, echo)).await,
        told(Answer::error(500, echo)).await,
        told(Answer::Text(502, echo)).await,
        told(Answer::Text(200, echo)).await,
        told(Answer::Json(200, json!({ "ok": true, "result": echo }))).await,
        told(Answer::error(401, echo)).await,
    ];
    // Nobody listens there any more.
    let closed = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}", closed.local_addr().expect("bound"));
    drop(closed);
    errors.push(send(&api_at(&url)).await);
    let bot = BotApi::start([
        Answer::ok(json!({ "file_path": echo })),
        Answer::Text(404, echo),
        Answer::ok(json!({ "file_size": 1 })),
    ])
    .await;
    for _ in 0..2 {
        errors.push(bot.api().download("f").await.map(|file| file.size).expect_err("no file"));
    }
    for error in &errors {
        assert!(!shown(error).contains("secret_key"), "{}", shown(error));
    }
    let api = bot.api();
    let debug = format!("{api:?} {:?}", api.token());
    assert!(!debug.contains("secret_key") && debug.contains("4217"), "{debug}");
}
