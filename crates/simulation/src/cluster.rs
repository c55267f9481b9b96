//! ECS: runs a bridge for every launch, warns, kills, loses and forgets it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bridge::{
    Halt, Life, ModelSettings, ModelSource, Policy, Ports, Reason, SpareLife, Workspace, live,
    spare,
};
use domain::{Generation, IdlePolicy, LaunchToken, Owner, TaskArn, TimeZone, UserId};
use platform::{Clock, Unavailable};
use platform_sim::{Disk, Fate, Machine, MachineEvent, Process, Seen, World};
use tokio::sync::mpsc;
use tokio::time::sleep;

use crate::agent::SimHost;
use crate::events::{Change, emit};
use crate::lambdas::Lambdas;
use crate::line::SimLine;
use crate::stage::Stage;

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
                tokio::task::spawn_local(run(cluster.clone(), lambdas.clone(), *machine));
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

/// A machine that runs a bridge, a user's or a spare.
#[derive(Clone)]
struct Body {
    lambdas: Lambdas,
    machine: Machine,
    process: Process,
    halt: Halt,
    whose: Whose,
    disk: Disk,
    /// ECS takes it for stopped.
    lost: Arc<AtomicBool>,
}

/// Nobody's, until it is claimed.
#[derive(Clone, Default)]
struct Whose(Arc<Mutex<Option<(UserId, Generation)>>>);

impl Whose {
    fn becomes(&self, user: &UserId, generation: Generation) {
        *self.0.lock().expect("no holder panics") = Some((user.clone(), generation));
    }

    fn saw(&self, stage: &Stage, seen: impl FnOnce(Generation) -> Seen) {
        if let Some((user, generation)) = &*self.0.lock().expect("no holder panics") {
            stage.world.saw(user, seen(*generation));
        }
    }
}

async fn run(cluster: Cluster, lambdas: Lambdas, machine: Machine) {
    let stage = lambdas.stage.clone();
    let arn = machine.task.arn.clone();
    sleep(stage.chaos.millis(500, 40_000)).await;
    if stage.storms() && stage.chaos.chance(stage.plan.machines.fails_to_start) {
        stage.world.task_fails_to_start(&arn, "RESOURCE:CPU");
        return emit(&lambdas, &machine, 2, Change::Stopped { code: "TaskFailedToStart" });
    }
    emit(&lambdas, &machine, 2, Change::Running);

    let (process, clock) = stage.process();
    let (halt, whose) = (Halt::default(), Whose::default());
    let lost = Arc::default();
    let disk = Disk::default();
    let body = Body { lambdas, machine, process, halt, whose, disk, lost };
    let running = Running {
        arn: arn.clone(),
        process: body.process.clone(),
        halt: body.halt.clone(),
        hangs: Arc::default(),
    };
    cluster.0.lock().expect("no holder panics").push(running.clone());
    let trouble = tokio::task::spawn_local(trouble(body.clone(), running));

    let life = tokio::task::spawn_local(body.clone().live(clock));
    let abort = life.abort_handle();
    tokio::select! {
        biased;
        () = body.process.dies() => {
            abort.abort();
            stage.count(|counts| counts.kills += 1);
        }
        ended = life => {
            if ended.is_err() {
                stage.problem(format!("the bridge on {arn} panicked"));
            }
            // Nothing of an ended process goes on.
            body.process.becomes(Fate::Dead);
        }
    }
    trouble.abort();
    body.whose.saw(&stage, Seen::Died);
    cluster.forget(&arn);
    stage.world.task_dies(&arn, "Essential container in task exited");
    let code = "EssentialContainerExited";
    emit(&body.lambdas, &body.machine, 9, Change::Stopped { code });
}

impl Body {
    async fn live(self, clock: Arc<dyn Clock>) -> anyhow::Result<()> {
        let token = &self.machine.request.token;
        let id = match &token.owner {
            Owner::User(user, generation) => {
                return live(self.life(&clock, user.clone(), *generation), |_| {}).await;
            }
            Owner::Spare(id) => id.clone(),
        };
        let expires_at = self.machine.request.expires_at.expect("every spare's is set");
        let waiting = SpareLife {
            id,
            expires_at,
            spares: self.world().spares(),
            ports: self.ports(&clock),
            host: self.host(None),
            line: self.line(token.clone()),
            halt: self.halt.clone(),
        };
        spare(waiting, |user, generation| self.life(&clock, user, generation), |_| {}).await
    }

    fn world(&self) -> World {
        self.lambdas.stage.world.seen_by(&self.process)
    }

    fn ports(&self, clock: &Arc<dyn Clock>) -> Ports {
        let world = self.world();
        Ports {
            tasks: world.tasks(),
            inbox: world.inbox(),
            connections: world.connections(),
            conversations: world.conversations(),
            push: world.push(),
            settings: world.settings(),
            snapshots: world.snapshots(),
            uploads: world.uploads(),
            usage: world.usage(),
            bot: None,
            links: world.links(),
            chats: world.chats(),
            skills: world.skills(),
            errands: world.errands(),
            incoming: world.incoming(),
            downloads: world.downloads(),
            releases: world.releases(),
            metrics: world.metrics(),
            model: Arc::new(NoModel),
            clock: clock.clone(),
        }
    }

    fn host(&self, owner: Option<(UserId, Generation)>) -> Arc<SimHost> {
        let (stage, process) = (self.lambdas.stage.clone(), self.process.clone());
        Arc::new(SimHost { stage, process, disk: self.disk.clone(), owner })
    }

    fn line(&self, token: LaunchToken) -> Arc<SimLine> {
        let (lambdas, process) = (self.lambdas.clone(), self.process.clone());
        Arc::new(SimLine { lambdas, process, token })
    }

    fn life(&self, clock: &Arc<dyn Clock>, user: UserId, generation: Generation) -> Life {
        self.whose.becomes(&user, generation);
        if self.lost.load(Ordering::Relaxed) {
            self.whose.saw(&self.lambdas.stage, Seen::OutOfReach);
        }
        let token = self.machine.request.token.handed_to(user.clone(), generation);
        Life {
            ports: self.ports(clock),
            host: self.host(Some((user.clone(), generation))),
            memory: self.world().memory(&user, &self.disk),
            line: self.line(token),
            user,
            generation,
            policy: Policy {
                idle: IdlePolicy { shortest: IDLE_TIMEOUT, longest: IDLE_TIMEOUT },
                ..Policy::default()
            },
            workspace: Workspace::default(),
            time_zone: TimeZone::utc(),
            release: None,
            halt: self.halt.clone(),
        }
    }
}

/// What happens to this machine, and when.
async fn trouble(body: Body, running: Running) {
    let Body { lambdas, machine, process, whose, .. } = &body;
    let stage = &lambdas.stage;
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
            emit(lambdas, machine, 5, Change::Warned);
            return terminate(running.clone()).await;
        }
        if stage.chaos.chance(luck.frozen) {
            stage.count(|counts| counts.freezes += 1);
            out_of_reach(&body, Fate::Frozen).await;
        }
        if stage.chaos.chance(luck.hangs) {
            stage.count(|counts| counts.freezes += 1);
            whose.saw(stage, Seen::OutOfReach);
            running.hangs.store(true, Ordering::Relaxed);
            return process.becomes(Fate::Frozen);
        }
        if stage.chaos.chance(luck.cut_off) {
            stage.count(|counts| counts.partitions += 1);
            out_of_reach(&body, Fate::CutOff).await;
        }
        if stage.chaos.chance(luck.lost) {
            whose.saw(stage, Seen::OutOfReach);
            body.lost.store(true, Ordering::Relaxed);
            stage.world.task_dies(&machine.task.arn, "Host EC2 (instance) terminated.");
            emit(lambdas, machine, 8, Change::Stopped { code: "InfrastructureHealth" });
            return out_of_reach(&body, Fate::CutOff).await;
        }
    }
}

async fn out_of_reach(body: &Body, fate: Fate) {
    let stage = &body.lambdas.stage;
    body.whose.saw(stage, Seen::OutOfReach);
    body.process.becomes(fate);
    sleep(stage.chaos.millis(1_000, 600_000)).await;
    // It may have been claimed meanwhile.
    body.whose.saw(stage, Seen::OutOfReach);
    body.process.becomes(Fate::Lives);
}

/// The agent here needs none.
struct NoModel;

#[async_trait]
impl ModelSource for NoModel {
    async fn load(&self) -> platform::Result<ModelSettings> {
        Err(Unavailable::new("model.load", "this world has no model"))
    }
}
