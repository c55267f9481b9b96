//! `bridge::run` as the process runs it, with a gateway in a process of its own. Only AWS is a
//! world in memory.

use std::future::pending;
use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bridge::{
    Config, Memories, ModelApi, ModelAuth, ModelCost, ModelSettings, ModelSource, Orphans, Ports,
    StateDir,
};
use domain::{
    Channel, Generation, InboxState, LaunchToken, MessageId, Outcome, Owner, Phase, ReplyTo,
    StoredMessage, TaskStatus, UserId,
};
use futures_util::SinkExt;
use gateway_client::scripted::{ScriptedGateway, ScriptedOptions};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use platform::{Clock, Inbox, Memory, NewMessage};
use platform_sim::{Disk, World};
use protocol::{Nudge, ServerFrame};
use serde_json::json;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::broadcast;
use tokio::time::{Instant, timeout};
use tokio_tungstenite::tungstenite::Message;
use tokio_util::sync::CancellationToken;

use crate::support::{NoModel, connection, conversation, ports, shown, until, user, world_at};

/// Not a test by itself: the program that the tests give as OpenClaw.
#[tokio::test]
#[ignore = "run as the gateway of the tests below"]
async fn a_gateway() {
    let variable = |name: &str| std::env::var(name).expect("the bridge sets it");
    let dir = variable("OPENCLAW_STATE_DIR");
    let options = ScriptedOptions {
        token: variable("OPENCLAW_GATEWAY_TOKEN"),
        port: variable("OPENCLAW_GATEWAY_PORT").parse().expect("a port"),
        state_dir: Some(dir.clone().into()),
        ..ScriptedOptions::default()
    };
    let _gateway = ScriptedGateway::start(options).await.expect("the port is free");
    std::fs::write(Path::new(&dir).join("pid"), std::process::id().to_string()).expect("written");
    pending::<()>().await;
}

/// Snapshots in memory, of a disk that is not the gateway's.
struct Remembered(World);

impl Memories for Remembered {
    fn of(
        &self,
        user: &UserId,
        _: &StateDir,
        _: Option<(u32, u32)>,
        _: Arc<dyn Clock>,
    ) -> Arc<dyn Memory> {
        self.0.memory(user, &Disk::default())
    }
}

fn remembered(world: &World) -> Arc<dyn Memories> {
    Arc::new(Remembered(world.clone()))
}

struct Demo;

#[async_trait]
impl ModelSource for Demo {
    async fn load(&self) -> platform::Result<ModelSettings> {
        Ok(ModelSettings {
            provider: "demo".into(),
            api: ModelApi::OpenaiCompletions,
            base_url: "http://127.0.0.1:1".into(),
            api_key: String::new(),
            model: "demo".into(),
            context_window: 128_000,
            max_tokens: 4_096,
            cost: ModelCost::default(),
            alternatives: Vec::new(),
            api_key_parameter: None,
            auth: ModelAuth::Key,
        })
    }
}

/// A bridge of generation 1, its line, and the means to stop it.
struct Life {
    world: World,
    dir: TempDir,
    nudges: broadcast::Sender<String>,
    shutdown: CancellationToken,
    bridge: tokio::task::JoinHandle<anyhow::Result<()>>,
}

impl Life {
    async fn begin(idle_seconds: u64) -> Self {
        Self::with_model(idle_seconds, Arc::new(Demo)).await
    }

    async fn with_model(idle_seconds: u64, model: Arc<dyn ModelSource>) -> Self {
        let (world, dir) = (world_at(1).await, TempDir::new().expect("a directory"));
        put(&world, "m1", "hello").await;
        let shutdown = CancellationToken::new();
        let nudges = broadcast::Sender::new(16);
        let config = config(dir.path(), idle_seconds, answer_calls(nudges.clone()).await);
        let ports = Ports { model, ..ports(&world, world.push()) };
        let stopped = shutdown.clone().cancelled_owned();
        let bridge = tokio::spawn(bridge::run(
            config,
            ports,
            remembered(&world),
            Orphans::default(),
            stopped,
        ));
        Self { world, dir, nudges, shutdown, bridge }
    }

    async fn send(&self, id: &str, text: &str) {
        put(&self.world, id, text).await;
        let nudge = Nudge::Inbox { message_id: id.into() };
        let _ = self.nudges.send(serde_json::to_string(&nudge).expect("JSON"));
    }

    fn row_state(&self, message: &str) -> InboxState {
        let rows = self.world.inbox_of(&user());
        rows.into_iter().find(|row| row.id.as_str() == message).expect("it was put").state
    }

    async fn until_done(&self, message: &str) {
        until(|| self.row_state(message) == InboxState::Done).await;
    }

    fn frames(&self) -> Vec<ServerFrame> {
        self.world.pushed(&connection("tab1"))
    }

    async fn reply(&self, message: &str) -> StoredMessage {
        let (conversations, now) = (self.world.conversations(), self.world.clock().now());
        let of = conversation("default");
        let page = conversations.history(&user(), &of, None, 100, now).await.expect("no faults");
        let mut found = page.messages.into_iter().filter(|row| row.id.as_str() == message);
        found.nth(1).expect("a pair")
    }

    fn gateway_pid(&self) -> i32 {
        let text = std::fs::read_to_string(self.dir.path().join("pid")).expect("it runs");
        text.parse().expect("a pid")
    }

    async fn end(self) -> (World, anyhow::Result<()>) {
        let ended = timeout(Duration::from_secs(20), self.bridge).await;
        (self.world, ended.expect("it ends in time").expect("no panic"))
    }
}

fn config(dir: &Path, idle_seconds: u64, ws_url: String) -> Config {
    let token = LaunchToken::new(Owner::User(user(), Generation(1)), [1; 32]).expose();
    let gateway = std::env::current_exe().expect("this test");
    let command = json!([gateway, "--exact", "whole::a_gateway", "--ignored"]).to_string();
    let read = |name: &str| {
        Some(match name {
            "USER_ID" => "ana".to_owned(),
            "GENERATION" => "1".into(),
            "LAUNCH_TOKEN" => token.clone(),
            "WS_URL" => ws_url.clone(),
            "OPENCLAW_COMMAND" => command.clone(),
            "STATE_DIR" => dir.display().to_string(),
            "GATEWAY_PORT" | "BRIDGE_PORT" => "0".into(),
            "IDLE_TIMEOUT_SECONDS" => idle_seconds.to_string(),
            _ => return None,
        })
    };
    Config::from_lookup(read).expect("complete")
}

/// The WebSocket API: takes the bridge's calls and passes nudges on.
async fn answer_calls(nudges: broadcast::Sender<String>) -> String {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
    let url = format!("ws://{}/", listener.local_addr().expect("bound"));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let mut nudges = nudges.subscribe();
            let mut line = tokio_tungstenite::accept_async(stream).await.expect("a handshake");
            tokio::spawn(async move {
                while let Ok(nudge) = nudges.recv().await {
                    let _ = line.send(Message::text(nudge)).await;
                }
            });
        }
    });
    url
}

async fn put(world: &World, id: &str, text: &str) {
    world.clock().advance(Duration::from_millis(1));
    let message = NewMessage {
        id: MessageId::new(id).expect("valid"),
        conversation: conversation("default"),
        channel: Channel::Web,
        reply_to: ReplyTo::Connection { id: connection("tab1") },
        text: text.into(),
        attachments: Vec::new(),
        album: None,
        received_at: world.clock().now(),
        due_at: world.clock().now(),
    };
    Inbox::put(world, &user(), &message).await.expect("no faults");
}

#[tokio::test]
async fn a_message_that_waits_is_answered_and_an_idle_bridge_leaves() {
    let life = Life::begin(1).await;
    life.until_done("m1").await;
    let gateway = life.gateway_pid();
    assert_eq!(life.reply("m1").await.text, "You said: hello");
    let (world, outcome) = life.end().await;
    outcome.expect("an idle end is a good end");
    assert_eq!(shown(&world.pushed(&connection("tab1")), "m1"), "You said: hello");
    let task = world.task(&user());
    assert_eq!((task.status, task.released), (TaskStatus::Idle, Generation(1)));
    assert!(kill(Pid::from_raw(gateway), None).is_err(), "the gateway is gone");
}

#[tokio::test]
async fn a_gateway_killed_mid_reply_is_restarted_and_the_user_gets_the_answer() {
    let life = Life::begin(300).await;
    life.until_done("m1").await;
    life.send("m2", "[[demo tokens=60 delay=50]]").await;
    let is_streaming = || shown(&life.frames(), "m2").len() > 40;
    until(is_streaming).await;
    kill(Pid::from_raw(life.gateway_pid()), Signal::SIGKILL).expect("it runs");
    life.until_done("m2").await;
    let reply = life.reply("m2").await;
    assert_eq!(reply.outcome, Some(Outcome::Complete), "{reply:?}");
    assert!(reply.text.ends_with("word0060 "), "{}", reply.text);
    life.shutdown.cancel();
    let (world, outcome) = life.end().await;
    outcome.expect("a stop is a good end");
    let frames = world.pushed(&connection("tab1"));
    assert_eq!(shown(&frames, "m2"), reply.text);
    let restarting = |frame: &ServerFrame| {
        matches!(
            frame,
            ServerFrame::Status { phase: Some(Phase::StartingGateway), detail: Some(_), .. }
        )
    };
    assert!(frames.iter().any(restarting), "the user was told");
}

#[tokio::test]
async fn a_signal_mid_reply_lets_the_reply_finish() {
    let life = Life::begin(300).await;
    life.until_done("m1").await;
    life.send("m2", "[[demo tokens=40 delay=50]]").await;
    until(|| !shown(&life.frames(), "m2").is_empty()).await;
    life.shutdown.cancel();
    let reply = life.reply_at_the_end("m2").await;
    assert!(reply.ends_with("word0040 "), "{reply}");
}

impl Life {
    async fn reply_at_the_end(self, message: &str) -> String {
        let (world, outcome) = self.end().await;
        outcome.expect("a stop is a good end");
        shown(&world.pushed(&connection("tab1")), message)
    }
}

#[tokio::test]
async fn a_signal_during_the_start_ends_it_at_once() {
    let life = Life::begin(300).await;
    let began = Instant::now();
    life.shutdown.cancel();
    let (world, outcome) = life.end().await;
    outcome.expect("a stop is a good end");
    assert!(began.elapsed() < Duration::from_secs(5));
    let rows = world.inbox_of(&user());
    assert_eq!(rows[0].state, InboxState::Pending, "for the next machine");
}

#[tokio::test]
async fn a_bridge_without_a_model_gives_the_message_back_and_fails() {
    let life = Life::with_model(300, Arc::new(NoModel)).await;
    let (world, outcome) = life.end().await;
    assert!(outcome.is_err(), "an operator must see it");
    let row = &world.inbox_of(&user())[0];
    assert_eq!((row.state, row.attempts), (InboxState::Pending, 1));
    assert_eq!(world.task(&user()).status, TaskStatus::Idle);
}

#[tokio::test]
async fn a_stale_launch_ends_well_without_starting_anything() {
    let (world, dir) = (world_at(2).await, TempDir::new().expect("a directory"));
    let config = config(dir.path(), 1, "ws://127.0.0.1:1/".into());
    let ports = ports(&world, world.push());
    let outcome =
        bridge::run(config, ports, remembered(&world), Orphans::default(), pending()).await;
    outcome.expect("finding that one is late is a good end");
    assert_eq!(std::fs::read_dir(dir.path()).expect("there").count(), 0);
    assert_eq!(world.task(&user()).status, TaskStatus::Starting);
}
