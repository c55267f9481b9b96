//! The use cases over the world in memory.
#![allow(dead_code, reason = "each test file uses its part")]

use std::sync::Arc;

use control_plane::{
    AcceptMessage, Connect, EnsureTask, FollowTask, Incoming, ReadConversations, ResumeStream, Tell,
};
use domain::{Channel, ConnectionId, ConversationId, MessageId, ReplyTo, TaskPolicy, UserId};
use platform::{Clock, Connection, ConnectionKind};
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
        AcceptMessage { inbox: self.world.inbox(), clock: Arc::new(self.world.clock().clone()) }
    }

    pub(crate) fn ensure(&self) -> EnsureTask {
        EnsureTask {
            tasks: self.world.tasks(),
            compute: self.world.compute(),
            push: self.world.push(),
            clock: Arc::new(self.world.clock().clone()),
            policy: TaskPolicy::default(),
            entropy: || [7; 32],
        }
    }

    pub(crate) fn connect(&self) -> Connect {
        Connect {
            connections: self.world.connections(),
            tasks: self.world.tasks(),
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

    /// A client's connection that is open.
    pub(crate) async fn client(&self, id: &str) -> ConnectionId {
        let id = ConnectionId::new(id).expect("valid");
        let connection = Connection {
            id: id.clone(),
            user: self.user.clone(),
            kind: ConnectionKind::Client,
            connected_at: self.world.clock().now(),
        };
        self.world.connections().register(&connection).await.expect("registers");
        id
    }
}

pub(crate) fn incoming(id: &str) -> Incoming {
    Incoming {
        id: message_id(id),
        conversation: ConversationId::default(),
        channel: Channel::Web,
        reply_to: ReplyTo::None,
        text: format!("text of {id}"),
    }
}

pub(crate) fn message_id(id: &str) -> MessageId {
    MessageId::new(id).expect("valid")
}
