//! One client: admits it, answers it, sends it what happens.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_util::sync::CancellationToken;

use super::methods;
use super::player;
use super::world::{Out, World};

type Socket = WebSocketStream<TcpStream>;

const TICK: Duration = Duration::from_secs(30);

pub(crate) async fn connection(
    mut socket: Socket,
    world: Arc<World>,
    kill: CancellationToken,
    browser: bool,
) -> Option<()> {
    let challenge = json!({"type": "event", "event": "connect.challenge",
        "payload": {"nonce": uuid::Uuid::new_v4()}});
    send(&mut socket, &challenge.to_string()).await?;
    let request = loop {
        match socket.next().await?.ok()? {
            Message::Text(text) => break serde_json::from_str::<Value>(text.as_str()).ok()?,
            _ => continue,
        }
    };
    match admit(&world, &request, browser) {
        Ok(hello) => send(&mut socket, &hello.to_string()).await?,
        Err((error, code, reason)) => {
            send(&mut socket, &response(&request["id"], Err(error))).await?;
            return close(&mut socket, code, reason).await;
        }
    }
    let (outgoing, queue) = mpsc::unbounded_channel();
    let peer = world.connect(outgoing.clone(), kill);
    let _leave = Leave { world: &world, peer };
    serve(socket, &world, peer, outgoing, queue).await
}

type Refusal = (Value, u16, &'static str);

fn admit(world: &World, request: &Value, browser: bool) -> Result<Value, Refusal> {
    let mut state = world.state();
    state.count("connect");
    let params = &request["params"];
    if state.refusals_left > 0 || state.draining {
        state.refusals_left = state.refusals_left.saturating_sub(1);
        let error = json!({"code": "UNAVAILABLE", "message": "gateway starting; retry shortly",
            "retryable": true, "retryAfterMs": 50, "details": {"reason": "startup-sidecars"}});
        return Err((error, 1013, "gateway starting"));
    }
    let refuse = |code: &str, message: &str, close| {
        let error =
            json!({"code": "INVALID_REQUEST", "message": message, "details": {"code": code}});
        Err((error, close, "connect refused"))
    };
    let speaks_4 = params["minProtocol"].as_u64().is_some_and(|n| n <= 4)
        && params["maxProtocol"].as_u64().is_some_and(|n| n >= 4);
    if !speaks_4 {
        return refuse("PROTOCOL_MISMATCH", "protocol mismatch", 1002);
    }
    if params["auth"]["token"] != json!(world.options.token) {
        return refuse("AUTH_TOKEN_MISMATCH", "unauthorized: gateway token mismatch", 1008);
    }
    Ok(hello(world, &state.boot_id, request, browser))
}

fn hello(world: &World, boot_id: &str, request: &Value, browser: bool) -> Value {
    let client = &request["params"]["client"];
    let known = client["id"] == "gateway-client" && client["mode"] == "backend" && !browser;
    let asked = request["params"]["scopes"].as_array().cloned().unwrap_or_default();
    let granted =
        world.options.grantable.iter().filter(|scope| known && asked.contains(&json!(scope)));
    json!({"type": "res", "id": request["id"], "ok": true, "payload": {
        "type": "hello-ok", "protocol": 4,
        "server": {"version": "scripted", "bootId": boot_id, "connId": uuid::Uuid::new_v4()},
        "auth": {"method": "token", "role": "operator", "scopes": granted.collect::<Vec<_>>()},
        "policy": {"maxPayload": world.options.max_payload, "tickIntervalMs": 30_000}}})
}

async fn serve(
    mut socket: Socket,
    world: &Arc<World>,
    peer: u64,
    outgoing: mpsc::UnboundedSender<Out>,
    mut queue: mpsc::UnboundedReceiver<Out>,
) -> Option<()> {
    let mut frozen = world.frozen.subscribe();
    let mut tick = tokio::time::interval(TICK);
    tick.reset();
    let mut seq = 0;
    loop {
        frozen.wait_for(|frozen| !frozen).await.ok()?;
        tokio::select! {
            out = queue.recv() => write(&mut socket, out?, &mut seq).await?,
            _ = tick.tick() => write(&mut socket, Out::Event("tick", "{}".into()), &mut seq).await?,
            message = socket.next() => match message? {
                Ok(Message::Text(text)) => request(world, peer, text.as_str(), &outgoing).await,
                Ok(_) => {}
                Err(Error::Capacity(_)) => return close(&mut socket, 1009, "too big").await,
                Err(_) => return None,
            },
            _ = frozen.changed() => {}
        }
    }
}

async fn request(world: &Arc<World>, peer: u64, text: &str, outgoing: &mpsc::UnboundedSender<Out>) {
    let Ok(request) = serde_json::from_str::<Value>(text) else { return };
    let (id, params) = (request["id"].clone(), request["params"].clone());
    let method = request["method"].as_str().unwrap_or_default();
    if method == "agent.wait" && !world.state().draining {
        let (world, outgoing) = (world.clone(), outgoing.clone());
        tokio::spawn(async move {
            let waited = methods::wait(&world, &params).await;
            let _gone = outgoing.send(Out::Response(response(&id, Ok(waited))));
        });
        return;
    }
    let answer = methods::answer(world, peer, method, &params);
    let response = Out::Response(response(&id, answer.result));
    let early = world.options.events_before_ack;
    match answer.play {
        Some(play) if early && play.is_instant() => {
            player::play(world.clone(), play).await;
            let _gone = outgoing.send(response);
        }
        play => {
            let _gone = outgoing.send(response);
            play.map(|play| tokio::spawn(player::play(world.clone(), play)));
        }
    }
}

async fn write(socket: &mut Socket, out: Out, seq: &mut u64) -> Option<()> {
    match out {
        Out::Response(response) => send(socket, &response).await,
        Out::Event(event, payload) => {
            *seq += 1;
            let frame =
                format!(r#"{{"type":"event","event":"{event}","payload":{payload},"seq":{seq}}}"#);
            send(socket, &frame).await
        }
        Out::Close(code, reason) => {
            close(socket, code, reason).await;
            None
        }
    }
}

fn response(id: &Value, result: Result<Value, Value>) -> String {
    match result {
        Ok(payload) => json!({"type": "res", "id": id, "ok": true, "payload": payload}),
        Err(error) => json!({"type": "res", "id": id, "ok": false, "error": error}),
    }
    .to_string()
}

async fn send(socket: &mut Socket, frame: &str) -> Option<()> {
    socket.send(Message::text(frame)).await.ok()
}

/// Waits for the other side to close too, so that the reason arrives before the reset.
async fn close(socket: &mut Socket, code: u16, reason: &'static str) -> Option<()> {
    let frame = CloseFrame { code: code.into(), reason: reason.into() };
    socket.close(Some(frame)).await.ok()?;
    let rest = async { while let Some(Ok(_)) = socket.next().await {} };
    tokio::time::timeout(Duration::from_secs(1), rest).await.ok()
}

struct Leave<'a> {
    world: &'a World,
    peer: u64,
}

impl Drop for Leave<'_> {
    fn drop(&mut self) {
        self.world.disconnect(self.peer);
    }
}
