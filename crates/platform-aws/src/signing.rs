//! Requests to AWS that no client of the SDK makes for us, signed by ourselves (Signature Version 4).

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4::SigningParams;
use bytes::Bytes;
use domain::Timestamp;
use http::{Request, header};
use platform::{Clock, SystemClock};
use tokio::sync::Mutex;

use crate::aws::Aws;
use crate::config::{Access, ConfigError, Lookup};

/// A container's credentials are exchanged before they end; until then they are good.
const RENEWED_BEFORE_END: Duration = Duration::from_secs(300);

type BoxError = Box<dyn std::error::Error + Send + Sync>;

pub struct Signer {
    credentials: SharedCredentialsProvider,
    region: String,
    known: Mutex<Option<Credentials>>,
}

impl Signer {
    pub fn new(credentials: SharedCredentialsProvider, region: impl Into<String>) -> Self {
        Self { credentials, region: region.into(), known: Mutex::default() }
    }

    pub fn from_lookup(aws: &Aws, lookup: Lookup<'_>) -> Result<Self, ConfigError> {
        let missing = ConfigError::Missing("AWS_ACCESS_KEY_ID");
        let credentials = aws.sdk_config().credentials_provider().ok_or(missing)?;
        Ok(Self::new(credentials, Access::from_lookup(lookup)?.region))
    }

    pub fn region(&self) -> &str {
        &self.region
    }

    /// Adds the signature's headers. Signed are the address, the body, the content's type and what
    /// AWS reads itself (`x-amz-…`); what else is there may change on the way.
    pub async fn sign(
        &self,
        service: &str,
        mut request: Request<Bytes>,
    ) -> Result<Request<Bytes>, BoxError> {
        let now = SystemClock.now();
        let identity = self.credentials(now).await?.into();
        let params = SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name(service)
            .time(time(now))
            .settings(SigningSettings::default())
            .build()?
            .into();
        let headers = request.headers().iter().filter_map(|(name, value)| {
            let signed = name == header::CONTENT_TYPE || name.as_str().starts_with("x-amz-");
            signed.then(|| Some((name.as_str(), value.to_str().ok()?))).flatten()
        });
        let body = SignableBody::Bytes(request.body());
        let (method, url) = (request.method().as_str(), request.uri().to_string());
        let signable = SignableRequest::new(method, &url, headers, body)?;
        let (instructions, _) = sign(signable, &params)?.into_parts();
        instructions.apply_to_request_http1x(&mut request);
        Ok(request)
    }

    async fn credentials(&self, now: Timestamp) -> Result<Credentials, BoxError> {
        let mut known = self.known.lock().await;
        let good_until = time(now) + RENEWED_BEFORE_END;
        if let Some(credentials) = &*known
            && credentials.expiry().is_none_or(|end| end > good_until)
        {
            return Ok(credentials.clone());
        }
        let credentials = self.credentials.provide_credentials().await?;
        *known = Some(credentials.clone());
        Ok(credentials)
    }
}

fn time(at: Timestamp) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_millis(at.millis())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    use aws_credential_types::provider::future;

    use super::*;

    /// Gives credentials that end in so many seconds, and counts how often it is asked.
    #[derive(Clone, Debug)]
    struct Container(Arc<AtomicU32>, u64);

    impl ProvideCredentials for Container {
        fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
        where
            Self: 'a,
        {
            self.0.fetch_add(1, Ordering::Relaxed);
            let end = time(SystemClock.now()) + Duration::from_secs(self.1);
            let keys = Credentials::new("id", "secret", Some("session".into()), Some(end), "test");
            future::ProvideCredentials::ready(Ok(keys))
        }
    }

    async fn signed_with(seconds: u64) -> (Request<Bytes>, u32) {
        let container = Container(Arc::default(), seconds);
        let provider = SharedCredentialsProvider::new(container.clone());
        let signer = Signer::new(provider, "eu-west-1");
        let mut signed = None;
        for _ in 0..3 {
            let request =
                Request::post("https://bedrock-runtime.eu-west-1.amazonaws.com/anthropic")
                    .header("content-type", "application/json")
                    .header("anthropic-version", "2023-06-01")
                    .body(Bytes::from_static(b"{}"))
                    .expect("a request");
            signed = Some(signer.sign("bedrock", request).await.expect("signs"));
        }
        (signed.expect("three"), container.0.load(Ordering::Relaxed))
    }

    #[tokio::test]
    async fn a_request_is_signed_for_its_service_and_region_without_what_may_change() {
        let (request, asked) = signed_with(3_600).await;
        let header = |name| request.headers()[name].to_str().expect("text").to_owned();
        let authorization = header("authorization");
        assert!(authorization.contains("/eu-west-1/bedrock/aws4_request"), "{authorization}");
        let signed = "SignedHeaders=content-type;host;x-amz-date;x-amz-security-token,";
        assert!(authorization.contains(signed), "{authorization}");
        assert_eq!(header("x-amz-security-token"), "session");
        assert_eq!(asked, 1, "credentials are asked for once");
    }

    #[tokio::test]
    async fn credentials_that_end_soon_are_asked_for_anew() {
        assert_eq!(signed_with(299).await.1, 3);
    }
}
