//! A task's life: PROVISIONING, PENDING, RUNNING, STOPPED. One future per task
//! makes every step; whoever wants something of it leaves a stop request.

use std::{io::ErrorKind, path::PathBuf, process::ExitStatus, sync::Arc, time::Duration};

use nix::sys::signal::Signal;
use tokio::{process::Child, sync::watch};

use super::{
    Ecs, REMEMBERED_STOPPED, process,
    task::{PENDING, RUNNING, STOPPED, StopRequest, Task},
};
use crate::{
    clock,
    config::{CREDENTIAL, REGION},
};

type Stop = watch::Receiver<Option<StopRequest>>;

impl Ecs {
    pub(super) async fn live(self: Arc<Self>, id: String, mut stop: Stop) {
        if let Some(request) = self.provision(&mut stop).await {
            return self.end(&id, &request, None);
        }
        if self.faults.read().fail_to_start {
            return self.end(&id, &failed("ResourceInitializationError: fault injected"), None);
        }
        self.change(&id, |task| task.status = PENDING.into());
        match self.spawn(&id).await {
            Ok(child) => self.run(&id, child, &mut stop).await,
            Err(error) => {
                tracing::error!(task.id = id, %error, "a task could not be started");
                self.end(&id, &failed(&format!("CannotStartContainerError: {error}")), None);
            }
        }
    }

    /// Waits for the network interface that Fargate would attach. Returns a
    /// request to stop that came meanwhile.
    async fn provision(&self, stop: &mut Stop) -> Option<StopRequest> {
        let delay = Duration::from_millis(self.faults.read().provisioning_delay_ms);
        let ready = async {
            self.connected.wait().await;
            tokio::time::sleep(delay).await;
        };
        tokio::select! {
            request = requested(stop) => Some(request),
            () = ready => None,
        }
    }

    async fn spawn(self: &Arc<Self>, id: &str) -> anyhow::Result<Child> {
        let task = self.lock().by_id.get(id).map(|entry| entry.task.clone());
        let task = task.ok_or_else(|| anyhow::anyhow!("the task is gone"))?;
        let program = process::Program {
            path: self.config.bridge.clone(),
            args: self.config.bridge_args.clone(),
            environment: self.environment(&task).await,
            log: self.logs.join(format!("task-{id}.log")),
            task_id: id.to_owned(),
        };
        let child = self.spawner.spawn(program).await?;
        let pid = child.id();
        self.change(id, |task| {
            task.status = RUNNING.into();
            task.started_ms = Some(clock::now_ms());
            task.pid = pid;
            task.pid_started = pid.and_then(process::started_ticks);
        });
        Ok(child)
    }

    /// Least specific first: what a container inherits, what its task
    /// definition says, what the launch overrides.
    async fn environment(&self, task: &Task) -> Vec<(String, String)> {
        let metadata = format!("{}/ecs-metadata/{}", self.endpoint, task.id);
        let stop_grace = self.config.stop_timeout.as_secs().to_string();
        let given = [
            ("AWS_ENDPOINT_URL", self.endpoint.as_str()),
            ("AWS_REGION", REGION),
            ("AWS_ACCESS_KEY_ID", CREDENTIAL),
            ("AWS_SECRET_ACCESS_KEY", CREDENTIAL),
            ("AWS_EC2_METADATA_DISABLED", "true"),
            ("ECS_CONTAINER_METADATA_URI_V4", metadata.as_str()),
            ("STOP_GRACE_SECONDS", stop_grace.as_str()),
        ];
        let mut environment = self.config.inherited.clone();
        environment.extend(given.map(|(name, value)| (name.to_owned(), value.to_owned())));
        let defined = self.connected.wait().await.environment.iter();
        environment.extend(defined.map(|(name, value)| (name.clone(), expanded(value, task))));
        environment.extend(task.environment.clone());
        let state_dir = self.machine(&task.id).map(|disk| disk.join("agent").display().to_string());
        environment.extend(state_dir.map(|dir| ("STATE_DIR".to_owned(), dir)));
        environment
    }

    async fn run(self: &Arc<Self>, id: &str, mut child: Child, stop: &mut Stop) {
        let pid = child.id();
        let request = tokio::select! {
            request = requested(stop) => Some(request),
            _ = child.wait() => None,
        };
        if let (Some(request), Some(pid)) = (&request, pid) {
            if request.lost {
                return self.outlive(id, request, (pid, child)).await;
            }
            self.announce_stop(id, request);
            self.terminate(pid, &mut child).await;
        }
        let status = child.wait().await.ok();
        // Whatever the program left behind goes with its container.
        if let Some(pid) = pid {
            process::signal_group(pid, Signal::SIGKILL);
        }
        let request = request.unwrap_or_else(exited);
        self.scrap(id).await;
        self.end(id, &request, status);
    }

    /// A machine that is cut off from ECS: the task is over for everybody who asks, and its
    /// process goes on until it ends by itself, or with this stack.
    async fn outlive(
        self: &Arc<Self>,
        id: &str,
        request: &StopRequest,
        (pid, mut child): (u32, Child),
    ) {
        self.end(id, request, None);
        self.know(id, |task| task.pid = Some(pid));
        tokio::select! {
            _ = child.wait() => {}
            () = self.closing.cancelled() => {
                process::signal_group(pid, Signal::SIGKILL);
            }
        }
        let status = child.wait().await.ok();
        process::signal_group(pid, Signal::SIGKILL);
        self.scrap(id).await;
        self.know(id, |task| {
            task.pid = None;
            task.exit_code = status.map(process::exit_code);
        });
    }

    /// The task's disk.
    fn machine(&self, id: &str) -> Option<PathBuf> {
        self.config.machines.as_ref().map(|machines| machines.join(id))
    }

    /// What a task leaves on its machine is gone.
    async fn scrap(&self, id: &str) {
        let Some(machine) = self.machine(id) else { return };
        match tokio::fs::remove_dir_all(&machine).await {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                tracing::warn!(dir = %machine.display(), %error, "cannot clear up after a task");
            }
            _ => {}
        }
    }

    /// What ECS itself does not see: no event, no new version.
    fn know(&self, id: &str, step: impl FnOnce(&mut Task)) {
        if let Some(entry) = self.lock().by_id.get_mut(id) {
            step(&mut entry.task);
        }
    }

    /// For an interrupted Spot task this event is the two minutes' warning.
    fn announce_stop(self: &Arc<Self>, id: &str, request: &StopRequest) {
        self.change(id, |task| {
            task.desired = STOPPED.into();
            task.stopping_ms = Some(clock::now_ms());
            task.stop_code = Some(request.code.into());
            task.stopped_reason = Some(request.reason.clone());
        });
    }

    async fn terminate(&self, pid: u32, child: &mut Child) {
        process::signal_group(pid, Signal::SIGTERM);
        if tokio::time::timeout(self.config.stop_timeout, child.wait()).await.is_err() {
            process::signal_group(pid, Signal::SIGKILL);
        }
    }

    fn end(self: &Arc<Self>, id: &str, request: &StopRequest, status: Option<ExitStatus>) {
        self.change(id, |task| {
            task.status = STOPPED.into();
            task.desired = STOPPED.into();
            task.stopped_ms = Some(clock::now_ms());
            task.stopping_ms.get_or_insert(clock::now_ms());
            task.stop_code = Some(request.code.into());
            task.stopped_reason = Some(request.reason.clone());
            task.exit_code = status.map(process::exit_code);
            task.pid = None;
        });
        let mut tasks = self.lock();
        tasks.stopped.push_back(id.to_owned());
        if tasks.stopped.len() > REMEMBERED_STOPPED
            && let Some(oldest) = tasks.stopped.pop_front()
        {
            tasks.by_id.remove(&oldest);
            tasks.tokens.retain(|_, (_, id)| *id != oldest);
        }
    }

    /// One step: the version rises, the record is renewed, an event goes out.
    fn change(self: &Arc<Self>, id: &str, step: impl FnOnce(&mut Task)) {
        let mut tasks = self.lock();
        let Some(entry) = tasks.by_id.get_mut(id) else { return };
        step(&mut entry.task);
        entry.task.version += 1;
        let task = entry.task.clone();
        self.save(&task);
        drop(tasks);
        tracing::info!(task.id = id, task.status, task.stop_code, "task state changed");
        self.emit(&task);
    }
}

fn expanded(value: &str, task: &Task) -> String {
    let own = value.replace("${TASK_ID}", &task.id);
    let launch = task.environment.iter();
    launch.fold(own, |text, (name, value)| text.replace(&format!("${{{name}}}"), value))
}

async fn requested(stop: &mut Stop) -> StopRequest {
    let request = stop.wait_for(Option::is_some).await.ok().and_then(|request| request.clone());
    match request {
        Some(request) => request,
        // Nobody is left who could ask for a stop.
        None => std::future::pending().await,
    }
}

fn exited() -> StopRequest {
    StopRequest::new("EssentialContainerExited", "Essential container in task exited")
}

fn failed(reason: &str) -> StopRequest {
    StopRequest::new("TaskFailedToStart", reason)
}
