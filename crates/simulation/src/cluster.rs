//! ECS: runs a bridge for every launch, warns, kills, loses and forgets it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bridge::{Halt, Life, ModelSettings, ModelSource, Policy, Ports, Reason, live};
use domain::{Generation, IdlePolicy, Owner, TaskArn, TimeZone, UserId};
use platform::Unavailable;
use platform_sim::{Fate, Machine, MachineEvent, Process, Seen};
use tokio::sync::mpsc;
use tokio::time::sleep;

use crate::agent::SimHost;
use crate::events::{Change, emit};
use crate::lambdas::Lambdas;
use crate::line::SimLine;

/// From SIGTERM to SIGKILL.
const STOP_TIMEOUT: Duration = Duration::from_secs(120);
/// A user is asleep sooner than in production: less to play.
const IDLE_TIMEOUT: Duration = Duration::from_secs(90);

#[derive(Clone)]
pub(crate) struct Cluster(Arc<Mutex<Vec<Running>>>);

#[derive(Clone)]
struct Running {
    arn: TaskArn,
    process: Process,
    halt: Halt,
    /// Never comes back.
    hangs: Arc<AtomicBool>,
}

impl Cluster {
    pub(crate) fn start(lambdas: &Lambdas) -> Self {
        let cluster = Self(Arc::default());
        let events = lambdas.stage.world.watch_machines();
        tokio::task::spawn_local(follow(cluster.clone(), lambdas.clone(), events));
        cluster
    }

    /// The frozen and the cut off are back.
    pub(crate) fn thaw(&self) {
        for running in self.running() {
            running.process.becomes(running.best_fate());
        }
    }

    fn running(&self) -> Vec<Running> {
        self.0.lock().expect("no holder panics").clone()
    }

    fn forget(&self, arn: &TaskArn) {
        self.0.lock().expect("no holder panics").retain(|running| running.arn != *arn);
    }
}

impl Running {
    fn best_fate(&self) -> Fate {
        if self.hangs.load(Ordering::Relaxed) { Fate::Frozen } else { Fate::Lives }
    }
}

/// Bridges whose process has not ended, whatever ECS thinks of them.
pub(crate) fn living(cluster: &Cluster) -> Vec<TaskArn> {
    cluster.running().into_iter().map(|running| running.arn).collect()
}

async fn follow(
    cluster: Cluster,
    lambdas: Lambdas,
    mut events: mpsc::UnboundedReceiver<MachineEvent>,
) {
    while let Some(event) = events.recv().await {
        match event {
            MachineEvent::Launched(machine) => {
                lambdas.stage.count(|counts| counts.launches += 1);
                tokio::task::spawn_local(run(cluster.clone(), lambdas.clone(), machine));
            }
            MachineEvent::StopAsked(arn) => {
                let running = cluster.running().into_iter().find(|running| running.arn == arn);
                if let Some(running) = running {
                    tokio::task::spawn_local(terminate(running));
                }
            }
        }
    }
}

async fn terminate(running: Running) {
    running.halt.request(Reason::Signal);
    sleep(STOP_TIMEOUT).await;
    running.process.becomes(Fate::Dead);
}

async fn run(cluster: Cluster, lambdas: Lambdas, machine: Machine) {
    let stage = lambdas.stage.clone();
    let arn = machine.task.arn.clone();
    let Owner::User(user, generation) = machine.request.token.owner.clone() else {
        return stage.problem("a spare was launched, and nobody keeps spares here");
    };
    sleep(stage.chaos.millis(500, 40_000)).await;
    if stage.storms() && stage.chaos.chance(stage.plan.machines.fails_to_start) {
        stage.world.task_fails_to_start(&arn, "RESOURCE:CPU");
        return emit(&lambdas, &machine, 2, Change::Stopped { code: "TaskFailedToStart" });
    }
    emit(&lambdas, &machine, 2, Change::Running);

    let (process, clock) = stage.process();
    let world = stage.world.seen_by(&process);
    let halt = Halt::default();
    let life = Life {
        user: user.clone(),
        generation,
        ports: Ports {
            tasks: world.tasks(),
            inbox: world.inbox(),
            connections: world.connections(),
            push: world.push(),
            settings: world.settings(),
            metrics: world.metrics(),
            model: Arc::new(NoModel),
            clock,
        },
        host: Arc::new(SimHost {
            stage: stage.clone(),
            process: process.clone(),
            user: user.clone(),
            generation,
        }),
        line: Arc::new(SimLine {
            lambdas: lambdas.clone(),
            process: process.clone(),
            token: machine.request.token.clone(),
        }),
        policy: Policy {
            idle: IdlePolicy { shortest: IDLE_TIMEOUT, longest: IDLE_TIMEOUT },
            ..Policy::default()
        },
        time_zone: TimeZone::utc(),
        halt: halt.clone(),
    };
    let hangs = Arc::default();
    let running = Running { arn: arn.clone(), process: process.clone(), halt, hangs };
    cluster.0.lock().expect("no holder panics").push(running.clone());
    let trouble = tokio::task::spawn_local(trouble(lambdas.clone(), machine.clone(), running));

    let life = tokio::task::spawn_local(live(life, |_| {}));
    let abort = life.abort_handle();
    tokio::select! {
        biased;
        () = process.dies() => {
            abort.abort();
            stage.count(|counts| counts.kills += 1);
        }
        ended = life => {
            if ended.is_err() {
                stage.problem(format!("the bridge of {user}, generation {generation}, panicked"));
            }
            // Nothing of an ended process goes on.
            process.becomes(Fate::Dead);
        }
    }
    trouble.abort();
    stage.world.saw(&user, Seen::Died(generation));
    cluster.forget(&arn);
    stage.world.task_dies(&arn, "Essential container in task exited");
    emit(&lambdas, &machine, 9, Change::Stopped { code: "EssentialContainerExited" });
}

/// What happens to this machine, and when.
async fn trouble(lambdas: Lambdas, machine: Machine, running: Running) {
    let (stage, process) = (&lambdas.stage, &running.process);
    let Owner::User(user, generation) = &machine.request.token.owner else { return };
    let luck = stage.plan.machines;
    loop {
        sleep(stage.chaos.millis(500, 60_000)).await;
        if !stage.storms() {
            return;
        }
        if stage.chaos.chance(luck.killed) {
            process.becomes(Fate::Dead);
        }
        if stage.chaos.chance(luck.interrupted) {
            stage.count(|counts| counts.interruptions += 1);
            emit(&lambdas, &machine, 5, Change::Warned);
            return terminate(running.clone()).await;
        }
        if stage.chaos.chance(luck.frozen) {
            stage.count(|counts| counts.freezes += 1);
            out_of_reach(stage, process, Fate::Frozen, (user, *generation)).await;
        }
        if stage.chaos.chance(luck.hangs) {
            stage.count(|counts| counts.freezes += 1);
            stage.world.saw(user, Seen::OutOfReach(*generation));
            running.hangs.store(true, Ordering::Relaxed);
            return process.becomes(Fate::Frozen);
        }
        if stage.chaos.chance(luck.cut_off) {
            stage.count(|counts| counts.partitions += 1);
            out_of_reach(stage, process, Fate::CutOff, (user, *generation)).await;
        }
        if stage.chaos.chance(luck.lost) {
            stage.world.saw(user, Seen::OutOfReach(*generation));
            stage.world.task_dies(&machine.task.arn, "Host EC2 (instance) terminated.");
            emit(&lambdas, &machine, 8, Change::Stopped { code: "InfrastructureHealth" });
            return out_of_reach(stage, process, Fate::CutOff, (user, *generation)).await;
        }
    }
}

async fn out_of_reach(
    stage: &crate::stage::Stage,
    process: &Process,
    fate: Fate,
    (user, generation): (&UserId, Generation),
) {
    stage.world.saw(user, Seen::OutOfReach(generation));
    process.becomes(fate);
    sleep(stage.chaos.millis(1_000, 600_000)).await;
    process.becomes(Fate::Lives);
}

/// The agent here needs none.
struct NoModel;

#[async_trait]
impl ModelSource for NoModel {
    async fn load(&self) -> platform::Result<ModelSettings> {
        Err(Unavailable::new("model.load", "this world has no model"))
    }
}
