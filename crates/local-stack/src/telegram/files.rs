//! Files that people send. Their bytes lie beside the state.

use std::{io, path::PathBuf};

use data_encoding::BASE64;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Telegram, state::File};

/// A file in a request of the page or of a test: its bytes, its text, or only how large it is.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Given {
    pub(super) name: Option<String>,
    pub(super) mime: Option<String>,
    base64: Option<String>,
    text: Option<String>,
    size: Option<u64>,
    #[serde(default = "usual_side")]
    width: u32,
    #[serde(default = "usual_side")]
    height: u32,
    #[serde(default = "usual_duration")]
    duration: u32,
}

fn usual_side() -> u32 {
    1280
}

fn usual_duration() -> u32 {
    3
}

impl Given {
    /// The bytes, and how many there are said to be: those of a large file are made up when
    /// somebody asks for them.
    fn content(&self) -> Result<(Option<Vec<u8>>, u64), String> {
        let bytes = match (&self.base64, &self.text, self.size) {
            (Some(base64), _, _) => BASE64
                .decode(base64.as_bytes())
                .map_err(|error| format!("`base64` of a file: {error}"))?,
            (None, Some(text), _) => text.clone().into_bytes(),
            (None, None, Some(size)) => return Ok((None, size)),
            (None, None, None) => {
                return Err("a file needs `base64`, `text` or `size`".to_owned());
            }
        };
        let size = bytes.len() as u64;
        Ok((Some(bytes), size))
    }
}

/// The same for every bot, while a `file_id` is one bot's.
pub(super) fn unique(id: &str) -> String {
    format!("u{}", &id[id.len().saturating_sub(12)..])
}

impl Telegram {
    pub(super) fn document(&self, given: &Given) -> Result<Value, String> {
        let name = given.name.clone().unwrap_or_else(|| "file.bin".to_owned());
        let mime = given.mime.clone().unwrap_or_else(|| "application/octet-stream".to_owned());
        let (bytes, size) = given.content()?;
        let id = self.keep("documents", &name, &mime, bytes, size)?;
        Ok(json!({
            "file_id": id, "file_unique_id": unique(&id), "file_size": size, "file_name": name,
            "mime_type": mime,
        }))
    }

    pub(super) fn voice(&self, given: &Given) -> Result<Value, String> {
        let (bytes, size) = given.content()?;
        let id = self.keep("voice", "voice.oga", "audio/ogg", bytes, size)?;
        Ok(json!({
            "file_id": id, "file_unique_id": unique(&id), "file_size": size,
            "mime_type": "audio/ogg", "duration": given.duration,
        }))
    }

    /// In two sizes, the smaller one first: whoever takes that one gets other bytes.
    pub(super) fn photo(&self, given: &Given) -> Result<Value, String> {
        let mime = given.mime.clone().unwrap_or_else(|| "image/jpeg".to_owned());
        let (bytes, size) = given.content()?;
        let small = (size / 10).clamp(1, 1_000);
        let small_id = self.keep("photos", "photo.jpg", &mime, None, small)?;
        let id = self.keep("photos", "photo.jpg", &mime, bytes, size)?;
        let (width, height) = (given.width, given.height);
        Ok(json!([
            {
                "file_id": small_id, "file_unique_id": unique(&small_id), "file_size": small,
                "width": 90, "height": (90 * height / width.max(1)).max(1),
            },
            {
                "file_id": id, "file_unique_id": unique(&id), "file_size": size,
                "width": width, "height": height,
            },
        ]))
    }

    fn keep(
        &self,
        folder: &str,
        name: &str,
        mime: &str,
        bytes: Option<Vec<u8>>,
        size: u64,
    ) -> Result<String, String> {
        let id =
            format!("BQAC{}", data_encoding::BASE64URL_NOPAD.encode(&rand::random::<[u8; 18]>()));
        if let Some(bytes) = bytes {
            std::fs::create_dir_all(&self.files)
                .and_then(|()| std::fs::write(self.place(&id), bytes))
                .map_err(|error| format!("could not keep the file: {error}"))?;
        }
        self.change(|state| {
            let extension = name.rsplit_once('.').map_or("bin", |(_, extension)| extension);
            let safe = extension.chars().all(|c| c.is_ascii_alphanumeric());
            let extension = if safe { extension } else { "bin" };
            let path = format!("{folder}/file_{}.{extension}", state.files.len());
            let (name, mime) = (name.to_owned(), mime.to_owned());
            state.files.insert(id.clone(), File { path, name, mime, size });
        });
        Ok(id)
    }

    fn place(&self, id: &str) -> PathBuf {
        self.files.join(id)
    }

    /// The bytes of a file that is known.
    pub(super) async fn content(&self, id: &str) -> io::Result<Vec<u8>> {
        match tokio::fs::read(self.place(id)).await {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let size = self.read(|state| state.files.get(id).map_or(0, |file| file.size));
                Ok(vec![b'.'; usize::try_from(size).unwrap_or(0)])
            }
            read => read,
        }
    }
}
