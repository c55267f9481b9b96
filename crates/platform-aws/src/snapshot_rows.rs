//! What snapshots write into a task's row, and the rows of their list.

use aws_sdk_dynamodb::types::AttributeValue;
use domain::snapshot::Begin;
use domain::{
    Generation, RestoreInto, RestoreOutcome, RestoreRequest, Snapshot, SnapshotBase, SnapshotId,
    SnapshotReason, SnapshotRef, TaskState, TaskStatus, Timestamp, UserId,
};

use crate::keys;
use crate::row::{Item, Malformed, Row, item, json, number, text, word};
use crate::task_rows::{self, due_at};
use crate::writes::{Change, IS_CURRENT};

/// Its generation may still save, and a later one of its own is the base.
pub(crate) const STANDS_BEHIND: &str = "contains(#unreleased, :generation) AND \
    #baseGeneration = :generation AND #baseSnapshotGeneration = :generation";

/// Its generation may still save, no younger one has begun, and the base is older.
const BECOMES_BASE: &str = "contains(#unreleased, :generation) AND \
    (attribute_not_exists(#baseGeneration) OR #baseGeneration < :generation OR \
    (#baseGeneration = :generation AND (attribute_not_exists(#baseSnapshot) OR \
    #baseSnapshotGeneration < :generation OR #baseSnapshotAt < :at OR \
    (#baseSnapshotAt = :at AND #baseSnapshot < :id))))";

const SET_BASE: &str = "#baseGeneration = :generation, #baseSnapshot = :id, \
                        #baseSnapshotGeneration = :of, #baseSnapshotAt = :at";

/// A finished snapshot becomes the base.
pub(crate) fn save<'a>(table: &'a str, user: &UserId, snapshot: &Snapshot) -> Change<'a> {
    let generation = number(snapshot.generation.0);
    Change {
        table,
        key: task_rows::key(user),
        update: format!("SET {SET_BASE}").into(),
        condition: BECOMES_BASE,
        values: item([
            (":generation", generation.clone()),
            (":of", generation),
            (":id", text(snapshot.id.as_str())),
            (":at", number(snapshot.at.millis())),
        ]),
    }
}

/// Update, condition and values for a generation that begins: the row is as `seen`, as far as
/// it decides what is written.
pub(crate) fn begin(
    seen: &TaskState,
    base: &SnapshotBase,
    done: Option<&RestoreOutcome>,
) -> (String, String, Item) {
    let mut values = item([(":generation", number(base.generation.0)), (":begins", begins(base))]);
    let mut set = String::from("SET #baseBegins = :begins, ");
    let mut remove = "";
    match &base.snapshot {
        Some(of) => {
            set += SET_BASE;
            values.extend(item([
                (":id", text(of.id.as_str())),
                (":of", number(of.generation.0)),
                (":at", number(of.at.millis())),
            ]));
        }
        None => {
            set += "#baseGeneration = :generation";
            remove = " REMOVE #baseSnapshot, #baseSnapshotGeneration, #baseSnapshotAt";
        }
    }
    if let Some(done) = done {
        set += ", #restoreOutcome = :outcome";
        values.insert(":outcome".into(), json(done));
    }
    let conditions = [IS_CURRENT.into(), base_as(seen, &mut values), restore_as(seen, &mut values)];
    (set + remove, conditions.join(" AND "), values)
}

fn base_as(seen: &TaskState, values: &mut Item) -> String {
    let Some(base) = &seen.base else {
        return "attribute_not_exists(#baseGeneration)".into();
    };
    values.insert(":seenBase".into(), number(base.generation.0));
    let snapshot = match &base.snapshot {
        Some(of) => {
            values.insert(":seenSnapshot".into(), text(of.id.as_str()));
            "#baseSnapshot = :seenSnapshot"
        }
        None => "attribute_not_exists(#baseSnapshot)",
    };
    format!("#baseGeneration = :seenBase AND {snapshot}")
}

fn restore_as(seen: &TaskState, values: &mut Item) -> String {
    let Some(request) = &seen.restore else {
        return "attribute_not_exists(#restoreId)".into();
    };
    values.insert(":seenRequest".into(), text(&request.id));
    let exists = if request.is_open() { "attribute_not_exists" } else { "attribute_exists" };
    format!("#restoreId = :seenRequest AND {exists}(#restoreOutcome)")
}

/// Makes a row for a user who has none.
pub(crate) fn request<'a>(
    table: &'a str,
    user: &UserId,
    request: &RestoreRequest,
    due: Timestamp,
) -> Change<'a> {
    let mut values = due_at(user, due);
    values.extend(item([
        (":id", text(&request.id)),
        (":snapshot", text(request.snapshot.as_str())),
        (":into", json(&request.into)),
        (":at", number(request.requested_at.millis())),
        (":idle", word(&TaskStatus::Idle)),
        (":zero", number(0)),
    ]));
    Change {
        table,
        key: task_rows::key(user),
        update: "SET #restoreId = :id, #restoreSnapshot = :snapshot, #restoreInto = :into, \
                 #restoreAt = :at, #dueAt = if_not_exists(#dueAt, :due), \
                 #dueShard = if_not_exists(#dueShard, :shard), \
                 #status = if_not_exists(#status, :idle), \
                 #generation = if_not_exists(#generation, :zero), \
                 #released = if_not_exists(#released, :zero) REMOVE #restoreOutcome"
            .into(),
        condition: "attribute_not_exists(#deletingSince) AND \
                    (attribute_not_exists(#restoreId) OR \
                    (#restoreId <> :id AND attribute_exists(#restoreOutcome)))",
        values,
    }
}

pub(crate) fn read_base(row: Row<'_>) -> Result<Option<SnapshotBase>, Malformed> {
    let Some(generation) = row.number_if_any("baseGeneration")?.map(Generation) else {
        return Ok(None);
    };
    let snapshot = match row.word_if_any::<SnapshotId>("baseSnapshot")? {
        None => None,
        Some(id) => Some(SnapshotRef {
            id,
            generation: Generation(row.number("baseSnapshotGeneration")?),
            at: Timestamp(row.number("baseSnapshotAt")?),
        }),
    };
    let numbers = row.numbers("baseBegins")?;
    let (triples, rest) = numbers.as_chunks::<3>();
    if !rest.is_empty() {
        return Err(Malformed("baseBegins"));
    }
    let begins = triples.iter().map(|[by, generation, at]| Begin {
        by: Generation(*by),
        after: (Generation(*generation), Timestamp(*at)),
    });
    Ok(Some(SnapshotBase { generation, snapshot, begins: begins.collect() }))
}

fn begins(base: &SnapshotBase) -> AttributeValue {
    let numbers = base.begins.iter().flat_map(|begin| {
        let (generation, at) = begin.after;
        [begin.by.0, generation.0, at.millis()]
    });
    AttributeValue::L(numbers.map(number).collect())
}

pub(crate) fn read_request(row: Row<'_>) -> Result<Option<RestoreRequest>, Malformed> {
    let Some(id) = row.text_if_any("restoreId")? else {
        return Ok(None);
    };
    let into: Option<RestoreInto> = row.json_if_any("restoreInto")?;
    Ok(Some(RestoreRequest {
        id: id.to_owned(),
        snapshot: row.word("restoreSnapshot")?,
        into: into.ok_or(Malformed("restoreInto"))?,
        requested_at: Timestamp(row.number("restoreAt")?),
        outcome: row.json_if_any("restoreOutcome")?,
    }))
}

pub(crate) fn key(user: &UserId, of: &SnapshotRef) -> Item {
    let place = keys::snapshot(of.at, &of.id);
    item([("PK", text(keys::user(user))), ("SK", text(place))])
}

pub(crate) fn row(user: &UserId, snapshot: &Snapshot) -> Item {
    let mut row = key(user, &snapshot.into());
    row.extend(item([
        ("snapshotId", text(snapshot.id.as_str())),
        ("generation", number(snapshot.generation.0)),
        ("at", number(snapshot.at.millis())),
        ("reason", word(&snapshot.reason)),
        ("files", number(snapshot.files)),
        ("bytes", number(snapshot.bytes)),
        ("addedBytes", number(snapshot.added_bytes)),
    ]));
    row
}

pub(crate) fn read(row: Row<'_>) -> Result<Snapshot, Malformed> {
    Ok(Snapshot {
        id: row.word("snapshotId")?,
        generation: Generation(row.number("generation")?),
        at: Timestamp(row.number("at")?),
        reason: row.word::<SnapshotReason>("reason")?,
        files: row.number("files")?,
        bytes: row.number("bytes")?,
        added_bytes: row.number("addedBytes")?,
    })
}
