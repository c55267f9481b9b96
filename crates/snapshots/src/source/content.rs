//! One file's content on its way into a snapshot: exactly as many bytes as its node says.

use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;

use super::meta::Meta;
use super::report::Report;

/// Open since the walk: a file that is replaced meanwhile is still read as it was.
#[derive(Debug)]
pub struct Content {
    file: File,
    path: PathBuf,
    /// Of a file that others may write.
    expected: Option<Meta>,
    left: u64,
    report: Report,
}

impl Content {
    pub(crate) fn of_file(file: File, path: PathBuf, meta: Meta, report: Report) -> Self {
        Self { file, path, expected: Some(meta), left: meta.size, report }
    }

    /// Nobody else has it.
    pub(crate) fn of_copy(file: File, path: PathBuf, size: u64, report: Report) -> Self {
        Self { file, path, expected: None, left: size, report }
    }

    fn finish(&mut self) -> io::Result<()> {
        let Some(expected) = self.expected.take() else {
            return Ok(());
        };
        if !Meta::of_open(&self.file)?.same_content(&expected) {
            self.report.add_changed(&self.path);
        }
        Ok(())
    }

    fn fill(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let room = usize::try_from(self.left).map_or(buffer.len(), |left| left.min(buffer.len()));
        let buffer = &mut buffer[..room];
        let mut read = self.file.read(buffer)?;
        if read == 0 && room > 0 {
            // Somebody cut it. Its size is already said, and it must fit.
            buffer.fill(0);
            read = room;
        }
        self.left -= read as u64;
        if self.left == 0 {
            self.finish()?;
        }
        Ok(read)
    }
}

impl Read for Content {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.fill(buffer);
        if let Err(error) = &read
            && error.kind() != io::ErrorKind::Interrupted
        {
            // The archiver drops the file and goes on.
            self.report.add_broken(&self.path, error);
        }
        read
    }
}
