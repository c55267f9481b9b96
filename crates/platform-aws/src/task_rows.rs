//! The row of a task: its key, its shard, the changes that others share, and how it reads.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::{
    ActivityHistory, Generation, Phase, TaskArn, TaskState, TaskStatus, Timestamp, UserId,
    WakeHistory,
};
use platform::{Claim, DUE_SHARDS};
use sha2::{Digest, Sha256};

use crate::keys;
use crate::row::{Item, Malformed, Row, item, number, text, word};
use crate::snapshot_rows;
use crate::writes::Change;

const WAKES_KEPT: usize = 10;

pub(crate) fn key(user: &UserId) -> Item {
    item([("PK", text(keys::user(user)))])
}

/// What [`SET_DUE`] says.
pub(crate) fn due_at(user: &UserId, at: Timestamp) -> Item {
    item([(":shard", number(due_shard(user))), (":due", number(at.millis()))])
}

pub(crate) const SET_DUE: &str = "#dueShard = :shard, #dueAt = :due";

/// A message is accepted: stamped later than every one before it, and the user is due. Makes a
/// row for a user who has none.
pub(crate) fn accept<'a>(
    table: &'a str,
    user: &UserId,
    stamp: Timestamp,
    due: Timestamp,
) -> Change<'a> {
    let mut values = due_at(user, due);
    values.extend(item([
        (":at", number(stamp.millis())),
        (":idle", word(&TaskStatus::Idle)),
        (":zero", number(0)),
    ]));
    Change {
        table,
        key: key(user),
        update: "SET #lastAcceptedAt = :at, #dueAt = if_not_exists(#dueAt, :due), \
                 #dueShard = if_not_exists(#dueShard, :shard), \
                 #status = if_not_exists(#status, :idle), \
                 #generation = if_not_exists(#generation, :zero), \
                 #released = if_not_exists(#released, :zero)"
            .into(),
        condition: "attribute_not_exists(#deletingSince) AND \
                    (attribute_not_exists(#lastAcceptedAt) OR #lastAcceptedAt < :at)",
        values,
    }
}

/// A launch, with the task that is up already if it is a spare's.
pub(crate) fn claim<'a>(
    table: &'a str,
    user: &UserId,
    claim: &Claim,
    phase: Phase,
    arn: Option<&TaskArn>,
) -> Change<'a> {
    let (set_arn, forget_arn) =
        if arn.is_some() { (", #taskArn = :arn", "") } else { ("", "#taskArn, ") };
    let update = format!(
        "SET #status = :starting, #generation = :next, #phase = :phase, #launchedAt = :now, \
         #launchTokenSha256 = :token, #released = if_not_exists(#released, :zero), \
         {SET_DUE}{set_arn} REMOVE {forget_arn}#capacity, #bridgeConnection, #eventVersion \
         ADD #unreleased :unreleased"
    );
    let next = claim.seen_generation.next();
    // The one before, too: a row of an older version does not name it.
    let before = (claim.seen_status != TaskStatus::Idle).then_some(claim.seen_generation);
    let mut values = due_at(user, claim.due_at);
    values.extend(item([
        (":starting", word(&TaskStatus::Starting)),
        (":next", number(next.0)),
        (":unreleased", generations(before.into_iter().chain([next]))),
        (":phase", word(&phase)),
        (":now", number(claim.now.millis())),
        (":token", text(&claim.launch_token_sha256)),
        (":zero", number(0)),
        (":status", word(&claim.seen_status)),
        (":seen", number(claim.seen_generation.0)),
    ]));
    values.extend(arn.map(|arn| (":arn".into(), text(&arn.0))));
    Change { table, key: key(user), update: update.into(), condition: as_seen(claim), values }
}

pub(crate) fn generations(some: impl IntoIterator<Item = Generation>) -> AttributeValue {
    AttributeValue::Ns(some.into_iter().map(|generation| generation.to_string()).collect())
}

/// Who read generation 0 may have read no row: the first message makes one.
fn as_seen(claim: &Claim) -> &'static str {
    if claim.seen_generation == Generation(0) {
        "attribute_not_exists(#PK) OR (#status = :status AND #generation = :seen AND \
         attribute_not_exists(#deletingSince))"
    } else {
        "#status = :status AND #generation = :seen AND attribute_not_exists(#deletingSince)"
    }
}

/// Our own claim, committed although its answer was lost and the SDK asked again. Called lost,
/// nobody would launch.
pub(crate) fn is_ours(row: Row<'_>, claim: &Claim) -> bool {
    let token = row.text("launchTokenSha256").ok();
    let generation = row.number("generation").ok();
    token == Some(&claim.launch_token_sha256) && generation == Some(claim.seen_generation.next().0)
}

/// Whether `row` satisfies [`IS_CURRENT`](crate::writes::IS_CURRENT).
pub(crate) fn is_current(row: Row<'_>, generation: Generation) -> bool {
    let released = row.number_if_any("released").ok().flatten().unwrap_or_default();
    row.number("generation").ok() == Some(generation.0) && released < generation.0
}

pub(crate) fn with_wake(mut wakes: Vec<u64>, woke_in: Duration) -> Vec<u64> {
    wakes.push(millis(woke_in));
    wakes.split_off(wakes.len().saturating_sub(WAKES_KEPT))
}

pub(crate) fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

/// Must never change: rows keep the shard they were written with.
pub(crate) fn due_shard(user: &UserId) -> u64 {
    u64::from(Sha256::digest(user.as_str().as_bytes())[0]) % DUE_SHARDS
}

/// What an older version did not write reads as if nothing of it had happened yet.
pub(crate) fn read(user: &UserId, row: Row<'_>) -> Result<TaskState, Malformed> {
    let time = |name| Ok(row.number_if_any(name)?.map(Timestamp));
    let activity = ActivityHistory::from_numbers(&row.numbers("activity")?);
    let wakes = WakeHistory::from_numbers(&row.numbers("wakes")?);
    let failed_launches = row.number_if_any("failedLaunches")?.unwrap_or_default();
    Ok(TaskState {
        user: user.clone(),
        status: row.word("status")?,
        generation: Generation(row.number("generation")?),
        unreleased: row.number_set("unreleased")?.into_iter().map(Generation).collect(),
        released: Generation(row.number_if_any("released")?.unwrap_or_default()),
        task_arn: row.text_if_any("taskArn")?.map(|arn| TaskArn(arn.to_owned())),
        capacity: row.word_if_any("capacity")?,
        launched_at: time("launchedAt")?,
        phase: row.word_if_any("phase")?,
        bridge_connection: row.word_if_any("bridgeConnection")?,
        launch_token_sha256: row.text_if_any("launchTokenSha256")?.map(str::to_owned),
        last_activity_at: time("lastActivityAt")?,
        due_at: time("dueAt")?,
        recent_wakes_ms: row.numbers("recentWakes")?,
        wakes: wakes.ok_or(Malformed("wakes"))?,
        last_accepted_at: time("lastAcceptedAt")?,
        failed_launches: u32::try_from(failed_launches).unwrap_or(u32::MAX),
        event_version: row.number_if_any("eventVersion")?,
        activity: activity.ok_or(Malformed("activity"))?,
        base: snapshot_rows::read_base(row)?,
        restore: snapshot_rows::read_request(row)?,
        deleting_since: time("deletingSince")?,
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

    #[test]
    fn a_row_of_the_first_version_reads_with_nothing_of_what_came_later() {
        let user = UserId::new("ana").expect("valid");
        let row = item([
            ("PK", text("USER#ana")),
            ("status", text("Running")),
            ("generation", number(3)),
            ("released", number(2)),
            ("taskArn", text("arn:task")),
            ("capacity", text("FARGATE_SPOT")),
            ("launchedAt", number(1_790_000_000_000)),
            ("phase", text("ready")),
            ("launchTokenSha256", text("hash")),
            ("dueShard", number(4)),
            ("dueAt", number(1_790_000_300_000)),
        ]);
        let mut expect = TaskState {
            status: TaskStatus::Running,
            generation: Generation(3),
            released: Generation(2),
            task_arn: Some(TaskArn("arn:task".into())),
            capacity: Some(domain::Capacity::Spot),
            launched_at: Some(Timestamp(1_790_000_000_000)),
            phase: Some(Phase::Ready),
            launch_token_sha256: Some("hash".into()),
            due_at: Some(Timestamp(1_790_000_300_000)),
            ..TaskState::idle(user.clone())
        };
        assert_eq!(read(&user, Row(&row)).expect("reads"), expect);
        let mut row = row;
        row.remove("released");
        expect.released = Generation(0);
        assert_eq!(read(&user, Row(&row)).expect("reads"), expect);
    }
}
