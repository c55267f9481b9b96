//! What a user is told of what became of everything.

use std::collections::BTreeMap;

use domain::deletion::FENCE_KEPT;
use domain::{Deletion, Timestamp, UserId};
use platform::Unavailable;
use protocol::{DeletionReceipt, DeletionState, Remains};

use super::DeleteUser;

impl DeleteUser {
    pub(super) async fn receipt(
        &self,
        user: &UserId,
        mut state: DeletionState,
    ) -> Result<DeletionReceipt, Unavailable> {
        let gone = || Unavailable::new("delete_user.receipt", "the deletion is not on record");
        let deletion = self.deletions.get(user).await?.ok_or_else(gone)?;
        let mut deleted = BTreeMap::new();
        add(&mut deleted, &deletion);
        for other in &deletion.also {
            if let Some(other) = self.deletions.get(other).await? {
                add(&mut deleted, &other);
                if state == DeletionState::Done && !other.is_done() {
                    state = DeletionState::Closing;
                }
            }
        }
        Ok(DeletionReceipt {
            id: deletion.id.clone(),
            at: deletion.began_at.millis(),
            state,
            deleted,
            also: deletion.also.iter().map(ToString::to_string).collect(),
            remains: remains(&deletion),
        })
    }
}

fn add(sums: &mut BTreeMap<String, u64>, deletion: &Deletion) {
    for (place, count) in &deletion.deleted {
        *sums.entry(place.name().to_owned()).or_default() += count;
    }
}

/// Of each thing what it is, why it stays, and until when.
fn remains(deletion: &Deletion) -> Vec<Remains> {
    let fence = deletion.done_at.unwrap_or(deletion.quiet_at) + FENCE_KEPT;
    let mut remains = Vec::new();
    let mut add = |what: &str, why: &str, until: Option<Timestamp>| {
        let until = until.map(Timestamp::millis);
        remains.push(Remains { what: what.into(), why: why.into(), until });
    };
    if !deletion.is_done() {
        add(
            "A mark that you leave.",
            "Nothing of yours is accepted until then, so that nothing of before comes after the deletion.",
            Some(deletion.quiet_at),
        );
    }
    add(
        "Your user id, the number of your agent's last start, and this receipt.",
        "So that a machine of yours that should be dead can write nothing.",
        Some(fence),
    );
    add(
        "Backups of the tables, if the operator keeps them.",
        "They are there against mistakes, for 35 days at most. Only the operator can read them.",
        None,
    );
    add(
        "Lines in the operator's logs with your user id, without anything you said.",
        "They are kept as long as the operator says.",
        None,
    );
    if !deletion.also.is_empty() {
        add(
            "What stands in Telegram's own chats, and for two weeks at most what Telegram sent us and we \
             could not read.",
            "The first is Telegram's and yours to delete. The second names no user.",
            None,
        );
    }
    remains
}
