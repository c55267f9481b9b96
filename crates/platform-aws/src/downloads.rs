//! Files that their user fetches, under `downloads/<userId>/` of the data bucket. The bucket's
//! lifecycle removes them; an address that we have signed is good for minutes.

use std::time::SystemTime;

use async_trait::async_trait;
use aws_sdk_s3::Client;
use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};
use domain::limits::DOWNLOAD_URL_TTL;
use domain::{DownloadKey, Timestamp};
use platform::{DownloadUrl, Downloads, Result, Unavailable, Upload};

use crate::aws::Aws;
use crate::config::{Bucket, ConfigError, Lookup};

pub struct S3Downloads {
    s3: Client,
    bucket: String,
}

const PUT: &str = "downloads.put";

/// What is in memory of a file. A part of a multipart upload has 5 MiB at least.
const PART_BYTES: usize = 8 * 1_048_576;

impl S3Downloads {
    pub fn new(s3: Client, bucket: &Bucket) -> Self {
        Self { s3, bucket: bucket.name.clone() }
    }

    pub fn from_lookup(aws: &Aws, lookup: Lookup<'_>) -> std::result::Result<Self, ConfigError> {
        Ok(Self::new(aws.s3(), &Bucket::from_lookup(lookup)?))
    }

    async fn put_at_once(&self, key: &DownloadKey, content: Vec<u8>) -> Result<()> {
        let request = self.s3.put_object().bucket(&self.bucket).key(key.to_string());
        let request = request.content_type(KIND).content_disposition(disposition(key));
        let done = request.body(ByteStream::from(content)).send().await;
        done.map(drop).map_err(|error| Unavailable::new(PUT, error))
    }

    async fn put_in_parts(&self, key: &DownloadKey, parts: Parts) -> Result<()> {
        let request = self.s3.create_multipart_upload().bucket(&self.bucket).key(key.to_string());
        let request = request.content_type(KIND).content_disposition(disposition(key));
        let begun = request.send().await.map_err(|error| Unavailable::new(PUT, error))?;
        let id = begun.upload_id.ok_or_else(|| Unavailable::new(PUT, "the upload has no id"))?;
        let done = self.send_parts(key, &id, parts).await;
        if done.is_err() {
            // What stays of it the bucket's lifecycle removes.
            let request = self.s3.abort_multipart_upload().bucket(&self.bucket);
            let _ = request.key(key.to_string()).upload_id(&id).send().await;
        }
        done
    }

    async fn send_parts(&self, key: &DownloadKey, id: &str, mut parts: Parts) -> Result<()> {
        let mut sent = Vec::new();
        while let Some(part) = parts.next().await? {
            let number = i32::try_from(sent.len() + 1).unwrap_or(i32::MAX);
            let request = self.s3.upload_part().bucket(&self.bucket).key(key.to_string());
            let request = request.upload_id(id).part_number(number).body(ByteStream::from(part));
            let done = request.send().await.map_err(|error| Unavailable::new(PUT, error))?;
            let part = CompletedPart::builder().part_number(number).set_e_tag(done.e_tag);
            sent.push(part.build());
        }
        let parts = CompletedMultipartUpload::builder().set_parts(Some(sent)).build();
        let request = self.s3.complete_multipart_upload().bucket(&self.bucket);
        let request = request.key(key.to_string()).upload_id(id).multipart_upload(parts);
        let done = request.send().await;
        done.map(drop).map_err(|error| Unavailable::new(PUT, error))
    }
}

#[async_trait]
impl Downloads for S3Downloads {
    async fn put(&self, key: &DownloadKey, file: Upload) -> Result<()> {
        let is_small = file.size <= PART_BYTES as u64;
        let mut parts = Parts { left: file.size, file, rest: Vec::new() };
        if is_small {
            let content = parts.next().await?.unwrap_or_default();
            return self.put_at_once(key, content).await;
        }
        self.put_in_parts(key, parts).await
    }

    async fn url(&self, key: &DownloadKey, now: Timestamp) -> Result<DownloadUrl> {
        const OPERATION: &str = "downloads.url";
        let start = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(now.epoch_seconds());
        let config = PresigningConfig::builder().start_time(start).expires_in(DOWNLOAD_URL_TTL);
        let config = config.build().map_err(|error| Unavailable::new(OPERATION, error))?;
        let request = self.s3.get_object().bucket(&self.bucket).key(key.to_string());
        let signed = request.presigned(config).await;
        let signed = signed.map_err(|error| Unavailable::new(OPERATION, error))?;
        let expires_at = Timestamp(now.epoch_seconds() * 1_000) + DOWNLOAD_URL_TTL;
        Ok(DownloadUrl { url: signed.uri().to_owned(), expires_at })
    }
}

/// A file in pieces of [`PART_BYTES`], the last one shorter.
struct Parts {
    file: Upload,
    left: u64,
    rest: Vec<u8>,
}

impl Parts {
    /// `None` at the end, which is where the file said that it is.
    async fn next(&mut self) -> Result<Option<Vec<u8>>> {
        while self.rest.len() < PART_BYTES {
            let Some(chunk) = self.file.body.chunk().await? else { break };
            let left = self.left.checked_sub(chunk.len() as u64);
            self.left = left.ok_or_else(|| Unavailable::new(PUT, "the file grew"))?;
            self.rest.extend(chunk);
        }
        if self.rest.len() < PART_BYTES && self.left > 0 {
            return Err(Unavailable::new(PUT, "the file ended early"));
        }
        let more = self.rest.split_off(self.rest.len().min(PART_BYTES));
        let part = std::mem::replace(&mut self.rest, more);
        Ok((!part.is_empty()).then_some(part))
    }
}

/// Nothing that a browser shows, whatever is in it.
const KIND: &str = "application/octet-stream";

/// RFC 6266: the plain name for those who know no better, and the whole one.
fn disposition(key: &DownloadKey) -> String {
    let name = key.name.as_str();
    let known = |c: char| c.is_ascii_alphanumeric() || "-_.() ".contains(c);
    let plain: String = name.chars().map(|c| if known(c) { c } else { '_' }).collect();
    let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    let whole: String = name
        .bytes()
        .map(|byte| match unreserved(byte) {
            true => char::from(byte).to_string(),
            false => format!("%{byte:02X}"),
        })
        .collect();
    format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{whole}")
}

#[cfg(test)]
mod tests {
    use domain::{FileName, UploadId, UserId};

    use super::*;

    #[test]
    fn a_browser_saves_a_file_under_its_name_and_nothing_else() {
        let key = |name| DownloadKey {
            user: UserId::new("ana").expect("valid"),
            id: UploadId::new("1").expect("valid"),
            name: FileName::near(name).expect("visible"),
        };
        let plain = disposition(&key("a b.pdf"));
        assert_eq!(plain, "attachment; filename=\"a b.pdf\"; filename*=UTF-8''a%20b.pdf");
        let odd = disposition(&key("é\"; x=%y.txt"));
        let expected = "attachment; filename=\"___ x__y.txt\"; \
                        filename*=UTF-8''%C3%A9%22%3B%20x%3D%25y.txt";
        assert_eq!(odd, expected);
    }
}
