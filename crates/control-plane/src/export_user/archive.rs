//! A zip file that is sent as it comes into being: of all of it a part is in memory.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use domain::limits::EXPORT_PART_BYTES;
use platform::{ExportWriter, Result, Unavailable};
use protocol::ExportPart;
use tracing::warn;
use zip::write::{SimpleFileOptions, StreamWriter};
use zip::{CompressionMethod, ZipWriter};

pub(super) struct Archive {
    zip: ZipWriter<StreamWriter<Packed>>,
    packed: Packed,
    writer: Box<dyn ExportWriter>,
    sent: u64,
    /// By the name at the top of the archive.
    contents: BTreeMap<String, ExportPart>,
    open: String,
}

/// What is packed and not sent yet.
#[derive(Clone, Default)]
struct Packed(Arc<Mutex<Vec<u8>>>);

impl Packed {
    fn len(&self) -> usize {
        self.0.lock().expect("no holder panics").len()
    }

    fn take(&self) -> Vec<u8> {
        std::mem::take(&mut self.0.lock().expect("no holder panics"))
    }
}

impl Write for Packed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("no holder panics").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Archive {
    pub(super) fn new(writer: Box<dyn ExportWriter>) -> Self {
        let packed = Packed::default();
        let zip = ZipWriter::new_stream(packed.clone());
        let (contents, open) = (BTreeMap::new(), String::new());
        Self { zip, packed, writer, sent: 0, contents, open }
    }

    /// What is written next is this file's.
    pub(super) fn begin(&mut self, path: &str) -> Result<()> {
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .unix_permissions(0o600);
        self.zip.start_file(path, options).map_err(unpackable)?;
        self.open = match path.split_once('/') {
            Some((folder, _)) => format!("{folder}/"),
            None => path.to_owned(),
        };
        let part = self
            .contents
            .entry(self.open.clone())
            .or_insert_with(|| ExportPart { path: self.open.clone(), ..ExportPart::default() });
        part.files += 1;
        Ok(())
    }

    pub(super) async fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.zip.write_all(bytes).map_err(unpackable)?;
        if let Some(part) = self.contents.get_mut(&self.open) {
            part.bytes += bytes.len() as u64;
        }
        if self.packed.len() >= EXPORT_PART_BYTES {
            self.send().await?;
        }
        Ok(())
    }

    pub(super) async fn file(&mut self, path: &str, content: &[u8]) -> Result<()> {
        self.begin(path)?;
        self.write(content).await
    }

    pub(super) fn contents(&self) -> Vec<ExportPart> {
        self.contents.values().cloned().collect()
    }

    /// The archive is there, with so many bytes.
    pub(super) async fn finish(mut self) -> Result<u64> {
        let ended = self.end().await;
        if ended.is_err() {
            self.abandon().await;
        }
        ended.map(|()| self.sent)
    }

    async fn end(&mut self) -> Result<()> {
        // Its directory is the last of it.
        let zip = std::mem::replace(&mut self.zip, ZipWriter::new_stream(Packed::default()));
        zip.finish().map_err(unpackable)?;
        self.send().await?;
        self.writer.finish().await
    }

    pub(super) async fn abandon(&mut self) {
        if let Err(error) = self.writer.abandon().await {
            let error = &error as &dyn std::error::Error;
            warn!(error, "could not take the parts of an export back");
        }
    }

    async fn send(&mut self) -> Result<()> {
        let part = self.packed.take();
        self.sent += part.len() as u64;
        self.writer.part(part).await
    }
}

fn unpackable(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Unavailable {
    Unavailable::new("export_user.pack", error)
}
