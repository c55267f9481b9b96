//! Somebody changes what he said. What nobody has begun to answer is changed; afterwards the
//! agent is told of the change, if it is of the last thing that was said.

use domain::{InboxMessage, InboxState, ReplyTo, UserId};
use platform::{AmendOutcome, Amendment};
use telegram::Message;

use super::content::content;
use super::follow::Received;
use super::heard::{Heard, heard};
use super::say::is_from;
use super::{At, ReceiveError, ReceiveUpdate, Spoken, spoken, words};

/// Rows of a conversation's end among which the message before its change is looked for.
const LOOK_BACK: usize = 20;

impl ReceiveUpdate {
    pub(super) async fn edited(
        &self,
        at: &At,
        message: &Message,
    ) -> Result<Received, ReceiveError> {
        let Some(spoken) = spoken(at, message) else { return Ok(Received::default()) };
        // A place that moves changes all the time, and says nothing new.
        if message.location.is_some() {
            return Ok(Received::default());
        }
        let Some(user) = self.user_of(spoken.person).await? else {
            return Ok(Received::default());
        };
        let rows = self.inbox.outline(&user, self.clock.now()).await?;
        let part = at.message_id();
        if rows.iter().any(|row| row.id == part || row.parts.contains(&part)) {
            return Ok(Received::default());
        }
        let versions: Vec<&InboxMessage> = rows.iter().filter(|row| is_of(row, &spoken)).collect();
        let last = rows.iter().rfind(|row| is_from(row, &spoken));
        match (versions.as_slice(), last) {
            ([.., version], Some(last)) if version.id == last.id => {
                self.change(&spoken, &user, version, versions.len() > 1).await
            }
            // In a group it may have been said to others.
            ([], _) if spoken.chat.is_group => Ok(Received::default()),
            _ => self.answer(&spoken, words::EDIT_TOO_OLD.into()).await,
        }
    }

    async fn change(
        &self,
        spoken: &Spoken<'_>,
        user: &UserId,
        row: &InboxMessage,
        is_correction: bool,
    ) -> Result<Received, ReceiveError> {
        let text = match heard(spoken.message, &spoken.at.me) {
            Some(Heard::Words(text)) => text,
            // The name of the bot may have been taken out of it.
            _ => spoken.message.words().unwrap_or_default(),
        };
        let now_says = content(spoken.message, &text).text();
        let text = match is_correction {
            true => words::correction(None, &now_says),
            false => now_says.clone(),
        };
        let amendment =
            Amendment { part: spoken.at.message_id(), text: Some(text), attachments: Vec::new() };
        if self.inbox.amend(user, &row.id, &amendment).await? != AmendOutcome::TooLate {
            let queued = Some(spoken.known(user, row));
            return Ok(Received { answers: Vec::new(), queued });
        }
        if now_says.trim().is_empty() {
            return Ok(Received::default());
        }
        let before = self.before(user, row).await?;
        let text = words::correction(before.as_deref(), &now_says);
        let incoming = spoken.incoming(row.conversation.clone(), text);
        match self.accept(spoken, user, incoming).await? {
            Ok(queued) => Ok(Received { answers: Vec::new(), queued: Some(queued) }),
            Err(told) => self.answer(spoken, told).await,
        }
    }

    /// What it said: a row that ended with a reply has left its text to the conversation.
    async fn before(
        &self,
        user: &UserId,
        row: &InboxMessage,
    ) -> Result<Option<String>, ReceiveError> {
        let now = self.clock.now();
        if row.state != InboxState::Done {
            let row = self.inbox.get(user, &row.id, now).await?;
            return Ok(row.map(|row| row.text).filter(|text| !text.is_empty()));
        }
        let page =
            self.conversations.history(user, &row.conversation, None, LOOK_BACK, now).await?;
        let said = page.messages.into_iter().find(|said| said.id == row.id);
        Ok(said.map(|said| said.text).filter(|text| !text.is_empty()))
    }
}

/// The message that was changed, or what was said of its change before.
fn is_of(row: &InboxMessage, spoken: &Spoken<'_>) -> bool {
    let album = spoken.message.media_group_id.as_ref();
    let same_album = album.is_some() && row.album.as_ref() == album;
    let is_it = matches!(
        row.reply_to,
        ReplyTo::Telegram { message, .. } if message == spoken.message.message_id
    );
    is_from(row, spoken) && (is_it || same_album)
}
