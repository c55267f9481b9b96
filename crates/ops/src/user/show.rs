//! `ops user show`.

use domain::{InboxState, TaskStatus, Timestamp};
use serde_json::{Value, json};

use super::known::{self, Known};
use crate::Verdict;
use crate::output::{counted, or_dash, say, span, time};
use crate::ports::Ports;

pub(super) async fn run(ports: &Ports, who: &str, json: bool) -> anyhow::Result<Verdict> {
    let user = known::find(ports, who).await?;
    let known = known::of(ports, &user).await?;
    match json {
        true => say!("{}", as_json(&known)),
        false => print(&known),
    }
    Ok(Verdict::Fine)
}

fn count(known: &Known, state: InboxState) -> usize {
    known.inbox.iter().filter(|row| row.state == state).count()
}

fn as_json(known: &Known) -> Value {
    let state = &known.state;
    json!({
        "user": known.user,
        "account": known.account.as_ref().map(|account| json!({
            "email": account.email, "status": account.status, "enabled": account.is_enabled,
        })),
        "task": {
            "status": state.status, "phase": state.phase, "generation": state.generation,
            "released": state.released, "task": state.task_arn.as_ref().map(|arn| &arn.0),
            "capacity": state.capacity, "since": state.launched_at,
            "lastActivityAt": state.last_activity_at, "lookedAtAt": state.due_at,
            "failedLaunches": state.failed_launches,
        },
        "inbox": {
            "pending": count(known, InboxState::Pending),
            "leased": count(known, InboxState::Leased),
            "dead": count(known, InboxState::Dead),
            "done": count(known, InboxState::Done),
        },
        "conversations": known.conversations,
        "snapshots": { "count": known.snapshots, "newest": known.newest_snapshot },
        "usageThisMonth": known.usage,
        "telegram": known.link.as_ref().map(|link| json!({
            "person": link.person.to_string(), "name": link.name, "since": link.since,
        })),
        "connections": known.clients,
        "deletion": known.deletion.as_ref().map(|deletion| json!({
            "id": deletion.id, "beganAt": deletion.began_at, "doneAt": deletion.done_at,
        })),
    })
}

fn print(known: &Known) {
    say!("user           {}", known.user);
    say!("account        {}", account(known));
    say!("agent          {}", agent(known));
    let last = known.state.last_activity_at.map(|at| format!("{} UTC", time(at)));
    say!("last active    {}", or_dash(last));
    say!("messages       {}", messages(known));
    say!("conversations  {}", known.conversations);
    say!("snapshots      {}", snapshots(known));
    say!("this month     {}", usage(known));
    let link = known.link.as_ref().map(|link| format!("{} ({})", link.name, link.person));
    say!("Telegram       {}", link.unwrap_or_else(|| "not linked".into()));
    say!("connected      {}", counted(known.clients, "client"));
    if let Some(deletion) = known.deletion.as_ref() {
        let began = time(deletion.began_at);
        match deletion.done_at {
            None => say!("leaves         since {began} UTC; all of him is being deleted"),
            Some(at) => say!("left           everything was gone at {} UTC", time(at)),
        }
    }
}

fn account(known: &Known) -> String {
    let Some(account) = &known.account else { return "none is known".into() };
    let email = account.email.as_deref().unwrap_or("without an e-mail address");
    let status = account.status.as_deref().unwrap_or("of unknown status");
    let disabled = if account.is_enabled { "" } else { ", disabled" };
    format!("{email}, {status}{disabled}")
}

fn agent(known: &Known) -> String {
    let state = &known.state;
    let ago = |at: Timestamp| span(known.now.since(at));
    let failed = match state.failed_launches {
        0 => String::new(),
        1 => "; the last launch came to nothing".into(),
        more => format!("; the last {more} launches came to nothing"),
    };
    let generation = state.generation;
    match (state.status, state.launched_at) {
        (TaskStatus::Idle, _) if generation.0 == 0 => format!("never started{failed}"),
        (TaskStatus::Idle, _) => format!("asleep, after generation {generation}{failed}"),
        (status, Some(at)) => {
            let on = or_dash(state.capacity.map(|capacity| capacity.provider()));
            format!("{status:?} for {}, generation {generation}, on {on}{failed}", ago(at))
        }
        (status, None) => format!("{status:?}, generation {generation}{failed}"),
    }
}

fn messages(known: &Known) -> String {
    let of = |state| count(known, state);
    let (pending, leased) = (of(InboxState::Pending), of(InboxState::Leased));
    format!("{pending} waiting, {leased} being answered, {} given up", of(InboxState::Dead))
}

fn snapshots(known: &Known) -> String {
    match known.newest_snapshot {
        Some(at) => format!("{}, the newest of {} UTC", known.snapshots, time(at)),
        None => "none".into(),
    }
}

fn usage(known: &Known) -> String {
    let usage = &known.usage;
    let messages = usage.messages.web + usage.messages.telegram + usage.messages.schedule;
    let awake = usage.awake_seconds.spot + usage.awake_seconds.on_demand;
    let machine =
        usage.estimated_usd.map(|usd| format!(", machine ${:.2}", usd.machine + usd.address));
    format!(
        "{} answered, {} tokens in, {} out, awake {}, model ${:.2}{}",
        counted(usize::try_from(messages).unwrap_or(usize::MAX), "message"),
        usage.input_tokens,
        usage.output_tokens,
        span(std::time::Duration::from_secs(awake)),
        usage.model_usd,
        machine.unwrap_or_default(),
    )
}
