//! What a user may choose, one value for each key, checked on its way in.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::limits::{
    IDLE_MINUTES_MAX, INSTRUCTIONS_MAX_BYTES, LANGUAGE_MAX_CHARS, MODEL_NAME_MAX_CHARS,
    SPEND_CAP_MAX_USD,
};
use crate::{IdlePolicy, SpendCap, TimeZone};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum SettingKey {
    /// Which of the operator's models answers.
    Model,
    /// What the agent is told of itself and of how it should behave.
    Instructions,
    TimeZone,
    /// How long the agent stays up without a word.
    Idle,
    /// What is shown where.
    Notifications,
    /// In which language the agent answers.
    Language,
    /// Whether the page asks for a wake-up when it opens.
    WakeOnOpen,
    /// How much the agent may cost in a month.
    SpendCap,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Setting {
    Model(ModelName),
    Instructions(Instructions),
    TimeZone(TimeZone),
    Idle(IdleMinutes),
    Notifications(Notifications),
    Language(Language),
    WakeOnOpen(bool),
    SpendCap(SpendCap),
}

/// What of them one user has chosen. The rest is as by default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choices {
    pub model: Option<ModelName>,
    pub instructions: Option<Instructions>,
    pub time_zone: Option<TimeZone>,
    pub idle: Option<IdleMinutes>,
    pub notifications: Option<Notifications>,
    pub language: Option<Language>,
    pub wake_on_open: Option<bool>,
    pub spend_cap: Option<SpendCap>,
}

/// As its provider calls it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ModelName(String);

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instructions(String);

/// A tag of BCP 47, such as `ko` or `pt-BR`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Language(String);

/// From the quietest hour to the busiest one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct IdleMinutes {
    pub min_minutes: u32,
    pub max_minutes: u32,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Notifications {
    #[serde(default)]
    pub telegram: TelegramNotifications,
}

/// What of the linked chat's conversation the chat is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TelegramNotifications {
    /// What is said on the page, too.
    #[default]
    All,
    /// Replies to what was asked there, and by schedules.
    Replies,
    /// Replies to what was asked there.
    None,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{name}` is not a setting; there are {}", SettingKey::names())]
pub struct UnknownSetting {
    name: String,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{key} must be {expected}")]
pub struct InvalidSetting {
    pub key: SettingKey,
    expected: String,
}

impl SettingKey {
    pub const ALL: [SettingKey; 8] = [
        SettingKey::Model,
        SettingKey::Instructions,
        SettingKey::TimeZone,
        SettingKey::Idle,
        SettingKey::Notifications,
        SettingKey::Language,
        SettingKey::WakeOnOpen,
        SettingKey::SpendCap,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            SettingKey::Model => "model",
            SettingKey::Instructions => "instructions",
            SettingKey::TimeZone => "timeZone",
            SettingKey::Idle => "idle",
            SettingKey::Notifications => "notifications",
            SettingKey::Language => "language",
            SettingKey::WakeOnOpen => "wakeOnOpen",
            SettingKey::SpendCap => "spendCap",
        }
    }

    fn names() -> String {
        listed(&Self::ALL.map(SettingKey::as_str))
    }

    fn invalid(self, expected: impl Into<String>) -> InvalidSetting {
        InvalidSetting { key: self, expected: expected.into() }
    }
}

impl fmt::Display for SettingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for SettingKey {
    type Err = UnknownSetting;

    fn from_str(name: &str) -> Result<Self, UnknownSetting> {
        let found = Self::ALL.into_iter().find(|key| key.as_str() == name);
        found.ok_or_else(|| UnknownSetting { name: name.into() })
    }
}

impl Setting {
    pub fn key(&self) -> SettingKey {
        match self {
            Setting::Model(_) => SettingKey::Model,
            Setting::Instructions(_) => SettingKey::Instructions,
            Setting::TimeZone(_) => SettingKey::TimeZone,
            Setting::Idle(_) => SettingKey::Idle,
            Setting::Notifications(_) => SettingKey::Notifications,
            Setting::Language(_) => SettingKey::Language,
            Setting::WakeOnOpen(_) => SettingKey::WakeOnOpen,
            Setting::SpendCap(_) => SettingKey::SpendCap,
        }
    }

    /// Whatever the operator offers today: that is [`Offered::check`].
    pub fn parse(key: SettingKey, value: &Value) -> Result<Self, InvalidSetting> {
        let text = || value.as_str().unwrap_or_default();
        Ok(match key {
            SettingKey::Model => Setting::Model(ModelName::new(text())?),
            SettingKey::Instructions => Setting::Instructions(Instructions::new(text())?),
            SettingKey::TimeZone => {
                const EXPECTED: &str = "a name of the IANA time zone database, such as Asia/Seoul";
                let zone = TimeZone::new(text()).map_err(|_| key.invalid(EXPECTED))?;
                Setting::TimeZone(zone)
            }
            SettingKey::Idle => Setting::Idle(IdleMinutes::parse(value)?),
            SettingKey::Notifications => {
                const EXPECTED: &str = r#"{"telegram": "all", "replies" or "none"}"#;
                let read = Notifications::deserialize(value).map_err(|_| key.invalid(EXPECTED));
                Setting::Notifications(read?)
            }
            SettingKey::Language => Setting::Language(Language::new(text())?),
            SettingKey::WakeOnOpen => {
                let read = value.as_bool().ok_or_else(|| key.invalid("true or false"));
                Setting::WakeOnOpen(read?)
            }
            SettingKey::SpendCap => {
                let read = SpendCap::parse(value);
                Setting::SpendCap(read.map_err(|_| key.invalid(expected_cap(None)))?)
            }
        })
    }

    pub fn to_json(&self) -> Value {
        match self {
            Setting::Model(model) => json!(model.as_str()),
            Setting::Instructions(text) => json!(text.as_str()),
            Setting::TimeZone(zone) => json!(zone.name()),
            Setting::Idle(idle) => json!(idle),
            Setting::Notifications(shown) => json!(shown),
            Setting::Language(tag) => json!(tag.as_str()),
            Setting::WakeOnOpen(wakes) => json!(wakes),
            Setting::SpendCap(cap) => cap.to_json(),
        }
    }
}

impl Choices {
    pub fn put(&mut self, setting: Setting) {
        match setting {
            Setting::Model(model) => self.model = Some(model),
            Setting::Instructions(text) => self.instructions = Some(text),
            Setting::TimeZone(zone) => self.time_zone = Some(zone),
            Setting::Idle(idle) => self.idle = Some(idle),
            Setting::Notifications(shown) => self.notifications = Some(shown),
            Setting::Language(tag) => self.language = Some(tag),
            Setting::WakeOnOpen(wakes) => self.wake_on_open = Some(wakes),
            Setting::SpendCap(cap) => self.spend_cap = Some(cap),
        }
    }

    pub fn get(&self, key: SettingKey) -> Option<Setting> {
        match key {
            SettingKey::Model => self.model.clone().map(Setting::Model),
            SettingKey::Instructions => self.instructions.clone().map(Setting::Instructions),
            SettingKey::TimeZone => self.time_zone.clone().map(Setting::TimeZone),
            SettingKey::Idle => self.idle.map(Setting::Idle),
            SettingKey::Notifications => self.notifications.map(Setting::Notifications),
            SettingKey::Language => self.language.clone().map(Setting::Language),
            SettingKey::WakeOnOpen => self.wake_on_open.map(Setting::WakeOnOpen),
            SettingKey::SpendCap => self.spend_cap.map(Setting::SpendCap),
        }
    }
}

/// What the operator lets users choose from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offered {
    /// The first answers whoever has not chosen. None: nothing is said about models.
    pub models: Vec<ModelName>,
    /// By default; its longest is the most that may be chosen.
    pub idle: IdlePolicy,
    pub time_zone: TimeZone,
    /// The most that an agent may cost in a month. `None`: whatever its user likes.
    pub spend_cap: Option<SpendCap>,
}

impl Offered {
    pub fn check(&self, setting: &Setting) -> Result<(), InvalidSetting> {
        match setting {
            Setting::Model(model) if !self.models.contains(model) => {
                let names: Vec<&str> = self.models.iter().map(ModelName::as_str).collect();
                Err(SettingKey::Model.invalid(format!("one of {}", listed(&names))))
            }
            Setting::Idle(idle) if idle.max_minutes > self.idle_at_most() => {
                Err(SettingKey::Idle.invalid(IdleMinutes::expected(self.idle_at_most())))
            }
            Setting::SpendCap(cap) if self.spend_cap.is_some_and(|most| *cap > most) => {
                Err(SettingKey::SpendCap.invalid(expected_cap(self.spend_cap)))
            }
            _ => Ok(()),
        }
    }

    pub fn idle_at_most(&self) -> u32 {
        minutes(self.idle.longest).clamp(1, IDLE_MINUTES_MAX)
    }

    /// What holds of whoever has chosen nothing. Instructions and language are his agent's own.
    pub fn defaults(&self) -> Choices {
        let most = self.idle_at_most();
        Choices {
            model: self.models.first().cloned(),
            instructions: None,
            time_zone: Some(self.time_zone.clone()),
            idle: Some(IdleMinutes {
                min_minutes: minutes(self.idle.shortest).clamp(1, most),
                max_minutes: most,
            }),
            notifications: Some(Notifications::default()),
            language: None,
            wake_on_open: Some(true),
            spend_cap: self.spend_cap,
        }
    }
}

fn expected_cap(operators: Option<SpendCap>) -> String {
    let most = operators.map_or(f64::from(SPEND_CAP_MAX_USD), SpendCap::usd);
    format!("{{\"usdPerMonth\": ..}}, US dollars from 0 to {most} with two decimals at most")
}

fn minutes(span: Duration) -> u32 {
    u32::try_from(span.as_secs() / 60).unwrap_or(u32::MAX)
}

impl ModelName {
    pub fn new(name: impl Into<String>) -> Result<Self, InvalidSetting> {
        let name = name.into();
        let odd = |c: char| c.is_whitespace() || c.is_control();
        if (1..=MODEL_NAME_MAX_CHARS).contains(&name.chars().count()) && !name.contains(odd) {
            return Ok(Self(name));
        }
        let expected = format!("a model's name of 1 to {MODEL_NAME_MAX_CHARS} characters");
        Err(SettingKey::Model.invalid(expected))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ModelName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Instructions {
    pub fn new(text: impl Into<String>) -> Result<Self, InvalidSetting> {
        let text = text.into();
        if !text.trim().is_empty() && text.len() <= INSTRUCTIONS_MAX_BYTES {
            return Ok(Self(text));
        }
        let expected = format!("a text of 1 to {INSTRUCTIONS_MAX_BYTES} bytes of UTF-8");
        Err(SettingKey::Instructions.invalid(expected))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Language {
    /// Well formed, whether anybody speaks it or not.
    pub fn new(tag: impl Into<String>) -> Result<Self, InvalidSetting> {
        let tag = tag.into();
        let mut parts = tag.split('-');
        let primary = parts.next().unwrap_or_default();
        let is_language =
            (2..=8).contains(&primary.len()) && primary.chars().all(|c| c.is_ascii_alphabetic());
        let is_part = |part: &str| {
            (1..=8).contains(&part.len()) && part.chars().all(|c| c.is_ascii_alphanumeric())
        };
        if tag.len() <= LANGUAGE_MAX_CHARS && is_language && parts.all(is_part) {
            return Ok(Self(tag));
        }
        Err(SettingKey::Language.invalid("a language tag of BCP 47, such as en, ko or pt-BR"))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl IdleMinutes {
    fn parse(value: &Value) -> Result<Self, InvalidSetting> {
        let read = Self::deserialize(value).ok();
        let sane = |idle: &Self| {
            (1..=idle.max_minutes).contains(&idle.min_minutes)
                && idle.max_minutes <= IDLE_MINUTES_MAX
        };
        let invalid = || SettingKey::Idle.invalid(Self::expected(IDLE_MINUTES_MAX));
        read.filter(sane).ok_or_else(invalid)
    }

    fn expected(most: u32) -> String {
        format!(
            "{{\"minMinutes\": .., \"maxMinutes\": ..}}, whole numbers from 1 to {most}, the first not the larger one"
        )
    }

    /// Never longer than the operator lets anybody stay.
    pub fn within(self, operators: IdlePolicy) -> IdlePolicy {
        let span = |minutes: u32| Duration::from_secs(u64::from(minutes) * 60);
        let longest = span(self.max_minutes).min(operators.longest);
        IdlePolicy { shortest: span(self.min_minutes).min(longest), longest }
    }
}

fn listed(names: &[&str]) -> String {
    match names {
        [] => "none".into(),
        [one] => (*one).into(),
        [rest @ .., last] => format!("{} and {last}", rest.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(key: &str, value: Value) -> Result<Setting, InvalidSetting> {
        Setting::parse(key.parse().expect("a key"), &value)
    }

    fn offered() -> Offered {
        let models = ["large", "small"].map(|name| ModelName::new(name).expect("valid"));
        Offered {
            models: models.into(),
            idle: IdlePolicy::default(),
            time_zone: TimeZone::utc(),
            spend_cap: Some(SpendCap::new(20.0).expect("valid")),
        }
    }

    #[test]
    fn a_setting_reads_back_as_it_was_written() {
        let idle = json!({ "minMinutes": 2, "maxMinutes": 20 });
        for (key, value) in [
            ("model", json!("small")),
            ("instructions", json!("You are a pirate.\n안녕")),
            ("timeZone", json!("Asia/Seoul")),
            ("idle", idle),
            ("notifications", json!({ "telegram": "replies" })),
            ("language", json!("zh-Hant-TW")),
            ("wakeOnOpen", json!(false)),
            ("spendCap", json!({ "usdPerMonth": 7.25 })),
            ("spendCap", json!({ "usdPerMonth": 7 })),
        ] {
            let setting = parse(key, value.clone()).expect("valid");
            assert_eq!((setting.key().as_str(), setting.to_json()), (key, value));
            let mut choices = Choices::default();
            choices.put(setting.clone());
            assert_eq!(choices.get(setting.key()), Some(setting));
        }
    }

    #[test]
    fn an_unknown_key_is_refused_with_those_there_are() {
        let refused = "colour".parse::<SettingKey>().expect_err("none").to_string();
        assert!(refused.contains("`colour`") && refused.contains("wakeOnOpen and spendCap"));
    }

    #[test]
    fn what_makes_no_sense_is_refused_by_name() {
        let long = "x".repeat(INSTRUCTIONS_MAX_BYTES + 1);
        for (key, value) in [
            ("model", json!("")),
            ("model", json!("a b")),
            ("model", json!(7)),
            ("model", json!("m".repeat(MODEL_NAME_MAX_CHARS + 1))),
            ("instructions", json!(long)),
            ("instructions", json!(" \n")),
            ("timeZone", json!("Mars/Olympus")),
            ("timeZone", json!(null)),
            ("idle", json!({ "minMinutes": 0, "maxMinutes": 5 })),
            ("idle", json!({ "minMinutes": 6, "maxMinutes": 5 })),
            ("idle", json!({ "minMinutes": 1, "maxMinutes": IDLE_MINUTES_MAX + 1 })),
            ("idle", json!({ "minMinutes": 1 })),
            ("idle", json!({ "minMinutes": 1, "maxMinutes": 2, "more": 3 })),
            ("notifications", json!({ "telegram": "some" })),
            ("notifications", json!({ "sms": "all" })),
            ("language", json!("k")),
            ("language", json!("english, please")),
            ("language", json!("en-")),
            ("language", json!("en-".repeat(12) + "x")),
            ("wakeOnOpen", json!("yes")),
            ("wakeOnOpen", json!(1)),
            ("wakeOnOpen", json!(null)),
            ("spendCap", json!(5)),
            ("spendCap", json!({ "usdPerMonth": -1 })),
            ("spendCap", json!({ "usdPerMonth": 10_001 })),
            ("spendCap", json!({ "usdPerMonth": 1.005 })),
        ] {
            let refused = parse(key, value.clone()).expect_err("nonsense").to_string();
            assert!(refused.starts_with(key), "{value}: {refused}");
        }
    }

    #[test]
    fn each_limit_is_still_taken() {
        for (key, value) in [
            ("model", json!("m".repeat(MODEL_NAME_MAX_CHARS))),
            ("instructions", json!("x".repeat(INSTRUCTIONS_MAX_BYTES))),
            ("idle", json!({ "minMinutes": 1, "maxMinutes": IDLE_MINUTES_MAX })),
            ("language", json!("en-".repeat(11) + "xx")),
            ("notifications", json!({})),
        ] {
            parse(key, value).expect("at the limit");
        }
    }

    #[test]
    fn only_what_the_operator_offers_may_be_chosen() {
        let check = |key, value| offered().check(&parse(key, value).expect("well formed"));
        assert_eq!(check("model", json!("small")), Ok(()));
        let refused = check("model", json!("huge")).expect_err("not offered").to_string();
        assert!(refused.contains("large and small"), "{refused}");
        assert_eq!(check("idle", json!({ "minMinutes": 1, "maxMinutes": 20 })), Ok(()));
        assert_eq!(check("spendCap", json!({ "usdPerMonth": 20 })), Ok(()));
        let refused = check("spendCap", json!({ "usdPerMonth": 20.01 })).expect_err("too much");
        assert!(refused.to_string().contains("0 to 20 "), "{refused}");
        let long = json!({ "minMinutes": 1, "maxMinutes": 21 });
        assert!(check("idle", long).expect_err("too long").to_string().contains("1 to 20"));
    }

    #[test]
    fn the_operators_longest_holds_though_he_has_changed_his_mind_since() {
        let chosen = IdleMinutes { min_minutes: 10, max_minutes: 20 };
        let now =
            IdlePolicy { shortest: Duration::from_secs(60), longest: Duration::from_secs(300) };
        let five = Duration::from_secs(300);
        assert_eq!(chosen.within(now), IdlePolicy { shortest: five, longest: five });
        let kept = chosen.within(IdlePolicy::default());
        assert_eq!((kept.shortest.as_secs(), kept.longest.as_secs()), (600, 1200));
    }

    #[test]
    fn by_default_it_is_as_the_operator_says() {
        let defaults = offered().defaults();
        assert_eq!(defaults.model, Some(ModelName::new("large").expect("valid")));
        assert_eq!(defaults.idle, Some(IdleMinutes { min_minutes: 5, max_minutes: 20 }));
        assert_eq!(defaults.notifications.map(|n| n.telegram), Some(TelegramNotifications::All));
        assert_eq!(defaults.instructions, None);
        assert_eq!(defaults.wake_on_open, Some(true));
    }
}
