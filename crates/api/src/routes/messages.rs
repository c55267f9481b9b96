//! Messages that are too large for a WebSocket frame.

use axum::extract::State;
use control_plane::{AcceptError, Incoming};
use domain::{Channel, MessageId, ReplyTo};
use protocol::{AcceptedMessage, ErrorCode, Nudge, PostMessage};
use tracing::warn;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::extract::{Body, Caller, Path};
use crate::problem::{Conflict, Problem};
use crate::routes::conversations::OfConversation;
use crate::routes::{Accepted, Shared, accepted};

pub(crate) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(post_message))
}

/// Sends a message.
///
/// The answer comes over the WebSocket, and into the conversation.
#[utoipa::path(post, path = "/conversations/{id}/messages", tag = "conversations",
    params(OfConversation), request_body = PostMessage,
    responses((status = 202, body = AcceptedMessage), Conflict))]
async fn post_message(
    State(ports): State<Shared>,
    Caller(user): Caller,
    Path(OfConversation { id: conversation }): Path<OfConversation>,
    Body(post): Body<PostMessage>,
) -> Accepted<AcceptedMessage> {
    let id = MessageId::new(post.message_id)?;
    let incoming = Incoming {
        id: id.clone(),
        conversation: conversation.clone(),
        channel: Channel::Web,
        reply_to: ReplyTo::None,
        text: post.message,
        attachments: control_plane::uploads(post.attachments.into_iter().map(|a| a.key))
            .map_err(AcceptError::from)?,
        album: None,
    };
    let taken = ports.accept.run(&user, incoming).await?;
    if taken.open {
        let nudge = Nudge::Inbox { message_id: id.to_string() };
        let ensured = ports.ensure.run(&user, &nudge).await?;
        if let Some(frame) = control_plane::read_status::waiting(&ensured) {
            ports.tell.all(&user, &frame).await;
        }
    }
    accepted(AcceptedMessage {
        message_id: id.into(),
        conversation_id: conversation.into(),
        position: taken.position,
        duplicate: taken.duplicate,
    })
}

impl From<AcceptError> for Problem {
    fn from(error: AcceptError) -> Self {
        match error {
            AcceptError::Empty => Self::bad_request("The message is empty."),
            AcceptError::NoUpload(_) => Self::bad_request(format!("{error}.")),
            AcceptError::TooLarge(_) | AcceptError::TooManyAttachments(_) => {
                Self::too_large(format!("{error}."))
            }
            AcceptError::TooMany => Self::too_many(ErrorCode::TooManyMessages, format!("{error}.")),
            AcceptError::SpendCapReached(_) => {
                Self::conflict(ErrorCode::SpendCapReached, format!("{error}."))
            }
            AcceptError::Deleting => Self::deleting(),
            AcceptError::Unavailable(error) => {
                warn!(error = &error as &dyn std::error::Error, "could not accept a message");
                error.into()
            }
        }
    }
}
