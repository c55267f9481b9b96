//! The HTTP API behind API Gateway's JWT authorizer: what the page reads, and messages that are
//! too large for a WebSocket frame.
//!
//! Reads the task state, the inbox, conversations and settings; writes the inbox and settings;
//! claims and runs tasks; signs forms for uploads; reads the list of snapshots and keeps a
//! request to restore one.

use std::collections::HashMap;
use std::sync::Arc;

use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use control_plane::{
    AcceptError, AcceptMessage, EnsureTask, Incoming, OfferError, OfferUpload, ReadConversations,
    ReadSnapshots, ReadStatus, RequestRestore, RequestSnapshot, Tell,
};
use domain::limits::{HISTORY_PAGE_MAX, REST_BODY_MAX_BYTES};
use domain::{
    Channel, ConversationId, MessageId, ReplyTo, SnapshotId, TimeZone, UnknownTimeZone, UserId,
};
use platform::Settings;
use protocol::{ErrorCode, Nudge, PostMessage, ServerFrame, UploadRequest, UserSettings};
use serde::de::DeserializeOwned;
use tracing::warn;

mod answer;
mod ports;
mod snapshots;

use answer::{Answer, Failure};

pub struct Ports {
    pub status: ReadStatus,
    pub conversations: ReadConversations,
    pub accept: AcceptMessage,
    pub ensure: EnsureTask,
    pub tell: Tell,
    pub settings: Arc<dyn Settings>,
    pub offer_upload: OfferUpload,
    pub snapshots: ReadSnapshots,
    pub save: RequestSnapshot,
    pub restore: RequestRestore,
}

pub async fn handle(
    ports: &Ports,
    event: ApiGatewayV2httpRequest,
) -> anyhow::Result<ApiGatewayV2httpResponse> {
    Ok(match route(ports, &event).await {
        Ok(answer) => answer.into_response(),
        Err(failure) => failure.into_response(),
    })
}

async fn route(ports: &Ports, event: &ApiGatewayV2httpRequest) -> Result<Answer, Failure> {
    let user = caller(event)?;
    let path = event.raw_path.as_deref().unwrap_or_default();
    let segments: Vec<&str> = path.split('/').filter(|s| !s.is_empty()).collect();
    let query: HashMap<&str, &str> = event.query_string_parameters.iter().collect();
    match (event.request_context.http.method.as_str(), segments.as_slice()) {
        ("GET", ["status"]) => Answer::ok(&ports.status.response(&user).await?),
        ("GET", ["conversations"]) => Answer::ok(&ports.conversations.list(&user).await?),
        ("GET", ["conversations", id, "messages"]) => {
            messages(ports, &user, ConversationId::new(*id)?, &query).await
        }
        ("GET", ["conversations", id, "messages", message, "reply"]) => {
            reply(ports, &user, ConversationId::new(*id)?, MessageId::new(*message)?).await
        }
        ("POST", ["conversations", id, "messages"]) => {
            post_message(ports, &user, ConversationId::new(*id)?, event).await
        }
        ("POST", ["uploads"]) => offer_upload(ports, &user, event).await,
        ("GET", ["snapshots"]) => snapshots::list(ports, &user, &query).await,
        ("POST", ["snapshots"]) => snapshots::save(ports, &user, event).await,
        ("POST", ["snapshots", id, "restore"]) => {
            snapshots::restore(ports, &user, SnapshotId::new(*id)?, event).await
        }
        ("GET", ["settings"]) => settings(ports, &user).await,
        ("PUT", ["settings"]) => change_settings(ports, &user, event).await,
        (method, _) => Err(Failure::not_found(format!("There is no {method} {path}."))),
    }
}

/// The authorizer has checked the token; a route without it is a mistake of the deployment.
fn caller(event: &ApiGatewayV2httpRequest) -> Result<UserId, Failure> {
    let authorizer = event.request_context.authorizer.as_ref();
    let jwt = authorizer.and_then(|a| a.jwt.as_ref()).ok_or_else(Failure::unauthorized)?;
    let of_access_token = jwt.claims.get("token_use").is_some_and(|u| u == "access");
    let sub =
        jwt.claims.get("sub").filter(|_| of_access_token).ok_or_else(Failure::unauthorized)?;
    UserId::new(sub).map_err(|_| Failure::unauthorized())
}

async fn messages(
    ports: &Ports,
    user: &UserId,
    conversation: ConversationId,
    query: &HashMap<&str, &str>,
) -> Result<Answer, Failure> {
    let limit = limit_of(query, HISTORY_PAGE_MAX)?;
    let before = query.get("before").copied();
    Answer::ok(&ports.conversations.messages(user, &conversation, before, limit).await?)
}

fn limit_of(query: &HashMap<&str, &str>, most: usize) -> Result<usize, Failure> {
    const DEFAULT_PAGE: usize = 50;
    match query.get("limit").map(|text| text.parse()) {
        None => Ok(DEFAULT_PAGE),
        Some(Ok(limit)) if (1..=most).contains(&limit) => Ok(limit),
        Some(_) => Err(Failure::bad_request(format!("limit must be 1 to {most}."))),
    }
}

async fn reply(
    ports: &Ports,
    user: &UserId,
    conversation: ConversationId,
    message: MessageId,
) -> Result<Answer, Failure> {
    match ports.conversations.reply(user, &conversation, &message).await? {
        Some(reply) => Answer::ok(&reply),
        None => Err(Failure::not_found("There is no reply to this message (yet).")),
    }
}

async fn post_message(
    ports: &Ports,
    user: &UserId,
    conversation: ConversationId,
    event: &ApiGatewayV2httpRequest,
) -> Result<Answer, Failure> {
    let post: PostMessage = read_body(event)?;
    let id = MessageId::new(post.message_id)?;
    let incoming = Incoming {
        id: id.clone(),
        conversation: conversation.clone(),
        channel: Channel::Web,
        reply_to: ReplyTo::None,
        text: post.message,
        attachments: post.attachments.into_iter().map(|attachment| attachment.key).collect(),
    };
    let accepted = ports.accept.run(user, incoming).await?;
    if accepted.open {
        let nudge = Nudge::Inbox { message_id: id.to_string() };
        let ensured = ports.ensure.run(user, &nudge).await?;
        if let Some(frame) = control_plane::read_status::waiting(&ensured) {
            ports.tell.all(user, &frame).await;
        }
    }
    let frame = ServerFrame::Accepted {
        message_id: id.to_string(),
        conversation_id: conversation.to_string(),
        position: accepted.position,
        duplicate: accepted.duplicate,
    };
    Answer::accepted(&frame)
}

async fn offer_upload(
    ports: &Ports,
    user: &UserId,
    event: &ApiGatewayV2httpRequest,
) -> Result<Answer, Failure> {
    let request: UploadRequest = read_body(event)?;
    Answer::ok(&ports.offer_upload.run(user, &request).await?)
}

async fn settings(ports: &Ports, user: &UserId) -> Result<Answer, Failure> {
    let zone = ports.settings.time_zone(user).await?;
    Answer::ok(&UserSettings { time_zone: zone.map(|zone| zone.name().to_owned()) })
}

/// What the body leaves out stays as it is.
async fn change_settings(
    ports: &Ports,
    user: &UserId,
    event: &ApiGatewayV2httpRequest,
) -> Result<Answer, Failure> {
    let change: UserSettings = read_body(event)?;
    if let Some(name) = change.time_zone {
        ports.settings.set_time_zone(user, &TimeZone::new(&name)?).await?;
    }
    settings(ports, user).await
}

fn read_body<T: DeserializeOwned>(event: &ApiGatewayV2httpRequest) -> Result<T, Failure> {
    let body = answer::body_of(event)?;
    if body.len() > REST_BODY_MAX_BYTES {
        return Err(Failure::too_large(format!(
            "The body has {} bytes; at most {REST_BODY_MAX_BYTES} are taken.",
            body.len()
        )));
    }
    serde_json::from_slice(&body)
        .map_err(|error| Failure::bad_request(format!("The body is not understood: {error}.")))
}

impl From<UnknownTimeZone> for Failure {
    fn from(error: UnknownTimeZone) -> Self {
        Failure::bad_request(format!("{error}."))
    }
}

impl From<AcceptError> for Failure {
    fn from(error: AcceptError) -> Self {
        match error {
            AcceptError::Empty => Failure::bad_request("The message is empty."),
            AcceptError::NoUpload(_) => Failure::bad_request(format!("{error}.")),
            AcceptError::TooLarge(_) | AcceptError::TooManyAttachments(_) => {
                Failure::too_large(format!("{error}."))
            }
            AcceptError::TooMany => {
                Failure::new(429, ErrorCode::TooManyMessages, format!("{error}."))
            }
            AcceptError::Unavailable(error) => {
                warn!(error = &error as &dyn std::error::Error, "could not accept a message");
                error.into()
            }
        }
    }
}

impl From<OfferError> for Failure {
    fn from(error: OfferError) -> Self {
        match error {
            OfferError::Name(_) => Failure::bad_request(format!("{error}.")),
            OfferError::TooLarge(_) => Failure::too_large(format!("{error}.")),
            OfferError::Unavailable(error) => error.into(),
        }
    }
}
