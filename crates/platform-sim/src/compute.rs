//! Machines: what was launched, and which kinds are not to be had.

use std::collections::BTreeSet;
use std::time::Duration;

use async_trait::async_trait;
use domain::{Capacity, TaskArn};
use platform::{Clock, Compute, LaunchError, LaunchRequest, ObservedTask, Result};
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::log::{Effect, Entry};
use crate::world::World;

/// A task, and what launched it.
#[derive(Clone, Debug)]
pub struct Machine {
    pub request: LaunchRequest,
    pub task: ObservedTask,
    launched: Instant,
}

/// What a simulation is told.
#[derive(Clone, Debug)]
pub enum MachineEvent {
    Launched(Box<Machine>),
    /// StopTask was called.
    StopAsked(TaskArn),
}

#[derive(Debug, Default)]
pub(crate) struct Machines {
    launched: Vec<Machine>,
    unavailable: BTreeSet<&'static str>,
    /// How long a new task is not shown.
    lag: Duration,
    watched_since: Option<Instant>,
    watched_by: Option<mpsc::UnboundedSender<MachineEvent>>,
}

impl World {
    /// Says whether machines of this kind are to be had. They are, at first.
    pub fn set_capacity(&self, capacity: Capacity, available: bool) {
        let unavailable = &mut self.lock().machines.unavailable;
        if available {
            unavailable.remove(capacity.provider());
        } else {
            unavailable.insert(capacity.provider());
        }
    }

    /// Launches that started a machine, in order.
    pub fn launches(&self) -> Vec<LaunchRequest> {
        self.lock().machines.launched.iter().map(|machine| machine.request.clone()).collect()
    }

    pub fn running_tasks(&self) -> Vec<TaskArn> {
        let state = self.lock();
        let running = state.machines.launched.iter().filter(|machine| !machine.task.stopped);
        running.map(|machine| machine.task.arn.clone()).collect()
    }

    /// The machine stops by itself: a Spot interruption, a crash.
    pub fn task_dies(&self, arn: &TaskArn, reason: &str) {
        self.lock().machines.change(arn, |task| {
            task.stopped = true;
            task.stopped_reason = Some(reason.to_owned());
        });
    }

    /// It stops before any of it ran.
    pub fn task_fails_to_start(&self, arn: &TaskArn, reason: &str) {
        self.task_dies(arn, reason);
        self.lock().machines.change(arn, |task| task.failed_to_start = true);
    }

    /// ECS forgets a task some time after it stopped.
    pub fn forget_task(&self, arn: &TaskArn) {
        self.lock().machines.launched.retain(|machine| machine.task.arn != *arn);
    }

    /// ECS is eventually consistent: it lists and describes a task only so long after its launch.
    pub fn set_ecs_lag(&self, lag: Duration) {
        self.lock().machines.lag = lag;
    }

    /// From now on a simulation runs the machines: StopTask only asks it to.
    pub fn watch_machines(&self) -> mpsc::UnboundedReceiver<MachineEvent> {
        let (sender, receiver) = mpsc::unbounded_channel();
        let machines = &mut self.lock().machines;
        machines.watched_by = Some(sender);
        machines.watched_since = Some(Instant::now());
        receiver
    }
}

#[async_trait]
impl Compute for World {
    async fn launch(&self, request: &LaunchRequest) -> std::result::Result<TaskArn, LaunchError> {
        let now = self.clock().now();
        self.call("compute.launch", |state| {
            let machines = &mut state.machines;
            let same = machines.launched.iter().find(|machine| is_same(&machine.request, request));
            if let Some(machine) = same {
                return Ok(machine.task.arn.clone());
            }
            let capacity = request.capacity;
            if machines.unavailable.contains(capacity.provider()) {
                return Err(LaunchError::NoCapacity { capacity, reason: "RESOURCE:CPU".into() });
            }
            let machine = machines.launch(request, now);
            state.log.push(Entry {
                at: Instant::now(),
                user: None,
                effect: Effect::Launched { arn: machine.task.arn.clone() },
            });
            Ok(machine.task.arn)
        })
        .await
    }

    async fn stop(&self, arn: &TaskArn, reason: &str) -> Result<()> {
        self.call("compute.stop", |state| {
            if let Some(watcher) = &state.machines.watched_by {
                let _ = watcher.send(MachineEvent::StopAsked(arn.clone()));
                return Ok(());
            }
            state.machines.change(arn, |task| {
                task.stopped = true;
                task.stopped_reason = Some(reason.to_owned());
            });
            Ok(())
        })
        .await
    }

    async fn list(&self) -> Result<Vec<TaskArn>> {
        self.call("compute.list", |state| {
            let live = state.machines.shown().filter(|machine| !machine.task.stopped);
            Ok(live.map(|machine| machine.task.arn.clone()).collect())
        })
        .await
    }

    async fn describe(&self, arns: &[TaskArn]) -> Result<Vec<ObservedTask>> {
        self.call("compute.describe", |state| {
            let known = state.machines.shown().map(|machine| &machine.task);
            Ok(known.filter(|task| arns.contains(&task.arn)).cloned().collect())
        })
        .await
    }
}

fn is_same(one: &LaunchRequest, other: &LaunchRequest) -> bool {
    (&one.token.owner, one.attempt) == (&other.token.owner, other.attempt)
}

impl Machines {
    fn shown(&self) -> impl Iterator<Item = &Machine> {
        self.launched.iter().filter(|machine| machine.launched.elapsed() >= self.lag)
    }

    fn launch(&mut self, request: &LaunchRequest, now: domain::Timestamp) -> Machine {
        let arn = TaskArn(format!("arn:sim:task/{}", self.launched.len() + 1));
        let task = ObservedTask {
            arn,
            owner: Some(request.token.owner.clone()),
            capacity: Some(request.capacity),
            // In a simulation the time that passes is tokio's.
            created_at: Some(now + self.watched_since.map(|at| at.elapsed()).unwrap_or_default()),
            stopped: false,
            failed_to_start: false,
            stopped_reason: None,
            definition: request.definition.clone(),
        };
        let machine = Machine { request: request.clone(), task, launched: Instant::now() };
        self.launched.push(machine.clone());
        if let Some(watcher) = &self.watched_by {
            let _ = watcher.send(MachineEvent::Launched(Box::new(machine.clone())));
        }
        machine
    }

    fn change(&mut self, arn: &TaskArn, change: impl FnOnce(&mut ObservedTask)) {
        let machine = self.launched.iter_mut().find(|machine| machine.task.arn == *arn);
        if let Some(machine) = machine {
            change(&mut machine.task);
        }
    }
}
