//! What was said, and what still waits: history is the conversation's rows and, after them,
//! the inbox's open ones.

use std::collections::HashSet;
use std::sync::Arc;

use domain::limits::{CONVERSATION_PAGE_MAX, HISTORY_PAGE_MAX};
use domain::{
    Conversation, ConversationId, InboxMessage, InboxState, MessageId, Timestamp, UserId,
};
use platform::{Clock, Conversations, HistoryPage, Inbox, ReadMark, Unavailable};
use protocol::{AttachedFile, ConversationsPage, Message, MessageRole, MessageState, MessagesPage};

#[derive(Clone)]
pub struct ReadConversations {
    pub conversations: Arc<dyn Conversations>,
    pub inbox: Arc<dyn Inbox>,
    pub clock: Arc<dyn Clock>,
}

/// Which part of a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part<'a> {
    Newest,
    /// Before a place that an earlier page gave.
    Before(&'a str),
    /// After it.
    After(&'a str),
    /// Around a message that was found there.
    Around(&'a str),
}

impl ReadConversations {
    /// One whose message waits stands on the first page, wherever it stood before.
    pub async fn list(
        &self,
        user: &UserId,
        before: Option<&str>,
        limit: usize,
    ) -> Result<ConversationsPage, Unavailable> {
        let now = self.clock.now();
        let limit = limit.clamp(1, CONVERSATION_PAGE_MAX);
        let open = match before {
            None => self.inbox.open(user, now).await?,
            Some(_) => Vec::new(),
        };
        let page = self.conversations.list(user, before, limit, now).await?;
        let mut listed = page.conversations;
        for row in &open {
            self.note_activity(user, &mut listed, row).await?;
        }
        listed.sort_by_key(|conversation| std::cmp::Reverse(conversation.last_activity_at));
        let conversations = listed.into_iter().map(Into::into).collect();
        Ok(ConversationsPage { conversations, before: page.before })
    }

    async fn note_activity(
        &self,
        user: &UserId,
        listed: &mut Vec<Conversation>,
        row: &InboxMessage,
    ) -> Result<(), Unavailable> {
        let known = match listed.iter().position(|it| it.id == row.conversation) {
            Some(place) => Some(listed.swap_remove(place)),
            // It may be older than this page, and have a title.
            None => self.conversations.get(user, &row.conversation, self.clock.now()).await?,
        };
        let new = || Conversation::new(row.conversation.clone(), row.title(), row.received_at);
        listed.push(known.unwrap_or_else(new).with_waiting(row));
        Ok(())
    }

    /// The user has read everything until `up_to`, and nothing that is still to be said. What is
    /// there without a row of the user's own has nothing that could be marked.
    pub async fn mark_read(
        &self,
        user: &UserId,
        conversation: &ConversationId,
        up_to: Timestamp,
    ) -> Result<ReadMark, Unavailable> {
        let now = self.clock.now();
        let until = up_to.min(now);
        let marked = self.conversations.mark_read(user, conversation, until, now).await?;
        if marked != ReadMark::Nowhere || !self.is_there(user, conversation).await? {
            return Ok(marked);
        }
        Ok(ReadMark::Stands)
    }

    /// `None`: there is no such conversation.
    pub async fn messages(
        &self,
        user: &UserId,
        conversation: &ConversationId,
        part: Part<'_>,
        limit: usize,
    ) -> Result<Option<MessagesPage>, Unavailable> {
        let now = self.clock.now();
        let limit = limit.clamp(1, HISTORY_PAGE_MAX);
        // The inbox first: a message that ends in between is then in both, and shown once.
        let open = match part {
            Part::Newest | Part::After(_) | Part::Around(_) => self.inbox.open(user, now).await?,
            Part::Before(_) => Vec::new(),
        };
        let rows = &self.conversations;
        let mut page = match part {
            Part::Newest => rows.history(user, conversation, None, limit, now).await?,
            Part::Before(place) => {
                rows.history(user, conversation, Some(place), limit, now).await?
            }
            Part::After(place) => rows.later(user, conversation, place, limit, now).await?,
            Part::Around(place) => rows.around(user, conversation, place, limit, now).await?,
        };
        let told: HashSet<MessageId> = page.messages.iter().map(|m| m.id.clone()).collect();
        let dead = self.dead_of(user, page.messages.iter().any(|m| m.error.is_some())).await?;
        let mut messages: Vec<Message> =
            std::mem::take(&mut page.messages).into_iter().map(Message::from).collect();
        for message in &mut messages {
            if message.role == MessageRole::User && dead.contains(&message.message_id) {
                message.state = Some(MessageState::Dead);
            }
        }
        if !page.goes_on {
            let waiting =
                open.iter().filter(|m| &m.conversation == conversation && !told.contains(&m.id));
            messages.extend(waiting.map(open_message));
        }
        if messages.is_empty() && !self.is_there(user, conversation).await? {
            return Ok(None);
        }
        let HistoryPage { before, after, goes_on, .. } = page;
        Ok(Some(MessagesPage { messages, before, after, goes_on }))
    }

    /// The default conversation is there before anything was said in it.
    async fn is_there(
        &self,
        user: &UserId,
        conversation: &ConversationId,
    ) -> Result<bool, Unavailable> {
        if *conversation == ConversationId::default() {
            return Ok(true);
        }
        let now = self.clock.now();
        if self.conversations.get(user, conversation, now).await?.is_some() {
            return Ok(true);
        }
        let waiting = self.inbox.outline(user, now).await?;
        Ok(waiting.iter().any(|row| row.state.is_open() && row.conversation == *conversation))
    }

    pub async fn reply(
        &self,
        user: &UserId,
        conversation: &ConversationId,
        id: &MessageId,
    ) -> Result<Option<Message>, Unavailable> {
        let now = self.clock.now();
        let Some(row) = self.inbox.get(user, id, now).await? else {
            return Ok(None);
        };
        let reply = self.conversations.reply(user, conversation, id, row.received_at, now).await?;
        Ok(reply.map(Message::from))
    }

    /// Ids of dead messages; asked only when a failed reply is on the page.
    async fn dead_of(&self, user: &UserId, needed: bool) -> Result<HashSet<String>, Unavailable> {
        if !needed {
            return Ok(HashSet::new());
        }
        let rows = self.inbox.outline(user, self.clock.now()).await?;
        let dead = rows.into_iter().filter(|row| row.state == InboxState::Dead);
        Ok(dead.map(|row| row.id.to_string()).collect())
    }
}

fn open_message(row: &InboxMessage) -> Message {
    Message {
        message_id: row.id.to_string(),
        conversation_id: row.conversation.to_string(),
        role: MessageRole::User,
        text: row.text.clone(),
        attachments: row.attachments.iter().cloned().map(AttachedFile::from).collect(),
        at: row.received_at.millis(),
        channel: protocol::rest::channel_name(row.channel).into(),
        state: Some(match row.state {
            InboxState::Leased => MessageState::Leased,
            _ => MessageState::Pending,
        }),
        outcome: None,
        error: None,
        usage: None,
        partial: row.partial.clone(),
    }
}
