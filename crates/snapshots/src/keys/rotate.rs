//! A new password for a user's repository. The data stays under the repository's master key:
//! restic's format has no way to change that one.
//!
//! The order: a key file for the new password, the record, the old key files away. Wherever it
//! breaks off, the password in the record opens the repository; the next rotation removes what
//! was left behind.

use std::collections::BTreeSet;
use std::sync::Arc;

use domain::UserId;
use rustic_core::KeyOptions;
use rustic_core::repofile::KeyId;

use super::{KeyError, KeyStore, RepositoryKeys};
use crate::error::Error;
use crate::repository::{HOST, Repository};
use crate::store::ObjectStore;

#[derive(Debug, thiserror::Error)]
pub enum RotateError {
    #[error(transparent)]
    Keys(#[from] KeyError),
    #[error(transparent)]
    Repository(#[from] Error),
    #[error("user `{0}` has no snapshots yet, so there is nothing that a password opens")]
    NoRepository(UserId),
    #[error("the password is new, but old ones may still open the repository: rotate again")]
    OldRemain(#[source] Error),
}

impl KeyStore {
    /// Returns how many key files were removed. Two at once: one of them is `Replaced`.
    pub async fn rotate_password(
        &self,
        user: &UserId,
        objects: Arc<dyn ObjectStore>,
    ) -> Result<usize, RotateError> {
        let loaded = self.load_to_replace(user).await?;
        let loaded = loaded.ok_or_else(|| KeyError::Missing(user.clone()))?;
        let new = loaded.keys.with_new_password();
        let keys = new.clone();
        let added = blocking(move || KeyFiles::add(objects, &keys)).await?;
        let Some(files) = added else { return Err(RotateError::NoRepository(user.clone())) };
        match self.replace(user, &loaded, &new).await {
            Ok(()) => blocking(|| files.remove_old()).await.map_err(RotateError::OldRemain),
            Err(error @ KeyError::Replaced(_)) => {
                // Nobody will ever know its password. If it stays, it opens for nobody.
                let _ = blocking(|| files.remove_added()).await;
                Err(error.into())
            }
            // Which password the record has is not known: both key files stay.
            Err(error) => Err(error.into()),
        }
    }
}

struct KeyFiles {
    repository: Repository,
    old: BTreeSet<KeyId>,
    added: KeyId,
}

impl KeyFiles {
    /// `old` is what was there before ours, and after the record was read: nothing in it can be
    /// the record's own by the time the record is replaced.
    fn add(objects: Arc<dyn ObjectStore>, keys: &RepositoryKeys) -> Result<Option<Self>, Error> {
        let Some(repository) = Repository::open(objects, keys, None)? else { return Ok(None) };
        let plain = repository.plain()?;
        let explain = |error| repository.explain(error);
        let old = plain.list::<KeyId>().map_err(explain)?.collect();
        let options = KeyOptions::default().hostname(Some(HOST.to_owned()));
        let added = plain.add_key(&keys.password, &options).map_err(explain)?;
        Ok(Some(Self { repository, old, added }))
    }

    fn remove_old(self) -> Result<usize, Error> {
        self.old.iter().try_for_each(|id| self.remove(id))?;
        Ok(self.old.len())
    }

    fn remove_added(self) -> Result<(), Error> {
        self.remove(&self.added)
    }

    fn remove(&self, id: &KeyId) -> Result<(), Error> {
        let removed = self.repository.plain()?.delete_key(id);
        removed.map_err(|error| self.repository.explain(error))
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|error| Err(Error::Broken(error.to_string())))
}
