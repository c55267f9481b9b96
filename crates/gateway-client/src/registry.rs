//! The routing table: which run an event belongs to.
//!
//! A run is entered here before its request is written, so an event in the same tick as the
//! acknowledgement, or ahead of it, finds it. Correlation is by run id; the session key only
//! matters for runs the gateway starts on its own.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};

use serde::Deserialize;
use serde_json::value::RawValue;
use tokio::sync::Notify;

use crate::frames::{AgentEvent, ChatEvent, RowEvent};
use crate::run_cell::{Ending, RunCell};
use crate::{RunEnd, RunError, RunErrorKind, RunEvent, Usage};

pub(crate) enum Popped {
    Event(RunEvent),
    Empty,
    Over,
}

/// What a driver needs to know to decide what to do next.
pub(crate) struct Progress {
    pub(crate) ended: bool,
    pub(crate) taken: bool,
    pub(crate) adopting: bool,
    pub(crate) alias: Option<String>,
    pub(crate) shown: String,
}

#[derive(Default)]
pub(crate) struct Registry(Mutex<Table>);

/// One entry in the table. A run that is dropped and started again has the same id, and its first
/// driver may still be about to stop: it must not end the second one.
#[derive(Debug, Clone)]
pub(crate) struct Ticket {
    pub(crate) id: String,
    number: u64,
}

/// Wakes whoever waits for an entry.
pub(crate) struct Entered {
    pub(crate) ticket: Ticket,
    pub(crate) ready: Arc<Notify>,
    pub(crate) changed: Arc<Notify>,
}

#[derive(Default)]
struct Table {
    entered: u64,
    runs: HashMap<String, RunCell>,
    /// The gateway's id of a resumed run → ours.
    aliases: HashMap<String, String>,
    by_session: HashMap<String, Vec<String>>,
}

impl Registry {
    fn table(&self) -> MutexGuard<'_, Table> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// `None` when this id is already in flight.
    pub(crate) fn enter(&self, id: &str, session: String, resuming: bool) -> Option<Entered> {
        let mut table = self.table();
        if table.runs.contains_key(id) {
            return None;
        }
        table.entered += 1;
        let mut cell = RunCell::new(table.entered, session);
        if resuming {
            cell.strangers = Some(Vec::new());
            cell.reply.may_have_missed_deltas();
        }
        let ticket = Ticket { id: id.to_owned(), number: cell.number };
        let (ready, changed) = (cell.ready.clone(), cell.changed.clone());
        table.by_session.entry(cell.session.clone()).or_default().push(id.to_owned());
        table.runs.insert(id.to_owned(), cell);
        Some(Entered { ticket, ready, changed })
    }

    pub(crate) fn remove(&self, ticket: &Ticket) {
        let mut table = self.table();
        if table.own(ticket).is_none() {
            return;
        }
        let Some(cell) = table.runs.remove(&ticket.id) else { return };
        if let Some(alias) = &cell.alias {
            table.aliases.remove(alias);
        }
        if let Some(ids) = table.by_session.get_mut(&cell.session) {
            ids.retain(|other| *other != ticket.id);
            if ids.is_empty() {
                table.by_session.remove(&cell.session);
            }
        }
    }

    pub(crate) fn pop(&self, ticket: &Ticket) -> Popped {
        let mut table = self.table();
        let Some(cell) = table.own(ticket) else { return Popped::Over };
        match cell.take() {
            Some(event) => Popped::Event(event),
            None if cell.ended => Popped::Over,
            None => Popped::Empty,
        }
    }

    /// Does something to a run that is still there.
    pub(crate) fn with<T>(
        &self,
        ticket: &Ticket,
        action: impl FnOnce(&mut RunCell) -> T,
    ) -> Option<T> {
        self.table().own(ticket).map(action)
    }

    pub(crate) fn progress(&self, ticket: &Ticket) -> Option<Progress> {
        self.with(ticket, |cell| Progress {
            ended: cell.ended,
            taken: cell.taken,
            adopting: cell.adopting,
            alias: cell.alias.clone(),
            shown: cell.reply.shown().to_owned(),
        })
    }

    /// What to name when aborting it; `None` while nobody knows under which id it goes on.
    pub(crate) fn abort_target(&self, id: &str) -> Option<String> {
        match self.table().runs.get(id) {
            Some(cell) if cell.adopting => None,
            Some(cell) => Some(cell.alias.clone().unwrap_or_else(|| id.to_owned())),
            None => Some(id.to_owned()),
        }
    }

    pub(crate) fn fail(&self, ticket: &Ticket, kind: RunErrorKind, message: impl Into<String>) {
        let error = RunError::new(kind, message);
        self.with(ticket, |cell| cell.end(RunEnd::Failed(error)));
    }

    pub(crate) fn complete(
        &self,
        ticket: &Ticket,
        text: String,
        truncated: bool,
        usage: Option<Usage>,
    ) {
        self.with(ticket, |cell| {
            if cell.ended {
                return;
            }
            if let Some(usage) = usage {
                cell.set_usage(usage);
            }
            cell.complete(text, truncated);
        });
    }

    /// The client stops: nobody will ever answer these.
    pub(crate) fn fail_all(&self, reason: &str) {
        for cell in self.table().runs.values_mut() {
            cell.end(RunEnd::Failed(RunError::new(RunErrorKind::Lost, reason)));
        }
    }

    /// Before the first frame of a new connection is read.
    pub(crate) fn on_connection(&self, same_boot: bool) {
        let mut table = self.table();
        if !same_boot {
            table.aliases.clear(); // a restarted gateway resumes under yet another id
        }
        for cell in table.runs.values_mut().filter(|cell| !cell.ended) {
            cell.reply.may_have_missed_deltas();
            cell.taken = false;
            cell.adopting = false;
            cell.strangers = Some(Vec::new());
            if !same_boot {
                cell.alias = None;
            }
        }
    }

    /// Some event did not reach us.
    pub(crate) fn on_gap(&self) {
        for cell in self.table().runs.values_mut() {
            cell.reply.may_have_missed_deltas();
        }
    }

    pub(crate) fn on_chat(&self, event: &ChatEvent<'_>) {
        let mut table = self.table();
        if let Some(cell) = table.cell(&event.run_id) {
            return cell.on_chat(event);
        }
        let session = crate::frames::canonical(&event.session_key);
        let ids = table.by_session.get(&session).cloned().unwrap_or_default();
        for id in ids {
            let Some(cell) = table.runs.get_mut(&id).filter(|cell| !cell.ended) else { continue };
            cell.on_stranger(event);
            if cell.adopting && table.adopt_next(&id) {
                return;
            }
        }
    }

    /// The gateway is resuming this run, or is about to: take the first run that turns up.
    pub(crate) fn adopt(&self, ticket: &Ticket) {
        let mut table = self.table();
        if let Some(cell) = table.own(ticket) {
            cell.adopting = true;
            table.adopt_next(&ticket.id);
        }
    }

    /// The gateway goes on with our run as `run_id` (or as itself), and this is its text by now.
    pub(crate) fn reattach(&self, ticket: &Ticket, run_id: &str, text: &str) {
        let (id, mut table) = (ticket.id.as_str(), self.table());
        let Some(cell) = table.own(ticket) else { return };
        if cell.ended {
            return;
        }
        cell.start();
        // A delta that came in since tells more than the history does.
        if cell.reply.is_stale() {
            cell.settle(text);
            cell.reply.may_have_missed_deltas();
        }
        if run_id == id || cell.alias.as_deref() == Some(run_id) {
            cell.strangers = None;
            return;
        }
        if !table.adopt_stranger(id, run_id) {
            table.follow(id, run_id);
        }
    }

    pub(crate) fn on_agent(&self, event: &AgentEvent<'_>) {
        match event.stream.as_str() {
            "item" => self.on_data(event, RunCell::on_item),
            "run_status" => self.on_data(event, RunCell::on_status),
            _ => {}
        }
    }

    fn on_data<T: for<'a> Deserialize<'a>>(
        &self,
        event: &AgentEvent<'_>,
        action: impl FnOnce(&mut RunCell, T),
    ) {
        let Some(data) = event.data.map(RawValue::get) else { return };
        let Ok(data) = serde_json::from_str(data) else { return };
        if let Some(cell) = self.table().cell(&event.run_id) {
            action(cell, data);
        }
    }

    pub(crate) fn on_row(&self, event: &RowEvent) {
        let row = &event.message;
        if let (Some(run_id), Some(usage), "assistant") =
            (&row.meta.run_id, &row.usage, row.role.as_str())
            && let Some(cell) = self.table().cell(run_id)
        {
            cell.on_usage(usage);
        }
    }
}

impl Table {
    fn own(&mut self, ticket: &Ticket) -> Option<&mut RunCell> {
        self.runs.get_mut(&ticket.id).filter(|cell| cell.number == ticket.number)
    }

    fn cell(&mut self, run_id: &str) -> Option<&mut RunCell> {
        let id = self.aliases.get(run_id).map_or(run_id, String::as_str);
        self.runs.get_mut(id)
    }

    /// False while nobody has turned up. A run that only took a message is not an answer.
    fn adopt_next(&mut self, id: &str) -> bool {
        let strangers = self.runs.get(id).and_then(|cell| cell.strangers.as_ref());
        let next =
            strangers.into_iter().flatten().find(|s| !matches!(s.ending, Some(Ending::Taken)));
        let Some(run_id) = next.map(|s| s.run_id.clone()) else { return false };
        self.adopt_stranger(id, &run_id)
    }

    fn adopt_stranger(&mut self, id: &str, run_id: &str) -> bool {
        let Some(cell) = self.runs.get_mut(id) else { return false };
        let strangers = cell.strangers.take().unwrap_or_default();
        let Some(stranger) = strangers.into_iter().find(|s| s.run_id == run_id) else {
            return false;
        };
        if !stranger.reply.shown().is_empty() {
            cell.settle(stranger.reply.shown()); // its text starts over; ours is history
        }
        cell.start();
        let ending = stranger.ending;
        self.follow(id, run_id);
        if let (Some(ending), Some(cell)) = (ending, self.runs.get_mut(id)) {
            cell.end_as(ending);
        }
        true
    }

    fn follow(&mut self, id: &str, run_id: &str) {
        let Some(cell) = self.runs.get_mut(id) else { return };
        tracing::info!(run.id = id, gateway.run_id = run_id, "the gateway resumed a run");
        cell.alias = Some(run_id.to_owned());
        cell.adopting = false;
        cell.strangers = None;
        cell.reply.may_have_missed_deltas();
        cell.changed.notify_one();
        self.aliases.insert(run_id.to_owned(), id.to_owned());
    }
}
