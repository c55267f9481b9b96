//! The parts of an album come one by one, and are one message: it is taken up when no more come.

use domain::InboxMessage;
use domain::limits::TELEGRAM_ALBUM_QUIET;
use tokio::time::sleep;

use crate::bridge::{Bridge, InHand};

/// Those behind it in the conversation wait as well (I5). `false`: the bridge stops, and somebody
/// else takes it up.
pub(crate) async fn is_whole(bridge: &Bridge, in_hand: &InHand, row: &InboxMessage) -> bool {
    // Once it was taken up nothing is added to it.
    if row.album.is_none() || row.attempts > 0 {
        return true;
    }
    tokio::select! {
        biased;
        () = bridge.halt.closing.cancelled() => false,
        () = in_hand.cancelled.cancelled() => true,
        () = until_quiet(bridge, row) => true,
    }
}

async fn until_quiet(bridge: &Bridge, row: &InboxMessage) {
    let mut parts = row.parts.len();
    loop {
        sleep(TELEGRAM_ALBUM_QUIET).await;
        let now = bridge.ports.clock.now();
        match bridge.ports.inbox.get(&bridge.user, &row.id, now).await {
            Ok(Some(row)) if row.parts.len() > parts => parts = row.parts.len(),
            Ok(_) => return,
            // Whoever cannot read it cannot take it up either.
            Err(_) => {}
        }
    }
}
