//! The Bot API over real HTTP, and webhooks through the real front door. The Lambda is the
//! recording one.

use std::time::Duration;

use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use serde_json::{Value, json};

use crate::support::{Answer, World, eventually, get, send};

const JSON: (&str, &str) = ("content-type", "application/json");

/// A stack, and the bot's own words.
struct Chatting {
    world: World,
    bot: Value,
}

impl Chatting {
    async fn start() -> Self {
        Self::on(World::start().await).await
    }

    async fn on(world: World) -> Self {
        let bot = get(&world.url("/local/telegram")).await.json();
        Self { world, bot }
    }

    /// With the bot allowed to write there.
    async fn with_ana() -> Self {
        let chatting = Self::start().await;
        chatting.says(100, json!({"text": "hello"})).await;
        chatting
    }

    fn method(&self, method: &str) -> String {
        let text = |name: &str| self.bot[name].as_str().expect("a text").to_owned();
        format!("{}/bot{}/{method}", text("api"), text("token"))
    }

    async fn call(&self, method: &str, params: Value) -> Answer {
        send("POST", &self.method(method), &[JSON], params.to_string()).await
    }

    /// What the call gave, or its refusal.
    async fn done(&self, method: &str, params: Value) -> Value {
        let answer = self.call(method, params).await.json();
        assert_eq!(answer["ok"], true, "{method}: {answer}");
        answer["result"].clone()
    }

    async fn refusal(&self, method: &str, params: Value) -> (u16, String) {
        let answer = self.call(method, params).await;
        let body = answer.json();
        assert_eq!((&body["ok"], &body["error_code"]), (&json!(false), &json!(answer.status)));
        (answer.status, body["description"].as_str().expect("a description").to_owned())
    }

    async fn control(&self, method: &str, path: &str, body: Value) -> Answer {
        send(method, &self.world.url(&format!("/local/telegram{path}")), &[], body.to_string())
            .await
    }

    /// As Ana, or as whom the body names.
    async fn says(&self, chat: i64, mut body: Value) -> Value {
        if body["from"].is_null() {
            body["from"] = json!({"id": 100, "first_name": "Ana", "username": "ana_x"});
        }
        let answer = self.control("POST", &format!("/chats/{chat}/messages"), body).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()
    }

    async fn shows(&self, chat: i64) -> Value {
        get(&self.world.url(&format!("/local/telegram/chats/{chat}"))).await.json()
    }

    fn updates(&self) -> Vec<Value> {
        let events = self.world.lambdas.events("telegram");
        let body = |event: &Value| event["body"].as_str().map(str::to_owned);
        let parse = |text: String| serde_json::from_str(&text).expect("an update");
        events.iter().filter_map(body).map(parse).collect()
    }

    async fn reached(&self, count: usize) -> Vec<Value> {
        eventually("the webhook's updates", || async {
            let updates = self.updates();
            if updates.len() >= count { Ok(updates) } else { Err(format!("{updates:?}")) }
        })
        .await
    }

    fn webhook_answers(&self, answers: impl IntoIterator<Item = Value>) {
        self.world.lambdas.telegram.lock().expect("no panic").extend(answers);
    }

    async fn stop(self) {
        self.world.stop().await;
    }
}

fn fails(status: u16) -> Value {
    json!({"statusCode": status})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_reaches_the_lambda_as_api_gateway_hands_it_over() {
    let telegram = Chatting::start().await;
    let said = telegram.says(100, json!({"text": "/start@openclaw_local_bot ABC"})).await;
    telegram.reached(1).await;
    let event = telegram.world.lambdas.events("telegram").remove(0);
    assert_eq!(event["headers"]["x-telegram-bot-api-secret-token"], telegram.bot["webhookSecret"]);
    assert_eq!(
        (&event["routeKey"], &event["rawPath"]),
        (&json!("POST /telegram"), &json!("/telegram"))
    );
    assert_eq!(event["requestContext"]["authorizer"], Value::Null);
    let parsed: ApiGatewayV2httpRequest = serde_json::from_value(event).expect("parses");
    let update: Value =
        serde_json::from_str(parsed.body.as_deref().expect("a body")).expect("JSON");
    assert_eq!(
        (&update["update_id"], &update["message"]["message_id"]),
        (&said["updateId"], &said["messageId"])
    );
    let message = &update["message"];
    assert_eq!(message["entities"], json!([{"type": "bot_command", "offset": 0, "length": 25}]));
    assert_eq!(
        message["from"],
        json!({"id": 100, "is_bot": false, "first_name": "Ana", "username": "ana_x"})
    );
    assert_eq!(
        message["chat"],
        json!({"id": 100, "type": "private", "first_name": "Ana", "username": "ana_x"})
    );
    // Only Telegram's own route is without a token.
    assert_eq!(get(&telegram.world.url("/api/telegram")).await.status, 401);
    telegram.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chats_updates_wait_for_each_other_and_other_chats_do_not() {
    let telegram = Chatting::start().await;
    // The first try and the one that follows at once; then Telegram waits.
    telegram.webhook_answers([fails(500), fails(503)]);
    let first = telegram.says(100, json!({"text": "one"})).await;
    telegram.reached(2).await;
    telegram.says(100, json!({"text": "two"})).await;
    telegram.says(200, json!({"from": {"id": 200, "first_name": "Ben"}, "text": "other"})).await;
    let texts = |updates: &[Value]| -> Vec<String> {
        updates.iter().map(|it| it["message"]["text"].as_str().unwrap_or("?").to_owned()).collect()
    };
    assert_eq!(texts(&telegram.reached(3).await), ["one", "one", "other"]);
    let info = telegram.done("getWebhookInfo", json!({})).await;
    assert_eq!(info["pending_update_count"], 2);
    assert_eq!(
        info["last_error_message"],
        "Wrong response from the webhook: 503 Service Unavailable"
    );
    // The rest of the wait passes a thousand times as fast.
    telegram.control("PUT", "/speed", json!({"speed": 1000.0})).await;
    let updates = telegram.reached(5).await;
    assert_eq!(texts(&updates), ["one", "one", "other", "one", "two"]);
    assert!(updates.iter().filter(|it| it["update_id"] == first["updateId"]).count() == 3);
    telegram.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_that_nobody_takes_for_a_day_is_dropped_and_the_next_one_comes() {
    let telegram = Chatting::start().await;
    telegram.control("PUT", "/speed", json!({"speed": 50_000.0})).await;
    let lost = telegram.says(100, json!({"text": "poison"})).await;
    telegram.says(100, json!({"text": "next"})).await;
    let updates = eventually("the next one", || async {
        let updates = telegram.updates();
        match updates.iter().any(|update| update["message"]["text"] == "next") {
            true => Ok(updates),
            false => Err(format!("{} tries", updates.len())),
        }
    })
    .await;
    let tries = updates.iter().filter(|it| it["message"]["text"] == "poison").count();
    // At this pace the calls themselves take minutes of the day.
    assert!((12..=25).contains(&tries), "{tries}");
    let all = get(&telegram.world.url("/local/telegram/updates")).await.json();
    assert_eq!(all["dropped"], json!([lost["updateId"]]));
    telegram.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_can_be_delivered_fifty_times() {
    let telegram = Chatting::start().await;
    let said = telegram.says(100, json!({"text": "once"})).await;
    let path = format!("/updates/{}/redeliver", said["updateId"]);
    let early = telegram.control("POST", &path, json!({"times": 1})).await;
    telegram.reached(1).await;
    eventually("it is taken", || async {
        let all = get(&telegram.world.url("/local/telegram/updates")).await.json();
        let taken = all["delivered"].as_array().is_some_and(|taken| !taken.is_empty());
        if taken { Ok(()) } else { Err(all.to_string()) }
    })
    .await;
    let storm = telegram.control("POST", &path, json!({"times": 50})).await.json();
    assert_eq!(storm["statuses"], json!(vec![200; 50]), "after {early:?}");
    let updates = telegram.updates();
    assert!(updates.len() >= 51 && updates.iter().all(|it| *it == updates[0]), "{updates:?}");
    telegram.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn kinds_that_were_not_asked_for_are_not_sent() {
    let telegram = Chatting::start().await;
    let url = telegram.done("getWebhookInfo", json!({})).await["url"].clone();
    let only = json!({"url": url, "secret_token": "other-secret", "allowed_updates": ["message"]});
    assert_eq!(telegram.call("setWebhook", only).await.json()["description"], "Webhook was set");
    let first = telegram.says(100, json!({"text": "first"})).await;
    let edit = telegram.says(100, json!({"text": "second", "edit": first["messageId"]})).await;
    assert_eq!(edit["updateIds"], json!([]));
    telegram.reached(1).await;
    let event = telegram.world.lambdas.events("telegram").remove(0);
    assert_eq!(event["headers"]["x-telegram-bot-api-secret-token"], "other-secret");
    let shown = telegram.shows(100).await;
    assert_eq!(
        (&shown["messages"][0]["text"], &shown["messages"][0]["edited"]),
        (&json!("second"), &json!(true))
    );
    for (params, why) in [
        (
            json!({"url": "http://example.com/x"}),
            "bad webhook: An HTTPS URL must be provided for webhook",
        ),
        (json!({"url": url, "secret_token": "a b"}), "secret token contains unallowed characters"),
        (json!({"url": url, "secret_token": "x".repeat(257)}), "secret token is too long"),
    ] {
        assert_eq!(
            telegram.refusal("setWebhook", params).await,
            (400, format!("Bad Request: {why}"))
        );
    }
    telegram.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_webhook_updates_are_fetched_and_with_one_they_are_not() {
    let telegram = Chatting::start().await;
    let (status, why) = telegram.refusal("getUpdates", json!({})).await;
    assert!(status == 409 && why.contains("while webhook is active"), "{why}");
    assert_eq!(telegram.done("deleteWebhook", json!({})).await, true);
    let waiting = telegram.done("getUpdates", json!({"timeout": 20}));
    let (updates, said) = tokio::join!(waiting, telegram.says(100, json!({"text": "one"})));
    assert_eq!(updates[0]["update_id"], said["updateId"]);
    telegram.says(100, json!({"text": "two"})).await;
    assert_eq!(
        telegram.done("getUpdates", json!({"offset": -1})).await[0]["message"]["text"],
        "two"
    );
    let confirmed = updates[0]["update_id"].as_i64().expect("a number") + 2;
    assert_eq!(telegram.done("getUpdates", json!({"offset": confirmed})).await, json!([]));
    assert!(telegram.updates().is_empty());
    telegram.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhooks_answer_may_be_a_call() {
    let telegram = Chatting::start().await;
    let call = json!({"method": "sendMessage", "chat_id": 100, "text": "by the way"}).to_string();
    telegram.webhook_answers([json!({"statusCode": 200, "body": call})]);
    telegram.says(100, json!({"text": "hello"})).await;
    eventually("the answer", || async {
        let shown = telegram.shows(100).await;
        let there = shown["messages"][1]["text"] == "by the way";
        if there { Ok(()) } else { Err(shown.to_string()) }
    })
    .await;
    telegram.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_bots_token_opens_its_methods() {
    let telegram = Chatting::start().await;
    let me = telegram.done("getMe", json!({})).await;
    assert_eq!((&me["id"], &me["username"]), (&telegram.bot["botId"], &telegram.bot["username"]));
    let wrong = telegram.method("getMe").replace("/getMe", "x/getMe");
    let refused = get(&wrong).await;
    let body = json!({"ok": false, "error_code": 401, "description": "Unauthorized"});
    assert_eq!((refused.status, refused.json()), (401, body));
    let (status, why) = telegram.refusal("sendEverything", json!({})).await;
    assert_eq!((status, why.as_str()), (404, "Not Found: method not found"));
    telegram.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn texts_are_checked_as_telegram_checks_them() {
    let telegram = Chatting::with_ana().await;
    let longest = "🦊".repeat(2_048);
    for (params, why) in [
        (json!({"text": "x"}), "chat_id is empty"),
        (json!({"chat_id": 5, "text": "x"}), "chat not found"),
        (json!({"chat_id": 100, "text": " \n"}), "message text is empty"),
        (json!({"chat_id": 100, "text": format!("{longest}x")}), "message is too long"),
        (
            json!({"chat_id": 100, "text": "<h1>x</h1>", "parse_mode": "HTML"}),
            "can't parse entities: Unsupported start tag \"h1\" at byte offset 0",
        ),
        (
            json!({"chat_id": 100, "text": "x", "reply_parameters": {"message_id": 9}}),
            "message to be replied not found",
        ),
        (json!({"chat_id": 100, "text": "x", "message_thread_id": 7}), "message thread not found"),
        (json!({"chat_id": 100, "text": "x", "parse_mode": "BB"}), "unsupported parse_mode"),
    ] {
        let refusal = telegram.refusal("sendMessage", params).await;
        assert_eq!(refusal, (400, format!("Bad Request: {why}")));
    }
    let marked = format!("<b>{longest}</b>");
    let sent = json!({"chat_id": 100, "text": marked, "parse_mode": "HTML", "reply_parameters": {"message_id": 1}});
    let message = telegram.done("sendMessage", sent).await;
    assert_eq!(message["entities"], json!([{"type": "bold", "offset": 0, "length": 4096}]));
    assert_eq!(message["reply_to_message"]["text"], "hello");
    assert_eq!(message["from"]["is_bot"], true);
    telegram.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rich_messages_have_their_own_limit() {
    let telegram = Chatting::with_ana().await;
    let rich = |text: String| json!({"chat_id": 100, "rich_message": {"markdown": text}});
    let (status, why) = telegram.refusal("sendRichMessage", rich("ä".repeat(32_769))).await;
    assert_eq!((status, why.as_str()), (400, "Bad Request: message is too long"));
    telegram.done("sendRichMessage", rich("ä".repeat(32_768))).await;
    let sent = telegram.done("sendRichMessage", rich("# Title\n\ntext".into())).await;
    assert_eq!(sent["rich_message"]["blocks"][1]["text"], "text");
    let edit = json!({"chat_id": 100, "message_id": sent["message_id"], "rich_message": {"markdown": "new"}});
    assert!(telegram.done("editMessageText", edit.clone()).await["edit_date"].is_i64());
    let (status, why) = telegram.refusal("editMessageText", edit).await;
    assert!(status == 400 && why.starts_with("Bad Request: message is not modified"), "{why}");
    let shown = telegram.shows(100).await;
    let last = shown["messages"].as_array().and_then(|all| all.last()).expect("a message");
    assert_eq!((&last["format"], &last["text"]), (&json!("markdown"), &json!("new")));
    telegram.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_bots_own_messages_are_edited() {
    let telegram = Chatting::with_ana().await;
    for (message, why) in [
        (json!(null), "message identifier is not specified"),
        (json!(99), "message to edit not found"),
        (json!(1), "message can't be edited"),
    ] {
        let edit = json!({"chat_id": 100, "message_id": message, "text": "x"});
        let refusal = telegram.refusal("editMessageText", edit).await;
        assert_eq!(refusal, (400, format!("Bad Request: {why}")));
    }
    telegram.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_messages_are_told_when_to_go_on() {
    let telegram = Chatting::with_ana().await;
    // One bot speaks at once in a chat; the clock hardly moves meanwhile.
    telegram.control("PUT", "/speed", json!({"speed": 0.01})).await;
    let sent = json!({"chat_id": 100, "text": "x"});
    for _ in 0..5 {
        telegram.done("sendMessage", sent.clone()).await;
    }
    let refused = telegram.call("sendMessage", sent.clone()).await;
    assert_eq!(refused.status, 429);
    assert_eq!(
        refused.json(),
        json!({
            "ok": false, "error_code": 429, "parameters": {"retry_after": 1},
            "description": "Too Many Requests: retry after 1",
        })
    );
    telegram.control("PUT", "/speed", json!({"speed": 1000.0})).await;
    eventually("it may write again", || async {
        let answer = telegram.call("sendMessage", sent.clone()).await;
        if answer.status == 200 { Ok(()) } else { Err(answer.body) }
    })
    .await;
    telegram.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_is_shown_for_half_a_minute_or_until_its_message_comes() {
    let telegram = Chatting::with_ana().await;
    telegram.says(-5, json!({"text": "in a group", "title": "Club"})).await;
    let draft = |chat: i64, id: i64, text: &str| json!({"chat_id": chat, "draft_id": id, "text": text, "can_stop": true});
    let refused = telegram.refusal("sendMessageDraft", draft(-5, 1, "x")).await;
    assert_eq!(refused, (400, "Bad Request: TEXTDRAFT_PEER_INVALID".to_owned()));
    let refused = telegram.refusal("sendMessageDraft", draft(100, 0, "x")).await;
    assert_eq!(refused, (400, "Bad Request: RANDOM_ID_INVALID".to_owned()));
    assert_eq!(telegram.done("sendMessageDraft", draft(100, 7, "")).await, true);
    assert_eq!(telegram.done("sendMessageDraft", draft(100, 7, "so far")).await, true);
    let shown = telegram.shows(100).await;
    assert_eq!(
        (&shown["draft"]["text"], &shown["draft"]["canStop"]),
        (&json!("so far"), &json!(true))
    );
    assert_eq!(shown["messages"].as_array().map(Vec::len), Some(1));
    telegram.done("sendMessage", json!({"chat_id": 100, "text": "so far and on"})).await;
    assert_eq!(telegram.shows(100).await["draft"], Value::Null);
    let rich = json!({"chat_id": 100, "draft_id": 8, "rich_message": {"markdown": "**b**"}});
    telegram.done("sendRichMessageDraft", rich).await;
    telegram.control("PUT", "/speed", json!({"speed": 10_000.0})).await;
    eventually("it is gone", || async {
        let shown = telegram.shows(100).await;
        if shown["draft"].is_null() { Ok(()) } else { Err(shown["draft"].to_string()) }
    })
    .await;
    telegram.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_stops_a_draft() {
    let telegram = Chatting::with_ana().await;
    let stop = || telegram.control("POST", "/chats/100/stop", json!({}));
    assert_eq!(stop().await.status, 409);
    let draft = json!({"chat_id": 100, "draft_id": 7, "text": "so far", "can_stop": true});
    telegram.done("sendMessageDraft", draft.clone()).await;
    assert_eq!(stop().await.status, 200);
    let updates = telegram.reached(2).await;
    let stopped = &updates[1]["stopped_message_generation"];
    assert_eq!((&stopped["chat"]["id"], &stopped["draft_id"]), (&json!(100), &json!(7)));
    assert_eq!(telegram.done("sendMessageDraft", draft).await, true);
    assert_eq!(telegram.shows(100).await["draft"], Value::Null);
    telegram.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn typing_is_seen_and_commands_are_kept() {
    let telegram = Chatting::with_ana().await;
    let action = |action: &str| json!({"chat_id": 100, "action": action});
    let refused = telegram.refusal("sendChatAction", action("dancing")).await;
    assert_eq!(refused, (400, "Bad Request: wrong parameter action in request".to_owned()));
    telegram.done("sendChatAction", action("typing")).await;
    assert_eq!(telegram.shows(100).await["typing"], true);
    let commands = json!([{"command": "new", "description": "Begin anew"}]);
    telegram.done("setMyCommands", json!({"commands": commands})).await;
    assert_eq!(telegram.done("getMyCommands", json!({})).await, commands);
    let bad = json!({"commands": [{"command": "New", "description": "x"}]});
    let refused = telegram.refusal("setMyCommands", bad).await;
    assert_eq!(refused, (400, "Bad Request: BOT_COMMAND_INVALID".to_owned()));
    telegram.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_fetched_up_to_twenty_megabytes() {
    let telegram = Chatting::start().await;
    let limit = 20 * 1_048_576;
    let document = |size: u64| json!({"document": {"name": "a b.pdf", "mime": "application/pdf", "size": size}});
    telegram
        .says(100, json!({"document": {"name": "note.txt", "text": "secret"}, "caption": "see"}))
        .await;
    telegram.says(100, document(limit)).await;
    telegram.says(100, document(limit + 1)).await;
    let photo = json!({"base64": "/9j/", "width": 640, "height": 480});
    let album = json!({"album": [{"photo": photo, "caption": "both"}, {"photo": photo}]});
    let said = telegram.says(100, album).await;
    assert_eq!(said["updateIds"].as_array().map(Vec::len), Some(2));
    let updates = telegram.reached(5).await;
    let file = |at: usize| updates[at]["message"]["document"]["file_id"].clone();
    let fetch = |path: Value| {
        let path = path.as_str().expect("a path").to_owned();
        let base = telegram.method(&path).replace("/telegram-api/", "/telegram-api/file/");
        async move { get(&base).await }
    };
    assert_eq!(updates[0]["message"]["caption"], "see");
    let found = telegram.done("getFile", json!({"file_id": file(0)})).await;
    assert_eq!(
        (&found["file_size"], fetch(found["file_path"].clone()).await.body),
        (&json!(6), "secret".into())
    );
    let found = telegram.done("getFile", json!({"file_id": file(1)})).await;
    assert_eq!(fetch(found["file_path"].clone()).await.body.len() as u64, limit);
    let refused = telegram.refusal("getFile", json!({"file_id": file(2)})).await;
    assert_eq!(refused, (400, "Bad Request: file is too big".to_owned()));
    let group = &updates[3]["message"]["media_group_id"];
    assert!(group.is_string() && *group == updates[4]["message"]["media_group_id"]);
    let sizes = updates[3]["message"]["photo"].as_array().expect("sizes");
    assert_eq!(sizes.last().map(|size| &size["width"]), Some(&json!(640)));
    assert_eq!(fetch(json!("documents/none.bin")).await.status, 404);
    telegram.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn groups_have_topics_and_move_and_people_leave() {
    let telegram = Chatting::start().await;
    let group = -1_001_000_000_001;
    telegram.says(group, json!({"text": "@openclaw_local_bot hi", "thread": 7, "topic": "Plans", "title": "Club"})).await;
    telegram.says(-9, json!({"text": "old group", "title": "Old"})).await;
    let updates = telegram.reached(2).await;
    let message =
        updates.iter().find(|it| it["message"]["chat"]["id"] == group).expect("the group's");
    let message = &message["message"];
    assert_eq!(
        message["chat"],
        json!({"id": group, "type": "supergroup", "title": "Club", "is_forum": true})
    );
    assert_eq!(
        (&message["message_thread_id"], &message["is_topic_message"]),
        (&json!(7), &json!(true))
    );
    let sent = json!({"chat_id": group, "message_thread_id": 7, "text": "hello"});
    assert_eq!(telegram.done("sendMessage", sent).await["message_thread_id"], 7);
    let moved = -1_001_000_000_002_i64;
    telegram.control("PUT", "/chats/-9", json!({"movedTo": moved})).await;
    let refused = telegram.call("sendMessage", json!({"chat_id": -9, "text": "x"})).await;
    assert_eq!(
        (refused.status, &refused.json()["parameters"]),
        (400, &json!({"migrate_to_chat_id": moved}))
    );
    telegram.done("sendMessage", json!({"chat_id": moved, "text": "x"})).await;
    telegram.control("PUT", &format!("/chats/{group}"), json!({"blocked": true})).await;
    let refused = telegram.refusal("sendMessage", json!({"chat_id": group, "text": "x"})).await;
    assert_eq!(refused, (403, "Forbidden: bot was kicked from the group chat".to_owned()));
    let updates = telegram.reached(5).await;
    assert!(updates.iter().any(|it| it["my_chat_member"]["new_chat_member"]["status"] == "left"));
    telegram.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_drill_makes_sends_fail_in_each_way() {
    let telegram = Chatting::with_ana().await;
    let text = || telegram.call("sendMessage", json!({"chat_id": 100, "text": "x"}));
    let rich = json!({"chat_id": 100, "rich_message": {"markdown": "x"}});
    let faults = json!({"tooMany": 1, "retryAfter": 9, "richRefused": 1, "broken": 1});
    assert_eq!(telegram.control("PUT", "/faults", faults).await.status, 200);
    assert_eq!(text().await.json()["parameters"]["retry_after"], 9);
    assert_eq!(telegram.call("sendRichMessage", rich).await.status, 400);
    assert_eq!((text().await.status, text().await.status), (500, 200));
    telegram.control("PUT", "/faults", json!({"lost": 1})).await;
    let before = telegram.shows(100).await["messages"].as_array().map_or(0, Vec::len);
    let url = telegram.method("sendMessage");
    let nothing = tokio::spawn(async move {
        send("POST", &url, &[JSON], json!({"chat_id": 100, "text": "kept"}).to_string()).await
    });
    assert!(nothing.await.is_err(), "an answer came");
    let shown = telegram.shows(100).await;
    assert_eq!(shown["messages"].as_array().map(Vec::len), Some(before + 1));
    assert_eq!(telegram.control("PUT", "/faults", json!({"other": 1})).await.status, 400);
    telegram.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn chats_and_waiting_updates_survive_a_restart() {
    let telegram = Chatting::start().await;
    telegram.webhook_answers([fails(500), fails(500)]);
    let said = telegram.says(100, json!({"text": "remember"})).await;
    telegram.reached(2).await;
    let token = telegram.bot["token"].clone();
    let dir = telegram.world.stop().await;
    let telegram = Chatting::on(World::on(dir, |_| {}).await).await;
    assert_eq!(telegram.bot["token"], token);
    assert_eq!(telegram.shows(100).await["messages"][0]["text"], "remember");
    assert_eq!(telegram.reached(1).await[0]["update_id"], said["updateId"]);
    telegram.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_bots_secrets_lie_where_the_deployed_side_reads_them() {
    let telegram = Chatting::start().await;
    let ssm = telegram.world.ssm();
    for (name, field) in
        [("/openclaw/telegram-token", "token"), ("/openclaw/telegram-secret", "webhookSecret")]
    {
        let found = ssm.get_parameter().name(name).with_decryption(true).send().await;
        let parameter = found.expect("it is there").parameter.expect("a parameter");
        assert_eq!(parameter.value.map(Value::String).as_ref(), Some(&telegram.bot[field]));
    }
    telegram.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_of_any_shape_can_be_injected() {
    let telegram = Chatting::start().await;
    let poison = json!({"poll": {"id": "1"}, "update_id": 77});
    let injected = telegram.control("POST", "/updates", poison.clone()).await;
    assert_eq!((injected.status, injected.json()), (202, json!({"updateId": 77})));
    assert_eq!(telegram.reached(1).await[0], poison);
    assert_eq!(telegram.control("POST", "/updates", json!([1])).await.status, 400);
    telegram.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_is_served_strictly_and_other_sites_control_nothing() {
    let telegram = Chatting::start().await;
    let page = get(&telegram.world.url("/telegram")).await;
    assert!(page.status == 200 && page.body.contains("/telegram/app.js"), "{page:?}");
    assert!(page.headers["content-security-policy"].starts_with("default-src 'none'"));
    let script = get(&telegram.world.url("/telegram/app.js")).await;
    assert!(script.headers["content-type"].starts_with("text/javascript"));
    let foreign = [("origin", "https://evil.example")];
    let stolen = send("GET", &telegram.world.url("/local/telegram"), &foreign, "").await;
    assert_eq!(stolen.status, 403);
    telegram.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_watches_hears_of_a_change() {
    let telegram = Chatting::start().await;
    let version = telegram.bot["version"].clone();
    let url = telegram.world.url(&format!("/local/telegram/changes?after={version}"));
    let watching = tokio::spawn(async move { get(&url).await.json() });
    telegram.says(100, json!({"text": "hello"})).await;
    let seen = tokio::time::timeout(Duration::from_secs(10), watching).await;
    assert_ne!(seen.expect("in time").expect("an answer")["version"], version);
    telegram.stop().await;
}
