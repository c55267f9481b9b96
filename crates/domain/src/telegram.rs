//! Telegram's own names for places and people. A bot's messages go where a person's came from.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A person there, by the number that never changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TelegramUser(pub i64);

impl fmt::Display for TelegramUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Where something is said: a chat, or one topic of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TelegramChat {
    pub id: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thread: Option<i64>,
    /// Several people read along: no drafts, no buttons, and a lower rate.
    #[serde(default)]
    pub is_group: bool,
}
