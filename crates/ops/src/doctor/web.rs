//! What people reach: the page, both APIs, and the sign-in.

use anyhow::ensure;
use bytes::Bytes;
use http::{Request, StatusCode, header};
use serde_json::{Value, json};

use super::check::Check;
use super::patient::Patient;
use crate::signed::{COGNITO, Refused};

const PAGE: &str = "page";
const API: &str = "HTTP API";
const SOCKET: &str = "WebSocket API";
const ISSUER: &str = "sign-in";
const CLIENT: &str = "sign-in: client";
const DEPLOY: &str = "make deploy";

pub(super) async fn look(patient: &Patient<'_>) -> Vec<Check> {
    let mut checks = Vec::new();
    for (what, variable) in
        [(PAGE, "PAGE_URL"), (API, "API_URL"), (SOCKET, "WS_URL"), (ISSUER, "OIDC_ISSUER")]
    {
        let looked = match patient.need(what, variable) {
            Err(check) => Ok(check),
            Ok(url) if what == PAGE => page(patient, &url).await,
            Ok(url) if what == API => api(patient, &url).await,
            Ok(url) if what == SOCKET => socket(patient, &url).await,
            Ok(url) => issuer(patient, &url).await,
        };
        checks.push(looked.unwrap_or_else(|error| unreachable(what, &error)));
    }
    let client = client(patient).await;
    checks.push(client.unwrap_or_else(|error| Check::failed(CLIENT, &error)));
    checks
}

fn unreachable(what: &str, error: &anyhow::Error) -> Check {
    let to_do = "look whether the address is right and its stack deployed: make deploy";
    Check::problem(what, format!("{error:#}"), to_do)
}

async fn page(patient: &Patient<'_>, url: &str) -> anyhow::Result<Check> {
    let answer = patient.web.get(url).await?;
    if answer.status() != StatusCode::OK {
        let found = format!("{url} answers {}: nobody sees the page", answer.status());
        return Ok(Check::problem(PAGE, found, "make deploy, which uploads it"));
    }
    Ok(match answer.headers().contains_key(header::CONTENT_SECURITY_POLICY) {
        true => Check::ok(PAGE, url),
        false => {
            let found = format!("{url} comes without a Content-Security-Policy");
            Check::problem(PAGE, found, DEPLOY)
        }
    })
}

/// Without a token, which only this document needs not.
async fn api(patient: &Patient<'_>, url: &str) -> anyhow::Result<Check> {
    let base = url.trim_end_matches('/');
    let answer = patient.web.get(&format!("{base}/openapi.json")).await?;
    if answer.status() != StatusCode::OK {
        let found = format!("{base}/openapi.json answers {}", answer.status());
        return Ok(Check::problem(API, found, "look at the log of the function `api`"));
    }
    let refused = patient.web.get(&format!("{base}/status")).await?.status();
    Ok(match refused {
        StatusCode::UNAUTHORIZED => Check::ok(API, format!("{base}; refuses who has no token")),
        other => {
            let found = format!("it answers {other} to somebody without a token, not 401");
            Check::problem(API, found, DEPLOY)
        }
    })
}

/// Who has no token must be refused, and is, if the whole way to `ws-connect` works.
async fn socket(patient: &Patient<'_>, url: &str) -> anyhow::Result<Check> {
    let http = match url.split_once("://") {
        Some(("wss", rest)) => format!("https://{rest}"),
        Some(("ws", rest)) => format!("http://{rest}"),
        _ => anyhow::bail!("`{url}` is no address of a WebSocket"),
    };
    let request = Request::get(http)
        .header(header::CONNECTION, "Upgrade")
        .header(header::UPGRADE, "websocket")
        .header(header::SEC_WEBSOCKET_VERSION, "13")
        // Any 16 bytes: nobody goes on to speak.
        .header(header::SEC_WEBSOCKET_KEY, "b3BzIGRvY3RvciBhc2tzIQ==")
        .header(header::SEC_WEBSOCKET_PROTOCOL, "openclaw.v1")
        .body(Bytes::new())?;
    let status = patient.web.begin(request).await?.status();
    Ok(match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            Check::ok(SOCKET, format!("{url}; refuses who has no token"))
        }
        StatusCode::SWITCHING_PROTOCOLS => {
            Check::problem(SOCKET, "it lets in somebody without a token", DEPLOY)
        }
        other => {
            let found = format!("it answers {other}: nobody can connect");
            Check::problem(SOCKET, found, "look at the log of the function `ws-connect`")
        }
    })
}

async fn issuer(patient: &Patient<'_>, url: &str) -> anyhow::Result<Check> {
    let base = url.trim_end_matches('/');
    let answer = patient.web.get(&format!("{base}/.well-known/openid-configuration")).await?;
    ensure!(answer.status().is_success(), "{base} answers {}: nobody can sign in", answer.status());
    let said: Value = serde_json::from_slice(answer.body()).unwrap_or_default();
    Ok(match said["issuer"].as_str() {
        Some(issuer) if issuer == base => Check::ok(ISSUER, base),
        other => {
            let other = other.unwrap_or("nobody");
            let found = format!("{base} says that it is {other}: no token will be taken");
            Check::problem(ISSUER, found, DEPLOY)
        }
    })
}

async fn client(patient: &Patient<'_>) -> anyhow::Result<Check> {
    if patient.is_local() {
        return Ok(Check::skipped(CLIENT, "a local stack signs in anybody"));
    }
    let (pool, id) =
        match (patient.need(CLIENT, "USER_POOL_ID"), patient.need(CLIENT, "OIDC_CLIENT_ID")) {
            (Ok(pool), Ok(id)) => (pool, id),
            (Err(check), _) | (_, Err(check)) => return Ok(check),
        };
    let asked = json!({ "UserPoolId": pool, "ClientId": id });
    match patient.signed.call(COGNITO, "DescribeUserPoolClient", &asked).await {
        Ok(found) => {
            let name = found["UserPoolClient"]["ClientName"].as_str().unwrap_or(&id);
            Ok(Check::ok(CLIENT, format!("{name} of {pool}")))
        }
        Err(error) => match error.downcast_ref::<Refused>().map(|it| it.kind.as_str()) {
            Some("ResourceNotFoundException") => {
                let found = format!("{pool} has no client {id}: nobody can sign in");
                Ok(Check::problem(CLIENT, found, DEPLOY))
            }
            _ => Err(error),
        },
    }
}
