//! Telegram on this machine: the Bot API as our client speaks to it, updates as they reach a
//! webhook, and the people at the other end, who are a page or a test.
//!
//! It is written from what Telegram documents and what its own server's source does, and knows
//! nothing of our client: what the client gets wrong must fail here.

mod answer;
mod api;
mod chat;
mod clock;
mod control;
mod delivery;
mod entities;
mod faults;
mod files;
mod html;
mod marks;
mod page;
mod params;
mod people;
mod rates;
mod retries;
mod sending;
mod state;
mod webhook;

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::Duration,
};

use anyhow::Context;
use axum::{Router, middleware};
use bytes::Bytes;
use domain::TELEGRAM_COMMANDS;
use http_body_util::Full;
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use serde_json::{Map, Value, json};
use tokio::sync::watch;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use self::{clock::Clock, params::Params, state::State};
use crate::{config::Parameter, loopback, private_file};

pub(crate) const TOKEN_PARAMETER: &str = "/openclaw/telegram-token";
pub(crate) const SECRET_PARAMETER: &str = "/openclaw/telegram-secret";

/// What our webhook wants to know. Telegram does not send the last one unless it is named.
const ALLOWED_UPDATES: [&str; 5] =
    ["message", "edited_message", "callback_query", "my_chat_member", "stopped_message_generation"];
/// Between two writes of the state: a streaming reply changes it many times a second.
const SAVE_PAUSE: Duration = Duration::from_millis(500);

#[derive(Debug)]
pub(crate) struct Telegram {
    /// Base URL of the Bot API.
    api: String,
    stored: PathBuf,
    files: PathBuf,
    state: Mutex<State>,
    clock: Clock,
    /// Counts every change.
    changes: watch::Sender<u64>,
    /// Counts the `getUpdates` that began: there can be one.
    pollers: watch::Sender<u64>,
    /// Ends what waits for a change.
    closing: CancellationToken,
    client: Client<HttpConnector, Full<Bytes>>,
}

impl Telegram {
    pub(crate) fn open(data: &Path, api: String) -> anyhow::Result<Arc<Self>> {
        let stored = data.join("telegram.json");
        let state = match private_file::read(&stored)? {
            Some(json) => serde_json::from_slice(&json)
                .with_context(|| format!("{} is not what this stack wrote", stored.display()))?,
            None => State::default(),
        };
        Ok(Arc::new(Self {
            api,
            stored,
            files: data.join("telegram-files"),
            state: Mutex::new(state),
            clock: Clock::new(),
            changes: watch::Sender::new(0),
            pollers: watch::Sender::new(0),
            closing: CancellationToken::new(),
            client: Client::builder(TokioExecutor::new()).build_http(),
        }))
    }

    /// What the deployed side reads from SSM.
    pub(crate) fn parameters(&self) -> Vec<Parameter> {
        let secure = |name: &str, value: &str| Parameter {
            name: name.to_owned(),
            value: value.to_owned(),
            secure: true,
        };
        self.read(|state| {
            let bot = &state.bot;
            vec![secure(TOKEN_PARAMETER, &bot.token), secure(SECRET_PARAMETER, &bot.secret)]
        })
    }

    /// Tells Telegram the bot's webhook and its commands, as an operator does, and delivers from
    /// now on.
    pub(crate) fn start(
        self: &Arc<Self>,
        webhook: String,
        background: &TaskTracker,
        stop: CancellationToken,
    ) {
        let secret = self.read(|state| state.bot.secret.clone());
        let settings = Map::from_iter([
            ("url".to_owned(), Value::String(webhook)),
            ("secret_token".to_owned(), Value::String(secret)),
            ("allowed_updates".to_owned(), json!(ALLOWED_UPDATES)),
        ]);
        if let Err(refusal) = self.set_webhook(&Params::of(settings)) {
            tracing::error!(?refusal, "the bot's webhook could not be set");
        }
        let commands =
            TELEGRAM_COMMANDS.map(|(name, about)| json!({"command": name, "description": about}));
        self.change(|state| state.commands = commands.to_vec());
        background.spawn(delivery::deliver(self.clone(), stop.clone()));
        background.spawn(self.clone().save_changes(stop));
    }

    pub(crate) fn router(self: &Arc<Self>) -> Router {
        control::router(self.clone())
            .layer(middleware::from_fn(loopback::only_loopback_origins))
            .merge(api::router(self.clone()))
            .merge(page::router())
    }

    /// Lets go of everybody who waits for a change.
    pub(crate) fn close(&self) {
        self.closing.cancel();
    }

    fn read<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&self.state.lock().expect("reading Telegram's state does not panic"))
    }

    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let changed = self.change_quietly(change);
        self.changes.send_modify(|version| *version += 1);
        changed
    }

    /// Wakes nobody.
    fn change_quietly<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.state.lock().expect("changing Telegram's state does not panic"))
    }

    async fn save_changes(self: Arc<Self>, stop: CancellationToken) {
        let mut changes = self.changes.subscribe();
        while let Some(Ok(())) = stop.run_until_cancelled(changes.changed()).await {
            self.save().await;
            if stop.run_until_cancelled(tokio::time::sleep(SAVE_PAUSE)).await.is_none() {
                return;
            }
        }
    }

    pub(crate) async fn save(&self) {
        let json = self.read(|state| serde_json::to_vec(state).expect("a state is JSON"));
        let path = self.stored.clone();
        let written = tokio::task::spawn_blocking(move || private_file::write(&path, &json)).await;
        if let Ok(Err(error)) = written {
            tracing::error!(%error, "could not save Telegram's state");
        }
    }
}
