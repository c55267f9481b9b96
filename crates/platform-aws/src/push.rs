//! Frames to one connection through @connections.

use async_trait::async_trait;
use aws_sdk_apigatewaymanagement::Client;
use aws_sdk_apigatewaymanagement::error::SdkError;
use aws_sdk_apigatewaymanagement::operation::post_to_connection::PostToConnectionError;
use aws_sdk_apigatewaymanagement::primitives::Blob;
use domain::ConnectionId;
use domain::limits::SERVER_FRAME_MAX_BYTES;
use platform::{Push, PushError, Unavailable};

use crate::aws::Aws;
use crate::config::{ConfigError, Lookup, Management};

pub struct ManagementPush {
    client: Client,
}

impl ManagementPush {
    /// `client` must not retry: see [`Aws::management`].
    pub fn new(client: Client) -> Self {
        Self { client }
    }

    pub fn from_lookup(aws: &Aws, lookup: Lookup<'_>) -> Result<Self, ConfigError> {
        Ok(Self::new(aws.management(&Management::from_lookup(lookup)?)))
    }
}

#[async_trait]
impl Push for ManagementPush {
    async fn push(&self, connection: &ConnectionId, frame: &str) -> Result<(), PushError> {
        if frame.len() > SERVER_FRAME_MAX_BYTES {
            return Err(PushError::TooLarge(frame.len()));
        }
        let request = self.client.post_to_connection().connection_id(connection.as_str());
        let sent = request.data(Blob::new(frame.as_bytes())).send().await;
        sent.map(drop).map_err(|error| outcome(error, frame.len()))
    }

    async fn close(&self, connection: &ConnectionId) -> Result<(), Unavailable> {
        let request = self.client.delete_connection().connection_id(connection.as_str());
        match request.send().await {
            Ok(_) => Ok(()),
            Err(error) if status_of(&error) == Some(410) => Ok(()),
            Err(error) => Err(Unavailable::new("push.close", error)),
        }
    }
}

fn status_of<E>(error: &SdkError<E>) -> Option<u16> {
    error.raw_response().map(|response| response.status().as_u16())
}

/// By status: API Gateway and its stand-ins do not always name the exception.
fn outcome(error: SdkError<PostToConnectionError>, bytes: usize) -> PushError {
    match status_of(&error) {
        Some(410) => PushError::Gone,
        Some(413) => PushError::TooLarge(bytes),
        Some(429) => PushError::Throttled,
        _ => Unavailable::new("push", error).into(),
    }
}
