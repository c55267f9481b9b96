//! The key to a bot. Whoever has it is the bot.

use std::fmt;
use std::sync::Arc;

/// Never shown: neither as text nor in an error.
#[derive(Clone, PartialEq, Eq)]
pub struct Token {
    text: Arc<str>,
    bot: i64,
}

#[derive(Debug, thiserror::Error)]
#[error("that is no bot token: BotFather's look like 123456:ABC-DEF")]
pub struct TokenError;

impl Token {
    pub fn new(text: &str) -> Result<Self, TokenError> {
        let text = text.trim();
        let (bot, key) = text.split_once(':').ok_or(TokenError)?;
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        if key.is_empty() || !key.chars().all(allowed) || !bot.chars().all(|c| c.is_ascii_digit()) {
            return Err(TokenError);
        }
        let bot = bot.parse().map_err(|_| TokenError)?;
        Ok(Self { text: text.into(), bot })
    }

    /// The bot's own id is in it: nobody needs to be asked.
    pub fn bot(&self) -> i64 {
        self.bot
    }

    pub(crate) fn secret(&self) -> &str {
        &self.text
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Token({}:…)", self.bot)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_names_its_bot_and_hides_its_key() {
        let token = Token::new(" 110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw\n").expect("a token");
        assert_eq!(token.bot(), 110_201_543);
        assert_eq!(format!("{token:?}"), "Token(110201543:…)");
        assert_eq!(token.secret().len(), 44);
    }

    #[test]
    fn what_could_change_an_address_is_no_token() {
        for text in ["", ":", "1:", ":a", "a:b", "1:a/b", "1:a?b", "1:a b", "-1:a", "1:ä", "1"] {
            Token::new(text).expect_err(text);
        }
    }
}
