//! Somebody who may says something to his agent.

use domain::{Channel, ConversationId, InboxMessage, MessageId, ReplyTo, UserId};
use platform::{AmendOutcome, Amendment};

use super::content::{Content, content};
use super::follow::{Queued, Received};
use super::{ReceiveError, ReceiveUpdate, Spoken, words};
use crate::{AcceptError, Incoming};

impl ReceiveUpdate {
    pub(super) async fn said(
        &self,
        spoken: &Spoken<'_>,
        user: &UserId,
        text: &str,
    ) -> Result<Received, ReceiveError> {
        let content = content(spoken.message, text);
        let queued = match content.is_empty() {
            true => None,
            false => match self.joined(spoken, user, &content).await? {
                Some(queued) => Some(queued),
                None => match self.put(spoken, user, &content).await? {
                    Ok(queued) => Some(queued),
                    Err(told) => return self.answer(spoken, told).await,
                },
            },
        };
        let note = match content.note {
            Some(note) => self.answer(spoken, note).await?.answers,
            None => Vec::new(),
        };
        Ok(Received { answers: note, queued })
    }

    /// `Err`: what the person must hear instead.
    async fn put(
        &self,
        spoken: &Spoken<'_>,
        user: &UserId,
        content: &Content,
    ) -> Result<Result<Queued, String>, ReceiveError> {
        let conversation = self.conversation(user, &spoken.chat).await?;
        let incoming = Incoming {
            attachments: content.attachments.clone(),
            album: spoken.message.media_group_id.clone(),
            ..spoken.incoming(conversation, content.text())
        };
        self.accept(spoken, user, incoming).await
    }

    pub(super) async fn accept(
        &self,
        spoken: &Spoken<'_>,
        user: &UserId,
        incoming: Incoming,
    ) -> Result<Result<Queued, String>, ReceiveError> {
        let message = incoming.id.clone();
        let accepted = match self.accept.run(user, incoming.clone()).await {
            Ok(accepted) => accepted,
            Err(AcceptError::Unavailable(error)) => return Err(error.into()),
            Err(AcceptError::TooMany) => return Ok(Err(words::too_many())),
            Err(error) => return Ok(Err(words::not_taken(&error))),
        };
        let fresh = (!accepted.duplicate).then_some((incoming, accepted.received_at));
        Ok(Ok(Queued {
            user: user.clone(),
            chat: spoken.chat,
            message,
            open: accepted.open,
            fresh,
        }))
    }

    /// A later part of an album becomes part of the first one's message, unless that is being
    /// answered already. `None`: it is a message of its own.
    async fn joined(
        &self,
        spoken: &Spoken<'_>,
        user: &UserId,
        content: &Content,
    ) -> Result<Option<Queued>, ReceiveError> {
        let Some(album) = &spoken.message.media_group_id else { return Ok(None) };
        let rows = self.inbox.outline(user, self.clock.now()).await?;
        let part = spoken.at.message_id();
        if let Some(row) = rows.iter().find(|row| row.parts.contains(&part)) {
            return Ok(Some(spoken.known(user, row)));
        }
        let is_first = |row: &&InboxMessage| {
            row.album.as_ref() == Some(album) && is_from(row, spoken) && row.id != part
        };
        // A part that came too late for one message began the next.
        let known = rows.iter().any(|row| row.id == part);
        let Some(first) = rows.iter().rev().find(is_first).filter(|_| !known) else {
            return Ok(None);
        };
        let text = self.with_caption(user, &first.id, content).await?;
        let amendment = Amendment { part, text, attachments: content.attachments.clone() };
        Ok(match self.inbox.amend(user, &first.id, &amendment).await? {
            AmendOutcome::Amended | AmendOutcome::Duplicate => Some(spoken.known(user, first)),
            AmendOutcome::TooLate => None,
        })
    }

    async fn with_caption(
        &self,
        user: &UserId,
        first: &MessageId,
        content: &Content,
    ) -> Result<Option<String>, ReceiveError> {
        if content.words.is_empty() {
            return Ok(None);
        }
        let row = self.inbox.get(user, first, self.clock.now()).await?;
        Ok(Some(match row {
            Some(row) if !row.text.trim().is_empty() => {
                format!("{}\n\n{}", row.text, content.words)
            }
            _ => content.text(),
        }))
    }
}

pub(super) fn is_from(row: &InboxMessage, spoken: &Spoken<'_>) -> bool {
    matches!(&row.reply_to, ReplyTo::Telegram { chat, .. } if *chat == spoken.chat)
}

impl Spoken<'_> {
    pub(super) fn incoming(&self, conversation: ConversationId, text: String) -> Incoming {
        Incoming {
            id: self.at.message_id(),
            conversation,
            channel: Channel::Telegram,
            reply_to: ReplyTo::Telegram { chat: self.chat, message: self.message.message_id },
            text,
            attachments: Vec::new(),
            album: None,
        }
    }

    /// A message that is in the inbox since before.
    pub(super) fn known(&self, user: &UserId, row: &InboxMessage) -> Queued {
        Queued {
            user: user.clone(),
            chat: self.chat,
            message: row.id.clone(),
            open: row.state.is_open(),
            fresh: None,
        }
    }
}
