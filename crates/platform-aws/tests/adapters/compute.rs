//! RunTask as we ask it, and what ECS may say to it.

use domain::{Capacity, Generation, LaunchToken, TaskArn, UserId};
use platform::{Compute, LaunchError, LaunchRequest, ObservedTask};
use platform_aws::EcsCompute;
use platform_aws::config::Ecs;
use serde_json::{Value, json};

use crate::support::{Answer, Answers, aws_at};

const ARN: &str = "arn:aws:ecs:eu-west-1:123456789012:task/openclaw/0123456789abcdef";

fn compute(server: &Answers) -> EcsCompute {
    let ecs = Ecs {
        cluster: "openclaw".into(),
        task_definition: "openclaw-bridge".into(),
        subnets: vec!["subnet-a".into(), "subnet-b".into()],
        security_groups: vec!["sg-a".into()],
        container: "bridge".into(),
    };
    EcsCompute::new(aws_at(server.url()).ecs(), ecs)
}

fn request(capacity: Capacity, attempt: u32) -> LaunchRequest {
    let (user, generation) = (UserId::new("ana").expect("valid"), Generation(7));
    let token = LaunchToken::new(user.clone(), generation, [3; 32]);
    LaunchRequest { user, generation, attempt, capacity, token }
}

async fn launched(answer: Answer) -> Result<TaskArn, LaunchError> {
    let server = Answers::start([answer]);
    compute(&server).launch(&request(Capacity::Spot, 0)).await
}

fn started() -> Answer {
    Answer::ok(json!({ "tasks": [{ "taskArn": ARN }], "failures": [] }))
}

async fn asked_for(capacity: Capacity, attempt: u32) -> Value {
    let server = Answers::start([started()]);
    let arn = compute(&server).launch(&request(capacity, attempt)).await.expect("starts");
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
    let task = |arn: &str, stopped, reason: Option<&str>| ObservedTask {
        arn: TaskArn(arn.into()),
        stopped,
        stopped_reason: reason.map(str::to_owned),
    };
    assert_eq!(observed, [task("a", false, None), task("b", true, Some("Spot"))]);
    let sizes: Vec<usize> = server
        .asked()
        .iter()
        .map(|asked| asked.json()["tasks"].as_array().expect("a list").len())
        .collect();
    assert_eq!(sizes, [100, 1]);
}

/// "Could not look" must never read as "is gone" (I9).
#[tokio::test]
async fn a_task_that_could_not_be_looked_up_is_not_missing() {
    let failures = json!([{ "arn": "a", "reason": "ACCESS_DENIED" }]);
    let server = Answers::start([Answer::ok(json!({ "tasks": [], "failures": failures }))]);
    compute(&server).describe(&[TaskArn("a".into())]).await.expect_err("says nothing");
}
