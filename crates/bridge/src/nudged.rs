//! What a nudge makes the bridge do, whichever way it came.

use std::sync::Arc;

use domain::{ConnectionId, ConversationId, InboxMessage, InboxState, MessageId, Outcome};
use protocol::{Nudge, ServerFrame};
use tracing::{debug, warn};

use crate::bridge::Bridge;
use crate::chain::chain;
use crate::errands;
use crate::halt::Reason;
use crate::outbox::frames_of;
use crate::tell;
use crate::transcript::Transcript;

pub async fn nudged(bridge: &Arc<Bridge>, nudge: Nudge) {
    bridge.activity.note();
    bridge.telegram.look_again();
    match nudge {
        // `Claimed` is for spares, and this one has been claimed.
        Nudge::Inbox { .. } | Nudge::Claimed => bridge.look_in_inbox.notify_one(),
        Nudge::Stop => bridge.halt.request(Reason::Wanted),
        Nudge::Snapshot => bridge.wants.snapshot.notify_one(),
        Nudge::Restore { .. } => bridge.wants.restore.notify_one(),
        Nudge::Skills => bridge.wants.skills.notify_one(),
        Nudge::Errand { id } => drop(bridge.tasks.spawn(errands::run(bridge.clone(), id))),
        Nudge::Cancel { message_id } => cancel(bridge, message_id),
        Nudge::Resume { connection_id, conversation_id, message_id, offset } => {
            let message = message_id.map(MessageId::new).transpose();
            let conversation = ConversationId::new(conversation_id);
            match (ConnectionId::new(connection_id), conversation, message) {
                (Ok(connection), Ok(conversation), Ok(message)) => {
                    resume(bridge, &connection, &conversation, message.as_ref(), offset).await;
                }
                _ => debug!("a resume nudge has an invalid id"),
            }
        }
    }
}

fn cancel(bridge: &Bridge, id: String) {
    let running = MessageId::new(id).is_ok_and(|id| bridge.running.cancel(&id));
    if !running {
        // It waits, and its row says that it is not wanted.
        bridge.look_in_inbox.notify_one();
    }
}

async fn resume(
    bridge: &Bridge,
    connection: &ConnectionId,
    conversation: &ConversationId,
    message: Option<&MessageId>,
    offset: Option<u64>,
) {
    let Some(id) = message else {
        // Whoever opens a page now hears of the next reply, too.
        bridge.relay.listen(connection);
        let running = bridge.running.all();
        let here = running.iter().filter(|r| &r.reply.conversation == conversation);
        return here.for_each(|r| bridge.relay.resume(connection, &r.reply, None));
    };
    match bridge.running.get(id) {
        Some(in_hand) => bridge.relay.resume(connection, &in_hand.reply, offset),
        None => answer_from_the_row(bridge, connection, id, offset).await,
    }
}

async fn answer_from_the_row(
    bridge: &Bridge,
    connection: &ConnectionId,
    id: &MessageId,
    offset: Option<u64>,
) {
    let row = match bridge.ports.inbox.get(&bridge.user, id, bridge.ports.clock.now()).await {
        Ok(Some(row)) => row,
        Ok(None) => return,
        Err(error) => {
            // The client asks again when it next connects.
            warn!(error = %chain(&error), "cannot read a message to resume");
            return;
        }
    };
    let frame = match row.state {
        // How it ended stands in the reply's row; a client that lacks text reads it there.
        InboxState::Done => {
            let length = row.reply_length.unwrap_or_default();
            tell::stream_end(&row, length, Outcome::Complete, None)
        }
        InboxState::Dead => tell::failed(&row, None),
        InboxState::Pending | InboxState::Leased => {
            if let Some(in_hand) = bridge.running.get(id) {
                // It was taken up while we read.
                return bridge.relay.resume(connection, &in_hand.reply, offset);
            }
            if offset.is_none_or(|units| units == 0) {
                let left = what_is_left(&row);
                left.iter().for_each(|frame| bridge.relay.frame_to(connection, frame));
            }
            tell::waits(bridge, &row)
        }
    };
    bridge.relay.frame_to(connection, &frame);
}

/// What an interrupted run wrote of the reply.
fn what_is_left(row: &InboxMessage) -> Vec<ServerFrame> {
    let left = Transcript::new(row.id.clone(), row.conversation.clone(), true);
    left.append(row.partial.as_deref().unwrap_or_default());
    frames_of(&left)
}
