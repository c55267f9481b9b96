//! Who a person was before he linked his account, and what that is called beside his own.

use domain::{Conversation, ConversationId, StoredMessage, TelegramUser, UserId};
use platform::HistoryPage;

/// Of an id of what was before.
pub(super) const PREFIX: &str = "tg-linked-";

/// Of a place in it. No place of the tables has a dot.
pub(super) const THERE: &str = "linked.";

pub(super) fn there(place: Option<String>) -> Option<String> {
    place.map(|place| format!("{THERE}{place}"))
}

/// `Some("")`: its first page.
pub(super) fn there_from(place: Option<&str>) -> Option<&str> {
    place?.strip_prefix(THERE)
}

/// A first page has no place to begin from.
pub(super) fn begun(place: &str) -> Option<&str> {
    (!place.is_empty()).then_some(place)
}

/// Who he was.
pub(super) struct Before {
    pub(super) person: TelegramUser,
    pub(super) user: UserId,
}

impl Before {
    /// `None` for a name too long to be one of ours: nobody could ask for it.
    pub(super) fn named(&self, id: &ConversationId) -> Option<ConversationId> {
        ConversationId::new(format!("{PREFIX}{}-{id}", self.person)).ok()
    }

    pub(super) fn own_name(&self, id: &ConversationId) -> Option<ConversationId> {
        let of = format!("{PREFIX}{}-", self.person);
        ConversationId::new(id.as_str().strip_prefix(&of)?).ok()
    }

    /// It counts as read: he who spoke there was there, and nothing of it is changed from here.
    pub(super) fn conversation(&self, conversation: Conversation) -> Option<Conversation> {
        let read_until = Some(conversation.last_activity_at);
        Some(Conversation { id: self.named(&conversation.id)?, read_until, ..conversation })
    }

    fn message(&self, mut message: StoredMessage) -> Option<StoredMessage> {
        message.conversation = self.named(&message.conversation)?;
        Some(message)
    }

    pub(super) fn page(&self, page: HistoryPage) -> HistoryPage {
        HistoryPage {
            messages: page.messages.into_iter().filter_map(|it| self.message(it)).collect(),
            before: there(page.before),
            after: there(page.after),
            goes_on: page.goes_on,
        }
    }
}
