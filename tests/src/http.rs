//! One HTTP request to the stack.

use anyhow::Context;
use bytes::Bytes;
use http::{Method, Request};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;

#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("not JSON: {}", self.text))
    }
}

pub async fn get(url: &str, token: Option<&str>) -> anyhow::Result<Answer> {
    send(Method::GET, url, token, None).await
}

/// `body`: JSON, or a form when it is a JSON string.
pub async fn send(
    method: Method,
    url: &str,
    token: Option<&str>,
    body: Option<&Value>,
) -> anyhow::Result<Answer> {
    let mut request = Request::builder().method(method).uri(url);
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    let (kind, text) = match body {
        None => ("text/plain", String::new()),
        Some(Value::String(form)) => ("application/x-www-form-urlencoded", form.clone()),
        Some(json) => ("application/json", json.to_string()),
    };
    let request = request.header("content-type", kind).body(Full::new(Bytes::from(text)))?;
    let client = Client::builder(TokioExecutor::new()).build_http();
    let response = client.request(request).await.with_context(|| format!("asking {url}"))?;
    let status = response.status().as_u16();
    let body = response.into_body().collect().await?.to_bytes();
    Ok(Answer { status, text: String::from_utf8_lossy(&body).into_owned() })
}
