//! A repository in a directory, as `restic` itself lays it out: for exports and tests.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;

use crate::store::{Object, ObjectStore, StoreError};

pub struct DirStore {
    root: PathBuf,
    written: AtomicU64,
}

impl DirStore {
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into(), written: AtomicU64::new(0) }
    }

    fn open(&self, key: &str) -> Result<File, StoreError> {
        File::open(self.root.join(key)).map_err(|error| failed("read", key, error))
    }

    /// Two processes may write the same key at the same time; a half file is never seen.
    fn write(&self, key: &str, content: &[Bytes]) -> io::Result<()> {
        let path = self.root.join(key);
        let parent = path.parent().ok_or(ErrorKind::InvalidInput)?;
        fs::create_dir_all(parent)?;
        let count = self.written.fetch_add(1, Ordering::Relaxed);
        let half = parent.join(format!("{HALF}{}-{count}", std::process::id()));
        let mut file = File::create(&half)?;
        content.iter().try_for_each(|part| file.write_all(part))?;
        fs::rename(&half, &path)
    }
}

const HALF: &str = ".half-";

impl ObjectStore for DirStore {
    fn location(&self) -> String {
        self.root.display().to_string()
    }

    fn list(&self, prefix: &str) -> Result<Vec<Object>, StoreError> {
        let mut found = Vec::new();
        walk(&self.root, "", prefix, &mut found).map_err(|error| failed("list", prefix, error))?;
        Ok(found)
    }

    fn get(&self, key: &str) -> Result<Bytes, StoreError> {
        let mut content = Vec::new();
        let read = self.open(key)?.read_to_end(&mut content);
        read.map_err(|error| failed("read", key, error))?;
        Ok(content.into())
    }

    fn get_range(&self, key: &str, offset: u64, length: u64) -> Result<Bytes, StoreError> {
        let mut file = self.open(key)?;
        let mut content = Vec::new();
        let read = file
            .seek(SeekFrom::Start(offset))
            .and_then(|_| file.take(length).read_to_end(&mut content));
        read.map_err(|error| failed("read", key, error))?;
        Ok(content.into())
    }

    fn put(&self, key: &str, content: Vec<Bytes>) -> Result<(), StoreError> {
        self.write(key, &content).map_err(|error| failed("write", key, error))
    }

    fn delete(&self, key: &str) -> Result<(), StoreError> {
        match fs::remove_file(self.root.join(key)) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(failed("delete", key, error)),
            _ => Ok(()),
        }
    }
}

fn walk(dir: &Path, key: &str, prefix: &str, found: &mut Vec<Object>) -> io::Result<()> {
    let entries = match fs::read_dir(dir) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let key = format!("{key}{name}");
        if entry.file_type()?.is_dir() {
            let key = format!("{key}/");
            if key.starts_with(prefix) || prefix.starts_with(&key) {
                walk(&entry.path(), &key, prefix, found)?;
            }
        } else if key.starts_with(prefix) && !name.starts_with(HALF) {
            found.push(Object { key, size: entry.metadata()?.len() });
        }
    }
    Ok(())
}

fn failed(what: &'static str, key: &str, error: io::Error) -> StoreError {
    match error.kind() {
        ErrorKind::NotFound => StoreError::NotFound(key.to_owned()),
        _ => StoreError::Unavailable { what, key: key.to_owned(), source: error.into() },
    }
}
