//! RunTask as we ask it, and what ECS may say to it.

use domain::{
    Capacity, Generation, LaunchToken, Owner, SpareId, TaskArn, TaskDefinition, Timestamp, UserId,
};
use platform::{Compute, LaunchError, LaunchRequest, ObservedTask};
use platform_aws::EcsCompute;
use platform_aws::config::{Ecs, TaskSize};
use serde_json::{Value, json};

use crate::support::{Answer, Answers, aws_at};

const ARN: &str = "arn:aws:ecs:eu-west-1:123456789012:task/openclaw/0123456789abcdef";

fn ecs() -> Ecs {
    Ecs {
        cluster: "openclaw".into(),
        task_definition: "openclaw-bridge".into(),
        subnets: vec!["subnet-a".into(), "subnet-b".into()],
        security_groups: vec!["sg-a".into()],
        container: "bridge".into(),
        public_ip: true,
        size: None,
    }
}

fn compute(server: &Answers) -> EcsCompute {
    EcsCompute::new(aws_at(server.url()).ecs(), ecs())
}

fn request(capacity: Capacity, attempt: u32) -> LaunchRequest {
    let owner = Owner::User(UserId::new("ana").expect("valid"), Generation(7));
    let token = LaunchToken::new(owner, [3; 32]);
    LaunchRequest { attempt, capacity, definition: None, token, expires_at: None }
}

fn spare(id: &str) -> LaunchRequest {
    let owner = Owner::Spare(SpareId::new(id).expect("valid"));
    let expires_at = Some(Timestamp(1_900_000_000_123));
    let token = LaunchToken::new(owner, [3; 32]);
    LaunchRequest { token, expires_at, ..request(Capacity::Spot, 0) }
}

async fn launched(answer: Answer) -> Result<TaskArn, LaunchError> {
    let server = Answers::start([answer]);
    compute(&server).launch(&request(Capacity::Spot, 0)).await
}

fn started() -> Answer {
    Answer::ok(json!({ "tasks": [{ "taskArn": ARN }], "failures": [] }))
}

async fn asked_for(capacity: Capacity, attempt: u32) -> Value {
    asked_by(&request(capacity, attempt)).await
}

async fn asked_by(request: &LaunchRequest) -> Value {
    let server = Answers::start([started()]);
    let arn = compute(&server).launch(request).await.expect("starts");
    assert_eq!(arn, TaskArn(ARN.into()));
    server.asked()[0].json()
}

#[tokio::test]
async fn a_launch_asks_for_one_spot_task_with_an_address_and_the_users_token() {
    let asked = asked_for(Capacity::Spot, 0).await;
    assert_eq!(asked["cluster"], "openclaw");
    assert_eq!(asked["taskDefinition"], "openclaw-bridge");
    assert_eq!(asked["count"], 1);
    let strategy = &asked["capacityProviderStrategy"];
    assert_eq!(strategy.as_array().map(Vec::len), Some(1));
    assert_eq!(strategy[0]["capacityProvider"], "FARGATE_SPOT");
    assert_eq!(strategy[0]["weight"], 1);
    assert!(asked.get("launchType").is_none(), "ECS refuses it beside a strategy");
    assert_eq!(asked["platformVersion"], "LATEST");
    let network = json!({ "awsvpcConfiguration": {
        "subnets": ["subnet-a", "subnet-b"],
        "securityGroups": ["sg-a"],
        "assignPublicIp": "ENABLED",
    } });
    assert_eq!(asked["networkConfiguration"], network);
    let token = request(Capacity::Spot, 0).token.expose();
    let overrides = json!({ "containerOverrides": [{ "name": "bridge", "environment": [
        { "name": "USER_ID", "value": "ana" },
        { "name": "GENERATION", "value": "7" },
        { "name": "LAUNCH_TOKEN", "value": token },
    ] }] });
    assert_eq!(asked["overrides"], overrides);
}

#[tokio::test]
async fn a_spare_is_told_when_it_expires_and_nobodys_name() {
    let asked = asked_by(&spare("a-1")).await;
    let overrides = json!({ "containerOverrides": [{ "name": "bridge", "environment": [
        { "name": "SPARE_ID", "value": "a-1" },
        { "name": "EXPIRES_AT", "value": "1900000000123" },
        { "name": "LAUNCH_TOKEN", "value": spare("a-1").token.expose() },
    ] }] });
    assert_eq!(asked["overrides"], overrides);
    assert_eq!(asked["startedBy"], "openclaw/spare");
    let token = asked["clientToken"].as_str().expect("a token");
    assert_eq!(token.len(), 64);
    assert_ne!(asked_by(&spare("a-2")).await["clientToken"], token);
    // A user may have any name that a spare has.
    let owner = Owner::User(UserId::new("spare").expect("valid"), Generation(1));
    let token_of = LaunchToken::new(owner, [3; 32]);
    let namesake = LaunchRequest { token: token_of, ..request(Capacity::Spot, 0) };
    let asked = asked_by(&spare("1")).await;
    assert_ne!(asked_by(&namesake).await["clientToken"], asked["clientToken"]);
}

#[tokio::test]
async fn a_size_of_the_operators_choice_is_asked_for() {
    let server = Answers::start([started()]);
    let size = Some(TaskSize { cpu_units: 2_048, memory_mib: 5_120 });
    let compute = EcsCompute::new(aws_at(server.url()).ecs(), Ecs { size, ..ecs() });
    compute.launch(&request(Capacity::Spot, 0)).await.expect("starts");
    let overrides = server.asked()[0].json()["overrides"].clone();
    assert_eq!((&overrides["cpu"], &overrides["memory"]), (&json!("2048"), &json!("5120")));
}

#[tokio::test]
async fn a_version_of_the_operators_choice_is_launched_and_told_to_the_task() {
    let definition = "arn:aws:ecs:eu-west-1:1:task-definition/openclaw-bridge:7";
    let chosen = Some(TaskDefinition(definition.into()));
    let asked = asked_by(&LaunchRequest { definition: chosen, ..request(Capacity::Spot, 0) }).await;
    assert_eq!(asked["taskDefinition"], definition);
    let told = asked["overrides"]["containerOverrides"][0]["environment"].to_string();
    assert!(told.contains(&format!(r#"{{"name":"RELEASE","value":"{definition}"}}"#)), "{told}");
}

#[tokio::test]
async fn a_task_without_an_ipv4_address_is_asked_for_where_the_network_has_none() {
    let server = Answers::start([started()]);
    let compute = EcsCompute::new(aws_at(server.url()).ecs(), Ecs { public_ip: false, ..ecs() });
    compute.launch(&request(Capacity::Spot, 0)).await.expect("starts");
    let network = server.asked()[0].json()["networkConfiguration"].clone();
    assert_eq!(network["awsvpcConfiguration"]["assignPublicIp"], "DISABLED");
}

#[tokio::test]
async fn the_same_attempt_has_the_same_client_token_and_the_next_another() {
    let token = async |attempt| {
        let asked = asked_for(Capacity::OnDemand, attempt).await;
        assert_eq!(asked["capacityProviderStrategy"][0]["capacityProvider"], "FARGATE");
        asked["clientToken"].as_str().expect("a token").to_owned()
    };
    let first = token(0).await;
    assert_eq!(first.len(), 64);
    assert_eq!(first, token(0).await);
    assert_ne!(first, token(1).await);
    let started_by = asked_for(Capacity::Spot, 0).await["startedBy"].to_string();
    assert!(started_by.contains("openclaw/") && !started_by.contains("ana"), "{started_by}");
}

#[tokio::test]
async fn capacity_that_is_not_to_be_had_is_told_from_other_failures() {
    let failure = |reason: &str| {
        Answer::ok(json!({ "tasks": [], "failures": [{ "reason": reason, "arn": "a" }] }))
    };
    let exception =
        |name: &str, message: &str| Answer::exception(name, json!({ "message": message }));
    let no_capacity = [
        failure("RESOURCE:FARGATE"),
        failure("Capacity is unavailable at this time."),
        exception(
            "ClientException",
            "Capacity is unavailable at this time. Please try again later.",
        ),
        exception(
            "ClientException",
            "You've reached the limit on the number of vCPUs you can run concurrently",
        ),
    ];
    for answer in no_capacity {
        let outcome = launched(answer.clone()).await;
        let expected =
            matches!(outcome, Err(LaunchError::NoCapacity { capacity: Capacity::Spot, .. }));
        assert!(expected, "{answer:?}: {outcome:?}");
    }
    let broken = [
        failure("ACCESS_DENIED"),
        Answer::ok(json!({ "tasks": [], "failures": [] })),
        exception("InvalidParameterException", "TaskDefinition not found."),
        exception("ClientException", "TaskDefinition is inactive"),
    ];
    for answer in broken {
        let outcome = launched(answer.clone()).await;
        assert!(matches!(outcome, Err(LaunchError::Unavailable(_))), "{answer:?}: {outcome:?}");
    }
}

#[tokio::test]
async fn an_attempt_that_ecs_knows_already_is_the_task_it_started() {
    let conflict = json!({ "message": "token reused", "resourceIds": [ARN] });
    let outcome = launched(Answer::exception("ConflictException", conflict)).await;
    assert_eq!(outcome.expect("known"), TaskArn(ARN.into()));
}

#[tokio::test]
async fn stopping_what_is_gone_is_fine() {
    let answer = Answer::exception(
        "InvalidParameterException",
        json!({ "message": "The referenced task was not found." }),
    );
    let server = Answers::start([answer]);
    compute(&server).stop(&TaskArn(ARN.into()), "orphan").await.expect("gone is stopped");
    let server = Answers::start([Answer::exception("ClientException", json!({}))]);
    compute(&server).stop(&TaskArn(ARN.into()), "orphan").await.expect_err("not stopped");
}

#[tokio::test]
async fn all_pages_of_our_running_tasks_are_listed() {
    let server = Answers::start([
        Answer::ok(json!({ "taskArns": ["a", "b"], "nextToken": "more" })),
        Answer::ok(json!({ "taskArns": ["c"] })),
    ]);
    let definitions = [
        "openclaw-bridge",
        "openclaw-bridge:12",
        "arn:aws:ecs:eu-west-1:123456789012:task-definition/openclaw-bridge:12",
    ];
    let listed = compute(&server).list().await.expect("answers");
    assert_eq!(listed, ["a", "b", "c"].map(|arn| TaskArn(arn.into())));
    let asked: Vec<Value> = server.asked().iter().map(|asked| asked.json()).collect();
    assert_eq!((&asked[0]["nextToken"], &asked[1]["nextToken"]), (&Value::Null, &json!("more")));
    for definition in definitions {
        let server = Answers::start([Answer::ok(json!({ "taskArns": [] }))]);
        let ecs = Ecs { task_definition: definition.into(), ..ecs() };
        let compute = EcsCompute::new(aws_at(server.url()).ecs(), ecs);
        assert_eq!(compute.list().await.expect("answers"), []);
        let ours = json!({
            "cluster": "openclaw", "family": "openclaw-bridge", "desiredStatus": "RUNNING",
        });
        assert_eq!(server.asked()[0].json(), ours);
    }
}

/// "Could not list" is never "there are none" (I9).
#[tokio::test]
async fn a_list_without_its_last_page_is_no_list() {
    let server = Answers::start([
        Answer::ok(json!({ "taskArns": ["a"], "nextToken": "more" })),
        Answer::exception("ClientException", json!({ "message": "no" })),
    ]);
    compute(&server).list().await.expect_err("says nothing");
}

#[tokio::test]
async fn tasks_are_described_a_hundred_at_a_time() {
    let running = json!({ "taskArn": "a", "lastStatus": "RUNNING" });
    let stopped = json!({ "taskArn": "b", "lastStatus": "STOPPED", "stoppedReason": "Spot" });
    let missing = json!([{ "arn": "c", "reason": "MISSING" }]);
    let server = Answers::start([
        Answer::ok(json!({ "tasks": [running], "failures": missing })),
        Answer::ok(json!({ "tasks": [stopped], "failures": [] })),
    ]);
    let arns: Vec<TaskArn> = (0..101).map(|n| TaskArn(format!("task-{n}"))).collect();
    let observed = compute(&server).describe(&arns).await.expect("answers");
    let stopped_reason = Some("Spot".to_owned());
    let expect = [unknown("a"), ObservedTask { stopped: true, stopped_reason, ..unknown("b") }];
    assert_eq!(observed, expect);
    let sizes: Vec<usize> = server
        .asked()
        .iter()
        .map(|asked| asked.json()["tasks"].as_array().expect("a list").len())
        .collect();
    assert_eq!(sizes, [100, 1]);
}

/// A task of which ECS says nothing more.
fn unknown(arn: &str) -> ObservedTask {
    ObservedTask {
        arn: TaskArn(arn.into()),
        owner: None,
        capacity: None,
        created_at: None,
        stopped: false,
        failed_to_start: false,
        stopped_reason: None,
        definition: None,
    }
}

async fn observed(task: Value) -> ObservedTask {
    let server = Answers::start([Answer::ok(json!({ "tasks": [task], "failures": [] }))]);
    let mut observed = compute(&server).describe(&[TaskArn("a".into())]).await.expect("answers");
    observed.remove(0)
}

#[tokio::test]
async fn a_task_says_whom_it_serves_and_on_what() {
    let launched_with = |variables: Value| {
        json!({ "taskArn": "a", "overrides": { "containerOverrides": [
            { "name": "log-router" },
            { "name": "bridge", "environment": variables },
        ] } })
    };
    let mut task = launched_with(json!([
        { "name": "USER_ID", "value": "local:ana" },
        { "name": "GENERATION", "value": "7" },
        { "name": "LAUNCH_TOKEN", "value": "a.b.c" },
    ]));
    task["capacityProviderName"] = "FARGATE_SPOT".into();
    task["createdAt"] = json!(1_900_000_000.125);
    let ana = UserId::new("local:ana").expect("valid");
    let expect = ObservedTask {
        owner: Some(Owner::User(ana, Generation(7))),
        capacity: Some(Capacity::Spot),
        created_at: Some(Timestamp(1_900_000_000_125)),
        ..unknown("a")
    };
    assert_eq!(observed(task).await, expect);

    let mut spare = launched_with(json!([{ "name": "SPARE_ID", "value": "a-1" }]));
    spare["capacityProviderName"] = "FARGATE".into();
    let spare = observed(spare).await;
    assert_eq!(spare.owner, Some(Owner::Spare(SpareId::new("a-1").expect("valid"))));
    assert_eq!(spare.capacity, Some(Capacity::OnDemand));

    let not_ours = [
        json!([{ "name": "USER_ID", "value": "ana" }]),
        json!([{ "name": "GENERATION", "value": "7" }]),
        json!([{ "name": "USER_ID", "value": "a#b" }, { "name": "GENERATION", "value": "7" }]),
        json!([{ "name": "USER_ID", "value": "ana" }, { "name": "GENERATION", "value": "x" }]),
        json!([{ "name": "SPARE_ID", "value": "a b" }]),
        json!([]),
    ];
    for variables in not_ours {
        assert_eq!(observed(launched_with(variables.clone())).await.owner, None, "{variables}");
    }
}

#[tokio::test]
async fn a_task_that_never_ran_is_told_from_one_that_ended() {
    let stopped = |code: &str| json!({ "taskArn": "a", "lastStatus": "STOPPED", "stopCode": code });
    let failed = observed(stopped("TaskFailedToStart")).await;
    assert!(failed.stopped && failed.failed_to_start);
    for code in ["EssentialContainerExited", "SpotInterruption", "SomethingNew"] {
        let ended = observed(stopped(code)).await;
        assert!(ended.stopped && !ended.failed_to_start, "{code}");
    }
}

/// "Could not look" must never read as "is gone" (I9).
#[tokio::test]
async fn a_task_that_could_not_be_looked_up_is_not_missing() {
    let failures = json!([{ "arn": "a", "reason": "ACCESS_DENIED" }]);
    let server = Answers::start([Answer::ok(json!({ "tasks": [], "failures": failures }))]);
    compute(&server).describe(&[TaskArn("a".into())]).await.expect_err("says nothing");
}
