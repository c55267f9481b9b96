//! Whom the operator lets talk to the bot without an account.

use std::collections::BTreeSet;

use domain::TelegramUser;

use crate::config::{ConfigError, Lookup, optional};

const NAME: &str = "TELEGRAM_ALLOWED_IDS";

/// Telegram's numbers of people, between commas. Nobody, by default.
pub fn telegram_allowed(lookup: Lookup<'_>) -> Result<BTreeSet<TelegramUser>, ConfigError> {
    let text = optional(lookup, NAME).unwrap_or_default();
    let ids = text.split(',').map(str::trim).filter(|id| !id.is_empty());
    let read = |id: &str| match id.parse() {
        Ok(id) if id > 0 => Ok(TelegramUser(id)),
        _ => Err(ConfigError::Invalid {
            name: NAME,
            value: id.to_owned(),
            expected: "Telegram's number of a person",
        }),
    };
    ids.map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(value: &str) -> Result<Vec<i64>, ConfigError> {
        let ids = telegram_allowed(&|_| Some(value.to_owned()));
        ids.map(|ids| ids.into_iter().map(|id| id.0).collect())
    }

    #[test]
    fn nobody_is_allowed_unless_he_is_named() {
        assert_eq!(allowed(""), Ok(Vec::new()));
        assert_eq!(allowed(" 7, 12345678901 ,,7"), Ok(vec![7, 12_345_678_901]));
        for wrong in ["ana", "7;8", "-100123", "0", "*"] {
            assert!(allowed(wrong).is_err(), "{wrong}");
        }
    }
}
