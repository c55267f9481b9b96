//! What ECS runs for us, beside what the rows say of it.

use std::collections::BTreeMap;

use domain::{Capacity, Owner, SpareStatus, TaskState, TaskStatus, Timestamp, UserId};
use platform::ObservedTask;
use serde_json::{Value, json};

use crate::Verdict;
use crate::output::{or_dash, say, span, table};
use crate::ports::Ports;

struct Listed {
    task: ObservedTask,
    /// Of a spare that was claimed: its user.
    claimed_by: Option<Owner>,
    serves: &'static str,
}

pub(super) async fn run(ports: &Ports, json: bool) -> anyhow::Result<Verdict> {
    let now = ports.clock.now();
    let listed = look(ports).await?;
    if json {
        let tasks: Vec<Value> = listed.iter().map(describe).collect();
        say!("{}", json!({ "tasks": tasks }));
    } else if listed.is_empty() {
        say!("nothing runs");
    } else {
        let rows: Vec<_> = listed.iter().map(|it| row(it, now)).collect();
        table(["TASK", "OF", "GENERATION", "CAPACITY", "FOR", "SERVES"], &[2], &rows);
    }
    Ok(Verdict::Fine)
}

async fn look(ports: &Ports) -> anyhow::Result<Vec<Listed>> {
    let compute = &ports.api.ensure.compute;
    let tasks = compute.describe(&compute.list().await?).await?;
    let spares = ports.spares.all().await?.into_iter();
    let spares: BTreeMap<_, _> = spares.map(|spare| (spare.id.clone(), spare)).collect();
    let claimed = |task: &ObservedTask| match &task.owner {
        Some(Owner::Spare(id)) => match &spares.get(id)?.status {
            SpareStatus::Claimed(user, generation) => Some(Owner::User(user.clone(), *generation)),
            _ => None,
        },
        _ => None,
    };
    let mut found: Vec<(ObservedTask, Option<Owner>)> = tasks
        .into_iter()
        .map(|task| {
            let claimed = claimed(&task);
            (task, claimed)
        })
        .collect();
    found.sort_by_key(|(task, _)| task.created_at);
    let users: Vec<UserId> = found
        .iter()
        .filter_map(|(task, claimed)| match claimed.as_ref().or(task.owner.as_ref())? {
            Owner::User(user, _) => Some(user.clone()),
            Owner::Spare(_) => None,
        })
        .collect();
    let rows = ports.api.ensure.tasks.get_many(&users).await?.into_iter().flatten();
    let rows: BTreeMap<UserId, TaskState> = rows.map(|row| (row.user.clone(), row)).collect();
    Ok(found
        .into_iter()
        .map(|(task, claimed_by)| {
            let serves = serves(claimed_by.as_ref().or(task.owner.as_ref()), &rows);
            Listed { task, claimed_by, serves }
        })
        .collect())
}

fn serves(owner: Option<&Owner>, rows: &BTreeMap<UserId, TaskState>) -> &'static str {
    match owner {
        None => "nobody that can be told",
        Some(Owner::Spare(_)) => "nobody yet",
        Some(Owner::User(user, generation)) => match rows.get(user) {
            Some(row) if row.generation == *generation && row.status != TaskStatus::Idle => {
                "its user"
            }
            Some(row) if row.generation > *generation => "nobody: a newer one does",
            Some(_) => "nobody: its user is asleep",
            None => "nobody: its user has no row",
        },
    }
}

fn of(it: &Listed) -> (String, Option<u64>) {
    match it.claimed_by.as_ref().or(it.task.owner.as_ref()) {
        Some(Owner::User(user, generation)) => (user.to_string(), Some(generation.0)),
        Some(Owner::Spare(id)) => (format!("spare {id}"), None),
        None => ("?".into(), None),
    }
}

fn row(it: &Listed, now: Timestamp) -> [String; 6] {
    let (of, generation) = of(it);
    let task = &it.task;
    let id = task.arn.0.rsplit('/').next().unwrap_or_default().to_owned();
    let created = task.created_at.map(|at| span(now.since(at)));
    let capacity = task.capacity.map(Capacity::provider);
    [id, of, or_dash(generation), or_dash(capacity), or_dash(created), it.serves.into()]
}

fn describe(it: &Listed) -> Value {
    let (of, generation) = of(it);
    json!({
        "task": it.task.arn.0, "of": of, "generation": generation, "capacity": it.task.capacity,
        "createdAt": it.task.created_at, "serves": it.serves,
    })
}
