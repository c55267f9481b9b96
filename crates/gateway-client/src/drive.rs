//! What one run does about its connection: send, find itself again after a loss, give up.
//!
//! The reply itself comes through the registry, straight from the socket. The driver only acts
//! when that is not enough, and it makes sure that a run always ends.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use crate::answers::{Ack, Waited};
use crate::link::Link;
use crate::recovery::{self, Answer, Fate};
use crate::registry::{Progress, Registry, Ticket};
use crate::run_cell::Ending;
use crate::waits::Waits;
use crate::{BootId, GatewayError, ReconnectPolicy, RunErrorKind, RunRequest, classify, limits};

pub(crate) struct Driver {
    pub(crate) request: RunRequest,
    pub(crate) ticket: Ticket,
    pub(crate) registry: Arc<Registry>,
    pub(crate) waits: Waits,
    pub(crate) request_timeout: Duration,
    pub(crate) reconnect: ReconnectPolicy,
}

/// What to do next. A run is over when its cell says so, whatever the step.
enum Step {
    Send,
    /// Look what became of it.
    Recover,
    /// Its end is known to the gateway; fetch it.
    Collect,
    /// Another run took the message: wait until that has answered it.
    Follow,
    /// The gateway will resume it under an id we do not know.
    Adopt,
    Watch,
}

impl Driver {
    pub(crate) async fn run(mut self) {
        let registry = self.registry.clone();
        let ticket = self.ticket.clone();
        let _always = EndOnDrop { registry: &registry, ticket: &ticket };
        let limit = self.request.timeout.saturating_add(self.reconnect.run_grace);
        let deadline = tokio::time::timeout(limit, self.drive());
        match deadline.await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => registry.fail(&ticket, RunErrorKind::Lost, error.to_string()),
            Err(_) => self.give_up().await,
        }
    }

    /// Comes back when the run has ended, or with the reason why there is no gateway any more.
    async fn drive(&mut self) -> Result<(), GatewayError> {
        let mut link = self.waits.next_link(0).await?;
        let mut sent_to: Option<BootId> = None;
        let mut step = if self.request.resuming { Step::Recover } else { Step::Send };
        while !self.ended() {
            let same_boot = sent_to.as_ref() == Some(&link.boot_id);
            let next = match step {
                Step::Send => {
                    sent_to = Some(link.boot_id.clone());
                    self.send(&link).await
                }
                Step::Recover => self.recover(&link, same_boot).await,
                Step::Collect => self.collect(&link).await,
                Step::Follow => self.follow(&link).await,
                Step::Adopt => self.adopt(&link).await,
                Step::Watch => self.watch(&link).await,
            };
            step = match next {
                Ok(next) => next,
                Err(GatewayError::ConnectionLost { .. } | GatewayError::NotConnected) => {
                    link = self.waits.next_link(link.epoch).await?;
                    Step::Recover
                }
                Err(error) => self.refused(step, error).await,
            };
        }
        Ok(())
    }

    async fn send(&self, link: &Arc<Link>) -> Result<Step, GatewayError> {
        link.subscribe(&self.request.session_key);
        let ack = link.request("chat.send", self.params(), self.request_timeout);
        let ack = tokio::select! {
            ack = ack => ack?,
            () = self.until_ended() => return Ok(Step::Watch),
        };
        self.registry.with(&self.ticket, |cell| {
            cell.strangers = None;
            cell.adopting = false;
            cell.start();
        });
        match Ack::read(ack.get()) {
            Ack::Running => {}
            Ack::Ended => return Ok(Step::Collect),
            Ack::Failed(error) => self.end_as(Ending::Failed(error)),
            Ack::Stopped => self.registry.complete(&self.ticket, String::new(), false, None),
        }
        Ok(Step::Watch)
    }

    fn params(&self) -> Value {
        let request = &self.request;
        let timeout_ms = u64::try_from(request.timeout.as_millis()).unwrap_or(u64::MAX);
        // The gateway refuses keys it does not know, and we leave out what says nothing.
        let mut params = json!({"sessionKey": request.session_key, "message": request.message,
            "idempotencyKey": request.idempotency_key, "timeoutMs": timeout_ms});
        if request.suppress_commands {
            params["suppressCommandInterpretation"] = Value::Bool(true);
        }
        if !request.attachments.is_empty() {
            params["attachments"] = json!(request.attachments);
        }
        params
    }

    async fn watch(&mut self, link: &Arc<Link>) -> Result<Step, GatewayError> {
        loop {
            match self.progress() {
                Some(progress) if progress.taken => return Ok(Step::Follow),
                Some(progress) if !progress.ended => self.waits.something(link, None).await?,
                _ => return Ok(Step::Watch),
            }
        }
    }

    async fn recover(&self, link: &Arc<Link>, same_boot: bool) -> Result<Step, GatewayError> {
        let history = self.history(link).await?;
        let alias = self.progress().and_then(|progress| progress.alias);
        let fate = recovery::fate(&history, self.id(), alias.as_deref());
        tracing::info!(run.id = self.id(), same_boot, ?fate, "looked for a run in flight");
        if let Fate::Running { run_id, text } = &fate {
            self.registry.reattach(&self.ticket, run_id, text);
            return Ok(Step::Watch);
        }
        if same_boot {
            // It remembers exactly how a run ended; and for one that goes on, sending the same key
            // again is answered with `in_flight`.
            let step = self.collect(link).await?;
            return Ok(if matches!(step, Step::Follow) { Step::Send } else { step });
        }
        Ok(match fate {
            Fate::Answered(answer) => self.answered(answer),
            Fate::WillResume => Step::Adopt,
            Fate::Unknown | Fate::Running { .. } => Step::Send,
        })
    }

    async fn collect(&self, link: &Arc<Link>) -> Result<Step, GatewayError> {
        let progress = self.progress();
        let run_id = progress.as_ref().and_then(|progress| progress.alias.as_deref());
        let params = json!({"runId": run_id.unwrap_or(self.id()), "timeoutMs": 1000});
        let waited = link.request("agent.wait", params, self.request_timeout).await?;
        match Waited::read(waited.get()) {
            Waited::Answered { last, truncated } => {
                let answer = recovery::answer_to(&self.history(link).await?, self.id());
                let shown = self.progress().map(|progress| progress.shown).unwrap_or_default();
                let rows = answer.as_ref().map(|answer| answer.text.as_str());
                let text = recovery::whole_reply(&shown, &last, rows);
                let usage = answer.and_then(|answer| answer.usage);
                self.registry.complete(&self.ticket, text, truncated, usage);
            }
            Waited::Failed(error) => self.end_as(Ending::Failed(error)),
            Waited::NoAnswer => return Ok(Step::Follow),
        }
        Ok(Step::Watch)
    }

    async fn follow(&mut self, link: &Arc<Link>) -> Result<Step, GatewayError> {
        self.registry.with(&self.ticket, |cell| cell.strangers = None);
        let mut idle = 0;
        while !self.ended() {
            let history = self.history(link).await?;
            if let Some(answer) = recovery::answer_to(&history, self.id()) {
                return Ok(self.answered(answer));
            }
            let busy =
                history.has_active_run || history.in_flight.is_some() || history.pending_inputs > 0;
            idle = if busy { 0 } else { idle + 1 };
            if idle > 2 {
                let message = "the message was taken by another run, which left no answer to it";
                self.registry.fail(&self.ticket, RunErrorKind::Unknown, message);
                return Ok(Step::Watch);
            }
            self.waits.something(link, Some(limits::FOLLOW_POLL)).await?;
        }
        Ok(Step::Watch)
    }

    async fn adopt(&mut self, link: &Arc<Link>) -> Result<Step, GatewayError> {
        self.registry.adopt(&self.ticket);
        let deadline = Instant::now() + self.reconnect.adopt_within;
        while self.progress().is_some_and(|progress| progress.adopting && !progress.ended) {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                tracing::warn!(run.id = self.id(), "the gateway did not resume a run");
                return Ok(Step::Send);
            }
            self.waits.something(link, Some(left)).await?;
        }
        Ok(Step::Watch)
    }

    fn answered(&self, answer: Answer) -> Step {
        if answer.aborted {
            self.end_as(Ending::Aborted { text: Some(answer.text) });
        } else {
            self.registry.complete(&self.ticket, answer.text, answer.truncated, answer.usage);
        }
        Step::Watch
    }

    /// A request was refused or not answered. The same one again, if that can help.
    async fn refused(&self, step: Step, error: GatewayError) -> Step {
        if let Some(after) = error.retry_after() {
            sleep(after).await;
            return step;
        }
        match &error {
            // Busy hosts take seconds; and the same key never runs twice.
            GatewayError::Timeout { .. } => return step,
            GatewayError::Rejected { error, .. } => {
                self.end_as(Ending::Failed(classify::refused(error)));
            }
            GatewayError::RequestTooLarge { .. } => {
                self.registry.fail(&self.ticket, RunErrorKind::Format, error.to_string());
            }
            _ => self.registry.fail(&self.ticket, RunErrorKind::Unknown, error.to_string()),
        }
        Step::Watch
    }

    async fn give_up(&self) {
        self.registry.with(&self.ticket, |cell| cell.overdue = true);
        if let Some(link) = self.waits.link() {
            let run_id = self.progress().and_then(|progress| progress.alias);
            let run_id = run_id.as_deref().unwrap_or(self.id());
            let params = json!({"sessionKey": self.request.session_key, "runId": run_id});
            let aborted = link.request("chat.abort", params, limits::HEALTH).await;
            tracing::warn!(run.id = self.id(), aborted = aborted.is_ok(), "a run took too long");
        }
        let message = format!("there was no end within {:?}", self.request.timeout);
        self.registry.fail(&self.ticket, RunErrorKind::Timeout, message);
    }

    async fn history(&self, link: &Link) -> Result<crate::History, GatewayError> {
        link.history(&self.request.session_key, limits::RECOVERY_ROWS, self.request_timeout).await
    }

    async fn until_ended(&self) {
        while !self.ended() {
            self.waits.changed.notified().await;
        }
    }

    fn ended(&self) -> bool {
        self.registry.with(&self.ticket, |cell| cell.ended).unwrap_or(true)
    }

    fn progress(&self) -> Option<Progress> {
        self.registry.progress(&self.ticket)
    }

    fn end_as(&self, ending: Ending) {
        self.registry.with(&self.ticket, |cell| cell.end_as(ending));
    }

    fn id(&self) -> &str {
        &self.ticket.id
    }
}

/// A run whose driver is gone, for whatever reason, must not leave its consumer waiting.
struct EndOnDrop<'a> {
    registry: &'a Registry,
    ticket: &'a Ticket,
}

impl Drop for EndOnDrop<'_> {
    fn drop(&mut self) {
        self.registry.fail(self.ticket, RunErrorKind::Unknown, "the run was given up");
    }
}
