//! What was said before, for an agent that does not remember it.
//!
//! The agent keeps a conversation in a session of its own, which is as old as the last snapshot
//! and gone if there was none; `Conversations` is the record. Before each run the agent is asked
//! whether it has a message of the session. If so, it gets what the user wrote and nothing else.
//! If not, the latest messages stand before it, quoted.
//!
//! **Once.** The answer is the agent's, and not a note of ours: as soon as its session has the
//! message with the quotation, it remembers. A run that failed or was cancelled before that is
//! followed by one with the quotation, and one after that is not, whoever starts it. A session
//! that is lost while a run is under way is noticed at the next gateway or not at all: the
//! gateway client sends the run again as it was.
//!
//! **An agent that does not say** what it remembers is taken to remember nothing. To read a
//! message twice costs tokens; to have forgotten costs the user's trust. It is given as long as a
//! gateway may take to start, because a run would wait for that as well.
//!
//! **A record that cannot be read** is not taken for an empty one. It is tried again for half a
//! minute, of which the user is told. Then the run goes on, because one text that is damaged
//! must not silence a conversation; the agent is told that it does not know what was said, and
//! the operator by an error and a count.

use std::time::Duration;

use domain::InboxMessage;
use platform::Metric;
use tokio::time::timeout;
use tracing::{error, info, warn};

use crate::boot::CONNECTED_WITHIN;
use crate::bridge::Bridge;
use crate::chain::chain;
use crate::quoted::{Quoted, unreadable_before};
use crate::tell;

const READ_WITHIN: Duration = Duration::from_secs(30);
/// A reply may have 8 MB, and is read whole: two at a time is what there is memory for.
const PAGE: usize = 4;

/// `text` is what the message says, as the agent is given it when it remembers.
pub(crate) async fn in_context(
    bridge: &Bridge,
    row: &InboxMessage,
    session_key: &str,
    text: &str,
) -> String {
    if remembers(bridge, session_key).await {
        return text.to_owned();
    }
    match timeout(READ_WITHIN, keep_reading(bridge, row)).await {
        Ok(earlier) if earlier.is_empty() => text.to_owned(),
        Ok(earlier) => {
            info!(message.id = %row.id, "the agent is told what was said before");
            earlier.before(text)
        }
        Err(_) => {
            error!(message.id = %row.id, "what was said before cannot be read, going on without");
            bridge.ports.metrics.count(Metric::Unreadable, 1);
            unreadable_before(text)
        }
    }
}

async fn remembers(bridge: &Bridge, session_key: &str) -> bool {
    let reason = match timeout(CONNECTED_WITHIN, bridge.agent.remembers(session_key)).await {
        Ok(Ok(remembers)) => return remembers,
        Ok(Err(reason)) => reason,
        Err(_) => "it did not answer in time".into(),
    };
    warn!(reason, "the agent does not say what it remembers");
    false
}

async fn keep_reading(bridge: &Bridge, row: &InboxMessage) -> Quoted {
    let mut backoff = bridge.backoff(row.id.as_str(), (200, 5_000));
    loop {
        match read(bridge, row).await {
            Ok(earlier) => return earlier,
            Err(error) if backoff.failures() == 0 => {
                warn!(message.id = %row.id, error = %chain(&error), "cannot read the conversation yet");
                tell::looks_back(bridge, row);
            }
            Err(_) => {}
        }
        backoff.wait().await;
    }
}

async fn read(bridge: &Bridge, row: &InboxMessage) -> platform::Result<Quoted> {
    let conversations = &bridge.ports.conversations;
    let (mut earlier, mut place) = (Quoted::default(), None);
    loop {
        let now = bridge.ports.clock.now();
        let (user, of) = (&bridge.user, &row.conversation);
        let page = conversations.history(user, of, place.as_deref(), PAGE, now).await?;
        // One that was cancelled while it waited is recorded before those it waited behind.
        let before = |at, id| (at, id) < row.order();
        for message in page.messages.iter().rev().filter(|m| before(m.received_at, &m.id)) {
            earlier.add(message);
        }
        place = page.before;
        if earlier.is_full() || place.is_none() {
            return Ok(earlier);
        }
    }
}
