//! `ECS Task State Change` events to the watchdog: at least once, in no
//! promised order, retried with backoff, as EventBridge delivers them. The pool of spares
//! hears of ends, too.

use std::{sync::Arc, time::Duration};

use super::{Ecs, Task};
use crate::{
    config::{ACCOUNT, REGION},
    functions::invoke,
    private_file,
};

const FIRST_RETRY: Duration = Duration::from_millis(200);
const LONGEST_RETRY: Duration = Duration::from_secs(60);
/// EventBridge's own number.
const ATTEMPTS: u32 = 185;

impl Ecs {
    /// Queues the event for a task's present state.
    pub(super) fn emit(self: &Arc<Self>, task: &Task) {
        let delivery = self.clone().deliver(task.clone());
        let until_closed = self.closed.clone().run_until_cancelled_owned(delivery);
        self.events.spawn(until_closed);
        if task.is_stopped() {
            let delivery = self.clone().tell_the_pool(task.clone());
            self.events.spawn(self.closed.clone().run_until_cancelled_owned(delivery));
        }
    }

    /// Once: what it misses it sees on its schedule.
    async fn tell_the_pool(self: Arc<Self>, task: Task) {
        let functions = self.connected.wait().await.functions.clone();
        // No new tasks, since the stack is going down.
        if self.closing.is_cancelled() {
            return;
        }
        if let Err(error) = invoke(functions.prewarm(task.event(ACCOUNT, REGION))).await {
            tracing::warn!(task.arn, %error, "the pool could not be told of a task's end");
        }
    }

    async fn deliver(self: Arc<Self>, task: Task) {
        let event = task.event(ACCOUNT, REGION);
        let functions = self.connected.wait().await.functions.clone();
        for attempt in 0..ATTEMPTS {
            match invoke(functions.watchdog(event.clone())).await {
                Ok(_) => {
                    if task.is_stopped() {
                        self.forget_record(&task.id);
                    }
                    return;
                }
                Err(error) => {
                    tracing::warn!(task.arn, %error, "the watchdog failed on an ECS event");
                }
            }
            tokio::time::sleep(FIRST_RETRY.saturating_mul(1 << attempt.min(16)).min(LONGEST_RETRY))
                .await;
        }
        tracing::error!(task.arn, "an ECS event was given up");
    }

    /// Keeps what the next start needs. A task without a record would be
    /// forgotten with its process running, hence the loud complaint.
    pub(super) fn save(&self, task: &Task) {
        let path = self.records.join(format!("{}.json", task.id));
        let json = serde_json::to_vec(task).expect("a task serializes");
        if let Err(error) = private_file::write(&path, &json) {
            tracing::error!(%error, path = %path.display(), "could not record a task");
        }
    }

    /// A stopped task's record goes when its last event has been taken.
    fn forget_record(&self, id: &str) {
        let path = self.records.join(format!("{id}.json"));
        if let Err(error) = std::fs::remove_file(&path)
            && error.kind() != std::io::ErrorKind::NotFound
        {
            tracing::warn!(%error, path = %path.display(), "could not remove a task's record");
        }
    }
}
