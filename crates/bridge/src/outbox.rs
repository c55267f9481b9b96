//! What one connection has still to be sent, and when: a state machine without IO.
//!
//! At most one frame is under way. Text that arrives meanwhile is not a new frame but moves the
//! end of the text that waits, so a slow connection gets fewer and longer frames, never a lag.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use domain::limits::SERVER_FRAME_MAX_BYTES;
use domain::{MessageId, text};
use protocol::ServerFrame;
use tokio::time::Instant;

use crate::transcript::{Place, Transcript, Written};

/// Between two text frames to one connection. 400 tokens in 4 s become 34 frames, and the last
/// one is at most this and one post late.
pub(crate) const TEXT_SPACING: Duration = Duration::from_millis(120);

/// No text has this epoch: the connection's next text of the reply is a snapshot.
const UNKNOWN: Place = Place { epoch: u32::MAX, byte: 0, units: 0 };
const START: Place = Place { epoch: 0, byte: 0, units: 0 };

#[derive(Debug)]
enum Item {
    /// The reply up to `end`, from wherever this connection stands.
    Text {
        reply: Arc<Transcript>,
        end: Place,
        at_once: bool,
    },
    Frame(Notice),
}

/// A frame other than reply text.
#[derive(Clone, Debug)]
pub(crate) struct Notice {
    pub json: Arc<str>,
    /// Keeps its place among the frames of this message.
    pub about: Option<MessageId>,
    /// Nothing about the message follows.
    pub last: bool,
}

#[derive(Debug)]
pub(crate) enum Next {
    Idle,
    At(Instant),
    Post(Post),
}

/// A frame to send now. Nothing is taken from the outbox until [`Outbox::delivered`].
#[derive(Debug)]
pub(crate) struct Post {
    pub frame: Arc<str>,
    moves: Option<Move>,
}

#[derive(Debug)]
struct Move {
    message: MessageId,
    from: Place,
    to: Place,
}

#[derive(Debug, Default)]
pub(crate) struct Outbox {
    items: VecDeque<Item>,
    /// How far this connection is with each running reply.
    places: HashMap<MessageId, Place>,
    in_flight: bool,
    next_text_at: Option<Instant>,
}

impl Outbox {
    /// The reply has grown (or was replaced). `at_once`: do not wait for more.
    pub(crate) fn text(&mut self, reply: &Arc<Transcript>, at_once: bool) {
        let end = reply.end();
        match self.last_item_about(&reply.message) {
            Some(Item::Text { end: waiting, at_once: hurry, .. }) => {
                *waiting = end;
                *hurry |= at_once;
            }
            _ => self.items.push_back(Item::Text { reply: reply.clone(), end, at_once }),
        }
    }

    pub(crate) fn notice(&mut self, notice: Notice) {
        self.items.push_back(Item::Frame(notice));
    }

    /// This connection came after the reply began: what it holds of it is unknown.
    pub(crate) fn joins_late(&mut self, reply: &Arc<Transcript>) {
        if reply.end() == START {
            return; // Not late at all: nobody has seen anything of it.
        }
        self.places.insert(reply.message.clone(), UNKNOWN);
        if reply.end().byte > 0 {
            self.text(reply, true);
        }
    }

    /// The client says how much it holds: it gets exactly the rest, or everything.
    pub(crate) fn resume(&mut self, reply: &Arc<Transcript>, offset: Option<u64>) {
        let place = offset.and_then(|units| reply.read(|now| now.place_of(units)));
        self.places.insert(reply.message.clone(), place.unwrap_or(UNKNOWN));
        self.text(reply, true);
    }

    pub(crate) fn next(&mut self, now: Instant) -> Next {
        loop {
            self.merge_front();
            let (reply, end) = match self.items.front() {
                None => return Next::Idle,
                Some(Item::Frame(notice)) => {
                    self.in_flight = true;
                    return Next::Post(Post { frame: notice.json.clone(), moves: None });
                }
                Some(Item::Text { reply, end, .. }) => (reply.clone(), *end),
            };
            let from = *self.places.get(&reply.message).unwrap_or(&START);
            let Some((frame, to)) = reply.read(|written| piece(&reply, written, from, end)) else {
                self.items.pop_front();
                continue;
            };
            if let Some(at) = self.next_text_at.filter(|at| *at > now && !self.is_urgent()) {
                return Next::At(at);
            }
            self.next_text_at = Some(now + TEXT_SPACING);
            self.in_flight = true;
            let moves = Some(Move { message: reply.message.clone(), from, to });
            return Next::Post(Post { frame: encode(&frame), moves });
        }
    }

    pub(crate) fn delivered(&mut self, post: Post) {
        self.in_flight = false;
        match post.moves {
            Some(Move { message, from, to }) => {
                let place = self.places.entry(message).or_insert(START);
                // A `resume` meanwhile has the last word.
                if *place == from {
                    *place = to;
                }
            }
            None => self.drop_front(),
        }
    }

    /// Nothing has moved: the next post starts at the same place, with all that came since.
    pub(crate) fn not_delivered(&mut self) {
        self.in_flight = false;
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    fn drop_front(&mut self) {
        if let Some(Item::Frame(Notice { about: Some(message), last: true, .. })) =
            self.items.pop_front()
        {
            self.places.remove(&message);
        }
    }

    /// Where text of `message` may still be added without overtaking anything. Not to the item in
    /// flight: a reply that never pauses would keep the front and starve the others.
    fn last_item_about(&mut self, message: &MessageId) -> Option<&mut Item> {
        let waiting = self.items.iter_mut().skip(usize::from(self.in_flight));
        waiting.rev().find(|item| item.about() == Some(message))
    }

    fn merge_front(&mut self) {
        while let [Some(first @ Item::Text { at_once, .. }), Some(second)] =
            [self.items.front(), self.items.get(1)]
        {
            let hurry = *at_once;
            if !matches!(second, Item::Text { .. }) || first.about() != second.about() {
                return;
            }
            self.items.pop_front();
            if let Some(Item::Text { at_once, .. }) = self.items.front_mut() {
                *at_once |= hurry;
            }
        }
    }

    /// Text waits for more text, unless something stands behind it.
    fn is_urgent(&self) -> bool {
        self.items.iter().any(|item| match item {
            Item::Text { at_once, .. } => *at_once,
            Item::Frame(_) => true,
        })
    }
}

impl Item {
    fn about(&self) -> Option<&MessageId> {
        match self {
            Item::Text { reply, .. } => Some(&reply.message),
            Item::Frame(notice) => notice.about.as_ref(),
        }
    }
}

/// The whole text, for a connection that holds nothing of it.
pub(crate) fn frames_of(reply: &Transcript) -> Vec<ServerFrame> {
    let (mut at, end) = (UNKNOWN, reply.end());
    let next = || {
        let (frame, to) = reply.read(|written| piece(reply, written, at, end))?;
        at = to;
        Some(frame)
    };
    std::iter::from_fn(next).collect()
}

/// The next frame of a reply for a connection that stands at `from`, or `None` when it has all
/// up to `end`, or there is nothing that could take the place of what it holds.
fn piece(
    reply: &Transcript,
    written: &Written,
    from: Place,
    end: Place,
) -> Option<(ServerFrame, Place)> {
    let continues = from.epoch == end.epoch;
    let is_complete = if continues { from.byte >= end.byte } else { end.byte == 0 };
    if end.epoch != written.end.epoch || is_complete {
        return None;
    }
    let conversation_id = reply.conversation.to_string();
    let message_id = reply.message.to_string();
    let start = if continues { from } else { Place { epoch: end.epoch, ..START } };
    let content = &written.text[start.byte..end.byte];
    let content = text::json_prefix(content, room_for(&conversation_id, &message_id)).to_owned();
    let to = Place {
        epoch: end.epoch,
        byte: start.byte + content.len(),
        units: start.units + text::utf16_len(&content),
    };
    let offset = start.units;
    let frame = if continues {
        ServerFrame::StreamChunk { conversation_id, message_id, offset, content }
    } else {
        ServerFrame::StreamSnapshot { conversation_id, message_id, offset, content }
    };
    Some((frame, to))
}

/// Bytes of JSON that a content may take beside everything else in its frame. Ids need no
/// escaping; the longest offset has 20 digits.
fn room_for(conversation: &str, message: &str) -> usize {
    const REST: usize =
        r#"{"type":"stream_snapshot","conversationId":"","messageId":"","offset":,"content":""}"#
            .len();
    SERVER_FRAME_MAX_BYTES - REST - 20 - conversation.len() - message.len()
}

pub(crate) fn encode(frame: &ServerFrame) -> Arc<str> {
    serde_json::to_string(frame).expect("a frame has no maps with odd keys").into()
}

#[cfg(test)]
#[path = "outbox_tests.rs"]
mod tests;
