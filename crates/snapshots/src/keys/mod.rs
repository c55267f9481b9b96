//! The keys of users' repositories: one record per user in the data bucket, wrapped by a key
//! that is not in the bucket.
//!
//! A record that cannot be read is an error, never a reason to make a new one (I9): what the old
//! keys encrypted would be lost.

mod config;
mod error;
mod key_ring;
mod kms;
mod local_file;
mod parameter;
mod record;
mod rotate;
mod store;

use std::fmt;

use async_trait::async_trait;
use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use data_encoding::BASE64URL_NOPAD;
use domain::UserId;
use rustic_core::repofile::MasterKey;

pub use config::{Wrapping, WrappingError};
pub use error::KeyError;
pub use kms::Kms;
pub use local_file::{KeyFileError, LocalKeyFile};
pub use parameter::KeyParameter;
pub use rotate::RotateError;
pub use store::{KeyStore, Loaded, Rewrapped};

/// What opens one user's repository.
#[derive(Clone)]
pub struct RepositoryKeys {
    /// For restic: opens a key file of the repository, which holds the master key.
    pub password: String,
    /// All data of the repository is encrypted with it, for as long as the repository lives.
    pub master: MasterKey,
}

impl RepositoryKeys {
    pub fn generate() -> Self {
        Self { password: new_password(), master: MasterKey::new() }
    }

    /// For the same data.
    pub fn with_new_password(&self) -> Self {
        Self { password: new_password(), master: self.master.clone() }
    }
}

impl fmt::Debug for RepositoryKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RepositoryKeys").finish_non_exhaustive()
    }
}

/// Encrypts keys with a key of its own. What is wrapped for one user cannot be unwrapped for
/// another, so records cannot be swapped in the bucket.
#[async_trait]
pub trait Wrapper: Send + Sync {
    /// As in a record.
    fn name(&self) -> &'static str;

    async fn wrap(&self, user: &UserId, plain: &[u8]) -> Result<Wrapped, KeyError>;

    async fn unwrap(&self, user: &UserId, wrapped: &Wrapped) -> Result<Vec<u8>, KeyError>;
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrapped {
    /// Of the wrapping key.
    pub key_id: String,
    pub ciphertext: Vec<u8>,
}

/// 256 bits: nobody guesses it, whatever key derivation stands before it.
fn new_password() -> String {
    BASE64URL_NOPAD.encode(&random::<32>())
}

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).expect("the system has randomness");
    bytes
}
