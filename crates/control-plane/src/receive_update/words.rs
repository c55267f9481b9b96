//! Everything that the bot itself says.

use domain::limits::{OPEN_MESSAGES_MAX, TELEGRAM_FILE_MAX_BYTES};
use domain::time::seconds_up;
use domain::{FileName, Phase, TaskStatus};
use protocol::StatusResponse;
use telegram::FileKind;

use super::content::quote;
use crate::{AcceptError, Ensured};

pub const STRANGER: &str = "Hello! I am a private assistant and can only talk to people I know. \
    If you have an account, open its page, ask there for a Telegram code, and send it to me as \
    /link CODE.";
pub const LINK_HOW: &str = "To link this Telegram account, open your page, ask there for a \
    Telegram code, and send it to me as /link CODE. A code has six digits and is good for five \
    minutes.";
pub const LINK_IN_PRIVATE: &str = "A code is for you and me alone. Ask for a new one on your page \
    and send it to me in our private chat.";
pub const LINKED: &str = "Linked. This is your agent: what you write here and on your page is one \
    conversation. Send /help to see what I can do.";
pub const ALREADY_LINKED: &str = "This Telegram account is linked already. Just write to me.";
pub const NO_SUCH_CODE: &str = "That code is not good. It may be mistyped, used or older than five \
    minutes. Ask for a new one on your page.";
pub const LINKED_ELSEWHERE: &str = "This Telegram account is linked to another account. Unlink it \
    on that account's page first, then try again.";
pub const OTHER_ACCOUNT: &str = "Your account has another Telegram account linked. Unlink that one \
    on your page first, then try again.";
pub const TOO_MANY_TRIES: &str = "That was too often. Wait an hour, then ask for a new code on your \
    page.";
pub const UNLINK: &str = "To unlink this Telegram account, open your page and choose Unlink there. \
    Nothing that was said is lost.";
pub const NEW: &str = "A new conversation begins. Write your first message.";
pub const EDIT_TOO_OLD: &str = "I only follow changes of your last message. Please send it again \
    as a new one.";
pub const NO_BUTTONS: &str = "That button does nothing any more. Please write to me instead.";

pub(super) fn welcome() -> String {
    "Hello! Write to me, or send me a photo, a file, a voice message or a place. If I am asleep, \
     your message wakes me. Send /help to see what else I can do."
        .into()
}

pub(super) fn help(is_group: bool, me: &str) -> String {
    let how = match is_group {
        true => format!("Mention @{me} or answer one of my messages, and I answer you.\n\n"),
        false => "Just write to me. I take text, photos, files, voice messages, places and \
                  contacts.\n\n"
            .into(),
    };
    how + "/new begins a new conversation\n\
           /stop stops what I am doing\n\
           /status tells how I am\n\
           /link CODE links this Telegram account to your page\n\
           /unlink tells how to undo that\n\
           /help shows this"
}

pub(super) fn added_to_group(me: &str) -> String {
    format!(
        "Thank you for having me. Mention @{me} or answer one of my messages, and I answer you."
    )
}

pub(super) fn stopped(count: usize) -> String {
    match count {
        0 => "There is nothing to stop.".into(),
        1 => "Stopped.".into(),
        count => format!("Stopped, and {} that waited with it.", messages(count - 1)),
    }
}

pub(super) fn status(status: &StatusResponse, is_pages: bool) -> String {
    let stage = match (status.status, status.phase) {
        (TaskStatus::Running, _) => "I am awake.",
        (TaskStatus::Stopping, _) => "I am going to sleep. A message wakes me again.",
        (TaskStatus::Idle, Some(Phase::Retrying)) => {
            "No machine is free for me at the moment. It is tried again by itself."
        }
        (TaskStatus::Idle, _) => "I am asleep. A message wakes me.",
        (TaskStatus::Starting, Some(Phase::Restoring)) => {
            "I am waking up, and remember what I knew."
        }
        (TaskStatus::Starting, _) => "I am waking up.",
    };
    let wait = match status.eta_seconds {
        Some(seconds) if seconds > 0 => format!(" It takes about {seconds} s more."),
        _ => String::new(),
    };
    let open = match status.open_messages {
        0 => "No message waits for an answer.".into(),
        1 => "1 message waits for an answer.".into(),
        count => format!("{} wait for an answer.", messages(count as usize)),
    };
    let place = match is_pages {
        true => "What you write here is in your page's conversation.",
        false => "What you write here is a conversation of its own.",
    };
    format!("{stage}{wait}\n{open}\n{place}")
}

fn messages(count: usize) -> String {
    if count == 1 { "1 message".into() } else { format!("{count} messages") }
}

/// While nobody is there yet to show anything else.
pub(super) fn waking(ensured: &Ensured) -> String {
    let about = |eta: &Option<std::time::Duration>| match eta {
        Some(eta) => format!("Waking your agent, about {} s…", seconds_up(*eta)),
        None => "Waking your agent…".into(),
    };
    match ensured {
        Ensured::Running => String::new(),
        Ensured::Starting { eta } | Ensured::Launched { eta, .. } => about(eta),
        Ensured::Claimed => "Waking your agent, a few seconds…".into(),
        Ensured::Postponed { retry_in } => format!(
            "No machine is free at the moment. Your message is saved, and this is tried again in \
             about {} s…",
            seconds_up(*retry_in)
        ),
    }
}

pub(super) fn too_many() -> String {
    format!(
        "{OPEN_MESSAGES_MAX} of your messages wait already, so this one was not taken. Send it \
         again when some are answered, or send /stop."
    )
}

pub(super) fn not_taken(error: &AcceptError) -> String {
    format!("This message could not be taken: {error}.")
}

pub(super) fn too_large(name: &FileName) -> String {
    let most = TELEGRAM_FILE_MAX_BYTES / 1_048_576;
    format!(
        "{name} is too large: from Telegram I can fetch at most {most} MB. Send a smaller one, or \
         upload it on your page."
    )
}

pub(super) fn unsupported(what: &str) -> String {
    let what = match what {
        "sticker" => "This sticker",
        "poll" => "A poll",
        "dice" => "A thrown dice",
        "story" => "A story",
        "game" => "A game",
        "checklist" => "A checklist",
        "invoice" => "An invoice",
        _ => "This kind of message",
    };
    format!("{what} is nothing I can read yet. Please tell me in words.")
}

pub(super) fn file_kind(kind: FileKind) -> &'static str {
    match kind {
        FileKind::Photo => "a photo",
        FileKind::Document => "a file",
        FileKind::Voice => "a voice message",
        FileKind::Audio => "a recording",
        FileKind::Video | FileKind::VideoNote => "a video",
        FileKind::Animation => "an animation",
        FileKind::Sticker => "a sticker",
    }
}

/// For the agent, which has read what was said before.
pub(super) fn correction(before: Option<&str>, now: &str) -> String {
    match before {
        Some(before) => format!(
            "I have corrected my last message. It said:\n{}\n\nNow it says:\n{now}",
            quote(before)
        ),
        None => format!("I have corrected my last message. Now it says:\n{now}"),
    }
}
