//! The durable inbox, and the one step that ends a message.

use async_trait::async_trait;
use domain::limits::{CONVERSATION_TTL, INBOX_TTL, TOMBSTONE_TTL};
use domain::text::utf16_len;
use domain::{
    Conversation, Generation, InboxMessage, InboxState, MessageId, Role, StoredMessage, TaskState,
    Timestamp, UserId,
};
use platform::{
    AmendOutcome, Amendment, Completion, Inbox, NewMessage, PutOutcome, Result, WriteError,
};

use crate::log::Effect;
use crate::state::{Expiring, Pair, State};
use crate::world::World;

#[async_trait]
impl Inbox for World {
    async fn put(&self, user: &UserId, message: &NewMessage) -> Result<PutOutcome> {
        self.call("inbox.put", |state| Ok(state.put(user, message))).await
    }

    async fn get(
        &self,
        user: &UserId,
        id: &MessageId,
        now: Timestamp,
    ) -> Result<Option<InboxMessage>> {
        self.call("inbox.get", |state| {
            let row = state.inbox.get(user).and_then(|rows| rows.get(id));
            Ok(row.and_then(|row| row.live(now)).cloned())
        })
        .await
    }

    async fn outline(&self, user: &UserId, now: Timestamp) -> Result<Vec<InboxMessage>> {
        self.call("inbox.outline", |state| {
            let mut rows = state.rows(user, now);
            for row in &mut rows {
                row.text.clear();
                row.attachments.clear();
                row.partial = None;
            }
            Ok(rows)
        })
        .await
    }

    async fn open(&self, user: &UserId, now: Timestamp) -> Result<Vec<InboxMessage>> {
        self.call("inbox.open", |state| {
            let mut rows = state.rows(user, now);
            rows.retain(|row| row.state.is_open());
            Ok(rows)
        })
        .await
    }

    async fn lease(
        &self,
        user: &UserId,
        id: &MessageId,
        generation: Generation,
    ) -> std::result::Result<InboxMessage, WriteError> {
        self.call("inbox.lease", |state| {
            state.current(user, generation)?;
            let row = state.row(user, id).ok_or(WriteError::Conflict)?;
            let held_by_newer = row.lease_generation.is_some_and(|held| held > generation);
            if !row.state.is_open() || held_by_newer {
                return Err(WriteError::Conflict);
            }
            row.state = InboxState::Leased;
            row.lease_generation = Some(generation);
            row.attempts += 1;
            let leased = row.clone();
            state.note(user, Effect::Leased { id: id.clone(), generation });
            Ok(leased)
        })
        .await
    }

    async fn give_back(
        &self,
        user: &UserId,
        id: &MessageId,
        generation: Generation,
        partial: Option<&str>,
    ) -> std::result::Result<(), WriteError> {
        self.call("inbox.give_back", |state| {
            let row = state.leased(user, id, generation)?;
            if let Some(partial) = partial {
                row.partial = Some(partial.to_owned());
            }
            row.state = InboxState::Pending;
            row.lease_generation = None;
            Ok(())
        })
        .await
    }

    async fn complete(
        &self,
        user: &UserId,
        completion: &Completion<'_>,
    ) -> std::result::Result<(), WriteError> {
        self.call("inbox.complete", |state| state.complete(user, completion)).await
    }

    async fn request_cancel(&self, user: &UserId, id: &MessageId) -> Result<bool> {
        self.call("inbox.request_cancel", |state| match state.row(user, id) {
            Some(row) if row.state.is_open() => {
                row.cancel_requested = true;
                state.note(user, Effect::Cancelled { id: id.clone() });
                Ok(true)
            }
            _ => Ok(false),
        })
        .await
    }

    async fn amend(
        &self,
        user: &UserId,
        id: &MessageId,
        amendment: &Amendment,
    ) -> Result<AmendOutcome> {
        self.call("inbox.amend", |state| {
            let Some(row) = state.row(user, id) else {
                return Ok(AmendOutcome::TooLate);
            };
            if row.parts.contains(&amendment.part) {
                return Ok(AmendOutcome::Duplicate);
            }
            if row.state != InboxState::Pending || row.attempts > 0 {
                return Ok(AmendOutcome::TooLate);
            }
            row.parts.push(amendment.part.clone());
            row.attachments.extend(amendment.attachments.iter().cloned());
            if let Some(text) = &amendment.text {
                row.text = text.clone();
            }
            Ok(AmendOutcome::Amended)
        })
        .await
    }

    async fn owed(&self, user: &UserId, now: Timestamp) -> Result<Vec<InboxMessage>> {
        self.call("inbox.owed", |state| {
            let mut rows = state.rows(user, now);
            rows.retain(|row| row.owed.is_some());
            Ok(rows)
        })
        .await
    }

    async fn note_sent(
        &self,
        user: &UserId,
        id: &MessageId,
        generation: Generation,
        sent: u32,
    ) -> std::result::Result<(), WriteError> {
        self.call("inbox.note_sent", |state| {
            state.owing(user, id, generation)?.owed = Some(sent);
            Ok(())
        })
        .await
    }

    async fn delivered(
        &self,
        user: &UserId,
        id: &MessageId,
        generation: Generation,
    ) -> std::result::Result<(), WriteError> {
        self.call("inbox.delivered", |state| {
            state.owing(user, id, generation)?.owed = None;
            Ok(())
        })
        .await
    }

    async fn forget(&self, user: &UserId, id: &MessageId) -> Result<()> {
        self.call("inbox.forget", |state| {
            if let Some(row) = state.row(user, id).filter(|row| row.state == InboxState::Dead) {
                row.text.clear();
                row.attachments.clear();
            }
            Ok(())
        })
        .await
    }
}

impl State {
    fn put(&mut self, user: &UserId, message: &NewMessage) -> PutOutcome {
        let rows = self.inbox.entry(user.clone()).or_default();
        if let Some(row) = rows.get(&message.id).and_then(|row| row.live(message.received_at)) {
            return PutOutcome::Duplicate(row.state);
        }
        let task = self.tasks.entry(user.clone()).or_insert_with(|| TaskState::idle(user.clone()));
        if task.deleting_since.is_some() {
            return PutOutcome::Deleting;
        }
        let after_all = task.last_accepted_at.map(|last| Timestamp(last.millis() + 1));
        let at = after_all.map_or(message.received_at, |after| after.max(message.received_at));
        task.last_accepted_at = Some(at);
        task.due_at.get_or_insert(message.due_at);
        let row = Expiring { value: pending(message, at), expires: at + INBOX_TTL };
        rows.insert(message.id.clone(), row);
        let (conversation, id) = (message.conversation.clone(), message.id.clone());
        self.note(user, Effect::Accepted { conversation, id, at });
        PutOutcome::Accepted(at)
    }

    fn rows(&self, user: &UserId, now: Timestamp) -> Vec<InboxMessage> {
        let rows = self.inbox.get(user).into_iter().flat_map(|rows| rows.values());
        let mut live: Vec<InboxMessage> = rows.filter_map(|row| row.live(now)).cloned().collect();
        live.sort_by(|a, b| a.order().cmp(&b.order()));
        live
    }

    fn row(&mut self, user: &UserId, id: &MessageId) -> Option<&mut InboxMessage> {
        Some(&mut self.inbox.get_mut(user)?.get_mut(id)?.value)
    }

    /// The row, if `generation` is current and holds its lease.
    fn leased(
        &mut self,
        user: &UserId,
        id: &MessageId,
        generation: Generation,
    ) -> std::result::Result<&mut InboxMessage, WriteError> {
        self.current(user, generation)?;
        let row = self.row(user, id).ok_or(WriteError::Conflict)?;
        let held = row.state == InboxState::Leased && row.lease_generation == Some(generation);
        if held { Ok(row) } else { Err(WriteError::Conflict) }
    }

    /// The row, if `generation` is current and something is owed.
    fn owing(
        &mut self,
        user: &UserId,
        id: &MessageId,
        generation: Generation,
    ) -> std::result::Result<&mut InboxMessage, WriteError> {
        self.current(user, generation)?;
        let row = self.row(user, id).ok_or(WriteError::Conflict)?;
        if row.owed.is_some() { Ok(row) } else { Err(WriteError::Conflict) }
    }

    fn complete(
        &mut self,
        user: &UserId,
        done: &Completion<'_>,
    ) -> std::result::Result<(), WriteError> {
        let row = self.leased(user, &done.message.id, done.generation)?;
        row.state = done.state;
        row.lease_generation = None;
        row.partial = None;
        row.owed = done.owed.then_some(0);
        let kept_for = if done.state == InboxState::Done {
            row.text.clear();
            row.attachments.clear();
            row.reply_length = Some(utf16_len(&done.reply.text));
            TOMBSTONE_TTL
        } else {
            INBOX_TTL
        };
        let rows = self.inbox.get_mut(user).expect("leased above");
        rows.get_mut(&done.message.id).expect("leased above").expires = done.reply.at + kept_for;
        self.record(user, done);
        self.note(
            user,
            Effect::Ended {
                conversation: done.message.conversation.clone(),
                id: done.message.id.clone(),
                state: done.state,
                generation: done.generation,
            },
        );
        Ok(())
    }

    fn record(&mut self, user: &UserId, done: &Completion<'_>) {
        let message = done.message;
        let expires = done.reply.at + CONVERSATION_TTL;
        let key = (user.clone(), message.conversation.clone());
        let talk = self.talks.entry(key).or_default();
        let known = talk.meta.take().map(|meta| meta.value);
        let new =
            || Conversation::new(message.conversation.clone(), message.title(), done.reply.at);
        let mut meta = known.unwrap_or_else(new);
        meta.last_activity_at = done.reply.at;
        meta.channels.insert(message.channel);
        talk.meta = Some(Expiring { value: meta, expires });
        let place = (message.received_at, message.id.clone());
        talk.pairs.insert(place, Expiring { value: pair(done), expires });
    }
}

fn pending(message: &NewMessage, received_at: Timestamp) -> InboxMessage {
    InboxMessage {
        id: message.id.clone(),
        conversation: message.conversation.clone(),
        channel: message.channel,
        reply_to: message.reply_to.clone(),
        text: message.text.clone(),
        attachments: message.attachments.clone(),
        received_at,
        state: InboxState::Pending,
        lease_generation: None,
        attempts: 0,
        cancel_requested: false,
        partial: None,
        reply_length: None,
        album: message.album.clone(),
        parts: Vec::new(),
        owed: None,
    }
}

fn pair(done: &Completion<'_>) -> Pair {
    let (message, reply) = (done.message, done.reply);
    let asked = StoredMessage {
        id: message.id.clone(),
        conversation: message.conversation.clone(),
        role: Role::User,
        text: message.text.clone(),
        attachments: message.attachments.clone(),
        at: message.received_at,
        received_at: message.received_at,
        channel: message.channel,
        outcome: None,
        error: None,
        usage: None,
    };
    let answered = StoredMessage {
        role: Role::Assistant,
        text: reply.text.clone(),
        attachments: Vec::new(),
        at: reply.at,
        outcome: Some(reply.outcome),
        error: reply.error.clone(),
        usage: reply.usage,
        ..asked.clone()
    };
    [asked, answered]
}
