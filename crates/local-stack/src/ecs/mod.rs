//! ECS: RunTask really runs something. A task is the configured program as a
//! child process, with Fargate's life cycle around it and EventBridge's
//! `ECS Task State Change` events for every step.

mod describe;
mod events;
mod lifecycle;
mod process;
mod recover;
mod run_task;
mod task;

use std::{
    collections::{BTreeMap, HashMap},
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use serde_json::Value;
use tokio::sync::{SetOnce, watch};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    aws_error::{AwsError, AwsResult},
    config::{Config, EcsConfig},
    faults::FaultBoard,
    functions::Functions,
};
use process::Spawner;
use task::StopRequest;
pub(crate) use task::Task;

/// Stopped tasks stay visible for a while, as they do in AWS for about an hour.
const REMEMBERED_STOPPED: usize = 1000;

#[derive(Debug)]
pub(crate) struct Ecs {
    config: EcsConfig,
    /// Records of tasks that are not over, for the stack's next start.
    records: PathBuf,
    logs: PathBuf,
    /// The AWS endpoint, as tasks are told it.
    endpoint: String,
    faults: Arc<FaultBoard>,
    tasks: Mutex<Tasks>,
    connected: SetOnce<Connected>,
    spawner: Spawner,
    running: TaskTracker,
    events: TaskTracker,
    /// No new tasks, since the stack is going down.
    closing: CancellationToken,
    /// No more deliveries either.
    closed: CancellationToken,
}

/// What is known only once the Lambdas are built.
struct Connected {
    functions: Arc<dyn Functions>,
    environment: Vec<(String, String)>,
}

#[derive(Debug, Default)]
struct Tasks {
    by_id: BTreeMap<String, Entry>,
    /// Client tokens, with the request they came with and the task it made.
    tokens: HashMap<String, (String, String)>,
    stopped: std::collections::VecDeque<String>,
}

#[derive(Debug)]
struct Entry {
    task: Task,
    stop: watch::Sender<Option<StopRequest>>,
}

impl std::fmt::Debug for Connected {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connected").finish_non_exhaustive()
    }
}

impl Ecs {
    pub(crate) fn start(
        config: &Config,
        endpoint: String,
        faults: Arc<FaultBoard>,
    ) -> anyhow::Result<Arc<Self>> {
        let (records, logs) = (config.data.join("ecs"), config.data.join("logs"));
        std::fs::create_dir_all(&records)?;
        std::fs::create_dir_all(&logs)?;
        let ecs = Arc::new(Self {
            config: config.ecs.clone(),
            records,
            logs,
            endpoint,
            faults,
            tasks: Mutex::default(),
            connected: SetOnce::new(),
            spawner: Spawner::start()?,
            running: TaskTracker::new(),
            events: TaskTracker::new(),
            closing: CancellationToken::new(),
            closed: CancellationToken::new(),
        });
        ecs.recover()?;
        Ok(ecs)
    }

    /// Says who receives the events and what every task's environment holds.
    /// Until then tasks wait in PROVISIONING, and events wait to be delivered.
    pub(crate) fn connect(
        &self,
        functions: Arc<dyn Functions>,
        environment: Vec<(String, String)>,
    ) {
        if self.connected.set(Connected { functions, environment }).is_err() {
            tracing::error!("the stand-ins are already connected to their functions");
        }
    }

    pub(crate) fn call(self: &Arc<Self>, operation: &str, input: &Value) -> AwsResult {
        match operation {
            "RunTask" => self.run_task(input),
            "DescribeTasks" => self.describe_tasks(input),
            "ListTasks" => self.list_tasks(input),
            "StopTask" => self.stop_task(input),
            other => Err(AwsError::bad_request(
                "UnknownOperationException",
                format!("the local stack has no ecs:{other}"),
            )),
        }
    }

    /// Every task this stack remembers, oldest first.
    pub(crate) fn tasks(&self) -> Vec<Task> {
        let tasks = self.lock();
        let mut tasks: Vec<Task> = tasks.by_id.values().map(|entry| entry.task.clone()).collect();
        tasks.sort_by_key(|task| task.created_ms);
        tasks
    }

    /// Stops all tasks as StopTask would, waits for them, and kills what is
    /// left when the grace is over. The tables and sockets are still up
    /// meanwhile: an orderly stop writes.
    pub(crate) async fn stop_all(&self) {
        if self.closed.is_cancelled() {
            return;
        }
        self.closing.cancel();
        for task in self.tasks() {
            self.request_stop(&task.id, StopRequest::user("the local stack is stopping"));
        }
        self.running.close();
        let grace = self.config.shutdown_grace;
        if tokio::time::timeout(grace, self.running.wait()).await.is_err() {
            tracing::warn!("some tasks did not stop within {grace:?} and are killed");
            self.kill_all();
            let _ = tokio::time::timeout(Duration::from_secs(2), self.running.wait()).await;
        }
        self.events.close();
        // One attempt is likely done by now; what is not delivered is on disk.
        let _ = tokio::time::timeout(Duration::from_secs(1), self.events.wait()).await;
        self.closed.cancel();
    }

    pub(crate) fn kill_all(&self) {
        for task in self.tasks() {
            self.kill(&task.id);
        }
    }

    /// SIGKILL to a task's whole process group. False if it has no process.
    pub(crate) fn kill(&self, id: &str) -> bool {
        let pid = self.lock().by_id.get(id).and_then(|entry| entry.task.pid);
        pid.is_some_and(|pid| process::signal_group(pid, nix::sys::signal::Signal::SIGKILL))
    }

    /// Takes a Spot task away: the warning, SIGTERM, and SIGKILL when
    /// stopTimeout is over. False if it is over or on its way there.
    pub(crate) fn interrupt(&self, id: &str) -> bool {
        self.request_stop(id, StopRequest::spot())
    }

    /// Tells the world that the task has stopped, and lets its process live: a partition. False
    /// if it is over or on its way there.
    pub(crate) fn lose(&self, id: &str) -> bool {
        self.request_stop(id, StopRequest::lost())
    }

    /// The first request counts: a task stops for one reason.
    fn request_stop(&self, id: &str, request: StopRequest) -> bool {
        let tasks = self.lock();
        let Some(entry) = tasks.by_id.get(id).filter(|entry| !entry.task.is_stopped()) else {
            return false;
        };
        entry.stop.send_if_modified(|stop| {
            let first = stop.is_none();
            stop.get_or_insert(request);
            first
        })
    }

    fn lock(&self) -> MutexGuard<'_, Tasks> {
        self.tasks.lock().expect("tasks are changed without panics")
    }
}
