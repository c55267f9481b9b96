//! The use cases over the world in memory.
#![allow(dead_code, reason = "each test file uses its part")]

pub(crate) mod odd;

use std::sync::Arc;
use std::time::Duration;

use control_plane::{
    AcceptMessage, CheckSpending, Connect, EnsureTask, FollowTask, Incoming, ReadConversations,
    ResumeStream, TaskChange, TaskEvent, Tell,
};
use domain::{
    Capacity, Channel, ConnectionId, ConversationId, Generation, LaunchToken, MessageId, Owner,
    ReplyTo, Spare, SpareId, SpareStatus, SpendRules, TaskArn, TaskPolicy, UserId,
};
use platform::{Clock, Connection, LaunchRequest, ObservedTask, Peer};
use platform_sim::World;

pub(crate) struct Cases {
    pub(crate) world: World,
    pub(crate) user: UserId,
}

pub(crate) fn cases() -> Cases {
    Cases { world: World::default(), user: UserId::new("ana").expect("valid") }
}

impl Cases {
    pub(crate) fn accept(&self) -> AcceptMessage {
        AcceptMessage {
            inbox: self.world.inbox(),
            clock: Arc::new(self.world.clock().clone()),
            spending: CheckSpending {
                usage: self.world.usage(),
                settings: self.world.settings(),
                clock: Arc::new(self.world.clock().clone()),
                rules: SpendRules::none(),
            },
            follow_up: TaskPolicy::default().follow_up,
        }
    }

    pub(crate) fn ensure(&self) -> EnsureTask {
        EnsureTask {
            tasks: self.world.tasks(),
            spares: Some(self.world.spares()),
            compute: self.world.compute(),
            releases: self.world.releases(),
            push: self.world.push(),
            clock: Arc::new(self.world.clock().clone()),
            metrics: self.world.metrics(),
            policy: TaskPolicy::default(),
            entropy: || [7; 32],
        }
    }

    pub(crate) fn connect(&self) -> Connect {
        Connect {
            connections: self.world.connections(),
            tasks: self.world.tasks(),
            spares: self.world.spares(),
            clock: Arc::new(self.world.clock().clone()),
        }
    }

    pub(crate) fn follow(&self) -> FollowTask {
        FollowTask {
            tasks: self.world.tasks(),
            inbox: self.world.inbox(),
            ensure: self.ensure(),
            tell: self.tell(),
            clock: Arc::new(self.world.clock().clone()),
        }
    }

    pub(crate) fn tell(&self) -> Tell {
        Tell {
            connections: self.world.connections(),
            push: self.world.push(),
            clock: Arc::new(self.world.clock().clone()),
        }
    }

    pub(crate) fn resume(&self) -> ResumeStream {
        ResumeStream {
            inbox: self.world.inbox(),
            ensure: self.ensure(),
            clock: Arc::new(self.world.clock().clone()),
        }
    }

    pub(crate) fn read(&self) -> ReadConversations {
        ReadConversations {
            conversations: self.world.conversations(),
            inbox: self.world.inbox(),
            clock: Arc::new(self.world.clock().clone()),
        }
    }

    pub(crate) async fn say(&self, id: &str) -> control_plane::Accepted {
        self.accept().run(&self.user, incoming(id)).await.expect("accepted")
    }

    /// A bridge as far as the tables see it: connected and Running.
    pub(crate) async fn bridge_is_up(&self) -> ConnectionId {
        let launch = self.world.launches().pop().expect("a launch");
        let Owner::User(user, generation) = &launch.token.owner else { panic!("a spare") };
        let id = ConnectionId::new(format!("bridge{generation}")).expect("valid");
        self.connect().bridge(&launch.token, id.clone()).await.expect("current");
        let (tasks, now) = (self.world.tasks(), self.world.clock().now());
        let woke_in = Duration::from_secs(9);
        tasks.set_running(user, *generation, woke_in, now).await.expect("current");
        id
    }

    pub(crate) async fn spare_is_up(&self, id: &str) -> SpareId {
        let id = SpareId::new(id).expect("valid");
        let (world, launched_at) = (&self.world, self.world.clock().now());
        let token = LaunchToken::new(Owner::Spare(id.clone()), [5; 32]);
        let expires_at = launched_at + Duration::from_secs(86_400);
        let spare = Spare {
            id: id.clone(),
            status: SpareStatus::Starting,
            launch_token_sha256: token.sha256(),
            task_arn: None,
            connection: None,
            launched_at,
            expires_at,
        };
        world.spares().add(&spare).await.expect("added");
        let (capacity, expires_at) = (Capacity::Spot, Some(expires_at));
        let request = LaunchRequest { attempt: 1, capacity, definition: None, token, expires_at };
        let arn = world.compute().launch(&request).await.expect("launched");
        world.spares().record_launched(&id, &arn).await.expect("there");
        world.spares().set_ready(&id).await.expect("there");
        id
    }

    /// A client's connection that is open.
    pub(crate) async fn client(&self, id: &str) -> ConnectionId {
        let id = ConnectionId::new(id).expect("valid");
        let connection = Connection {
            id: id.clone(),
            peer: Peer::Client(self.user.clone()),
            connected_at: self.world.clock().now(),
        };
        self.world.connections().register(&connection).await.expect("registers");
        id
    }
}

/// The n-th task that was launched.
pub(crate) fn arn(n: u64) -> TaskArn {
    TaskArn(format!("arn:sim:task/{n}"))
}

/// ECS says that the n-th task stopped, which is of generation n.
pub(crate) fn stopped(user: &UserId, n: u64) -> TaskEvent {
    let task = ObservedTask {
        arn: arn(n),
        owner: Some(Owner::User(user.clone(), Generation(n))),
        capacity: Some(Capacity::Spot),
        created_at: None,
        stopped: true,
        failed_to_start: false,
        stopped_reason: None,
        definition: None,
    };
    TaskEvent { task, change: TaskChange::Stopped, version: 7 }
}

pub(crate) fn failed_to_start(user: &UserId, n: u64) -> TaskEvent {
    let mut event = stopped(user, n);
    event.task.failed_to_start = true;
    event
}

pub(crate) fn incoming(id: &str) -> Incoming {
    Incoming {
        id: message_id(id),
        conversation: ConversationId::default(),
        channel: Channel::Web,
        reply_to: ReplyTo::None,
        text: format!("text of {id}"),
        attachments: Vec::new(),
        album: None,
    }
}

pub(crate) fn message_id(id: &str) -> MessageId {
    MessageId::new(id).expect("valid")
}
