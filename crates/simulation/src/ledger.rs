//! What must be true when all is over, whatever happened (I1 to I5).

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use domain::TaskPolicy;
use domain::{
    ConversationId, Generation, InboxMessage, InboxState, MessageId, SnapshotId, Timestamp, UserId,
};
use platform::Metric;
use platform_sim::{Effect, Entry, Seen};
use tokio::time::Instant;

use crate::people::Heard;
use crate::stage::Stage;

pub(crate) fn check(stage: &Stage, users: &[UserId], heard: &[Heard]) {
    let log = stage.world.log();
    for user in users {
        let entries: Vec<&Entry> =
            log.iter().filter(|entry| entry.user.as_ref() == Some(user)).collect();
        let mut book = Book::new(stage, user);
        entries.iter().for_each(|entry| book.read(entry));
        book.close();
        let rows = stage.world.inbox_of(user);
        accepted_is_kept(stage, user, &rows, heard);
    }
    let dead = log.iter().filter(|entry| is_dead(&entry.effect)).count() as u64;
    stage.count(|counts| counts.dead = dead);
    let counted = stage.world.counted(Metric::DeadMessages);
    // Whoever dies between the two counts nothing.
    let calls_died = stage.plan.rates.crashes > 0.0 || stage.plan.machines.can_die();
    if counted > dead || (counted < dead && !calls_died) {
        stage.problem(format!("{dead} messages are dead, and {counted} were counted"));
    }
}

fn is_dead(effect: &Effect) -> bool {
    matches!(effect, Effect::Ended { state: InboxState::Dead, .. })
}

/// I1: whoever was told `accepted` finds the message ended, and in order of acceptance.
fn accepted_is_kept(stage: &Stage, user: &UserId, rows: &[InboxMessage], heard: &[Heard]) {
    let row_of = |id: &MessageId| rows.iter().find(|row| row.id == *id);
    let said = heard.iter().filter(|tab| tab.user == *user).flat_map(|tab| &tab.said);
    let accepted: Vec<_> = said.filter(|said| said.accepted_at.is_some()).collect();
    for said in &accepted {
        match row_of(&said.id) {
            None => stage.problem(format!("I1: {} was accepted, and there is no row", said.id)),
            Some(row) if row.state.is_open() => {
                stage.problem(format!("I1: {} was accepted, and is {:?}", said.id, row.state));
            }
            Some(_) => {}
        }
    }
    // Sent after another was accepted: stamped after it, from whichever tab.
    for first in &accepted {
        for second in &accepted {
            let after = Some(second.sent_at) > first.accepted_at;
            let pair = (row_of(&first.id), row_of(&second.id));
            if let (true, (Some(one), Some(two))) = (after, pair)
                && one.received_at >= two.received_at
            {
                stage.problem(format!(
                    "I5: {} was accepted before {} was sent, and is stamped later",
                    one.id, two.id
                ));
            }
        }
    }
}

/// A user's log, read from its beginning.
struct Book<'a> {
    stage: &'a Stage,
    user: &'a UserId,
    generation: Generation,
    accepted: BTreeMap<MessageId, (ConversationId, Timestamp)>,
    ended: BTreeSet<MessageId>,
    cancelled: BTreeSet<MessageId>,
    /// By conversation, in the order of their ends.
    order: BTreeMap<ConversationId, Vec<(Timestamp, MessageId)>>,
    last_stamp: Option<Timestamp>,
    /// Gateways that run, or that nobody can tell.
    up: BTreeSet<Generation>,
    out_of_reach: BTreeSet<Generation>,
    last_end: Option<Instant>,
    /// Of the current generation.
    task: Current,
    memory: Memories,
}

/// What the agent remembers, by the log.
#[derive(Default)]
struct Memories {
    /// Whose snapshot, written when by its own clock, and whether a younger generation had begun.
    stored: BTreeMap<SnapshotId, (Generation, Timestamp, bool)>,
    /// Where it stands: the youngest that has begun, and what was recorded last.
    begun: Generation,
    base: Option<SnapshotId>,
}

#[derive(Default)]
struct Current {
    claimed_at: Option<Instant>,
    running: bool,
    /// Stopping, or released.
    ending: bool,
}

/// A Lambda reads the state this long after its message may have been answered by others.
const STALE_FOR: Duration = Duration::from_secs(60);

impl<'a> Book<'a> {
    fn new(stage: &'a Stage, user: &'a UserId) -> Self {
        Self {
            stage,
            user,
            generation: Generation(0),
            accepted: BTreeMap::new(),
            ended: BTreeSet::new(),
            cancelled: BTreeSet::new(),
            order: BTreeMap::new(),
            last_stamp: None,
            up: BTreeSet::new(),
            out_of_reach: BTreeSet::new(),
            last_end: None,
            task: Current { ending: true, ..Current::default() },
            memory: Memories::default(),
        }
    }

    fn problem(&self, what: impl std::fmt::Display) {
        self.stage.problem(format!("{}: {what}", self.user));
    }

    fn read(&mut self, entry: &Entry) {
        match &entry.effect {
            Effect::Accepted { conversation, id, at } => self.accepted(conversation, id, *at),
            Effect::Cancelled { id } => {
                self.cancelled.insert(id.clone());
            }
            Effect::Leased { generation, .. } => self.writes("leased", *generation),
            Effect::Wrote { generation } => self.writes("wrote", *generation),
            Effect::Ended { conversation, id, state, generation } => {
                self.writes("ended a message", *generation);
                self.ends(conversation, id, *state);
                self.last_end = Some(entry.at);
            }
            Effect::Claimed { generation } => self.claimed(*generation, entry.at),
            Effect::Running { .. } => self.task.running = true,
            Effect::Stopping { .. } => self.task.ending = true,
            Effect::Abandoned { generation } => self.task.ending |= *generation == self.generation,
            Effect::Released { generation } => self.released(*generation),
            Effect::Seen(seen) => self.saw(*seen),
            Effect::SpareClaimed { .. } => self.stage.count(|counts| counts.spares_claimed += 1),
            Effect::Launched { .. } => {}
            Effect::Stored { generation, snapshot, at } => {
                let late = *generation < self.memory.begun;
                self.memory.stored.insert(snapshot.clone(), (*generation, *at, late));
            }
            Effect::Saved { generation, snapshot } => self.recorded(*generation, snapshot),
            Effect::Began { generation, snapshot } => self.began(*generation, snapshot.as_ref()),
        }
    }

    /// I5: later than everything that was accepted before.
    fn accepted(&mut self, conversation: &ConversationId, id: &MessageId, at: Timestamp) {
        if self.last_stamp.is_some_and(|last| last >= at) {
            self.problem(format!("I5: {id} is stamped {at:?}, not after the one before"));
        }
        self.last_stamp = Some(at);
        if self.accepted.insert(id.clone(), (conversation.clone(), at)).is_some() {
            self.problem(format!("I4: {id} was accepted twice"));
        }
    }

    /// I3: nobody writes but the current generation.
    fn writes(&self, what: &str, generation: Generation) {
        if generation != self.generation {
            self.problem(format!(
                "I3: generation {generation} {what} while {} is current",
                self.generation
            ));
        }
    }

    /// I4.
    fn ends(&mut self, conversation: &ConversationId, id: &MessageId, state: InboxState) {
        if !self.ended.insert(id.clone()) {
            self.problem(format!("I4: {id} has two recorded replies ({state:?} is the second)"));
        }
        let Some((_, at)) = self.accepted.get(id) else {
            return self.problem(format!("I1: {id} was answered and never accepted"));
        };
        if !self.cancelled.contains(id) {
            let place = (*at, id.clone());
            self.order.entry(conversation.clone()).or_default().push(place);
        }
    }

    /// I2, and no launch without need.
    fn claimed(&mut self, generation: Generation, at: Instant) {
        if generation != self.generation.next() {
            self.problem(format!("I2: generation {generation} follows {}", self.generation));
        }
        // Two clocks may differ, and a claim carries the time at which it set out.
        let slow = Duration::from_millis(4_000 + 2 * self.stage.plan.rates.slow_ms);
        let start_within = TaskPolicy::default().start_within - slow;
        let overdue = |began: Instant| at.duration_since(began) >= start_within;
        let overdue = !self.task.running && self.task.claimed_at.is_some_and(overdue);
        if !self.task.ending && !overdue {
            self.problem(format!(
                "I2: generation {generation} was launched beside {}",
                self.generation
            ));
        }
        self.task = Current { claimed_at: Some(at), ..Current::default() };
        self.generation = generation;
        let waiting = self.accepted.keys().any(|id| !self.ended.contains(id));
        let just_now = self.last_end.is_some_and(|end| at.duration_since(end) <= STALE_FOR);
        if !waiting && !just_now {
            self.problem(format!("I8: generation {generation} was launched, and nothing waits"));
        }
    }

    /// I3: whoever is older than the one that has begun says nothing about the memory any more.
    fn recorded(&mut self, generation: Generation, snapshot: &SnapshotId) {
        if generation < self.memory.begun {
            self.problem(format!(
                "I3: generation {generation} recorded a snapshot after {} had begun",
                self.memory.begun
            ));
        }
        self.memory.base = Some(snapshot.clone());
        self.stage.count(|counts| counts.snapshots += 1);
    }

    /// Nothing that was recorded is forgotten, and no zombie's snapshot is picked.
    fn began(&mut self, generation: Generation, from: Option<&SnapshotId>) {
        self.writes("began", generation);
        let place = |id: &SnapshotId| self.memory.stored.get(id).map(|(of, at, _)| (*of, *at));
        let base = self.memory.base.as_ref();
        if from.and_then(place) < base.and_then(place) {
            self.problem(format!(
                "generation {generation} began with {from:?}, and {base:?} had been recorded"
            ));
        }
        let late = from.and_then(|id| self.memory.stored.get(id)).is_some_and(|(_, _, late)| *late);
        if late && from != base {
            self.problem(format!("I3: generation {generation} began with a zombie's {from:?}"));
        }
        self.memory.begun = self.memory.begun.max(generation);
        self.memory.base = from.cloned();
    }

    /// Whoever waits for this word restores the state after it.
    fn released(&mut self, generation: Generation) {
        self.task.ending |= generation == self.generation;
        if self.up.contains(&generation) && !self.out_of_reach.contains(&generation) {
            self.problem(format!(
                "I3: generation {generation} is released while its gateway still runs"
            ));
        }
    }

    fn saw(&mut self, seen: Seen) {
        match seen {
            Seen::GatewayUp(generation) => {
                let zombie = self.out_of_reach.contains(&generation);
                let others = self.up.iter().filter(|other| !self.out_of_reach.contains(other));
                for other in others.filter(|_| !zombie) {
                    self.problem(format!(
                        "I2: the gateways of generations {other} and {generation} run at once"
                    ));
                }
                self.up.insert(generation);
            }
            Seen::GatewayDown(generation) | Seen::Died(generation) => {
                self.up.remove(&generation);
            }
            Seen::OutOfReach(generation) => {
                self.out_of_reach.insert(generation);
            }
        }
    }

    fn close(&self) {
        for (conversation, ends) in &self.order {
            if let Some(pair) = ends.windows(2).find(|pair| pair[0].0 > pair[1].0) {
                self.problem(format!(
                    "I5: in {conversation}, {} was answered before {}, which was accepted first",
                    pair[0].1, pair[1].1
                ));
            }
        }
        for id in self.accepted.keys().filter(|id| !self.ended.contains(id)) {
            self.problem(format!("I1: {id} was accepted and never ended"));
        }
        let counts = (self.accepted.len() as u64, self.ended.len() as u64);
        self.stage.count(|all| {
            all.accepted += counts.0;
            all.ended += counts.1;
            all.claims += self.generation.0;
        });
        self.replies_are_there();
    }

    /// The history has what the log says.
    fn replies_are_there(&self) {
        let recorded = self.stage.world.recorded(self.user);
        for id in &self.ended {
            let times = recorded.iter().filter(|reply| reply.id == *id).count();
            if times != 1 {
                self.problem(format!("I4: {id} ended, and has {times} replies in the history"));
            }
        }
        if recorded.len() != self.ended.len() {
            self.problem("I4: the history has other replies than messages have ended");
        }
    }
}
