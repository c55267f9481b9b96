//! Keys of rows, written and read. `#` separates their parts: no id may contain it, and it
//! sorts before every character that an id may have, so a reply stands right after its
//! message whatever the other ids are.

use domain::{
    ConnectionId, ConversationId, Day, MessageId, ScheduleId, SkillName, SnapshotId, SpareId,
    TelegramChat, Timestamp, UploadId, UserId,
};

/// The row of what is everybody's.
pub(crate) const DEPLOYMENT: &str = "DEPLOYMENT";

/// Which version of the task is launched.
pub(crate) const RELEASE: &str = "RELEASE";

pub(crate) fn user(user: &UserId) -> String {
    format!("USER#{user}")
}

pub(crate) fn user_of(key: &str) -> Option<UserId> {
    UserId::new(key.strip_prefix("USER#")?).ok()
}

/// The mark of a user who leaves.
pub(crate) fn deletion(user: &UserId) -> String {
    format!("DELETION#{user}")
}

pub(crate) fn deletion_of(key: &str) -> Option<UserId> {
    UserId::new(key.strip_prefix("DELETION#")?).ok()
}

/// Somebody in Telegram, or a chat there.
pub(crate) fn telegram(id: i64) -> String {
    format!("TELEGRAM#{id}")
}

/// Updates that a bot was sent.
pub(crate) fn updates_of(bot: i64) -> String {
    format!("UPDATE#{bot}")
}

pub(crate) fn chat(chat: &TelegramChat) -> String {
    match chat.thread {
        None => format!("CHAT#{}", chat.id),
        Some(thread) => format!("CHAT#{}#{thread}", chat.id),
    }
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

pub(crate) fn setting_of(key: &str) -> Option<&str> {
    key.strip_prefix("SETTING#")
}

/// What the row of every skill of a user starts with.
pub(crate) const SKILLS: &str = "SKILL#";

pub(crate) fn skill(name: &SkillName) -> String {
    format!("{SKILLS}{name}")
}

pub(crate) fn skill_of(key: &str) -> Option<SkillName> {
    SkillName::new(key.strip_prefix(SKILLS)?).ok()
}

pub(crate) fn errand(id: &UploadId) -> String {
    format!("ERRAND#{id}")
}

/// What the row of every schedule of a user starts with.
pub(crate) const SCHEDULES: &str = "SCHEDULE#";

pub(crate) fn schedule(id: &ScheduleId) -> String {
    format!("{SCHEDULES}{id}")
}

pub(crate) fn schedule_of(key: &str) -> Option<ScheduleId> {
    ScheduleId::new(key.strip_prefix(SCHEDULES)?).ok()
}

/// What the row of every snapshot of a user starts with.
pub(crate) const SNAPSHOTS: &str = "SNAPSHOT#";

/// A snapshot's place in the list, which is by time.
pub(crate) fn snapshot(at: Timestamp, id: &SnapshotId) -> String {
    format!("{SNAPSHOTS}{:013}#{id}", at.millis())
}

pub(crate) fn usage(day: Day) -> String {
    format!("USAGE#{day}")
}

pub(crate) fn usage_of(key: &str) -> Option<Day> {
    Day::parse(key.strip_prefix("USAGE#")?).ok()
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

/// After every message of the conversation that was accepted until then, and before every other.
pub(crate) fn messages_after(conversation: &ConversationId, until: Timestamp) -> String {
    format!("{}{:013}", messages_of(conversation), until.millis().saturating_add(1))
}

pub(crate) fn meta(conversation: &ConversationId) -> String {
    format!("CONV#{conversation}#META")
}

/// The row of a message's conversation.
pub(crate) fn meta_of(message: &str) -> Option<String> {
    let (conversation, _) = message.strip_prefix("CONV#")?.split_once("#MSG#")?;
    Some(meta(&ConversationId::new(conversation).ok()?))
}

pub(crate) fn time_of_message(key: &str) -> Option<Timestamp> {
    let (_, place) = key.split_once("#MSG#")?;
    Some(Timestamp(place.split_once('#')?.0.parse().ok()?))
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
