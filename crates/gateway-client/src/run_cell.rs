//! What we know of one run in flight. Events change it; its consumer takes from its outbox; its
//! driver looks at it to decide what to do next.

use std::sync::Arc;

use tokio::sync::Notify;

use crate::classify;
use crate::frames::{ChatEvent, ChatState, ItemData, RowUsage, RunStatusData};
use crate::outbox::Outbox;
use crate::reply::Reply;
use crate::{RunEnd, RunError, RunErrorKind, RunEvent, ToolState, Usage};

/// How the gateway says that a run is over.
#[derive(Debug, Clone)]
pub(crate) enum Ending {
    Answered {
        text: String,
        truncated: bool,
    },
    Aborted {
        text: Option<String>,
    },
    Failed(RunError),
    /// A `final` without a message: another run has taken our message and will answer it.
    Taken,
}

impl Ending {
    pub(crate) fn of(event: &ChatEvent<'_>) -> Option<Self> {
        match event.state {
            ChatState::Final => Some(match event.text() {
                Some(text) => {
                    let truncated = event.stop_reason.as_deref() == Some("length");
                    Self::Answered { text, truncated }
                }
                None => Self::Taken,
            }),
            ChatState::Aborted => Some(Self::Aborted { text: event.text() }),
            ChatState::Error => Some(Self::Failed(classify::chat_error(event))),
            ChatState::Status | ChatState::Delta | ChatState::Unknown => None,
        }
    }
}

/// A run nobody here asked for, in the session of one of ours: perhaps the gateway resuming it.
pub(crate) struct Stranger {
    pub(crate) run_id: String,
    pub(crate) reply: Reply,
    pub(crate) ending: Option<Ending>,
}

impl Stranger {
    fn new(run_id: &str) -> Self {
        let mut reply = Reply::default();
        reply.may_have_missed_deltas(); // it may have begun before we were connected
        Self { run_id: run_id.to_owned(), reply, ending: None }
    }

    fn on_chat(&mut self, event: &ChatEvent<'_>) {
        if event.state == ChatState::Delta {
            let delta = event.delta_text.as_deref().unwrap_or_default();
            self.reply.delta(delta, event.replace, || event.text());
        }
        self.ending = self.ending.take().or_else(|| Ending::of(event));
    }
}

pub(crate) struct RunCell {
    pub(crate) number: u64,
    pub(crate) session: String,
    pub(crate) reply: Reply,
    outbox: Outbox,
    pub(crate) started: bool,
    pub(crate) ended: bool,
    pub(crate) taken: bool,
    /// We gave up on it: an abort is our own doing, not a user's.
    pub(crate) overdue: bool,
    /// Under which other id the gateway goes on with this run.
    pub(crate) alias: Option<String>,
    /// `Some` while the gateway may be resuming this run under an id we do not know yet.
    pub(crate) strangers: Option<Vec<Stranger>>,
    pub(crate) adopting: bool,
    usage: Option<Usage>,
    /// Wakes the consumer, and the driver.
    pub(crate) ready: Arc<Notify>,
    pub(crate) changed: Arc<Notify>,
}

impl RunCell {
    pub(crate) fn new(number: u64, session: String) -> Self {
        Self {
            number,
            session,
            reply: Reply::default(),
            outbox: Outbox::default(),
            started: false,
            ended: false,
            taken: false,
            overdue: false,
            alias: None,
            strangers: None,
            adopting: false,
            usage: None,
            ready: Arc::default(),
            changed: Arc::default(),
        }
    }

    pub(crate) fn take(&mut self) -> Option<RunEvent> {
        self.outbox.take()
    }

    pub(crate) fn start(&mut self) {
        if !self.started && !self.ended {
            self.started = true;
            self.note(RunEvent::Started);
        }
    }

    pub(crate) fn on_chat(&mut self, event: &ChatEvent<'_>) {
        if self.ended {
            return; // errors come twice, and a fallback notice follows its final
        }
        self.start();
        (self.adopting, self.strangers) = (false, None); // it goes on: nobody else is it
        if event.state == ChatState::Delta {
            let delta = event.delta_text.as_deref().unwrap_or_default();
            let change = self.reply.delta(delta, event.replace, || event.text());
            change.into_iter().for_each(|change| self.outbox.text(change));
            self.ready.notify_one();
        } else if let Some(ending) = Ending::of(event) {
            self.end_as(ending);
        }
        self.changed.notify_one();
    }

    pub(crate) fn end_as(&mut self, ending: Ending) {
        match ending {
            Ending::Answered { text, truncated } => self.complete(text, truncated),
            Ending::Aborted { .. } if self.overdue => {
                let message = "the run was aborted because it took too long";
                self.end(RunEnd::Failed(RunError::new(RunErrorKind::Timeout, message)));
            }
            Ending::Aborted { text } => {
                let text = text.unwrap_or_else(|| self.reply.shown().to_owned());
                self.settle(&text);
                self.end(RunEnd::Aborted { text });
            }
            Ending::Failed(error) => self.end(RunEnd::Failed(error)),
            Ending::Taken => {
                self.taken = true;
                self.changed.notify_one();
            }
        }
    }

    pub(crate) fn complete(&mut self, text: String, truncated: bool) {
        self.settle(&text);
        self.end(RunEnd::Complete { text, truncated, usage: self.usage });
    }

    pub(crate) fn settle(&mut self, text: &str) {
        if let Some(change) = self.reply.settle(text) {
            self.outbox.text(change);
            self.ready.notify_one();
        }
    }

    pub(crate) fn end(&mut self, end: RunEnd) {
        if !self.ended {
            self.ended = true;
            self.note(RunEvent::End(end));
            self.changed.notify_one();
        }
    }

    pub(crate) fn on_item(&mut self, item: ItemData) {
        let state = match (item.phase.as_str(), item.status.as_deref()) {
            ("start", _) => ToolState::Start,
            ("end", Some("completed")) => ToolState::End,
            ("end", _) => ToolState::Error,
            _ => return,
        };
        if item.kind != "tool" || self.ended {
            return;
        }
        let title = item.title.unwrap_or_else(|| item.name.clone());
        let summary = item.error.filter(|_| state == ToolState::Error).unwrap_or(title);
        self.note(RunEvent::Tool { call_id: item.tool_call_id, name: item.name, state, summary });
    }

    pub(crate) fn on_status(&mut self, status: RunStatusData) {
        if status.phase == "retrying" && !self.ended {
            self.note(RunEvent::Retrying {
                message: status.message.unwrap_or_default(),
                attempt: status.retry_attempt.unwrap_or_default(),
                max: status.max_retries.unwrap_or_default(),
            });
        }
    }

    /// One stored row of the run: one model call. Rows come before the `final`.
    pub(crate) fn on_usage(&mut self, row: &RowUsage) {
        if self.ended {
            return;
        }
        let mut usage = self.usage.unwrap_or_default();
        usage.add(row);
        self.set_usage(usage);
    }

    pub(crate) fn set_usage(&mut self, usage: Usage) {
        self.usage = Some(usage);
        self.note(RunEvent::Usage(usage));
    }

    /// An event of a run we did not ask for, in our session.
    pub(crate) fn on_stranger(&mut self, event: &ChatEvent<'_>) {
        let Some(strangers) = &mut self.strangers else {
            if Ending::of(event).is_some() {
                self.changed.notify_one(); // it may have been the one that took our message
            }
            return;
        };
        let index = strangers.iter().position(|s| s.run_id == event.run_id).unwrap_or_else(|| {
            strangers.push(Stranger::new(&event.run_id));
            strangers.len() - 1
        });
        strangers[index].on_chat(event);
        self.changed.notify_one();
    }

    fn note(&mut self, event: RunEvent) {
        self.outbox.note(event);
        self.ready.notify_one();
    }
}

impl Usage {
    pub(crate) fn add(&mut self, row: &RowUsage) {
        self.input_tokens += row.input;
        self.output_tokens += row.output;
        self.cache_read_tokens += row.cache_read;
        self.cache_write_tokens += row.cache_write;
        if let Some(cost) = &row.cost {
            self.cost_usd = Some(self.cost_usd.unwrap_or_default() + cost.total);
        }
    }
}
