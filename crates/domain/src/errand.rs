//! What the API asks of a bridge that runs, and the answer: the agent's files are on its machine
//! and nowhere else until they are saved.

use serde::{Deserialize, Serialize};

use crate::workspace::{FolderPage, WorkspacePath};
use crate::{Timestamp, UploadId};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Ask {
    /// A page of a folder of the workspace.
    List { path: WorkspacePath, after: Option<String>, limit: usize },
    /// The file, to the place where its user fetches it.
    Fetch { path: WorkspacePath, download: UploadId },
    /// What was sent under this id, into the workspace.
    TakeIn { incoming: UploadId },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Answer {
    Listed {
        page: FolderPage,
    },
    Fetched {
        bytes: u64,
    },
    TakenIn {
        path: WorkspacePath,
    },
    /// There is nothing of that name.
    NotFound,
    /// `why` is for people.
    Refused {
        why: String,
    },
    /// Perhaps another time.
    Failed,
}

/// An errand that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Errand {
    pub id: UploadId,
    pub ask: Ask,
    /// Nobody waits for the answer after this.
    pub expires_at: Timestamp,
}

/// How far an errand is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ErrandState {
    Asked,
    /// A bridge has it in hand.
    Taken,
    Answered(Answer),
}
