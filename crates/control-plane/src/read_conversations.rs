//! What was said, and what still waits: history is the conversation's rows and, after them,
//! the inbox's open ones.

use std::collections::HashSet;
use std::sync::Arc;

use domain::limits::HISTORY_PAGE_MAX;
use domain::{ConversationId, InboxMessage, InboxState, MessageId, UserId};
use platform::{Clock, Conversations, Inbox, Unavailable};
use protocol::{
    AttachedFile, ConversationSummary, ConversationsPage, Message, MessageRole, MessageState,
    MessagesPage,
};

#[derive(Clone)]
pub struct ReadConversations {
    pub conversations: Arc<dyn Conversations>,
    pub inbox: Arc<dyn Inbox>,
    pub clock: Arc<dyn Clock>,
}

impl ReadConversations {
    pub async fn list(&self, user: &UserId) -> Result<ConversationsPage, Unavailable> {
        let now = self.clock.now();
        let known = self.conversations.list(user, now).await?;
        let mut summaries: Vec<ConversationSummary> = known
            .into_iter()
            .map(|c| ConversationSummary {
                conversation_id: c.id.to_string(),
                title: c.title,
                last_activity_at: c.last_activity_at.millis(),
            })
            .collect();
        for row in self.inbox.open(user, now).await? {
            note_activity(&mut summaries, &row);
        }
        summaries.sort_by_key(|s| std::cmp::Reverse(s.last_activity_at));
        Ok(ConversationsPage { conversations: summaries })
    }

    pub async fn messages(
        &self,
        user: &UserId,
        conversation: &ConversationId,
        before: Option<&str>,
        limit: usize,
    ) -> Result<MessagesPage, Unavailable> {
        let now = self.clock.now();
        let limit = limit.clamp(1, HISTORY_PAGE_MAX);
        // The inbox first: a message that ends in between is then in both, and shown once.
        let open = match before {
            None => self.inbox.open(user, now).await?,
            Some(_) => Vec::new(),
        };
        let page = self.conversations.history(user, conversation, before, limit, now).await?;
        let told: HashSet<MessageId> = page.messages.iter().map(|m| m.id.clone()).collect();
        let dead = self.dead_of(user, page.messages.iter().any(|m| m.error.is_some())).await?;
        let mut messages: Vec<Message> = page.messages.into_iter().map(Message::from).collect();
        for message in &mut messages {
            if message.role == MessageRole::User && dead.contains(&message.message_id) {
                message.state = Some(MessageState::Dead);
            }
        }
        let waiting =
            open.iter().filter(|m| &m.conversation == conversation && !told.contains(&m.id));
        messages.extend(waiting.map(open_message));
        Ok(MessagesPage { messages, before: page.before })
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

fn note_activity(summaries: &mut Vec<ConversationSummary>, row: &InboxMessage) {
    let at = row.received_at.millis();
    match summaries.iter_mut().find(|s| s.conversation_id == row.conversation.as_str()) {
        Some(summary) => summary.last_activity_at = summary.last_activity_at.max(at),
        None => summaries.push(ConversationSummary {
            conversation_id: row.conversation.to_string(),
            title: row.title(),
            last_activity_at: at,
        }),
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
