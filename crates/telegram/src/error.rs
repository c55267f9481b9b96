//! What may come of a request.

use std::time::Duration;

use serde::Deserialize;

use crate::token::Token;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nothing was done; nothing may be for so long.
    #[error("too many requests; again in {0:?}")]
    RetryAfter(Duration),
    /// Telegram understood and will not.
    #[error("refused: {0}")]
    Refused(String),
    /// The token is not, or no longer, the bot's.
    #[error("the bot token is not valid")]
    Unauthorized,
    /// The bot was blocked, or removed from the chat.
    #[error("forbidden: {0}")]
    Forbidden(String),
    /// Somebody else gets the bot's updates: a webhook and `getUpdates`, or two of the latter.
    #[error("conflict: {0}")]
    Conflict(String),
    /// The group has become the supergroup with this id.
    #[error("the chat has moved to {0}")]
    Moved(i64),
    /// Telegram failed; it may have been done.
    #[error("Telegram answered {status}: {description}")]
    Failed { status: u16, description: String },
    /// Nobody answered, or not in time, or not as Telegram does; it may have been done.
    #[error("Telegram could not be reached")]
    Unreachable(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Error {
    pub(crate) fn unreachable(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Unreachable(source.into())
    }

    /// Of a chat, a message or a file that the request is about.
    pub fn says(&self, words: &str) -> bool {
        matches!(self, Self::Refused(description) if description.contains(words))
    }
}

/// What every method answers with.
#[derive(Deserialize)]
pub(crate) struct Answer<T> {
    ok: bool,
    result: Option<T>,
    error_code: Option<u16>,
    #[serde(default)]
    description: String,
    #[serde(default)]
    parameters: Parameters,
}

#[derive(Default, Deserialize)]
struct Parameters {
    retry_after: Option<u64>,
    migrate_to_chat_id: Option<i64>,
}

/// When Telegram asks for patience and does not say how much.
const PATIENCE: Duration = Duration::from_secs(5);

/// `status` is that of the HTTP response.
pub(crate) fn read<T: for<'de> Deserialize<'de>>(
    status: u16,
    body: &[u8],
    token: &Token,
) -> Result<T, Error> {
    match serde_json::from_slice::<Answer<T>>(body) {
        Ok(Answer { ok: true, result: Some(result), .. }) => Ok(result),
        Ok(Answer { ok: true, .. }) => Err(Error::unreachable("an answer without a result")),
        Ok(answer) => Err(refusal(status, answer, token)),
        // Something between Telegram and us, or an answer of another shape.
        Err(_) if !(200..300).contains(&status) => {
            let answer = Answer {
                ok: false,
                result: None::<()>,
                error_code: None,
                description: String::new(),
                parameters: Parameters::default(),
            };
            Err(refusal(status, answer, token))
        }
        // Its own words quote the answer, and an answer may quote the token.
        Err(error) => {
            let (line, column) = (error.line(), error.column());
            let shape = format!("an answer of another shape, from line {line} column {column} on");
            Err(Error::unreachable(shape))
        }
    }
}

fn refusal<T>(status: u16, answer: Answer<T>, token: &Token) -> Error {
    let status = answer.error_code.unwrap_or(status);
    // An echo of the request's address would have it.
    let description = answer.description.replace(token.secret(), "…");
    if let Some(chat) = answer.parameters.migrate_to_chat_id {
        return Error::Moved(chat);
    }
    match status {
        429 => {
            let seconds = answer.parameters.retry_after;
            Error::RetryAfter(seconds.map_or(PATIENCE, Duration::from_secs))
        }
        // A key of another form has no methods at all.
        401 => Error::Unauthorized,
        404 if description == "Not Found" => Error::Unauthorized,
        403 => Error::Forbidden(description),
        409 => Error::Conflict(description),
        400..500 => Error::Refused(description),
        status => Error::Failed { status, description },
    }
}
