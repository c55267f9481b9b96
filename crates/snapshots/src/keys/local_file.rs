//! Wrapping by a key file on this machine, for the local stack: AES-256-GCM, newest key first.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use domain::UserId;
use serde::{Deserialize, Serialize};

use super::{KeyError, Wrapped, Wrapper, random};

const VERSION: u32 = 1;

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

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Content {
    version: u32,
    /// Newest first: that one wraps, all of them unwrap.
    keys: Vec<Key>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Key {
    id: String,
    /// 32 bytes in base64url.
    key: String,
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
        let mut content = self.read()?;
        let key = Key::generate();
        let id = key.id.clone();
        content.keys.insert(0, key);
        self.replace(&content).map_err(|error| io_error("write", path, error))?;
        Ok(id)
    }

    fn create(&self) -> Result<(), KeyFileError> {
        let content = Content { version: VERSION, keys: vec![Key::generate()] };
        let staged = self.stage(&content).map_err(|error| io_error("create", &self.path, error))?;
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

    fn replace(&self, content: &Content) -> io::Result<()> {
        let staged = self.stage(content)?;
        fs::rename(&staged, &self.path)?;
        self.sync_folder()
    }

    /// A whole file, on disk, under another name.
    fn stage(&self, content: &Content) -> io::Result<PathBuf> {
        let suffix = HEXLOWER.encode(&random::<8>());
        let staged = self.path.with_extension(format!("{suffix}.new"));
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&staged)?;
        let written = file.write_all(&serde_json::to_vec(content)?).and_then(|()| file.sync_all());
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

    fn read(&self) -> Result<Content, KeyFileError> {
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
        Content::parse(&text).map_err(|why| KeyFileError::Damaged { path: path.clone(), why })
    }
}

impl Content {
    /// Without the parser's words: they would quote the keys.
    fn parse(text: &str) -> Result<Self, &'static str> {
        let content: Self = serde_json::from_str(text).map_err(|_| "it is not as documented")?;
        if content.version != VERSION {
            return Err("it is of another version");
        }
        if content.keys.is_empty() {
            return Err("it has no keys");
        }
        let mut ids: Vec<_> = content.keys.iter().map(|key| &key.id).collect();
        ids.sort_unstable();
        if ids.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err("two of its keys have the same id");
        }
        match content.keys.iter().all(|key| key.cipher().is_some()) {
            true => Ok(content),
            false => Err("one of its keys does not have 32 bytes"),
        }
    }
}

impl Key {
    fn generate() -> Self {
        let id = HEXLOWER.encode(&random::<8>());
        Self { id, key: BASE64URL_NOPAD.encode(&random::<32>()) }
    }

    fn cipher(&self) -> Option<RandomizedNonceKey> {
        let bytes = BASE64URL_NOPAD.decode(self.key.as_bytes()).ok()?;
        RandomizedNonceKey::new(&AES_256_GCM, &bytes).ok()
    }
}

#[async_trait]
impl Wrapper for LocalKeyFile {
    fn name(&self) -> &'static str {
        "file"
    }

    async fn wrap(&self, user: &UserId, plain: &[u8]) -> Result<Wrapped, KeyError> {
        let content = self.read().map_err(|error| KeyError::unavailable("wrap", user, error))?;
        let newest = content.keys.first().expect("checked when read");
        let cipher = newest.cipher().expect("checked when read");
        let mut sealed = plain.to_vec();
        let nonce = cipher
            .seal_in_place_append_tag(Aad::from(user.as_str()), &mut sealed)
            .map_err(|_| KeyError::unusable(user, "they cannot be encrypted"))?;
        let ciphertext = [nonce.as_ref().as_slice(), &sealed].concat();
        Ok(Wrapped { key_id: newest.id.clone(), ciphertext })
    }

    async fn unwrap(&self, user: &UserId, wrapped: &Wrapped) -> Result<Vec<u8>, KeyError> {
        let content = self.read().map_err(|error| KeyError::unavailable("unwrap", user, error))?;
        let Some(key) = content.keys.iter().find(|key| key.id == wrapped.key_id) else {
            let (id, path) = (&wrapped.key_id, self.path.display());
            let why = format!("they are wrapped by key {id}, which is not in the key file {path}");
            return Err(KeyError::unusable(user, why));
        };
        let damaged = || {
            let why = "they were not wrapped for this user by this key; the record is damaged, or \
                       another user's";
            KeyError::unusable(user, why)
        };
        let (nonce, sealed) = wrapped.ciphertext.split_at_checked(NONCE_LEN).ok_or_else(damaged)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| damaged())?;
        let mut sealed = sealed.to_vec();
        let cipher = key.cipher().expect("checked when read");
        let opened = cipher.open_in_place(nonce, Aad::from(user.as_str()), &mut sealed);
        opened.map(|plain| plain.to_vec()).map_err(|_| damaged())
    }
}

fn io_error(what: &'static str, path: &Path, source: io::Error) -> KeyFileError {
    KeyFileError::Io { what, path: path.to_owned(), source }
}
