//! A user begins a conversation, names it, or wants it gone.

use std::sync::Arc;

use domain::{
    Conversation, ConversationId, InboxMessage, InboxState, InvalidId, InvalidTitle, Timestamp,
    Title, UserId,
};
use platform::{Clock, Conversations, Deletion, Inbox, Tasks, Unavailable};
use protocol::{ConversationSummary, PostConversation};

/// Rows that one request deletes. A few seconds' work; the next one goes on.
const DELETED_AT_ONCE: usize = 1_000;

/// How often a deletion looks again that met the end of a message.
const LOOKS: usize = 5;

#[derive(Debug, thiserror::Error)]
pub enum ConversationError {
    #[error(transparent)]
    Title(#[from] InvalidTitle),
    #[error(transparent)]
    Id(#[from] InvalidId),
    #[error("there is no conversation {0}")]
    None(ConversationId),
    #[error("a message of this conversation waits for an answer; stop it, or wait for it")]
    MessagesOpen,
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// Whether a conversation was made, or was there.
pub struct Begun {
    pub conversation: ConversationSummary,
    pub is_new: bool,
}

#[derive(Clone)]
pub struct ChangeConversations {
    pub conversations: Arc<dyn Conversations>,
    pub inbox: Arc<dyn Inbox>,
    pub tasks: Arc<dyn Tasks>,
    pub clock: Arc<dyn Clock>,
    /// For the name of a conversation that its client does not name.
    pub entropy: fn() -> [u8; 16],
}

impl ChangeConversations {
    pub async fn begin(
        &self,
        user: &UserId,
        asked: PostConversation,
    ) -> Result<Begun, ConversationError> {
        let title = Title::new(&asked.title)?;
        let id = match asked.conversation_id {
            Some(id) => ConversationId::new(id)?,
            None => fresh_id((self.entropy)()),
        };
        let now = self.clock.now();
        let new = Conversation::new(id, title, now);
        let known = self.conversations.begin(user, &new).await?;
        Ok(Begun { is_new: known.is_none(), conversation: known.unwrap_or(new).into() })
    }

    pub async fn rename(
        &self,
        user: &UserId,
        id: &ConversationId,
        title: &str,
    ) -> Result<ConversationSummary, ConversationError> {
        let (title, now) = (Title::new(title)?, self.clock.now());
        if self.conversations.rename(user, id, &title, now).await? {
            return self.read(user, id, now).await;
        }
        // Its first message waits for an answer, which would have made the row.
        let open = self.unsettled(user, id, now).await?;
        let Some(last) = open.last() else {
            return Err(ConversationError::None(id.clone()));
        };
        let new = Conversation::new(id.clone(), title.as_str(), last.received_at);
        if self.conversations.begin(user, &new).await?.is_none() {
            return Ok(new.into());
        }
        // It was answered meanwhile.
        self.conversations.rename(user, id, &title, now).await?;
        self.read(user, id, now).await
    }

    /// `false`: it is gone, and there is more to delete of it: ask again.
    pub async fn delete(
        &self,
        user: &UserId,
        id: &ConversationId,
    ) -> Result<bool, ConversationError> {
        let was_there = self.hide(user, id).await?;
        match self.conversations.delete_hidden(user, id, DELETED_AT_ONCE).await? {
            Deletion::None if !was_there => Err(ConversationError::None(id.clone())),
            Deletion::None | Deletion::Done => Ok(true),
            Deletion::Begun => Ok(false),
        }
    }

    /// `false`: there was nothing to see of it.
    async fn hide(&self, user: &UserId, id: &ConversationId) -> Result<bool, ConversationError> {
        for _ in 0..LOOKS {
            let now = self.clock.now();
            let seen = self.conversations.get(user, id, now).await?;
            // Every message that is accepted after this read is stamped later, and stays. One that
            // was accepted before is open below, or has ended and goes.
            let until = self.tasks.get(user).await?.last_accepted_at.unwrap_or_default();
            if !self.unsettled(user, id, now).await?.is_empty() {
                return Err(ConversationError::MessagesOpen);
            }
            let Some(seen) = seen else {
                return Ok(false);
            };
            self.forget_dead(user, id, now).await?;
            if self.conversations.hide(user, &seen, until).await? {
                return Ok(true);
            }
            // A message of it has ended since we looked.
        }
        Err(ConversationError::MessagesOpen)
    }

    /// A dead message keeps its text in the inbox, so that it can be sent again.
    async fn forget_dead(
        &self,
        user: &UserId,
        id: &ConversationId,
        now: Timestamp,
    ) -> Result<(), Unavailable> {
        let rows = self.inbox.outline(user, now).await?;
        let dead = |row: &&InboxMessage| &row.conversation == id && row.state == InboxState::Dead;
        for row in rows.iter().filter(dead) {
            self.inbox.forget(user, &row.id).await?;
        }
        Ok(())
    }

    async fn unsettled(
        &self,
        user: &UserId,
        id: &ConversationId,
        now: Timestamp,
    ) -> Result<Vec<InboxMessage>, Unavailable> {
        let mut rows = self.inbox.outline(user, now).await?;
        rows.retain(|row| &row.conversation == id && row.is_unsettled());
        Ok(rows)
    }

    async fn read(
        &self,
        user: &UserId,
        id: &ConversationId,
        now: Timestamp,
    ) -> Result<ConversationSummary, ConversationError> {
        let found = self.conversations.get(user, id, now).await?;
        found.map(Into::into).ok_or_else(|| ConversationError::None(id.clone()))
    }
}

fn fresh_id(entropy: [u8; 16]) -> ConversationId {
    ConversationId::new(data_encoding::HEXLOWER.encode(&entropy)).expect("32 digits")
}
