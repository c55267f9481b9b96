//! The row of a task: its key, its shard, and how it reads.

use std::time::Duration;

use domain::{Generation, TaskArn, TaskState, Timestamp, UserId};
use platform::Claim;
use sha2::{Digest, Sha256};

use crate::keys;
use crate::row::{Item, Malformed, Row, item, text};
use crate::tables::DUE_SHARDS;

const WAKES_KEPT: usize = 10;

pub(crate) fn key(user: &UserId) -> Item {
    item([("PK", text(keys::user(user)))])
}

/// Our own claim, committed although its answer was lost and the SDK asked again. Called lost,
/// nobody would launch.
pub(crate) fn is_ours(row: Row<'_>, claim: &Claim) -> bool {
    let token = row.text("launchTokenSha256").ok();
    let generation = row.number("generation").ok();
    token == Some(&claim.launch_token_sha256) && generation == Some(claim.seen_generation.next().0)
}

pub(crate) fn with_wake(mut wakes: Vec<u64>, woke_in: Duration) -> Vec<u64> {
    wakes.push(u64::try_from(woke_in.as_millis()).unwrap_or(u64::MAX));
    wakes.split_off(wakes.len().saturating_sub(WAKES_KEPT))
}

/// Must never change: rows keep the shard they were written with.
pub(crate) fn due_shard(user: &UserId) -> u64 {
    u64::from(Sha256::digest(user.as_str().as_bytes())[0]) % DUE_SHARDS
}

pub(crate) fn read(user: &UserId, row: Row<'_>) -> Result<TaskState, Malformed> {
    let time = |name| Ok(row.number_if_any(name)?.map(Timestamp));
    Ok(TaskState {
        user: user.clone(),
        status: row.word("status")?,
        generation: Generation(row.number("generation")?),
        released: Generation(row.number("released")?),
        task_arn: row.text_if_any("taskArn")?.map(|arn| TaskArn(arn.to_owned())),
        capacity: row.word_if_any("capacity")?,
        launched_at: time("launchedAt")?,
        phase: row.word_if_any("phase")?,
        bridge_connection: row.word_if_any("bridgeConnection")?,
        launch_token_sha256: row.text_if_any("launchTokenSha256")?.map(str::to_owned),
        last_activity_at: time("lastActivityAt")?,
        due_at: time("dueAt")?,
        recent_wakes_ms: row.numbers("recentWakes")?,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn users_spread_over_all_shards_and_keep_theirs() {
        let user = |n: u32| UserId::new(format!("user-{n}")).expect("valid");
        let shards: HashSet<u64> = (0..400).map(|n| due_shard(&user(n))).collect();
        assert_eq!(shards.len() as u64, DUE_SHARDS);
        assert_eq!(due_shard(&UserId::new("ana").expect("valid")), 4);
    }
}
