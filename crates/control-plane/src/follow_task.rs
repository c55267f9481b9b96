//! Repairs what nobody else repairs: looks at everybody who is due, compares what is recorded
//! with what ECS runs, and follows ECS's events. What to do is [`crate::plan`]'s to decide.
//!
//! Every step is safe to repeat, and may be cut off after any of its writes: the first one
//! leaves the user due. One user's error never stops the sweep.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::UserId;
use platform::{Clock, Inbox, Metric, Tasks, Unavailable};
use tracing::{info, warn};

use crate::plan::{Action, plan};
use crate::side_by_side::side_by_side;
use crate::{EnsureTask, Tell};

/// Users that are acted upon side by side.
const AT_ONCE: usize = 32;

#[derive(Clone)]
pub struct FollowTask {
    pub tasks: Arc<dyn Tasks>,
    pub inbox: Arc<dyn Inbox>,
    /// Its ports to machines, spares and metrics are used here as well.
    pub ensure: EnsureTask,
    pub tell: Tell,
    pub clock: Arc<dyn Clock>,
}

/// What a sweep did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Users who were due and whose row could be read.
    pub looked_at: usize,
    /// Calls that failed while reading, and actions that did. The next sweep sees again what
    /// they were about.
    pub errors: usize,
    pub actions: BTreeMap<&'static str, usize>,
}

impl FollowTask {
    /// The scheduled look at everybody who is due, and at every task that runs.
    pub async fn sweep(&self) -> Swept {
        let looked = self.look().await;
        let now = self.clock.now();
        let actions = plan(&looked.recorded, &looked.observed, &self.ensure.policy, now);
        let failed = self.carry_out_all(&actions).await.len();
        let mut swept = Swept {
            looked_at: looked.looked_at,
            errors: looked.errors + failed,
            actions: BTreeMap::new(),
        };
        for action in &actions {
            *swept.actions.entry(action.name()).or_default() += 1;
        }
        let Swept { looked_at, errors, actions } = &swept;
        info!(looked_at, errors, ?actions, "looked after everybody who was due");
        swept
    }

    /// What failed of it.
    pub(crate) async fn carry_out_all(&self, actions: &[Action<'_>]) -> Vec<Unavailable> {
        self.report(actions);
        let carried_out: Vec<_> =
            actions.iter().map(|action| self.carry_out_or_log(action)).collect();
        side_by_side(carried_out, AT_ONCE).await.into_iter().flatten().collect()
    }

    async fn carry_out_or_log(&self, action: &Action<'_>) -> Option<Unavailable> {
        let error = self.carry_out(action).await.err()?;
        let user = action.user().map(UserId::as_str).unwrap_or_default();
        let why = &error as &dyn std::error::Error;
        warn!(user.id = user, action = action.name(), error = why, "could not look after a user");
        Some(error)
    }

    /// Once, however many there are.
    fn report(&self, actions: &[Action<'_>]) {
        let reported = actions.iter().filter_map(|action| match action {
            Action::Report(arn) => Some(*arn),
            _ => None,
        });
        let arns: Vec<_> = reported.collect();
        if let Some(first) = arns.first() {
            warn!(tasks = arns.len(), task.arn = %first, "cannot tell whose tasks these are");
            self.count(Metric::Unreadable, arns.len());
        }
    }

    /// Taken all the same: it would come again as it is.
    pub fn note_unreadable_event(&self, why: &str) {
        warn!(why, "an event cannot be read");
        self.count(Metric::Unreadable, 1);
    }

    pub(crate) fn count(&self, metric: Metric, times: usize) {
        self.ensure.metrics.count(metric, times as u64);
    }
}
