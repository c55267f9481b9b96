//! Texts too long for a row lie in the data bucket, under `texts/<userId>/`.

use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::ByteStream;
use domain::UserId;
use domain::limits::INLINE_TEXT_MAX_BYTES;
use platform::{Result, Unavailable};

use crate::aws::Aws;
use crate::config::{Bucket, ConfigError, Lookup};
use crate::row::{Malformed, Row, text};

const INLINE: &str = "text";
const SPILLED: &str = "textKey";

#[derive(Clone)]
pub struct Texts {
    s3: Client,
    bucket: String,
}

/// Where a text went.
pub(crate) enum Stored {
    Inline(String),
    Spilled(String),
}

impl Stored {
    pub(crate) fn attribute(self) -> (&'static str, AttributeValue) {
        match self {
            Stored::Inline(words) => (INLINE, text(words)),
            Stored::Spilled(key) => (SPILLED, text(key)),
        }
    }

    pub(crate) fn read(row: Row<'_>) -> std::result::Result<Self, Malformed> {
        match row.text_if_any(SPILLED)? {
            Some(key) => Ok(Self::Spilled(key.to_owned())),
            None => Ok(Self::Inline(row.text(INLINE)?.to_owned())),
        }
    }
}

impl Texts {
    pub fn new(s3: Client, bucket: &Bucket) -> Self {
        Self { s3, bucket: bucket.name.clone() }
    }

    pub fn from_lookup(aws: &Aws, lookup: Lookup<'_>) -> std::result::Result<Self, ConfigError> {
        Ok(Self::new(aws.s3(), &Bucket::from_lookup(lookup)?))
    }

    pub(crate) async fn store(&self, user: &UserId, name: &str, text: &str) -> Result<Stored> {
        if text.len() <= INLINE_TEXT_MAX_BYTES {
            return Ok(Stored::Inline(text.to_owned()));
        }
        let key = format!("texts/{user}/{name}");
        let request = self.s3.put_object().bucket(&self.bucket).key(&key);
        let request = request.content_type("text/plain; charset=utf-8");
        let body = ByteStream::from(text.as_bytes().to_vec());
        let done = request.body(body).send().await;
        done.map_err(|error| Unavailable::new("texts.store", error))?;
        Ok(Stored::Spilled(key))
    }

    pub(crate) async fn load(&self, stored: Stored) -> Result<String> {
        const OPERATION: &str = "texts.load";
        let key = match stored {
            Stored::Inline(text) => return Ok(text),
            Stored::Spilled(key) => key,
        };
        let request = self.s3.get_object().bucket(&self.bucket).key(key);
        let object = request.send().await.map_err(|error| Unavailable::new(OPERATION, error))?;
        let bytes =
            object.body.collect().await.map_err(|error| Unavailable::new(OPERATION, error))?;
        String::from_utf8(bytes.to_vec()).map_err(|error| Unavailable::new(OPERATION, error))
    }

    /// An inline text goes with its row. One that is not there does not matter.
    pub(crate) async fn delete(&self, stored: &Stored) -> Result<()> {
        let Stored::Spilled(key) = stored else {
            return Ok(());
        };
        let request = self.s3.delete_object().bucket(&self.bucket).key(key);
        request.send().await.map_err(|error| Unavailable::new("texts.delete", error))?;
        Ok(())
    }
}
