//! One scheduled run of the watchdog with a task for each of ten thousand users, all of them due.
//! The real use case in this process; each call of a port takes as long as one to AWS may.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::ensure;
use control_plane::{EnsureTask, FollowTask, Swept, Tell};
use domain::{
    ActivityHistory, Capacity, Generation, Owner, TaskArn, TaskPolicy, TaskStatus, UserId,
};
use platform::{Claim, Clock, ObservedTask};
use platform_sim::World;

use super::report::Row;
use super::slow_ports::{Calls, SlowInbox, SlowMachines, SlowTasks};

const USERS: usize = 10_000;

pub(crate) async fn rows() -> anyhow::Result<Vec<Row>> {
    let world = World::default();
    let policy = TaskPolicy::default();
    let users: Vec<UserId> =
        (0..USERS).map(|n| UserId::new(format!("user-{n}"))).collect::<Result<_, _>>()?;
    let mut machines = Vec::with_capacity(USERS);
    for (n, user) in users.iter().enumerate() {
        machines.push(serves(&world, user, n).await?);
    }
    world.clock().advance(policy.start_within);
    let silent = sweep(&world, &machines).await?;
    world.clock().advance(policy.look_every);
    for user in &users {
        let now = world.clock().now();
        let history = ActivityHistory::default();
        world.tasks().touch(user, Generation(1), now, &history).await?;
    }
    let busy = sweep(&world, &machines).await?;
    Ok(vec![
        row("watchdog: 10,000 tasks at work, all due, 5 ms per call", busy),
        row("watchdog: the same, and every bridge is silent", silent),
    ])
}

async fn serves(world: &World, user: &UserId, n: usize) -> anyhow::Result<ObservedTask> {
    let (tasks, now) = (world.tasks(), world.clock().now());
    let claim = Claim {
        seen_status: TaskStatus::Idle,
        seen_generation: Generation(0),
        launch_token_sha256: format!("of token {n}"),
        now,
        due_at: now + TaskPolicy::default().start_within,
    };
    let generation = tasks.claim_launch(user, &claim).await?;
    let arn = TaskArn(format!("arn:aws:ecs:us-east-1:0:task/openclaw/{n:032x}"));
    tasks.record_launched(user, generation, &arn, Capacity::Spot).await?;
    tasks.set_running(user, generation, Duration::from_secs(9), now).await?;
    Ok(ObservedTask {
        arn,
        owner: Some(Owner::User(user.clone(), generation)),
        capacity: Some(Capacity::Spot),
        created_at: Some(now),
        stopped: false,
        failed_to_start: false,
        stopped_reason: None,
        definition: None,
    })
}

async fn sweep(world: &World, machines: &[ObservedTask]) -> anyhow::Result<(Duration, Calls)> {
    let calls = Calls::default();
    let follow = follow(world, machines, &calls);
    let before = Instant::now();
    let swept = follow.sweep().await;
    let took = before.elapsed();
    let Swept { looked_at, errors, .. } = swept;
    ensure!((looked_at, errors) == (USERS, 0), "the sweep looked at {looked_at}, {errors} failed");
    Ok((took, calls))
}

fn follow(world: &World, machines: &[ObservedTask], calls: &Calls) -> FollowTask {
    let clock: Arc<dyn Clock> = Arc::new(world.clock().clone());
    let tasks = Arc::new(SlowTasks { tasks: world.tasks(), calls: calls.clone() });
    let ensure = EnsureTask {
        tasks: tasks.clone(),
        spares: None,
        compute: Arc::new(SlowMachines::new(machines, calls)),
        releases: world.releases(),
        push: world.push(),
        clock: clock.clone(),
        metrics: world.metrics(),
        policy: TaskPolicy::default(),
        entropy: || [7; 32],
    };
    FollowTask {
        tasks,
        inbox: Arc::new(SlowInbox { inbox: world.inbox(), calls: calls.clone() }),
        ensure,
        tell: Tell { connections: world.connections(), push: world.push(), clock: clock.clone() },
        clock,
    }
}

fn row(what: &str, (took, calls): (Duration, Calls)) -> Row {
    Row {
        what: what.into(),
        runs: 1,
        measured: format!("{:.1} s; {calls}", took.as_secs_f64()),
        target: "< 10 s",
        reference: "stops at about 1,300 tasks",
    }
}
