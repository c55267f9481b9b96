//! rustic's view of an [`ObjectStore`].
//!
//! rustic logs some errors and goes on, and others it wraps until their cause is gone. So the
//! first one of an operation is kept here, and after it nothing is written any more (I9).

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use rustic_core::{
    BytesList, ErrorKind, FileType, Id, ReadBackend, RusticError, RusticResult, WriteBackend,
};
use sha2::{Digest, Sha256};

use crate::error::{Error, Refused, SaveError};
use crate::store::{Object, ObjectStore, StoreError};

/// What one operation has asked of the store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Without the store's own retries and further pages of lists.
    pub requests: u64,
    pub sent_bytes: u64,
    pub received_bytes: u64,
}

/// Why an operation must not go on.
#[derive(Debug)]
pub(crate) enum Failed {
    Damaged(String),
    Store(StoreError),
    Refused(Refused),
    Unreadable(String),
}

impl Failed {
    pub(crate) fn into_save_error(self) -> SaveError {
        match self {
            Failed::Damaged(why) => SaveError::Repository(Error::Damaged(why)),
            Failed::Store(error) => error.into(),
            Failed::Refused(refused) => SaveError::Refused(refused),
            Failed::Unreadable(why) => SaveError::Unreadable(why),
        }
    }
}

/// Asked before a file of that type is written or removed.
pub(crate) type Gate = Arc<dyn Fn(FileType, Change) -> Result<(), Failed> + Send + Sync>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    Write,
    Remove,
}

#[derive(Default)]
struct State {
    config: Option<Bytes>,
    /// Index files with their sizes. `None`: to be listed.
    index: Option<BTreeMap<Id, u32>>,
    failed: Option<Failed>,
    gate: Option<Gate>,
    usage: Usage,
    /// Files fetched ahead.
    ahead: HashMap<Id, Bytes>,
    /// Parts of packs fetched ahead, with their offsets.
    parts: BTreeMap<(Id, u32), Bytes>,
    /// An index file that is not in the store.
    extra_index: Option<(Id, Bytes)>,
}

pub(crate) struct Backend {
    store: Arc<dyn ObjectStore>,
    state: Mutex<State>,
}

pub(crate) fn key_of(tpe: FileType, id: &Id) -> String {
    let hex = id.to_hex();
    match tpe {
        FileType::Config => "config".to_owned(),
        FileType::Pack => format!("data/{}/{}", &hex[..2], &*hex),
        _ => format!("{}/{}", tpe.dirname(), &*hex),
    }
}

/// The last part of a key, if it names a file of a repository.
pub(crate) fn id_in(key: &str) -> Option<Id> {
    key.rsplit('/').next().filter(|name| name.len() == 64).and_then(|name| name.parse().ok())
}

impl Backend {
    pub(crate) fn new(store: Arc<dyn ObjectStore>) -> Self {
        Self { store, state: Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A new operation, with a clean slate.
    pub(crate) fn begin(&self) {
        let mut state = self.state();
        state.failed = None;
        state.gate = None;
        state.usage = Usage::default();
    }

    pub(crate) fn guard(&self, gate: Gate) {
        self.state().gate = Some(gate);
    }

    pub(crate) fn unguard(&self) {
        self.state().gate = None;
    }

    pub(crate) fn usage(&self) -> Usage {
        self.state().usage
    }

    pub(crate) fn take_failed(&self) -> Option<Failed> {
        self.state().failed.take()
    }

    pub(crate) fn set_config(&self, config: Option<Bytes>) {
        self.state().config = config;
    }

    pub(crate) fn set_index(&self, index: Option<BTreeMap<Id, u32>>) {
        self.state().index = index;
    }

    /// Without asking the store.
    pub(crate) fn has(&self, id: &Id) -> bool {
        let state = self.state();
        let extra = state.extra_index.as_ref().is_some_and(|(extra, _)| extra == id);
        extra || state.ahead.contains_key(id)
    }

    pub(crate) fn set_extra_index(&self, extra: Option<(Id, Bytes)>) {
        self.state().extra_index = extra;
    }

    pub(crate) fn put_ahead(&self, id: Id, content: Bytes) {
        self.state().ahead.insert(id, content);
    }

    pub(crate) fn put_part(&self, pack: Id, offset: u32, content: Bytes) {
        self.state().parts.insert((pack, offset), content);
    }

    pub(crate) fn drop_part(&self, pack: Id, offset: u32) {
        self.state().parts.remove(&(pack, offset));
    }

    pub(crate) fn forget_ahead(&self) {
        let mut state = self.state();
        state.ahead.clear();
        state.parts.clear();
    }

    pub(crate) fn objects(&self, prefix: &str) -> Result<Vec<Object>, StoreError> {
        self.state().usage.requests += 1;
        self.store.list(prefix)
    }

    /// The whole file; what it is called says what must be in it.
    pub(crate) fn fetch(&self, tpe: FileType, id: &Id) -> Result<Bytes, StoreError> {
        let content = self.counted(self.store.get(&key_of(tpe, id)))?;
        let real = tpe == FileType::Config || *id == Id::new(Sha256::digest(&content).into());
        if real { Ok(content) } else { Err(StoreError::NotFound(altered(tpe, id))) }
    }

    pub(crate) fn fetch_part(
        &self,
        pack: &Id,
        from: u32,
        length: u32,
    ) -> Result<Bytes, StoreError> {
        let key = key_of(FileType::Pack, pack);
        let content = self.counted(self.store.get_range(&key, from.into(), length.into()))?;
        let whole = content.len() == length as usize;
        if whole { Ok(content) } else { Err(StoreError::NotFound(altered(FileType::Pack, pack))) }
    }

    fn counted(&self, answer: Result<Bytes, StoreError>) -> Result<Bytes, StoreError> {
        let mut state = self.state();
        state.usage.requests += 1;
        state.usage.received_bytes += answer.as_ref().map_or(0, |content| content.len() as u64);
        answer
    }

    /// Keeps the first error for us, and tells rustic that there was one.
    fn recorded<T>(&self, result: Result<T, StoreError>) -> RusticResult<T> {
        result.map_err(|error| {
            self.fail(match error {
                StoreError::NotFound(_) => Failed::Damaged(error.to_string()),
                StoreError::Unavailable { .. } => Failed::Store(error),
            })
        })
    }

    fn fail(&self, failed: Failed) -> Box<RusticError> {
        self.state().failed.get_or_insert(failed);
        RusticError::new(ErrorKind::Backend, "the store failed")
    }

    fn may(&self, tpe: FileType, change: Change) -> RusticResult<()> {
        let (gate, failed) = {
            let state = self.state();
            (state.gate.clone(), state.failed.is_some())
        };
        if failed {
            return Err(RusticError::new(ErrorKind::Backend, "nothing is written after an error"));
        }
        match gate.map_or(Ok(()), |gate| gate(tpe, change)) {
            Ok(()) => Ok(()),
            Err(refusal) => Err(self.fail(refusal)),
        }
    }

    fn listed(&self, tpe: FileType) -> RusticResult<Vec<(Id, u32)>> {
        let prefix = format!("{}/", tpe.dirname());
        let objects = self.recorded(self.objects(&prefix))?;
        Ok(objects.iter().filter_map(|object| named(&object.key, object.size)).collect())
    }
}

fn named(key: &str, size: u64) -> Option<(Id, u32)> {
    Some((id_in(key)?, u32::try_from(size).ok()?))
}

fn altered(tpe: FileType, id: &Id) -> String {
    format!("{} as it was written", key_of(tpe, id))
}

impl ReadBackend for Backend {
    fn location(&self) -> String {
        self.store.location()
    }

    fn list_with_size(&self, tpe: FileType) -> RusticResult<Vec<(Id, u32)>> {
        match tpe {
            FileType::Config => {
                let config = self.state().config.clone();
                Ok(config.iter().map(|file| (Id::default(), file.len() as u32)).collect())
            }
            FileType::Index => {
                if self.state().index.is_none() {
                    let listed = self.listed(tpe)?;
                    self.state().index = Some(listed.into_iter().collect());
                }
                let state = self.state();
                let known = state.index.iter().flatten().map(|(id, size)| (*id, *size));
                let extra = state.extra_index.iter().map(|(id, file)| (*id, file.len() as u32));
                Ok(known.chain(extra).collect())
            }
            _ => self.listed(tpe),
        }
    }

    fn read_full(&self, tpe: FileType, id: &Id) -> RusticResult<Bytes> {
        let at_hand = {
            let mut state = self.state();
            let extra = state.extra_index.as_ref().filter(|(extra, _)| extra == id);
            let extra = extra.map(|(_, file)| file.clone());
            match tpe {
                FileType::Config => state.config.clone(),
                _ => extra.or_else(|| state.ahead.remove(id)),
            }
        };
        match at_hand {
            Some(file) => Ok(file),
            None => self.recorded(self.fetch(tpe, id)),
        }
    }

    fn read_partial(
        &self,
        tpe: FileType,
        id: &Id,
        _cacheable: bool,
        offset: u32,
        length: u32,
    ) -> RusticResult<Bytes> {
        let at_hand = {
            let state = self.state();
            let whole = state.ahead.get(id).map(|file| (0, file.clone()));
            let mut before = state.parts.range((*id, 0)..=(*id, offset));
            whole.or_else(|| before.next_back().map(|((_, from), part)| (*from, part.clone())))
        };
        match at_hand.and_then(|(from, file)| slice(&file, from, offset, length)) {
            Some(part) => Ok(part),
            None if tpe == FileType::Pack => self.recorded(self.fetch_part(id, offset, length)),
            None => {
                let file = self.recorded(self.fetch(tpe, id))?;
                slice(&file, 0, offset, length)
                    .ok_or_else(|| self.fail(Failed::Damaged(altered(tpe, id))))
            }
        }
    }

    fn warmup_path(&self, tpe: FileType, id: &Id) -> String {
        key_of(tpe, id)
    }
}

fn slice(file: &Bytes, from: u32, offset: u32, length: u32) -> Option<Bytes> {
    let start = offset.checked_sub(from)? as usize;
    let end = start.checked_add(length as usize)?;
    (end <= file.len()).then(|| file.slice(start..end))
}

impl WriteBackend for Backend {
    fn write_bytes(
        &self,
        tpe: FileType,
        id: &Id,
        _cacheable: bool,
        content: BytesList,
    ) -> RusticResult<()> {
        self.may(tpe, Change::Write)?;
        let size = content.size();
        {
            let mut state = self.state();
            state.usage.requests += 1;
            state.usage.sent_bytes += size as u64;
        }
        let config = (tpe == FileType::Config).then(|| content.slice().concat().into());
        self.recorded(self.store.put(&key_of(tpe, id), content.into_vec()))?;
        let mut state = self.state();
        if config.is_some() {
            state.config = config;
        }
        if let (FileType::Index, Some(known)) = (tpe, &mut state.index) {
            known.insert(*id, size as u32);
        }
        Ok(())
    }

    fn remove(&self, tpe: FileType, id: &Id, _cacheable: bool) -> RusticResult<()> {
        self.may(tpe, Change::Remove)?;
        self.state().usage.requests += 1;
        self.recorded(self.store.delete(&key_of(tpe, id)))?;
        if let (FileType::Index, Some(known)) = (tpe, &mut self.state().index) {
            known.remove(id);
        }
        Ok(())
    }
}
