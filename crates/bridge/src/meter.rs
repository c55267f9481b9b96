//! What this life of the bridge has done and used, until it is on record.
//!
//! Counts gather here and are written in batches: after each reply, with the touch of each active
//! minute, and at the end. A batch keeps its number until it is known to be written, so an answer
//! that is lost counts nothing twice. Time awake is counted from the launch, and only under the
//! fence: of two generations that overlap, the younger one's counts. What a bridge that is fenced
//! or dies has not written is lost, a minute of activity at most.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::time::Duration;

use domain::usage::awake_by_day;
use domain::{Capacity, Channel, Day, Reply, TaskState, Timestamp, UsageCounts};
use platform::{Metric, UsageBatch, WriteError};
use tokio::time::timeout;
use tracing::warn;

use crate::bridge::Bridge;
use crate::chain::chain;

/// A reply has ended by then; its count may wait.
const WRITTEN_WITHIN: Duration = Duration::from_secs(2);

#[derive(Default)]
pub(crate) struct Meter {
    counted: Mutex<Counted>,
    /// One writer at a time, in order.
    writing: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Counted {
    /// Not in a batch yet.
    counts: UsageCounts,
    /// Up to when time awake is in a batch. `None`: nobody has said since when we are up.
    awake_until: Option<Timestamp>,
    capacity: Option<Capacity>,
    last_number: u64,
    /// Not known to be written.
    batches: VecDeque<UsageBatch>,
    /// By this life.
    written: UsageCounts,
}

impl Meter {
    /// As of the launch, from which AWS counts, too.
    pub(crate) fn begin(&self, state: &TaskState, now: Timestamp) {
        let mut counted = self.lock();
        counted.awake_until = Some(state.launched_at.unwrap_or(now));
        counted.capacity = state.capacity;
    }

    pub(crate) fn note_wake(&self) {
        self.lock().counts.add(&UsageCounts::of_wake());
    }

    pub(crate) fn note_reply(&self, channel: Channel, reply: &Reply) {
        self.lock().counts.add(&UsageCounts::of_reply(channel, reply));
    }

    /// What of this month is not known to be on record.
    pub(crate) fn unwritten(&self, month: Day, now: Timestamp) -> UsageCounts {
        self.lock().unwritten(now, |day| day.month_start() == month)
    }

    /// Everything that this life has counted.
    pub(crate) fn counted(&self, now: Timestamp) -> UsageCounts {
        let counted = self.lock();
        let mut sum = counted.unwritten(now, |_| true);
        sum.add(&counted.written);
        sum
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Counted> {
        self.counted.lock().expect("no holder panics")
    }
}

impl Counted {
    /// Until somebody says otherwise it is what is tried first; a claimed spare is that, too.
    fn capacity(&self) -> Capacity {
        self.capacity.unwrap_or(Capacity::Spot)
    }

    fn unwritten(&self, now: Timestamp, of: impl Fn(Day) -> bool) -> UsageCounts {
        let mut sum = UsageCounts::default();
        let batches = self.batches.iter().map(|batch| (batch.day, batch.counts));
        let from = self.awake_until.unwrap_or(now);
        let awake = awake_by_day(from, now, self.capacity());
        let rest = [(Day::of(now), self.counts)];
        for (_, counts) in batches.chain(awake).chain(rest).filter(|(day, _)| of(*day)) {
            sum.add(&counts);
        }
        sum
    }

    /// While a batch waits nothing joins it: it may be written already.
    fn batch_up(&mut self, now: Timestamp) {
        if !self.batches.is_empty() {
            return;
        }
        let mut days: Vec<(Day, UsageCounts)> = Vec::new();
        if let Some(from) = self.awake_until {
            days.extend(awake_by_day(from, now, self.capacity()));
            self.awake_until = Some(from.max(now));
        }
        let counts = std::mem::take(&mut self.counts);
        match days.last_mut().filter(|(day, _)| *day == Day::of(now)) {
            Some((_, today)) => today.add(&counts),
            None if counts.is_empty() => {}
            None => days.push((Day::of(now), counts)),
        }
        for (day, counts) in days {
            self.last_number += 1;
            self.batches.push_back(UsageBatch { day, number: self.last_number, counts });
        }
    }
}

/// Writes down what was counted. It never stops a bridge: at worst it is written the next time.
pub(crate) async fn write_down(bridge: &Bridge) {
    if timeout(WRITTEN_WITHIN, write(bridge)).await.is_err() {
        warn!("nobody takes note of what is used");
    }
}

async fn write(bridge: &Bridge) {
    let meter = &bridge.meter;
    let _one = meter.writing.lock().await;
    if meter.lock().capacity.is_none()
        && let Ok(state) = bridge.ports.tasks.get(&bridge.user).await
        && state.generation == bridge.generation
    {
        meter.lock().capacity = state.capacity;
    }
    let now = bridge.ports.clock.now();
    meter.lock().batch_up(now);
    loop {
        let Some(batch) = meter.lock().batches.front().cloned() else {
            return;
        };
        match bridge.ports.usage.add(&bridge.user, bridge.generation, &batch).await {
            Ok(()) | Err(WriteError::Conflict) => {
                let mut counted = meter.lock();
                counted.batches.pop_front();
                counted.written.add(&batch.counts);
                let nano_usd = bridge.policy.spending.nano_usd(&batch.counts);
                let metrics = &bridge.ports.metrics;
                metrics.count(Metric::EstimatedCostMicroUsd, nano_usd / 1_000);
            }
            Err(WriteError::Fenced) => return bridge.halt.fence(),
            Err(WriteError::Unavailable(error)) => {
                return warn!(error = %chain(&error), "cannot note what is used yet");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIDNIGHT: Timestamp = Timestamp(1_795_219_200_000);

    fn awake_since(at: Timestamp) -> Counted {
        Counted { awake_until: Some(at), capacity: Some(Capacity::OnDemand), ..Counted::default() }
    }

    #[test]
    fn a_batch_that_waits_is_not_changed() {
        let mut counted = awake_since(MIDNIGHT);
        counted.counts = UsageCounts::of_wake();
        counted.batch_up(MIDNIGHT + Duration::from_secs(60));
        let first = counted.batches.clone();
        assert_eq!((first.len(), first[0].number), (1, 1));
        assert_eq!((first[0].counts.wakes, first[0].counts.awake_on_demand_ms), (1, 60_000));
        counted.counts.add(&UsageCounts::of_wake());
        counted.batch_up(MIDNIGHT + Duration::from_secs(90));
        assert_eq!(counted.batches, first);
        counted.batches.clear();
        counted.batch_up(MIDNIGHT + Duration::from_secs(100));
        let second = &counted.batches[0];
        assert_eq!(
            (second.number, second.counts.wakes, second.counts.awake_on_demand_ms),
            (2, 1, 40_000)
        );
    }

    #[test]
    fn midnight_makes_two_batches_and_a_clock_that_goes_back_none() {
        let mut counted = awake_since(Timestamp(MIDNIGHT.millis() - 10_000));
        counted.counts = UsageCounts::of_wake();
        counted.batch_up(MIDNIGHT + Duration::from_secs(5));
        let sums: Vec<_> =
            counted.batches.iter().map(|b| (b.counts.awake_on_demand_ms, b.counts.wakes)).collect();
        assert_eq!(sums, [(10_000, 0), (5_000, 1)]);
        counted.batches.clear();
        counted.batch_up(MIDNIGHT);
        assert!(counted.batches.is_empty());
        counted.batch_up(MIDNIGHT + Duration::from_secs(6));
        assert_eq!(counted.batches[0].counts.awake_on_demand_ms, 1_000, "no second counts twice");
    }

    #[test]
    fn what_is_not_on_record_is_told_by_the_month() {
        let first = Day::parse("2026-12-01").expect("a day");
        let mut counted = awake_since(Timestamp(first.start().millis() - 10_000));
        counted.batch_up(first.start() + Duration::from_secs(5));
        counted.counts = UsageCounts::of_wake();
        let now = first.start() + Duration::from_secs(7);
        let of = |month: Day| {
            let sum = counted.unwritten(now, |day| day.month_start() == month);
            (sum.awake_on_demand_ms, sum.wakes)
        };
        assert_eq!(of(first), (7_000, 1), "batched or not");
        assert_eq!(of(Day::parse("2026-11-01").expect("a day")), (10_000, 0));
    }
}
