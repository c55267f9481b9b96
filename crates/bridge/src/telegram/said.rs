//! A recorded reply as a person reads it in Telegram.

use domain::limits::TELEGRAM_TEXT_MAX_UNITS;
use domain::{Outcome, StoredMessage};
use telegram::text::split;

const EMPTY: &str = "Your agent's answer was empty.";
const STOPPED: &str = "Stopped.";
const CUT: &str = "The answer was longer than one may be, and ends here.";
const FAILED: &str = "Your agent could not answer. You can send your message again.";

/// In pieces, each of which one message holds. Whoever goes on where another stopped finds the
/// same ones: they depend on the record alone.
pub(crate) fn pieces(reply: &StoredMessage, about: Option<&str>) -> Vec<String> {
    let ending = match reply.outcome {
        Some(Outcome::Cancelled) => Some(STOPPED),
        Some(Outcome::Truncated) => Some(CUT),
        Some(Outcome::Failed) => Some(reply.error.as_deref().unwrap_or(FAILED)),
        Some(Outcome::Complete) | None if reply.text.trim().is_empty() => Some(EMPTY),
        Some(Outcome::Complete) | None => None,
    };
    let text = match ending {
        Some(_) if !reply.text.trim().is_empty() => unfenced(&reply.text),
        _ => reply.text.clone(),
    };
    let parts = [about, Some(text.as_str()), ending];
    let parts: Vec<&str> =
        parts.into_iter().flatten().filter(|part| !part.trim().is_empty()).collect();
    split(&parts.join("\n\n"), TELEGRAM_TEXT_MAX_UNITS)
}

/// What follows a text that broke off is not part of its code.
fn unfenced(text: &str) -> String {
    let fences = text.lines().filter(|line| line.trim_start().starts_with("```")).count();
    let closing = if fences % 2 == 1 { "\n```" } else { "" };
    format!("{text}{closing}")
}

#[cfg(test)]
mod tests {
    use domain::{Channel, ConversationId, MessageId, Role, Timestamp};

    use super::*;

    fn reply(text: &str, outcome: Outcome, error: Option<&str>) -> StoredMessage {
        StoredMessage {
            id: MessageId::new("m1").expect("valid"),
            conversation: ConversationId::default(),
            role: Role::Assistant,
            text: text.into(),
            attachments: Vec::new(),
            at: Timestamp(2),
            received_at: Timestamp(1),
            channel: Channel::Telegram,
            outcome: Some(outcome),
            error: error.map(str::to_owned),
            usage: None,
        }
    }

    fn check(text: &str, outcome: Outcome, expect: &[&str]) {
        assert_eq!(pieces(&reply(text, outcome, None), None), expect);
    }

    #[test]
    fn how_it_ended_is_said() {
        check("All of *it*", Outcome::Complete, &["All of *it*"]);
        check(" \n", Outcome::Complete, &[EMPTY]);
        check("Half", Outcome::Cancelled, &["Half\n\nStopped."]);
        check("", Outcome::Cancelled, &["Stopped."]);
        check("Half", Outcome::Truncated, &[&format!("Half\n\n{CUT}")]);
        check("", Outcome::Failed, &[FAILED]);
        let failed = reply("", Outcome::Failed, Some("The model is out of order."));
        assert_eq!(pieces(&failed, None), ["The model is out of order."]);
    }

    #[test]
    fn what_is_said_after_code_that_broke_off_is_no_code() {
        check("```rust\nlet a", Outcome::Cancelled, &["```rust\nlet a\n```\n\nStopped."]);
        check("```\na\n```", Outcome::Cancelled, &["```\na\n```\n\nStopped."]);
    }

    #[test]
    fn what_is_too_long_for_one_message_is_split() {
        for (length, pieces_in_all) in
            [(TELEGRAM_TEXT_MAX_UNITS, 1), (TELEGRAM_TEXT_MAX_UNITS + 1, 2)]
        {
            let split = pieces(&reply(&"x".repeat(length), Outcome::Complete, None), None);
            assert_eq!(split.len(), pieces_in_all);
            assert_eq!(split.concat().len(), length);
        }
    }

    #[test]
    fn what_it_is_about_comes_first() {
        let reply = reply("Sunny", Outcome::Complete, None);
        assert_eq!(pieces(&reply, Some("> Weather?")), ["> Weather?\n\nSunny"]);
    }
}
