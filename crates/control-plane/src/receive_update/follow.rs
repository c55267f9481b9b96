//! What is done after an update is safe: the agent is woken, and people hear of it.

use domain::limits::SERVER_FRAME_MAX_BYTES;
use domain::telegram::draft_id;
use domain::{MessageId, TelegramChat, Timestamp, UserId};
use futures_util::future::{join, join_all};
use platform::BotText;
use protocol::{AttachedFile, MessageRole, Nudge, ServerFrame};
use tracing::warn;

use super::{ReceiveUpdate, words};
use crate::read_status::waiting;
use crate::{Ensured, Incoming};

/// What came of an update. It is safe; this is to be followed.
#[derive(Debug, Default)]
pub struct Received {
    pub answers: Vec<Answer>,
    pub queued: Option<Queued>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub chat: TelegramChat,
    /// The message that it is shown as an answer to.
    pub answers: Option<i64>,
    pub text: String,
}

/// A message that is in the inbox.
#[derive(Clone, Debug)]
pub struct Queued {
    pub user: UserId,
    pub chat: TelegramChat,
    pub message: MessageId,
    /// Whether somebody must answer it still.
    pub open: bool,
    /// What the page has not seen yet.
    pub fresh: Option<(Incoming, Timestamp)>,
}

impl ReceiveUpdate {
    /// Best effort. Nothing that is lost here loses a message: the user is due.
    pub async fn follow(&self, received: &Received) {
        let answers = join_all(received.answers.iter().map(|answer| self.say(answer)));
        let queued = async {
            if let Some(queued) = &received.queued {
                join(self.echo(queued), self.wake(queued)).await;
            }
        };
        join(answers, queued).await;
    }

    async fn say(&self, answer: &Answer) {
        let said = self.bot.send(answer.chat, BotText::Plain(&answer.text), answer.answers).await;
        if let Err(error) = said {
            warn!(%error, "could not answer in Telegram");
        }
    }

    /// The user's own message, for his page.
    async fn echo(&self, queued: &Queued) {
        let Some((incoming, at)) = &queued.fresh else { return };
        let frame = ServerFrame::Message {
            message_id: incoming.id.to_string(),
            conversation_id: incoming.conversation.to_string(),
            role: MessageRole::User,
            content: incoming.text.clone(),
            attachments: incoming.attachments.iter().cloned().map(AttachedFile::from).collect(),
            channel: protocol::rest::channel_name(incoming.channel).into(),
            at: at.millis(),
        };
        let size = serde_json::to_string(&frame).map_or(usize::MAX, |text| text.len());
        if size <= SERVER_FRAME_MAX_BYTES {
            self.tell.all(&queued.user, &frame).await;
        }
    }

    async fn wake(&self, queued: &Queued) {
        if !queued.open {
            return;
        }
        let nudge = Nudge::Inbox { message_id: queued.message.to_string() };
        let ensured = match self.ensure.run(&queued.user, &nudge).await {
            Ok(ensured) => ensured,
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                return warn!(user.id = %queued.user, error, "could not wake an agent; the sweep will");
            }
        };
        if let Some(frame) = waiting(&ensured) {
            join(self.tell.all(&queued.user, &frame), self.show(queued, &ensured)).await;
        }
    }

    /// That it takes a while: as a draft, which the reply takes the place of.
    async fn show(&self, queued: &Queued, ensured: &Ensured) {
        let shown = match (ensured, queued.chat.is_group) {
            (_, true) => self.bot.typing(queued.chat).await,
            (ensured, false) => {
                let draft = draft_id(&queued.message);
                self.bot.draft(queued.chat, draft, &words::waking(ensured)).await
            }
        };
        if let Err(error) = shown {
            warn!(%error, "could not show in Telegram that an agent wakes");
        }
    }
}
