//! Uploads in the data bucket, under `uploads/<userId>/`. A page posts a file with a form that we
//! have signed, so the bytes pass by no Lambda and no credentials leave us.

use std::collections::BTreeMap;
use std::time::SystemTime;

use async_trait::async_trait;
use aws_credential_types::Credentials;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::ByteStream;
use aws_sigv4::sign::v4::{calculate_signature, generate_signing_key};
use aws_smithy_types::date_time::Format;
use data_encoding::BASE64;
use domain::limits::{UPLOAD_FORM_TTL, UPLOAD_MAX_BYTES};
use domain::{IncomingKey, Timestamp, UploadKey};
use platform::{
    IncomingForms, OpenError, Result, Unavailable, Upload, UploadBody, UploadForm, UploadForms,
    Uploads,
};
use serde_json::{Value, json};

use crate::aws::Aws;
use crate::config::{Access, Bucket, ConfigError, Lookup};

/// Reads them, in the bridge.
pub struct S3Uploads {
    s3: Client,
    bucket: String,
}

impl S3Uploads {
    pub fn new(s3: Client, bucket: &Bucket) -> Self {
        Self { s3, bucket: bucket.name.clone() }
    }

    pub fn from_lookup(aws: &Aws, lookup: Lookup<'_>) -> std::result::Result<Self, ConfigError> {
        Ok(Self::new(aws.s3(), &Bucket::from_lookup(lookup)?))
    }
}

#[async_trait]
impl Uploads for S3Uploads {
    async fn open(&self, key: &UploadKey) -> std::result::Result<Upload, OpenError> {
        open_object(&self.s3, &self.bucket, key.to_string(), "uploads.open").await
    }
}

pub(crate) async fn open_object(
    s3: &Client,
    bucket: &str,
    key: String,
    operation: &'static str,
) -> std::result::Result<Upload, OpenError> {
    let object = match s3.get_object().bucket(bucket).key(key).send().await {
        Ok(object) => object,
        // And nothing else that answers 404: a bucket that is not there has lost no upload.
        Err(error) if error.as_service_error().is_some_and(|error| error.is_no_such_key()) => {
            return Err(OpenError::NotFound);
        }
        Err(error) => return Err(Unavailable::new(operation, error).into()),
    };
    let size = object.content_length().and_then(|size| u64::try_from(size).ok());
    let size = size.ok_or_else(|| Unavailable::new(operation, "the size is not known"))?;
    Ok(Upload { size, body: Box::new(Body(object.body)) })
}

struct Body(ByteStream);

#[async_trait]
impl UploadBody for Body {
    async fn chunk(&mut self) -> Result<Option<Vec<u8>>> {
        let chunk = self.0.try_next().await;
        Ok(chunk.map_err(|error| Unavailable::new("uploads.read", error))?.map(Into::into))
    }
}

/// Signs the forms, in a Lambda that may put objects there.
pub struct S3UploadForms {
    credentials: SharedCredentialsProvider,
    region: String,
    bucket: String,
    url: String,
}

impl S3UploadForms {
    pub fn new(credentials: SharedCredentialsProvider, access: &Access, bucket: &Bucket) -> Self {
        let (region, bucket) = (access.region.clone(), bucket.name.clone());
        let url = match &access.endpoint_url {
            Some(endpoint) => format!("{}/{bucket}", endpoint.trim_end_matches('/')),
            None => format!("https://{bucket}.s3.{region}.amazonaws.com/"),
        };
        Self { credentials, region, bucket, url }
    }

    pub fn from_lookup(aws: &Aws, lookup: Lookup<'_>) -> std::result::Result<Self, ConfigError> {
        let (access, bucket) = (Access::from_lookup(lookup)?, Bucket::from_lookup(lookup)?);
        let credentials = aws.sdk_config().credentials_provider();
        let missing = ConfigError::Missing("AWS_ACCESS_KEY_ID");
        Ok(Self::new(credentials.ok_or(missing)?, &access, &bucket))
    }

    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html>:
    /// a field that is not in the policy is refused.
    fn signed(&self, key: String, now: Timestamp, credentials: &Credentials) -> UploadForm {
        let expires_at = now + UPLOAD_FORM_TTL;
        let date = basic_format(now);
        let (day, region) = (&date[..8], &self.region);
        let scope = format!("{}/{day}/{region}/s3/aws4_request", credentials.access_key_id());
        let mut fields = BTreeMap::from([
            ("key", key),
            ("success_action_status", "204".into()),
            ("x-amz-algorithm", "AWS4-HMAC-SHA256".into()),
            ("x-amz-credential", scope),
            ("x-amz-date", date.clone()),
        ]);
        let token = credentials.session_token().map(str::to_owned);
        fields.extend(token.map(|token| ("x-amz-security-token", token)));
        let policy = BASE64.encode(self.policy(&fields, expires_at).to_string().as_bytes());
        let signing_key =
            generate_signing_key(credentials.secret_access_key(), time(now), region, "s3");
        let signature = calculate_signature(signing_key, policy.as_bytes());
        fields.extend([("policy", policy), ("x-amz-signature", signature)]);
        let fields = fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        UploadForm { url: self.url.clone(), fields, expires_at }
    }

    fn policy(&self, fields: &BTreeMap<&str, String>, expires_at: Timestamp) -> Value {
        let mut conditions = vec![
            json!({ "bucket": self.bucket }),
            json!(["content-length-range", 0, UPLOAD_MAX_BYTES]),
        ];
        conditions.extend(fields.iter().map(|(name, value)| json!({ *name: value })));
        json!({ "expiration": iso_format(expires_at), "conditions": conditions })
    }
}

#[async_trait]
impl UploadForms for S3UploadForms {
    async fn form(&self, key: &UploadKey, now: Timestamp) -> Result<UploadForm> {
        let credentials = self.credentials.provide_credentials().await;
        let credentials = credentials.map_err(|error| Unavailable::new("uploads.form", error))?;
        Ok(self.signed(key.to_string(), now, &credentials))
    }
}

#[async_trait]
impl IncomingForms for S3UploadForms {
    async fn incoming_form(&self, key: &IncomingKey, now: Timestamp) -> Result<UploadForm> {
        let credentials = self.credentials.provide_credentials().await;
        let credentials = credentials.map_err(|error| Unavailable::new("incoming.form", error))?;
        Ok(self.signed(key.to_string(), now, &credentials))
    }
}

fn time(at: Timestamp) -> SystemTime {
    SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(at.epoch_seconds())
}

/// `2030-03-17T17:46:40Z`.
fn iso_format(at: Timestamp) -> String {
    let at = aws_smithy_types::DateTime::from_secs(at.epoch_seconds().cast_signed());
    at.fmt(Format::DateTime).expect("a time that a clock shows")
}

/// `20300317T174640Z`.
fn basic_format(at: Timestamp) -> String {
    iso_format(at).replace(['-', ':'], "")
}

#[cfg(test)]
mod tests {
    use domain::{FileName, UploadId, UserId};

    use super::*;

    fn form(token: Option<&str>) -> UploadForm {
        let access = Access { region: "eu-west-1".into(), endpoint_url: None, dual_stack: false };
        let credentials =
            Credentials::new("AKIDEXAMPLE", "secret", token.map(str::to_owned), None, "test");
        let forms = S3UploadForms::new(
            SharedCredentialsProvider::new(credentials.clone()),
            &access,
            &Bucket { name: "data".into() },
        );
        let key = UploadKey {
            user: UserId::new("ana").expect("valid"),
            id: UploadId::new("0f").expect("valid"),
            name: FileName::near("a \"b\" $c.txt").expect("visible"),
        };
        forms.signed(key.to_string(), Timestamp(1_900_000_000_000), &credentials)
    }

    fn policy(form: &UploadForm) -> Value {
        let json = BASE64.decode(form.fields["policy"].as_bytes()).expect("base64");
        serde_json::from_slice(&json).expect("JSON")
    }

    #[test]
    fn a_form_is_for_one_key_one_size_and_ten_minutes() {
        let form = form(None);
        assert_eq!(form.url, "https://data.s3.eu-west-1.amazonaws.com/");
        let expected = json!({
            "expiration": "2030-03-17T17:56:40Z",
            "conditions": [
                { "bucket": "data" },
                ["content-length-range", 0, 26_214_400],
                { "key": "uploads/ana/0f/a \"b\" $c.txt" },
                { "success_action_status": "204" },
                { "x-amz-algorithm": "AWS4-HMAC-SHA256" },
                { "x-amz-credential": "AKIDEXAMPLE/20300317/eu-west-1/s3/aws4_request" },
                { "x-amz-date": "20300317T174640Z" },
            ],
        });
        assert_eq!(policy(&form), expected);
        assert!(!form.fields.contains_key("x-amz-security-token"));
    }

    #[test]
    fn every_field_is_in_the_policy_word_for_word() {
        let form = form(Some("session"));
        assert_eq!(form.fields["x-amz-security-token"], "session");
        let policy = policy(&form);
        let conditions = policy["conditions"].as_array().expect("a list");
        for (name, value) in &form.fields {
            let exempt = ["policy", "x-amz-signature"].contains(&name.as_str());
            assert!(exempt || conditions.contains(&json!({ name: value })), "{name}");
        }
    }
}
