//! What of a message is meant for the bot, and whether it is a command.

use std::ops::Range;

use domain::text::byte_at_utf16;
use platform::BotProfile;
use telegram::{Entity, Message};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Command {
    Start,
    Link,
    Unlink,
    New,
    Stop,
    Status,
    Help,
}

impl Command {
    fn named(name: &str) -> Option<Self> {
        Some(match name.to_ascii_lowercase().as_str() {
            "start" => Self::Start,
            "link" => Self::Link,
            "unlink" => Self::Unlink,
            "new" => Self::New,
            "stop" => Self::Stop,
            "status" => Self::Status,
            "help" => Self::Help,
            _ => return None,
        })
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// With what stands behind it.
    Command(Command, String),
    /// Perhaps none: a file alone.
    Words(String),
}

/// `None`: it is not for us. In a private chat all is but commands for another bot; in a group
/// what names us, answers us, or is one of our commands.
pub(super) fn heard(message: &Message, me: &BotProfile) -> Option<Heard> {
    let text = message.marked_text();
    let said = text.to_owned();
    let is_group = message.chat.is_group();
    if let Some(called) = called(message) {
        let named = called.bot.is_some_and(|bot| bot.eq_ignore_ascii_case(&me.username));
        if called.bot.is_some() && !named {
            return None;
        }
        let rest = text[called.name.len() + 1 + called.bot.map_or(0, |bot| bot.len() + 1)..].trim();
        if let Some(command) = Command::named(called.name) {
            return Some(Heard::Command(command, rest.to_owned()));
        }
        // Not ours, so it is the agent's. Without our name it may be another bot's in a group.
        if named || !is_group {
            return Some(Heard::Words(format!("/{} {rest}", called.name).trim().to_owned()));
        }
    }
    if !is_group {
        return Some(Heard::Words(message.words().unwrap_or(said)));
    }
    let mentions = mentions(message, me);
    if mentions.is_empty() && !answers(message, me) {
        return None;
    }
    Some(Heard::Words(without(text, &mentions)))
}

struct Called<'a> {
    name: &'a str,
    bot: Option<&'a str>,
}

/// The command that a text begins with.
fn called(message: &Message) -> Option<Called<'_>> {
    let text = message.text.as_deref()?;
    let mut marks = message.entities.iter().flatten();
    let mark = marks.find(|mark| mark.kind == "bot_command" && mark.offset == 0)?;
    let command = mark.of(text)?.strip_prefix('/')?;
    Some(match command.split_once('@') {
        Some((name, bot)) => Called { name, bot: Some(bot) },
        None => Called { name: command, bot: None },
    })
}

/// Where in its text a message names us.
fn mentions(message: &Message, me: &BotProfile) -> Vec<Range<usize>> {
    let text = message.marked_text();
    let names_us = |mark: &&Entity| match mark.kind.as_str() {
        "mention" => {
            let name = mark.of(text).and_then(|name| name.strip_prefix('@'));
            name.is_some_and(|name| name.eq_ignore_ascii_case(&me.username))
        }
        "text_mention" => mark.user.as_ref().is_some_and(|user| user.id == me.id),
        _ => false,
    };
    let range = |mark: &Entity| {
        let start = byte_at_utf16(text, mark.offset as u64)?;
        Some(start..start + mark.of(text)?.len())
    };
    message.marks().iter().filter(names_us).filter_map(range).collect()
}

/// In a topic, what answers nothing answers the message that began the topic.
fn answers(message: &Message, me: &BotProfile) -> bool {
    let Some(answered) = &message.reply_to_message else { return false };
    let is_root = message.topic() == Some(answered.message_id);
    !is_root && answered.from.as_ref().is_some_and(|from| from.id == me.id)
}

fn without(text: &str, mentions: &[Range<usize>]) -> String {
    let (mut rest, mut end) = (String::new(), 0);
    for mention in mentions {
        rest.push_str(text.get(end..mention.start).unwrap_or_default());
        end = mention.end;
        // One of the two spaces around it goes along.
        if text[end..].starts_with(' ') && (rest.is_empty() || rest.ends_with(char::is_whitespace))
        {
            end += 1;
        }
    }
    rest.push_str(&text[end..]);
    rest.trim().to_owned()
}
