//! What happens in a chat beside messages.

use domain::telegram::draft_id;
use domain::{InboxMessage, InboxState, ReplyTo, TelegramChat, TelegramUser};
use telegram::{CallbackQuery, ChatMemberUpdated, MemberStatus, StoppedGeneration};
use tracing::info;

use super::follow::{Answer, Received};
use super::{At, ReceiveError, ReceiveUpdate, person_of, words};

impl ReceiveUpdate {
    /// The Stop button below a draft. There are drafts in private chats alone, where the chat has
    /// the person's number.
    pub(super) async fn stopped(
        &self,
        stopped: &StoppedGeneration,
    ) -> Result<Received, ReceiveError> {
        let Some(user) = self.user_of(TelegramUser(stopped.chat.id)).await? else {
            return Ok(Received::default());
        };
        let here = |row: &InboxMessage| matches!(&row.reply_to, ReplyTo::Telegram { chat, .. } if chat.id == stopped.chat.id);
        let is_it = |row: &InboxMessage| here(row) && draft_id(&row.id) == stopped.draft_id;
        if self.cancel_where(&user, is_it).await? == 0 {
            // A draft of what was said under another name: it is what runs now.
            let runs = |row: &InboxMessage| here(row) && row.state == InboxState::Leased;
            self.cancel_where(&user, runs).await?;
        }
        Ok(Received::default())
    }

    pub(super) async fn membership(
        &self,
        at: &At,
        change: &ChatMemberUpdated,
    ) -> Result<Received, ReceiveError> {
        let is_in = |status: MemberStatus| {
            use MemberStatus::{Administrator, Creator, Member, Restricted};
            matches!(status, Creator | Administrator | Member | Restricted)
        };
        let (was, is) =
            (is_in(change.old_chat_member.status), is_in(change.new_chat_member.status));
        let private = change.chat.is_private();
        info!(chat.private = private, member = is, "the bot's place in a chat has changed");
        let Some(person) = person_of(&change.from) else { return Ok(Received::default()) };
        if was || !is || !change.chat.is_group() || self.user_of(person).await?.is_none() {
            return Ok(Received::default());
        }
        let chat = TelegramChat { id: change.chat.id, thread: None, is_group: true };
        let text = words::added_to_group(&at.me.username);
        self.once(at, Answer { chat, answers: None, text }).await
    }

    /// We show no buttons, so it is another time's.
    pub(super) async fn pressed(
        &self,
        at: &At,
        query: &CallbackQuery,
    ) -> Result<Received, ReceiveError> {
        let (Some(person), Some(message)) = (person_of(&query.from), &query.message) else {
            return Ok(Received::default());
        };
        if self.user_of(person).await?.is_none() {
            return Ok(Received::default());
        }
        let is_group = message.chat.is_group();
        let chat = TelegramChat { id: message.chat.id, thread: message.topic(), is_group };
        self.once(at, Answer { chat, answers: None, text: words::NO_BUTTONS.into() }).await
    }
}
