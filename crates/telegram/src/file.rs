//! Files that people send. Telegram has a word for each kind; a bot fetches all of them alike.

use serde::Deserialize;

use crate::types::lenient;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    Photo,
    Document,
    Voice,
    Audio,
    Video,
    VideoNote,
    Animation,
    Sticker,
}

/// A file as its message tells of it. `getFile` says where it is.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct File {
    pub file_id: String,
    #[serde(default, deserialize_with = "lenient")]
    pub file_unique_id: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    pub file_name: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    pub mime_type: Option<String>,
    /// In bytes, if Telegram knows it.
    #[serde(default, deserialize_with = "lenient")]
    pub file_size: Option<u64>,
    /// In pixels, of a picture.
    #[serde(default)]
    pub width: u32,
    #[serde(default)]
    pub height: u32,
    /// In seconds, of sound and film.
    #[serde(default, deserialize_with = "lenient")]
    pub duration: Option<u64>,
    /// What a sticker says.
    #[serde(default, deserialize_with = "lenient")]
    pub emoji: Option<String>,
    /// A sticker that is no picture but a program for one.
    #[serde(default)]
    pub is_animated: bool,
    #[serde(default)]
    pub is_video: bool,
}

impl File {
    /// The sender's name for it, or one that says what it is.
    pub fn name(&self, kind: FileKind) -> String {
        self.file_name.clone().unwrap_or_else(|| self.default_name(kind).to_owned())
    }

    fn default_name(&self, kind: FileKind) -> &'static str {
        match kind {
            FileKind::Photo => "photo.jpg",
            FileKind::Document => "document",
            FileKind::Voice => "voice.ogg",
            FileKind::Audio => "audio.mp3",
            FileKind::Video | FileKind::VideoNote => "video.mp4",
            FileKind::Animation => "animation.mp4",
            FileKind::Sticker if self.is_animated => "sticker.tgs",
            FileKind::Sticker if self.is_video => "sticker.webm",
            FileKind::Sticker => "sticker.webp",
        }
    }
}
