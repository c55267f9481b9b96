//! The methods against a server that speaks as Telegram does.

mod errors;
mod server;
mod updates;

use serde_json::json;
use server::{Answer, BotApi, TOKEN};
use telegram::{Command, Error, Target, Text, Webhook};

const PRIVATE: Target = Target { chat_id: 7, message_thread_id: None };
const TOPIC: Target = Target { chat_id: -100, message_thread_id: Some(3) };

async fn doing() -> BotApi {
    BotApi::start([Answer::ok(json!(true))]).await
}

async fn sending() -> BotApi {
    BotApi::start([Answer::ok(json!({ "message_id": 41, "date": 1, "chat": { "id": 7 } }))]).await
}

#[tokio::test]
async fn the_bot_says_who_it_is() {
    let me = json!({ "id": 4217, "is_bot": true, "first_name": "B", "username": "claw_bot" });
    let bot = BotApi::start([Answer::ok(me)]).await;
    let me = bot.api().get_me().await.expect("answers");
    assert_eq!((me.id, me.username.as_deref()), (4217, Some("claw_bot")));
    bot.was_asked("getMe", json!({}));
}

#[tokio::test]
async fn text_is_sent_as_it_is_and_without_a_preview() {
    let bot = sending().await;
    let sent = bot.api().send(PRIVATE, Text::Plain("a <b> *c*"), None).await;
    assert_eq!(sent.expect("sent"), 41);
    let unseen = json!({ "is_disabled": true });
    let fields = json!({ "chat_id": 7, "text": "a <b> *c*", "link_preview_options": unseen });
    bot.was_asked("sendMessage", fields);
}

#[tokio::test]
async fn html_is_sent_into_a_topic_as_an_answer() {
    let bot = sending().await;
    bot.api().send(TOPIC, Text::Html("<b>a</b>"), Some(5)).await.expect("sent");
    let fields = json!({
        "chat_id": -100, "message_thread_id": 3, "text": "<b>a</b>", "parse_mode": "HTML",
        "link_preview_options": { "is_disabled": true },
        "reply_parameters": { "message_id": 5, "allow_sending_without_reply": true },
    });
    bot.was_asked("sendMessage", fields);
}

#[tokio::test]
async fn markdown_is_sent_as_a_rich_message() {
    let bot = sending().await;
    bot.api().send(PRIVATE, Text::Rich("# A"), None).await.expect("sent");
    let fields = json!({ "chat_id": 7, "rich_message": { "markdown": "# A" } });
    bot.was_asked("sendRichMessage", fields);
}

#[tokio::test]
async fn a_message_is_edited_in_every_form() {
    let bot = sending().await;
    bot.api().edit(7, 41, Text::Rich("*a*")).await.expect("edited");
    bot.api().edit(7, 41, Text::Html("a")).await.expect("edited");
    let asked = bot.asked();
    let rich = json!({ "chat_id": 7, "message_id": 41, "rich_message": { "markdown": "*a*" } });
    assert_eq!(asked[0], (format!("/bot{TOKEN}/editMessageText"), rich));
    assert_eq!(asked[1].1["parse_mode"], "HTML");
}

#[tokio::test]
async fn text_that_is_already_there_is_edited() {
    let unchanged = "Bad Request: message is not modified: specified new message content and \
                     reply markup are exactly the same as a current content";
    let bot = BotApi::start([Answer::error(400, unchanged)]).await;
    bot.api().edit(7, 41, Text::Plain("a")).await.expect("as good as edited");
    let bot = BotApi::start([Answer::error(400, "Bad Request: message to edit not found")]).await;
    let error = bot.api().edit(7, 41, Text::Plain("a")).await.expect_err("gone");
    assert!(error.says("not found"), "{error:?}");
}

#[tokio::test]
async fn a_draft_can_be_stopped() {
    let bot = doing().await;
    bot.api().send_message_draft(TOPIC, 9, "").await.expect("shown");
    let fields = json!({
        "chat_id": -100, "message_thread_id": 3, "draft_id": 9, "text": "", "can_stop": true,
        "keep_on_stop": true,
    });
    bot.was_asked("sendMessageDraft", fields);
}

#[tokio::test]
async fn the_bot_types_and_answers_buttons() {
    let bot = doing().await;
    bot.api().send_chat_action(TOPIC, "typing").await.expect("shown");
    bot.api().answer_callback_query("77").await.expect("answered");
    let asked = bot.asked();
    let action = json!({ "chat_id": -100, "message_thread_id": 3, "action": "typing" });
    assert_eq!(asked[0], (format!("/bot{TOKEN}/sendChatAction"), action));
    let query = json!({ "callback_query_id": "77" });
    assert_eq!(asked[1], (format!("/bot{TOKEN}/answerCallbackQuery"), query));
}

#[tokio::test]
async fn a_webhook_is_set_for_exactly_our_updates() {
    let bot = doing().await;
    let webhook = Webhook {
        url: "https://api.example/telegram",
        secret_token: "s3cret",
        max_connections: 40,
        drop_pending_updates: false,
    };
    bot.api().set_webhook(&webhook).await.expect("set");
    let fields = json!({
        "url": "https://api.example/telegram", "secret_token": "s3cret", "max_connections": 40,
        "drop_pending_updates": false,
        "allowed_updates": [
            "message", "edited_message", "callback_query", "my_chat_member",
            "stopped_message_generation",
        ],
    });
    bot.was_asked("setWebhook", fields);
}

#[tokio::test]
async fn a_webhook_is_shown_and_deleted() {
    let info = json!({
        "url": "https://api.example/telegram", "has_custom_certificate": false,
        "pending_update_count": 3, "last_error_date": 1_795_249_140,
        "last_error_message": "Wrong response from the webhook: 503 Service Unavailable",
        "max_connections": 40, "ip_address": "192.0.2.1",
    });
    let bot = BotApi::start([Answer::ok(info), Answer::ok(json!(true))]).await;
    let info = bot.api().get_webhook_info().await.expect("answers");
    assert_eq!(info.url, "https://api.example/telegram");
    assert_eq!((info.pending_update_count, info.last_error_date), (3, Some(1_795_249_140)));
    assert!(info.last_error_message.is_some_and(|text| text.contains("503")));
    bot.api().delete_webhook().await.expect("deleted");
    assert_eq!(bot.asked()[1].0, format!("/bot{TOKEN}/deleteWebhook"));
}

#[tokio::test]
async fn commands_are_registered() {
    let bot = doing().await;
    let commands = [Command { command: "new", description: "Begin a new conversation" }];
    bot.api().set_my_commands(&commands).await.expect("set");
    let commands = json!([{ "command": "new", "description": "Begin a new conversation" }]);
    bot.was_asked("setMyCommands", json!({ "commands": commands }));
}

fn place(path: &str) -> Answer {
    Answer::ok(json!({ "file_id": "f", "file_size": 5, "file_path": path }))
}

#[tokio::test]
async fn a_file_comes_in_pieces() {
    let bot = BotApi::start([place("photos/a b.jpg"), Answer::Bytes(b"hello")]).await;
    let mut file = bot.api().download("f").await.expect("there");
    assert_eq!(file.size, 5);
    let mut bytes = Vec::new();
    while let Some(piece) = file.chunk().await.expect("comes") {
        bytes.extend_from_slice(&piece);
    }
    assert_eq!(bytes, b"hello");
    let asked = bot.asked();
    assert_eq!(asked[0], (format!("/bot{TOKEN}/getFile"), json!({ "file_id": "f" })));
    assert_eq!(asked[1].0, format!("/file/bot{TOKEN}/photos/a%20b.jpg"));
}

#[tokio::test]
async fn a_file_that_breaks_off_is_no_whole_file() {
    let bot = BotApi::start([place("a"), Answer::CutOff]).await;
    let mut file = bot.api().download("f").await.expect("begins");
    assert_eq!(file.chunk().await.expect("comes").as_deref(), Some(&b"the beginning"[..]));
    bot.cut_off();
    let end = file.chunk().await;
    assert!(matches!(end, Err(Error::Unreachable(_))), "{end:?}");
}

#[tokio::test]
async fn a_file_that_is_gone_is_told_from_one_that_does_not_come() {
    let opened = async |status| {
        let bot = BotApi::start([place("a"), Answer::Text(status, "no")]).await;
        bot.api().download("f").await.map(|file| file.size)
    };
    assert!(matches!(opened(404).await, Err(Error::Refused(_))));
    assert!(matches!(opened(401).await, Err(Error::Unauthorized)));
    assert!(matches!(opened(502).await, Err(Error::Failed { status: 502, .. })));
    let large = "Bad Request: file is too big";
    let bot = BotApi::start([Answer::error(400, large)]).await;
    let error = bot.api().download("f").await.map(|file| file.size).expect_err("too big");
    assert!(error.says("file is too big"), "{error:?}");
}
