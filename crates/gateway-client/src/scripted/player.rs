//! Plays one run: the events a real one would send, in the same order.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::directive::Script;
use super::store::Row;
use super::world::{RunState, State, World};

pub(crate) struct Play {
    pub(crate) boot: u64,
    pub(crate) run_id: String,
    pub(crate) message: String,
}

impl Play {
    /// Whether it is over without ever waiting.
    pub(crate) fn is_instant(&self) -> bool {
        let script = Script::of(&self.message);
        script.delay.is_zero() && !script.hang
    }
}

pub(crate) async fn play(world: Arc<World>, play: Play) {
    let player = Player { world, play };
    // `None`: aborted, or the gateway crashed in the meantime.
    let _interrupted = player.all().await;
}

struct Player {
    world: Arc<World>,
    play: Play,
}

impl Player {
    async fn all(&self) -> Option<()> {
        self.chat(json!({"state": "status", "phase": "preparing_context"}))?;
        self.agent("lifecycle", json!({"phase": "start"}))?;
        let script = Script::of(&self.play.message);
        if let Some(status) = script.error {
            self.retry(status)?;
            if !script.once {
                return self.fail(status);
            }
        }
        if script.hang {
            std::future::pending::<()>().await;
        }
        if let Some(tool) = &script.tool {
            self.tool(tool)?;
        }
        if script.cut {
            return self.cut(&script).await;
        }
        self.stream(script.chunks(), script.delay, 0).await?;
        self.answer_steered().await?;
        self.with(|world, state, id| {
            let run = state.runs.get_mut(id).expect("it runs");
            run.state = RunState::Answered;
            let (text, session) = (run.text.clone(), run.session.clone());
            finish(world, state, id, &session, Some(Row::answered(id, &text, false)));
            emit(
                state,
                id,
                json!({"state": "final", "stopReason": "stop", "message": message(&text)}),
            );
        })
    }

    /// Chunks become deltas at once, or merged when there is a pacing.
    async fn stream(&self, chunks: Vec<String>, delay: Duration, shown: usize) -> Option<()> {
        let mut last_sent = None::<Instant>;
        let (mut pending, count) = (String::new(), chunks.len());
        for (index, chunk) in chunks.into_iter().enumerate() {
            if !delay.is_zero() && index + shown > 0 {
                sleep(delay).await;
            }
            pending.push_str(&chunk);
            let due = match (self.world.options.pacing, last_sent) {
                (Some(pacing), Some(sent)) => sent.elapsed() >= pacing,
                _ => true,
            };
            if due || index + 1 == count {
                self.delta(&std::mem::take(&mut pending))?;
                last_sent = Some(Instant::now());
            }
        }
        Some(())
    }

    fn delta(&self, text: &str) -> Option<()> {
        self.with(|_, state, id| {
            let run = state.runs.get_mut(id).expect("it runs");
            run.text.push_str(text);
            let whole = run.text.clone();
            emit_agent(state, id, "assistant", &json!({"text": whole, "delta": text}));
            emit(
                state,
                id,
                json!({"state": "delta", "deltaText": text, "message": message(&whole)}),
            );
        })
    }

    /// A provider that closes the connection: the text is taken back and comes again.
    async fn cut(&self, script: &Script) -> Option<()> {
        let chunks = script.chunks();
        let half = chunks[..chunks.len().div_ceil(2)].to_vec();
        self.stream(half.clone(), script.delay, 0).await?;
        self.with(|_, state, id| {
            state.runs.get_mut(id).expect("it runs").text.clear();
            let message = message("");
            emit(
                state,
                id,
                json!({"state": "delta", "deltaText": "", "replace": true, "message": message}),
            );
        })?;
        self.stream(half, script.delay, 1).await?;
        self.fail_as("LLM request timed out.", "timeout")
    }

    fn tool(&self, name: &str) -> Option<()> {
        let call = format!("call_{}", &self.play.run_id[..self.play.run_id.len().min(8)]);
        let item = |phase: &str, status: &str| {
            json!({"itemId": format!("tool:{call}"), "toolCallId": call, "name": name,
                "kind": "tool", "phase": phase, "title": format!("Use {name}"), "status": status})
        };
        self.agent("item", item("start", "running"))?;
        self.agent(
            "tool",
            json!({"phase": "start", "name": name, "toolCallId": call, "args": {}}),
        )?;
        let result = json!({"content": [{"type": "text", "text": "ok"}]});
        self.agent(
            "tool",
            json!({"phase": "result", "name": name, "toolCallId": call,
            "isError": false, "result": result}),
        )?;
        self.agent("item", item("end", "completed"))
    }

    fn retry(&self, status: u16) -> Option<()> {
        if status < 429 {
            return Some(()); // nothing the gateway would try again
        }
        self.agent(
            "run_status",
            json!({"phase": "retrying", "retryAttempt": 1, "maxRetries": 8,
            "message": "Provider temporarily unavailable. Retrying in 1s (1/8)."}),
        )
    }

    fn fail(&self, status: u16) -> Option<()> {
        match status {
            400 => self.fail_as(
                "LLM request failed: provider rejected the request schema or tool payload.",
                "format",
            ),
            401 => self.fail_as(
                "demo/demo-model request failed (authentication failed, HTTP 401).",
                "auth",
            ),
            402 => self.fail_as("API provider returned a billing error.", "billing"),
            429 => self.fail_as("demo: scripted 429; Retry-After: 1 seconds", "rate_limit"),
            _ => self.fail_as(
                "demo/demo-model request failed (provider internal error, HTTP 500).",
                "server_error",
            ),
        }
    }

    /// The second event comes without detail and starts to count again, as the real one's.
    fn fail_as(&self, text: &str, reason: &str) -> Option<()> {
        self.with(|world, state, id| {
            let run = state.runs.get_mut(id).expect("it runs");
            run.state = RunState::Failed(text.to_owned());
            let session = run.session.clone();
            finish(world, state, id, &session, None);
            emit(state, id, json!({"state": "error", "errorMessage": text,
                "errorDetail": {"provider": "demo", "model": "demo-model", "failoverReason": reason}}));
            let again = format!("⚠️ Agent failed before reply: {text}");
            emit(state, id, json!({"state": "error", "errorMessage": again}));
        })
    }

    /// Messages that came in meanwhile: their own runs end without a message, and the answers
    /// become part of this one.
    async fn answer_steered(&self) -> Option<()> {
        loop {
            let next = self.with(|_, state, id| {
                let run = state.runs.get_mut(id).expect("it runs");
                (!run.steered.is_empty()).then(|| run.steered.remove(0))
            })?;
            let Some((run_id, message)) = next else { return Some(()) };
            self.with(|_, state, _| emit(state, &run_id, json!({"state": "final"})))?;
            let script = Script::of(&message);
            self.delta("\n\n")?;
            self.stream(script.chunks(), script.delay, 1).await?;
        }
    }

    fn chat(&self, payload: Value) -> Option<()> {
        self.with(|_, state, id| emit(state, id, payload))
    }

    fn agent(&self, stream: &str, data: Value) -> Option<()> {
        self.with(|_, state, id| emit_agent(state, id, stream, &data))
    }

    /// Does something unless the run was aborted or the gateway crashed.
    fn with<T>(&self, action: impl FnOnce(&World, &mut State, &str) -> T) -> Option<T> {
        let mut state = self.world.state();
        let running = |state: &State| {
            state.boot == self.play.boot
                && state.runs.get(&self.play.run_id).is_some_and(|r| r.state == RunState::Running)
        };
        running(&state).then(|| action(&self.world, &mut state, &self.play.run_id))
    }
}

/// What goes with every end of a run.
pub(crate) fn finish(world: &World, state: &mut State, id: &str, session: &str, row: Option<Row>) {
    state.stored.running.retain(|run| run.run_id != id);
    if let Some(row) = row {
        state.add_row(session, row);
    }
    world.save(state);
    world.changed();
}

pub(crate) fn emit(state: &mut State, id: &str, mut payload: Value) {
    let Some(run) = state.runs.get_mut(id) else { return };
    run.seq += 1;
    payload["runId"] = json!(id);
    payload["sessionKey"] = json!(run.session);
    payload["seq"] = json!(run.seq);
    state.broadcast("chat", &payload);
}

fn emit_agent(state: &mut State, id: &str, stream: &str, data: &Value) {
    let Some(run) = state.runs.get_mut(id) else { return };
    run.seq += 1;
    let payload = json!({"runId": id, "sessionKey": run.session, "agentId": "main",
        "stream": stream, "data": data, "seq": run.seq, "isHeartbeat": false});
    state.broadcast("agent", &payload);
}

pub(crate) fn message(text: &str) -> Value {
    json!({"role": "assistant", "content": [{"type": "text", "text": text}]})
}
