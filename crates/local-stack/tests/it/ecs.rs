use std::path::Path;
use std::sync::atomic::Ordering;

use aws_sdk_ecs::{
    operation::run_task::builders::RunTaskFluentBuilder,
    types::{
        AwsVpcConfiguration, CapacityProviderStrategyItem, ContainerOverride, KeyValuePair,
        LaunchType, NetworkConfiguration, Task, TaskOverride, TaskStopCode,
    },
};
use serde_json::json;

use crate::support::{World, eventually, set_script};

/// Says what it was given, and stays until it is told to go.
/// What it says comes after its trap: until then a signal would end it without a word.
const WAITS: &str = r#"
trap 'echo stopping; exit 0' TERM
echo "user=$USER_ID generation=$GENERATION definition=$FROM_DEFINITION endpoint=$AWS_ENDPOINT_URL"
while :; do sleep 0.05; done
"#;
const STUBBORN: &str = r#"
trap '' TERM
sleep 1000 &
echo $! > "$PID_FILE"
while :; do sleep 0.05; done
"#;

fn run_task(world: &World) -> RunTaskFluentBuilder {
    let vpc = AwsVpcConfiguration::builder().subnets("subnet-1").build().expect("subnets");
    let network = NetworkConfiguration::builder().awsvpc_configuration(vpc).build();
    let spot = CapacityProviderStrategyItem::builder().capacity_provider("FARGATE_SPOT").weight(1);
    let variable =
        |name: &str, value: &str| KeyValuePair::builder().name(name).value(value).build();
    let container = ContainerOverride::builder()
        .name("agent")
        .environment(variable("USER_ID", "ana"))
        .environment(variable("GENERATION", "3"));
    world
        .ecs()
        .run_task()
        .cluster("openclaw")
        .task_definition("openclaw-agent")
        .started_by("ana-hash")
        .network_configuration(network)
        .capacity_provider_strategy(spot.build().expect("a provider"))
        .overrides(TaskOverride::builder().container_overrides(container.build()).build())
}

async fn launched(world: &World) -> String {
    let answer = run_task(world).send().await.expect("runs");
    assert!(answer.failures().is_empty(), "{:?}", answer.failures());
    answer.tasks()[0].task_arn().expect("an ARN").to_owned()
}

async fn described(world: &World, arn: &str) -> Task {
    let described = world.ecs().describe_tasks().cluster("openclaw").tasks(arn).send().await;
    described.expect("describes").tasks()[0].clone()
}

async fn reaches(world: &World, arn: &str, status: &str) -> Task {
    eventually(status, || async {
        let task = described(world, arn).await;
        match task.last_status() == Some(status) {
            true => Ok(task),
            false => Err(format!("{:?}", task.last_status())),
        }
    })
    .await
}

/// A task's words come to its log a moment after they were said, its last ones after its end.
async fn says(data: &Path, arn: &str, words: &str) {
    let id = arn.rsplit('/').next().expect("an id");
    let log = data.join("logs").join(format!("task-{id}.log"));
    eventually("the words in the log", || async {
        let said = std::fs::read_to_string(&log).unwrap_or_default();
        if said.contains(words) { Ok(()) } else { Err(said) }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_is_a_process_with_its_environment_and_its_events() {
    let world = World::running(WAITS).await;
    let arn = launched(&world).await;
    let task = reaches(&world, &arn, "RUNNING").await;
    assert_eq!(task.capacity_provider_name(), Some("FARGATE_SPOT"));
    let endpoint = &world.stack.urls.aws_endpoint;
    let expected = format!("user=ana generation=3 definition=for-ana endpoint={endpoint}");
    says(world.dir.path(), &arn, &expected).await;
    let stop = world.ecs().stop_task().cluster("openclaw").task(&arn).reason("enough");
    stop.send().await.expect("stops");
    let task = reaches(&world, &arn, "STOPPED").await;
    assert_eq!(task.stop_code(), Some(&TaskStopCode::UserInitiated));
    assert_eq!(task.stopped_reason(), Some("enough"));
    assert_eq!(task.containers()[0].exit_code(), Some(0));
    says(world.dir.path(), &arn, "stopping").await;
    eventually("all events", || async {
        let seen = world.lambdas.statuses(&arn);
        let all = ["PROVISIONING", "PENDING", "RUNNING", "RUNNING", "STOPPED"];
        if seen == all { Ok(()) } else { Err(format!("{seen:?}")) }
    })
    .await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_ignores_sigterm_is_killed_with_all_its_children() {
    let world = World::with(|config| {
        config.ecs.stop_timeout = std::time::Duration::from_millis(300);
        let file = config.data.join("child.pid").to_str().expect("UTF-8").to_owned();
        config.ecs.inherited.push(("PID_FILE".into(), file));
        set_script(config, STUBBORN);
    })
    .await;
    let arn = launched(&world).await;
    let child = eventually("the child", || async {
        let pid = std::fs::read_to_string(world.dir.path().join("child.pid"));
        pid.ok().and_then(|pid| pid.trim().parse::<i32>().ok()).ok_or("no number yet".to_owned())
    })
    .await;
    world.ecs().stop_task().cluster("openclaw").task(&arn).send().await.expect("stops");
    let task = reaches(&world, &arn, "STOPPED").await;
    assert_eq!(task.containers()[0].exit_code(), Some(137));
    eventually("the child's end", || async {
        // A killed orphan may stay a zombie until somebody collects it.
        let stat = std::fs::read_to_string(format!("/proc/{child}/stat")).unwrap_or_default();
        let gone = stat.is_empty() || stat.contains(") Z ");
        if gone { Ok(()) } else { Err(stat) }
    })
    .await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_token_launches_once() {
    let world = World::running(WAITS).await;
    let launch = || run_task(&world).client_token("ana-3").send();
    let first = launch().await.expect("runs").tasks()[0].task_arn().map(str::to_owned);
    let again = launch().await.expect("repeats").tasks()[0].task_arn().map(str::to_owned);
    assert_eq!(first, again);
    let other = run_task(&world).client_token("ana-3").started_by("bob").send().await;
    let conflict = other.expect_err("another request").into_service_error();
    assert!(conflict.is_conflict_exception(), "{conflict:?}");
    assert!(format!("{conflict:?}").contains(&first.expect("an ARN")), "{conflict:?}");
    assert_eq!(world.stack.aws.tasks().len(), 1);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_capacity_there_are_failures_and_no_task() {
    let world = World::running(WAITS).await;
    let set = |faults| {
        world.stack.set_faults(serde_json::from_value(faults).expect("faults")).expect("usable");
    };
    set(json!({"spotUnavailable": true}));
    let spot = run_task(&world).client_token("t").send().await.expect("200");
    assert!(spot.tasks().is_empty());
    let reason = spot.failures()[0].reason().expect("a reason");
    assert!(reason.starts_with("Capacity is unavailable at this time"), "{reason}");
    let on_demand =
        || run_task(&world).set_capacity_provider_strategy(None).launch_type(LaunchType::Fargate);
    assert_eq!(on_demand().send().await.expect("runs").tasks().len(), 1);
    set(json!({"allUnavailable": true}));
    assert_eq!(on_demand().send().await.expect("200").failures().len(), 1);
    set(json!({}));
    let retried = run_task(&world).client_token("t").send().await.expect("runs");
    assert_eq!(retried.tasks().len(), 1, "a failure does not use a token up");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_start_is_told_by_an_event() {
    let world = World::running(WAITS).await;
    let faults = json!({"failToStart": true, "provisioningDelayMs": 50});
    world.stack.set_faults(serde_json::from_value(faults).expect("faults")).expect("usable");
    let arn = launched(&world).await;
    let task = reaches(&world, &arn, "STOPPED").await;
    assert_eq!(task.stop_code(), Some(&TaskStopCode::TaskFailedToStart));
    assert_eq!(world.lambdas.statuses(&arn).first().map(String::as_str), Some("PROVISIONING"));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_program_is_a_failed_start_too() {
    let world = World::with(|config| config.ecs.bridge = "/nonexistent/bridge".into()).await;
    let arn = launched(&world).await;
    let task = reaches(&world, &arn, "STOPPED").await;
    assert_eq!(task.stop_code(), Some(&TaskStopCode::TaskFailedToStart));
    assert!(task.stopped_reason().is_some_and(|reason| reason.contains("/nonexistent/bridge")));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_is_delivered_again_until_it_is_taken() {
    let world = World::running("exit 7").await;
    world.lambdas.watchdog_failures.store(3, Ordering::SeqCst);
    let arn = launched(&world).await;
    let task = reaches(&world, &arn, "STOPPED").await;
    assert_eq!(task.stop_code(), Some(&TaskStopCode::EssentialContainerExited));
    assert_eq!(task.containers()[0].exit_code(), Some(7));
    eventually("delivery of every state", || async {
        let (seen, left) = (
            world.lambdas.events("watchdog").len(),
            world.lambdas.watchdog_failures.load(Ordering::SeqCst),
        );
        // Four states, and three deliveries that failed.
        if left == 0 && seen == 7 { Ok(()) } else { Err(format!("{seen} events, {left} left")) }
    })
    .await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_that_ecs_would_refuse_are_refused() {
    let world = World::running(WAITS).await;
    let code = |result: Result<_, aws_sdk_ecs::error::SdkError<_>>| {
        let error = result.map(|_: aws_sdk_ecs::operation::run_task::RunTaskOutput| ());
        let error: aws_sdk_ecs::operation::run_task::RunTaskError =
            error.expect_err("refused").into_service_error();
        error.meta().code().unwrap_or_default().to_owned()
    };
    let request = || run_task(&world);
    assert_eq!(code(request().cluster("other").send().await), "ClusterNotFoundException");
    assert_eq!(code(request().task_definition("other").send().await), "ClientException");
    let no_network = request().set_network_configuration(None).send().await;
    assert_eq!(code(no_network), "InvalidParameterException");
    let both = request().launch_type(LaunchType::Fargate).send().await;
    assert_eq!(code(both), "InvalidParameterException");
    let variable = KeyValuePair::builder().name("BIG").value("x".repeat(8192)).build();
    let container = ContainerOverride::builder().name("agent").environment(variable).build();
    let large = TaskOverride::builder().container_overrides(container).build();
    assert_eq!(code(request().overrides(large).send().await), "InvalidParameterException");
    let spaces = request().started_by("a b").send().await;
    assert_eq!(code(spaces), "InvalidParameterException");
    assert!(world.stack.aws.tasks().is_empty());
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tasks_are_listed_by_who_started_them() {
    let world = World::running(WAITS).await;
    for owner in ["ana", "bob", "bob", "bob"] {
        run_task(&world).started_by(owner).send().await.expect("runs");
    }
    let list = world.ecs().list_tasks().cluster("openclaw");
    let bobs = list.clone().started_by("bob").max_results(2).into_paginator().send();
    let pages = bobs.collect::<Result<Vec<_>, _>>().await.expect("pages");
    let arns: Vec<_> = pages.iter().flat_map(|page| page.task_arns()).collect();
    assert_eq!((pages.len(), arns.len()), (2, 3));
    let all = list.send().await.expect("lists");
    assert_eq!(all.task_arns().len(), 4);
    let unknown = world.ecs().describe_tasks().cluster("openclaw").tasks("nope").send().await;
    assert_eq!(unknown.expect("answers").failures()[0].reason(), Some("MISSING"));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_crash_the_lost_tasks_are_reported_as_stopped() {
    let world = World::running(WAITS).await;
    let arn = launched(&world).await;
    reaches(&world, &arn, "RUNNING").await;
    let id = arn.rsplit('/').next().expect("an id").to_owned();
    let record = std::fs::read(world.dir.path().join("ecs").join(format!("{id}.json")));
    let record = record.expect("a running task has a record");
    let dir = world.stop().await;
    // What a crash leaves behind: the record of a task that still runs.
    std::fs::write(dir.path().join("ecs").join(format!("{id}.json")), record).expect("writes");
    let world = World::on(dir, |_| {}).await;
    let task = described(&world, &arn).await;
    assert_eq!(task.last_status(), Some("STOPPED"));
    eventually("the event", || async {
        let seen = world.lambdas.statuses(&arn);
        if seen == ["STOPPED"] { Ok(()) } else { Err(format!("{seen:?}")) }
    })
    .await;
    let record = world.dir.path().join("ecs").join(format!("{id}.json"));
    eventually("the end of the record", || async {
        if record.exists() { Err("still there".to_owned()) } else { Ok(()) }
    })
    .await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stopping_the_stack_stops_its_tasks_in_order() {
    let world = World::running(WAITS).await;
    let arn = launched(&world).await;
    reaches(&world, &arn, "RUNNING").await;
    says(world.dir.path(), &arn, "user=ana").await;
    let lambdas = world.lambdas.clone();
    let dir = world.stop().await;
    says(dir.path(), &arn, "stopping").await;
    assert_eq!(lambdas.statuses(&arn).last().map(String::as_str), Some("STOPPED"));
}

/// Starts a process group that a crashed stack could have left behind.
fn stray() -> std::process::Child {
    use std::os::unix::process::CommandExt;
    let mut sleep = std::process::Command::new("sleep");
    sleep.arg("1000").process_group(0).spawn().expect("sleeps")
}

fn started_ticks(pid: u32) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).expect("it runs");
    let (_, fields) = stat.rsplit_once(')').expect("a name in brackets");
    fields.split_whitespace().nth(19).and_then(|it| it.parse().ok()).expect("a number")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_left_over_process_is_killed_and_a_stranger_with_its_number_is_not() {
    let world = World::running(WAITS).await;
    let arn = launched(&world).await;
    reaches(&world, &arn, "RUNNING").await;
    let records = world.dir.path().join("ecs");
    let id = arn.rsplit('/').next().expect("an id").to_owned();
    let record = std::fs::read(records.join(format!("{id}.json"))).expect("a record");
    let record: serde_json::Value = serde_json::from_slice(&record).expect("JSON");
    let dir = world.stop().await;
    let (mut ours, mut stranger) = (stray(), stray());
    for (name, child, ticks) in
        [("ours", &ours, started_ticks(ours.id())), ("stranger", &stranger, 1)]
    {
        let mut record = record.clone();
        record["id"] = json!(name);
        record["pid"] = json!(child.id());
        record["pid_started"] = json!(ticks);
        std::fs::write(records.join(format!("{name}.json")), record.to_string()).expect("writes");
    }
    let world = World::on(dir, |_| {}).await;
    eventually("the end of the left-over process", || {
        let ended = ours.try_wait().expect("is a child").map(|_| ());
        async move { ended.ok_or_else(|| "running".to_owned()) }
    })
    .await;
    assert!(stranger.try_wait().expect("is a child").is_none(), "a stranger was killed");
    stranger.kill().and_then(|()| stranger.wait()).expect("ends");
    world.stop().await;
}

/// The other process of the test below: a stack that runs a task until it is
/// killed.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "started by `a_killed_stack_takes_its_tasks_along`"]
async fn a_stack_to_be_killed() {
    let world = World::running(WAITS).await;
    let arn = launched(&world).await;
    reaches(&world, &arn, "RUNNING").await;
    let tasks = crate::support::get(&world.url("/local/tasks")).await.json();
    println!("\ntask process {}", tasks[0]["pid"]);
    std::future::pending::<()>().await;
}

#[cfg(target_os = "linux")]
#[test]
fn a_killed_stack_takes_its_tasks_along() {
    use std::io::{BufRead, BufReader};
    let mut stack = std::process::Command::new(std::env::current_exe().expect("this test"))
        .args(["ecs::a_stack_to_be_killed", "--exact", "--ignored", "--nocapture"])
        .stdout(std::process::Stdio::piped())
        .spawn()
        .expect("starts");
    let output = BufReader::new(stack.stdout.take().expect("piped"));
    let mut lines = output.lines().map_while(Result::ok);
    let pid = lines.find_map(|line| line.strip_prefix("task process ")?.parse::<u32>().ok());
    let pid = pid.expect("the other process runs a task");
    assert!(started_ticks(pid) > 0);
    stack.kill().and_then(|()| stack.wait()).expect("ends");
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(10);
    while let Ok(stat) = std::fs::read_to_string(format!("/proc/{pid}/stat")) {
        if stat.contains(") Z ") {
            return;
        }
        assert!(std::time::Instant::now() < deadline, "the task still runs: {stat}");
        std::thread::yield_now();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pool_hears_of_each_end_and_is_looked_after_from_the_start() {
    let world = World::running("exit 7").await;
    let arn = launched(&world).await;
    reaches(&world, &arn, "STOPPED").await;
    let told = eventually("both events", || async {
        let told = world.lambdas.events("prewarm");
        if told.len() == 2 { Ok(told) } else { Err(format!("{told:?}")) }
    })
    .await;
    let kinds: Vec<_> = told.iter().map(|event| &event["detail-type"]).collect();
    assert!(kinds.contains(&&json!("Scheduled Event")), "{kinds:?}");
    let ends: Vec<_> = told.iter().filter(|event| event["detail"]["taskArn"] == arn).collect();
    assert_eq!(ends.len(), 1);
    assert_eq!(ends[0]["detail"]["lastStatus"], "STOPPED");
    world.stop().await;
}
