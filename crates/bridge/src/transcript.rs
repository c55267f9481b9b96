//! The text of one reply while it is written. Connections read from here at their own pace, so a
//! slow one holds a position and not a copy.

use std::sync::Mutex;

use domain::limits::REPLY_TEXT_MAX_BYTES;
use domain::{ConversationId, MessageId, text};

/// A place in the reply. Places of another epoch mean nothing: the text before them is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    pub epoch: u32,
    pub byte: usize,
    /// The same place as the browser counts it.
    pub units: u64,
}

#[derive(Debug)]
pub struct Transcript {
    pub message: MessageId,
    pub conversation: ConversationId,
    written: Mutex<Written>,
}

#[derive(Debug)]
pub struct Written {
    pub text: String,
    pub end: Place,
}

impl Transcript {
    /// `fresh`: no client can hold a part of this reply. Else (an earlier bridge, an earlier try)
    /// whatever a client holds is replaced, which is what an epoch other than 0 says.
    pub fn new(message: MessageId, conversation: ConversationId, fresh: bool) -> Self {
        let end = Place { epoch: u32::from(!fresh), byte: 0, units: 0 };
        Self { message, conversation, written: Mutex::new(Written { text: String::new(), end }) }
    }

    /// `false` when the reply has reached its limit: the rest of `delta` is dropped.
    pub fn append(&self, delta: &str) -> bool {
        self.write(|written| written.append(delta))
    }

    /// Starts over with `text`.
    pub fn replace(&self, text: &str) -> bool {
        self.write(|written| {
            written.text.clear();
            written.end = Place { epoch: written.end.epoch + 1, byte: 0, units: 0 };
            written.append(text)
        })
    }

    /// Makes the text what the gateway says it is in the end, by appending where that is enough.
    pub fn settle(&self, text: &str) -> bool {
        let missing = self.read(|now| text.strip_prefix(now.text.as_str()).map(str::to_owned));
        match missing {
            Some(missing) => self.append(&missing),
            None => self.replace(text),
        }
    }

    pub fn end(&self) -> Place {
        self.read(|written| written.end)
    }

    pub fn text(&self) -> String {
        self.read(|written| written.text.clone())
    }

    pub fn read<R>(&self, look: impl FnOnce(&Written) -> R) -> R {
        look(&self.written.lock().expect("no writer panics"))
    }

    fn write<R>(&self, change: impl FnOnce(&mut Written) -> R) -> R {
        change(&mut self.written.lock().expect("no writer panics"))
    }
}

impl Written {
    fn append(&mut self, delta: &str) -> bool {
        let fitting = text::byte_prefix(delta, REPLY_TEXT_MAX_BYTES - self.text.len());
        self.text.push_str(fitting);
        self.end.byte += fitting.len();
        self.end.units += text::utf16_len(fitting);
        fitting.len() == delta.len()
    }

    /// Where a client that holds `units` of this reply stands, if that can be told.
    pub fn place_of(&self, units: u64) -> Option<Place> {
        // After a replacement nobody knows which text the client's units were of.
        (self.end.epoch == 0).then_some(())?;
        let byte = text::byte_at_utf16(&self.text, units)?;
        Some(Place { epoch: 0, byte, units })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn transcript() -> Transcript {
        let message = MessageId::new("m1").expect("valid");
        Transcript::new(message, ConversationId::default(), true)
    }

    #[test]
    fn the_end_counts_bytes_and_utf16_units() {
        let reply = transcript();
        reply.append("a😀");
        assert_eq!(reply.end(), Place { epoch: 0, byte: 5, units: 3 });
    }

    #[test]
    fn a_final_text_that_continues_the_stream_is_appended() {
        let reply = transcript();
        reply.append("Hel");
        reply.settle("Hello");
        assert_eq!((reply.text().as_str(), reply.end().epoch), ("Hello", 0));
    }

    #[test]
    fn a_final_text_that_differs_replaces_the_stream() {
        let reply = transcript();
        reply.append("Help");
        reply.settle("Hello");
        assert_eq!((reply.text().as_str(), reply.end().epoch), ("Hello", 1));
    }

    #[test]
    fn a_reply_stops_growing_at_its_limit_on_a_character() {
        let reply = transcript();
        assert!(reply.append(&"x".repeat(REPLY_TEXT_MAX_BYTES - 1)));
        assert!(!reply.append("한"));
        assert_eq!(reply.end().byte, REPLY_TEXT_MAX_BYTES - 1);
        assert!(reply.append("y"));
        assert!(!reply.append("z"));
    }
}
