//! Names, validated once on the way in: whoever holds one need not check it again.

use std::fmt;

use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::limits::{
    CONVERSATION_ID_MAX_CHARS, MESSAGE_ID_MAX_CHARS, REQUEST_ID_MAX_CHARS, SCHEDULE_ID_MAX_CHARS,
    SNAPSHOT_ID_MAX_CHARS, UPLOAD_ID_MAX_CHARS, USER_ID_MAX_CHARS,
};

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} must be 1 to {max} characters of {allowed}")]
pub struct InvalidId {
    what: &'static str,
    max: usize,
    allowed: &'static str,
}

/// `$allowed` is said to people in the error; `$extra` is what the check uses.
macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $what:literal, $max:expr, $allowed:literal, $extra:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            pub fn new(text: impl Into<String>) -> Result<Self, InvalidId> {
                let text = text.into();
                let fits = !text.is_empty() && text.len() <= $max;
                let allowed = |c: char| c.is_ascii_alphanumeric() || $extra.contains(c);
                if fits && text.chars().all(allowed) {
                    return Ok(Self(text));
                }
                Err(InvalidId { what: $what, max: $max, allowed: $allowed })
            }

            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;
            fn try_from(text: String) -> Result<Self, InvalidId> {
                Self::new(text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0
            }
        }
    };
}

id! {
    /// Who owns a task, an inbox and conversations: the `sub` of the access token.
    UserId, "userId", USER_ID_MAX_CHARS, "letters, digits, '.', '_', ':' and '-'", "._:-"
}
id! {
    /// The sender's own idempotency key for one message.
    MessageId, "messageId", MESSAGE_ID_MAX_CHARS, "letters, digits, '.', '_', ':' and '-'", "._:-"
}
id! {
    ConversationId, "conversationId", CONVERSATION_ID_MAX_CHARS, "letters, digits, '_' and '-'", "_-"
}
id! {
    /// API Gateway's name for one socket.
    ConnectionId, "connectionId", 128, "letters, digits, '-', '_', '+', '/' and '='", "-_+/="
}

id! {
    /// The asker's own idempotency key for one restore.
    RequestId, "requestId", REQUEST_ID_MAX_CHARS, "letters, digits, '.', '_', ':' and '-'", "._:-"
}

id! {
    /// restic's name for a snapshot.
    SnapshotId, "snapshotId", SNAPSHOT_ID_MAX_CHARS, "letters and digits", ""
}

id! {
    /// The maker's own idempotency key for one schedule.
    ScheduleId, "scheduleId", SCHEDULE_ID_MAX_CHARS, "letters, digits, '_' and '-'", "_-"
}

id! {
    /// Tells a user's uploads apart, whatever they are called.
    UploadId, "uploadId", UPLOAD_ID_MAX_CHARS, "letters, digits and '-'", "-"
}

impl Default for ConversationId {
    fn default() -> Self {
        Self("default".into())
    }
}

/// ECS's name for one task. Opaque to us.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TaskArn(pub String);

impl fmt::Display for TaskArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Counts a user's launches. The fence of I3: what a bridge writes is conditional on its
/// generation being the user's current one.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Generation(pub u64);

impl Generation {
    pub fn next(self) -> Generation {
        Generation(self.0 + 1)
    }
}

impl fmt::Display for Generation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

id! {
    /// One spare task of the pool.
    SpareId, "spareId", 64, "letters, digits and '-'", "-"
}

/// Whom a task serves.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Owner {
    User(UserId, Generation),
    /// Nobody yet: it waits in the pool.
    Spare(SpareId),
}

/// Proves to ws-connect that a caller is the bridge of one launch.
///
/// Text form: `<userId in base64url>.<generation>.<256 random bits in base64url>`, and with
/// `spare` in the generation's place for a spare. Tables keep only the SHA-256 of the random
/// part, so a spare that is claimed goes on with its own.
#[derive(Clone, PartialEq, Eq)]
pub struct LaunchToken {
    pub owner: Owner,
    secret: String,
}

impl LaunchToken {
    pub fn new(owner: Owner, random: [u8; 32]) -> Self {
        Self { owner, secret: BASE64URL_NOPAD.encode(&random) }
    }

    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('.');
        let (owner, kind, secret) = (parts.next()?, parts.next()?, parts.next()?);
        let owner = String::from_utf8(BASE64URL_NOPAD.decode(owner.as_bytes()).ok()?).ok()?;
        let known_length = BASE64URL_NOPAD.decode(secret.as_bytes()).ok()?.len() == 32;
        (parts.next().is_none() && known_length).then_some(())?;
        let owner = match kind {
            "spare" => Owner::Spare(SpareId::new(owner).ok()?),
            generation => {
                Owner::User(UserId::new(owner).ok()?, Generation(generation.parse().ok()?))
            }
        };
        Some(Self { owner, secret: secret.into() })
    }

    /// The same secret in the hands of the user who claimed the spare.
    pub fn handed_to(&self, user: UserId, generation: Generation) -> Self {
        Self { owner: Owner::User(user, generation), secret: self.secret.clone() }
    }

    pub fn expose(&self) -> String {
        let encode = |name: &str| BASE64URL_NOPAD.encode(name.as_bytes());
        match &self.owner {
            Owner::User(user, generation) => {
                format!("{}.{generation}.{}", encode(user.as_str()), self.secret)
            }
            Owner::Spare(id) => format!("{}.spare.{}", encode(id.as_str()), self.secret),
        }
    }

    pub fn sha256(&self) -> String {
        data_encoding::HEXLOWER.encode(&Sha256::digest(self.secret.as_bytes()))
    }

    /// Takes the same time however much of the hash agrees.
    pub fn matches(&self, sha256: &str) -> bool {
        self.sha256().as_bytes().ct_eq(sha256.as_bytes()).into()
    }
}

impl fmt::Debug for LaunchToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LaunchToken({:?})", self.owner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_id_may_have_128_characters_and_not_129() {
        assert!(MessageId::new("a".repeat(128)).is_ok());
        assert!(MessageId::new("a".repeat(129)).is_err());
        assert!(MessageId::new("").is_err());
    }

    #[test]
    fn a_conversation_id_may_have_64_characters_and_no_key_separator() {
        assert!(ConversationId::new("a".repeat(64)).is_ok());
        assert!(ConversationId::new("a".repeat(65)).is_err());
        assert!(ConversationId::new("a#b").is_err());
    }

    #[test]
    fn an_id_is_checked_when_it_is_deserialized() {
        assert!(serde_json::from_str::<ConversationId>("\"a b\"").is_err());
    }

    #[test]
    fn a_launch_token_reads_back_and_matches_only_its_own_hash() {
        let user = UserId::new("local:ana").expect("valid");
        let token = LaunchToken::new(Owner::User(user.clone(), Generation(7)), [3; 32]);
        let read = LaunchToken::parse(&token.expose()).expect("well formed");
        assert_eq!(read, token);
        assert!(read.matches(&token.sha256()));
        let other = LaunchToken::new(Owner::User(user, Generation(7)), [4; 32]);
        assert!(!read.matches(&other.sha256()));
    }

    #[test]
    fn a_spare_keeps_its_secret_when_it_is_claimed() {
        let spare = Owner::Spare(SpareId::new("a-1").expect("valid"));
        let token = LaunchToken::new(spare, [3; 32]);
        assert_eq!(LaunchToken::parse(&token.expose()).as_ref(), Some(&token));
        let claimed = token.handed_to(UserId::new("ana").expect("valid"), Generation(2));
        assert!(claimed.matches(&token.sha256()));
        assert_ne!(claimed.expose(), token.expose());
    }

    #[test]
    fn a_mangled_launch_token_is_refused() {
        for text in ["", "a.b.c", "YQ.1.AAAA", "YQ.1", "YQ.x.AAAA.b", "YQ.spare.AAAA"] {
            assert_eq!(LaunchToken::parse(text), None, "{text}");
        }
    }
}
