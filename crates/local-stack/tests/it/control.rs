use serde_json::{Value, json};

use crate::support::{World, eventually, get, send};

const WAITS: &str = "trap 'exit 0' TERM\nwhile :; do sleep 0.05; done\n";

async fn launch(world: &World) -> String {
    let body = json!({
        "cluster": "openclaw", "taskDefinition": "openclaw-agent:1",
        "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-1"]}},
        "capacityProviderStrategy": [{"capacityProvider": "FARGATE_SPOT"}],
        "overrides": {"containerOverrides": [{"name": "agent", "environment": [
            {"name": "USER_ID", "value": "ana"}, {"name": "GENERATION", "value": "2"}]}]},
    });
    let target = ("x-amz-target", "AmazonEC2ContainerServiceV20141113.RunTask");
    let answer =
        send("POST", &world.stack.urls.aws_endpoint, &[target], body.to_string()).await.json();
    let arn = answer["tasks"][0]["taskArn"].as_str().unwrap_or_else(|| panic!("{answer}"));
    arn.rsplit('/').next().expect("an id").to_owned()
}

async fn reaches(world: &World, id: &str, status: &str) -> Value {
    eventually(status, || async {
        let tasks = get(&world.url("/local/tasks")).await.json();
        let task = tasks.as_array().into_iter().flatten().find(|task| task["id"] == id).cloned();
        task.filter(|task| task["status"] == status).ok_or_else(|| tasks.to_string())
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_task_is_an_exited_container() {
    let world = World::running(WAITS).await;
    let id = launch(&world).await;
    let task = reaches(&world, &id, "RUNNING").await;
    assert_eq!((&task["user"], &task["generation"]), (&json!("ana"), &json!(2)));
    assert_eq!(task["capacity"], "FARGATE_SPOT");
    assert!(task["pid"].is_u64() && task["launchedAt"].is_i64(), "{task}");
    let kill = world.url(&format!("/local/tasks/{id}/kill"));
    assert_eq!(send("POST", &kill, &[], "").await.status, 202);
    let task = reaches(&world, &id, "STOPPED").await;
    assert_eq!(
        (&task["exitCode"], &task["stopCode"]),
        (&json!(137), &json!("EssentialContainerExited"))
    );
    assert_eq!(send("POST", &kill, &[], "").await.status, 409);
    assert_eq!(send("POST", &world.url("/local/tasks/x/kill"), &[], "").await.status, 404);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_task_is_warned_first() {
    let world = World::running(WAITS).await;
    let id = launch(&world).await;
    reaches(&world, &id, "RUNNING").await;
    let interrupt = world.url(&format!("/local/tasks/{id}/interrupt"));
    assert_eq!(send("POST", &interrupt, &[], "").await.status, 202);
    reaches(&world, &id, "STOPPED").await;
    let warning = eventually("the warning", || async {
        let events = world.lambdas.events("watchdog");
        let warns = |event: &&Value| {
            event["detail"]["lastStatus"] == "RUNNING"
                && event["detail"]["desiredStatus"] == "STOPPED"
        };
        events.iter().find(warns).cloned().ok_or_else(|| format!("{events:?}"))
    })
    .await;
    assert_eq!(warning["detail-type"], "ECS Task State Change");
    assert_eq!(warning["detail"]["stopCode"], "SpotInterruption");
    assert_eq!(warning["detail"]["stoppedReason"], "Your Spot Task was interrupted.");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_are_read_back_and_unknown_ones_refused() {
    let world = World::start().await;
    let url = world.url("/local/faults");
    let faults = json!({"latencyMs": {"*": 3}, "seed": 9, "spotUnavailable": true});
    assert_eq!(send("PUT", &url, &[], faults.to_string()).await.status, 200);
    let read = get(&url).await.json();
    assert_eq!((&read["latencyMs"]["*"], &read["seed"]), (&json!(3), &json!(9)));
    let unknown = send("PUT", &url, &[], r#"{"latencyMS": {}}"#).await;
    assert_eq!(unknown.status, 400);
    assert!(unknown.body.contains("latencyMS"), "{unknown:?}");
    assert_eq!(get(&url).await.json()["seed"], 9, "a refused change changes nothing");
    assert_eq!(send("PUT", &url, &[], "{}").await.json()["spotUnavailable"], false);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn other_web_sites_cannot_reach_the_controls() {
    let world = World::start().await;
    let url = world.url("/local/tasks");
    assert_eq!(send("GET", &url, &[("origin", "http://localhost:5173")], "").await.status, 200);
    assert_eq!(send("GET", &url, &[("origin", "https://evil.example")], "").await.status, 403);
    assert_eq!(send("GET", &url, &[("origin", "null")], "").await.status, 403);
    assert_eq!(send("GET", &url, &[("sec-fetch-site", "cross-site")], "").await.status, 403);
    let rebound = send("GET", &url, &[("host", "evil.example:8787")], "").await;
    assert_eq!(rebound.status, 421);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn counters_start_again_at_a_reset() {
    let world = World::running(WAITS).await;
    launch(&world).await;
    let url = world.url("/local/counters");
    assert_eq!(get(&url).await.json()["calls"], json!({"ecs:RunTask": 1}));
    let counted = send("POST", &format!("{url}/reset"), &[], "").await.json();
    assert_eq!(counted["calls"], json!({"ecs:RunTask": 1}));
    let fresh = send("DELETE", &url, &[], "").await.json();
    assert_eq!(fresh["calls"], json!({}));
    assert!(fresh["since"].as_i64() >= counted["since"].as_i64());
    world.stop().await;
}
