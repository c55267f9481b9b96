//! A user's schedules: rows, and for each an alarm at the scheduler.
//!
//! The row comes first and says what the alarm shall be; then the alarm is set; then the row says
//! that it is. A row whose alarm is not known to be as it should is armed again by whoever meets
//! it: the user's next request, a look at the list, or an alarm that rings for another revision.
//! It is shown with `armed: false` until then, so that none waits unseen for an alarm that never
//! rings. What is removed loses its row first: an alarm without a row asks nothing of anybody, and
//! is removed when it rings.

use std::sync::Arc;

use domain::limits::{NEXT_RUNS_SHOWN, SCHEDULES_MAX};
use domain::{
    ConversationId, Missed, Prompt, Recurrence, Schedule, ScheduleId, TimeZone, Timestamp, UserId,
};
use platform::{Alarms, Clock, Schedules, Unavailable};
use tracing::warn;

/// Changes of one schedule at once that are put up with.
const TRIES: u32 = 5;

#[derive(Clone)]
pub struct KeepSchedules {
    pub schedules: Arc<dyn Schedules>,
    pub alarms: Arc<dyn Alarms>,
    pub clock: Arc<dyn Clock>,
}

/// One as its maker wants it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSchedule {
    pub id: ScheduleId,
    pub prompt: Prompt,
    pub conversation: ConversationId,
    pub recurrence: Recurrence,
    pub time_zone: TimeZone,
    pub missed: Missed,
    pub enabled: bool,
}

/// What is `None` stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScheduleChange {
    pub prompt: Option<Prompt>,
    pub conversation: Option<ConversationId>,
    pub recurrence: Option<Recurrence>,
    pub time_zone: Option<TimeZone>,
    pub missed: Option<Missed>,
    pub enabled: Option<bool>,
}

#[derive(Debug, thiserror::Error)]
pub enum ScheduleError {
    #[error("there are {SCHEDULES_MAX} schedules already")]
    TooMany,
    #[error("that time is over")]
    Past,
    #[error("there is no schedule of this id")]
    NotFound,
    #[error("there is another schedule of this id")]
    Taken,
    #[error("this schedule is being changed by somebody else")]
    Busy,
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Made {
    New(Schedule),
    /// By the same request before.
    Known(Schedule),
}

impl KeepSchedules {
    /// Making the same one again changes nothing, and finishes what was begun.
    pub async fn make(&self, user: &UserId, new: NewSchedule) -> Result<Made, ScheduleError> {
        let wanted = self.first_revision(new);
        let known = match self.schedules.get(user, &wanted.id).await? {
            Some(known) => Some(known),
            None => {
                self.check_times(&wanted)?;
                // Two at once may both be the last one that fits: a limit for people.
                if self.schedules.list(user).await?.len() >= SCHEDULES_MAX {
                    return Err(ScheduleError::TooMany);
                }
                self.schedules.put_new(user, &wanted).await?
            }
        };
        match known {
            None => Ok(Made::New(self.arm(user, wanted).await?)),
            Some(known) if is_same(&known, &wanted) => {
                Ok(Made::Known(self.armed(user, known).await?))
            }
            Some(_) => Err(ScheduleError::Taken),
        }
    }

    pub async fn get(&self, user: &UserId, id: &ScheduleId) -> Result<Schedule, ScheduleError> {
        let found = self.schedules.get(user, id).await?.ok_or(ScheduleError::NotFound)?;
        Ok(self.armed_if_it_can_be(user, found).await)
    }

    pub async fn list(&self, user: &UserId) -> Result<Vec<Schedule>, Unavailable> {
        let mut schedules = Vec::new();
        for schedule in self.schedules.list(user).await? {
            schedules.push(self.armed_if_it_can_be(user, schedule).await);
        }
        Ok(schedules)
    }

    pub async fn change(
        &self,
        user: &UserId,
        id: &ScheduleId,
        change: &ScheduleChange,
    ) -> Result<Schedule, ScheduleError> {
        for _ in 0..TRIES {
            let before = self.schedules.get(user, id).await?.ok_or(ScheduleError::NotFound)?;
            let after = changed(&before, change);
            if after == before {
                return self.armed(user, before).await;
            }
            let after = Schedule { revision: before.revision + 1, armed: false, ..after };
            if after.recurrence != before.recurrence || after.time_zone != before.time_zone {
                self.check_times(&after)?;
            }
            if self.schedules.replace(user, &after).await? {
                return self.arm(user, after).await;
            }
        }
        Err(ScheduleError::Busy)
    }

    /// May be asked for again: an alarm that was left behind goes then.
    pub async fn remove(&self, user: &UserId, id: &ScheduleId) -> Result<(), ScheduleError> {
        let found = self.schedules.get(user, id).await?;
        self.schedules.remove(user, id).await?;
        // A crash here leaves an alarm that rings for nobody, once.
        self.alarms.remove(user, id).await?;
        found.map(drop).ok_or(ScheduleError::NotFound)
    }

    /// Of a user who goes.
    pub async fn remove_all(&self, user: &UserId) -> Result<(), Unavailable> {
        for schedule in self.schedules.list(user).await? {
            // The other way round: nobody will look at these rows again.
            self.alarms.remove(user, &schedule.id).await?;
            self.schedules.remove(user, &schedule.id).await?;
        }
        Ok(())
    }

    pub fn next_runs(&self, schedule: &Schedule) -> Vec<Timestamp> {
        match schedule.enabled {
            true => schedule.next_runs(self.clock.now(), NEXT_RUNS_SHOWN),
            false => Vec::new(),
        }
    }

    /// Sets the alarm as the row wants it, however often the row changes meanwhile.
    pub(crate) async fn arm(
        &self,
        user: &UserId,
        mut schedule: Schedule,
    ) -> Result<Schedule, ScheduleError> {
        for _ in 0..TRIES {
            let now = self.clock.now();
            let rings = schedule.enabled && !schedule.next_runs(now, 1).is_empty();
            match rings {
                true => self.alarms.set(user, &schedule, now).await?,
                false => self.alarms.remove(user, &schedule.id).await?,
            }
            if self.schedules.note_armed(user, &schedule.id, schedule.revision).await? {
                return Ok(Schedule { armed: true, ..schedule });
            }
            match self.schedules.get(user, &schedule.id).await? {
                Some(newer) => schedule = newer,
                None => {
                    self.alarms.remove(user, &schedule.id).await?;
                    return Err(ScheduleError::NotFound);
                }
            }
        }
        Err(ScheduleError::Busy)
    }

    async fn armed(&self, user: &UserId, schedule: Schedule) -> Result<Schedule, ScheduleError> {
        if schedule.armed { Ok(schedule) } else { self.arm(user, schedule).await }
    }

    async fn armed_if_it_can_be(&self, user: &UserId, schedule: Schedule) -> Schedule {
        match self.armed(user, schedule.clone()).await {
            Ok(armed) => armed,
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                warn!(error, user.id = %user, schedule.id = %schedule.id, "cannot set an alarm");
                schedule
            }
        }
    }

    fn first_revision(&self, new: NewSchedule) -> Schedule {
        Schedule {
            id: new.id,
            prompt: new.prompt,
            conversation: new.conversation,
            recurrence: new.recurrence,
            time_zone: new.time_zone,
            missed: new.missed,
            enabled: new.enabled,
            created_at: self.clock.now(),
            last_run_at: None,
            revision: 0,
            armed: false,
        }
    }

    fn check_times(&self, schedule: &Schedule) -> Result<(), ScheduleError> {
        match schedule.next_runs(self.clock.now(), 1).is_empty() {
            true => Err(ScheduleError::Past),
            false => Ok(()),
        }
    }
}

fn is_same(known: &Schedule, wanted: &Schedule) -> bool {
    let Schedule { created_at, last_run_at, revision, armed, .. } = known.clone();
    *known == Schedule { created_at, last_run_at, revision, armed, ..wanted.clone() }
}

fn changed(before: &Schedule, change: &ScheduleChange) -> Schedule {
    let mut after = before.clone();
    let ScheduleChange { prompt, conversation, recurrence, time_zone, missed, enabled } =
        change.clone();
    after.prompt = prompt.unwrap_or(after.prompt);
    after.conversation = conversation.unwrap_or(after.conversation);
    after.recurrence = recurrence.unwrap_or(after.recurrence);
    after.time_zone = time_zone.unwrap_or(after.time_zone);
    after.missed = missed.unwrap_or(after.missed);
    after.enabled = enabled.unwrap_or(after.enabled);
    after
}
