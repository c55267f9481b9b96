//! A file that came with a message: sent to our store by the page, or lying with Telegram.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{FileName, InvalidUploadKey, UploadKey};

/// In tables and answers it is one word: an upload's key, or `telegram/<size>/<fileId>/<name>`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Attachment {
    Upload(UploadKey),
    Telegram(TelegramFile),
}

/// Fetched by the bridge with the bot's token, which is in the file's address.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TelegramFile {
    pub file_id: String,
    pub name: FileName,
    /// In bytes, where Telegram says it.
    pub size: Option<u64>,
}

const TELEGRAM: &str = "telegram/";

impl Attachment {
    pub fn name(&self) -> &FileName {
        match self {
            Attachment::Upload(key) => &key.name,
            Attachment::Telegram(file) => &file.name,
        }
    }

    fn parse(text: &str) -> Result<Self, InvalidUploadKey> {
        match text.strip_prefix(TELEGRAM) {
            Some(file) => TelegramFile::parse(file).map(Self::Telegram).ok_or(InvalidUploadKey),
            None => UploadKey::parse(text).map(Self::Upload),
        }
    }
}

impl TelegramFile {
    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, '/');
        let (size, file_id, name) = (parts.next()?, parts.next()?, parts.next()?);
        let size = match size {
            "-" => None,
            size => Some(size.parse().ok()?),
        };
        Some(Self { file_id: file_id.to_owned(), name: FileName::parse(name)?, size })
    }
}

impl fmt::Display for Attachment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Attachment::Upload(key) => key.fmt(f),
            Attachment::Telegram(TelegramFile { file_id, name, size: Some(size) }) => {
                write!(f, "{TELEGRAM}{size}/{file_id}/{name}")
            }
            Attachment::Telegram(TelegramFile { file_id, name, size: None }) => {
                write!(f, "{TELEGRAM}-/{file_id}/{name}")
            }
        }
    }
}

impl From<UploadKey> for Attachment {
    fn from(key: UploadKey) -> Self {
        Self::Upload(key)
    }
}

impl TryFrom<String> for Attachment {
    type Error = InvalidUploadKey;
    fn try_from(text: String) -> Result<Self, InvalidUploadKey> {
        Self::parse(&text)
    }
}

impl From<Attachment> for String {
    fn from(attachment: Attachment) -> String {
        attachment.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_kinds_read_back() {
        for text in [
            "uploads/ana/0f-1/my file (1).pdf",
            "telegram/1234/AgACAgIAAxkBAAI_-x/photo.jpg",
            "telegram/-/AgACAgIAAxkBAAI_-x/voice message.ogg",
        ] {
            let read = Attachment::parse(text).expect("well formed");
            assert_eq!(read.to_string(), text);
            let json = serde_json::to_string(&read).expect("serializes");
            assert_eq!(serde_json::from_str::<Attachment>(&json).expect("reads"), read);
        }
    }

    #[test]
    fn what_is_neither_is_refused() {
        for text in ["", "telegram/", "telegram/x/id/a", "telegram/1/id", "telegram/1/id/a/b"] {
            assert_eq!(Attachment::parse(text), Err(InvalidUploadKey), "{text}");
        }
    }
}
