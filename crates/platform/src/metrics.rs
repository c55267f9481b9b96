//! What an operator watches. Best effort: nothing depends on it.

/// One per name in the operator's dashboard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Metric {
    /// A message was given up.
    DeadMessages,
    /// A task was launched for somebody.
    Launches,
    /// A launch that no machine could be had for, or a task that died before it was up.
    FailedLaunches,
    /// A candidate did not come up, and nobody gets it any more.
    ReleasesWithdrawn,
    /// From the launch until the agent answered, in milliseconds; the next two are parts of it.
    WakeMillis,
    /// Until the bridge ran: the machine and the image.
    ProvisioningMillis,
    /// From then on until the gateway was up, the restore in it.
    BootMillis,
    /// From the acceptance of a message until it was leased, in milliseconds.
    QueueMillis,
    /// From the acceptance until the first word of the reply.
    FirstTokenMillis,
    /// From the acceptance until the reply was on record.
    ReplyMillis,
    /// How long a message waits that nobody has leased, in seconds; only of those that wait too long.
    OldestPendingSeconds,
    /// What machines, addresses and models cost, in millionths of a US dollar.
    EstimatedCostMicroUsd,
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
    /// How old the one before was: what a machine that is lost would have taken along, in seconds.
    SnapshotAgeSeconds,
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
    /// In the order of the operator's dashboard.
    pub const ALL: [Metric; 28] = [
        Metric::Launches,
        Metric::FailedLaunches,
        Metric::ReleasesWithdrawn,
        Metric::WakeMillis,
        Metric::ProvisioningMillis,
        Metric::BootMillis,
        Metric::SparesClaimed,
        Metric::QueueMillis,
        Metric::FirstTokenMillis,
        Metric::ReplyMillis,
        Metric::OldestPendingSeconds,
        Metric::DeadMessages,
        Metric::UndeliveredReplies,
        Metric::ParkedUpdates,
        Metric::SpotInterruptions,
        Metric::DeadTasksReleased,
        Metric::OrphansStopped,
        Metric::Unreadable,
        Metric::Snapshots,
        Metric::FailedSnapshots,
        Metric::SnapshotAgeSeconds,
        Metric::SnapshotBytes,
        Metric::SnapshotMillis,
        Metric::Restores,
        Metric::RestoreMillis,
        Metric::DamagedSnapshots,
        Metric::RestoresFellBack,
        Metric::EstimatedCostMicroUsd,
    ];

    /// Its variant's own name.
    pub fn name(self) -> String {
        format!("{self:?}")
    }

    /// CloudWatch's own word.
    pub fn unit(self) -> &'static str {
        let name = self.name();
        let ends = |with| name.ends_with(with);
        match self {
            Metric::EstimatedCostMicroUsd => "None",
            _ if ends("Millis") => "Milliseconds",
            _ if ends("Seconds") => "Seconds",
            _ if ends("Bytes") => "Bytes",
            _ => "Count",
        }
    }
}

pub trait Metrics: Send + Sync {
    /// So many times, or so much at once of what has another [unit](Metric::unit).
    fn count(&self, metric: Metric, times: u64);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The dashboard, the alarms and the docs are checked against it.
    #[test]
    fn export_metrics() {
        let lines = Metric::ALL.map(|metric| {
            format!("  {{ \"name\": \"{}\", \"unit\": \"{}\" }}", metric.name(), metric.unit())
        });
        let text = format!("[\n{}\n]\n", lines.join(",\n"));
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../infra/lib/metrics.json");
        std::fs::write(path, text).expect("the file can be written");
    }
}
