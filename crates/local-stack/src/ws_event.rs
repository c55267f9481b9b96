//! The JSON that API Gateway sends to a WebSocket API's Lambdas.

use axum::{
    extract::Query,
    http::{HeaderMap, HeaderValue},
};
use serde_json::{Map, Value, json};

use crate::{clock, connections::Peer};

pub(crate) const API_ID: &str = "local";
pub(crate) const STAGE: &str = "local";

/// What stays the same from `$connect` to `$disconnect`.
#[derive(Debug, Clone)]
pub(crate) struct Socket {
    pub(crate) id: String,
    pub(crate) connected_at: i64,
    pub(crate) domain: String,
    pub(crate) peer: Peer,
}

impl Socket {
    pub(crate) fn connect(&self, headers: &HeaderMap, query: &str) -> Value {
        let mut event = json!({
            "headers": single(headers),
            "multiValueHeaders": multi(headers),
            "requestContext": self.context("$connect", "CONNECT"),
            "isBase64Encoded": false,
        });
        let parameters: Vec<(String, String)> = parse_query(query);
        if !parameters.is_empty() {
            let mut multi = Map::new();
            for (name, value) in &parameters {
                let values = multi.entry(name.clone()).or_insert_with(|| json!([]));
                values.as_array_mut().expect("made above").push(json!(value));
            }
            event["queryStringParameters"] =
                parameters.into_iter().map(|(name, value)| (name, json!(value))).collect();
            event["multiValueQueryStringParameters"] = Value::Object(multi);
        }
        event
    }

    pub(crate) fn message(&self, body: &str) -> Value {
        let mut context = self.context("$default", "MESSAGE");
        context["messageId"] = json!(request_id());
        json!({"requestContext": context, "body": body, "isBase64Encoded": false})
    }

    pub(crate) fn disconnect(&self, code: u16, reason: &str) -> Value {
        let mut context = self.context("$disconnect", "DISCONNECT");
        context["disconnectStatusCode"] = json!(code);
        context["disconnectReason"] = json!(reason);
        json!({
            "headers": {"Host": self.domain, "x-api-key": "", "X-Forwarded-For": "", "x-restapi": ""},
            "multiValueHeaders": {
                "Host": [self.domain], "x-api-key": [""], "X-Forwarded-For": [""], "x-restapi": [""],
            },
            "requestContext": context,
            "isBase64Encoded": false,
        })
    }

    fn context(&self, route: &str, kind: &str) -> Value {
        let now = clock::now_ms();
        let request = request_id();
        json!({
            "routeKey": route,
            "eventType": kind,
            "extendedRequestId": request,
            "requestId": request,
            "requestTime": clock::common_log(now),
            "requestTimeEpoch": now,
            "messageDirection": "IN",
            "stage": STAGE,
            "connectedAt": self.connected_at,
            "identity": {"sourceIp": self.peer.source_ip, "userAgent": self.peer.user_agent},
            "domainName": self.domain,
            "connectionId": self.id,
            "apiId": API_ID,
        })
    }
}

/// As API Gateway makes them: 11 random bytes, padded base64.
pub(crate) fn connection_id() -> String {
    data_encoding::BASE64.encode(&rand::random::<[u8; 11]>())
}

pub(crate) fn request_id() -> String {
    let id = data_encoding::BASE64.encode(&rand::random::<[u8; 11]>());
    // Unlike connection ids these hold no sign that JSON or a log would mind.
    id.replace(['/', '+'], "a")
}

pub(crate) fn parse_query(query: &str) -> Vec<(String, String)> {
    let uri = format!("/?{query}").parse().unwrap_or_default();
    Query::try_from_uri(&uri).map(|Query(pairs)| pairs).unwrap_or_default()
}

fn single(headers: &HeaderMap) -> Value {
    let named = headers.iter().map(|(name, value)| (title_case(name.as_str()), text(value)));
    named.collect()
}

fn multi(headers: &HeaderMap) -> Value {
    let all = |name| headers.get_all(name).iter().map(text).collect::<Value>();
    headers.keys().map(|name| (title_case(name.as_str()), all(name))).collect()
}

fn text(value: &HeaderValue) -> Value {
    json!(String::from_utf8_lossy(value.as_bytes()))
}

/// API Gateway passes names as the client wrote them, and browsers write them
/// like this; a handler that looks for lower case would fail there, and here.
fn title_case(name: &str) -> String {
    let part = |part: &str| match part {
        "websocket" => "WebSocket".to_owned(),
        _ => part[..1].to_uppercase() + &part[1..],
    };
    name.split('-').filter(|it| !it.is_empty()).map(part).collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_come_in_the_case_browsers_use() {
        assert_eq!(title_case("sec-websocket-protocol"), "Sec-WebSocket-Protocol");
        assert_eq!(title_case("host"), "Host");
    }

    #[test]
    fn a_connect_event_is_what_the_lambda_type_expects() {
        let peer = Peer { source_ip: "127.0.0.1".into(), user_agent: "test".into() };
        let socket = Socket {
            id: connection_id(),
            connected_at: 1_795_249_140_123,
            domain: "localhost:8787".into(),
            peer,
        };
        let mut headers = HeaderMap::new();
        headers.insert("sec-websocket-protocol", "openclaw.v1, bearer.x".parse().expect("ascii"));
        for event in [
            socket.connect(&headers, "a=1&a=2"),
            socket.message("{}"),
            socket.disconnect(1001, "bye"),
        ] {
            let parsed: aws_lambda_events::apigw::ApiGatewayWebsocketProxyRequest =
                serde_json::from_value(event).expect("the event parses");
            assert_eq!(parsed.request_context.connection_id.as_ref(), Some(&socket.id));
            assert_eq!(parsed.request_context.connected_at, socket.connected_at);
        }
    }
}
