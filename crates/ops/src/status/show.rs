//! What was seen, for people and for scripts.

use domain::{Capacity, InboxState, SpareStatus, TaskStatus, Timestamp};
use serde_json::{Value, json};

use super::look::{Seen, SeenUser};
use crate::output::{counted, or_dash, say, span, table};
use crate::release;

pub(super) fn as_json(seen: &Seen) -> Value {
    let users = seen.users.iter();
    json!({
        "at": seen.now,
        "users": {
            "running": seen.with_status(TaskStatus::Running),
            "starting": seen.with_status(TaskStatus::Starting),
            "stopping": seen.with_status(TaskStatus::Stopping),
            "idleWithSomethingToDo": seen.with_status(TaskStatus::Idle),
        },
        "tasks": {
            "spot": seen.on(Capacity::Spot),
            "onDemand": seen.on(Capacity::OnDemand),
            "all": seen.tasks.len(),
        },
        "spares": spares(seen),
        "oldestPending": seen.oldest_open().map(|(at, user)| json!({ "user": user, "at": at })),
        "open": users.clone().map(SeenUser::open).sum::<usize>(),
        "dead": seen.dead().values().sum::<usize>(),
        "failedLaunches": users.clone().map(|user| u64::from(user.state.failed_launches)).sum::<u64>(),
        "leaving": seen.leaving,
        "release": release::as_json(&seen.release),
        "everybody": seen.everybodys.as_ref().map(|count| json!({
            "pending": count.pending, "leased": count.leased, "dead": count.dead,
            "oldest": count.oldest,
        })),
        "awake": users.filter(|user| user.is_awake()).map(describe).collect::<Vec<_>>(),
        "problems": seen.problems(),
    })
}

fn describe(user: &SeenUser) -> Value {
    let state = &user.state;
    json!({
        "user": state.user, "status": state.status, "phase": state.phase,
        "generation": state.generation, "capacity": state.capacity, "since": state.launched_at,
        "task": state.task_arn.as_ref().map(|arn| &arn.0), "lastSnapshot": user.saved_at(),
        "open": user.open(), "dead": user.count(InboxState::Dead),
    })
}

fn spares(seen: &Seen) -> Value {
    let count = |is: fn(&SpareStatus) -> bool| seen.spares.iter().filter(|it| is(it)).count();
    json!({
        "ready": count(|it| matches!(it, SpareStatus::Ready)),
        "starting": count(|it| matches!(it, SpareStatus::Starting)),
        "claimed": count(|it| matches!(it, SpareStatus::Claimed(..))),
    })
}

pub(super) fn print(seen: &Seen) {
    let of = |status| seen.with_status(status);
    let (running, starting, stopping) =
        (of(TaskStatus::Running), of(TaskStatus::Starting), of(TaskStatus::Stopping));
    say!("users     {running} running, {starting} starting, {stopping} stopping");
    let (spot, on_demand) = (seen.on(Capacity::Spot), seen.on(Capacity::OnDemand));
    say!("tasks     {}: {spot} on Spot, {on_demand} on demand", seen.tasks.len());
    let spares = spares(seen);
    say!(
        "spares    {} ready, {} starting, {} claimed",
        spares["ready"],
        spares["starting"],
        spares["claimed"]
    );
    say!("waiting   {}", waiting(seen));
    say!("given up  {}", given_up(seen));
    say!("version   {}", release::summary(&seen.release));
    if !seen.leaving.is_empty() {
        say!("leaving   {}", counted(seen.leaving.len(), "user"));
    }
    if seen.users.iter().any(SeenUser::is_awake) {
        say!("");
        print_awake(seen);
    }
    for problem in seen.problems() {
        say!("\nPROBLEM {problem}");
    }
}

fn waiting(seen: &Seen) -> String {
    let ago = |at: Timestamp| span(seen.now.since(at));
    match seen.oldest_open() {
        Some((at, user)) => {
            let open = seen.users.iter().map(SeenUser::open).sum();
            format!("{}; the oldest for {} (`{user}`)", counted(open, "message"), ago(at))
        }
        None => "no message".into(),
    }
}

fn given_up(seen: &Seen) -> String {
    match (seen.dead().values().sum(), &seen.everybodys) {
        (0, Some(_)) => "no message".into(),
        (0, None) => "no message of those who are awake (--all counts everybody's)".into(),
        (dead, Some(_)) => counted(dead, "message"),
        (dead, None) => {
            format!(
                "{} of those who are awake (--all counts everybody's)",
                counted(dead, "message")
            )
        }
    }
}

fn print_awake(seen: &Seen) {
    let ago = |at: Option<Timestamp>| or_dash(at.map(|at| span(seen.now.since(at))));
    let row = |user: &SeenUser| {
        let state = &user.state;
        [
            state.user.to_string(),
            format!("{:?}", state.status),
            state.generation.to_string(),
            or_dash(state.capacity.map(Capacity::provider)),
            ago(state.launched_at),
            ago(user.saved_at()),
            user.open().to_string(),
            user.count(InboxState::Dead).to_string(),
        ]
    };
    let awake = seen.users.iter().filter(|user| user.is_awake());
    let head =
        ["USER", "STATUS", "GENERATION", "CAPACITY", "FOR", "SAVED AGO", "WAITING", "GIVEN UP"];
    table(head, &[2, 6, 7], &awake.map(row).collect::<Vec<_>>());
}
