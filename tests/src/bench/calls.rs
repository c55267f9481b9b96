//! Calls per AWS operation: what a bill is made of. Counted by the stack, the Lambdas' and the
//! bridge's together. The watchdog's are left out, but for the hour in which everybody sleeps
//! and there are no other calls.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Display};
use std::time::Duration;

use http::Method;
use serde_json::Value;

use crate::{Client, Stack, eventually};

/// The schedule is one minute.
const LOOKS_AN_HOUR: u64 = 60;
const MINUTE: Duration = Duration::from_secs(60);
/// The bridge looks into the inbox once more, 15 s after a message: that look is the message's.
const QUIET: Duration = Duration::from_secs(17);

type Calls = BTreeMap<String, u64>;

pub(crate) struct Counted(Vec<(&'static str, Calls)>);

/// `stack`: one whose watchdog sleeps.
pub(crate) async fn count(stack: &Stack) -> Counted {
    let mut ben = stack.client("ben").await;
    let wake = of_a_message(stack, &mut ben).await;
    let warm = of_a_message(stack, &mut ben).await;
    reset(stack).await;
    // Not a wait for something: this long is what is measured.
    tokio::time::sleep(MINUTE).await;
    Counted(vec![
        ("a wake-up with its message", wake),
        ("one warm message", warm),
        ("one idle minute of a running task", calls(stack).await),
        ("one stop", of_a_stop(stack).await),
    ])
}

/// `stack`: one whose watchdog looks every second.
pub(crate) async fn count_asleep(stack: &Stack, counted: &mut Counted) {
    reset(stack).await;
    let looks = async || match calls(stack).await.get("ecs:ListTasks") {
        Some(looks) if *looks >= LOOKS_AN_HOUR => Ok(()),
        looks => Err(looks.copied()),
    };
    eventually("an hour's looks of the watchdog", looks).await;
    let calls = calls(stack).await.into_iter();
    let an_hour = calls.map(|(name, calls)| (name, calls - calls % LOOKS_AN_HOUR));
    counted.0.push(("an hour in which nobody is awake", an_hour.collect()));
}

/// What the bridge does from the signal to its end.
async fn of_a_stop(stack: &Stack) -> Calls {
    reset(stack).await;
    let task = stack.live_tasks().await[0]["id"].as_str().expect("an id").to_owned();
    stack.control(Method::POST, &format!("tasks/{task}/interrupt"), Value::Null).await;
    let none = async || match stack.live_tasks().await {
        live if live.is_empty() => Ok(()),
        live => Err(live),
    };
    eventually("the end of the task", none).await;
    quiet(stack).await
}

async fn of_a_message(stack: &Stack, client: &mut Client) -> Calls {
    reset(stack).await;
    client.ask("How are you?").await;
    quiet(stack).await
}

/// The calls when there has been no other for a while.
async fn quiet(stack: &Stack) -> Calls {
    let mut before = calls(stack).await;
    loop {
        tokio::time::sleep(QUIET).await;
        let now = calls(stack).await;
        if now == before {
            return now;
        }
        before = now;
    }
}

async fn reset(stack: &Stack) {
    stack.control(Method::DELETE, "counters", Value::Null).await;
}

async fn calls(stack: &Stack) -> Calls {
    let counters = stack.local("counters").await;
    serde_json::from_value(counters["calls"].clone()).expect("operations with their counts")
}

impl Display for Counted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.0.iter().map(|(name, _)| *name).collect();
        writeln!(f, "| AWS operation | {} |", names.join(" | "))?;
        writeln!(f, "| --- |{}", " --- |".repeat(names.len()))?;
        let operations: BTreeSet<&String> = self.0.iter().flat_map(|(_, c)| c.keys()).collect();
        for operation in operations {
            let count = |calls: &Calls| calls.get(operation).copied().unwrap_or(0).to_string();
            let counts: Vec<String> = self.0.iter().map(|(_, calls)| count(calls)).collect();
            writeln!(f, "| {operation} | {} |", counts.join(" | "))?;
        }
        Ok(())
    }
}
