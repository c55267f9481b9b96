//! What pages have sent.

use std::collections::BTreeMap;

use async_trait::async_trait;
use domain::limits::UPLOAD_FORM_TTL;
use domain::{Timestamp, UploadKey};
use platform::{
    OpenError, Result, Unavailable, Upload, UploadBody, UploadForm, UploadForms, Uploads,
};

use crate::world::World;

/// A body comes in pieces, so that one can fail in its middle.
const PIECE_BYTES: usize = 65_536;

impl World {
    /// As a page does with the form that it was given.
    pub fn upload(&self, key: &UploadKey, bytes: &[u8]) {
        self.lock().uploads.insert(key.clone(), bytes.to_vec());
    }

    /// What the bucket's lifecycle does.
    pub fn expire_upload(&self, key: &UploadKey) {
        self.lock().uploads.remove(key);
    }
}

#[async_trait]
impl Uploads for World {
    async fn open(&self, key: &UploadKey) -> std::result::Result<Upload, OpenError> {
        let open = self.call("uploads.open", |state| {
            let bytes = state.uploads.get(key).ok_or(OpenError::NotFound)?;
            Ok((bytes.len() as u64, bytes.clone()))
        });
        let (size, rest) = open.await.map_err(|error: OpenError| error)?;
        Ok(Upload { size, body: Box::new(Body::new(self, rest)) })
    }
}

pub(crate) struct Body {
    world: World,
    rest: Vec<u8>,
}

impl Body {
    pub(crate) fn new(world: &World, rest: Vec<u8>) -> Self {
        Self { world: world.clone(), rest }
    }
}

#[async_trait]
impl UploadBody for Body {
    async fn chunk(&mut self) -> Result<Option<Vec<u8>>> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let read = self.world.call("uploads.read", |_| Ok::<_, Unavailable>(()));
        read.await?;
        let piece = self.rest.len().min(PIECE_BYTES);
        let rest = self.rest.split_off(piece);
        Ok(Some(std::mem::replace(&mut self.rest, rest)))
    }
}

#[async_trait]
impl UploadForms for World {
    async fn form(&self, key: &UploadKey, now: Timestamp) -> Result<UploadForm> {
        self.call("uploads.form", |_| {
            let fields = BTreeMap::from([("key".to_owned(), key.to_string())]);
            let url = "https://uploads.invalid/".to_owned();
            Ok(UploadForm { url, fields, expires_at: now + UPLOAD_FORM_TTL })
        })
        .await
    }
}
