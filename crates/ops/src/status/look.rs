//! What there is to be seen.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use domain::{
    Capacity, InboxMessage, InboxState, Release, SpareStatus, TaskState, TaskStatus, Timestamp,
    UserId,
};
use futures_util::future::try_join_all;
use futures_util::{StreamExt, TryStreamExt, stream};
use platform::{DUE_SHARDS, ObservedTask};
use platform_aws::InboxCount;

use crate::output::{counted, span};
use crate::ports::Ports;

/// Later than any mark.
const EVER: Timestamp = Timestamp(9_999_999_999_999);
/// Inboxes that are read at once.
const AT_ONCE: usize = 8;
/// A launch is overdue after as long (`TaskPolicy::starting`), so nobody should wait longer.
const WAITS_TOO_LONG: Duration = Duration::from_secs(300);

pub(crate) struct Seen {
    pub(super) now: Timestamp,
    /// Those whom the watchdog has a mark for: awake, or something waits.
    pub(super) users: Vec<SeenUser>,
    pub(super) unreadable: Vec<String>,
    pub(super) tasks: Vec<ObservedTask>,
    pub(super) spares: Vec<SpareStatus>,
    pub(super) leaving: Vec<UserId>,
    pub(super) release: Release,
    /// Of everybody, if that was asked for.
    pub(super) everybodys: Option<InboxCount>,
}

pub(crate) struct SeenUser {
    pub(super) state: TaskState,
    /// Without texts.
    pub(super) inbox: Vec<InboxMessage>,
}

pub(super) async fn at(ports: &Ports, all: bool) -> anyhow::Result<Seen> {
    let now = ports.clock.now();
    let tasks = &ports.api.ensure.tasks;
    let due = try_join_all((0..DUE_SHARDS).map(|shard| tasks.due(shard, EVER))).await?;
    let (mut ids, mut unreadable) = (BTreeSet::new(), Vec::new());
    for shard in due {
        ids.extend(shard.users);
        unreadable.extend(shard.unreadable);
    }
    let ids: Vec<UserId> = ids.into_iter().collect();
    let mut states = Vec::new();
    for row in tasks.get_many(&ids).await? {
        match row {
            Ok(state) => states.push(state),
            Err(error) => unreadable.push(error.key),
        }
    }
    let compute = &ports.api.ensure.compute;
    let arns = compute.list().await?;
    let spares = ports.spares.all().await?.into_iter().map(|spare| spare.status);
    let everybodys = match all {
        true => Some(ports.repair.count_everybodys(now).await?),
        false => None,
    };
    Ok(Seen {
        now,
        users: with_inboxes(ports, states, now).await?,
        unreadable,
        tasks: compute.describe(&arns).await?,
        spares: spares.collect(),
        release: ports.api.ensure.releases.get().await?,
        leaving: ports.api.delete.deletions.due(EVER).await?,
        everybodys,
    })
}

/// By their names.
async fn with_inboxes(
    ports: &Ports,
    states: Vec<TaskState>,
    now: Timestamp,
) -> anyhow::Result<Vec<SeenUser>> {
    let read = states.into_iter().map(|state| async move {
        let inbox = ports.api.accept.inbox.outline(&state.user, now).await?;
        Ok::<_, platform::Unavailable>(SeenUser { state, inbox })
    });
    let mut users: Vec<SeenUser> = stream::iter(read).buffered(AT_ONCE).try_collect().await?;
    users.sort_by(|a, b| a.state.user.cmp(&b.state.user));
    Ok(users)
}

impl SeenUser {
    pub(super) fn is_awake(&self) -> bool {
        self.state.status != TaskStatus::Idle
    }

    pub(super) fn count(&self, state: InboxState) -> usize {
        self.inbox.iter().filter(|row| row.state == state).count()
    }

    pub(super) fn open(&self) -> usize {
        self.inbox.iter().filter(|row| row.state.is_open()).count()
    }

    pub(super) fn oldest_open(&self) -> Option<Timestamp> {
        self.inbox.iter().filter(|row| row.state.is_open()).map(|row| row.received_at).min()
    }

    /// `None`: nothing of this agent is saved.
    pub(super) fn saved_at(&self) -> Option<Timestamp> {
        Some(self.state.base.as_ref()?.snapshot.as_ref()?.at)
    }
}

impl Seen {
    pub(super) fn with_status(&self, status: TaskStatus) -> usize {
        self.users.iter().filter(|user| user.state.status == status).count()
    }

    pub(super) fn on(&self, capacity: Capacity) -> usize {
        self.tasks.iter().filter(|task| task.capacity == Some(capacity)).count()
    }

    pub(super) fn oldest_open(&self) -> Option<(Timestamp, &UserId)> {
        let oldest = |user: &'_ SeenUser| user.oldest_open();
        let users = self.users.iter();
        users.filter_map(|user| Some((oldest(user)?, &user.state.user))).min()
    }

    /// Whose messages were given up, and how many.
    pub(super) fn dead(&self) -> BTreeMap<UserId, usize> {
        if let Some(count) = &self.everybodys {
            return count.dead.clone();
        }
        let users = self.users.iter();
        let dead = users.map(|user| (user.state.user.clone(), user.count(InboxState::Dead)));
        dead.filter(|(_, dead)| *dead > 0).collect()
    }

    /// What is not as it should be, and what to do.
    pub(super) fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if let Some((at, user)) = self.oldest_open()
            && self.now.since(at) > WAITS_TOO_LONG
        {
            let since = span(self.now.since(at));
            problems.push(format!(
                "a message of `{user}` waits for {since}: ops user show {user}; ops doctor"
            ));
        }
        for user in self.users.iter().filter(|user| user.state.failed_launches > 0) {
            let launches = match user.state.failed_launches {
                1 => "the last launch".to_owned(),
                more => format!("the last {more} launches"),
            };
            let id = &user.state.user;
            problems.push(format!(
                "{launches} for `{id}` came to nothing: ops doctor; then the bridge's log"
            ));
        }
        for (user, dead) in self.dead() {
            let dead = counted(dead, "message");
            problems.push(format!(
                "{dead} of `{user}` given up: ops inbox list --user {user} --state dead"
            ));
        }
        for key in &self.unreadable {
            problems.push(format!("the row {key} of the task table cannot be read"));
        }
        problems
    }
}
