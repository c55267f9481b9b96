//! The requests it answers.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::player::{self, Play};
use super::store::Row;
use super::world::{RunState, State, World};
use crate::frames::canonical;

pub(crate) struct Answer {
    pub(crate) result: Result<Value, Value>,
    pub(crate) play: Option<Play>,
}

impl Answer {
    fn ok(payload: Value) -> Self {
        Self { result: Ok(payload), play: None }
    }

    fn error(code: &str, message: &str) -> Self {
        Self { result: Err(json!({"code": code, "message": message})), play: None }
    }
}

pub(crate) fn answer(world: &Arc<World>, peer: u64, method: &str, params: &Value) -> Answer {
    let mut state = world.state();
    state.count(method);
    if state.draining {
        return refused_by_drain(method);
    }
    match method {
        "health" => Answer::ok(json!({"ok": true})),
        "chat.send" => send(world, &mut state, params),
        "chat.abort" => abort(world, &mut state, params),
        "chat.history" => history(&state, params),
        "sessions.messages.subscribe" => subscribe(&mut state, peer, params),
        _ => Answer::error("INVALID_REQUEST", &format!("unknown method: {method}")),
    }
}

fn refused_by_drain(method: &str) -> Answer {
    let error = json!({"code": "UNAVAILABLE", "retryable": true, "retryAfterMs": 1000,
        "message": format!("{method} unavailable during gateway restart"),
        "details": {"method": method, "reason": "gateway-restarting"}});
    Answer { result: Err(error), play: None }
}

fn send(world: &World, state: &mut State, params: &Value) -> Answer {
    let text = |key: &str| params[key].as_str().map(str::to_owned);
    let (Some(session), Some(message), Some(run_id)) =
        (text("sessionKey"), text("message"), text("idempotencyKey"))
    else {
        return Answer::error("INVALID_REQUEST", "invalid chat.send params");
    };
    let session = canonical(&session);
    if let Some(run) = state.runs.get(&run_id) {
        return known(&run_id, run.session == session && run.message == message, &run.state);
    }
    state.add_row(&session, Row::asked(&run_id, &message));
    let mut play = None;
    if let Some(active) = state.active_run(&session).map(str::to_owned) {
        let active = state.runs.get_mut(&active).expect("just found");
        active.steered.push((run_id.clone(), message.clone()));
        state.insert(run_id.clone(), session, message, RunState::Taken);
    } else {
        play = Some(state.begin(run_id.clone(), session, message));
    }
    world.save(state);
    Answer { result: Ok(json!({"runId": run_id, "status": "started"})), play }
}

fn known(run_id: &str, same: bool, state: &RunState) -> Answer {
    if !same {
        let error = json!({"code": "INVALID_REQUEST",
            "message": "This message ID was already used for different input.",
            "details": {"reason": "chat-request-conflict"}});
        return Answer { result: Err(error), play: None };
    }
    let status = if *state == RunState::Running { "in_flight" } else { "ok" };
    Answer::ok(json!({"runId": run_id, "status": status}))
}

fn abort(world: &World, state: &mut State, params: &Value) -> Answer {
    let session = canonical(params["sessionKey"].as_str().unwrap_or_default());
    let wanted = params["runId"].as_str();
    let active = state.active_run(&session).filter(|id| wanted.is_none_or(|wanted| wanted == *id));
    let Some(id) = active.map(str::to_owned) else {
        return Answer::ok(json!({"ok": true, "aborted": false, "runIds": []}));
    };
    let run = state.runs.get_mut(&id).expect("just found");
    run.state = RunState::Aborted;
    let text = run.text.clone();
    player::finish(world, state, &id, &session, Some(Row::answered(&id, &text, true)));
    let message = player::message(&text);
    player::emit(state, &id, json!({"state": "aborted", "stopReason": "rpc", "message": message}));
    Answer::ok(json!({"ok": true, "aborted": true, "runIds": [id]}))
}

fn history(state: &State, params: &Value) -> Answer {
    let session = canonical(params["sessionKey"].as_str().unwrap_or_default());
    let limit = params["limit"].as_u64().and_then(|n| usize::try_from(n).ok()).unwrap_or(200);
    let rows = state.stored.sessions.get(&session).map(Vec::as_slice).unwrap_or_default();
    let rows = &rows[rows.len().saturating_sub(limit)..];
    let interrupted = state.stored.running.iter().any(|run| run.session == session);
    let mut payload = json!({
        "sessionKey": session,
        "messages": rows.iter().map(Row::wire).collect::<Vec<_>>(),
        "pendingInputs": {"items": [], "total": 0},
        "sessionInfo": {"key": session, "hasActiveRun": interrupted},
    });
    if let Some(id) = state.active_run(&session) {
        payload["inFlightRun"] = json!({"runId": id, "text": state.runs[id].text});
    }
    Answer::ok(payload)
}

fn subscribe(state: &mut State, peer: u64, params: &Value) -> Answer {
    let session = canonical(params["key"].as_str().unwrap_or_default());
    if let Some(peer) = state.peers.get_mut(&peer) {
        peer.subscribed.insert(session.clone());
    }
    Answer::ok(json!({"subscribed": true, "key": session}))
}

/// `agent.wait`, the one request that takes its time.
pub(crate) async fn wait(world: &World, params: &Value) -> Value {
    let run_id = params["runId"].as_str().unwrap_or_default();
    let timeout = Duration::from_millis(params["timeoutMs"].as_u64().unwrap_or(30_000));
    world.state().count("agent.wait");
    let mut changes = world.changes.subscribe();
    let ended = async {
        loop {
            if let Some(end) = ended(&world.state(), run_id) {
                return end;
            }
            if changes.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    };
    let ended = tokio::time::timeout(timeout, ended).await;
    ended.unwrap_or_else(|_| json!({"runId": run_id, "status": "timeout"}))
}

fn ended(state: &State, run_id: &str) -> Option<Value> {
    let run = state.runs.get(run_id)?;
    let reply = |text: &str| json!({"disposition": "visible", "text": text});
    match &run.state {
        RunState::Running => None,
        RunState::Answered => {
            Some(json!({"runId": run_id, "status": "ok", "terminalReply": reply(&run.text)}))
        }
        RunState::Failed(error) => {
            Some(json!({"runId": run_id, "status": "error", "error": error}))
        }
        RunState::Aborted | RunState::Taken => Some(json!({"runId": run_id, "status": "ok"})),
    }
}
