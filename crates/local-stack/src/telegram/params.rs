//! A call's parameters: from the query and from a body in any of the three forms that the Bot
//! API takes. Forms have texts only, so a number or an object may be written as one.

use axum::{
    Form,
    extract::{FromRequest, Request},
    http::header,
};
use serde_json::{Map, Value};

use super::answer::Refusal;
use crate::ws_event::parse_query;

/// Of a whole request. Telegram takes files of 50 MB; what is sent here is text.
const LARGEST_BODY: usize = 2 * 1024 * 1024;

#[derive(Debug, Default)]
pub(super) struct Params(Map<String, Value>);

impl Params {
    pub(super) async fn read(request: Request) -> Result<Self, Refusal> {
        let mut params = Self::default();
        params.add(parse_query(request.uri().query().unwrap_or_default()));
        let kind = request.headers().get(header::CONTENT_TYPE);
        let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default().to_owned();
        let media_type = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        match media_type.as_str() {
            "application/json" => params.0.extend(json(&bytes(request).await?)?),
            "application/x-www-form-urlencoded" => {
                let form = Form::<Vec<(String, String)>>::from_request(request, &()).await;
                params.add(form.map_err(|_| Refusal::bad_request("can't parse the form"))?.0);
            }
            "multipart/form-data" => {
                let body = bytes(request).await?;
                let fields = boundary(&kind).and_then(|boundary| multipart(&body, boundary));
                params.add(fields.ok_or_else(|| Refusal::bad_request("can't parse multipart"))?);
            }
            _ => {}
        }
        Ok(params)
    }

    pub(super) fn of(fields: Map<String, Value>) -> Self {
        Self(fields)
    }

    fn add(&mut self, pairs: Vec<(String, String)>) {
        self.0.extend(pairs.into_iter().map(|(name, value)| (name, Value::String(value))));
    }

    pub(super) fn text(&self, name: &str) -> Option<String> {
        match self.0.get(name)? {
            Value::String(text) => Some(text.clone()),
            Value::Null => None,
            other => Some(other.to_string()),
        }
    }

    pub(super) fn number(&self, name: &str) -> Option<i64> {
        match self.0.get(name)? {
            Value::String(text) => text.trim().parse().ok(),
            other => other.as_i64(),
        }
    }

    pub(super) fn flag(&self, name: &str) -> bool {
        match self.0.get(name) {
            Some(Value::Bool(set)) => *set,
            Some(Value::String(text)) => {
                matches!(&*text.to_ascii_lowercase(), "true" | "1" | "yes")
            }
            Some(Value::Number(number)) => number.as_i64() == Some(1),
            _ => false,
        }
    }

    /// An object or a list, as itself or as the text of one. `None`: not there.
    pub(super) fn value(&self, name: &str) -> Result<Option<Value>, Refusal> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => serde_json::from_str(text)
                .map(Some)
                .map_err(|_| Refusal::bad_request(format!("can't parse {name} JSON object"))),
            Some(other) => Ok(Some(other.clone())),
        }
    }
}

async fn bytes(request: Request) -> Result<Vec<u8>, Refusal> {
    let body = axum::body::to_bytes(request.into_body(), LARGEST_BODY).await;
    body.map(Vec::from).map_err(|_| Refusal::bad_request("request entity too large"))
}

fn json(body: &[u8]) -> Result<Map<String, Value>, Refusal> {
    if body.is_empty() {
        return Ok(Map::new());
    }
    serde_json::from_slice(body).map_err(|_| Refusal::bad_request("can't parse JSON object"))
}

fn boundary(kind: &str) -> Option<&str> {
    let value = kind.split(';').find_map(|part| part.trim().strip_prefix("boundary="))?;
    Some(value.trim_matches('"'))
}

/// The fields of a form. `None` if it is not one, or has anything but text.
fn multipart(body: &[u8], boundary: &str) -> Option<Vec<(String, String)>> {
    let body = std::str::from_utf8(body).ok()?;
    let delimiter = format!("--{boundary}");
    let mut parts = body.split(delimiter.as_str()).skip(1);
    let mut fields = Vec::new();
    loop {
        let part = parts.next()?;
        if part.starts_with("--") {
            return Some(fields);
        }
        let (head, value) = part.trim_start_matches("\r\n").split_once("\r\n\r\n")?;
        let name = head.split("name=\"").nth(1)?.split('"').next()?;
        fields.push((name.to_owned(), value.strip_suffix("\r\n")?.to_owned()));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    async fn read(kind: &str, body: &str) -> Result<Params, Refusal> {
        let request = Request::post("/x?from_query=1%202").header("content-type", kind);
        Params::read(request.body(body.to_owned().into()).expect("a request")).await
    }

    #[tokio::test]
    async fn all_three_forms_mean_the_same() {
        let multipart = "--b\r\nContent-Disposition: form-data; name=\"chat_id\"\r\n\r\n-5\r\n\
                         --b\r\nContent-Disposition: form-data; name=\"can_stop\"\r\n\r\ntrue\r\n\
                         --b\r\nContent-Disposition: form-data; name=\"r\"\r\n\r\n{\"a\":1}\r\n--b--\r\n";
        for (kind, body) in [
            ("application/json", r#"{"chat_id": -5, "can_stop": true, "r": {"a": 1}}"#),
            ("application/x-www-form-urlencoded", "chat_id=-5&can_stop=true&r=%7B%22a%22%3A1%7D"),
            ("multipart/form-data; boundary=b", multipart),
        ] {
            let params = read(kind, body).await.expect("parses");
            assert_eq!(params.number("chat_id"), Some(-5), "{kind}");
            assert!(params.flag("can_stop") && !params.flag("other"), "{kind}");
            assert_eq!(params.value("r"), Ok(Some(json!({"a": 1}))), "{kind}");
            assert_eq!(params.text("from_query").as_deref(), Some("1 2"), "{kind}");
        }
        assert!(read("application/json", "[").await.is_err());
        assert!(read("multipart/form-data; boundary=b", "--b\r\nhalf").await.is_err());
    }
}
