//! The SDK's clients, built the same way for every service.
//!
//! Start-up is on a user's path (a Lambda's cold start, a bridge's boot), so nothing here
//! reads files or the network: no profiles, no instance metadata, no region lookup. Credentials
//! come from the environment (Lambda), or from the container endpoint (ECS) at the first request.

use std::sync::OnceLock;
use std::time::Duration;

use aws_config::ecs::EcsCredentialsProvider;
use aws_config::identity::IdentityCache;
use aws_config::provider_config::ProviderConfig;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_http_client::Builder as HttpClientBuilder;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::http::SharedHttpClient;

use crate::config::{Access, ConfigError, Lookup, Management, optional};

/// One object may have 8 MB; a DynamoDB answer never has more than 1 MB.
const S3_ATTEMPT_TIMEOUT: Duration = Duration::from_secs(15);
const S3_TIMEOUT: Duration = Duration::from_secs(40);

pub struct Aws {
    sdk: SdkConfig,
    dynamodb: OnceLock<aws_sdk_dynamodb::Client>,
    s3: OnceLock<aws_sdk_s3::Client>,
}

impl Aws {
    pub fn from_lookup(lookup: Lookup<'_>) -> Result<Self, ConfigError> {
        let access = Access::from_lookup(lookup)?;
        let get = |name| optional(lookup, name);
        // In Lambda: they hold for the life of the environment. In ECS there are none.
        let given = get("AWS_ACCESS_KEY_ID").zip(get("AWS_SECRET_ACCESS_KEY"));
        Ok(match given {
            Some((id, secret)) => {
                let token = get("AWS_SESSION_TOKEN");
                Self::with(&access, |_, _| fixed(&id, &secret, token))
            }
            None => Self::with(&access, container),
        })
    }

    fn with(
        access: &Access,
        credentials: impl FnOnce(Region, SharedHttpClient) -> SharedCredentialsProvider,
    ) -> Self {
        let http = http_client(access.endpoint_url.as_deref());
        let region = Region::new(access.region.clone());
        let credentials = credentials(region.clone(), http.clone());
        Self::from_sdk(sdk_config(access, region, http, credentials))
    }

    /// With fixed credentials, for tests and tools.
    pub fn with_credentials(access: &Access, id: &str, secret: &str) -> Self {
        Self::with(access, |_, _| fixed(id, secret, None))
    }

    fn from_sdk(sdk: SdkConfig) -> Self {
        Self { sdk, dynamodb: OnceLock::new(), s3: OnceLock::new() }
    }

    /// For clients that this crate does not know.
    pub fn sdk_config(&self) -> &SdkConfig {
        &self.sdk
    }

    pub fn dynamodb(&self) -> aws_sdk_dynamodb::Client {
        self.dynamodb.get_or_init(|| aws_sdk_dynamodb::Client::new(&self.sdk)).clone()
    }

    pub fn s3(&self) -> aws_sdk_s3::Client {
        self.s3.get_or_init(|| self.new_s3()).clone()
    }

    fn new_s3(&self) -> aws_sdk_s3::Client {
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(Duration::from_secs(1))
            .operation_attempt_timeout(S3_ATTEMPT_TIMEOUT)
            .operation_timeout(S3_TIMEOUT)
            .build();
        let config = aws_sdk_s3::config::Builder::from(&self.sdk)
            .timeout_config(timeouts)
            // A local endpoint has no bucket host names.
            .force_path_style(self.sdk.endpoint_url().is_some())
            .build();
        aws_sdk_s3::Client::from_conf(config)
    }

    pub fn ecs(&self) -> aws_sdk_ecs::Client {
        aws_sdk_ecs::Client::new(&self.sdk)
    }

    pub fn scheduler(&self) -> aws_sdk_scheduler::Client {
        aws_sdk_scheduler::Client::new(&self.sdk)
    }

    pub fn ssm(&self) -> aws_sdk_ssm::Client {
        aws_sdk_ssm::Client::new(&self.sdk)
    }

    /// Without retries: whoever pushes paces itself, and a frame sent twice is a frame too many.
    /// And with patience: a post that is given up may have arrived, and is then sent again.
    pub fn management(&self, management: &Management) -> aws_sdk_apigatewaymanagement::Client {
        let config = aws_sdk_apigatewaymanagement::config::Builder::from(&self.sdk)
            .endpoint_url(&management.url)
            .http_client(http_client(Some(&management.url)))
            .retry_config(RetryConfig::disabled())
            .timeout_config(
                TimeoutConfig::builder()
                    .connect_timeout(Duration::from_secs(1))
                    .operation_attempt_timeout(POSTED_WITHIN)
                    .operation_timeout(POSTED_WITHIN)
                    .build(),
            )
            .build();
        aws_sdk_apigatewaymanagement::Client::from_conf(config)
    }
}

/// Less than the bridge waits for one post.
const POSTED_WITHIN: Duration = Duration::from_secs(9);

fn sdk_config(
    access: &Access,
    region: Region,
    http: SharedHttpClient,
    credentials: SharedCredentialsProvider,
) -> SdkConfig {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(1))
        .operation_attempt_timeout(Duration::from_secs(3))
        .operation_timeout(Duration::from_secs(10))
        .build();
    let mut config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(region)
        .http_client(http)
        .credentials_provider(credentials)
        .identity_cache(IdentityCache::lazy().build())
        .retry_config(RetryConfig::standard().with_max_attempts(3))
        .timeout_config(timeouts);
    config.set_endpoint_url(access.endpoint_url.clone());
    config.set_use_dual_stack(use_dual_stack(access));
    config.build()
}

/// An address of our own has nothing else.
fn use_dual_stack(access: &Access) -> Option<bool> {
    (access.dual_stack && access.endpoint_url.is_none()).then_some(true)
}

fn fixed(id: &str, secret: &str, token: Option<String>) -> SharedCredentialsProvider {
    let keys = aws_credential_types::Credentials::new(id, secret, token, None, "environment");
    SharedCredentialsProvider::new(keys)
}

fn container(region: Region, http: SharedHttpClient) -> SharedCredentialsProvider {
    let config = ProviderConfig::without_region().with_region(Some(region)).with_http_client(http);
    SharedCredentialsProvider::new(EcsCredentialsProvider::builder().configure(&config).build())
}

/// A plain-text endpoint needs no TLS, and loading the root certificates takes milliseconds.
fn http_client(endpoint: Option<&str>) -> SharedHttpClient {
    let builder = HttpClientBuilder::new();
    if endpoint.is_some_and(|url| url.starts_with("http://")) {
        return builder.build_http();
    }
    builder.tls_provider(Provider::Rustls(CryptoMode::AwsLc)).build_https()
}
