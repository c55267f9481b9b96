//! Taking everything along, and leaving nothing behind.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A part of an export.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExportPart {
    /// A file, or a folder with everything below it.
    pub path: String,
    pub files: u64,
    /// Before they were packed.
    pub bytes: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LeftOut {
    /// A file, or a folder of which at least this is missing.
    pub path: String,
    pub why: String,
    /// How to get it all the same.
    pub how: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExportOffer {
    /// Of a zip file. Whoever has this URL can fetch it.
    pub url: String,
    /// Milliseconds since the epoch.
    pub expires_at: u64,
    pub bytes: u64,
    pub contents: Vec<ExportPart>,
    /// Nothing is missing that is not named here.
    pub left_out: Vec<LeftOut>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DeleteMe {
    /// `delete everything`, word for word.
    pub confirm: Confirmation,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub enum Confirmation {
    #[serde(rename = "delete everything")]
    DeleteEverything,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum DeletionState {
    /// There is more to delete; it goes on by itself.
    UnderWay,
    /// Everything was deleted. Nothing is accepted of the user for some minutes more, so that
    /// nothing of before comes after it; then it is looked through once more.
    Closing,
    /// Everything is gone, and the user may begin anew.
    Done,
}

/// What was deleted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeletionReceipt {
    /// By which user and operator speak of it.
    pub id: String,
    /// Milliseconds since the epoch.
    pub at: u64,
    pub state: DeletionState,
    /// How many rows or objects of each place. What a request had deleted that broke off may be
    /// missing here.
    pub deleted: BTreeMap<String, u64>,
    /// Linked accounts whose own data were deleted with it, and are in `deleted`.
    pub also: Vec<String>,
    /// Everything that stays for a while.
    pub remains: Vec<Remains>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Remains {
    pub what: String,
    pub why: String,
    /// Milliseconds since the epoch; not there where it is not ours to say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub until: Option<u64>,
}
