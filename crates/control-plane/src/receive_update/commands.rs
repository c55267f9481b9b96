//! What the bot itself does when it is told to. Told twice, it is done once.

use domain::{ConversationId, InboxMessage, UserId};

use super::follow::Received;
use super::heard::Command;
use super::{ReceiveError, ReceiveUpdate, Spoken, words};

impl ReceiveUpdate {
    pub(super) async fn command(
        &self,
        spoken: &Spoken<'_>,
        user: &UserId,
        command: Command,
        rest: &str,
    ) -> Result<Received, ReceiveError> {
        let told = match command {
            Command::Start | Command::Link if spoken.chat.is_group && !rest.is_empty() => {
                words::LINK_IN_PRIVATE.into()
            }
            Command::Start | Command::Link if !rest.is_empty() => self.redeem(spoken, rest).await?,
            Command::Start => words::welcome(),
            Command::Link => words::LINK_HOW.into(),
            Command::Unlink => words::UNLINK.into(),
            Command::New => self.begin_new(spoken, user).await?,
            Command::Stop => self.stop(spoken, user).await?,
            Command::Status => self.tell_status(spoken, user).await?,
            Command::Help => words::help(spoken.chat.is_group, &spoken.at.me.username),
        };
        self.answer(spoken, told).await
    }

    async fn begin_new(&self, spoken: &Spoken<'_>, user: &UserId) -> Result<String, ReceiveError> {
        let new = spoken.chat.new_conversation(spoken.at.update.update);
        self.chats.choose(user, &spoken.chat, &new).await?;
        Ok(words::NEW.into())
    }

    async fn stop(&self, spoken: &Spoken<'_>, user: &UserId) -> Result<String, ReceiveError> {
        let conversation = self.conversation(user, &spoken.chat).await?;
        let stopped = self.cancel_where(user, |row| row.conversation == conversation).await?;
        Ok(words::stopped(stopped))
    }

    /// Ends what waits or runs. How much there was of it.
    pub(super) async fn cancel_where(
        &self,
        user: &UserId,
        is_meant: impl Fn(&InboxMessage) -> bool,
    ) -> Result<usize, ReceiveError> {
        let rows = self.inbox.outline(user, self.clock.now()).await?;
        let mut stopped = 0;
        for row in rows.iter().filter(|row| row.state.is_open() && is_meant(row)) {
            stopped += usize::from(self.cancel.run(user, &row.id).await?);
        }
        Ok(stopped)
    }

    async fn tell_status(
        &self,
        spoken: &Spoken<'_>,
        user: &UserId,
    ) -> Result<String, ReceiveError> {
        let status = self.status.response(user).await?;
        let conversation = self.conversation(user, &spoken.chat).await?;
        Ok(words::status(&status, conversation == ConversationId::default()))
    }
}
