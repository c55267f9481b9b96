//! Schemas of the OpenAPI document for what [`domain`] names: it knows no OpenAPI.

use domain::limits::{
    CONVERSATION_ID_MAX_CHARS, MESSAGE_ID_MAX_CHARS, REQUEST_ID_MAX_CHARS, SCHEDULE_ID_MAX_CHARS,
    SKILL_NAME_MAX_CHARS, SNAPSHOT_ID_MAX_CHARS, TITLE_MAX_CHARS, UPLOAD_ID_MAX_CHARS,
    UPLOAD_MAX_BYTES,
};
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, SchemaType, Type};

pub fn task_status() -> ObjectBuilder {
    one_of(&["Idle", "Starting", "Running", "Stopping"])
}

pub fn phase() -> ObjectBuilder {
    one_of(&[
        "provisioning",
        "restoring",
        "startingGateway",
        "connecting",
        "ready",
        "retrying",
        "stopping",
    ])
}

pub fn outcome() -> ObjectBuilder {
    one_of(&["complete", "cancelled", "truncated", "failed"])
}

pub fn snapshot_reason() -> ObjectBuilder {
    one_of(&["periodic", "stop", "requested"])
}

pub fn message_id() -> ObjectBuilder {
    id("[A-Za-z0-9._:-]", MESSAGE_ID_MAX_CHARS)
}

pub fn conversation_id() -> ObjectBuilder {
    id("[A-Za-z0-9_-]", CONVERSATION_ID_MAX_CHARS)
}

/// Of a request, which may leave it out or say null.
pub fn conversation_id_or_null() -> ObjectBuilder {
    conversation_id().schema_type(SchemaType::from_iter([Type::String, Type::Null]))
}

pub fn title() -> ObjectBuilder {
    // What cannot be seen says nothing.
    let seen = text().pattern(Some(r"[^\s\u0000-\u001f\u007f-\u009f]"));
    seen.min_length(Some(1)).max_length(Some(TITLE_MAX_CHARS))
}

/// Of a file that is to be sent, in bytes.
pub fn file_size() -> ObjectBuilder {
    let most = i64::try_from(UPLOAD_MAX_BYTES).unwrap_or(i64::MAX);
    let size = ObjectBuilder::new().schema_type(SchemaType::Type(Type::Integer));
    size.minimum(Some(0)).maximum(Some(most))
}

pub fn request_id() -> ObjectBuilder {
    id("[A-Za-z0-9._:-]", REQUEST_ID_MAX_CHARS)
}

pub fn schedule_id() -> ObjectBuilder {
    id("[A-Za-z0-9_-]", SCHEDULE_ID_MAX_CHARS)
}

pub fn missed() -> ObjectBuilder {
    one_of(&["catchUp", "skip"])
}

pub fn wall_time() -> ObjectBuilder {
    text().pattern(Some("^([01][0-9]|2[0-3]):[0-5][0-9]$"))
}

/// Which of them there are is said by the calendar.
pub fn local_minute() -> ObjectBuilder {
    text().pattern(Some(
        "^20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]$",
    ))
}

pub fn channels() -> ArrayBuilder {
    ArrayBuilder::new().items(one_of(&["web", "telegram", "schedule"])).max_items(Some(3))
}

pub fn weekdays() -> ArrayBuilder {
    let day = one_of(&["mon", "tue", "wed", "thu", "fri", "sat", "sun"]);
    ArrayBuilder::new().items(day).min_items(Some(1)).max_items(Some(7))
}

pub fn telegram_notifications() -> ObjectBuilder {
    one_of(&["all", "replies", "none"])
}

pub fn snapshot_id() -> ObjectBuilder {
    id("[A-Za-z0-9]", SNAPSHOT_ID_MAX_CHARS)
}

pub fn upload_id() -> ObjectBuilder {
    id("[A-Za-z0-9-]", UPLOAD_ID_MAX_CHARS)
}

pub fn skill_name() -> ObjectBuilder {
    let rest = SKILL_NAME_MAX_CHARS - 1;
    text().pattern(Some(format!("^[a-z0-9][a-z0-9-]{{0,{rest}}}$")))
}

pub fn entry_kind() -> ObjectBuilder {
    one_of(&["file", "folder", "link", "other"])
}

/// `allowed` is a regular expression of one character.
pub fn id(allowed: &str, most: usize) -> ObjectBuilder {
    text().pattern(Some(format!("^{allowed}{{1,{most}}}$")))
}

/// A text that says something: more than white space.
pub fn said() -> ObjectBuilder {
    text().pattern(Some(r"\S"))
}

pub fn one_of(names: &[&str]) -> ObjectBuilder {
    text().enum_values(Some(names.iter().copied()))
}

pub fn text() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(SchemaType::Type(Type::String))
}
