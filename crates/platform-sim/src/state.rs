//! Everything there is, and the fence that guards it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use domain::{
    ConnectionId, Conversation, ConversationId, Day, DownloadKey, Generation, InboxMessage,
    IncomingKey, MessageId, Release, Schedule, Setting, SettingKey, Skill, SkillName, Snapshot,
    SnapshotId, Spare, SpareId, StoredMessage, TaskState, Timestamp, UploadId, UploadKey, UserId,
};
use platform::{Connection, Metric, WriteError};
use tokio::time::Instant;

use crate::bot::Telegram;
use crate::chats::ChatRows;
use crate::compute::Machines;
use crate::errands;
use crate::faults::Faults;
use crate::links::LinkRows;
use crate::log::{Effect, Entry};
use crate::memory::Repository;
use crate::push::Sockets;
use crate::{deletions, usage};
use crate::{schedules, snapshots};

/// Something that is hidden once its time has come, as a row with a TTL is.
#[derive(Clone, Debug)]
pub(crate) struct Expiring<T> {
    pub(crate) value: T,
    pub(crate) expires: Timestamp,
}

impl<T> Expiring<T> {
    /// DynamoDB counts whole seconds.
    pub(crate) fn is_live(&self, now: Timestamp) -> bool {
        self.expires.epoch_seconds() > now.epoch_seconds()
    }

    pub(crate) fn live(&self, now: Timestamp) -> Option<&T> {
        self.is_live(now).then_some(&self.value)
    }
}

/// A message's place in its conversation.
pub(crate) type Place = (Timestamp, MessageId);
/// The user's message and its reply: written together, read together.
pub(crate) type Pair = [StoredMessage; 2];

#[derive(Default)]
pub(crate) struct Talk {
    /// `None` as well while it is deleted and nothing new was said.
    pub(crate) meta: Option<Expiring<Conversation>>,
    pub(crate) deleted_until: Option<Timestamp>,
    pub(crate) pairs: BTreeMap<Place, Expiring<Pair>>,
}

/// Ordered maps, so that a seed repeats what it did.
#[derive(Default)]
pub(crate) struct State {
    pub(crate) tasks: BTreeMap<UserId, TaskState>,
    pub(crate) release: Release,
    pub(crate) spares: BTreeMap<SpareId, Spare>,
    pub(crate) inbox: BTreeMap<UserId, BTreeMap<MessageId, Expiring<InboxMessage>>>,
    pub(crate) talks: BTreeMap<(UserId, ConversationId), Talk>,
    pub(crate) connections: BTreeMap<ConnectionId, Expiring<Connection>>,
    pub(crate) snapshots: BTreeMap<UserId, BTreeMap<snapshots::Place, Snapshot>>,
    pub(crate) chosen: BTreeMap<(UserId, SettingKey), Setting>,
    pub(crate) schedules: BTreeMap<schedules::Of, Schedule>,
    pub(crate) alarms: BTreeMap<schedules::Of, Schedule>,
    pub(crate) repositories: BTreeMap<UserId, Repository>,
    pub(crate) saves_hang: bool,
    pub(crate) restores_take: Duration,
    pub(crate) uploads: BTreeMap<UploadKey, Vec<u8>>,
    pub(crate) skills: BTreeMap<UserId, BTreeMap<SkillName, (Skill, Vec<u8>)>>,
    pub(crate) errands: BTreeMap<(UserId, UploadId), Expiring<errands::Row>>,
    pub(crate) incoming: BTreeMap<IncomingKey, Vec<u8>>,
    pub(crate) downloads: BTreeMap<DownloadKey, Vec<u8>>,
    pub(crate) kept_files: BTreeMap<(UserId, SnapshotId), BTreeMap<String, Vec<u8>>>,
    pub(crate) usage: BTreeMap<(UserId, Day), Expiring<usage::DayRow>>,
    pub(crate) deletions: deletions::Marks,
    pub(crate) exports: BTreeMap<(UserId, String), Vec<u8>>,
    pub(crate) exports_under_way: usize,
    pub(crate) accounts: BTreeSet<UserId>,
    pub(crate) sign_outs: BTreeMap<UserId, u32>,
    pub(crate) everybodys_wakes_ms: Vec<u64>,
    pub(crate) counted: BTreeMap<Metric, u64>,
    pub(crate) telegram: Telegram,
    pub(crate) links: LinkRows,
    pub(crate) chats: ChatRows,
    pub(crate) machines: Machines,
    pub(crate) sockets: Sockets,
    pub(crate) faults: Faults,
    pub(crate) log: Vec<Entry>,
}

impl State {
    pub(crate) fn task(&self, user: &UserId) -> TaskState {
        self.tasks.get(user).cloned().unwrap_or_else(|| TaskState::idle(user.clone()))
    }

    pub(crate) fn note(&mut self, user: &UserId, effect: Effect) {
        self.log.push(Entry { at: Instant::now(), user: Some(user.clone()), effect });
    }

    /// The user's row, if `generation` is its current one and has not been released (I3).
    pub(crate) fn current(
        &mut self,
        user: &UserId,
        generation: Generation,
    ) -> Result<&mut TaskState, WriteError> {
        let task = self.tasks.get_mut(user).ok_or(WriteError::Fenced)?;
        if !task.is_current(generation) {
            return Err(WriteError::Fenced);
        }
        self.log.push(Entry {
            at: Instant::now(),
            user: Some(user.clone()),
            effect: Effect::Wrote { generation },
        });
        Ok(task)
    }
}
