//! The agent's files over REST.

use std::collections::BTreeMap;

use domain::EntryKind;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Where files were read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum WorkspaceSource {
    /// On the agent's machine, just now.
    Live,
    /// In its last snapshot.
    Snapshot,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WorkspaceEntrySummary {
    pub name: String,
    #[schema(schema_with = crate::schemas::entry_kind)]
    pub kind: EntryKind,
    /// Of a file.
    pub bytes: u64,
    /// Milliseconds since the epoch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub modified_at: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WorkspacePage {
    /// Empty for the workspace itself.
    pub path: String,
    /// Sorted by name; hidden ones as well.
    pub entries: Vec<WorkspaceEntrySummary>,
    /// Give this as `cursor` for the page after; opaque.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub cursor: Option<String>,
    pub source: WorkspaceSource,
    /// Milliseconds since the epoch at which that snapshot was taken; none, if nothing was saved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub snapshot_at: Option<u64>,
}

/// A file that can be fetched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WorkspaceFile {
    /// Good for a GET without a token, until it expires.
    pub url: String,
    /// Milliseconds since the epoch.
    pub expires_at: u64,
    pub bytes: u64,
    pub source: WorkspaceSource,
    /// Milliseconds since the epoch at which that snapshot was taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub snapshot_at: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WorkspaceUploadRequest {
    /// Where in the workspace, with the file's name. Folders are made; a file there is replaced.
    pub path: String,
    /// In bytes.
    #[schema(schema_with = crate::schemas::file_size)]
    pub size: u64,
}

/// Where to POST the file: the fields first, then `file`. Afterwards say that it is done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WorkspaceUploadOffer {
    #[schema(schema_with = crate::schemas::upload_id)]
    pub id: String,
    pub url: String,
    pub fields: BTreeMap<String, String>,
    /// Milliseconds since the epoch.
    pub expires_at: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum WorkspaceUploadState {
    /// It is in the workspace.
    Placed,
    /// It is put there when the agent next wakes.
    Waiting,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WorkspaceUploadDone {
    pub state: WorkspaceUploadState,
}
