//! After a crash of the stack: every recorded task is over, since its process
//! died with us. What it may have left running is killed, and the watchdog
//! hears of each task, as it would if a host had failed.

use std::sync::Arc;

use anyhow::Context;
use nix::sys::signal::Signal;
use tokio::sync::watch;

use super::{Ecs, Entry, Task, process, task::STOPPED};
use crate::{clock, private_file};

/// 128 + SIGKILL.
const KILLED: i32 = 137;

impl Ecs {
    pub(super) fn recover(self: &Arc<Self>) -> anyhow::Result<()> {
        for entry in std::fs::read_dir(&self.records)? {
            let path = entry?.path();
            if path.extension().is_none_or(|extension| extension != "json") {
                continue;
            }
            let Some(json) = private_file::read(&path)? else { continue };
            let task: Task = serde_json::from_slice(&json)
                .with_context(|| format!("{} is not what this stack wrote", path.display()))?;
            self.bury(task);
        }
        // Nobody lives there any more.
        if let Some(machines) = self.config.machines.as_ref().filter(|dir| dir.exists()) {
            std::fs::remove_dir_all(machines)
                .with_context(|| format!("cannot clear {}", machines.display()))?;
        }
        Ok(())
    }

    fn bury(self: &Arc<Self>, mut task: Task) {
        if let (Some(pid), Some(started)) = (task.pid.take(), task.pid_started)
            && process::is_left_behind(pid, started)
        {
            tracing::warn!(task.id, pid, "a task outlived the stack and is killed");
            process::signal_group(pid, Signal::SIGKILL);
        }
        if !task.is_stopped() {
            tracing::info!(task.id, "a task of the previous run is over");
            let now = clock::now_ms();
            task.status = STOPPED.into();
            task.desired = STOPPED.into();
            task.stopping_ms.get_or_insert(now);
            task.stopped_ms = Some(now);
            task.stop_code = Some("EssentialContainerExited".into());
            task.stopped_reason = Some("Essential container in task exited".into());
            task.exit_code = Some(KILLED);
            task.version += 1;
            self.save(&task);
        }
        let mut tasks = self.lock();
        if let Some(token) = &task.client_token {
            tasks.tokens.insert(token.clone(), (task.request_hash.clone(), task.id.clone()));
        }
        tasks.stopped.push_back(task.id.clone());
        let (stop, _) = watch::channel(None);
        tasks.by_id.insert(task.id.clone(), Entry { task: task.clone(), stop });
        drop(tasks);
        self.emit(&task);
    }
}
