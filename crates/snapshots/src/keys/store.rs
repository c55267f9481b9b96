//! Records in the bucket. Every write is conditional, so that whoever comes second learns of it.

use std::sync::Arc;

use aws_sdk_s3::Client;
use aws_sdk_s3::error::ProvideErrorMetadata;
use aws_sdk_s3::operation::get_object::GetObjectError;
use aws_sdk_s3::primitives::ByteStream;
use domain::{Timestamp, UserId};

use super::error::said;
use super::record::{Record, from_plain, to_plain};
use super::{KeyError, RepositoryKeys, Wrapped, Wrapper};

const PREFIX: &str = "snapshot-keys/";

/// Whoever loses a race so often in a row has another problem.
const ATTEMPTS: usize = 4;

#[derive(Clone)]
pub struct KeyStore {
    s3: Client,
    bucket: String,
    wrapper: Arc<dyn Wrapper>,
}

/// Keys as they were read, to be replaced only as such.
#[derive(Clone, Debug)]
pub struct Loaded {
    pub keys: RepositoryKeys,
    stored: Stored,
}

#[derive(Clone, Debug)]
struct Stored {
    record: Record,
    etag: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rewrapped {
    Moved,
    /// The newest wrapping key has them already.
    AlreadyThere,
}

enum Condition<'a> {
    New,
    Replaces(&'a str),
}

#[derive(PartialEq, Eq)]
enum Put {
    Done,
    /// Somebody else wrote first, or our own first try did and its answer was lost.
    Refused,
}

impl KeyStore {
    pub fn new(s3: Client, bucket: impl Into<String>, wrapper: Arc<dyn Wrapper>) -> Self {
        Self { s3, bucket: bucket.into(), wrapper }
    }

    /// `None` only if the bucket says that there is no record.
    pub async fn load(&self, user: &UserId) -> Result<Option<RepositoryKeys>, KeyError> {
        Ok(self.load_to_replace(user).await?.map(|loaded| loaded.keys))
    }

    pub async fn load_to_replace(&self, user: &UserId) -> Result<Option<Loaded>, KeyError> {
        let Some(stored) = self.read(user).await? else { return Ok(None) };
        let plain = self.unwrap(user, &stored.record).await?;
        Ok(Some(Loaded { keys: from_plain(user, &plain)?, stored }))
    }

    /// Creators agree: all but the first read what the first one made.
    pub async fn load_or_create(
        &self,
        user: &UserId,
        now: Timestamp,
    ) -> Result<RepositoryKeys, KeyError> {
        for _ in 0..ATTEMPTS {
            if let Some(keys) = self.load(user).await? {
                return Ok(keys);
            }
            if self.has_repository(user).await? {
                // Unless somebody made both just now, new keys would open nothing (I9).
                let lost = || KeyError::Lost { user: user.clone(), object: object(user) };
                return self.load(user).await?.ok_or_else(lost);
            }
            let keys = RepositoryKeys::generate();
            let wrapped = self.wrap(user, &to_plain(&keys)).await?;
            let record = Record::new(self.wrapper.name(), &wrapped, now);
            if self.put(user, &record, Condition::New).await? == Put::Done {
                return Ok(keys);
            }
        }
        Err(KeyError::Replaced(user.clone()))
    }

    /// The same keys under the newest wrapping key.
    pub async fn rewrap(&self, user: &UserId) -> Result<Rewrapped, KeyError> {
        for _ in 0..ATTEMPTS {
            let stored = self.read(user).await?;
            let stored = stored.ok_or_else(|| KeyError::Missing(user.clone()))?;
            let plain = self.unwrap(user, &stored.record).await?;
            from_plain(user, &plain)?;
            let wrapped = self.wrap(user, &plain).await?;
            if wrapped.key_id == stored.record.key_id {
                return Ok(Rewrapped::AlreadyThere);
            }
            let record = Record::new(self.wrapper.name(), &wrapped, stored.record.created_at);
            let put = self.put(user, &record, Condition::Replaces(&stored.etag)).await?;
            if put == Put::Done || self.holds(user, &record).await? {
                return Ok(Rewrapped::Moved);
            }
        }
        Err(KeyError::Replaced(user.clone()))
    }

    /// `Replaced`: for certain not done. `Unavailable`: it may have been done.
    pub async fn replace(
        &self,
        user: &UserId,
        loaded: &Loaded,
        keys: &RepositoryKeys,
    ) -> Result<(), KeyError> {
        let wrapped = self.wrap(user, &to_plain(keys)).await?;
        let created_at = loaded.stored.record.created_at;
        let record = Record::new(self.wrapper.name(), &wrapped, created_at);
        let put = self.put(user, &record, Condition::Replaces(&loaded.stored.etag)).await?;
        if put == Put::Done || self.holds(user, &record).await? {
            return Ok(());
        }
        Err(KeyError::Replaced(user.clone()))
    }

    /// All who have keys.
    pub async fn users(&self) -> Result<Vec<UserId>, KeyError> {
        let mut pages =
            self.s3.list_objects_v2().bucket(&self.bucket).prefix(PREFIX).into_paginator().send();
        let mut users = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| KeyError::Unlisted(said(error)))?;
            for key in page.contents().iter().filter_map(|object| object.key()) {
                users.push(user_of(key).ok_or_else(|| {
                    KeyError::Unlisted(format!("the object {key} is not a user's keys").into())
                })?);
            }
        }
        Ok(users)
    }

    async fn read(&self, user: &UserId) -> Result<Option<Stored>, KeyError> {
        const WHAT: &str = "read";
        let request = self.s3.get_object().bucket(&self.bucket).key(object(user));
        let found = match request.send().await {
            Ok(found) => found,
            Err(error) if error.as_service_error().is_some_and(GetObjectError::is_no_such_key) => {
                return Ok(None);
            }
            Err(error) => return Err(KeyError::of_s3(WHAT, user, error)),
        };
        let no_etag = || KeyError::unavailable(WHAT, user, "the answer has no ETag");
        let etag = found.e_tag.ok_or_else(no_etag)?;
        let body = found.body.collect().await;
        let body = body.map_err(|error| KeyError::unavailable(WHAT, user, error))?;
        Ok(Some(Stored { record: Record::parse(user, &body.to_vec())?, etag }))
    }

    async fn unwrap(&self, user: &UserId, record: &Record) -> Result<Vec<u8>, KeyError> {
        if record.wrapper != self.wrapper.name() {
            let (theirs, ours) = (&record.wrapper, self.wrapper.name());
            let why = format!(
                "they are wrapped by `{theirs}`, and this program is set up for `{ours}` \
                 (SNAPSHOT_KEY_ID means `kms`, SNAPSHOT_KEY_FILE means `file`)"
            );
            return Err(KeyError::unusable(user, why));
        }
        self.wrapper.unwrap(user, &record.wrapped(user)?).await
    }

    /// Proven to come back before anything rests on it: a role may encrypt and not decrypt.
    async fn wrap(&self, user: &UserId, plain: &[u8]) -> Result<Wrapped, KeyError> {
        let wrapped = self.wrapper.wrap(user, plain).await?;
        match self.wrapper.unwrap(user, &wrapped).await? == plain {
            true => Ok(wrapped),
            false => Err(KeyError::unusable(user, "what was wrapped comes back changed")),
        }
    }

    /// Whether it is our own write that refuses our second try.
    async fn holds(&self, user: &UserId, record: &Record) -> Result<bool, KeyError> {
        Ok(self.read(user).await?.is_some_and(|stored| stored.record == *record))
    }

    async fn put(
        &self,
        user: &UserId,
        record: &Record,
        condition: Condition<'_>,
    ) -> Result<Put, KeyError> {
        let request = self.s3.put_object().bucket(&self.bucket).key(object(user));
        let request = match condition {
            Condition::New => request.if_none_match("*"),
            Condition::Replaces(etag) => request.if_match(etag),
        };
        let request = request.content_type("application/json");
        match request.body(ByteStream::from(record.to_json())).send().await {
            Ok(_) => Ok(Put::Done),
            Err(error) => match error.code() {
                // The last one: what we would replace was removed.
                Some("PreconditionFailed" | "ConditionalRequestConflict" | "NoSuchKey") => {
                    Ok(Put::Refused)
                }
                _ => Err(KeyError::of_s3("write", user, error)),
            },
        }
    }

    /// Whether anything lies where his repository would be.
    pub async fn has_repository(&self, user: &UserId) -> Result<bool, KeyError> {
        let request = self.s3.list_objects_v2().bucket(&self.bucket);
        let request = request.prefix(format!("snapshots/{user}/")).max_keys(1);
        let page = request.send().await;
        let page = page.map_err(|error| KeyError::of_s3("look for what needs", user, error))?;
        Ok(!page.contents().is_empty())
    }
}

fn object(user: &UserId) -> String {
    format!("{PREFIX}{user}.json")
}

fn user_of(key: &str) -> Option<UserId> {
    UserId::new(key.strip_prefix(PREFIX)?.strip_suffix(".json")?).ok()
}
