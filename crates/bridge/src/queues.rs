//! Which messages wait here, in the order in which their conversation is answered (I5).

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Mutex;

use domain::{ConversationId, InboxMessage, MessageId};

#[derive(Default)]
pub(crate) struct Queues(Mutex<State>);

#[derive(Default)]
struct State {
    /// One entry for each conversation that a worker serves.
    queues: HashMap<ConversationId, Queue>,
    /// Waiting or in a worker's hand.
    known: HashSet<MessageId>,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Waiting>,
    /// A worker has one in hand that came before these.
    taken: bool,
}

struct Waiting {
    /// Without texts: those come with the lease, and 200 of them would be 25 MB.
    row: InboxMessage,
    /// The position that was last given out.
    told: Option<usize>,
}

impl Queues {
    /// Takes in what is new; answers with the conversations that need a worker.
    pub(crate) fn add(&self, rows: Vec<InboxMessage>) -> Vec<ConversationId> {
        let mut state = self.lock();
        let State { queues, known } = &mut *state;
        let mut unserved = Vec::new();
        for row in rows {
            if !known.insert(row.id.clone()) {
                continue;
            }
            let queue = queues.entry(row.conversation.clone()).or_insert_with(|| {
                unserved.push(row.conversation.clone());
                Queue::default()
            });
            let place = queue.waiting.partition_point(|other| other.row.order() < row.order());
            let row =
                InboxMessage { text: String::new(), attachments: Vec::new(), partial: None, ..row };
            queue.waiting.insert(place, Waiting { row, told: None });
        }
        unserved
    }

    /// The next message of a worker's conversation; `None` dismisses the worker.
    pub(crate) fn take(&self, conversation: &ConversationId) -> Option<InboxMessage> {
        let mut state = self.lock();
        let queue = state.queues.get_mut(conversation)?;
        queue.taken = true;
        let next = queue.waiting.pop_front();
        if next.is_none() {
            state.queues.remove(conversation);
        }
        next.map(|waiting| waiting.row)
    }

    /// Takes a waiting message out of its turn. `known` keeps it until [`Queues::done`].
    pub(crate) fn pull(&self, row: &InboxMessage) -> bool {
        let mut state = self.lock();
        let Some(queue) = state.queues.get_mut(&row.conversation) else {
            return false;
        };
        let place = queue.waiting.iter().position(|other| other.row.id == row.id);
        place.and_then(|at| queue.waiting.remove(at)).is_some()
    }

    /// The message may be taken in again, should the inbox still show it.
    pub(crate) fn done(&self, id: &MessageId) {
        self.lock().known.remove(id);
    }

    /// Reserves a message for somebody other than a worker.
    pub(crate) fn reserve(&self, id: &MessageId) -> bool {
        self.lock().known.insert(id.clone())
    }

    /// Of the first `limit` that wait, those behind others whose position is not the one that was
    /// last given out: with how many are answered before each.
    pub(crate) fn moved(
        &self,
        conversation: &ConversationId,
        limit: usize,
    ) -> Vec<(InboxMessage, usize)> {
        let mut state = self.lock();
        let Some(queue) = state.queues.get_mut(conversation) else {
            return Vec::new();
        };
        let in_hand = usize::from(queue.taken);
        let mut moved = Vec::new();
        for (index, waiting) in queue.waiting.iter_mut().take(limit).enumerate() {
            let ahead = index + in_hand;
            if waiting.told.replace(ahead) != Some(ahead) && ahead > 0 {
                moved.push((waiting.row.clone(), ahead));
            }
        }
        moved
    }

    /// How many messages are answered before a waiting one, the one in the worker's hand included.
    pub(crate) fn position(&self, row: &InboxMessage) -> Option<usize> {
        let state = self.lock();
        let queue = state.queues.get(&row.conversation)?;
        let place = queue.waiting.iter().position(|other| other.row.id == row.id);
        place.map(|index| index + usize::from(queue.taken))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().expect("no holder panics")
    }
}

#[cfg(test)]
mod tests {
    use domain::{Channel, InboxState, ReplyTo, Timestamp};

    use super::*;

    fn row(id: &str, at: u64) -> InboxMessage {
        InboxMessage {
            id: MessageId::new(id).expect("valid"),
            conversation: ConversationId::default(),
            channel: Channel::Web,
            reply_to: ReplyTo::None,
            text: "hello".into(),
            attachments: Vec::new(),
            album: None,
            parts: Vec::new(),
            owed: None,
            received_at: Timestamp(at),
            state: InboxState::Pending,
            lease_generation: None,
            attempts: 0,
            cancel_requested: false,
            partial: None,
            reply_length: None,
        }
    }

    fn take_all(queues: &Queues) -> Vec<String> {
        let taken = std::iter::from_fn(|| queues.take(&ConversationId::default()));
        taken.map(|row| row.id.to_string()).collect()
    }

    #[test]
    fn a_message_seen_late_still_comes_before_a_younger_one() {
        let queues = Queues::default();
        queues.add(vec![row("b", 2), row("c", 2)]);
        queues.add(vec![row("a", 1)]);
        assert_eq!(take_all(&queues), ["a", "b", "c"]);
    }

    #[test]
    fn a_waiting_message_is_behind_the_one_in_hand_and_those_before_it() {
        let queues = Queues::default();
        queues.add(vec![row("a", 1), row("b", 2), row("c", 3)]);
        queues.take(&ConversationId::default());
        assert_eq!(queues.position(&row("b", 2)), Some(1));
        assert_eq!(queues.position(&row("c", 3)), Some(2));
        assert_eq!(queues.position(&row("a", 1)), None, "it is being answered");
    }

    fn moved(queues: &Queues) -> Vec<(String, usize)> {
        let moved = queues.moved(&ConversationId::default(), 3);
        moved.into_iter().map(|(row, ahead)| (row.id.to_string(), ahead)).collect()
    }

    #[test]
    fn a_position_is_given_out_when_it_is_new_and_never_twice() {
        let queues = Queues::default();
        queues.add(vec![row("a", 1), row("c", 3)]);
        assert_eq!(moved(&queues), [("c".into(), 1)], "nobody is before the first");
        queues.take(&ConversationId::default());
        assert_eq!(moved(&queues), [], "the first is still the only one before it");
        queues.add(vec![row("d", 4), row("e", 5), row("f", 6)]);
        assert_eq!(moved(&queues), [("d".into(), 2), ("e".into(), 3)], "the limit is three");
        queues.add(vec![row("b", 2)]);
        assert_eq!(moved(&queues), [("b".into(), 1), ("c".into(), 2), ("d".into(), 3)]);
        queues.pull(&row("b", 2));
        assert_eq!(moved(&queues), [("c".into(), 1), ("d".into(), 2)]);
    }

    #[test]
    fn no_text_is_kept_of_what_waits() {
        let queues = Queues::default();
        queues.add(vec![InboxMessage { partial: Some("half".into()), ..row("a", 1) }]);
        let taken = queues.take(&ConversationId::default()).expect("it waits");
        assert_eq!((taken.text.as_str(), taken.partial), ("", None));
    }

    #[test]
    fn a_conversation_has_one_worker_and_a_message_is_taken_in_once() {
        let queues = Queues::default();
        assert_eq!(queues.add(vec![row("a", 1)]).len(), 1);
        assert_eq!(queues.add(vec![row("a", 1), row("b", 2)]).len(), 0);
        assert_eq!(take_all(&queues), ["a", "b"]);
        assert_eq!(queues.add(vec![row("c", 3)]).len(), 1, "the worker was dismissed");
    }
}
