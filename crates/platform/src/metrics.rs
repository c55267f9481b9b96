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
    Snapshots,
    /// What changed since the one before is on one machine only.
    FailedSnapshots,
    /// What a snapshot added to the bucket, in bytes.
    SnapshotBytes,
    /// How long taking one took, in milliseconds.
    SnapshotMillis,
    Restores,
    /// How long a restore took, until everything was back, in milliseconds.
    RestoreMillis,
    /// A snapshot that was to be restored is not whole.
    DamagedSnapshots,
    /// An agent went on from an older snapshot than its newest.
    RestoresFellBack,
    /// A reply on record will not reach the chat it is owed to.
    UndeliveredReplies,
    /// An update from Telegram that can never be processed.
    ParkedUpdates,
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
            Metric::Snapshots => "Snapshots",
            Metric::FailedSnapshots => "FailedSnapshots",
            Metric::SnapshotBytes => "SnapshotBytes",
            Metric::SnapshotMillis => "SnapshotMillis",
            Metric::Restores => "Restores",
            Metric::RestoreMillis => "RestoreMillis",
            Metric::DamagedSnapshots => "DamagedSnapshots",
            Metric::RestoresFellBack => "RestoresFellBack",
            Metric::UndeliveredReplies => "UndeliveredReplies",
            Metric::ParkedUpdates => "ParkedUpdates",
        }
    }
}

impl Metric {
    /// CloudWatch's own word.
    pub fn unit(self) -> &'static str {
        match self {
            Metric::SnapshotBytes => "Bytes",
            Metric::SnapshotMillis | Metric::RestoreMillis => "Milliseconds",
            _ => "Count",
        }
    }
}

pub trait Metrics: Send + Sync {
    /// So many times, or so much at once of what has another [unit](Metric::unit).
    fn count(&self, metric: Metric, times: u64);
}
