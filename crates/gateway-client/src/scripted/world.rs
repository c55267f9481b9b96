//! What the scripted gateway knows: sessions, runs, who is connected. One lock, never held across
//! an await; everything that goes out is queued under it, so its order is the order of events.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use super::ScriptedOptions;
use super::player::{self, Play};
use super::store::{Interrupted, Row, Stored};

pub(crate) struct World {
    pub(crate) options: ScriptedOptions,
    state: Mutex<State>,
    /// Counts ends of runs and of connections, for those who wait for one.
    pub(crate) changes: watch::Sender<u64>,
    pub(crate) frozen: watch::Sender<bool>,
}

pub(crate) struct State {
    pub(crate) boot_id: String,
    pub(crate) boot: u64,
    pub(crate) stored: Stored,
    pub(crate) runs: HashMap<String, Run>,
    pub(crate) peers: HashMap<u64, Peer>,
    next_peer: u64,
    requests: HashMap<String, usize>,
    pub(crate) refusals_left: usize,
    pub(crate) draining: bool,
    played: usize,
}

pub(crate) struct Peer {
    pub(crate) outgoing: mpsc::UnboundedSender<Out>,
    pub(crate) subscribed: HashSet<String>,
    kill: CancellationToken,
}

pub(crate) enum Out {
    Response(String),
    /// The event's name and payload; the connection numbers it.
    Event(&'static str, Arc<str>),
    Close(u16, &'static str),
}

pub(crate) struct Run {
    pub(crate) session: String,
    pub(crate) message: String,
    pub(crate) text: String,
    pub(crate) seq: u64,
    pub(crate) state: RunState,
    /// Messages that came in while this run was busy: it answers them too.
    pub(crate) steered: Vec<(String, String)>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum RunState {
    Running,
    Answered,
    Failed(String),
    Aborted,
    /// Another run answers its message.
    Taken,
}

impl World {
    pub(crate) fn open(options: ScriptedOptions) -> std::io::Result<Arc<Self>> {
        let stored =
            options.state_dir.as_deref().map_or_else(|| Ok(Stored::default()), Stored::load)?;
        let state = State {
            boot_id: uuid::Uuid::new_v4().to_string(),
            boot: 1,
            stored,
            runs: HashMap::new(),
            peers: HashMap::new(),
            next_peer: 1,
            requests: HashMap::new(),
            refusals_left: options.refuse_first,
            draining: false,
            played: 0,
        };
        let (changes, frozen) = (watch::Sender::new(0), watch::Sender::new(false));
        Ok(Arc::new(Self { options, state: Mutex::new(state), changes, frozen }))
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    pub(crate) fn boot_id(&self) -> String {
        self.state().boot_id.clone()
    }

    pub(crate) fn requests(&self, method: &str) -> usize {
        self.state().requests.get(method).copied().unwrap_or_default()
    }

    pub(crate) fn runs_played(&self) -> usize {
        self.state().played
    }

    pub(crate) fn set_frozen(&self, frozen: bool) {
        self.frozen.send_replace(frozen);
    }

    pub(crate) fn connect(
        &self,
        outgoing: mpsc::UnboundedSender<Out>,
        kill: CancellationToken,
    ) -> u64 {
        let mut state = self.state();
        let id = state.next_peer;
        state.next_peer += 1;
        state.peers.insert(id, Peer { outgoing, subscribed: HashSet::new(), kill });
        id
    }

    pub(crate) fn disconnect(&self, peer: u64) {
        self.state().peers.remove(&peer);
        self.changed();
    }

    pub(crate) fn drop_connections(&self) {
        self.state().peers.drain().for_each(|(_, peer)| peer.kill.cancel());
    }

    pub(crate) fn changed(&self) {
        self.changes.send_modify(|changes| *changes += 1);
    }

    pub(crate) fn save(&self, state: &State) {
        if let Some(dir) = &self.options.state_dir {
            state.stored.save(dir).expect("the state directory can be written");
        }
    }

    pub(crate) fn crash(&self) {
        self.drop_connections();
        let mut state = self.state();
        state.boot += 1;
        state.boot_id = uuid::Uuid::new_v4().to_string();
        state.runs.clear();
    }

    pub(crate) fn forget(&self) {
        self.state().stored = Stored::default();
    }

    /// The real one does this some seconds after it started, unasked.
    pub(crate) fn resume_interrupted(self: &Arc<Self>) {
        let (boot, interrupted) = {
            let state = self.state();
            (state.boot, state.stored.running.clone())
        };
        for run in interrupted {
            let world = self.clone();
            tokio::spawn(async move {
                tokio::time::sleep(world.options.recovery_delay).await;
                if let Some(play) = world.resume(boot, run) {
                    player::play(world, play).await;
                }
            });
        }
    }

    fn resume(&self, boot: u64, interrupted: Interrupted) -> Option<Play> {
        let mut state = self.state();
        if state.boot != boot {
            return None;
        }
        let run_id = uuid::Uuid::new_v4().to_string();
        let note = "[System] Your previous turn was interrupted by a gateway restart.";
        let row = Row { internal: true, ..Row::asked(&run_id, note) };
        state.add_row(&interrupted.session, row);
        state.stored.running.retain(|run| run.run_id != interrupted.run_id);
        let play = state.begin(run_id, interrupted.session, interrupted.message);
        self.save(&state);
        Some(play)
    }

    pub(crate) async fn drain(&self) {
        self.state().draining = true;
        let mut changes = self.changes.subscribe();
        while self.state().runs.values().any(|run| run.state == RunState::Running) {
            if changes.changed().await.is_err() {
                return;
            }
        }
    }

    pub(crate) fn say_goodbye(&self) {
        let state = self.state();
        state.broadcast("shutdown", &json!({"reason": "gateway stopping"}));
        for peer in state.peers.values() {
            let _gone = peer.outgoing.send(Out::Close(1012, "service restart"));
        }
    }

    pub(crate) async fn until_disconnected(&self) {
        let mut changes = self.changes.subscribe();
        let all_gone =
            async { while !self.state().peers.is_empty() && changes.changed().await.is_ok() {} };
        // A client that does not answer the close is not waited for.
        let _late = tokio::time::timeout(Duration::from_secs(2), all_gone).await;
    }
}

impl State {
    pub(crate) fn count(&mut self, method: &str) {
        *self.requests.entry(method.to_owned()).or_default() += 1;
    }

    pub(crate) fn active_run(&self, session: &str) -> Option<&str> {
        let active = |run: &Run| run.session == session && run.state == RunState::Running;
        self.runs.iter().find(|(_, run)| active(run)).map(|(id, _)| id.as_str())
    }

    pub(crate) fn begin(&mut self, run_id: String, session: String, message: String) -> Play {
        let play = Play { boot: self.boot, run_id: run_id.clone(), message: message.clone() };
        let interrupted = Interrupted {
            run_id: run_id.clone(),
            session: session.clone(),
            message: message.clone(),
        };
        self.stored.running.push(interrupted);
        self.played += 1;
        self.insert(run_id, session, message, RunState::Running);
        play
    }

    pub(crate) fn insert(
        &mut self,
        run_id: String,
        session: String,
        message: String,
        state: RunState,
    ) {
        let (text, steered) = (String::new(), Vec::new());
        self.runs.insert(run_id, Run { session, message, text, seq: 0, state, steered });
    }

    /// Rows of one key are stored once, even when the message is sent again after a restart.
    pub(crate) fn add_row(&mut self, session: &str, row: Row) {
        let rows = self.stored.sessions.entry(session.to_owned()).or_default();
        if row.key.is_some() && rows.iter().any(|other| other.key == row.key) {
            return;
        }
        let payload = json!({"sessionKey": session, "agentId": "main", "message": row.wire()});
        rows.push(row);
        let payload: Arc<str> = payload.to_string().into();
        for peer in self.peers.values().filter(|peer| peer.subscribed.contains(session)) {
            let _gone = peer.outgoing.send(Out::Event("session.message", payload.clone()));
        }
    }

    pub(crate) fn broadcast(&self, event: &'static str, payload: &Value) {
        if self.peers.is_empty() {
            return;
        }
        let payload: Arc<str> = payload.to_string().into();
        for peer in self.peers.values() {
            let _gone = peer.outgoing.send(Out::Event(event, payload.clone()));
        }
    }
}
