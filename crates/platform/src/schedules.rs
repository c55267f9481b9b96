//! What users ask for at times to come: the rows, and the alarms that ring.

use async_trait::async_trait;
use domain::{Schedule, ScheduleId, Timestamp, UserId};

use crate::Result;

/// Rows. Every change of what a schedule is raises its revision, and leaves it to be armed.
#[async_trait]
pub trait Schedules: Send + Sync {
    /// Unless there is one of this id: then that one.
    async fn put_new(&self, user: &UserId, schedule: &Schedule) -> Result<Option<Schedule>>;

    async fn get(&self, user: &UserId, id: &ScheduleId) -> Result<Option<Schedule>>;

    /// All of them, by id.
    async fn list(&self, user: &UserId) -> Result<Vec<Schedule>>;

    /// In the place of the revision before. `false`: that one is no longer there. The last run
    /// stays as it is.
    async fn replace(&self, user: &UserId, schedule: &Schedule) -> Result<bool>;

    /// The alarm is as this revision wants it. `false`: there is another by now, or none.
    async fn note_armed(&self, user: &UserId, id: &ScheduleId, revision: u32) -> Result<bool>;

    /// Only rises. `false`: a later one is known, or there is no such schedule.
    async fn note_run(&self, user: &UserId, id: &ScheduleId, time: Timestamp) -> Result<bool>;

    async fn remove(&self, user: &UserId, id: &ScheduleId) -> Result<()>;
}

/// Rings for a schedule with its user, its id, its revision and the time it was set for.
#[async_trait]
pub trait Alarms: Send + Sync {
    /// In the place of the one there was. `now`: what is over rings no more.
    async fn set(&self, user: &UserId, schedule: &Schedule, now: Timestamp) -> Result<()>;

    /// Or there was none.
    async fn remove(&self, user: &UserId, id: &ScheduleId) -> Result<()>;
}
