//! The bot in Telegram. Its token lies in the parameter store and stays in this process.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use domain::TelegramChat;
use domain::limits::TELEGRAM_FILE_MAX_BYTES;
use platform::{
    Bot, BotError, BotProfile, BotText, OpenError, Result, Unavailable, Upload, UploadBody,
};
use telegram::{Api, Download, Error, Server, Target, Text, Token, text};
use tokio::sync::{Mutex, OnceCell};
use tokio::time::Instant;

use crate::aws::Aws;
use crate::config::{ConfigError, Lookup, optional};
use crate::secrets::Parameters;

/// Without it there is no bot.
pub(crate) const TOKEN_PARAMETER: &str = "TELEGRAM_TOKEN_PARAMETER";
const API_URL: &str = "TELEGRAM_API_URL";

/// A token that Telegram does not take is read anew no more often: whoever waits for a new one
/// must not keep others from the parameter store.
const READ_AGAIN_AFTER: Duration = Duration::from_secs(60);

pub struct TelegramBot {
    parameters: Parameters,
    token_parameter: String,
    server: Arc<Server>,
    known: Mutex<Option<Known>>,
    me: OnceCell<BotProfile>,
}

struct Known {
    api: Api,
    read_at: Instant,
}

impl TelegramBot {
    /// `None`: this deployment has no bot.
    pub fn from_lookup(
        aws: &Aws,
        lookup: Lookup<'_>,
    ) -> std::result::Result<Option<Self>, ConfigError> {
        let Some(token_parameter) = optional(lookup, TOKEN_PARAMETER) else { return Ok(None) };
        let url = optional(lookup, API_URL).unwrap_or_else(|| telegram::TELEGRAM.to_owned());
        let server = Server::new(&url).map_err(|_| ConfigError::Invalid {
            name: API_URL,
            value: url,
            expected: "an https address, or http on this machine",
        })?;
        Ok(Some(Self {
            parameters: Parameters::of(aws),
            token_parameter,
            server: Arc::new(server),
            known: Mutex::default(),
            me: OnceCell::new(),
        }))
    }

    /// The bot's own number. Nobody needs to be asked: it is in the token.
    pub async fn id(&self) -> Result<i64> {
        Ok(self.api().await?.token().bot())
    }

    /// Whether the Bot API is a simulator on this machine.
    pub fn is_simulated(&self) -> bool {
        self.server.is_loopback()
    }

    /// For what is no port's: the operator's webhook.
    pub async fn api(&self) -> Result<Api> {
        let mut known = self.known.lock().await;
        if let Some(known) = &*known {
            return Ok(known.api.clone());
        }
        let api = self.read().await?;
        *known = Some(Known { api: api.clone(), read_at: Instant::now() });
        Ok(api)
    }

    async fn read(&self) -> Result<Api> {
        const OPERATION: &str = "telegram.token";
        let value = self.parameters.get(&self.token_parameter).await?;
        let missing = || format!("there is no parameter `{}`", self.token_parameter);
        let value = value.ok_or_else(|| Unavailable::new(OPERATION, missing()))?;
        let token = Token::new(&value).map_err(|error| Unavailable::new(OPERATION, error))?;
        Ok(Api::new(self.server.clone(), token))
    }

    /// Another token than the one that was refused, if there is one by now.
    async fn renewed(&self, refused: &Api) -> Result<Option<Api>> {
        let mut known = self.known.lock().await;
        if let Some(known) = &*known {
            if known.api.token() != refused.token() {
                return Ok(Some(known.api.clone()));
            }
            if known.read_at.elapsed() < READ_AGAIN_AFTER {
                return Ok(None);
            }
        }
        let api = self.read().await?;
        *known = Some(Known { api: api.clone(), read_at: Instant::now() });
        Ok((api.token() != refused.token()).then_some(api))
    }

    /// A call that met a token which is no longer valid did nothing and is made once more.
    async fn call<T, F>(
        &self,
        operation: &'static str,
        call: impl Fn(Api) -> F,
    ) -> std::result::Result<T, Failure>
    where
        F: Future<Output = std::result::Result<T, Error>>,
    {
        let failed = |error| Failure::Telegram { operation, error };
        let api = self.api().await?;
        match call(api.clone()).await {
            Err(Error::Unauthorized) => match self.renewed(&api).await? {
                Some(api) => call(api).await.map_err(failed),
                None => Err(failed(Error::Unauthorized)),
            },
            outcome => outcome.map_err(failed),
        }
    }
}

enum Failure {
    /// Without a token nothing is asked.
    Token(Unavailable),
    Telegram {
        operation: &'static str,
        error: Error,
    },
}

impl From<Unavailable> for Failure {
    fn from(error: Unavailable) -> Self {
        Self::Token(error)
    }
}

/// What Telegram says in a 400 about the place and not about the text: no other form of the text
/// will help.
const CLOSED_TO_US: [&str; 7] = [
    "chat not found",
    "not enough rights",
    "message thread not found",
    "TOPIC_CLOSED",
    "TOPIC_DELETED",
    "CHAT_WRITE_FORBIDDEN",
    "PEER_ID_INVALID",
];

impl From<Failure> for BotError {
    fn from(failure: Failure) -> Self {
        let (operation, error) = match failure {
            Failure::Token(error) => return error.into(),
            Failure::Telegram { operation, error } => (operation, error),
        };
        match error {
            Error::RetryAfter(wait) => Self::RetryAfter(wait),
            Error::Moved(chat) => Self::Moved(chat),
            Error::Forbidden(why) => Self::Forbidden(why),
            Error::Refused(why) if CLOSED_TO_US.iter().any(|it| why.contains(it)) => {
                Self::Forbidden(why)
            }
            Error::Refused(why) => Self::Refused(why),
            error => Self::Unavailable(Unavailable::new(operation, error)),
        }
    }
}

impl From<Failure> for OpenError {
    fn from(failure: Failure) -> Self {
        let (operation, error) = match failure {
            Failure::Token(error) => return error.into(),
            Failure::Telegram { operation, error } => (operation, error),
        };
        match &error {
            // Telegram uses the same words for one that never was; it is asked again for a while.
            Error::Refused(why) if why.contains("temporarily unavailable") => {
                Self::Unavailable(Unavailable::new(operation, error))
            }
            Error::Refused(_) | Error::Forbidden(_) => Self::NotFound,
            _ => Self::Unavailable(Unavailable::new(operation, error)),
        }
    }
}

/// What is said, owned where it had to be changed.
struct Said<'a> {
    text: Cow<'a, str>,
    form: for<'t> fn(&'t str) -> Text<'t>,
}

impl<'a> Said<'a> {
    fn new(text: BotText<'a>) -> Self {
        match text {
            BotText::Rich(text) => {
                Self { text: text::without_media(text).into(), form: |text| Text::Rich(text) }
            }
            BotText::Html(text) => Self { text: text.into(), form: |text| Text::Html(text) },
            BotText::Plain(text) => Self { text: text.into(), form: |text| Text::Plain(text) },
        }
    }

    fn text(&self) -> Text<'_> {
        (self.form)(&self.text)
    }
}

fn target(chat: TelegramChat) -> Target {
    Target { chat_id: chat.id, message_thread_id: chat.thread }
}

#[async_trait]
impl Bot for TelegramBot {
    async fn me(&self) -> std::result::Result<BotProfile, BotError> {
        let asked = self.me.get_or_try_init(|| async {
            let me = self.call("telegram.me", |api| async move { api.get_me().await }).await?;
            Ok::<_, Failure>(BotProfile { id: me.id, username: me.username.unwrap_or_default() })
        });
        Ok(asked.await?.clone())
    }

    async fn send(
        &self,
        chat: TelegramChat,
        text: BotText<'_>,
        answers: Option<i64>,
    ) -> std::result::Result<i64, BotError> {
        let said = &Said::new(text);
        let send = |api: Api| async move { api.send(target(chat), said.text(), answers).await };
        Ok(self.call("telegram.send", send).await?)
    }

    async fn edit(
        &self,
        chat: TelegramChat,
        message: i64,
        text: BotText<'_>,
    ) -> std::result::Result<(), BotError> {
        let said = &Said::new(text);
        let edit = |api: Api| async move { api.edit(chat.id, message, said.text()).await };
        Ok(self.call("telegram.edit", edit).await?)
    }

    async fn draft(
        &self,
        chat: TelegramChat,
        draft: i64,
        text: &str,
    ) -> std::result::Result<(), BotError> {
        let show =
            |api: Api| async move { api.send_message_draft(target(chat), draft, text).await };
        Ok(self.call("telegram.draft", show).await?)
    }

    async fn typing(&self, chat: TelegramChat) -> std::result::Result<(), BotError> {
        let show = |api: Api| async move { api.send_chat_action(target(chat), "typing").await };
        Ok(self.call("telegram.typing", show).await?)
    }

    async fn open_file(&self, file_id: &str) -> std::result::Result<Upload, OpenError> {
        let open = |api: Api| async move { api.download(file_id).await };
        let file = self.call("telegram.file", open).await?;
        // Telegram itself has none; another server may.
        if file.size > TELEGRAM_FILE_MAX_BYTES {
            return Err(OpenError::NotFound);
        }
        Ok(Upload { size: file.size, body: Box::new(Body(file)) })
    }
}

struct Body(Download);

#[async_trait]
impl UploadBody for Body {
    async fn chunk(&mut self) -> Result<Option<Vec<u8>>> {
        let chunk = self.0.chunk().await;
        Ok(chunk.map_err(|error| Unavailable::new("telegram.file", error))?.map(Into::into))
    }
}
