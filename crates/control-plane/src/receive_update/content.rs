//! What a message says, in the words and files that an agent is given.

use std::fmt::Write;

use domain::limits::{TELEGRAM_FILE_MAX_BYTES, TELEGRAM_QUOTE_MAX_CHARS};
use domain::{Attachment, FileName, TelegramFile};
use telegram::{Contact, File, FileKind, Location, Message, Venue};

use super::words;

/// Empty if the message is a service's own word: somebody joined, something was pinned.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Content {
    /// Where it was forwarded from, and what it answers.
    pub(super) context: String,
    pub(super) words: String,
    pub(super) attachments: Vec<Attachment>,
    /// What the person must hear of what we could not take.
    pub(super) note: Option<String>,
}

impl Content {
    pub(super) fn is_empty(&self) -> bool {
        self.words.is_empty() && self.attachments.is_empty()
    }

    pub(super) fn text(&self) -> String {
        format!("{}{}", self.context, self.words)
    }
}

/// `words`: its text or caption, without what was only for the bot.
pub(super) fn content(message: &Message, words: &str) -> Content {
    let mut content =
        Content { context: context(message), words: words.trim().to_owned(), ..Content::default() };
    if content.words.is_empty() {
        content.words = told(message).unwrap_or_default();
    }
    match file(message) {
        Some(Ok(file)) => content.attachments.push(Attachment::Telegram(file)),
        Some(Err(name)) => content.note = Some(words::too_large(&name)),
        None => {}
    }
    if content.is_empty() && content.note.is_none() {
        content.note = unsupported(message).map(words::unsupported);
    }
    content
}

/// Places and people as text; a sticker says what its emoji says.
fn told(message: &Message) -> Option<String> {
    if let Some(venue) = &message.venue {
        return Some(place(venue));
    }
    if let Some(location) = &message.location {
        return Some(format!("My location: {}", coordinates(location)));
    }
    if let Some(contact) = &message.contact {
        return Some(card(contact));
    }
    message.sticker.as_ref().and_then(|sticker| sticker.emoji.clone())
}

fn place(Venue { location, title, address }: &Venue) -> String {
    let named: Vec<&str> = [title, address]
        .into_iter()
        .map(|part| part.trim())
        .filter(|part| !part.is_empty())
        .collect();
    match named.as_slice() {
        [] => format!("A place: {}", coordinates(location)),
        named => format!("A place: {} ({})", named.join(", "), coordinates(location)),
    }
}

fn coordinates(Location { latitude, longitude, .. }: &Location) -> String {
    format!("{latitude:.6}, {longitude:.6}")
}

fn card(contact: &Contact) -> String {
    let last = contact.last_name.as_deref().unwrap_or_default();
    let name = format!("{} {last}", contact.first_name);
    match name.trim() {
        "" => format!("A contact: {}", contact.phone_number),
        name => format!("A contact: {name}, {}", contact.phone_number),
    }
}

fn unsupported(message: &Message) -> Option<&'static str> {
    match message.sticker {
        Some(_) => Some("sticker"),
        None => message.unused_content(),
    }
}

/// `Err`: its name, for one that is too large for a bot to fetch.
fn file(message: &Message) -> Option<Result<TelegramFile, FileName>> {
    let (kind, file) = match (&message.photo, message.file()?) {
        (_, (FileKind::Sticker, _)) => return None,
        (Some(sizes), (FileKind::Photo, largest)) => {
            let fits = sizes.iter().filter(|size| fits(size));
            let pixels = |size: &&File| u64::from(size.width) * u64::from(size.height);
            (FileKind::Photo, fits.max_by_key(pixels).unwrap_or(largest))
        }
        (_, found) => found,
    };
    let name = name(kind, file, message.message_id);
    if !fits(file) {
        return Some(Err(name));
    }
    Some(Ok(TelegramFile { file_id: file.file_id.clone(), name, size: file.file_size }))
}

fn fits(file: &File) -> bool {
    file.file_size.is_none_or(|size| size <= TELEGRAM_FILE_MAX_BYTES)
}

/// The sender's name for it. One that has none gets the message's number, so that the second
/// picture of a conversation is not the first one's successor.
fn name(kind: FileKind, file: &File, message: i64) -> FileName {
    let given = file.file_name.as_deref().and_then(|name| FileName::near(name).ok());
    given.unwrap_or_else(|| {
        let default = File { file_name: None, ..file.clone() }.name(kind);
        let (stem, extension) = default.rsplit_once('.').unwrap_or((&default, ""));
        let extension = extension_of(file).unwrap_or(extension);
        let dot = if extension.is_empty() { "" } else { "." };
        let name = format!("{stem}-{message}{dot}{extension}");
        FileName::near(&name).expect("a word and a number")
    })
}

fn extension_of(file: &File) -> Option<&'static str> {
    Some(match file.mime_type.as_deref()? {
        "audio/mp4" | "audio/x-m4a" | "audio/m4a" => "m4a",
        "audio/mpeg" => "mp3",
        "audio/ogg" => "ogg",
        "audio/flac" | "audio/x-flac" => "flac",
        "audio/wav" | "audio/x-wav" => "wav",
        "video/mp4" => "mp4",
        "video/quicktime" => "mov",
        "video/webm" => "webm",
        "image/gif" => "gif",
        "application/pdf" => "pdf",
        _ => return None,
    })
}

fn context(message: &Message) -> String {
    let mut context = String::new();
    if let Some(origin) = &message.forward_origin {
        match origin.name() {
            Some(name) => writeln!(context, "Forwarded from {}:", one_line(&name)),
            None => writeln!(context, "Forwarded:"),
        }
        .expect("a string takes all");
    }
    if let Some(quoted) = answered(message) {
        context.push_str(&quote(&quoted));
        context.push_str("\n\n");
    }
    context
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What a message answers: the words that the person chose of it, else all of it.
fn answered(message: &Message) -> Option<String> {
    if let Some(quote) = &message.quote {
        return Some(quote.text.clone());
    }
    let answered = message.reply_to_message.as_ref()?;
    // What answers nothing in a topic answers what began the topic.
    if message.topic() == Some(answered.message_id) {
        return None;
    }
    let said = answered.words().or_else(|| told(answered));
    said.or_else(|| Some(format!("({})", words::file_kind(answered.file()?.0))))
}

/// As Markdown quotes, and as much as there is room for.
pub(super) fn quote(text: &str) -> String {
    let mut shown: String = text.trim().chars().take(TELEGRAM_QUOTE_MAX_CHARS).collect();
    if text.trim().chars().count() > TELEGRAM_QUOTE_MAX_CHARS {
        shown.pop();
        shown.push('…');
    }
    let lines: Vec<String> = shown.lines().map(|line| format!("> {line}")).collect();
    lines.join("\n")
}
