//! Calls to the services of AWS for which no client of the SDK is linked: one question to each is
//! not worth one.

use std::fmt;

use anyhow::Context;
use bytes::Bytes;
use http::Request;
use platform_aws::{Aws, Signer};
use serde_json::Value;

use crate::environment::Environment;
use crate::setup::misconfigured;
use crate::web::Web;

/// A service that speaks AWS's JSON protocol.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Service {
    /// By which it is signed for.
    name: &'static str,
    /// The first part of its address.
    host: &'static str,
    /// The first part of its operations' names.
    target: &'static str,
}

const fn service(name: &'static str, host: &'static str, target: &'static str) -> Service {
    Service { name, host, target }
}

pub(crate) const COGNITO: Service =
    service("cognito-idp", "cognito-idp", "AWSCognitoIdentityProviderService");
pub(crate) const ECR: Service = service("ecr", "api.ecr", "AmazonEC2ContainerRegistry_V20150921");
pub(crate) const EVENTS: Service = service("events", "events", "AWSEvents");
pub(crate) const QUOTAS: Service =
    service("servicequotas", "servicequotas", "ServiceQuotasV20190624");

/// What a service said no to, by its own name for it.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) kind: String,
    pub(crate) message: String,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind, self.message)
    }
}

impl std::error::Error for Refused {}

#[derive(Clone)]
pub(crate) struct Signed {
    signer: std::sync::Arc<Signer>,
    endpoint: Option<String>,
    web: Web,
}

impl Signed {
    pub(crate) fn new(environment: &Environment) -> anyhow::Result<Self> {
        let lookup = |name: &str| environment.get(name);
        let aws = Aws::from_lookup(&lookup).map_err(misconfigured)?;
        let signer = Signer::from_lookup(&aws, &lookup).map_err(misconfigured)?;
        let endpoint = environment.get("AWS_ENDPOINT_URL");
        Ok(Self { signer: signer.into(), endpoint, web: Web::new()? })
    }

    fn base(&self, host: &str) -> String {
        match &self.endpoint {
            Some(endpoint) => endpoint.trim_end_matches('/').to_owned(),
            None => format!("https://{host}.{}.amazonaws.com", self.signer.region()),
        }
    }

    pub(crate) async fn call(
        &self,
        service: Service,
        operation: &str,
        input: &Value,
    ) -> anyhow::Result<Value> {
        let request = Request::post(format!("{}/", self.base(service.host)))
            .header("content-type", "application/x-amz-json-1.1")
            .header("x-amz-target", format!("{}.{operation}", service.target))
            .body(Bytes::from(input.to_string()))?;
        self.answer(service.name, request).await
    }

    /// Of Lambda, which speaks REST.
    pub(crate) async fn lambda(&self, path: &str) -> anyhow::Result<Value> {
        let url = format!("{}/2015-03-31{path}", self.base("lambda"));
        self.answer("lambda", Request::get(url).body(Bytes::new())?).await
    }

    async fn answer(&self, service: &str, request: Request<Bytes>) -> anyhow::Result<Value> {
        let request = self.signer.sign(service, request).await;
        let request = request.map_err(|error| anyhow::anyhow!("cannot sign a request: {error}"))?;
        let answer = self.web.ask(request).await?;
        let said: Value = serde_json::from_slice(answer.body()).unwrap_or_default();
        if answer.status().is_success() {
            return Ok(said);
        }
        let kind = said["__type"].as_str().map(|kind| kind.rsplit('#').next().unwrap_or(kind));
        let kind = kind.unwrap_or(answer.status().as_str()).to_owned();
        let message = said["message"].as_str().or(said["Message"].as_str()).unwrap_or_default();
        let refused = Refused { kind, message: message.to_owned() };
        Err(refused).with_context(|| format!("{service} refused"))
    }
}
