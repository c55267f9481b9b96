//! What users ask for at times to come. Alarms do not ring by themselves: a test looks at them.

use async_trait::async_trait;
use domain::{Schedule, ScheduleId, Timestamp, UserId};
use platform::{Alarms, Result, Schedules};

use crate::world::World;

pub(crate) type Of = (UserId, ScheduleId);

impl World {
    /// The schedule as it was when its alarm was set.
    pub fn alarm(&self, user: &UserId, id: &ScheduleId) -> Option<Schedule> {
        self.lock().alarms.get(&(user.clone(), id.clone())).cloned()
    }

    /// As at the scheduler when one has rung for the last time.
    pub fn forget_alarm(&self, user: &UserId, id: &ScheduleId) {
        self.lock().alarms.remove(&(user.clone(), id.clone()));
    }
}

#[async_trait]
impl Schedules for World {
    async fn put_new(&self, user: &UserId, schedule: &Schedule) -> Result<Option<Schedule>> {
        self.call("schedules.put_new", |state| {
            let of = (user.clone(), schedule.id.clone());
            let known = state.schedules.get(&of).cloned();
            if known.is_none() {
                state.schedules.insert(of, schedule.clone());
            }
            Ok(known)
        })
        .await
    }

    async fn get(&self, user: &UserId, id: &ScheduleId) -> Result<Option<Schedule>> {
        let of = (user.clone(), id.clone());
        self.call("schedules.get", |state| Ok(state.schedules.get(&of).cloned())).await
    }

    async fn list(&self, user: &UserId) -> Result<Vec<Schedule>> {
        self.call("schedules.list", |state| {
            let of_user = state.schedules.iter().filter(|((of, _), _)| of == user);
            Ok(of_user.map(|(_, schedule)| schedule.clone()).collect())
        })
        .await
    }

    async fn replace(&self, user: &UserId, schedule: &Schedule) -> Result<bool> {
        self.call("schedules.replace", |state| {
            let row = state.schedules.get_mut(&(user.clone(), schedule.id.clone()));
            let row = row.filter(|row| row.revision + 1 == schedule.revision);
            Ok(row.is_some_and(|row| {
                *row = Schedule { last_run_at: row.last_run_at, ..schedule.clone() };
                true
            }))
        })
        .await
    }

    async fn note_armed(&self, user: &UserId, id: &ScheduleId, revision: u32) -> Result<bool> {
        self.call("schedules.note_armed", |state| {
            let row = state.schedules.get_mut(&(user.clone(), id.clone()));
            let row = row.filter(|row| row.revision == revision);
            Ok(row.is_some_and(|row| {
                row.armed = true;
                true
            }))
        })
        .await
    }

    async fn note_run(&self, user: &UserId, id: &ScheduleId, time: Timestamp) -> Result<bool> {
        self.call("schedules.note_run", |state| {
            let row = state.schedules.get_mut(&(user.clone(), id.clone()));
            let row = row.filter(|row| row.last_run_at.is_none_or(|last| last < time));
            Ok(row.is_some_and(|row| {
                row.last_run_at = Some(time);
                true
            }))
        })
        .await
    }

    async fn remove(&self, user: &UserId, id: &ScheduleId) -> Result<()> {
        self.call("schedules.remove", |state| {
            state.schedules.remove(&(user.clone(), id.clone()));
            Ok(())
        })
        .await
    }
}

#[async_trait]
impl Alarms for World {
    async fn set(&self, user: &UserId, schedule: &Schedule, _: Timestamp) -> Result<()> {
        self.call("alarms.set", |state| {
            state.alarms.insert((user.clone(), schedule.id.clone()), schedule.clone());
            Ok(())
        })
        .await
    }

    async fn remove(&self, user: &UserId, id: &ScheduleId) -> Result<()> {
        self.call("alarms.remove", |state| {
            state.alarms.remove(&(user.clone(), id.clone()));
            Ok(())
        })
        .await
    }
}
