//! What every drill ends with: nothing lost, nothing doubled, everything in order.

use std::collections::HashMap;
use std::fmt;
use std::time::Duration;

use serde_json::Value;
use system_tests::{Stack, eventually, get};

use crate::hands::is_of;
use crate::person::{Entry, Person};

/// One row of the table of drills.
pub(crate) struct Ledger {
    pub(crate) fault: String,
    pub(crate) times: usize,
    pub(crate) messages: usize,
    pub(crate) lost: Vec<String>,
    pub(crate) doubled: Vec<String>,
    /// Given up, and visibly so.
    pub(crate) dead: usize,
    pub(crate) longest_wait: Duration,
    /// Whatever else is not as promised.
    pub(crate) wrong: Vec<String>,
}

impl Ledger {
    /// Waits until everything is answered and quiet, holds the books against what is recorded,
    /// prints the row and fails on the first thing that is not as promised.
    pub(crate) async fn close(
        fault: &str,
        times: usize,
        stack: &Stack,
        mut people: Vec<Person>,
    ) -> Self {
        let ended = people.iter_mut().map(Person::until_all_ended);
        futures_util::future::join_all(ended).await;
        let mut ledger = Self {
            fault: fault.to_owned(),
            times,
            messages: 0,
            lost: Vec::new(),
            doubled: Vec::new(),
            dead: 0,
            longest_wait: Duration::ZERO,
            wrong: Vec::new(),
        };
        for person in &people {
            ledger.enter(person).await;
            settled(stack, person).await;
        }
        // One write: drills print side by side.
        println!("{ledger}");
        let Ledger { lost, doubled, wrong, .. } = &ledger;
        assert!(lost.is_empty(), "lost: {lost:#?}");
        assert!(doubled.is_empty(), "doubled: {doubled:#?}");
        assert!(wrong.is_empty(), "{wrong:#?}");
        ledger
    }

    async fn enter(&mut self, person: &Person) {
        let history = history(person).await;
        self.messages += person.book.len();
        for (number, entry) in person.book.iter().enumerate() {
            self.longest_wait = self.longest_wait.max(entry.waited);
            self.enter_message(person, number, entry, &history);
        }
        self.check_order(person, &history);
        let known = |row: &&Value| person.book.iter().any(|entry| row["messageId"] == entry.id);
        if let Some(row) = history.iter().find(|row| !known(row)) {
            self.wrong.push(format!("nobody said this: {row}"));
        }
    }

    fn enter_message(&mut self, person: &Person, number: usize, entry: &Entry, history: &[Value]) {
        let of = |role: &str| -> Vec<&Value> {
            let own = |row: &&Value| row["messageId"] == entry.id && row["role"] == role;
            history.iter().filter(own).collect()
        };
        let (said, replies) = (of("user"), of("assistant"));
        let what = format!("{} {number} ({})", person.name, entry.id);
        match (said.len(), replies.len()) {
            (1, 1) => {}
            (said, replies) if said > 1 || replies > 1 => {
                return self.doubled.push(format!("{what}: {said} times, {replies} replies"));
            }
            (said, replies) => {
                return self.lost.push(format!("{what}: {said} times, {replies} replies"));
            }
        }
        let reply = replies[0];
        if said[0]["state"] == "dead" && reply["error"].is_string() {
            self.dead += 1;
            return;
        }
        let text = reply["text"].as_str().unwrap_or_default();
        let (length, outcome) = entry.ended.as_ref().expect("waited for");
        if outcome != "complete" || reply["outcome"] != "complete" {
            self.wrong.push(format!("{what}: ended as {outcome}, recorded as {reply}"));
        }
        if text != entry.expected {
            self.wrong.push(format!("{what}: recorded {text:?}, not {:?}", entry.expected));
        }
        if person.held(number) != text {
            self.wrong.push(format!("{what}: held {:?}, recorded {text:?}", person.held(number)));
        }
        if *length != text.encode_utf16().count() as u64 {
            self.wrong.push(format!("{what}: stream_end says {length} of {text:?}"));
        }
    }

    /// Said in the order of acceptance, and answered in it.
    fn check_order(&mut self, person: &Person, history: &[Value]) {
        let said = history.iter().filter(|row| row["role"] == "user");
        let said: Vec<&str> = said.filter_map(|row| row["messageId"].as_str()).collect();
        let accepted: Vec<&str> = person.book.iter().map(|entry| entry.id.as_str()).collect();
        if said != accepted {
            self.wrong.push(format!("{}: kept as {said:?}, said as {accepted:?}", person.name));
        }
        let replies = history.iter().filter(|row| row["role"] == "assistant");
        let at: Vec<u64> = replies.filter_map(|row| row["at"].as_u64()).collect();
        if !at.is_sorted() {
            self.wrong.push(format!("{}: answered out of order: {at:?}", person.name));
        }
    }
}

impl fmt::Display for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Ledger { fault, times, messages, lost, doubled, dead, longest_wait, .. } = self;
        let fault = match dead {
            0 => fault.clone(),
            dead => format!("{fault} ({dead} given up, and said so)"),
        };
        let (lost, doubled) = (lost.len(), doubled.len());
        let wait = longest_wait.as_secs_f64();
        write!(f, "| {fault} | {times} | {messages} | {lost} | {doubled} | {wait:.1} s |")
    }
}

/// The whole conversation, oldest first.
async fn history(person: &Person) -> Vec<Value> {
    let mut pages: Vec<Vec<Value>> = Vec::new();
    let mut before = String::new();
    loop {
        let path = format!("/conversations/default/messages?limit=100{before}");
        let page = person.get(&path).await;
        pages.push(page["messages"].as_array().expect("a list").clone());
        match page["before"].as_str() {
            Some(mark) => before = format!("&before={mark}"),
            None => return pages.into_iter().rev().flatten().collect(),
        }
    }
}

/// No message waits, and the user's task is what his row says: one that runs, or none. Never
/// two of one generation.
async fn settled(stack: &Stack, person: &Person) {
    let what = format!("{} is settled", person.name);
    eventually(&what, async || {
        let url = format!("{}/status", stack.api);
        let status = get(&url, Some(&person.token)).await.expect("answers").json();
        let live = stack.live_tasks().await;
        let own: Vec<&Value> = live.iter().filter(|task| is_of(task, &person.user)).collect();
        one_per_generation(&own);
        let as_it_should = match status["status"].as_str() {
            Some("Running") => own.len() == 1 && own[0]["status"] == "RUNNING",
            Some("Idle") => own.is_empty(),
            _ => false,
        };
        if as_it_should && status["openMessages"] == 0 { Ok(()) } else { Err((status, live)) }
    })
    .await;
}

pub(crate) fn one_per_generation(live: &[&Value]) {
    let mut seen = HashMap::new();
    for task in live {
        let key = (task["user"].to_string(), task["generation"].as_u64());
        let other = seen.insert(key, task);
        assert!(other.is_none(), "two tasks of one generation: {task} {other:?}");
    }
}
