//! A message, and how what it says is read.

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::file::{File, FileKind};
use crate::rich;
use crate::types::{Chat, Contact, Location, Origin, User, Venue, lenient};

#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Message {
    /// Its number within the chat.
    pub message_id: i64,
    pub chat: Chat,
    /// Missing in channels.
    #[serde(default, deserialize_with = "lenient")]
    pub from: Option<User>,
    /// Who speaks as a chat: an anonymous administrator, or a channel.
    #[serde(default, deserialize_with = "lenient")]
    pub sender_chat: Option<Chat>,
    /// In seconds; 0 of a message that the bot can no longer see.
    #[serde(default)]
    pub date: i64,
    #[serde(default, deserialize_with = "lenient")]
    pub edit_date: Option<i64>,
    /// A topic, or, in groups without topics, the message that began a thread of answers.
    #[serde(default, deserialize_with = "lenient")]
    pub message_thread_id: Option<i64>,
    #[serde(default)]
    pub is_topic_message: bool,
    /// Its own answer is not in it, whatever it answered.
    #[serde(default, deserialize_with = "lenient")]
    pub reply_to_message: Option<Box<Message>>,
    /// The part of the answered message that the person chose.
    #[serde(default, deserialize_with = "lenient")]
    pub quote: Option<Quote>,
    #[serde(default, deserialize_with = "lenient")]
    pub forward_origin: Option<Origin>,
    /// The bot through which it was sent.
    #[serde(default, deserialize_with = "lenient")]
    pub via_bot: Option<User>,
    /// The same in every message of one album.
    #[serde(default, deserialize_with = "lenient")]
    pub media_group_id: Option<String>,

    #[serde(default, deserialize_with = "lenient")]
    pub text: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    pub entities: Option<Vec<Entity>>,
    #[serde(default, deserialize_with = "lenient")]
    pub caption: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    pub caption_entities: Option<Vec<Entity>>,
    /// In the place of `text`: what `sendRichMessage` made.
    #[serde(default, deserialize_with = "lenient")]
    pub rich_message: Option<Value>,

    /// The same picture in several sizes.
    #[serde(default, deserialize_with = "lenient")]
    pub photo: Option<Vec<File>>,
    #[serde(default, deserialize_with = "lenient")]
    pub document: Option<File>,
    #[serde(default, deserialize_with = "lenient")]
    pub voice: Option<File>,
    #[serde(default, deserialize_with = "lenient")]
    pub audio: Option<File>,
    #[serde(default, deserialize_with = "lenient")]
    pub video: Option<File>,
    #[serde(default, deserialize_with = "lenient")]
    pub video_note: Option<File>,
    #[serde(default, deserialize_with = "lenient")]
    pub animation: Option<File>,
    #[serde(default, deserialize_with = "lenient")]
    pub sticker: Option<File>,
    #[serde(default, deserialize_with = "lenient")]
    pub location: Option<Location>,
    #[serde(default, deserialize_with = "lenient")]
    pub venue: Option<Venue>,
    #[serde(default, deserialize_with = "lenient")]
    pub contact: Option<Contact>,

    /// The group has become the supergroup with this id.
    #[serde(default, deserialize_with = "lenient")]
    pub migrate_to_chat_id: Option<i64>,
    /// The supergroup was the group with this id.
    #[serde(default, deserialize_with = "lenient")]
    pub migrate_from_chat_id: Option<i64>,

    /// Everything else, by Telegram's names.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// What people can send that we have no use for.
const UNUSED_CONTENT: [&str; 13] = [
    "poll",
    "dice",
    "story",
    "game",
    "checklist",
    "paid_media",
    "invoice",
    "giveaway",
    "giveaway_winners",
    "live_photo",
    "users_shared",
    "chat_shared",
    "web_app_data",
];

impl Message {
    /// What it says: its text, its caption, or the words of a rich message.
    pub fn words(&self) -> Option<String> {
        let said = self.text.clone().or_else(|| self.caption.clone());
        said.or_else(|| self.rich_message.as_ref().map(rich::words)).filter(|text| !text.is_empty())
    }

    /// The marks in `text` or `caption`, whichever there is.
    pub fn marks(&self) -> &[Entity] {
        let marks = if self.text.is_some() { &self.entities } else { &self.caption_entities };
        marks.as_deref().unwrap_or_default()
    }

    /// The text that the marks count in.
    pub fn marked_text(&self) -> &str {
        self.text.as_deref().or(self.caption.as_deref()).unwrap_or_default()
    }

    /// A forum's topic. A thread of answers is none.
    pub fn topic(&self) -> Option<i64> {
        self.message_thread_id.filter(|_| self.is_topic_message)
    }

    /// The file that it carries: of a picture the largest size.
    pub fn file(&self) -> Option<(FileKind, &File)> {
        let photo = self.photo.as_ref().and_then(|sizes| {
            sizes.iter().max_by_key(|size| u64::from(size.width) * u64::from(size.height))
        });
        // An animation comes as a document, too, for old programs.
        [
            (FileKind::Photo, photo),
            (FileKind::Animation, self.animation.as_ref()),
            (FileKind::Document, self.document.as_ref()),
            (FileKind::Voice, self.voice.as_ref()),
            (FileKind::Audio, self.audio.as_ref()),
            (FileKind::Video, self.video.as_ref()),
            (FileKind::VideoNote, self.video_note.as_ref()),
            (FileKind::Sticker, self.sticker.as_ref()),
        ]
        .into_iter()
        .find_map(|(kind, file)| Some((kind, file?)))
    }

    /// The name of what somebody sent that we have no use for. A word of Telegram's own (somebody
    /// joined, something was pinned) is none.
    pub fn unused_content(&self) -> Option<&'static str> {
        UNUSED_CONTENT.into_iter().find(|name| self.rest.contains_key(*name))
    }
}

/// A part of a text that means something: a command, a mention, a link.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Entity {
    /// `bot_command`, `mention`, `text_mention`, `url`, …
    #[serde(rename = "type")]
    pub kind: String,
    /// In UTF-16 units.
    pub offset: usize,
    pub length: usize,
    /// Of a `text_link`.
    #[serde(default, deserialize_with = "lenient")]
    pub url: Option<String>,
    /// Of a `text_mention`: somebody without a name to mention.
    #[serde(default, deserialize_with = "lenient")]
    pub user: Option<User>,
}

impl Entity {
    /// Its words. `None`: it does not lie in this text.
    pub fn of<'a>(&self, text: &'a str) -> Option<&'a str> {
        let end = self.offset.checked_add(self.length)?;
        text.get(byte_at(text, self.offset)?..byte_at(text, end)?)
    }
}

fn byte_at(text: &str, units: usize) -> Option<usize> {
    let mut seen = 0;
    for (byte, c) in text.char_indices() {
        if seen == units {
            return Some(byte);
        }
        seen += c.len_utf16();
    }
    (seen == units).then_some(text.len())
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Quote {
    pub text: String,
    /// The person chose these words; otherwise Telegram did.
    #[serde(default)]
    pub is_manual: bool,
}
