//! A schedule's alarm rings: what it asks goes into the inbox as a message, and somebody is there
//! to answer it.
//!
//! The message's id is made of the schedule and its time, so an alarm that rings again for the
//! same time asks once. Whatever fails is an error: the scheduler rings again.

use domain::{Channel, InvalidId, ReplyTo, Run, Schedule, ScheduleId, Timestamp, UserId};
use platform::Unavailable;
use protocol::rest::channel_name;
use protocol::{MessageRole, Nudge, ServerFrame};
use tracing::info;

use crate::read_status::waiting;
use crate::schedules::{KeepSchedules, ScheduleError};
use crate::{AcceptError, AcceptMessage, Accepted, EnsureTask, Incoming, Tell};

#[derive(Clone)]
pub struct RunSchedule {
    pub keep: KeepSchedules,
    pub accept: AcceptMessage,
    pub ensure: EnsureTask,
    pub tell: Tell,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alarm {
    pub user: UserId,
    pub schedule: ScheduleId,
    /// That it was set by.
    pub revision: u32,
    /// For which it was to ring.
    pub time: Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScheduleRan {
    Asked,
    /// It came too late, and that is what the user wants then; or it may cost nothing more.
    Skipped,
    Nothing,
}

#[derive(Debug, thiserror::Error)]
pub enum RunError {
    #[error("the message was not accepted")]
    Accept(#[from] AcceptError),
    #[error("the alarm could not be set anew")]
    Alarm(#[from] ScheduleError),
    #[error(transparent)]
    Id(#[from] InvalidId),
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl RunSchedule {
    pub async fn run(&self, alarm: &Alarm) -> Result<ScheduleRan, RunError> {
        let Alarm { user, schedule: id, .. } = alarm;
        let Some(schedule) = self.keep.schedules.get(user, id).await? else {
            self.silence(user, id).await?;
            return Ok(ScheduleRan::Nothing);
        };
        let ran = match schedule.run(alarm.time, self.keep.clock.now()) {
            Run::Ask(time) => self.ask(user, &schedule, time).await?,
            Run::Skip(time) => {
                info!(user.id = %user, schedule.id = %id, "a run came too late and is skipped");
                self.keep.schedules.note_run(user, id, time).await?;
                ScheduleRan::Skipped
            }
            Run::Nothing => ScheduleRan::Nothing,
        };
        if !schedule.armed || schedule.revision != alarm.revision {
            self.arm(user, schedule).await?;
        }
        Ok(ran)
    }

    async fn ask(
        &self,
        user: &UserId,
        schedule: &Schedule,
        time: Timestamp,
    ) -> Result<ScheduleRan, RunError> {
        let incoming = Incoming {
            id: schedule.message_id(time)?,
            conversation: schedule.conversation.clone(),
            channel: Channel::Schedule,
            reply_to: ReplyTo::None,
            text: schedule.prompt.as_str().to_owned(),
            attachments: Vec::new(),
            album: None,
        };
        let accepted = match self.accept.run(user, incoming.clone()).await {
            Ok(accepted) => accepted,
            Err(AcceptError::Deleting) => return Ok(ScheduleRan::Nothing),
            Err(AcceptError::SpendCapReached(_)) => {
                info!(user.id = %user, schedule.id = %schedule.id, "a run is skipped: its user's spend cap is reached");
                self.keep.schedules.note_run(user, &schedule.id, time).await?;
                return Ok(ScheduleRan::Skipped);
            }
            Err(error) => return Err(error.into()),
        };
        self.keep.schedules.note_run(user, &schedule.id, time).await?;
        if accepted.open {
            let nudge = Nudge::Inbox { message_id: incoming.id.to_string() };
            let ensured = self.ensure.run(user, &nudge).await?;
            self.tell.all(user, &said(&incoming, &accepted)).await;
            if let Some(frame) = waiting(&ensured) {
                self.tell.all(user, &frame).await;
            }
        }
        Ok(ScheduleRan::Asked)
    }

    /// An alarm whose row is gone. Whoever makes the schedule anew in this moment has written the
    /// row before he sets the alarm, so the second look finds it.
    async fn silence(&self, user: &UserId, id: &ScheduleId) -> Result<(), RunError> {
        self.keep.alarms.remove(user, id).await?;
        match self.keep.schedules.get(user, id).await? {
            Some(anew) => self.arm(user, anew).await,
            None => Ok(()),
        }
    }

    async fn arm(&self, user: &UserId, schedule: Schedule) -> Result<(), RunError> {
        match self.keep.arm(user, schedule).await {
            Ok(_) | Err(ScheduleError::NotFound) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

/// A prompt fits a frame.
fn said(incoming: &Incoming, accepted: &Accepted) -> ServerFrame {
    ServerFrame::Message {
        message_id: incoming.id.to_string(),
        conversation_id: incoming.conversation.to_string(),
        role: MessageRole::User,
        content: incoming.text.clone(),
        attachments: Vec::new(),
        channel: channel_name(incoming.channel).into(),
        at: accepted.received_at.millis(),
    }
}
