//! A Telegram account and the user whose it is.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct IssuedLinkCode {
    /// Six digits, to be sent to the bot as `/link CODE`. The one before is worth nothing now.
    pub code: String,
    /// Milliseconds since the epoch.
    pub expires_at: u64,
    /// Opens Telegram with the code filled in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub deep_link: Option<String>,
    /// Without the `@`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub bot_username: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LinkStatus {
    pub linked: bool,
    pub accounts: Vec<LinkedAccount>,
    /// Until when the outstanding code is good, in milliseconds since the epoch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub code_expires_at: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LinkedAccount {
    pub telegram_id: i64,
    /// As Telegram showed it when it was linked.
    pub name: String,
    /// Milliseconds since the epoch.
    pub since: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Unlinked {
    /// `false`: no account was linked.
    pub unlinked: bool,
}
