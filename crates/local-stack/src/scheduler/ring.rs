//! The clock's side: what is due rings, and rings again until it was taken.

use std::{sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{Scheduler, Stored, arn, expression::When};
use crate::{
    clock,
    functions::{Functions, invoke},
};

/// A machine that slept has a clock that jumped, and timers that did not.
const LOOK_EVERY: Duration = Duration::from_secs(5);
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// The most that AWS tries, and what it tries without a word.
const LONGEST_AGE: i64 = 86_400;
const MOST_TRIES: u64 = 185;

/// What to call the function with, for which time.
struct Ringing {
    name: String,
    at: Timestamp,
}

impl Scheduler {
    pub(crate) async fn ring(
        self: Arc<Self>,
        functions: Arc<dyn Functions>,
        stop: CancellationToken,
    ) {
        let rung = TaskTracker::new();
        for ringing in self.still_ringing() {
            self.spawn(ringing, &functions, &rung, &stop);
        }
        loop {
            let now = now();
            for ringing in self.due(now) {
                self.spawn(ringing, &functions, &rung, &stop);
            }
            let pause = self.next(now).map_or(LOOK_EVERY, |next| until(now, next)).min(LOOK_EVERY);
            tokio::select! {
                () = stop.cancelled() => break,
                () = self.changed.notified() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
        rung.close();
        rung.wait().await;
    }

    fn spawn(
        self: &Arc<Self>,
        ringing: Ringing,
        functions: &Arc<dyn Functions>,
        rung: &TaskTracker,
        stop: &CancellationToken,
    ) {
        let delivery = self.clone().deliver(ringing, functions.clone());
        rung.spawn(stop.clone().run_until_cancelled_owned(delivery));
    }

    /// What had rung when the stack was stopped.
    fn still_ringing(&self) -> Vec<Ringing> {
        let schedules = self.lock();
        let ringing = |(name, stored): (&String, &Stored)| {
            Some(Ringing { name: name.clone(), at: from_ms(stored.ringing_ms?) })
        };
        schedules.iter().filter_map(ringing).collect()
    }

    /// Written down before it rings: a stack that dies then rings once more.
    fn due(&self, now: Timestamp) -> Vec<Ringing> {
        let mut schedules = self.lock();
        let mut due = Vec::new();
        for (name, stored) in schedules.iter_mut() {
            let since = from_ms(stored.until_ms);
            let oldest = now - SignedDuration::from_secs(LONGEST_AGE);
            let Ok(when) = When::of(&stored.request) else { continue };
            let Some(at) = when.last(since.max(oldest), now) else { continue };
            stored.until_ms = now.as_millisecond();
            stored.ringing_ms = Some(at.as_millisecond());
            due.push(Ringing { name: name.clone(), at });
        }
        if !due.is_empty() {
            // It is in the log; what rings twice for it is one run.
            let _ = self.save(&schedules);
        }
        due
    }

    fn next(&self, now: Timestamp) -> Option<Timestamp> {
        let schedules = self.lock();
        let next = |stored: &Stored| When::of(&stored.request).ok()?.next(now);
        schedules.values().filter_map(next).min()
    }

    async fn deliver(self: Arc<Self>, ringing: Ringing, functions: Arc<dyn Functions>) {
        let Ringing { name, at } = &ringing;
        let mut pause = FIRST_PAUSE;
        for attempt in 1.. {
            let Some((event, age, tries)) = self.event(name, *at, attempt) else { return };
            let Err(error) = invoke(functions.scheduled_message(event)).await else {
                return self.taken(&ringing);
            };
            tracing::warn!(schedule = %name, %error, "a schedule's function failed");
            let too_old = now().duration_since(*at) > SignedDuration::from_secs(age);
            if attempt > tries || too_old {
                tracing::error!(schedule = %name, "a schedule's run was given up");
                return self.taken(&ringing);
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// `None`: the schedule has been deleted meanwhile.
    fn event(&self, name: &str, at: Timestamp, attempt: u64) -> Option<(Value, i64, u64)> {
        let schedules = self.lock();
        let target = &schedules.get(name)?.request["Target"];
        let retry = &target["RetryPolicy"];
        let age = retry["MaximumEventAgeInSeconds"].as_i64().unwrap_or(LONGEST_AGE);
        let tries = retry["MaximumRetryAttempts"].as_u64().unwrap_or(MOST_TRIES);
        let input = target["Input"].as_str().unwrap_or("{}");
        let input = input
            .replace("<aws.scheduler.scheduled-time>", &at.to_string())
            .replace("<aws.scheduler.schedule-arn>", &arn(name))
            .replace("<aws.scheduler.attempt-number>", &attempt.to_string());
        let event = serde_json::from_str(&input).unwrap_or(Value::String(input));
        Some((event, age, tries))
    }

    /// A schedule that rang for the last time goes, if it shall.
    fn taken(&self, ringing: &Ringing) {
        let mut schedules = self.lock();
        let Some(stored) = schedules.get_mut(&ringing.name) else { return };
        if stored.ringing_ms == Some(ringing.at.as_millisecond()) {
            stored.ringing_ms = None;
        }
        let goes = stored.request["ActionAfterCompletion"] == "DELETE";
        let is_over = When::of(&stored.request).is_ok_and(|when| when.next(now()).is_none());
        if goes && is_over {
            schedules.remove(&ringing.name);
        }
        let _ = self.save(&schedules);
    }

    /// For the control: rings now, for that time. `None`: there is no such schedule.
    pub(crate) async fn fire(
        &self,
        name: &str,
        at: Option<Timestamp>,
        functions: &dyn Functions,
    ) -> Option<anyhow::Result<Value>> {
        let (event, ..) = self.event(name, at.unwrap_or_else(now), 1)?;
        Some(invoke(functions.scheduled_message(event)).await)
    }
}

fn now() -> Timestamp {
    from_ms(clock::now_ms())
}

fn from_ms(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(ms).unwrap_or(Timestamp::UNIX_EPOCH)
}

fn until(now: Timestamp, next: Timestamp) -> Duration {
    next.duration_since(now).unsigned_abs()
}
