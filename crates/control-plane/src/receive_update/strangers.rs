//! Somebody whom we do not know. He can link his account, and start nothing else.

use domain::LinkCode;
use platform::{RedeemOutcome, Redemption};
use protocol::Changed;

use super::follow::Received;
use super::heard::{Command, Heard};
use super::{ReceiveError, ReceiveUpdate, Spoken, words};

impl ReceiveUpdate {
    pub(super) async fn stranger(
        &self,
        spoken: &Spoken<'_>,
        heard: Heard,
    ) -> Result<Received, ReceiveError> {
        let told = match heard {
            Heard::Command(Command::Start | Command::Link, code) if !code.is_empty() => {
                self.redeem(spoken, &code).await?
            }
            Heard::Command(Command::Link | Command::Help, _) => words::LINK_HOW.into(),
            _ if !self.chats.may_greet(spoken.person, self.clock.now()).await? => {
                return Ok(Received::default());
            }
            _ => words::STRANGER.into(),
        };
        self.answer(spoken, told).await
    }

    /// Whoever guesses hears the same of a code that was never given and of one that is no more.
    pub(super) async fn redeem(
        &self,
        spoken: &Spoken<'_>,
        said: &str,
    ) -> Result<String, ReceiveError> {
        let Some(code) = LinkCode::parse(said) else { return Ok(words::LINK_HOW.into()) };
        let (person, now) = (spoken.person, self.clock.now());
        if !self.links.note_try(person, &spoken.at.message_id(), now).await? {
            return Ok(words::TOO_MANY_TRIES.into());
        }
        let from = spoken.message.from.as_ref();
        let name = from.map(ToString::to_string).unwrap_or_default();
        let redemption = Redemption { code, person, name, chat: spoken.chat.id, now };
        let told = match self.links.redeem(&redemption).await? {
            RedeemOutcome::Linked(owner) => {
                self.tell.changed(&owner, Changed::Link).await;
                words::LINKED
            }
            RedeemOutcome::AlreadyYours(_) => words::ALREADY_LINKED,
            RedeemOutcome::NoSuchCode => words::NO_SUCH_CODE,
            RedeemOutcome::OtherUser => words::LINKED_ELSEWHERE,
            RedeemOutcome::OtherAccount => words::OTHER_ACCOUNT,
        };
        Ok(told.into())
    }
}
