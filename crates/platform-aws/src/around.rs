//! A page of a conversation around one of its messages.

use domain::{ConversationId, MessageId, Timestamp, UserId};
use platform::{HistoryPage, Result};

use crate::conversations::{DynamoConversations, Span, key, place_from, place_to};
use crate::keys;

impl DynamoConversations {
    /// `None`: the place is none of this conversation's, or what was there was deleted.
    pub(crate) async fn page_around(
        &self,
        (user, conversation): (&UserId, &ConversationId),
        place: &str,
        limit: usize,
        now: Timestamp,
    ) -> Result<Option<HistoryPage>> {
        let Some(middle) = pair_at(conversation, place) else {
            return Ok(None);
        };
        let first = self.first_key(user, conversation).await?;
        if middle < first {
            return Ok(None);
        }
        let last = format!("{}~", keys::messages_of(conversation));
        let pairs = (limit / 2).max(1);
        let earlier = (pairs - 1) / 2;
        let later = pairs - earlier;
        // A row more than asked for says whether there is more.
        let before = Span {
            user,
            first: first.clone(),
            last: last.clone(),
            start: Some(key(user, middle.clone())),
            newest_first: true,
            wanted: 2 * earlier + 1,
            now,
        };
        let from_there_on = Span {
            user,
            first: middle.clone(),
            last,
            start: None,
            newest_first: false,
            wanted: 2 * later + 1,
            now,
        };
        let (mut before, mut rows) = tokio::try_join!(self.rows(before), self.rows(from_there_on))?;
        let (begins, goes_on) = (before.len() <= 2 * earlier, rows.len() > 2 * later);
        before.truncate(2 * earlier);
        rows.truncate(2 * later);
        before.reverse();
        before.append(&mut rows);
        let page = self.read_page(&before).await?;
        Ok(Some(HistoryPage {
            before: page.before.filter(|_| !begins),
            after: page.after.or_else(|| Some(place_to(&middle))),
            goes_on,
            ..page
        }))
    }
}

/// The key of the message's row, for a place of it or of its reply. Taken apart and put together
/// anew: whoever asks may have made it up, and it must lie among the conversation's keys.
fn pair_at(conversation: &ConversationId, place: &str) -> Option<String> {
    let prefix = keys::messages_of(conversation);
    let key = place_from(place, &prefix)?;
    let at = keys::time_of_message(&key)?;
    let (_, id) = key.strip_prefix(&prefix)?.split_once('#')?;
    let id = MessageId::new(id.strip_suffix("#reply").unwrap_or(id)).ok()?;
    Some(keys::message(conversation, at, &id))
}
