//! What a user does with conversations, and what he finds in them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::MessageRole;
use crate::schemas;

/// `POST /conversations`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PostConversation {
    /// The client's own. Asking again with it changes nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schemas::conversation_id_or_null)]
    pub conversation_id: Option<String>,
    #[schema(schema_with = schemas::title)]
    pub title: String,
}

/// `PATCH /conversations/{id}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PatchConversation {
    #[schema(schema_with = schemas::title)]
    pub title: String,
}

/// As the schema bounds it.
fn moment<'de, D: serde::Deserializer<'de>>(from: D) -> Result<i64, D::Error> {
    let millis = i64::deserialize(from)?;
    match millis {
        0.. => Ok(millis),
        _ => Err(serde::de::Error::custom("a time is not negative")),
    }
}

/// `PUT /conversations/{id}/read`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PutRead {
    /// Milliseconds since the epoch: everything that was said until then.
    #[serde(deserialize_with = "moment")]
    #[schema(minimum = 0)]
    pub up_to: i64,
}

/// `GET /search`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SearchPage {
    /// Newest first.
    pub hits: Vec<SearchHit>,
    /// Give this as `?before=` to go on. A page may have no hits and not be the last: one request
    /// looks at so many messages and no more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub before: Option<String>,
}

/// A message in which the words are, or the reply to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SearchHit {
    pub conversation_id: String,
    pub message_id: String,
    pub role: MessageRole,
    /// Milliseconds since the epoch.
    pub at: u64,
    /// Give this as `?around=` to the conversation's messages to open it there.
    pub place: String,
    /// What stands around the first hit.
    pub snippet: String,
    /// Where in the snippet the words are.
    pub matches: Vec<TextRange>,
}

/// UTF-16 units of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TextRange {
    pub start: u64,
    /// One past the last.
    pub end: u64,
}
