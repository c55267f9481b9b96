//! Conversations, and what was said in them.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use control_plane::{ConversationError, Part};
use domain::limits::{CONVERSATION_PAGE_MAX, HISTORY_PAGE_MAX};
use domain::{ConversationId, MessageId, Timestamp};
use platform::ReadMark;
use protocol::schemas;
use protocol::{
    Changed, ConversationSummary, ConversationsPage, ErrorCode, Message, MessagesPage,
    PatchConversation, PostConversation, PutRead,
};
use serde::Deserialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::extract::{Body, Caller, Path, Query, page_size};
use crate::problem::{Conflict, NotFound, Problem};
use crate::routes::{Answer, Shared};

pub(crate) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(list_conversations, begin_conversation))
        .routes(routes!(rename_conversation, delete_conversation))
        .routes(routes!(mark_read))
        .routes(routes!(list_messages))
        .routes(routes!(read_reply))
}

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct OfConversation {
    #[param(schema_with = schemas::conversation_id)]
    pub(crate) id: ConversationId,
}

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Path)]
struct OfMessage {
    #[param(schema_with = schemas::conversation_id)]
    id: ConversationId,
    #[param(schema_with = schemas::message_id)]
    message: MessageId,
}

#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ConversationsQuery {
    /// Rows on the page; 50 without it.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<usize>,
    /// A place that an earlier page gave.
    before: Option<String>,
}

#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct MessagesQuery {
    /// Rows on the page; 50 without it.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<usize>,
    /// A place that an earlier page gave: what was said before it. Counts before `after`.
    before: Option<String>,
    /// A place that an earlier page gave: what was said after it.
    after: Option<String>,
    /// The `place` of a message that was found: itself, and what was said before and after it.
    /// Counts after the others.
    around: Option<String>,
}

impl MessagesQuery {
    fn part(&self) -> Part<'_> {
        match (&self.before, &self.after, &self.around) {
            (Some(place), ..) => Part::Before(place),
            (None, Some(place), _) => Part::After(place),
            (None, None, Some(place)) => Part::Around(place),
            (None, None, None) => Part::Newest,
        }
    }
}

/// Your conversations.
#[utoipa::path(get, path = "/conversations", tag = "conversations", params(ConversationsQuery),
    responses((status = 200, body = ConversationsPage)))]
async fn list_conversations(
    State(ports): State<Shared>,
    Caller(user): Caller,
    Query(query): Query<ConversationsQuery>,
) -> Answer<ConversationsPage> {
    let limit = page_size(query.limit, CONVERSATION_PAGE_MAX)?;
    Ok(Json(ports.conversations.list(&user, query.before.as_deref(), limit).await?))
}

/// Begins a conversation.
///
/// One with the id that you give may be there; then it stays as it is.
#[utoipa::path(post, path = "/conversations", tag = "conversations",
    request_body = PostConversation,
    responses(
        (status = 200, description = "It was there.", body = ConversationSummary),
        (status = 201, description = "It is new.", body = ConversationSummary)))]
async fn begin_conversation(
    State(ports): State<Shared>,
    Caller(user): Caller,
    Body(asked): Body<PostConversation>,
) -> Result<(StatusCode, Json<ConversationSummary>), Problem> {
    let begun = ports.change_conversations.begin(&user, asked).await?;
    if !begun.is_new {
        return Ok((StatusCode::OK, Json(begun.conversation)));
    }
    ports.tell.changed(&user, Changed::Conversations).await;
    Ok((StatusCode::CREATED, Json(begun.conversation)))
}

/// Gives a conversation another title.
#[utoipa::path(patch, path = "/conversations/{id}", tag = "conversations",
    params(OfConversation), request_body = PatchConversation,
    responses((status = 200, body = ConversationSummary), NotFound))]
async fn rename_conversation(
    State(ports): State<Shared>,
    Caller(user): Caller,
    Path(OfConversation { id }): Path<OfConversation>,
    Body(PatchConversation { title }): Body<PatchConversation>,
) -> Answer<ConversationSummary> {
    let renamed = ports.change_conversations.rename(&user, &id, &title).await?;
    ports.tell.changed(&user, Changed::Conversations).await;
    Ok(Json(renamed))
}

/// You have read a conversation up to a moment.
///
/// It never moves backwards, and never into the future.
#[utoipa::path(put, path = "/conversations/{id}/read", tag = "conversations",
    params(OfConversation), request_body = PutRead,
    responses((status = 204, description = "It is read up to then, or further."), NotFound))]
async fn mark_read(
    State(ports): State<Shared>,
    Caller(user): Caller,
    Path(OfConversation { id }): Path<OfConversation>,
    Body(PutRead { up_to }): Body<PutRead>,
) -> Result<StatusCode, Problem> {
    let until = Timestamp(up_to.max(0).cast_unsigned());
    match ports.conversations.mark_read(&user, &id, until).await? {
        ReadMark::Nowhere => return Err(ConversationError::None(id).into()),
        ReadMark::Moved => ports.tell.changed(&user, Changed::Conversations).await,
        ReadMark::Stands => {}
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Deletes a conversation, and everything that was said in it.
#[utoipa::path(delete, path = "/conversations/{id}", tag = "conversations",
    params(OfConversation),
    responses(
        (status = 204, description = "It is gone."),
        (status = 202, description = "Nothing of it is to be seen any more; there was more than \
                                      one request deletes. Ask again."),
        NotFound, Conflict))]
async fn delete_conversation(
    State(ports): State<Shared>,
    Caller(user): Caller,
    Path(OfConversation { id }): Path<OfConversation>,
) -> Result<StatusCode, Problem> {
    let is_gone = ports.change_conversations.delete(&user, &id).await?;
    ports.tell.changed(&user, Changed::Conversations).await;
    Ok(if is_gone { StatusCode::NO_CONTENT } else { StatusCode::ACCEPTED })
}

/// What was said in a conversation, and what still waits.
#[utoipa::path(get, path = "/conversations/{id}/messages", tag = "conversations",
    params(OfConversation, MessagesQuery),
    responses((status = 200, body = MessagesPage), NotFound))]
async fn list_messages(
    State(ports): State<Shared>,
    Caller(user): Caller,
    Path(OfConversation { id }): Path<OfConversation>,
    Query(query): Query<MessagesQuery>,
) -> Answer<MessagesPage> {
    let limit = page_size(query.limit, HISTORY_PAGE_MAX)?;
    let page = ports.conversations.messages(&user, &id, query.part(), limit).await?;
    page.map(Json).ok_or_else(|| ConversationError::None(id).into())
}

/// The reply to one message.
#[utoipa::path(get, path = "/conversations/{id}/messages/{message}/reply", tag = "conversations",
    params(OfMessage), responses((status = 200, body = Message), NotFound))]
async fn read_reply(
    State(ports): State<Shared>,
    Caller(user): Caller,
    Path(OfMessage { id, message }): Path<OfMessage>,
) -> Answer<Message> {
    let reply = ports.conversations.reply(&user, &id, &message).await?;
    let none = || Problem::not_found("There is no reply to this message (yet).");
    reply.map(Json).ok_or_else(none)
}

impl From<ConversationError> for Problem {
    fn from(error: ConversationError) -> Self {
        let detail = format!("{error}.");
        match error {
            ConversationError::Title(_) | ConversationError::Id(_) => Self::bad_request(detail),
            ConversationError::None(_) => Self::not_found(detail),
            ConversationError::MessagesOpen => Self::conflict(ErrorCode::MessagesOpen, detail),
            ConversationError::Unavailable(error) => error.into(),
        }
    }
}
