//! The gateway as a child: a small shell script stands in for it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use bridge::{Config, GatewayProcess, GatewayState, Launch, Orphans};
use domain::{Generation, LaunchToken, Owner};
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, Uid};
use serde_json::json;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::time::timeout;
use tokio_util::task::TaskTracker;

use crate::support::user;

const SECRET: [u8; 32] = [7; 32];

fn launch(dir: &Path, script: &str) -> Launch {
    let token = LaunchToken::new(Owner::User(user(), Generation(1)), SECRET).expose();
    let config = Config::from_lookup(|name| {
        Some(match name {
            "USER_ID" => "ana".to_owned(),
            "GENERATION" => "1".into(),
            "LAUNCH_TOKEN" => token.clone(),
            "WS_URL" => "ws://127.0.0.1:1/".into(),
            "OPENCLAW_COMMAND" => json!(["/bin/sh", "-c", script]).to_string(),
            "STATE_DIR" => dir.display().to_string(),
            "PATH" => "/usr/bin:/bin".into(),
            // What ECS and an operator might have around.
            "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI" => "/v2/credentials".into(),
            "AWS_SECRET_ACCESS_KEY" | "ANTHROPIC_API_KEY" => "secret".into(),
            _ => return None,
        })
    })
    .expect("complete");
    Launch {
        program: config.gateway,
        port: 1,
        token: "gateway-token".into(),
        model_key: "proxy-key".into(),
        config: json!({ "gateway": { "mode": "local" } }),
        stop_within: Duration::from_millis(500),
        orphans: Orphans::default(),
    }
}

fn start(dir: &Path, script: &str) -> GatewayProcess {
    GatewayProcess::start(launch(dir, script), &TaskTracker::new())
}

/// The text of a file of the state directory, once it is there and complete.
async fn text_of(path: PathBuf) -> String {
    let read = async {
        loop {
            match std::fs::read_to_string(&path) {
                Ok(text) if text.ends_with('\n') => return text,
                _ => tokio::time::sleep(Duration::from_millis(5)).await,
            }
        }
    };
    let waited = timeout(Duration::from_secs(10), read).await;
    waited.unwrap_or_else(|_| panic!("{} was never written", path.display()))
}

async fn pid_in(path: PathBuf) -> i32 {
    text_of(path).await.trim().parse().expect("a pid")
}

/// A zombie that nobody reaps is dead, too.
fn is_alive(pid: i32) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let state = status.rsplit(')').next().and_then(|rest| rest.trim().chars().next());
    state.is_some_and(|state| state != 'Z')
}

async fn until_dead(pid: i32) {
    let gone = async {
        while is_alive(pid) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    assert!(timeout(Duration::from_secs(10), gone).await.is_ok(), "process {pid} still lives");
}

#[tokio::test]
async fn the_agent_sees_nothing_but_the_listed_variables() {
    let dir = TempDir::new().expect("a directory");
    let gateway = start(dir.path(), "env | sort > env.new; mv env.new env; exec sleep 1000");
    let environment = text_of(dir.path().join("env")).await;
    gateway.stop().await;
    let names: Vec<_> = environment.lines().filter_map(|line| line.split('=').next()).collect();
    let allowed = [
        "DO_NOT_TRACK",
        "HOME",
        "MODEL_PROXY_KEY",
        "OPENCLAW_DISABLE_BONJOUR",
        "OPENCLAW_GATEWAY_PORT",
        "OPENCLAW_GATEWAY_TOKEN",
        "OPENCLAW_NO_AUTO_UPDATE",
        "OPENCLAW_NO_RESPAWN",
        "OPENCLAW_STATE_DIR",
        "PATH",
        // The shell's own.
        "PWD",
        "SHLVL",
        "_",
    ];
    for name in &names {
        assert!(allowed.contains(name), "{name} leaked");
    }
    assert!(names.contains(&"OPENCLAW_GATEWAY_TOKEN"));
    let secret = LaunchToken::new(Owner::User(user(), Generation(1)), SECRET).expose();
    assert!(!environment.contains(&secret) && !environment.contains("secret"));
}

/// The test above, in a process that knows of a bot.
#[tokio::test]
async fn the_agent_sees_nothing_of_the_bot() {
    let me = std::env::current_exe().expect("this test");
    let output = tokio::process::Command::new(me)
        .args(["--exact", "process::the_agent_sees_nothing_but_the_listed_variables"])
        .env("TELEGRAM_TOKEN_PARAMETER", "/claw/telegram")
        .env("TELEGRAM_API_URL", "http://127.0.0.1:1/bot1:token")
        .env("TELEGRAM_BOT_TOKEN", "1:token")
        .kill_on_drop(true)
        .output();
    let output = timeout(Duration::from_secs(30), output).await.expect("it ends").expect("it ran");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}

#[tokio::test]
async fn the_configuration_is_there_before_the_gateway_starts() {
    let dir = TempDir::new().expect("a directory");
    let gateway = start(dir.path(), "cp openclaw.json seen; echo >> seen; exec sleep 1000");
    assert!(text_of(dir.path().join("seen")).await.contains(r#""mode": "local""#));
    gateway.stop().await;
}

#[tokio::test]
async fn a_gateway_that_dies_is_started_again() {
    let dir = TempDir::new().expect("a directory");
    let script = "echo x >> starts; [ $(wc -l < starts) -ge 3 ] || exit 1; exec sleep 1000";
    let gateway = start(dir.path(), script);
    let mut state = gateway.state();
    let third = state.wait_for(|state| *state == GatewayState::Started { times: 3 });
    assert!(timeout(Duration::from_secs(10), third).await.is_ok());
    gateway.stop().await;
    assert_eq!(*state.borrow_and_update(), GatewayState::Stopped);
}

#[tokio::test]
async fn a_killed_gateway_is_started_again() {
    let dir = TempDir::new().expect("a directory");
    let gateway = start(dir.path(), "echo $$ > pid.$$; mv pid.$$ pid; exec sleep 1000");
    let first = pid_in(dir.path().join("pid")).await;
    kill(Pid::from_raw(first), Signal::SIGKILL).expect("it runs");
    let mut state = gateway.state();
    let second = state.wait_for(|state| *state == GatewayState::Started { times: 2 });
    assert!(timeout(Duration::from_secs(10), second).await.is_ok());
    gateway.stop().await;
}

#[tokio::test]
async fn a_gateway_that_refuses_its_configuration_is_given_up() {
    let dir = TempDir::new().expect("a directory");
    let gateway = start(dir.path(), "echo x >> starts; exit 78");
    let mut state = gateway.state();
    let given_up = state.wait_for(|state| matches!(state, GatewayState::GivenUp(_)));
    assert!(timeout(Duration::from_secs(10), given_up).await.is_ok());
    let starts = std::fs::read_to_string(dir.path().join("starts")).expect("it ran");
    assert_eq!(starts.lines().count(), 3);
}

#[tokio::test]
async fn a_stop_lets_the_gateway_end_by_itself() {
    let dir = TempDir::new().expect("a directory");
    let script = "trap 'echo done > end; exit 0' TERM; echo > up; while :; do sleep 0.01; done";
    let gateway = start(dir.path(), script);
    text_of(dir.path().join("up")).await;
    gateway.stop().await;
    let end = std::fs::read_to_string(dir.path().join("end"));
    assert_eq!(end.expect("it was asked, not killed"), "done\n");
}

#[tokio::test]
async fn a_gateway_that_does_not_stop_is_killed_with_all_it_started() {
    let dir = TempDir::new().expect("a directory");
    let script = "trap '' TERM; sleep 1000 & echo $! > helper; \
                  echo $$ > pid.$$; mv pid.$$ pid; while :; do sleep 0.01; done";
    let gateway = start(dir.path(), script);
    let main = pid_in(dir.path().join("pid")).await;
    let helper = pid_in(dir.path().join("helper")).await;
    timeout(Duration::from_secs(10), gateway.stop()).await.expect("it ends");
    until_dead(main).await;
    until_dead(helper).await;
}

#[tokio::test]
async fn what_a_dead_gateway_left_behind_is_killed() {
    let dir = TempDir::new().expect("a directory");
    let script = "sleep 1000 & echo $! > helper.new; mv helper.new helper; exit 1";
    let gateway = start(dir.path(), script);
    let helper = pid_in(dir.path().join("helper")).await;
    until_dead(helper).await;
    gateway.stop().await;
}

#[tokio::test]
async fn as_root_the_agent_gets_a_user_of_its_own() {
    if !Uid::effective().is_root() {
        // Only root can give a process another user.
        return;
    }
    let dir = TempDir::new().expect("a directory");
    let script = "id -u > id.new; id -G >> id.new; stat -c %u openclaw.json >> id.new; \
                  mv id.new id; exec sleep 1000";
    let mut launch = launch(dir.path(), script);
    launch.program.run_as = Some((12_345, 12_346));
    let gateway = GatewayProcess::start(launch, &TaskTracker::new());
    assert_eq!(text_of(dir.path().join("id")).await, "12345\n12346\n12345\n");
    gateway.stop().await;
}

const DIR_OF_THE_KILLED: &str = "BRIDGE_TEST_KILLED_DIR";

/// Not a test by itself: the process that the next test kills.
#[tokio::test]
#[ignore = "run by a_gateway_does_not_outlive_a_killed_bridge"]
async fn a_bridge_to_be_killed() {
    let dir = PathBuf::from(std::env::var(DIR_OF_THE_KILLED).expect("set by the test below"));
    let _gateway = start(&dir, "echo $$ > pid.new; mv pid.new pid; exec sleep 1000");
    std::future::pending::<()>().await;
}

#[tokio::test]
async fn a_gateway_does_not_outlive_a_killed_bridge() {
    let dir = TempDir::new().expect("a directory");
    let me = std::env::current_exe().expect("this test");
    let mut bridge = tokio::process::Command::new(me)
        .args(["--exact", "process::a_bridge_to_be_killed", "--ignored"])
        .env(DIR_OF_THE_KILLED, dir.path())
        .stdout(std::process::Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .expect("this test starts again");
    let gateway = pid_in(dir.path().join("pid")).await;
    assert!(is_alive(gateway));
    bridge.kill().await.expect("it runs");
    until_dead(gateway).await;
}

/// Runs one of the tests marked as not for themselves, in a process that has no other children.
async fn alone(test: &str) {
    let dir = TempDir::new().expect("a directory");
    let me = std::env::current_exe().expect("this test");
    let output = tokio::process::Command::new(me)
        .args(["--exact", &format!("process::{test}"), "--ignored"])
        .env(DIR_OF_THE_KILLED, dir.path())
        .kill_on_drop(true)
        .output();
    let output = timeout(Duration::from_secs(30), output).await.expect("it ends").expect("it ran");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}

fn dir_of_the_lonely() -> PathBuf {
    std::env::var(DIR_OF_THE_KILLED).expect("set by `alone`").into()
}

fn start_above_orphans(dir: &Path, script: &str) -> GatewayProcess {
    let orphans = Orphans::take_in().expect("Linux can");
    tokio::spawn(orphans.clone().bury());
    let launch = Launch { orphans, ..launch(dir, script) };
    GatewayProcess::start(launch, &TaskTracker::new())
}

/// In a session of its own, where no signal to the gateway's group arrives, and without a parent.
const ORPHAN: &str =
    "sh -c 'setsid sh -c \"$TOOL\" & '; while [ ! -e orphan ]; do sleep 0.01; done;";

fn leaving_behind(tool: &str, then: &str) -> String {
    format!("export TOOL='{tool}'; {ORPHAN} {then}")
}

#[tokio::test]
async fn an_orphan_that_dies_is_buried() {
    alone("buries_an_orphan").await;
}

#[tokio::test]
#[ignore = "run by an_orphan_that_dies_is_buried"]
async fn buries_an_orphan() {
    let dir = dir_of_the_lonely();
    let tool = "echo $$ > orphan.new; mv orphan.new orphan; sleep 0.2";
    let gateway = start_above_orphans(&dir, &leaving_behind(tool, "exec sleep 1000"));
    let orphan = pid_in(dir.join("orphan")).await;
    until_buried(orphan).await;
    assert_eq!(*gateway.state().borrow(), GatewayState::Started { times: 1 });
    gateway.stop().await;
}

async fn until_buried(pid: i32) {
    let gone = async {
        while Path::new(&format!("/proc/{pid}")).exists() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    assert!(timeout(Duration::from_secs(10), gone).await.is_ok(), "{pid} is still there");
}

#[tokio::test]
async fn an_orphan_ends_with_its_gateway() {
    alone("ends_an_orphan").await;
}

#[tokio::test]
#[ignore = "run by an_orphan_ends_with_its_gateway"]
async fn ends_an_orphan() {
    let dir = dir_of_the_lonely();
    // Deaf, with a child that becomes an orphan when it is killed.
    let tool = "trap \"\" TERM; echo $$ > orphan.new; mv orphan.new orphan; \
                sleep 1000 & echo $! > child.new; mv child.new child; wait; sleep 1000";
    let gateway = start_above_orphans(&dir, &leaving_behind(tool, "exec sleep 1000"));
    let orphan = pid_in(dir.join("orphan")).await;
    let child = pid_in(dir.join("child")).await;
    gateway.stop().await;
    assert!(!is_alive(orphan) && !is_alive(child));
    until_buried(orphan).await;
    until_buried(child).await;
}

#[tokio::test]
async fn an_orphan_is_asked_before_it_is_killed() {
    alone("asks_an_orphan").await;
}

#[tokio::test]
#[ignore = "run by an_orphan_is_asked_before_it_is_killed"]
async fn asks_an_orphan() {
    let dir = dir_of_the_lonely();
    let tool = "trap \"echo done > end; exit 0\" TERM; echo $$ > orphan.new; \
                mv orphan.new orphan; while :; do sleep 0.01; done";
    let gateway = start_above_orphans(&dir, &leaving_behind(tool, "exec sleep 1000"));
    pid_in(dir.join("orphan")).await;
    gateway.stop().await;
    assert_eq!(std::fs::read_to_string(dir.join("end")).expect("it was asked"), "done\n");
}

#[tokio::test]
async fn a_gateways_own_end_is_seen_among_orphans_and_theirs_is_before_the_next_start() {
    alone("sees_the_gateways_end").await;
}

#[tokio::test]
#[ignore = "run by a_gateways_own_end_is_seen_among_orphans_and_theirs_is_before_the_next_start"]
async fn sees_the_gateways_end() {
    let dir = dir_of_the_lonely();
    let tool = "echo $$ > orphan.new; mv orphan.new orphan; exec sleep 1000";
    let script = leaving_behind(tool, "cat orphan >> orphans; rm orphan; exit 78");
    let gateway = start_above_orphans(&dir, &script);
    let mut state = gateway.state();
    // Three refusals: only the exit status says so.
    let given_up = state.wait_for(
        |state| matches!(state, GatewayState::GivenUp(reason) if reason.contains("configuration")),
    );
    timeout(Duration::from_secs(20), given_up).await.expect("it is given up").expect("it says so");
    let orphans = std::fs::read_to_string(dir.join("orphans")).expect("it ran");
    let orphans: Vec<i32> = orphans.lines().map(|pid| pid.parse().expect("a pid")).collect();
    assert_eq!(orphans.len(), 3);
    for orphan in orphans {
        until_buried(orphan).await;
    }
}

/// The real program, where AWS takes calls and never answers.
fn the_bridge(aws: &std::net::TcpListener, keys: &Path) -> tokio::process::Child {
    let aws = format!("http://{}", aws.local_addr().expect("bound"));
    let token = LaunchToken::new(Owner::User(user(), Generation(1)), SECRET).expose();
    tokio::process::Command::new(env!("CARGO_BIN_EXE_bridge"))
        .env_clear()
        .envs([
            ("USER_ID", "ana"),
            ("GENERATION", "1"),
            ("LAUNCH_TOKEN", &token),
            ("WS_URL", "ws://127.0.0.1:1/"),
            ("BRIDGE_PORT", "0"),
            ("OPENCLAW_COMMAND", r#"["/bin/false"]"#),
            ("MODEL_PARAMETER", "/model"),
            ("AWS_REGION", "eu-central-1"),
            ("AWS_ENDPOINT_URL", &aws),
            ("AWS_ACCESS_KEY_ID", "local"),
            ("AWS_SECRET_ACCESS_KEY", "local"),
            ("WS_MANAGEMENT_URL", &aws),
            ("DATA_BUCKET", "data"),
            ("TABLE_TASK_STATE", "TaskState"),
            ("TABLE_PENDING_MESSAGES", "PendingMessages"),
            ("TABLE_CONVERSATIONS", "Conversations"),
            ("TABLE_CONNECTIONS", "Connections"),
            ("TABLE_SETTINGS", "Settings"),
            ("SNAPSHOT_KEY_FILE", &keys.join("snapshot.key").display().to_string()),
        ])
        .stdout(std::process::Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("it was built with this test")
}

#[tokio::test]
async fn signals_ask_for_the_end_once_or_change_nothing() {
    let aws = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let keys = tempfile::tempdir().expect("a directory");
    let mut bridge = the_bridge(&aws, keys.path());
    let mut log = BufReader::new(bridge.stdout.take().expect("piped")).lines();
    while let Some(line) = log.next_line().await.expect("text") {
        if line.contains("listening") {
            break;
        }
    }
    let pid = i32::try_from(bridge.id().expect("it runs")).expect("a pid");
    for signal in [Signal::SIGHUP, Signal::SIGPIPE, Signal::SIGTERM, Signal::SIGTERM] {
        kill(Pid::from_raw(pid), signal).expect("it runs");
    }
    let ended = timeout(Duration::from_secs(20), bridge.wait()).await.expect("it ends");
    assert_eq!(ended.expect("we wait").code(), Some(0));
}
