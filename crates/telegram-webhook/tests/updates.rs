//! The events that API Gateway sends for `POST /telegram`, and what Telegram is answered.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use control_plane::{
    AcceptMessage, CancelMessage, CheckSpending, EnsureTask, ReadStatus, ReceiveUpdate, Tell,
};
use data_encoding::BASE64;
use domain::limits::PARKED_UPDATE_MAX_BYTES;
use domain::{
    ConversationId, InboxMessage, SpendRules, TaskPolicy, TelegramChat, TelegramUser, Timestamp,
    UserId,
};
use platform::{Chats, Clock, Metric, ParkedUpdate, Result, Unavailable, UpdateId};
use platform_sim::World;
use serde_json::json;
use telegram_webhook::{Ports, Secret, Webhook};
use tokio::task::JoinSet;

const ANA: i64 = 501;

/// As the parameter store answers, or does not.
enum Kept {
    Secret(&'static [u8]),
    Unavailable,
}

#[async_trait]
impl Secret for Kept {
    async fn admits(&self, shown: &[u8], _: Timestamp) -> Result<bool> {
        match self {
            Kept::Secret(secret) => Ok(shown == *secret),
            Kept::Unavailable => Err(Unavailable::new("telegram.secret", "no answer")),
        }
    }
}

struct Hook {
    world: World,
    ports: Ports,
}

fn hook() -> Hook {
    let world = World::default();
    let chats = world.chats();
    hook_with(world, Kept::Secret(b"s3cret"), chats)
}

fn hook_with(world: World, secret: Kept, chats: Arc<dyn Chats>) -> Hook {
    let clock = Arc::new(world.clock().clone());
    let policy = TaskPolicy::default();
    let ensure = EnsureTask {
        tasks: world.tasks(),
        spares: None,
        compute: world.compute(),
        releases: world.releases(),
        push: world.push(),
        clock: clock.clone(),
        metrics: world.metrics(),
        policy,
        entropy: || [7; 32],
    };
    let receive = ReceiveUpdate {
        links: world.links(),
        chats,
        inbox: world.inbox(),
        conversations: world.conversations(),
        accept: AcceptMessage {
            inbox: world.inbox(),
            clock: clock.clone(),
            spending: CheckSpending {
                usage: world.usage(),
                settings: world.settings(),
                clock: clock.clone(),
                rules: SpendRules::none(),
            },
            follow_up: policy.follow_up,
        },
        cancel: CancelMessage { inbox: world.inbox(), ensure: ensure.clone() },
        status: ReadStatus { tasks: world.tasks(), inbox: world.inbox(), clock: clock.clone() },
        ensure,
        tell: Tell { connections: world.connections(), push: world.push(), clock: clock.clone() },
        bot: world.bot(),
        clock: clock.clone(),
        allowed: BTreeSet::from([TelegramUser(ANA)]),
    };
    let webhook = Webhook {
        secret: Arc::new(secret),
        receive,
        parked: world.parked_updates(),
        metrics: world.metrics(),
        clock,
    };
    Hook { world, ports: Ports(Some(webhook)) }
}

/// As API Gateway sends it (payload format 2.0).
fn event(body: &str, secret: Option<&str>) -> ApiGatewayV2httpRequest {
    let mut event = json!({
        "version": "2.0",
        "routeKey": "POST /telegram",
        "rawPath": "/telegram",
        "rawQueryString": "",
        "headers": {
            "content-type": "application/json",
            "host": "abc.execute-api.eu-west-1.amazonaws.com",
            "x-forwarded-for": "149.154.167.99",
        },
        "requestContext": {
            "accountId": "123456789012", "apiId": "abc", "domainName": "abc.execute-api",
            "http": {
                "method": "POST", "path": "/telegram", "protocol": "HTTP/1.1",
                "sourceIp": "149.154.167.99", "userAgent": "",
            },
            "requestId": "r", "routeKey": "POST /telegram", "stage": "$default",
            "time": "21/Nov/2026:12:00:00 +0000", "timeEpoch": 1_790_000_000_000_u64,
        },
        "body": body,
        "isBase64Encoded": false,
    });
    if let Some(secret) = secret {
        // Telegram's own spelling; API Gateway gives it in lower case.
        event["headers"]["x-telegram-bot-api-secret-token"] = json!(secret);
    }
    serde_json::from_value(event).expect("an event")
}

fn update(id: i64, text: &str) -> String {
    let command = json!([{ "type": "bot_command", "offset": 0, "length": text.len() }]);
    let entities = if text.starts_with('/') { command } else { json!([]) };
    json!({ "update_id": id, "message": {
        "message_id": id, "date": 1_790_000_000, "text": text, "entities": entities,
        "from": { "id": ANA, "is_bot": false, "first_name": "Ana" },
        "chat": { "id": ANA, "type": "private", "first_name": "Ana" },
    } })
    .to_string()
}

impl Hook {
    async fn take(&self, event: ApiGatewayV2httpRequest) -> ApiGatewayV2httpResponse {
        telegram_webhook::handle(&self.ports, event).await.expect("answers")
    }

    async fn post(&self, body: &str) -> ApiGatewayV2httpResponse {
        self.take(event(body, Some("s3cret"))).await
    }

    fn inbox(&self) -> Vec<InboxMessage> {
        self.world.inbox_of(&UserId::new(format!("telegram:{ANA}")).expect("valid"))
    }

    async fn parked(&self) -> Vec<ParkedUpdate> {
        let now = self.world.clock().now();
        self.world.parked_updates().parked(4217, now).await.expect("reads")
    }
}

#[tokio::test]
async fn only_who_knows_the_secret_is_heard() {
    let hook = hook();
    for secret in [None, Some(""), Some("S3cret"), Some("s3cret "), Some("s3cre")] {
        let answer = hook.take(event("not even JSON", secret)).await;
        assert_eq!((answer.status_code, answer.body), (403, None), "{secret:?}");
        let answer = hook.take(event(&update(1, "hi"), secret)).await;
        assert_eq!((answer.status_code, answer.body), (403, None), "{secret:?}");
    }
    assert!(hook.inbox().is_empty() && hook.parked().await.is_empty());
    assert_eq!(hook.post(&update(1, "hi")).await.status_code, 200);
    assert_eq!(hook.inbox().len(), 1);
}

#[tokio::test]
async fn without_a_bot_there_is_nothing_and_without_its_secret_not_yet() {
    let nothing = Ports(None);
    let answer = telegram_webhook::handle(&nothing, event(&update(1, "hi"), Some("s3cret"))).await;
    assert_eq!(answer.expect("answers").status_code, 404);
    let world = World::default();
    let chats = world.chats();
    let hook = hook_with(world, Kept::Unavailable, chats);
    let answer = hook.post(&update(1, "hi")).await;
    assert_eq!(answer.status_code, 503);
    assert_eq!(answer.headers["retry-after"], "2");
    assert!(hook.inbox().is_empty());
}

#[tokio::test]
async fn a_body_in_base64_is_the_same() {
    let hook = hook();
    let mut event = event(&BASE64.encode(update(1, "안녕").as_bytes()), Some("s3cret"));
    event.is_base64_encoded = true;
    assert_eq!(hook.take(event).await.status_code, 200);
    assert_eq!(hook.inbox()[0].text, "안녕");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_deliveries_at_once_are_one_message() {
    let hook = Arc::new(hook());
    let mut deliveries = JoinSet::new();
    for _ in 0..50 {
        let hook = hook.clone();
        deliveries.spawn(async move { hook.post(&update(7, "hello")).await.status_code });
    }
    assert_eq!(deliveries.join_all().await, [200; 50]);
    assert_eq!(hook.inbox().len(), 1);
    assert_eq!(hook.inbox()[0].id.as_str(), "tg-4217-7");
    assert_eq!(hook.world.launches().len(), 1);
}

#[tokio::test]
async fn what_could_not_be_kept_is_to_come_again() {
    for port in ["inbox.put", "inbox.outline", "links.owner_of", "bot.me"] {
        let hook = hook();
        hook.world.fail_next(port, 1);
        let answer = hook.post(&update(7, "hello")).await;
        assert_eq!(answer.status_code, 503, "{port}");
        assert_eq!(answer.headers["retry-after"], "2", "{port}");
        assert!(hook.inbox().is_empty() && hook.parked().await.is_empty(), "{port}");
        assert_eq!(hook.post(&update(7, "hello")).await.status_code, 200, "{port}");
        assert_eq!(hook.inbox().len(), 1, "{port}");
    }
}

#[tokio::test]
async fn what_can_never_be_processed_is_parked_and_its_chat_goes_on() {
    let hook = hook();
    let misshapen = json!({ "update_id": 8, "message": { "chat": 5 } }).to_string();
    let poison = ["not JSON", "[]", "{}", "", misshapen.as_str(), "{\"update_id\":9}"];
    for body in poison {
        assert_eq!(hook.post(body).await.status_code, 200, "{body}");
        assert_eq!(hook.post(body).await.status_code, 200, "{body}, again");
    }
    let parked = hook.parked().await;
    assert_eq!(parked.len(), poison.len(), "{parked:?}");
    let of = |id: &str| parked.iter().find(|one| one.id == id).expect("parked by its number");
    assert!(of("8").reason.contains("unknown shape"), "{:?}", of("8"));
    assert_eq!(of("8").body, misshapen);
    assert!(of("9").reason.contains("nothing in it"), "{:?}", of("9"));
    assert_eq!(hook.world.counted(Metric::ParkedUpdates), 2 * poison.len() as u64);
    assert_eq!(hook.post(&update(10, "hello")).await.status_code, 200);
    assert_eq!(hook.inbox().len(), 1);
}

#[tokio::test]
async fn of_a_long_one_its_beginning_is_kept() {
    let hook = hook();
    for (bytes, kept) in [
        (PARKED_UPDATE_MAX_BYTES, PARKED_UPDATE_MAX_BYTES),
        (PARKED_UPDATE_MAX_BYTES + 1, PARKED_UPDATE_MAX_BYTES),
    ] {
        hook.post(&"x".repeat(bytes)).await;
        assert!(hook.parked().await.iter().all(|one| one.body.len() == kept));
    }
    assert_eq!(hook.parked().await.len(), 2);
}

#[tokio::test]
async fn what_cannot_even_be_parked_is_to_come_again() {
    for port in ["parked_updates.park", "bot.me"] {
        let hook = hook();
        hook.world.fail_next(port, 1);
        assert_eq!(hook.post("not JSON").await.status_code, 503, "{port}");
        assert_eq!(hook.post("not JSON").await.status_code, 200, "{port}");
    }
}

/// A row that breaks an assumption of ours.
struct Broken;

#[async_trait]
impl Chats for Broken {
    async fn conversation(&self, _: &UserId, _: &TelegramChat) -> Result<Option<ConversationId>> {
        panic!("an assumption did not hold")
    }

    async fn choose(&self, _: &UserId, _: &TelegramChat, _: &ConversationId) -> Result<()> {
        Ok(())
    }

    async fn note_move(&self, _: i64, _: i64) -> Result<()> {
        Ok(())
    }

    async fn moved_from(&self, _: i64) -> Result<Option<i64>> {
        Ok(None)
    }

    async fn may_greet(&self, _: TelegramUser, _: Timestamp) -> Result<bool> {
        Ok(false)
    }

    async fn first_to_answer(&self, _: UpdateId, _: Timestamp) -> Result<bool> {
        Ok(false)
    }
}

#[tokio::test]
async fn a_panic_parks_its_update_and_nobody_elses() {
    let hook = hook_with(World::default(), Kept::Secret(b"s3cret"), Arc::new(Broken));
    assert_eq!(hook.post(&update(7, "hello")).await.status_code, 200);
    let parked = hook.parked().await;
    assert_eq!(parked.len(), 1);
    assert_eq!(parked[0].reason, "it made us panic: an assumption did not hold");
    assert_eq!(hook.post(&update(8, "/help")).await.status_code, 200);
    assert_eq!(hook.parked().await.len(), 1);
}

#[tokio::test]
async fn nobody_waits_for_what_follows() {
    let hook = hook();
    for port in ["tasks.get", "compute.launch", "bot.draft"] {
        hook.world.fail_next(port, 1);
    }
    assert_eq!(hook.post(&update(7, "hello")).await.status_code, 200);
    assert_eq!(hook.inbox().len(), 1);
}
