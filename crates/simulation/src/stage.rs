//! One schedule from its first message to its last check.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use domain::{Capacity, TaskStatus, UserId};
use platform::Clock;
use platform_sim::{Chaos, Process, Rates, SkewedClock, World};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use crate::cluster::{self, Cluster};
use crate::lambdas::Lambdas;
use crate::ledger;
use crate::people;
use crate::plan::Plan;
use crate::{CALM, Counts, Outcome};

/// What everything in a schedule shares.
#[derive(Clone)]
pub(crate) struct Stage {
    pub(crate) world: World,
    pub(crate) chaos: Chaos,
    pub(crate) plan: Arc<Plan>,
    pub(crate) zero: Instant,
    pub(crate) tally: Arc<Mutex<Tally>>,
}

#[derive(Default)]
pub(crate) struct Tally {
    pub(crate) counts: Counts,
    pub(crate) problems: Vec<String>,
    connections: u64,
}

impl Stage {
    pub(crate) fn now(&self) -> Duration {
        self.zero.elapsed()
    }

    /// A process with a clock of its own.
    pub(crate) fn process(&self) -> (Process, Arc<dyn Clock>) {
        let skew = i64::try_from(self.plan.skew_ms).expect("2 s");
        let ahead = i64::try_from(self.chaos.below(2 * self.plan.skew_ms + 1)).expect("4 s") - skew;
        let clock = SkewedClock::right(self.zero).ahead_by(ahead);
        (Process::new(self.chaos.clone()), Arc::new(clock))
    }

    pub(crate) fn storms(&self) -> bool {
        self.now() < self.plan.storm
    }

    pub(crate) fn count(&self, change: impl FnOnce(&mut Counts)) {
        change(&mut self.tally().counts);
    }

    pub(crate) fn problem(&self, what: impl Into<String>) {
        let at = self.now().as_millis();
        self.tally().problems.push(format!("at {at} ms: {}", what.into()));
    }

    pub(crate) fn next_connection(&self) -> domain::ConnectionId {
        let mut tally = self.tally();
        tally.connections += 1;
        domain::ConnectionId::new(format!("c{}=", tally.connections)).expect("valid")
    }

    pub(crate) fn tally(&self) -> std::sync::MutexGuard<'_, Tally> {
        self.tally.lock().expect("no holder panics")
    }
}

pub(crate) async fn play(seed: u64) -> Outcome {
    let chaos = Chaos::new(seed, Rates::default());
    let plan = Plan::draw(&chaos);
    chaos.set(plan.rates);
    let stage = Stage {
        world: World::default(),
        chaos,
        plan: Arc::new(plan),
        zero: Instant::now(),
        tally: Arc::default(),
    };
    stage.world.set_ecs_lag(stage.plan.ecs_lag);
    let lambdas = Lambdas::new(stage.clone());
    let cluster = Cluster::start(&lambdas);

    let users: Vec<UserId> =
        (0..stage.plan.users).map(|n| UserId::new(format!("user-{n}")).expect("valid")).collect();
    let mut background = JoinSet::new();
    background.spawn_local(schedule(lambdas.clone()));
    background.spawn_local(capacity(stage.clone()));
    let mut tabs = JoinSet::new();
    for user in &users {
        for tab in 0..stage.plan.tabs {
            tabs.spawn_local(people::tab(lambdas.clone(), user.clone(), tab));
        }
    }

    sleep(stage.plan.storm).await;
    clear_up(&stage, &cluster);
    let mut heard = Vec::new();
    while let Some(tab) = tabs.join_next().await {
        heard.push(tab.expect("a tab does not panic"));
    }
    settle(&stage, &cluster, &users).await;
    ledger::check(&stage, &users, &heard);
    background.abort_all();

    stage.count(|counts| counts.virtual_seconds = stage.zero.elapsed().as_secs());
    let tally = stage.tally();
    let log = if tally.problems.is_empty() { Vec::new() } else { log_of(&stage) };
    Outcome { seed, problems: tally.problems.clone(), log, counts: tally.counts }
}

fn log_of(stage: &Stage) -> Vec<String> {
    let entries = stage.world.log();
    let lines = entries.iter().map(|entry| {
        let at = entry.at.duration_since(stage.zero).as_millis();
        let user = entry.user.as_ref().map(ToString::to_string).unwrap_or_default();
        format!("{at:>9} ms  {user:<8} {:?}", entry.effect)
    });
    std::iter::once(format!("{:?}", stage.plan)).chain(lines).collect()
}

/// The weather clears: calls succeed, machines are to be had, the frozen thaw.
fn clear_up(stage: &Stage, cluster: &Cluster) {
    stage.chaos.set(CALM);
    for capacity in [Capacity::Spot, Capacity::OnDemand] {
        stage.world.set_capacity(capacity, true);
    }
    cluster.thaw();
}

/// The schedule rule of the watchdog.
async fn schedule(lambdas: Lambdas) {
    loop {
        sleep(Duration::from_secs(60)).await;
        lambdas.scheduled().await;
        if lambdas.stage.plan.spares > 0 {
            lambdas.keep_spares().await;
        }
    }
}

/// Machines of a kind are sold out for a while, now and then.
async fn capacity(stage: Stage) {
    while stage.storms() {
        sleep(stage.chaos.millis(5_000, 120_000)).await;
        if !stage.chaos.chance(stage.plan.machines.no_capacity) {
            continue;
        }
        let both = stage.chaos.chance(0.5);
        stage.world.set_capacity(Capacity::Spot, false);
        stage.world.set_capacity(Capacity::OnDemand, !both);
        sleep(stage.chaos.millis(5_000, 240_000)).await;
        stage.world.set_capacity(Capacity::Spot, true);
        stage.world.set_capacity(Capacity::OnDemand, true);
    }
}

/// After the weather has cleared, every message ends within this,
const ANSWERED_WITHIN: Duration = Duration::from_secs(25 * 60);
/// and everything sleeps within this.
const ASLEEP_WITHIN: Duration = Duration::from_secs(60 * 60);

async fn settle(stage: &Stage, cluster: &Cluster, users: &[UserId]) {
    let open = || open_messages(&stage.world, users);
    if !until(ANSWERED_WITHIN, || open().is_empty()).await {
        for message in open() {
            stage.problem(format!("still waits: {message}"));
        }
        for user in users {
            stage.problem(format!("{:?}", stage.world.task(user)));
        }
        return;
    }
    let asleep = || awake(stage, cluster, users).is_empty();
    if !until(ASLEEP_WITHIN, asleep).await {
        for who in awake(stage, cluster, users) {
            stage.problem(format!("still awake: {who}"));
        }
    }
}

async fn until(limit: Duration, condition: impl Fn() -> bool) -> bool {
    let deadline = Instant::now() + limit;
    while !condition() {
        if Instant::now() >= deadline {
            return false;
        }
        sleep(Duration::from_secs(5)).await;
    }
    true
}

fn open_messages(world: &World, users: &[UserId]) -> Vec<String> {
    let rows = users.iter().flat_map(|user| world.inbox_of(user));
    rows.filter(|row| row.state.is_open()).map(|row| format!("{row:?}")).collect()
}

fn awake(stage: &Stage, cluster: &Cluster, users: &[UserId]) -> Vec<String> {
    let states = users.iter().map(|user| stage.world.task(user));
    let busy = states.filter(|task| task.status != TaskStatus::Idle || task.due_at.is_some());
    let tasks = busy.map(|task| format!("{task:?}"));
    let machines = stage.world.running_tasks().into_iter().map(|arn| format!("machine {arn}"));
    let bridges = cluster::living(cluster).into_iter().map(|arn| format!("bridge on {arn}"));
    let spares = stage.world.spares_now().into_iter().map(|spare| format!("{spare:?}"));
    tasks.chain(machines).chain(bridges).chain(spares).collect()
}
