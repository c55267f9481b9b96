//! Keys of rows, written and read. `#` separates their parts: no id may contain it, and it
//! sorts before every character that an id may have, so a reply stands right after its
//! message whatever the other ids are.

use domain::{ConnectionId, ConversationId, MessageId, SnapshotId, SpareId, Timestamp, UserId};

/// The row of what is everybody's.
pub(crate) const DEPLOYMENT: &str = "DEPLOYMENT";

pub(crate) fn user(user: &UserId) -> String {
    format!("USER#{user}")
}

pub(crate) fn user_of(key: &str) -> Option<UserId> {
    UserId::new(key.strip_prefix("USER#")?).ok()
}

pub(crate) fn spare(id: &SpareId) -> String {
    format!("POOL#{id}")
}

pub(crate) fn spare_of(key: &str) -> Option<SpareId> {
    SpareId::new(key.strip_prefix("POOL#")?).ok()
}

pub(crate) fn connection(id: &ConnectionId) -> String {
    format!("CONN#{id}")
}

pub(crate) fn inbox(id: &MessageId) -> String {
    format!("MSG#{id}")
}

pub(crate) fn inbox_of(key: &str) -> Option<MessageId> {
    MessageId::new(key.strip_prefix("MSG#")?).ok()
}

pub(crate) fn setting(name: &str) -> String {
    format!("SETTING#{name}")
}

/// What the row of every snapshot of a user starts with.
pub(crate) const SNAPSHOTS: &str = "SNAPSHOT#";

/// A snapshot's place in the list, which is by time.
pub(crate) fn snapshot(at: Timestamp, id: &SnapshotId) -> String {
    format!("{SNAPSHOTS}{:013}#{id}", at.millis())
}

/// What every message of a conversation starts with.
pub(crate) fn messages_of(conversation: &ConversationId) -> String {
    format!("CONV#{conversation}#MSG#")
}

/// A message's place. Thirteen digits reach to the year 2286 and sort as numbers.
pub(crate) fn message(conversation: &ConversationId, at: Timestamp, id: &MessageId) -> String {
    format!("{}{:013}#{id}", messages_of(conversation), at.millis())
}

pub(crate) fn reply(conversation: &ConversationId, at: Timestamp, id: &MessageId) -> String {
    format!("{}#reply", message(conversation, at, id))
}

pub(crate) fn meta(conversation: &ConversationId) -> String {
    format!("CONV#{conversation}#META")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_stands_between_its_message_and_an_id_that_only_starts_like_it() {
        let conversation = ConversationId::default();
        let id = |text: &str| MessageId::new(text).expect("valid");
        let at = Timestamp(1_790_000_000_000);
        for longer in ["a-1", "a.b", "a:c", "a_d", "a0", "aA", "aa"] {
            let mut keys = [
                message(&conversation, at, &id(longer)),
                reply(&conversation, at, &id("a")),
                message(&conversation, at, &id("a")),
            ];
            keys.sort();
            assert!(keys[0].ends_with("#a") && keys[1].ends_with("#a#reply"), "{keys:?}");
        }
    }
}
