//! What a user does with a conversation: begin it, name it, read it, delete it.
//!
//! A deletion is a mark first: the time until which everything is gone. What is said after it is
//! not touched, so a message that comes meanwhile is not lost. Rows go after the mark, and the
//! mark after the rows, so a deletion that was interrupted goes on where it was.

use aws_sdk_dynamodb::types::{DeleteRequest, WriteRequest};
use domain::{Conversation, ConversationId, Timestamp, Title, UserId};
use platform::{Deletion, ReadMark, Result, Unavailable};

use crate::conversations::{DynamoConversations, hidden_until, key, summary};
use crate::keys;
use crate::pages::delete_rows;
use crate::row::{Item, Row, item, number, text};
use crate::texts::Stored;
use crate::writes::{Change, Refusal, names_in};

impl DynamoConversations {
    fn change<'a>(
        &'a self,
        (user, id): (&UserId, &ConversationId),
        update: &'a str,
        condition: &'a str,
        values: Item,
    ) -> Change<'a> {
        let key = key(user, keys::meta(id));
        Change { table: &self.table, key, update: update.into(), condition, values }
    }

    pub(crate) async fn begin_one(
        &self,
        user: &UserId,
        conversation: &Conversation,
    ) -> Result<Option<Conversation>> {
        const OPERATION: &str = "conversations.begin";
        let now = conversation.last_activity_at;
        // An expired row that DynamoDB has not deleted yet is no row; one that was deleted and
        // has rows left keeps its mark.
        let condition = "attribute_not_exists(#lastActivityAt) OR #ttl <= :now";
        let update = "SET #title = :title, #conversationId = :id, #lastActivityAt = :at, \
                      #ttl = :ttl REMOVE #channels, #readUntil";
        let values = item([
            (":title", text(&conversation.title)),
            (":id", text(conversation.id.as_str())),
            (":at", number(now.millis())),
            (":ttl", number((now + self.kept.conversations).epoch_seconds())),
            (":now", number(now.epoch_seconds())),
        ]);
        let begin = self.change((user, &conversation.id), update, condition, values);
        match begin.apply(&self.db, OPERATION).await {
            Ok(()) => Ok(None),
            Err(Refusal::Condition(row)) => {
                summary(Row(&row)).map(Some).map_err(|error| error.during(OPERATION))
            }
            Err(Refusal::Unavailable(error)) => Err(error),
        }
    }

    pub(crate) async fn rename_one(
        &self,
        user: &UserId,
        id: &ConversationId,
        title: &Title,
        now: Timestamp,
    ) -> Result<bool> {
        let condition = "attribute_exists(#lastActivityAt) AND #ttl > :now";
        let values =
            item([(":title", text(title.as_str())), (":now", number(now.epoch_seconds()))]);
        let rename = self.change((user, id), "SET #title = :title", condition, values);
        held(rename.apply(&self.db, "conversations.rename").await)
    }

    pub(crate) async fn mark_one(
        &self,
        user: &UserId,
        id: &ConversationId,
        until: Timestamp,
        now: Timestamp,
    ) -> Result<ReadMark> {
        let condition = "attribute_exists(#lastActivityAt) AND #ttl > :now AND \
                         (attribute_not_exists(#readUntil) OR #readUntil < :until)";
        let values =
            item([(":until", number(until.millis())), (":now", number(now.epoch_seconds()))]);
        let mark = self.change((user, id), "SET #readUntil = :until", condition, values);
        match mark.apply(&self.db, "conversations.mark_read").await {
            Ok(()) => Ok(ReadMark::Moved),
            Err(Refusal::Condition(row)) if is_there(&row, now) => Ok(ReadMark::Stands),
            Err(Refusal::Condition(_)) => Ok(ReadMark::Nowhere),
            Err(Refusal::Unavailable(error)) => Err(error),
        }
    }

    pub(crate) async fn hide_one(
        &self,
        user: &UserId,
        seen: &Conversation,
        until: Timestamp,
    ) -> Result<bool> {
        let update = "SET #deletedUntil = :until REMOVE #title, #lastActivityAt, \
                      #channels, #readUntil";
        let values = item([
            (":until", number(until.millis())),
            (":seen", number(seen.last_activity_at.millis())),
        ]);
        let hide = self.change((user, &seen.id), update, "#lastActivityAt = :seen", values);
        held(hide.apply(&self.db, "conversations.hide").await)
    }

    pub(crate) async fn delete_some(
        &self,
        user: &UserId,
        id: &ConversationId,
        most: usize,
    ) -> Result<Deletion> {
        const OPERATION: &str = "conversations.delete";
        let Some(meta) = self.meta(OPERATION, user, id).await? else {
            return Ok(Deletion::None);
        };
        let until = hidden_until(Row(&meta)).map_err(|error| error.during(OPERATION))?;
        let Some(until) = until else {
            return Ok(Deletion::None);
        };
        let rows = self.hidden_rows(user, id, until, most).await?;
        for row in &rows {
            let stored = Stored::read(Row(row)).map_err(|error| error.during(OPERATION))?;
            // The object first: without its row nobody would know of it.
            self.texts.delete(&stored).await?;
        }
        let more = rows.len() >= most;
        let deletes = rows.into_iter().filter_map(deletion);
        delete_rows(&self.db, &self.table, deletes.collect(), OPERATION).await?;
        if more {
            return Ok(Deletion::Begun);
        }
        self.unmark(user, id, until).await
    }

    async fn hidden_rows(
        &self,
        user: &UserId,
        id: &ConversationId,
        until: Timestamp,
        most: usize,
    ) -> Result<Vec<Item>> {
        const OPERATION: &str = "conversations.delete";
        const CONDITION: &str = "#PK = :user AND #SK BETWEEN :first AND :last";
        let mut rows = Vec::new();
        let mut start = None;
        loop {
            let page = self
                .db
                .query()
                .table_name(&self.table)
                .consistent_read(true)
                .key_condition_expression(CONDITION)
                .set_expression_attribute_names(Some(names_in(&[CONDITION])))
                .expression_attribute_values(":user", text(keys::user(user)))
                .expression_attribute_values(":first", text(keys::messages_of(id)))
                .expression_attribute_values(":last", text(keys::messages_after(id, until)))
                .limit(i32::try_from(most - rows.len()).unwrap_or(i32::MAX))
                .set_exclusive_start_key(start)
                .send()
                .await
                .map_err(|error| Unavailable::new(OPERATION, error))?;
            rows.extend(page.items.unwrap_or_default());
            start = page.last_evaluated_key;
            if start.is_none() || rows.len() >= most {
                return Ok(rows);
            }
        }
    }

    /// Nothing is left: the row goes, unless something new was said.
    async fn unmark(
        &self,
        user: &UserId,
        id: &ConversationId,
        until: Timestamp,
    ) -> Result<Deletion> {
        const OPERATION: &str = "conversations.unmark";
        const CONDITION: &str = "#deletedUntil = :until AND attribute_not_exists(#lastActivityAt)";
        let delete = self
            .db
            .delete_item()
            .table_name(&self.table)
            .set_key(Some(key(user, keys::meta(id))))
            .condition_expression(CONDITION)
            .set_expression_attribute_names(Some(names_in(&[CONDITION])))
            .expression_attribute_values(":until", number(until.millis()));
        match delete.send().await {
            Ok(_) => return Ok(Deletion::Done),
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(|error| error.is_conditional_check_failed_exception()) => {}
            Err(error) => return Err(Unavailable::new(OPERATION, error)),
        }
        let values = item([(":until", number(until.millis()))]);
        let condition = "#deletedUntil = :until";
        let unmark = self.change((user, id), "REMOVE #deletedUntil", condition, values);
        // Another one may have deleted anew: then there is more.
        let unmarked = held(unmark.apply(&self.db, OPERATION).await)?;
        Ok(if unmarked { Deletion::Done } else { Deletion::Begun })
    }
}

/// Of a META row, or of none.
fn is_there(row: &Item, now: Timestamp) -> bool {
    let lives = Row(row).number("ttl").is_ok_and(|ttl| ttl > now.epoch_seconds());
    lives && row.contains_key("lastActivityAt")
}

fn held(outcome: std::result::Result<(), Refusal>) -> Result<bool> {
    match outcome {
        Ok(()) => Ok(true),
        Err(Refusal::Condition(_)) => Ok(false),
        Err(Refusal::Unavailable(error)) => Err(error),
    }
}

fn deletion(mut row: Item) -> Option<WriteRequest> {
    row.retain(|name, _| name == "PK" || name == "SK");
    let delete = DeleteRequest::builder().set_key(Some(row)).build().ok()?;
    Some(WriteRequest::builder().delete_request(delete).build())
}
