//! One user's repository, opened. Blocking; one operation at a time.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use domain::limits::{SNAPSHOT_INDEX_MAX_AGE, SNAPSHOT_PACK_BYTES, SNAPSHOT_REQUESTS_AT_ONCE};
use rustic_core::{
    ConfigOptions, Credentials, FileType, Id, IndexedFullStatus, KeyOptions, OpenStatus,
    ReadBackend, RepositoryBackends, RepositoryOptions, RusticError,
};

use crate::backend::{Backend, Usage, id_in};
use crate::error::{Error, SaveError};
use crate::keys::RepositoryKeys;
use crate::list::Listed;
use crate::parallel::in_parallel;
use crate::store::{Object, ObjectStore, StoreError};

pub(crate) type Indexed = rustic_core::Repository<IndexedFullStatus>;

pub struct Repository {
    pub(crate) backend: Arc<Backend>,
    pub(crate) keys: RepositoryKeys,
    cache: Option<PathBuf>,
    /// This repository's part of the cache.
    cached: Option<PathBuf>,
    index: Option<Indexed>,
    /// When the store was last asked which files the index has.
    index_listed: Instant,
    /// What the next snapshot is compared with.
    pub(crate) parent: Option<Id>,
    /// The snapshot files of a listing that nobody has looked at yet.
    pub(crate) fresh: Option<BTreeMap<Id, u32>>,
    pub(crate) known: HashMap<Id, Listed>,
    lacks_key_file: bool,
}

impl Repository {
    /// `None` only if nothing is there, and the store said so: then it may be created. Without
    /// `cache` every look at a directory of a snapshot is a request.
    pub fn open(
        store: Arc<dyn ObjectStore>,
        keys: &RepositoryKeys,
        cache: Option<PathBuf>,
    ) -> Result<Option<Self>, Error> {
        let mut repository = Self::new(store, keys, cache);
        let objects = repository.backend.objects("")?;
        if !objects.iter().any(|object| object.key == CONFIG) {
            return nothing_but_a_beginning(&objects).map(|()| None);
        }
        let config = repository.backend.fetch(FileType::Config, &Id::default())?;
        repository.backend.set_config(Some(config));
        repository.backend.set_index(Some(files("index/", &objects)));
        repository.fresh = Some(files("snapshots/", &objects));
        repository.lacks_key_file = files("keys/", &objects).is_empty();
        repository.find_cache()?;
        Ok(Some(repository))
    }

    /// Where nothing is, or where a creation broke off.
    pub fn create(
        store: Arc<dyn ObjectStore>,
        keys: &RepositoryKeys,
        cache: Option<PathBuf>,
    ) -> Result<Self, Error> {
        let mut repository = match Self::open(store.clone(), keys, cache.clone())? {
            Some(repository) => repository,
            None => Self::initialize(store, keys, cache)?,
        };
        repository.complete()?;
        Ok(repository)
    }

    /// The config is what makes it a repository: before it everything may be done again.
    fn initialize(
        store: Arc<dyn ObjectStore>,
        keys: &RepositoryKeys,
        cache: Option<PathBuf>,
    ) -> Result<Self, Error> {
        let mut repository = Self::new(store, keys, cache);
        let (key, options) = (KeyOptions::default(), pack_sizes());
        repository
            .unopened()
            .and_then(|unopened| unopened.init(&repository.credentials(), &key, &options))
            .map_err(|error| repository.explain(error))?;
        repository.find_cache()?;
        repository.backend.set_index(Some(BTreeMap::new()));
        repository.fresh = Some(BTreeMap::new());
        repository.lacks_key_file = true;
        Ok(repository)
    }

    /// Opens it with our key, too.
    fn find_cache(&mut self) -> Result<(), Error> {
        let id = self.plain()?.config().id.into_inner().to_hex();
        self.cached = self.cache.as_ref().map(|cache| cache.join(&*id));
        Ok(())
    }

    /// The key file is for `restic`. We do without.
    pub(crate) fn complete(&mut self) -> Result<(), Error> {
        if self.lacks_key_file {
            self.add_key_file()?;
            self.lacks_key_file = false;
        }
        Ok(())
    }

    fn add_key_file(&self) -> Result<(), Error> {
        let options = KeyOptions::default().hostname(Some(HOST.to_owned()));
        let added = self.plain()?.add_key(&self.keys.password, &options);
        added.map(drop).map_err(|error| self.explain(error))
    }

    fn new(store: Arc<dyn ObjectStore>, keys: &RepositoryKeys, cache: Option<PathBuf>) -> Self {
        Self {
            backend: Arc::new(Backend::new(store)),
            keys: keys.clone(),
            cache,
            cached: None,
            index: None,
            index_listed: Instant::now(),
            parent: None,
            fresh: None,
            known: HashMap::new(),
            lacks_key_file: false,
        }
    }

    /// Of the last operation.
    pub fn usage(&self) -> Usage {
        self.backend.usage()
    }

    fn credentials(&self) -> Credentials {
        Credentials::Masterkey(self.keys.master.clone())
    }

    fn unopened(&self) -> Result<rustic_core::Repository<()>, Box<RusticError>> {
        let options = match &self.cache {
            Some(dir) => RepositoryOptions::default().cache_dir(dir.clone()),
            None => RepositoryOptions::default().no_cache(true),
        };
        let backends = RepositoryBackends::new(self.backend.clone(), None);
        rustic_core::Repository::new(&options, &backends)
    }

    /// Another operation than to list: what was listed at the opening is old news then.
    pub(crate) fn begin(&mut self) {
        self.fresh = None;
        self.backend.begin();
    }

    /// Costs no request: the config is in memory.
    pub(crate) fn plain(&self) -> Result<rustic_core::Repository<OpenStatus>, Error> {
        self.unopened()
            .and_then(|unopened| unopened.open(&self.credentials()))
            .map_err(|error| self.explain(error))
    }

    /// With the index, from memory if it is young enough.
    pub(crate) fn take_indexed(&mut self) -> Result<Indexed, Error> {
        if self.index_listed.elapsed() >= SNAPSHOT_INDEX_MAX_AGE {
            self.distrust_memory();
        }
        match self.index.take() {
            Some(indexed) => Ok(indexed),
            None => self.load_index(),
        }
    }

    pub(crate) fn keep_indexed(&mut self, indexed: Indexed) {
        self.index = Some(indexed);
    }

    /// What is in memory may differ from the store: look again.
    pub(crate) fn distrust_memory(&mut self) {
        self.index = None;
        self.index_listed = Instant::now();
        self.backend.set_index(None);
        self.backend.forget_ahead();
    }

    pub(crate) fn load_index(&self) -> Result<Indexed, Error> {
        self.fetch_index()?;
        let indexed = self.plain()?.to_indexed().map_err(|error| self.explain(error));
        self.backend.forget_ahead();
        indexed
    }

    /// Index files may be replaced by others between the list and the look at them.
    pub(crate) fn fetch_index(&self) -> Result<(), Error> {
        for _ in 0..INDEX_LOOKS {
            let listed = self
                .backend
                .list_with_size(FileType::Index)
                .map_err(|error| self.explain(error))?;
            match self.fetch_ahead(FileType::Index, &listed) {
                Ok(()) => return Ok(()),
                Err(StoreError::NotFound(_)) => self.backend.set_index(None),
                Err(error) => return Err(error.into()),
            }
        }
        Err(Error::Damaged("a file of the index is gone, or not what was written".into()))
    }

    /// Those that are not at hand.
    pub(crate) fn fetch_ahead(&self, tpe: FileType, ids: &[(Id, u32)]) -> Result<(), StoreError> {
        let at_hand = |id: &Id| self.backend.has(id) || self.is_cached(tpe, id);
        let missing: Vec<Id> = ids.iter().map(|(id, _)| *id).filter(|id| !at_hand(id)).collect();
        let fetched = in_parallel(&missing, SNAPSHOT_REQUESTS_AT_ONCE, |id| {
            self.backend.fetch(tpe, id).map(|file| self.backend.put_ahead(*id, file))
        });
        fetched.into_iter().collect()
    }

    /// As rustic lays out its cache.
    pub(crate) fn is_cached(&self, tpe: FileType, id: &Id) -> bool {
        let Some(cached) = &self.cached else { return false };
        let hex = id.to_hex();
        cached.join(tpe.dirname()).join(&hex[..2]).join(&*hex).is_file()
    }

    /// The first error of the store in this operation, or rustic's own: then the store answered,
    /// and the answer made no sense.
    pub(crate) fn explain(&self, error: Box<RusticError>) -> Error {
        match self.explain_save(error) {
            SaveError::Repository(error) => error,
            other => Error::Broken(other.to_string()),
        }
    }

    #[expect(clippy::boxed_local, reason = "rustic's errors come in boxes")]
    pub(crate) fn explain_save(&self, error: Box<RusticError>) -> SaveError {
        match self.backend.take_failed() {
            Some(failed) => failed.into_save_error(),
            None => SaveError::Repository(Error::Damaged(error.display_log())),
        }
    }
}

const CONFIG: &str = "config";
/// In a snapshot, and in a key file: tasks have no names of their own.
pub(crate) const HOST: &str = "openclaw";
const INDEX_LOOKS: usize = 3;

pub(crate) fn files(prefix: &str, objects: &[Object]) -> BTreeMap<Id, u32> {
    let inside = objects.iter().filter(|object| object.key.starts_with(prefix));
    let named = |object: &Object| Some((id_in(&object.key)?, u32::try_from(object.size).ok()?));
    inside.filter_map(named).collect()
}

fn nothing_but_a_beginning(objects: &[Object]) -> Result<(), Error> {
    let holds = |object: &&Object| {
        ["data/", "index/", "snapshots/"].iter().any(|dir| object.key.starts_with(dir))
    };
    match objects.iter().find(holds) {
        None => Ok(()),
        Some(object) => {
            Err(Error::Damaged(format!("there is no `{CONFIG}`, but there is {}", object.key)))
        }
    }
}

/// No growth: what is in memory at once must not depend on how much has been saved.
fn pack_sizes() -> ConfigOptions {
    let mut options = ConfigOptions::default();
    options.set_datapack_size = format!("{SNAPSHOT_PACK_BYTES} B").parse().ok();
    options.set_datapack_growfactor = Some(0);
    options.set_treepack_growfactor = Some(0);
    options
}
