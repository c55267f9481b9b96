//! Wrapping by a key file on this machine, for the local stack.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use data_encoding::HEXLOWER;
use domain::UserId;

use super::key_ring::KeyRing;
use super::{KeyError, Wrapped, Wrapper, random};

/// Read anew at each use: another process may have added a key.
#[derive(Clone, Debug)]
pub struct LocalKeyFile {
    path: PathBuf,
}

#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    #[error("there is no key file {0}; without it nobody's snapshots can be read")]
    Missing(PathBuf),
    #[error("cannot {what} the key file {path}")]
    Io {
        what: &'static str,
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("others may read the key file {path} (its mode is {mode:o}): chmod 600 {path}")]
    Exposed { path: PathBuf, mode: u32 },
    #[error("the key file {path} is damaged: {why}; bring it back from a copy")]
    Damaged { path: PathBuf, why: &'static str },
}

impl LocalKeyFile {
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, KeyFileError> {
        let file = Self { path: path.into() };
        file.read()?;
        Ok(file)
    }

    /// Two creators agree: the second one takes what the first one made.
    pub fn open_or_create(path: impl Into<PathBuf>) -> Result<Self, KeyFileError> {
        let file = Self { path: path.into() };
        match file.read() {
            Err(KeyFileError::Missing(_)) => {
                file.create()?;
                file.read()?;
            }
            read => drop(read?),
        }
        Ok(file)
    }

    /// The id of a new key that wraps from now on; those before it still unwrap.
    pub fn add_key(&self) -> Result<String, KeyFileError> {
        let path = &self.path;
        // A key that another process adds at the same time may wrap already: it must not vanish.
        let _adding = self.lock().map_err(|error| io_error("lock", path, error))?;
        let mut ring = self.read()?;
        let id = ring.add();
        self.replace(&ring).map_err(|error| io_error("write", path, error))?;
        Ok(id)
    }

    fn create(&self) -> Result<(), KeyFileError> {
        let staged = self
            .stage(&KeyRing::generate())
            .map_err(|error| io_error("create", &self.path, error))?;
        // Unlike a rename, a link never replaces a file that is there.
        let linked = fs::hard_link(&staged, &self.path);
        fs::remove_file(&staged).map_err(|error| io_error("create", &self.path, error))?;
        match linked {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                Err(io_error("create", &self.path, error))
            }
            _ => self.sync_folder().map_err(|error| io_error("create", &self.path, error)),
        }
    }

    fn replace(&self, ring: &KeyRing) -> io::Result<()> {
        let staged = self.stage(ring)?;
        fs::rename(&staged, &self.path)?;
        self.sync_folder()
    }

    /// A whole file, on disk, under another name.
    fn stage(&self, ring: &KeyRing) -> io::Result<PathBuf> {
        let suffix = HEXLOWER.encode(&random::<8>());
        let staged = self.path.with_extension(format!("{suffix}.new"));
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&staged)?;
        let written = file.write_all(ring.to_text().as_bytes()).and_then(|()| file.sync_all());
        if written.is_err() {
            // A half-written one is of no use to anybody.
            fs::remove_file(&staged).ok();
        }
        written.map(|()| staged)
    }

    fn folder(&self) -> &Path {
        match self.path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        }
    }

    fn sync_folder(&self) -> io::Result<()> {
        File::open(self.folder())?.sync_all()
    }

    fn lock(&self) -> io::Result<File> {
        let folder = File::open(self.folder())?;
        folder.lock()?;
        Ok(folder)
    }

    fn read(&self) -> Result<KeyRing, KeyFileError> {
        let path = &self.path;
        let file = File::open(path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => KeyFileError::Missing(path.clone()),
            _ => io_error("open", path, error),
        })?;
        let metadata = file.metadata().map_err(|error| io_error("read", path, error))?;
        let mode = metadata.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            return Err(KeyFileError::Exposed { path: path.clone(), mode });
        }
        let text = io::read_to_string(file).map_err(|error| io_error("read", path, error))?;
        KeyRing::parse(&text).map_err(|why| KeyFileError::Damaged { path: path.clone(), why })
    }
}

#[async_trait]
impl Wrapper for LocalKeyFile {
    fn name(&self) -> &'static str {
        "file"
    }

    async fn wrap(&self, user: &UserId, plain: &[u8]) -> Result<Wrapped, KeyError> {
        let ring = self.read().map_err(|error| KeyError::unavailable("wrap", user, error))?;
        ring.wrap(user, plain)
    }

    async fn unwrap(&self, user: &UserId, wrapped: &Wrapped) -> Result<Vec<u8>, KeyError> {
        let ring = self.read().map_err(|error| KeyError::unavailable("unwrap", user, error))?;
        ring.unwrap(user, wrapped, &format!("the key file {}", self.path.display()))
    }
}

fn io_error(what: &'static str, path: &Path, source: io::Error) -> KeyFileError {
    KeyFileError::Io { what, path: path.to_owned(), source }
}
