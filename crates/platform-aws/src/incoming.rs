//! What users send into their workspaces, under `incoming/<userId>/` of the data bucket.

use async_trait::async_trait;
use aws_sdk_s3::Client;
use domain::{IncomingKey, UserId};
use platform::{IncomingFiles, OpenError, Result, Unavailable, Upload};

use crate::aws::Aws;
use crate::config::{Bucket, ConfigError, Lookup};
use crate::uploads::open_object;

pub struct S3Incoming {
    s3: Client,
    bucket: String,
}

impl S3Incoming {
    pub fn new(s3: Client, bucket: &Bucket) -> Self {
        Self { s3, bucket: bucket.name.clone() }
    }

    pub fn from_lookup(aws: &Aws, lookup: Lookup<'_>) -> std::result::Result<Self, ConfigError> {
        Ok(Self::new(aws.s3(), &Bucket::from_lookup(lookup)?))
    }
}

#[async_trait]
impl IncomingFiles for S3Incoming {
    async fn list(&self, user: &UserId) -> Result<Vec<IncomingKey>> {
        let request = self.s3.list_objects_v2().bucket(&self.bucket);
        let mut pages = request.prefix(IncomingKey::prefix(user)).into_paginator().send();
        let mut incoming = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| Unavailable::new("incoming.list", error))?;
            let keys = page.contents().iter().filter_map(|object| object.key());
            // Whoever puts other objects there has not come by a form.
            incoming.extend(keys.filter_map(IncomingKey::parse));
        }
        Ok(incoming)
    }

    async fn open(&self, key: &IncomingKey) -> std::result::Result<Upload, OpenError> {
        open_object(&self.s3, &self.bucket, key.to_string(), "incoming.open").await
    }

    async fn remove(&self, key: &IncomingKey) -> Result<()> {
        let request = self.s3.delete_object().bucket(&self.bucket).key(key.to_string());
        let done = request.send().await;
        done.map(drop).map_err(|error| Unavailable::new("incoming.remove", error))
    }
}
