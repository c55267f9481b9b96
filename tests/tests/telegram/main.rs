//! The second front door, from Telegram's webhook to the reply in the chat: the simulator of the
//! Bot API, the real Lambdas and the real bridge. `--nocapture` prints what the chat shows.

mod person;

use http::Method;
use person::Person;
use serde_json::{Value, json};
use system_tests::{Stack, StackOptions, eventually, get, send};

const ANA: i64 = 4_242;

async fn stack() -> Stack {
    Stack::scripted().await
}

/// Ana may talk without a link.
async fn open_to_ana() -> Stack {
    let extra_env = vec![("TELEGRAM_ALLOWED_IDS".to_owned(), ANA.to_string())];
    Stack::start(StackOptions { extra_env, ..StackOptions::default() }).await
}

async fn post(stack: &Stack, token: &str, path: &str) -> Value {
    let url = format!("{}/{path}", stack.api);
    let answer = send(Method::POST, &url, Some(token), Some(&json!({}))).await.expect("answers");
    assert!(answer.status < 300, "{path}: {answer:?}");
    answer.json()
}

async fn read(stack: &Stack, token: &str, path: &str) -> Value {
    let answer = get(&format!("{}/{path}", stack.api), Some(token)).await.expect("answers");
    assert_eq!(answer.status, 200, "{path}: {answer:?}");
    answer.json()
}

async fn texts(stack: &Stack, token: &str, conversation: &str) -> Vec<String> {
    let page = read(stack, token, &format!("conversations/{conversation}/messages")).await;
    let messages = page["messages"].as_array().expect("a list").clone();
    messages.iter().map(|message| message["text"].as_str().unwrap_or_default().to_owned()).collect()
}

async fn link(stack: &Stack, token: &str, ana: &Person<'_>) {
    let code = post(stack, token, "link/generate-otp").await;
    let code = code["code"].as_str().expect("a code").to_owned();
    assert_eq!(code.len(), 6);
    let before = ana.heard().await.len();
    ana.say(&format!("/link {code}")).await;
    eventually("the link", async || {
        let status = read(stack, token, "link/status").await;
        if status["linked"] == true { Ok(()) } else { Err(status) }
    })
    .await;
    ana.hears(before, "").await;
}

async fn runs(stack: &Stack) -> usize {
    let tasks = stack.local("tasks").await;
    tasks.as_array().expect("a list").len()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stranger_gets_one_polite_line_and_starts_nothing() {
    let stack = stack().await;
    let ana = Person::new(&stack, ANA);
    ana.say("hello?").await;
    ana.hears(0, "link").await;
    for _ in 0..3 {
        ana.say("hello??").await;
    }
    // In a chat updates are delivered one after the other: this one is the last.
    ana.say("/help").await;
    ana.hears(1, "/link").await;
    assert_eq!(ana.heard().await.len(), 2, "{}", ana.transcript().await);
    assert_eq!(runs(&stack).await, 0);
    stack.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn once_linked_chat_and_page_are_one_conversation() {
    let stack = stack().await;
    let token = stack.token("ana").await;
    let ana = Person::new(&stack, ANA);
    link(&stack, &token, &ana).await;
    let mut tab = stack.client("ana").await;

    ana.say("from my phone").await;
    ana.hears(1, "You said: from my phone").await;
    // The page sees it live, under the channel that it came by.
    let frame = tab.until("the message", |frame| frame["type"] == "message").await;
    assert_eq!(
        (frame["content"].as_str(), frame["channel"].as_str()),
        (Some("from my phone"), Some("telegram"))
    );
    let told = texts(&stack, &token, "default").await;
    assert_eq!(told, ["from my phone", "You said: from my phone"]);

    tab.ask("from the page").await;
    ana.hears(2, "from the page").await;
    let shown = ana.heard().await;
    assert!(shown.iter().any(|text| text.contains("You said: from the page")), "{shown:?}");
    println!("{}", ana.transcript().await);
    stack.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unlinked_account_is_a_stranger_again() {
    let stack = stack().await;
    let token = stack.token("ana").await;
    let ana = Person::new(&stack, ANA);
    link(&stack, &token, &ana).await;
    post(&stack, &token, "link/unlink").await;
    assert_eq!(read(&stack, &token, "link/status").await["linked"], false);
    let before = ana.heard().await.len();
    ana.say("still there?").await;
    ana.hears(before, "link").await;
    assert_eq!(runs(&stack).await, 0);
    stack.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_photo_reaches_the_agent_and_not_its_address() {
    let stack = open_to_ana().await;
    let ana = Person::new(&stack, ANA);
    let photo = json!({"photo": {"size": 40_000}, "caption": "What is this?"});
    ana.send(photo).await;
    let reply = ana.hears(0, "What is this?").await;
    assert!(reply.contains("[attachments]") && reply.contains("(40000 bytes)"), "{reply}");
    assert!(!reply.contains("/file/bot"), "the address has the token: {reply}");
    println!("{}", ana.transcript().await);
    stack.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_album_is_one_message() {
    let stack = open_to_ana().await;
    let ana = Person::new(&stack, ANA);
    let part = |bytes: u64, caption: &str| json!({"photo": {"size": bytes}, "caption": caption});
    let album = [part(1_001, "My trip"), part(1_002, ""), part(1_003, "")];
    ana.send(json!({ "album": album })).await;
    let reply = ana.hears(0, "My trip").await;
    for bytes in ["1001", "1002", "1003"] {
        assert!(reply.contains(&format!("({bytes} bytes)")), "{reply}");
    }
    // Whatever is answered next comes after all that the album gave rise to.
    ana.say("and now?").await;
    ana.hears(1, "and now?").await;
    assert_eq!(ana.heard().await.len(), 2, "{}", ana.transcript().await);
    stack.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_reply_comes_in_order_and_whole() {
    let stack = open_to_ana().await;
    let ana = Person::new(&stack, ANA);
    ana.say("[[demo bytes=10000]]").await;
    // Then the marker: its reply comes after the long one's last piece.
    ana.say("the end").await;
    ana.hears(0, "You said: the end").await;
    let heard = ana.heard().await;
    let (last, pieces) = heard.split_last().expect("heard");
    assert_eq!(last, "You said: the end");
    assert!(pieces.len() >= 3, "{}", pieces.len());
    assert!(pieces.iter().all(|piece| piece.encode_utf16().count() <= 4_096));
    let whole: String = pieces.concat();
    let token_of = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let said = token_of(&whole);
    let expected = 10_000 - whole.len();
    assert!(expected < 100, "only white space at the cuts may be gone: {expected} bytes are");
    assert!(!said.is_empty());
    println!("{}", ana.transcript().await);
    stack.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_update_that_comes_fifty_times_is_one_run() {
    let stack = open_to_ana().await;
    let ana = Person::new(&stack, ANA);
    let sent = ana.say("once, please").await;
    let update = sent["updateIds"].get(0).unwrap_or(&sent["updateId"]).clone();
    ana.redeliver(&update, 50).await;
    ana.hears(0, "once, please").await;
    ana.redeliver(&update, 50).await;
    ana.say("done?").await;
    ana.hears(1, "done?").await;
    let heard = ana.heard().await;
    assert_eq!(heard, ["You said: once, please", "You said: done?"]);
    assert_eq!(runs(&stack).await, 1);
    println!("{}", ana.transcript().await);
    stack.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_spot_interruption_in_the_middle_loses_and_doubles_nothing() {
    let stack = open_to_ana().await;
    let ana = Person::new(&stack, ANA);
    ana.say("[[demo tokens=400 delay=25]]").await;
    ana.sees_draft("word0010").await;
    let task = stack.live_tasks().await[0]["id"].as_str().expect("an id").to_owned();
    stack.control(Method::POST, &format!("tasks/{task}/interrupt"), json!({})).await;
    let whole = ana.hears(0, "word0400").await;
    assert!(whole.contains("word0001"), "{whole}");
    ana.say("and?").await;
    ana.hears(1, "You said: and?").await;
    assert_eq!(ana.heard().await.len(), 2, "{}", ana.transcript().await);
    println!("{}", ana.transcript().await);
    stack.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_machine_still_owes_what_was_on_record() {
    let stack = open_to_ana().await;
    let ana = Person::new(&stack, ANA);
    ana.say("[[demo tokens=200 delay=25]]").await;
    ana.sees_draft("word0010").await;
    let task = stack.live_tasks().await[0]["id"].as_str().expect("an id").to_owned();
    stack.control(Method::POST, &format!("tasks/{task}/kill"), json!({})).await;
    ana.hears(0, "word0200").await;
    stack.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_stop_button_stops_the_reply() {
    let stack = open_to_ana().await;
    let ana = Person::new(&stack, ANA);
    ana.say("[[demo tokens=2000 delay=25]]").await;
    ana.sees_draft("word0010").await;
    ana.press_stop().await;
    let reply = ana.hears(0, "topped").await;
    assert!(!reply.contains("word2000"), "{reply}");
    stack.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_a_group_the_bot_answers_whom_it_is_asked_by() {
    let stack = open_to_ana().await;
    let bot = stack.local("telegram").await["username"].as_str().expect("a name").to_owned();
    let ana = Person::new(&stack, ANA).in_group(-1_001_234);
    ana.say("just among us").await;
    ana.say(&format!("@{bot} what is the plan?")).await;
    ana.hears(0, "what is the plan?").await;
    assert_eq!(ana.heard().await.len(), 1, "{}", ana.transcript().await);
    stack.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_storage_failure_is_told_to_telegram_and_loses_nothing() {
    let stack = open_to_ana().await;
    let ana = Person::new(&stack, ANA);
    let failing = json!({"errorRate": {"dynamodb:TransactWriteItems": 1.0}});
    stack.control(Method::PUT, "faults", failing).await;
    ana.say("are you there?").await;
    eventually("a retry", async || {
        let webhook = stack.local("telegram").await;
        if webhook.to_string().contains("503") { Ok(()) } else { Err(webhook) }
    })
    .await;
    stack.control(Method::PUT, "faults", json!({})).await;
    ana.hears(0, "You said: are you there?").await;
    assert_eq!(ana.heard().await.len(), 1);
    stack.stop().await;
}
