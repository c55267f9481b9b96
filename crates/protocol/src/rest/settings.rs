//! What a user may choose.

use domain::{Choices, IdleMinutes, Notifications, Offered, SpendCap, TelegramNotifications};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// `GET /settings`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SettingsPage {
    /// What you have chosen.
    pub chosen: UserSettings,
    /// What holds of the rest.
    pub defaults: UserSettings,
    /// What there is to choose from.
    pub offered: OfferedSettings,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserSettings {
    /// Which model answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub model: Option<String>,
    /// What your agent is told of itself and of how it should behave.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub instructions: Option<String>,
    /// A name of the IANA database, such as `Asia/Seoul`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub time_zone: Option<String>,
    /// How long your agent stays up without a word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub idle: Option<IdleSetting>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub notifications: Option<NotificationSetting>,
    /// In which language your agent answers, as a tag of BCP 47.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub language: Option<String>,
    /// Whether the page asks for a wake-up when it opens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub wake_on_open: Option<bool>,
    /// How much your agent may cost in a month.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub spend_cap: Option<SpendCapSetting>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OfferedSettings {
    pub models: Vec<String>,
    /// The shortest and the longest that may be chosen.
    pub idle: IdleSetting,
    /// The most that may be chosen, if the operator has said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub spend_cap: Option<SpendCapSetting>,
}

/// A month is UTC's.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SpendCapSetting {
    /// From 0, at which nothing is done at all, to 10,000; with two decimals at most.
    pub usd_per_month: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct IdleSetting {
    /// At an hour at which you are seldom here.
    pub min_minutes: u32,
    /// At one at which you nearly always are.
    pub max_minutes: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NotificationSetting {
    /// What a linked Telegram chat is shown of its conversation: `all`, `replies` to what was asked
    /// there and by schedules, or `none` but replies to what was asked there.
    #[schema(schema_with = crate::schemas::telegram_notifications)]
    pub telegram: TelegramNotifications,
}

/// `PUT /settings/{key}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PutSetting {
    /// As `GET /settings` gives it.
    pub value: Value,
}

/// `GET` and `PUT /settings/{key}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SettingValue {
    pub key: String,
    /// `null`: not chosen, and there is no default.
    pub value: Value,
    /// Or it is the default.
    pub chosen: bool,
}

impl From<Choices> for UserSettings {
    fn from(choices: Choices) -> Self {
        Self {
            model: choices.model.map(|model| model.as_str().to_owned()),
            instructions: choices.instructions.map(|text| text.as_str().to_owned()),
            time_zone: choices.time_zone.map(|zone| zone.name().to_owned()),
            idle: choices.idle.map(IdleSetting::from),
            notifications: choices.notifications.map(NotificationSetting::from),
            language: choices.language.map(|tag| tag.as_str().to_owned()),
            wake_on_open: choices.wake_on_open,
            spend_cap: choices.spend_cap.map(SpendCapSetting::from),
        }
    }
}

impl From<&Offered> for OfferedSettings {
    fn from(offered: &Offered) -> Self {
        Self {
            models: offered.models.iter().map(|model| model.as_str().to_owned()).collect(),
            idle: IdleSetting { min_minutes: 1, max_minutes: offered.idle_at_most() },
            spend_cap: offered.spend_cap.map(SpendCapSetting::from),
        }
    }
}

impl From<SpendCap> for SpendCapSetting {
    fn from(cap: SpendCap) -> Self {
        Self { usd_per_month: cap.usd() }
    }
}

impl From<IdleMinutes> for IdleSetting {
    fn from(idle: IdleMinutes) -> Self {
        Self { min_minutes: idle.min_minutes, max_minutes: idle.max_minutes }
    }
}

impl From<Notifications> for NotificationSetting {
    fn from(shown: Notifications) -> Self {
        Self { telegram: shown.telegram }
    }
}
