//! What an operator watches. Best effort: nothing depends on it.

/// One per name in the operator's dashboard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Metric {
    /// A message was given up.
    DeadMessages,
    /// A launch that no machine could be had for.
    FailedLaunches,
    /// A task that served nobody any more was stopped.
    OrphansStopped,
    /// A task was gone that the state took for alive.
    DeadTasksReleased,
    SpotInterruptions,
    /// A row or an event that could not be read.
    Unreadable,
    /// A spare became a user's task.
    SparesClaimed,
}

impl Metric {
    pub fn name(self) -> &'static str {
        match self {
            Metric::DeadMessages => "DeadMessages",
            Metric::FailedLaunches => "FailedLaunches",
            Metric::OrphansStopped => "OrphansStopped",
            Metric::DeadTasksReleased => "DeadTasksReleased",
            Metric::SpotInterruptions => "SpotInterruptions",
            Metric::Unreadable => "Unreadable",
            Metric::SparesClaimed => "SparesClaimed",
        }
    }
}

pub trait Metrics: Send + Sync {
    fn count(&self, metric: Metric, times: u64);
}
