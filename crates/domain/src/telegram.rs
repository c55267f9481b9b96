//! Telegram's own names for places and people. A bot's messages go where a person's came from.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::limits::LINK_CODE_DIGITS;
use crate::{ConversationId, MessageId, Timestamp};

/// The bot's commands, and what Telegram's menu says of them.
pub const TELEGRAM_COMMANDS: [(&str, &str); 7] = [
    ("new", "Begin a new conversation"),
    ("stop", "Stop the answer that is being written"),
    ("status", "What your agent is doing"),
    ("link", "Link this account with the code that the page shows"),
    ("unlink", "How to end the link"),
    ("help", "What I can do"),
    ("start", "Say hello"),
];

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

impl TelegramChat {
    /// The conversation that is led here, until somebody begins another. A private chat is the
    /// user's own place, so what is said there goes on in the page's.
    pub fn conversation(&self) -> ConversationId {
        match (self.is_group, self.thread) {
            (false, None) => ConversationId::default(),
            (true, None) => named(format!("tg-{}", self.id)),
            (_, Some(thread)) => named(format!("tg-{}-{thread}", self.id)),
        }
    }

    /// A new one, named after what began it: asked for twice, it is the same.
    pub fn new_conversation(&self, update: i64) -> ConversationId {
        named(format!("tg-{}-n{update}", self.id))
    }
}

fn named(id: String) -> ConversationId {
    ConversationId::new(id).expect("numbers and dashes, three numbers at most")
}

/// What a draft of the reply to this message is called: a positive number of 31 bits, the same
/// for whoever shows it.
pub fn draft_id(message: &MessageId) -> i64 {
    let hash = Sha256::digest(message.as_str());
    let bits = u32::from_be_bytes([hash[0], hash[1], hash[2], hash[3]]) & 0x7fff_ffff;
    i64::from(bits.max(1))
}

/// A person's account there, as it was when it was linked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TelegramLink {
    pub person: TelegramUser,
    pub name: String,
    /// Where the bot and the person talk.
    pub chat: i64,
    pub since: Timestamp,
}

/// What links an account: digits that a person can type.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinkCode(String);

impl LinkCode {
    /// Each is as likely as the others, to one in 18 million million.
    pub fn from_random(random: u64) -> Self {
        Self(format!("{:0width$}", random % 1_000_000, width = LINK_CODE_DIGITS))
    }

    /// As people write it: `123 456` and `123-456` are the same.
    pub fn parse(text: &str) -> Option<Self> {
        let digits: String = text.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
        let is_code =
            digits.len() == LINK_CODE_DIGITS && digits.bytes().all(|b| b.is_ascii_digit());
        is_code.then_some(Self(digits))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for LinkCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draft_has_a_number_that_telegram_takes() {
        let mut seen = std::collections::BTreeSet::new();
        for update in 0..1000 {
            let id = MessageId::new(format!("tg-7-{update}")).expect("valid");
            let draft = draft_id(&id);
            assert!((1..=i64::from(i32::MAX)).contains(&draft), "{draft}");
            assert_eq!(draft, draft_id(&id));
            seen.insert(draft);
        }
        assert_eq!(seen.len(), 1000);
    }

    #[test]
    fn a_code_has_six_digits_whatever_the_dice_say() {
        for random in [0, 7, 999_999, 1_000_000, u64::MAX] {
            let code = LinkCode::from_random(random);
            assert_eq!(code.as_str().len(), LINK_CODE_DIGITS);
            assert_eq!(LinkCode::parse(code.as_str()), Some(code));
        }
        assert_eq!(LinkCode::from_random(7).as_str(), "000007");
    }

    #[test]
    fn a_code_is_read_as_people_write_it() {
        for text in ["123456", " 123 456 ", "123-456"] {
            assert_eq!(LinkCode::parse(text).expect("a code").as_str(), "123456", "{text}");
        }
        for text in ["", "12345", "1234567", "12345a", "١٢٣٤٥٦", "start"] {
            assert_eq!(LinkCode::parse(text), None, "{text}");
        }
    }

    #[test]
    fn every_chat_has_a_conversation_whatever_its_numbers() {
        let chat = |id, thread, is_group| TelegramChat { id, thread, is_group };
        let of = |chat: TelegramChat| chat.conversation().to_string();
        assert_eq!(of(chat(5, None, false)), "default");
        assert_eq!(of(chat(5, Some(9), false)), "tg-5-9");
        assert_eq!(of(chat(-100_123, None, true)), "tg--100123");
        assert_eq!(of(chat(i64::MIN, Some(i64::MIN), true)).len(), 44);
        let begun = chat(i64::MIN, Some(1), true).new_conversation(i64::MIN);
        assert_eq!(begun, chat(i64::MIN, Some(2), true).new_conversation(i64::MIN));
    }
}
