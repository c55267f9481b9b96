//! What a user asks for at times to come: made over REST, rung by the scheduler, answered by the
//! agent that was asleep.

use http::Method;
use serde_json::{Value, json};
use system_tests::{Stack, get, send};

struct Ana<'a> {
    stack: &'a Stack,
    token: String,
}

impl Ana<'_> {
    async fn ask(&self, method: Method, path: &str, body: Option<Value>) -> (u16, Value) {
        let url = format!("{}/{path}", self.stack.api);
        let answer = send(method, &url, Some(&self.token), body.as_ref()).await.expect("answers");
        let json = if answer.text.is_empty() { Value::Null } else { answer.json() };
        (answer.status, json)
    }

    async fn fire(&self, name: &str, time: &str) -> Value {
        let url = format!("{}/local/schedules/{name}/fire", self.stack.url);
        let body = json!({ "scheduledTime": time });
        let answer = send(Method::POST, &url, None, Some(&body)).await.expect("answers");
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.json()
    }
}

/// An instant as the scheduler writes it.
fn iso(ms: u64) -> String {
    let seconds = i64::try_from(ms / 1000).expect("fits");
    jiff::Timestamp::from_second(seconds).expect("fits").to_string()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_schedule_wakes_the_agent_and_is_answered_once() {
    let stack = Stack::scripted().await;
    let ana = Ana { stack: &stack, token: stack.token("ana").await };
    let mut page = stack.client("ana").await;
    let zone = json!({ "value": "Asia/Seoul" });
    assert_eq!(ana.ask(Method::PUT, "settings/timeZone", Some(zone)).await.0, 200);

    let new = json!({
        "id": "morning", "prompt": "What is new?", "missed": "catchUp",
        "recurrence": { "kind": "daily", "time": "08:00" },
    });
    let (status, made) = ana.ask(Method::POST, "schedules", Some(new.clone())).await;
    assert_eq!((status, &made["armed"]), (201, &json!(true)), "{made}");
    assert_eq!(made["description"], "Every day at 08:00, Asia/Seoul");
    assert_eq!(made["nextRuns"].as_array().expect("a list").len(), 5);
    assert_eq!(ana.ask(Method::POST, "schedules", Some(new)).await.0, 200, "the same one");

    let alarms = stack.local("schedules").await;
    assert_eq!(alarms[0]["expression"], "cron(0 8 * * ? *)");
    let name = alarms[0]["name"].as_str().expect("a name");
    // The one before the first to come, which the user was asleep for.
    let time = iso(made["nextRuns"][0].as_u64().expect("a time") - 86_400_000);
    for _ in 0..3 {
        assert_eq!(ana.fire(name, &time).await, json!({ "ran": "asked" }));
    }
    let said = page.until_type("message").await;
    assert_eq!((&said["channel"], &said["content"]), (&json!("schedule"), &json!("What is new?")));
    let id = said["messageId"].as_str().expect("an id").to_owned();
    assert_eq!(page.reply_to(&id).await.outcome, "complete");
    assert_eq!(stack.calls("ecs:RunTask").await, 1);

    let url = format!("{}/conversations/default/messages", stack.api);
    let history = get(&url, Some(&ana.token)).await.expect("answers").json();
    assert_eq!(history["messages"].as_array().expect("a list").len(), 2, "{history}");

    assert_eq!(ana.ask(Method::DELETE, "schedules/morning", None).await.0, 204);
    assert_eq!(stack.local("schedules").await, json!([]));
    assert_eq!(ana.ask(Method::GET, "schedules/morning", None).await.0, 404);
}
