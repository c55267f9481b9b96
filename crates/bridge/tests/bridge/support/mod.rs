//! A bridge in a world in memory, with an agent that plays scripts.

mod agent;
mod pushes;
mod telegram;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bridge::{Bridge, Halt, ModelSettings, ModelSource, Policy, Ports, Relay, Telegram, Workspace};
use domain::{
    Channel, ConnectionId, ConversationId, Generation, InboxMessage, InboxState, MessageId,
    ReplyTo, StoredMessage, TaskStatus, UserId,
};
use platform::{Claim, Clock, Connection, Inbox, NewMessage, Peer, Push, Tasks, Unavailable};
use platform_sim::World;
use protocol::ServerFrame;
use tempfile::TempDir;
use tokio_util::task::TaskTracker;

pub(crate) use agent::{Scripted, Sessions, Step, say, say_slowly};
pub(crate) use pushes::{SlowPush, Watched};
pub(crate) use telegram::{GROUP, Killer, PRIVATE, WatchedBot, put_in};

pub(crate) struct Stage {
    pub(crate) world: World,
    pub(crate) user: UserId,
    pub(crate) agent: Arc<Scripted>,
    pub(crate) bridge: Arc<Bridge>,
    pub(crate) tabs: Vec<ConnectionId>,
    /// Where the agent works.
    pub(crate) state_dir: TempDir,
}

pub(crate) fn user() -> UserId {
    UserId::new("ana").expect("valid")
}

pub(crate) fn id(text: &str) -> MessageId {
    MessageId::new(text).expect("valid")
}

pub(crate) fn conversation(text: &str) -> ConversationId {
    ConversationId::new(text).expect("valid")
}

pub(crate) fn connection(text: &str) -> ConnectionId {
    ConnectionId::new(text).expect("valid")
}

/// A user whose task of this generation is running.
pub(crate) async fn world_at(generation: u64) -> World {
    let world = World::default();
    for _ in 0..generation {
        claim(&world).await;
    }
    world
}

/// Another launch wins: whoever ran before is fenced.
pub(crate) async fn claim(world: &World) -> Generation {
    let seen = world.task(&user());
    let claim = Claim {
        seen_status: seen.status,
        seen_generation: seen.generation,
        launch_token_sha256: "hash".into(),
        now: world.clock().now(),
        due_at: world.clock().now(),
    };
    world.claim_launch(&user(), &claim).await.expect("nobody else claims")
}

pub(crate) async fn open_tab(world: &World, name: &str) -> ConnectionId {
    let row = Connection {
        id: connection(name),
        peer: Peer::Client(user()),
        connected_at: world.clock().now(),
    };
    world.connections().register(&row).await.expect("no faults");
    row.id
}

pub(crate) async fn put(world: &World, message: &str, conversation_id: &str) {
    world.clock().advance(Duration::from_millis(1));
    let message = NewMessage {
        id: id(message),
        conversation: conversation(conversation_id),
        channel: Channel::Web,
        reply_to: ReplyTo::Connection { id: connection("tab1") },
        text: format!("text of {message}"),
        attachments: Vec::new(),
        album: None,
        received_at: world.clock().now(),
        due_at: world.clock().now(),
    };
    Inbox::put(world, &user(), &message).await.expect("no faults");
}

pub(crate) fn ports(world: &World, push: Arc<dyn Push>) -> Ports {
    Ports {
        tasks: world.tasks(),
        inbox: world.inbox(),
        connections: world.connections(),
        conversations: world.conversations(),
        push,
        settings: world.settings(),
        snapshots: world.snapshots(),
        uploads: world.uploads(),
        usage: world.usage(),
        bot: Some(world.bot()),
        links: world.links(),
        chats: world.chats(),
        skills: world.skills(),
        errands: world.errands(),
        incoming: world.incoming(),
        downloads: world.downloads(),
        releases: world.releases(),
        metrics: world.metrics(),
        clock: Arc::new(world.clock().clone()),
        model: Arc::new(NoModel),
    }
}

pub(crate) struct NoModel;

#[async_trait]
impl ModelSource for NoModel {
    async fn load(&self) -> platform::Result<ModelSettings> {
        Err(Unavailable::new("model.load", "this world has no model"))
    }
}

impl Stage {
    pub(crate) async fn new(agent: Scripted) -> Self {
        Self::with_push(agent, |world| world.push()).await
    }

    /// Generation 1 of a user with two tabs.
    pub(crate) async fn with_push(
        agent: Scripted,
        push: impl FnOnce(&World) -> Arc<dyn Push>,
    ) -> Self {
        let world = world_at(1).await;
        let push = push(&world);
        Self::in_world(world, agent, push).await
    }

    pub(crate) async fn in_world(world: World, agent: Scripted, push: Arc<dyn Push>) -> Self {
        let ports = ports(&world, push);
        Self::with_ports(world, agent, ports).await
    }

    pub(crate) async fn with_ports(world: World, agent: Scripted, ports: Ports) -> Self {
        let (agent, user) = (Arc::new(agent), user());
        let generation = world.task(&user).generation;
        let (tasks, halt) = (TaskTracker::new(), Halt::default());
        let relay = Relay::new(user.clone(), ports.clone(), tasks.clone());
        let shown_until = halt.aborting.clone();
        let telegram = Telegram::new(user.clone(), ports.clone(), tasks.clone(), shown_until);
        let state_dir = TempDir::new().expect("a directory");
        let workspace = Workspace { state_dir: state_dir.path().into(), owner: None };
        let bridge = Bridge::new(
            (user.clone(), generation),
            ports,
            agent.clone(),
            (relay, telegram),
            (halt, tasks),
            Policy::default(),
            workspace,
        );
        let mut stage = Self { world, user, agent, bridge, tabs: Vec::new(), state_dir };
        for tab in ["tab1", "tab2"] {
            stage.open_tab(tab).await;
        }
        stage
    }

    pub(crate) async fn open_tab(&mut self, name: &str) -> ConnectionId {
        let id = open_tab(&self.world, name).await;
        self.tabs.push(id.clone());
        id
    }

    pub(crate) async fn put(&self, message: &str, conversation_id: &str) {
        put(&self.world, message, conversation_id).await;
    }

    pub(crate) fn start(&self) {
        self.bridge.tasks.spawn(bridge::catch_up(self.bridge.clone()));
        self.bridge.tasks.spawn(bridge::drain(self.bridge.clone()));
    }

    pub(crate) fn row(&self, message: &str) -> InboxMessage {
        let rows = self.world.inbox_of(&self.user);
        rows.into_iter().find(|row| row.id.as_str() == message).expect("the message was put")
    }

    pub(crate) async fn until(&self, message: &str, state: InboxState) {
        until(|| self.row(message).state == state).await;
    }

    /// Until nothing runs and everything was sent.
    pub(crate) async fn settle(&self) {
        self.bridge.activity.until_not_busy().await;
        self.bridge.relay.finish(Duration::from_secs(60)).await;
    }

    pub(crate) async fn history(&self, conversation_id: &str) -> Vec<StoredMessage> {
        let (conversation, now) = (conversation(conversation_id), self.world.clock().now());
        let conversations = self.world.conversations();
        let page = conversations.history(&self.user, &conversation, None, 10_000, now).await;
        page.expect("no faults").messages
    }

    pub(crate) fn frames(&self, tab: usize) -> Vec<ServerFrame> {
        self.world.pushed(&self.tabs[tab])
    }

    /// What the tab shows of a reply, checking every offset on the way.
    pub(crate) fn shown(&self, tab: usize, message: &str) -> String {
        shown(&self.frames(tab), message)
    }

    pub(crate) fn ends(&self, tab: usize) -> Vec<String> {
        let ends = self.frames(tab).into_iter().filter_map(|frame| match frame {
            ServerFrame::StreamEnd { message_id, .. } => Some(message_id),
            _ => None,
        });
        ends.collect()
    }

    pub(crate) fn status(&self) -> TaskStatus {
        self.world.task(&self.user).status
    }
}

pub(crate) fn shown(frames: &[ServerFrame], message: &str) -> String {
    let mut text = String::new();
    for frame in frames {
        match frame {
            ServerFrame::StreamChunk { message_id, offset, content, .. }
                if message_id == message =>
            {
                assert_eq!(*offset, domain::text::utf16_len(&text), "a hole in {message}");
                text.push_str(content);
            }
            ServerFrame::StreamSnapshot { message_id, content, .. } if message_id == message => {
                text.clone_from(content);
            }
            _ => {}
        }
    }
    text
}

/// Waits for a condition; fails with the place that waited.
#[track_caller]
pub(crate) fn until(mut condition: impl FnMut() -> bool) -> impl Future<Output = ()> {
    let place = std::panic::Location::caller();
    async move {
        let waited = tokio::time::timeout(Duration::from_secs(600), async {
            while !condition() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        });
        assert!(waited.await.is_ok(), "the condition at {place} was not met");
    }
}
