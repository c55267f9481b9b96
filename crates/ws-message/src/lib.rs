//! `$default` on the WebSocket API: one frame from a browser.
//!
//! Reads connections, the inbox and the task state; writes the inbox; claims and runs tasks;
//! pushes to connections. What it has to say it pushes: a return value reaches no one.

use std::sync::Arc;

use aws_lambda_events::apigw::{ApiGatewayProxyResponse, ApiGatewayWebsocketProxyRequest};
use control_plane::{
    AcceptError, AcceptMessage, Accepted, CancelMessage, EnsureTask, Incoming, ReadStatus, Resume,
    ResumeStream, Tell, uploads,
};
use domain::limits::{CLIENT_MESSAGE_MAX_BYTES, SERVER_FRAME_MAX_BYTES};
use domain::{Channel, ConnectionId, ConversationId, MessageId, ReplyTo, UserId};
use platform::{Clock, Connections, Peer, Unavailable};
use protocol::{AttachedFile, ClientFrame, ErrorCode, MessageRole, Nudge, ServerFrame};
use tracing::warn;

mod ports;
mod refusal;

use refusal::Refusal;

pub struct Ports {
    pub connections: Arc<dyn Connections>,
    pub clock: Arc<dyn Clock>,
    pub accept: AcceptMessage,
    pub ensure: EnsureTask,
    pub cancel: CancelMessage,
    pub resume: ResumeStream,
    pub status: ReadStatus,
    pub tell: Tell,
}

pub async fn handle(
    ports: &Ports,
    event: ApiGatewayWebsocketProxyRequest,
) -> anyhow::Result<ApiGatewayProxyResponse> {
    let id = ConnectionId::new(event.request_context.connection_id.unwrap_or_default())?;
    let Some(connection) = ports.connections.get(&id, ports.clock.now()).await? else {
        return Ok(status(403));
    };
    let frame = match parse(event.body.as_deref().unwrap_or_default()) {
        Ok(frame) => frame,
        Err(refusal) => {
            ports.tell.one(&id, &refusal.into_frame()).await;
            return Ok(status(200));
        }
    };
    let user = match connection.peer {
        Peer::Client(user) => user,
        // A bridge keeps its socket open with pings; it has nothing else to say here.
        Peer::Bridge(..) | Peer::Spare(_) if frame == ClientFrame::Ping => {
            ports.tell.one(&id, &ServerFrame::Pong).await;
            return Ok(status(200));
        }
        Peer::Bridge(..) | Peer::Spare(_) => return Ok(status(403)),
    };
    if let Err(refusal) = answer(ports, &user, &id, frame).await {
        ports.tell.one(&id, &refusal.into_frame()).await;
    }
    Ok(status(200))
}

fn parse(body: &str) -> Result<ClientFrame, Refusal> {
    if body.len() > CLIENT_MESSAGE_MAX_BYTES {
        return Err(Refusal::new(
            ErrorCode::TooLarge,
            format!(
                "The message is too large: {} bytes, at most {CLIENT_MESSAGE_MAX_BYTES}.",
                body.len()
            ),
        ));
    }
    serde_json::from_str(body).map_err(|error| Refusal::of_unreadable(body, &error))
}

async fn answer(
    ports: &Ports,
    user: &UserId,
    connection: &ConnectionId,
    frame: ClientFrame,
) -> Result<(), Refusal> {
    match frame {
        ClientFrame::SendMessage { message_id, conversation_id, message, attachments } => {
            let about = Some((message_id.clone(), conversation_id.clone()));
            let attachments = attachments.into_iter().map(|attachment| attachment.key).collect();
            let text = Text { message_id, conversation_id, message, attachments };
            send_message(ports, user, connection, text).await.map_err(|r| r.about(about))
        }
        ClientFrame::Cancel { message_id } => {
            let id = MessageId::new(message_id)?;
            if !ports.cancel.run(user, &id).await? {
                let reason = "There is nothing to stop: this message is answered already.";
                let about = Some((id.to_string(), String::new()));
                return Err(Refusal::new(ErrorCode::NotFound, reason).about(about));
            }
            Ok(())
        }
        ClientFrame::Resume { conversation_id, message_id, offset } => {
            let resume = Resume {
                connection: connection.clone(),
                conversation: ConversationId::new(conversation_id)?,
                message: message_id.map(MessageId::new).transpose()?,
                offset,
            };
            if let Some(frame) = ports.resume.run(user, &resume).await? {
                ports.tell.one(connection, &frame).await;
            }
            Ok(())
        }
        ClientFrame::GetStatus => {
            let frame = ports.status.frame(user).await?;
            ports.tell.one(connection, &frame).await;
            Ok(())
        }
        ClientFrame::Ping => {
            ports.tell.one(connection, &ServerFrame::Pong).await;
            Ok(())
        }
    }
}

struct Text {
    message_id: String,
    conversation_id: String,
    message: String,
    attachments: Vec<String>,
}

async fn send_message(
    ports: &Ports,
    user: &UserId,
    connection: &ConnectionId,
    text: Text,
) -> Result<(), Refusal> {
    let incoming = Incoming {
        id: MessageId::new(text.message_id)?,
        conversation: ConversationId::new(text.conversation_id)?,
        channel: Channel::Web,
        reply_to: ReplyTo::Connection { id: connection.clone() },
        text: text.message,
        attachments: uploads(text.attachments).map_err(AcceptError::from)?,
        album: None,
    };
    let accepted = ports.accept.run(user, incoming.clone()).await?;
    let acknowledged = accepted_frame(&incoming, &accepted);
    let acknowledge = ports.tell.one(connection, &acknowledged);
    let echo = async {
        let frame = echo_frame(&incoming, &accepted);
        if !accepted.duplicate && fits_a_frame(&frame) {
            ports.tell.others(user, Some(connection), &frame).await;
        }
    };
    let ensure = async {
        if accepted.open { wake(ports, user, connection, &incoming.id).await } else { Ok(()) }
    };
    let ((), (), woken) = tokio::join!(acknowledge, echo, ensure);
    Ok(woken?)
}

/// Says how long it takes to everybody who watches, unless a bridge is up already.
async fn wake(
    ports: &Ports,
    user: &UserId,
    connection: &ConnectionId,
    id: &MessageId,
) -> Result<(), Unavailable> {
    let ensured = ports.ensure.run(user, &Nudge::Inbox { message_id: id.to_string() }).await?;
    if let Some(frame) = control_plane::read_status::waiting(&ensured) {
        let to_sender = ports.tell.one(connection, &frame);
        tokio::join!(to_sender, ports.tell.others(user, Some(connection), &frame));
    }
    Ok(())
}

fn accepted_frame(incoming: &Incoming, accepted: &Accepted) -> ServerFrame {
    ServerFrame::Accepted {
        message_id: incoming.id.to_string(),
        conversation_id: incoming.conversation.to_string(),
        position: accepted.position,
        duplicate: accepted.duplicate,
    }
}

/// The user's own message, for his other devices.
fn echo_frame(incoming: &Incoming, accepted: &Accepted) -> ServerFrame {
    // An accepted message has no others.
    ServerFrame::Message {
        message_id: incoming.id.to_string(),
        conversation_id: incoming.conversation.to_string(),
        role: MessageRole::User,
        content: incoming.text.clone(),
        attachments: incoming.attachments.iter().cloned().map(AttachedFile::from).collect(),
        channel: protocol::rest::channel_name(incoming.channel).into(),
        at: accepted.received_at.millis(),
    }
}

/// A text too long for one frame is not echoed: the user's other devices see its reply begin,
/// and read the conversation.
fn fits_a_frame(frame: &ServerFrame) -> bool {
    serde_json::to_string(frame).is_ok_and(|text| text.len() <= SERVER_FRAME_MAX_BYTES)
}

impl From<AcceptError> for Refusal {
    fn from(error: AcceptError) -> Self {
        let code = match &error {
            AcceptError::Empty | AcceptError::NoUpload(_) => ErrorCode::BadRequest,
            AcceptError::TooLarge(_) | AcceptError::TooManyAttachments(_) => ErrorCode::TooLarge,
            AcceptError::TooMany => ErrorCode::TooManyMessages,
            AcceptError::Deleting => ErrorCode::Deleting,
            AcceptError::SpendCapReached(_) => ErrorCode::SpendCapReached,
            AcceptError::Unavailable(_) => {
                warn!(error = &error as &dyn std::error::Error, "could not accept a message");
                return Refusal::unavailable(
                    "Your message could not be saved just now. Sending it again is safe.",
                );
            }
        };
        let mut reason = error.to_string();
        reason[..1].make_ascii_uppercase();
        Refusal::new(code, reason + ".")
    }
}

fn status(code: i64) -> ApiGatewayProxyResponse {
    let mut response = ApiGatewayProxyResponse::default();
    response.status_code = code;
    response
}
