//! Users of a Cognito user pool. Three calls of its JSON protocol, signed by ourselves: the SDK's
//! client for it is larger than everything else here together.

use std::sync::OnceLock;
use std::time::Duration;

use async_trait::async_trait;
use aws_credential_types::provider::SharedCredentialsProvider;
use bytes::Bytes;
use domain::UserId;
use http_body_util::{BodyExt, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;
use platform::{Accounts, Result, Unavailable};
use serde_json::{Value, json};

use crate::aws::Aws;
use crate::config::{Access, ConfigError, Lookup, optional};
use crate::signing::Signer;

const ANSWERED_WITHIN: Duration = Duration::from_secs(10);
const MAX_BYTES: usize = 256 * 1024;

pub struct CognitoAccounts {
    signer: Signer,
    url: String,
    pool: String,
    /// Built at the first call: loading the root certificates takes milliseconds.
    client: OnceLock<HttpClient>,
}

type HttpClient = Client<HttpsConnector<HttpConnector>, Full<Bytes>>;
type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// What Cognito said no to, by its own name for it.
#[derive(Debug, thiserror::Error)]
#[error("{operation} was answered with {status} {kind}")]
struct Refused {
    operation: &'static str,
    status: http::StatusCode,
    kind: String,
}

impl CognitoAccounts {
    pub fn new(
        credentials: SharedCredentialsProvider,
        access: &Access,
        pool: impl Into<String>,
    ) -> Self {
        let region = access.region.clone();
        let url = match &access.endpoint_url {
            Some(endpoint) => format!("{}/", endpoint.trim_end_matches('/')),
            None => format!("https://cognito-idp.{region}.amazonaws.com/"),
        };
        let signer = Signer::new(credentials, region);
        Self { signer, url, pool: pool.into(), client: OnceLock::new() }
    }

    /// `None`: users are somebody else's business.
    pub fn if_any(aws: &Aws, lookup: Lookup<'_>) -> std::result::Result<Option<Self>, ConfigError> {
        let Some(pool) = optional(lookup, "USER_POOL_ID") else {
            return Ok(None);
        };
        let missing = ConfigError::Missing("AWS_ACCESS_KEY_ID");
        let credentials = aws.sdk_config().credentials_provider().ok_or(missing)?;
        Ok(Some(Self::new(credentials, &Access::from_lookup(lookup)?, pool)))
    }

    /// Names under which the pool has this `sub`: one, but nothing says so.
    async fn names_of(&self, user: &UserId) -> std::result::Result<Vec<String>, BoxError> {
        // No id has a quotation mark.
        let filter = format!("sub = \"{user}\"");
        let asked = json!({ "UserPoolId": self.pool, "Filter": filter, "AttributesToGet": [] });
        let answer = self.call("ListUsers", &asked).await?;
        let users = answer["Users"].as_array().ok_or("the answer has no users")?;
        let name = |user: &Value| user["Username"].as_str().map(str::to_owned);
        users.iter().map(|user| Ok(name(user).ok_or("a user has no name")?)).collect()
    }

    /// All of `operations`, one after the other. `false`: somebody else removed him meanwhile.
    async fn call_of_name(
        &self,
        operations: &[&'static str],
        name: &str,
    ) -> std::result::Result<bool, BoxError> {
        let whom = json!({ "UserPoolId": self.pool, "Username": name });
        for operation in operations {
            match self.call(operation, &whom).await {
                Ok(_) => {}
                Err(error) if is_unknown_user(&error) => return Ok(false),
                Err(error) => return Err(error),
            }
        }
        Ok(true)
    }

    /// Under each of his names.
    async fn call_of(
        &self,
        operations: &[&'static str],
        user: &UserId,
    ) -> std::result::Result<bool, BoxError> {
        let mut was_there = false;
        for name in self.names_of(user).await? {
            was_there |= self.call_of_name(operations, &name).await?;
        }
        Ok(was_there)
    }

    async fn call(
        &self,
        operation: &'static str,
        input: &Value,
    ) -> std::result::Result<Value, BoxError> {
        let request = self.signed(operation, input.to_string()).await?;
        // The first call makes the client, and reading a machine's certificates is no answer.
        let client = self.client()?;
        let answer = tokio::time::timeout(ANSWERED_WITHIN, async {
            let response = client.request(request).await?;
            let status = response.status();
            let body = Limited::new(response.into_body(), MAX_BYTES).collect().await?.to_bytes();
            Ok::<_, BoxError>((status, body))
        });
        let (status, body) = answer.await??;
        if status.is_success() {
            // The deletions answer with nothing at all.
            return Ok(serde_json::from_slice(&body).unwrap_or_default());
        }
        let said: Value = serde_json::from_slice(&body).unwrap_or_default();
        let kind = said["__type"].as_str().unwrap_or("no reason").to_owned();
        Err(Refused { operation, status, kind }.into())
    }

    async fn signed(
        &self,
        operation: &str,
        body: String,
    ) -> std::result::Result<http::Request<Full<Bytes>>, BoxError> {
        let target = format!("AWSCognitoIdentityProviderService.{operation}");
        let request = http::Request::post(&self.url)
            .header("content-type", "application/x-amz-json-1.1")
            .header("x-amz-target", target)
            .body(Bytes::from(body))?;
        Ok(self.signer.sign("cognito-idp", request).await?.map(Full::from))
    }

    fn client(&self) -> std::io::Result<&HttpClient> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        let provider = rustls::crypto::aws_lc_rs::default_provider();
        let tls = HttpsConnectorBuilder::new()
            .with_provider_and_native_roots(provider)?
            .https_or_http()
            .enable_http1()
            .build();
        Ok(self.client.get_or_init(|| Client::builder(TokioExecutor::new()).build(tls)))
    }
}

fn is_unknown_user(error: &BoxError) -> bool {
    let refused = error.downcast_ref::<Refused>();
    refused.is_some_and(|refused| refused.kind.ends_with("UserNotFoundException"))
}

#[async_trait]
impl Accounts for CognitoAccounts {
    async fn sign_out(&self, user: &UserId) -> Result<bool> {
        let signed_out = self.call_of(&["AdminUserGlobalSignOut"], user).await;
        signed_out.map_err(|error| Unavailable::new("accounts.sign_out", error))
    }

    async fn remove(&self, user: &UserId) -> Result<bool> {
        let removed = self.call_of(&["AdminUserGlobalSignOut", "AdminDeleteUser"], user).await;
        removed.map_err(|error| Unavailable::new("accounts.remove", error))
    }
}
