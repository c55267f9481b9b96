//! Errors in the shapes AWS SDKs parse: JSON protocols carry the code in
//! `__type` and `x-amzn-errortype`, S3 carries it in XML.

use axum::{
    http::{HeaderName, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::{Map, Value, json};

#[derive(Debug, Clone)]
pub(crate) struct AwsError {
    pub(crate) status: StatusCode,
    pub(crate) code: &'static str,
    pub(crate) message: String,
    pub(crate) details: Map<String, Value>,
}

pub(crate) type AwsResult = Result<Value, AwsError>;

impl AwsError {
    pub(crate) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), details: Map::new() }
    }

    pub(crate) fn bad_request(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }

    pub(crate) fn with(mut self, field: &str, value: Value) -> Self {
        self.details.insert(field.into(), value);
        self
    }

    pub(crate) fn xml(&self) -> Response {
        let body = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{}</Code>\
             <Message>{}</Message><RequestId>local</RequestId></Error>",
            self.code, self.message
        );
        (self.status, [(header::CONTENT_TYPE, "application/xml")], body).into_response()
    }
}

impl IntoResponse for AwsError {
    fn into_response(self) -> Response {
        let mut body = self.details;
        body.insert("__type".into(), json!(self.code));
        body.insert("message".into(), json!(self.message));
        let headers = [
            (header::CONTENT_TYPE, "application/x-amz-json-1.1"),
            (HeaderName::from_static("x-amzn-errortype"), self.code),
        ];
        (self.status, headers, Value::Object(body).to_string()).into_response()
    }
}
