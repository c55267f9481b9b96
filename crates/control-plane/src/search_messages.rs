//! A user looks for words in what was said: rows are read from the newest on, so many in one
//! request, and the answer says where to go on.

use std::sync::Arc;

use domain::limits::{SEARCH_PAGE_MAX, SEARCH_ROWS_MAX};
use domain::{ConversationId, MessageId, Needle, Snippet, Timestamp, UserId};
use platform::{Clock, Conversations, Inbox, Unavailable};
use protocol::{MessageRole, SearchHit, SearchPage, TextRange};

#[derive(Clone)]
pub struct SearchMessages {
    pub conversations: Arc<dyn Conversations>,
    pub inbox: Arc<dyn Inbox>,
    pub clock: Arc<dyn Clock>,
}

/// Rows that are read at once.
const ROWS_AT_ONCE: usize = 50;

impl SearchMessages {
    pub async fn run(
        &self,
        user: &UserId,
        needle: &Needle,
        before: Option<&str>,
        limit: usize,
    ) -> Result<SearchPage, Unavailable> {
        let now = self.clock.now();
        let limit = limit.clamp(1, SEARCH_PAGE_MAX);
        let mut hits = match before {
            None => self.waiting(user, needle, limit - 1, now).await?,
            Some(_) => Vec::new(),
        };
        let mut place = before.map(str::to_owned);
        for _ in 0..SEARCH_ROWS_MAX / ROWS_AT_ONCE {
            let page = self.conversations.recent(user, place.as_deref(), ROWS_AT_ONCE, now).await?;
            for row in page.rows {
                let message = row.message;
                let Some(found) = needle.find_in(&message.text) else { continue };
                let role = match message.role {
                    domain::Role::User => MessageRole::User,
                    domain::Role::Assistant => MessageRole::Assistant,
                };
                let place = row.place.clone();
                hits.push(hit(message.conversation, message.id, role, message.at, place, found));
                if hits.len() == limit {
                    return Ok(SearchPage { hits, before: Some(row.place) });
                }
            }
            place = page.before;
            if place.is_none() {
                break;
            }
        }
        Ok(SearchPage { hits, before: place })
    }

    /// What waits for an answer is in no conversation yet. The newest first.
    async fn waiting(
        &self,
        user: &UserId,
        needle: &Needle,
        most: usize,
        now: Timestamp,
    ) -> Result<Vec<SearchHit>, Unavailable> {
        let rows = self.inbox.open(user, now).await?;
        let found = rows.into_iter().rev().filter_map(|row| {
            let found = needle.find_in(&row.text)?;
            let at = row.received_at;
            let place = self.conversations.place_of(&row.conversation, at, &row.id);
            Some(hit(row.conversation, row.id, MessageRole::User, at, place, found))
        });
        Ok(found.take(most).collect())
    }
}

fn hit(
    conversation: ConversationId,
    message: MessageId,
    role: MessageRole,
    at: Timestamp,
    place: String,
    found: Snippet,
) -> SearchHit {
    SearchHit {
        conversation_id: conversation.into(),
        message_id: message.into(),
        role,
        at: at.millis(),
        place,
        snippet: found.text,
        matches: found.hits.into_iter().map(|(start, end)| TextRange { start, end }).collect(),
    }
}
