//! What happened, in the order in which it did: what a ledger is checked against.

use domain::{
    ConversationId, Generation, InboxState, MessageId, SnapshotId, SpareId, TaskArn, Timestamp,
    UserId,
};
use tokio::time::Instant;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub at: Instant,
    pub user: Option<UserId>,
    pub effect: Effect,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    Accepted {
        conversation: ConversationId,
        id: MessageId,
        at: Timestamp,
    },
    Leased {
        id: MessageId,
        generation: Generation,
    },
    /// The reply is recorded.
    Ended {
        conversation: ConversationId,
        id: MessageId,
        state: InboxState,
        generation: Generation,
    },
    Cancelled {
        id: MessageId,
    },
    Claimed {
        generation: Generation,
    },
    SpareClaimed {
        generation: Generation,
        spare: SpareId,
    },
    Launched {
        arn: TaskArn,
    },
    /// A write that only this generation may make.
    Wrote {
        generation: Generation,
    },
    Running {
        generation: Generation,
    },
    Stopping {
        generation: Generation,
    },
    /// Given up from outside, and waited for.
    Abandoned {
        generation: Generation,
    },
    Released {
        generation: Generation,
    },
    /// With this snapshot, or with nothing.
    Began {
        generation: Generation,
        snapshot: Option<SnapshotId>,
    },
    Saved {
        generation: Generation,
        snapshot: SnapshotId,
    },
    /// It lies in the repository, and the row does not say so yet.
    Stored {
        generation: Generation,
        snapshot: SnapshotId,
        at: Timestamp,
    },
    /// What a simulation saw beside the tables.
    Seen(Seen),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// The agent runs on the user's state, restored for this generation.
    GatewayUp(Generation),
    /// It runs no more, and its state is saved.
    GatewayDown(Generation),
    /// Frozen or cut off, or ECS has lost it: nobody can wait for its word.
    OutOfReach(Generation),
    Died(Generation),
}
