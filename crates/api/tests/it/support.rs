//! An API over a world in memory, and API Gateway's events for it.

use std::sync::Arc;

use api::{Api, Buckets, Ports};
use aws_lambda_events::encodings::Body;
use control_plane::{
    AcceptMessage, ChangeConversations, CheckSpending, ChooseSettings, DeleteUser, EnsureTask,
    ExportUser, KeepSchedules, KeepSkills, LinkIdentity, OfferUpload, ReadConversations,
    ReadSnapshots, ReadStatus, ReadUsage, RequestRestore, RequestSnapshot, RunErrand,
    SearchMessages, SignOut, SteerAgent, Tell, Workspace,
};
use domain::{
    IdlePolicy, MachineSize, ModelName, Offered, Prices, SpendRules, TaskPolicy, TimeZone,
};
use http::HeaderMap;
use platform::Clock;
use platform_sim::World;
use serde_json::{Value, json};

pub(crate) fn ports(world: &World) -> Ports {
    let clock: Arc<dyn Clock> = Arc::new(world.clock().clone());
    let ensure = EnsureTask {
        tasks: world.tasks(),
        spares: None,
        compute: world.compute(),
        releases: world.releases(),
        push: world.push(),
        clock: clock.clone(),
        metrics: world.metrics(),
        policy: TaskPolicy::default(),
        entropy: || [7; 32],
    };
    let skills =
        KeepSkills { skills: world.skills(), ensure: ensure.clone(), clock: clock.clone() };
    let workspace = Workspace {
        tasks: world.tasks(),
        errands: RunErrand {
            errands: world.errands(),
            ensure: ensure.clone(),
            clock: clock.clone(),
            entropy: || [5; 16],
        },
        files: world.workspace_files(),
        downloads: world.downloads(),
        forms: world.incoming_forms(),
        clock: clock.clone(),
        entropy: || [6; 16],
    };
    let change_conversations = ChangeConversations {
        conversations: world.conversations(),
        inbox: world.inbox(),
        tasks: world.tasks(),
        clock: clock.clone(),
        entropy: || [4; 16],
    };
    let search = SearchMessages {
        conversations: world.conversations(),
        inbox: world.inbox(),
        clock: clock.clone(),
    };
    let spending = CheckSpending {
        usage: world.usage(),
        settings: world.settings(),
        clock: clock.clone(),
        rules: SpendRules {
            operators: None,
            prices: Prices::of_region("us-east-1"),
            size: Some(MachineSize { cpu_units: 512, memory_mib: 2_048 }),
        },
    };
    let steer = SteerAgent { ensure: ensure.clone(), spending: spending.clone() };
    let clock_of_world: Arc<dyn Clock> = Arc::new(world.clock().clone());
    let usage = ReadUsage {
        usage: world.usage(),
        clock: clock_of_world.clone(),
        spending: spending.clone(),
    };
    let export = ExportUser {
        belongings: world.belongings(),
        exports: world.exports(),
        tasks: world.tasks(),
        workspace: world.workspace_files(),
        clock: clock_of_world.clone(),
        entropy: || [3; 16],
    };
    let delete = DeleteUser {
        deletions: world.deletions(),
        belongings: world.belongings(),
        connections: world.connections(),
        links: world.links(),
        schedules: world.schedules(),
        alarms: world.alarms(),
        push: world.push(),
        compute: world.compute(),
        accounts: Some(world.accounts()),
        clock: clock_of_world,
        entropy: || [9; 16],
    };
    let sign_out = SignOut {
        accounts: Some(world.accounts()),
        connections: world.connections(),
        push: world.push(),
        clock: clock.clone(),
    };
    Ports {
        sign_out,
        usage,
        export,
        delete,
        status: ReadStatus { tasks: world.tasks(), inbox: world.inbox(), clock: clock.clone() },
        conversations: ReadConversations {
            conversations: world.conversations(),
            inbox: world.inbox(),
            clock: clock.clone(),
        },
        accept: AcceptMessage {
            inbox: world.inbox(),
            clock: clock.clone(),
            spending,
            follow_up: TaskPolicy::default().follow_up,
        },
        snapshots: ReadSnapshots { snapshots: world.snapshots(), tasks: world.tasks() },
        save: RequestSnapshot { tasks: world.tasks(), ensure: ensure.clone() },
        restore: RequestRestore {
            snapshots: world.snapshots(),
            tasks: world.tasks(),
            ensure: ensure.clone(),
            clock: clock.clone(),
            follow_up: TaskPolicy::default().follow_up,
        },
        ensure,
        tell: Tell { connections: world.connections(), push: world.push(), clock },
        settings: ChooseSettings {
            settings: world.settings(),
            offered: Offered {
                models: ["large", "small"].map(|name| ModelName::new(name).expect("valid")).into(),
                idle: IdlePolicy::default(),
                time_zone: TimeZone::utc(),
                spend_cap: None,
            },
        },
        links: LinkIdentity {
            links: world.links(),
            bot: Some(world.bot()),
            clock: Arc::new(world.clock().clone()),
            entropy: || [7; 32],
        },
        offer_upload: OfferUpload {
            forms: world.upload_forms(),
            clock: Arc::new(world.clock().clone()),
            entropy: || [9; 16],
        },
        buckets: Buckets::new(Arc::new(world.clock().clone()), 1),
        change_conversations,
        search,
        steer,
        schedules: KeepSchedules {
            schedules: world.schedules(),
            alarms: world.alarms(),
            clock: Arc::new(world.clock().clone()),
        },
        skills,
        workspace,
    }
}

pub(crate) fn event(method: &str, path: &str, query: &Value, body: Option<String>) -> Value {
    json!({
        "version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": raw(query),
        "headers": {"content-type": "application/json"},
        "requestContext": {
            "accountId": "0", "apiId": "api", "stage": "$default", "timeEpoch": 0,
            "http": {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1"},
            "authorizer": {"jwt": {"claims": {"sub": "ana", "token_use": "access"}}},
        },
        "body": body, "isBase64Encoded": false,
    })
}

/// `{"limit": "2"}` as `limit=2`. A list is a parameter that is given more than once.
fn raw(query: &Value) -> String {
    let pairs = query.as_object().expect("a query").iter();
    let given = pairs.flat_map(|(name, value)| match value {
        Value::Array(values) => values.iter().map(|value| (name, value)).collect(),
        one => vec![(name, one)],
    });
    let coded = |text: &str| -> String {
        let byte = |b: u8| match b {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                char::from(b).to_string()
            }
            other => format!("%{other:02X}"),
        };
        text.bytes().map(byte).collect()
    };
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let pairs: Vec<String> =
        given.map(|(name, value)| format!("{}={}", coded(name), coded(&text(value)))).collect();
    pairs.join("&")
}

/// The answer as it is: status, headers and the JSON in it.
pub(crate) struct Answered {
    pub(crate) status: i64,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

pub(crate) async fn send(api: &Api, event: Value) -> Answered {
    let event = serde_json::from_value(event).expect("API Gateway's shape");
    let response = api.handle(event).await.expect("handled");
    let body = match response.body {
        Some(Body::Text(text)) => serde_json::from_str(&text).expect("JSON"),
        _ => Value::Null,
    };
    Answered { status: response.status_code, headers: response.headers, body }
}

/// One request to an instance of its own.
pub(crate) async fn invoke(world: &World, event: Value) -> (i64, Value) {
    let answered = send(&Api::new(ports(world)), event).await;
    (answered.status, answered.body)
}

pub(crate) async fn ask(
    world: &World,
    method: &str,
    path: &str,
    body: Option<Value>,
) -> (i64, Value) {
    invoke(world, event(method, path, &json!({}), body.map(|b| b.to_string()))).await
}
