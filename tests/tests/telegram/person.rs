//! One person in one chat with the bot, as the simulator of the Bot API shows it.

use std::fmt::Write;

use http::Method;
use serde_json::{Value, json};
use system_tests::{Stack, eventually, send};

pub(crate) struct Person<'a> {
    stack: &'a Stack,
    id: i64,
    chat: i64,
}

impl<'a> Person<'a> {
    /// In the private chat with the bot, which has the person's id.
    pub(crate) fn new(stack: &'a Stack, id: i64) -> Self {
        Self { stack, id, chat: id }
    }

    pub(crate) fn in_group(&self, chat: i64) -> Self {
        Self { stack: self.stack, id: self.id, chat }
    }

    async fn post(&self, path: &str, body: Value) -> Value {
        let url = format!("{}/local/telegram/{path}", self.stack.url);
        let answer = send(Method::POST, &url, None, Some(&body)).await.expect("answers");
        assert!(answer.status < 300, "{path}: {answer:?}");
        if answer.text.is_empty() { Value::Null } else { answer.json() }
    }

    /// The ids of the update and of the message there.
    pub(crate) async fn send(&self, mut message: Value) -> Value {
        message["from"] = json!({"id": self.id, "first_name": "Ana", "username": "ana"});
        self.post(&format!("chats/{}/messages", self.chat), message).await
    }

    pub(crate) async fn say(&self, text: &str) -> Value {
        self.send(json!({ "text": text })).await
    }

    pub(crate) async fn redeliver(&self, update: &Value, times: u32) {
        self.post(&format!("updates/{update}/redeliver"), json!({ "times": times })).await;
    }

    pub(crate) async fn press_stop(&self) {
        self.post(&format!("chats/{}/stop", self.chat), json!({})).await;
    }

    pub(crate) async fn shown(&self) -> Value {
        self.stack.local(&format!("telegram/chats/{}", self.chat)).await
    }

    /// What the bot has said, oldest first.
    pub(crate) async fn heard(&self) -> Vec<String> {
        let shown = self.shown().await;
        let messages = shown["messages"].as_array().cloned().unwrap_or_default();
        let of_bot = messages.iter().filter(|message| message["from"]["is_bot"] == true);
        of_bot.map(|message| message["text"].as_str().unwrap_or_default().to_owned()).collect()
    }

    /// The first thing the bot says that has `words`, after `before` things it had said.
    pub(crate) async fn hears(&self, before: usize, words: &str) -> String {
        eventually(words, async || {
            let heard = self.heard().await;
            match heard.iter().skip(before).find(|text| text.contains(words)) {
                Some(text) => Ok(text.clone()),
                None => Err(heard),
            }
        })
        .await
    }

    pub(crate) async fn sees_draft(&self, words: &str) {
        eventually(words, async || match self.shown().await["draft"].clone() {
            draft if draft.to_string().contains(words) => Ok(()),
            draft => Err(draft),
        })
        .await;
    }

    /// The chat as a person reads it.
    pub(crate) async fn transcript(&self) -> String {
        let shown = self.shown().await;
        let mut lines = String::new();
        for message in shown["messages"].as_array().expect("a list") {
            let who = if message["from"]["is_bot"] == true { "bot" } else { "ana" };
            let text = message["text"].as_str().unwrap_or_default();
            let short: String = text.chars().take(160).collect();
            let cut = if short.len() < text.len() { " […]" } else { "" };
            let file = &message["file"];
            let file = if file.is_null() { String::new() } else { format!(" [file {file}]") };
            writeln!(lines, "{who}: {}{cut}{file}", short.replace('\n', "\n     ")).expect("text");
        }
        lines
    }
}
