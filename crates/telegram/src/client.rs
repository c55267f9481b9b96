//! The methods that we call, one function each.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::download::{self, Download};
use crate::error::{self, Error};
use crate::server::Server;
use crate::token::Token;
use crate::types::{ALLOWED_UPDATES, User, WebhookInfo};

/// A message, and whatever else must be known to have been done.
const SENT_WITHIN: Duration = Duration::from_secs(15);

/// What is worthless when it is late.
const SHOWN_WITHIN: Duration = Duration::from_secs(5);

/// One bot.
#[derive(Clone)]
pub struct Api {
    server: Arc<Server>,
    token: Token,
}

impl fmt::Debug for Api {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Api").field("token", &self.token).finish_non_exhaustive()
    }
}

/// Where something is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Target {
    pub chat_id: i64,
    /// A topic.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message_thread_id: Option<i64>,
}

/// What is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Text<'a> {
    /// Markdown that Telegram itself reads. It fetches pictures: see
    /// [`without_media`](crate::text::without_media).
    Rich(&'a str),
    Html(&'a str),
    Plain(&'a str),
}

impl Text<'_> {
    fn fields(&self) -> Value {
        // A preview is fetched by Telegram, unasked: an address could carry anything away.
        let unseen = json!({ "is_disabled": true });
        match self {
            Self::Rich(markdown) => json!({ "rich_message": { "markdown": markdown } }),
            Self::Html(text) => {
                json!({ "text": text, "parse_mode": "HTML", "link_preview_options": unseen })
            }
            Self::Plain(text) => json!({ "text": text, "link_preview_options": unseen }),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Command<'a> {
    /// Without the slash: at most 32 lower case letters, digits and underscores.
    pub command: &'a str,
    pub description: &'a str,
}

/// How Telegram brings us updates.
#[derive(Clone, Copy, Debug)]
pub struct Webhook<'a> {
    pub url: &'a str,
    /// Comes with every update: 1–256 letters, digits, `_` and `-`.
    pub secret_token: &'a str,
    /// At once, of 1–100.
    pub max_connections: u32,
    /// Forget what has not been delivered yet.
    pub drop_pending_updates: bool,
}

#[derive(Deserialize)]
struct Sent {
    message_id: i64,
}

impl Api {
    pub fn new(server: Arc<Server>, token: Token) -> Self {
        Self { server, token }
    }

    pub fn token(&self) -> &Token {
        &self.token
    }

    pub async fn get_me(&self) -> Result<User, Error> {
        self.call("getMe", &json!({}), SENT_WITHIN).await
    }

    /// The new message's number. `answers`: the message that it is shown as an answer to, if that
    /// is still there.
    pub async fn send(
        &self,
        to: Target,
        text: Text<'_>,
        answers: Option<i64>,
    ) -> Result<i64, Error> {
        let method = match text {
            Text::Rich(_) => "sendRichMessage",
            Text::Html(_) | Text::Plain(_) => "sendMessage",
        };
        let answers = answers.map(|message| {
            let reply = json!({ "message_id": message, "allow_sending_without_reply": true });
            json!({ "reply_parameters": reply })
        });
        let fields = joined([json!(to), text.fields()].into_iter().chain(answers));
        let sent: Sent = self.call(method, &fields, SENT_WITHIN).await?;
        Ok(sent.message_id)
    }

    /// Text that is already there is no error.
    pub async fn edit(&self, chat: i64, message: i64, text: Text<'_>) -> Result<(), Error> {
        let fields = joined([json!({ "chat_id": chat, "message_id": message }), text.fields()]);
        match self.done("editMessageText", &fields, SENT_WITHIN).await {
            Err(error) if error.says("message is not modified") => Ok(()),
            outcome => outcome,
        }
    }

    /// Shows text that is being written, in a private chat, with a button to stop it. It stays
    /// for 30 s, and a little when it is stopped, so that what is sent then takes its place.
    pub async fn send_message_draft(
        &self,
        to: Target,
        draft: i64,
        text: &str,
    ) -> Result<(), Error> {
        let fields = json!({
            "draft_id": draft, "text": text, "can_stop": true, "keep_on_stop": true,
        });
        self.done("sendMessageDraft", &joined([json!(to), fields]), SHOWN_WITHIN).await
    }

    /// `typing`, for 5 s.
    pub async fn send_chat_action(&self, to: Target, action: &str) -> Result<(), Error> {
        let fields = joined([json!(to), json!({ "action": action })]);
        self.done("sendChatAction", &fields, SHOWN_WITHIN).await
    }

    /// Stops the button's waiting.
    pub async fn answer_callback_query(&self, id: &str) -> Result<(), Error> {
        let fields = json!({ "callback_query_id": id });
        self.done("answerCallbackQuery", &fields, SHOWN_WITHIN).await
    }

    /// A file that somebody sent, from its beginning.
    pub async fn download(&self, file_id: &str) -> Result<Download, Error> {
        let fields = json!({ "file_id": file_id });
        let file = self.call("getFile", &fields, SENT_WITHIN).await?;
        download::open(&self.server, &self.token, file).await
    }

    pub async fn set_webhook(&self, webhook: &Webhook<'_>) -> Result<(), Error> {
        let fields = json!({
            "url": webhook.url,
            "secret_token": webhook.secret_token,
            "max_connections": webhook.max_connections,
            "drop_pending_updates": webhook.drop_pending_updates,
            "allowed_updates": ALLOWED_UPDATES,
        });
        self.done("setWebhook", &fields, SENT_WITHIN).await
    }

    pub async fn get_webhook_info(&self) -> Result<WebhookInfo, Error> {
        self.call("getWebhookInfo", &json!({}), SENT_WITHIN).await
    }

    pub async fn delete_webhook(&self) -> Result<(), Error> {
        self.done("deleteWebhook", &json!({}), SENT_WITHIN).await
    }

    pub async fn set_my_commands(&self, commands: &[Command<'_>]) -> Result<(), Error> {
        self.done("setMyCommands", &json!({ "commands": commands }), SENT_WITHIN).await
    }

    async fn done(&self, method: &str, fields: &Value, within: Duration) -> Result<(), Error> {
        // `true`, or the message.
        self.call::<Value>(method, fields, within).await.map(drop)
    }

    async fn call<T: for<'de> Deserialize<'de>>(
        &self,
        method: &str,
        fields: &Value,
        within: Duration,
    ) -> Result<T, Error> {
        let path = format!("/bot{}/{method}", self.token.secret());
        let (status, body) = self.server.post(&path, fields.to_string().into(), within).await?;
        error::read(status, &body, &self.token)
    }
}

/// One object with the fields of all.
fn joined(objects: impl IntoIterator<Item = Value>) -> Value {
    let fields = objects.into_iter().filter_map(|object| match object {
        Value::Object(fields) => Some(fields),
        _ => None,
    });
    Value::Object(fields.flatten().collect())
}
