//! Events between the socket's reader and one consumer. The reader never waits, so a slow
//! consumer finds its text merged: the queue holds about one reply, however slow it is.

use std::collections::VecDeque;

use crate::RunEvent;
use crate::reply::TextChange;

#[derive(Default)]
pub(crate) struct Outbox(VecDeque<RunEvent>);

impl Outbox {
    pub(crate) fn text(&mut self, change: TextChange) {
        match (change, self.0.back_mut()) {
            (TextChange::Append(more), Some(RunEvent::Text { delta: text })) => {
                text.push_str(&more);
            }
            (TextChange::Append(more), Some(RunEvent::Replace { text })) => {
                text.push_str(&more);
            }
            (TextChange::Append(more), _) => self.0.push_back(RunEvent::Text { delta: more }),
            (TextChange::Replace(text), _) => {
                // Nobody needs text that is about to be thrown away.
                self.0.retain(|e| !matches!(e, RunEvent::Text { .. } | RunEvent::Replace { .. }));
                self.0.push_back(RunEvent::Replace { text });
            }
        }
    }

    /// Anything but text. A newer note of the same kind takes the place of the one before it.
    pub(crate) fn note(&mut self, event: RunEvent) {
        let replaces = matches!(
            (self.0.back(), &event),
            (Some(RunEvent::Retrying { .. }), RunEvent::Retrying { .. })
                | (Some(RunEvent::Usage(_)), RunEvent::Usage(_))
        );
        if replaces {
            self.0.pop_back();
        }
        self.0.push_back(event);
    }

    pub(crate) fn take(&mut self) -> Option<RunEvent> {
        self.0.pop_front()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn append(text: &str) -> TextChange {
        TextChange::Append(text.to_owned())
    }

    #[test]
    fn adjacent_text_is_one_event() {
        let mut outbox = Outbox::default();
        outbox.text(append("a"));
        outbox.text(append("b"));
        assert!(matches!(outbox.take(), Some(RunEvent::Text { delta }) if delta == "ab"));
        assert!(outbox.take().is_none());
    }

    #[test]
    fn a_replacement_drops_the_text_it_replaces_and_takes_what_follows() {
        let mut outbox = Outbox::default();
        outbox.text(append("old"));
        outbox.note(RunEvent::Started);
        outbox.text(TextChange::Replace("new".into()));
        outbox.text(append("er"));
        assert!(matches!(outbox.take(), Some(RunEvent::Started)));
        assert!(matches!(outbox.take(), Some(RunEvent::Replace { text }) if text == "newer"));
        assert!(outbox.take().is_none());
    }
}
