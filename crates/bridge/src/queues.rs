//! Which messages wait here, in the order in which their conversation is answered (I5).

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Mutex;

use domain::{ConversationId, InboxMessage, MessageId};

#[derive(Default)]
pub(crate) struct Queues(Mutex<State>);

#[derive(Default)]
struct State {
    /// One entry for each conversation that a worker serves, without texts: those come with
    /// the lease, and 200 of them would be 25 MB.
    waiting: HashMap<ConversationId, VecDeque<InboxMessage>>,
    /// Waiting or in a worker's hand.
    known: HashSet<MessageId>,
}

impl Queues {
    /// Takes in what is new; answers with the conversations that need a worker.
    pub(crate) fn add(&self, rows: Vec<InboxMessage>) -> Vec<ConversationId> {
        let mut state = self.lock();
        let State { waiting, known } = &mut *state;
        let mut unserved = Vec::new();
        for row in rows {
            if !known.insert(row.id.clone()) {
                continue;
            }
            let queue = waiting.entry(row.conversation.clone()).or_insert_with(|| {
                unserved.push(row.conversation.clone());
                VecDeque::new()
            });
            let place = queue.partition_point(|other| other.order() < row.order());
            queue.insert(place, InboxMessage { text: String::new(), ..row });
        }
        unserved
    }

    /// The next message of a worker's conversation; `None` dismisses the worker.
    pub(crate) fn take(&self, conversation: &ConversationId) -> Option<InboxMessage> {
        let mut state = self.lock();
        let next = state.waiting.get_mut(conversation).and_then(VecDeque::pop_front);
        if next.is_none() {
            state.waiting.remove(conversation);
        }
        next
    }

    /// Takes a waiting message out of its turn. `known` keeps it until [`Queues::done`].
    pub(crate) fn pull(&self, row: &InboxMessage) -> bool {
        let mut state = self.lock();
        let Some(queue) = state.waiting.get_mut(&row.conversation) else {
            return false;
        };
        let place = queue.iter().position(|other| other.id == row.id);
        place.and_then(|at| queue.remove(at)).is_some()
    }

    /// The message may be taken in again, should the inbox still show it.
    pub(crate) fn done(&self, id: &MessageId) {
        self.lock().known.remove(id);
    }

    /// Reserves a message for somebody other than a worker.
    pub(crate) fn reserve(&self, id: &MessageId) -> bool {
        self.lock().known.insert(id.clone())
    }

    /// The first `limit` messages that wait behind the current one.
    pub(crate) fn behind(&self, conversation: &ConversationId, limit: usize) -> Vec<MessageId> {
        let state = self.lock();
        let queue = state.waiting.get(conversation).into_iter().flatten();
        queue.take(limit).map(|row| row.id.clone()).collect()
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
            received_at: Timestamp(at),
            state: InboxState::Pending,
            lease_generation: None,
            attempts: 0,
            cancel_requested: false,
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
    fn a_conversation_has_one_worker_and_a_message_is_taken_in_once() {
        let queues = Queues::default();
        assert_eq!(queues.add(vec![row("a", 1)]).len(), 1);
        assert_eq!(queues.add(vec![row("a", 1), row("b", 2)]).len(), 0);
        assert_eq!(take_all(&queues), ["a", "b"]);
        assert_eq!(queues.add(vec![row("c", 3)]).len(), 1, "the worker was dismissed");
    }
}
