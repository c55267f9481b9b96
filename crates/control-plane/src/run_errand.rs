//! Asks a bridge that runs for something, and waits for the answer. A nudge may get lost and a
//! machine die: then nobody has taken the errand up in time, and the caller does without.

use std::sync::Arc;
use std::time::Duration;

use domain::errand::{Answer, Ask};
use domain::limits::ERRAND_TTL;
use domain::{Errand, ErrandState, UploadId, UserId};
use platform::{Clock, Errands, Unavailable};
use protocol::Nudge;
use tokio::time::{Instant, sleep};

use crate::EnsureTask;

/// From the nudge to the bridge's first write: two of its requests, and a line that is renewed.
const TAKEN_WITHIN: Duration = Duration::from_secs(5);
/// In all. API Gateway gives up after 29 s.
const ANSWERED_WITHIN: Duration = Duration::from_secs(22);
/// A quick answer is there at the second look.
const FIRST_PAUSE: Duration = Duration::from_millis(60);
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ran {
    Answered(Answer),
    /// No bridge has taken it up.
    Unheard,
    /// A bridge has it in hand for longer than anybody waits.
    Slow,
}

#[derive(Clone)]
pub struct RunErrand {
    pub errands: Arc<dyn Errands>,
    pub ensure: EnsureTask,
    pub clock: Arc<dyn Clock>,
    pub entropy: fn() -> [u8; 16],
}

impl RunErrand {
    pub async fn run(&self, user: &UserId, ask: Ask) -> Result<Ran, Unavailable> {
        let id = fresh_id((self.entropy)());
        let expires_at = self.clock.now() + ERRAND_TTL;
        let errand = Errand { id: id.clone(), ask, expires_at };
        self.errands.ask(user, &errand).await?;
        self.ensure.nudge_if_running(user, &Nudge::Errand { id: id.to_string() }).await?;
        let (began, mut pause) = (Instant::now(), FIRST_PAUSE);
        loop {
            sleep(pause).await;
            let within = match self.errands.read(user, &id, self.clock.now()).await? {
                Some(ErrandState::Answered(answer)) => return Ok(Ran::Answered(answer)),
                Some(ErrandState::Taken) if began.elapsed() >= ANSWERED_WITHIN => {
                    return Ok(Ran::Slow);
                }
                Some(ErrandState::Taken) => ANSWERED_WITHIN,
                Some(ErrandState::Asked) if began.elapsed() < TAKEN_WITHIN => TAKEN_WITHIN,
                Some(ErrandState::Asked) | None => return Ok(Ran::Unheard),
            };
            let left = within.saturating_sub(began.elapsed());
            pause = (pause * 2).min(LONGEST_PAUSE).min(left.max(FIRST_PAUSE));
        }
    }
}

pub(crate) fn fresh_id(entropy: [u8; 16]) -> UploadId {
    UploadId::new(data_encoding::HEXLOWER.encode(&entropy)).expect("32 digits")
}
