//! Exports in the data bucket, under `exports/<userId>/`, sent in parts.

use async_trait::async_trait;
use aws_sdk_s3::Client;
use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};
use domain::limits::EXPORT_LINK_TTL;
use domain::{Place, Timestamp, UserId};
use platform::{ExportLink, ExportWriter, Exports, Result, Unavailable};

use crate::aws::Aws;
use crate::config::{Bucket, ConfigError, Lookup};

pub struct S3Exports {
    s3: Client,
    bucket: String,
}

impl S3Exports {
    pub fn new(s3: Client, bucket: &Bucket) -> Self {
        Self { s3, bucket: bucket.name.clone() }
    }

    pub fn from_lookup(aws: &Aws, lookup: Lookup<'_>) -> std::result::Result<Self, ConfigError> {
        Ok(Self::new(aws.s3(), &Bucket::from_lookup(lookup)?))
    }
}

#[async_trait]
impl Exports for S3Exports {
    async fn begin(&self, user: &UserId, name: &str) -> Result<Box<dyn ExportWriter>> {
        const OPERATION: &str = "exports.begin";
        let key = key(user, name);
        let request = self.s3.create_multipart_upload().bucket(&self.bucket).key(&key);
        let request = request.content_type("application/zip");
        let begun = request.content_disposition("attachment; filename=\"openclaw-export.zip\"");
        let begun = begun.send().await.map_err(|error| Unavailable::new(OPERATION, error))?;
        let id = begun.upload_id.ok_or_else(|| Unavailable::new(OPERATION, "it has no id"))?;
        let (s3, bucket) = (self.s3.clone(), self.bucket.clone());
        Ok(Box::new(Parts { s3, bucket, key, id, parts: Vec::new() }))
    }

    async fn link(&self, user: &UserId, name: &str, now: Timestamp) -> Result<ExportLink> {
        const OPERATION: &str = "exports.link";
        let since = std::time::UNIX_EPOCH + std::time::Duration::from_millis(now.millis());
        let config = PresigningConfig::builder().start_time(since).expires_in(EXPORT_LINK_TTL);
        let config = config.build().map_err(|error| Unavailable::new(OPERATION, error))?;
        let request = self.s3.get_object().bucket(&self.bucket).key(key(user, name));
        let signed = request.presigned(config).await;
        let signed = signed.map_err(|error| Unavailable::new(OPERATION, error))?;
        Ok(ExportLink { url: signed.uri().to_owned(), expires_at: now + EXPORT_LINK_TTL })
    }
}

struct Parts {
    s3: Client,
    bucket: String,
    key: String,
    id: String,
    parts: Vec<CompletedPart>,
}

#[async_trait]
impl ExportWriter for Parts {
    async fn part(&mut self, bytes: Vec<u8>) -> Result<()> {
        let number = i32::try_from(self.parts.len() + 1).unwrap_or(i32::MAX);
        let request = self.s3.upload_part().bucket(&self.bucket).key(&self.key);
        let request = request.upload_id(&self.id).part_number(number);
        let sent = request.body(ByteStream::from(bytes)).send().await;
        let sent = sent.map_err(|error| Unavailable::new("exports.part", error))?;
        let part = CompletedPart::builder().part_number(number).set_e_tag(sent.e_tag);
        self.parts.push(part.build());
        Ok(())
    }

    async fn finish(&mut self) -> Result<()> {
        let parts = CompletedMultipartUpload::builder().set_parts(Some(self.parts.clone()));
        let request = self.s3.complete_multipart_upload().bucket(&self.bucket).key(&self.key);
        let request = request.upload_id(&self.id).multipart_upload(parts.build());
        let done = request.send().await;
        done.map(drop).map_err(|error| Unavailable::new("exports.finish", error))
    }

    async fn abandon(&mut self) -> Result<()> {
        let request = self.s3.abort_multipart_upload().bucket(&self.bucket).key(&self.key);
        let done = request.upload_id(&self.id).send().await;
        done.map(drop).map_err(|error| Unavailable::new("exports.abandon", error))
    }
}

fn key(user: &UserId, name: &str) -> String {
    let prefix = Place::Exports.prefix(user).expect("exports are objects");
    format!("{prefix}{name}.zip")
}
