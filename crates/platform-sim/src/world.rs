//! The handle that tests hold: ports, faults, and a look at what happened.

use std::sync::{Arc, Mutex, MutexGuard};

use domain::{InboxMessage, TaskState, UserId};
use platform::{
    Accounts, Alarms, Belongings, Bot, Chats, Compute, Connections, Conversations, Deletions,
    Downloads, Errands, Exports, Inbox, IncomingFiles, IncomingForms, Links, Metrics,
    ParkedUpdates, Push, Releases, Schedules, Settings, Skills, Snapshots, Spares, Tasks,
    Unavailable, UploadForms, Uploads, UsageRecords, WorkspaceFiles,
};

use crate::clock::TurnedClock;
use crate::faults::Injected;
use crate::log::{Effect, Entry, Seen};
use crate::process::Process;
use crate::state::State;

#[derive(Clone)]
pub struct World {
    state: Arc<Mutex<State>>,
    clock: TurnedClock,
    /// Who calls, in a simulation.
    process: Option<Process>,
}

impl Default for World {
    fn default() -> Self {
        Self::new(TurnedClock::default())
    }
}

impl World {
    pub fn new(clock: TurnedClock) -> Self {
        Self { state: Arc::default(), clock, process: None }
    }

    pub fn clock(&self) -> &TurnedClock {
        &self.clock
    }

    /// The same world as this process meets it.
    pub fn seen_by(&self, process: &Process) -> Self {
        Self { process: Some(process.clone()), ..self.clone() }
    }

    pub fn inbox(&self) -> Arc<dyn Inbox> {
        Arc::new(self.clone())
    }

    pub fn tasks(&self) -> Arc<dyn Tasks> {
        Arc::new(self.clone())
    }

    pub fn connections(&self) -> Arc<dyn Connections> {
        Arc::new(self.clone())
    }

    pub fn conversations(&self) -> Arc<dyn Conversations> {
        Arc::new(self.clone())
    }

    pub fn compute(&self) -> Arc<dyn Compute> {
        Arc::new(self.clone())
    }

    pub fn push(&self) -> Arc<dyn Push> {
        Arc::new(self.clone())
    }

    pub fn spares(&self) -> Arc<dyn Spares> {
        Arc::new(self.clone())
    }

    pub fn snapshots(&self) -> Arc<dyn Snapshots> {
        Arc::new(self.clone())
    }

    pub fn schedules(&self) -> Arc<dyn Schedules> {
        Arc::new(self.clone())
    }

    pub fn alarms(&self) -> Arc<dyn Alarms> {
        Arc::new(self.clone())
    }

    pub fn releases(&self) -> Arc<dyn Releases> {
        Arc::new(self.clone())
    }

    pub fn settings(&self) -> Arc<dyn Settings> {
        Arc::new(self.clone())
    }

    pub fn uploads(&self) -> Arc<dyn Uploads> {
        Arc::new(self.clone())
    }

    pub fn upload_forms(&self) -> Arc<dyn UploadForms> {
        Arc::new(self.clone())
    }

    pub fn skills(&self) -> Arc<dyn Skills> {
        Arc::new(self.clone())
    }

    pub fn errands(&self) -> Arc<dyn Errands> {
        Arc::new(self.clone())
    }

    pub fn workspace_files(&self) -> Arc<dyn WorkspaceFiles> {
        Arc::new(self.clone())
    }

    pub fn downloads(&self) -> Arc<dyn Downloads> {
        Arc::new(self.clone())
    }

    pub fn incoming(&self) -> Arc<dyn IncomingFiles> {
        Arc::new(self.clone())
    }

    pub fn incoming_forms(&self) -> Arc<dyn IncomingForms> {
        Arc::new(self.clone())
    }

    pub fn bot(&self) -> Arc<dyn Bot> {
        Arc::new(self.clone())
    }

    pub fn links(&self) -> Arc<dyn Links> {
        Arc::new(self.clone())
    }

    pub fn chats(&self) -> Arc<dyn Chats> {
        Arc::new(self.clone())
    }

    pub fn parked_updates(&self) -> Arc<dyn ParkedUpdates> {
        Arc::new(self.clone())
    }

    pub fn usage(&self) -> Arc<dyn UsageRecords> {
        Arc::new(self.clone())
    }

    pub fn deletions(&self) -> Arc<dyn Deletions> {
        Arc::new(self.clone())
    }

    pub fn belongings(&self) -> Arc<dyn Belongings> {
        Arc::new(self.clone())
    }

    pub fn exports(&self) -> Arc<dyn Exports> {
        Arc::new(self.clone())
    }

    pub fn accounts(&self) -> Arc<dyn Accounts> {
        Arc::new(self.clone())
    }

    pub fn metrics(&self) -> Arc<dyn Metrics> {
        Arc::new(self.clone())
    }

    /// Everything that happened so far.
    pub fn log(&self) -> Vec<Entry> {
        self.lock().log.clone()
    }

    /// Adds to the log what no call shows.
    pub fn saw(&self, user: &UserId, seen: Seen) {
        self.lock().note(user, Effect::Seen(seen));
    }

    /// The next `times` calls of `operation` do nothing and answer `Unavailable`. Operations
    /// are named as in [`Unavailable::operation`]: `inbox.put`, `compute.launch`, `push`.
    pub fn fail_next(&self, operation: &str, times: u32) {
        self.lock().faults.fail_next(operation, times);
    }

    /// The next `times` calls of `operation` happen, and answer `Unavailable` all the same.
    pub fn lose_next(&self, operation: &str, times: u32) {
        self.lock().faults.lose_next(operation, times);
    }

    pub fn task(&self, user: &UserId) -> TaskState {
        self.lock().task(user)
    }

    /// Every row of the user's inbox, texts included, oldest first.
    pub fn inbox_of(&self, user: &UserId) -> Vec<InboxMessage> {
        let state = self.lock();
        let rows = state.inbox.get(user).into_iter().flat_map(|rows| rows.values());
        let mut rows: Vec<InboxMessage> = rows.map(|row| row.value.clone()).collect();
        rows.sort_by(|a, b| a.order().cmp(&b.order()));
        rows
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no test panics while it holds the world")
    }

    /// One call of a port: other tasks may come first, then it happens at once, or fails.
    pub(crate) async fn call<T, E: From<Unavailable>>(
        &self,
        operation: &'static str,
        act: impl FnOnce(&mut State) -> Result<T, E>,
    ) -> Result<T, E> {
        let luck = match &self.process {
            Some(process) => {
                Some(process.sets_out().await.map_err(|()| Unavailable::new(operation, Injected))?)
            }
            None => {
                tokio::task::yield_now().await;
                None
            }
        };
        let outcome = {
            let mut state = self.lock();
            if luck.is_some_and(|luck| luck.fails) || state.faults.fails(operation) {
                return Err(Unavailable::new(operation, Injected).into());
            }
            let outcome = act(&mut state);
            if state.faults.loses(operation) {
                return Err(Unavailable::new(operation, Injected).into());
            }
            outcome
        };
        if let (Some(process), Some(luck)) = (&self.process, luck) {
            process.comes_back(luck).await.map_err(|()| Unavailable::new(operation, Injected))?;
        }
        outcome
    }
}
