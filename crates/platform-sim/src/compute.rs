//! Machines: what was launched, and which kinds are not to be had.

use std::collections::HashSet;

use async_trait::async_trait;
use domain::{Capacity, TaskArn};
use platform::{Compute, LaunchError, LaunchRequest, ObservedTask, Result};

use crate::world::World;

#[derive(Debug, Default)]
pub(crate) struct Machines {
    launched: Vec<(LaunchRequest, ObservedTask)>,
    unavailable: HashSet<&'static str>,
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
        self.lock().machines.launched.iter().map(|(request, _)| request.clone()).collect()
    }

    pub fn running_tasks(&self) -> Vec<TaskArn> {
        let state = self.lock();
        let running = state.machines.launched.iter().filter(|(_, task)| !task.stopped);
        running.map(|(_, task)| task.arn.clone()).collect()
    }

    /// The machine stops by itself: a Spot interruption, a crash.
    pub fn task_dies(&self, arn: &TaskArn, reason: &str) {
        self.lock().machines.stop(arn, reason);
    }

    /// ECS forgets a task some time after it stopped.
    pub fn forget_task(&self, arn: &TaskArn) {
        self.lock().machines.launched.retain(|(_, task)| task.arn != *arn);
    }
}

#[async_trait]
impl Compute for World {
    async fn launch(&self, request: &LaunchRequest) -> std::result::Result<TaskArn, LaunchError> {
        self.call("compute.launch", |state| state.machines.launch(request)).await
    }

    async fn stop(&self, arn: &TaskArn, reason: &str) -> Result<()> {
        self.call("compute.stop", |state| {
            state.machines.stop(arn, reason);
            Ok(())
        })
        .await
    }

    async fn describe(&self, arns: &[TaskArn]) -> Result<Vec<ObservedTask>> {
        self.call("compute.describe", |state| {
            let known = state.machines.launched.iter().map(|(_, task)| task);
            Ok(known.filter(|task| arns.contains(&task.arn)).cloned().collect())
        })
        .await
    }
}

impl Machines {
    fn launch(&mut self, request: &LaunchRequest) -> std::result::Result<TaskArn, LaunchError> {
        let key = |r: &LaunchRequest| (r.user.clone(), r.generation, r.attempt);
        let same = self.launched.iter().find(|(earlier, _)| key(earlier) == key(request));
        if let Some((_, task)) = same {
            return Ok(task.arn.clone());
        }
        let capacity = request.capacity;
        if self.unavailable.contains(capacity.provider()) {
            return Err(LaunchError::NoCapacity { capacity, reason: "RESOURCE:CPU".into() });
        }
        let LaunchRequest { user, generation, attempt, .. } = request;
        let arn = TaskArn(format!("arn:sim:task/{user}/{generation}/{attempt}"));
        let task = ObservedTask { arn: arn.clone(), stopped: false, stopped_reason: None };
        self.launched.push((request.clone(), task));
        Ok(arn)
    }

    fn stop(&mut self, arn: &TaskArn, reason: &str) {
        let running = self.launched.iter_mut().map(|(_, task)| task);
        if let Some(task) = running.into_iter().find(|t| t.arn == *arn && !t.stopped) {
            task.stopped = true;
            task.stopped_reason = Some(reason.to_owned());
        }
    }
}
