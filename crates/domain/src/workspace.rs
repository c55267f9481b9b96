//! The agent's files, as a user sees them over REST: paths, folders by the page, and where files
//! lie on their way in and out.

use std::collections::BinaryHeap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::limits::{S3_KEY_MAX_BYTES, WORKSPACE_PATH_MAX_BYTES};
use crate::{FileName, Timestamp, UploadId, UserId};

/// A place below the agent's workspace; the empty one is the workspace itself. It says nothing of
/// what is there: whoever opens it follows no link.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct WorkspacePath(String);

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "path must be relative to the workspace, at most {WORKSPACE_PATH_MAX_BYTES} bytes, and without \
     empty parts, `.` and `..`"
)]
pub struct InvalidWorkspacePath;

/// A name in a folder, in bytes. Source: Linux' `NAME_MAX`.
const NAME_MAX_BYTES: usize = 255;

impl WorkspacePath {
    pub fn parse(text: &str) -> Result<Self, InvalidWorkspacePath> {
        let is_name = |part: &str| {
            !matches!(part, "" | "." | "..") && part.len() <= NAME_MAX_BYTES && !part.contains('\0')
        };
        let fits = text.len() <= WORKSPACE_PATH_MAX_BYTES;
        let leads_inside = text.is_empty() || text.split('/').all(is_name);
        if fits && leads_inside { Ok(Self(text.to_owned())) } else { Err(InvalidWorkspacePath) }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.split('/').filter(|name| !name.is_empty())
    }

    /// The folder and the name in it; `None` for the workspace itself.
    pub fn split_name(&self) -> Option<(Self, &str)> {
        match self.0.rsplit_once('/') {
            Some((folder, name)) => Some((Self(folder.to_owned()), name)),
            None if self.0.is_empty() => None,
            None => Some((Self::default(), &self.0)),
        }
    }
}

impl fmt::Display for WorkspacePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for WorkspacePath {
    type Error = InvalidWorkspacePath;
    fn try_from(text: String) -> Result<Self, InvalidWorkspacePath> {
        Self::parse(&text)
    }
}

impl From<WorkspacePath> for String {
    fn from(path: WorkspacePath) -> String {
        path.0
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum EntryKind {
    File,
    Folder,
    /// Shown, and followed by nobody.
    Link,
    Other,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WorkspaceEntry {
    /// What of it is not UTF-8 is replaced, and cannot be asked for.
    pub name: String,
    pub kind: EntryKind,
    /// Of a file.
    pub bytes: u64,
    pub modified_at: Option<Timestamp>,
}

/// A part of a folder, sorted by the names' bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FolderPage {
    pub entries: Vec<WorkspaceEntry>,
    /// There are more behind this name.
    pub after: Option<String>,
}

impl FolderPage {
    /// Of the folder's names those of one page; `see` is asked of no others. A folder may have
    /// millions of names, and no more than a page of them is in memory.
    pub fn of(
        names: impl Iterator<Item = String>,
        after: Option<&str>,
        limit: usize,
        see: impl FnMut(String) -> Option<WorkspaceEntry>,
    ) -> Self {
        let mut first = BinaryHeap::with_capacity(limit + 2);
        for name in names.filter(|name| after.is_none_or(|after| name.as_str() > after)) {
            first.push(name);
            if first.len() > limit + 1 {
                first.pop();
            }
        }
        let mut first = first.into_sorted_vec();
        let has_more = first.len() > limit;
        first.truncate(limit);
        let after = first.last().cloned().filter(|_| has_more);
        Self { entries: first.into_iter().filter_map(see).collect(), after }
    }
}

/// What a user sends into the workspace, until a bridge has put it there:
/// `incoming/<userId>/<id>/<path>`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IncomingKey {
    pub user: UserId,
    pub id: UploadId,
    pub path: WorkspacePath,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidIncoming {
    #[error("path must name a file, and have no control characters")]
    Name,
    /// It is part of an object's key.
    #[error("path is {0} bytes too long")]
    Long(usize),
}

const INCOMING: &str = "incoming";

impl IncomingKey {
    pub fn new(user: UserId, id: UploadId, path: WorkspacePath) -> Result<Self, InvalidIncoming> {
        let plain = !path.as_str().is_empty() && !path.as_str().chars().any(char::is_control);
        let key = Self { user, id, path };
        match key.to_string().len().checked_sub(S3_KEY_MAX_BYTES) {
            _ if !plain => Err(InvalidIncoming::Name),
            None | Some(0) => Ok(key),
            Some(over) => Err(InvalidIncoming::Long(over)),
        }
    }

    /// What the keys of all that a user has sent begin with.
    pub fn prefix(user: &UserId) -> String {
        format!("{INCOMING}/{user}/")
    }

    /// Only a key that we have made reads back.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(4, '/');
        let mut next = || parts.next();
        let (folder, user, id, path) = (next()?, next()?, next()?, next()?);
        let (user, id) = (UserId::new(user).ok()?, UploadId::new(id).ok()?);
        let key = Self::new(user, id, WorkspacePath::parse(path).ok()?).ok()?;
        (folder == INCOMING).then_some(key)
    }
}

impl fmt::Display for IncomingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { user, id, path } = self;
        write!(f, "{INCOMING}/{user}/{id}/{path}")
    }
}

/// Where a file waits for its user to fetch it: `downloads/<userId>/<id>/<name>`. Whoever knows
/// the id has been told it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DownloadKey {
    pub user: UserId,
    pub id: UploadId,
    pub name: FileName,
}

impl fmt::Display for DownloadKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { user, id, name } = self;
        write!(f, "downloads/{user}/{id}/{name}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_stays_below_the_workspace() {
        let longest = of_bytes(WORKSPACE_PATH_MAX_BYTES);
        let long_name = "b".repeat(255);
        let paths = [
            "",
            "a",
            "a/b",
            "한국어/a b",
            ".git/config",
            "a\\b",
            "..a",
            "a..",
            &longest,
            &long_name,
        ];
        for path in paths {
            assert_eq!(WorkspacePath::parse(path).map(String::from).as_deref(), Ok(path));
        }
        let too_long = of_bytes(WORKSPACE_PATH_MAX_BYTES + 1);
        let long_name = "b".repeat(256);
        let paths = [
            "/", "/a", "a/", "a//b", ".", "..", "a/..", "../a", "a/./b", "a\0", &too_long,
            &long_name,
        ];
        for path in paths {
            assert_eq!(WorkspacePath::parse(path), Err(InvalidWorkspacePath), "{path:?}");
        }
    }

    /// Names of 200 bytes and a last one.
    fn of_bytes(bytes: usize) -> String {
        let folders = (bytes - 1) / 201;
        format!(
            "{}{}",
            format!("{}/", "a".repeat(200)).repeat(folders),
            "b".repeat(bytes - folders * 201)
        )
    }

    #[test]
    fn a_path_ends_in_a_name() {
        let split = |path| {
            let path = WorkspacePath::parse(path).expect("valid");
            path.split_name().map(|(folder, name)| (folder.to_string(), name.to_owned()))
        };
        assert_eq!(split(""), None);
        assert_eq!(split("a"), Some((String::new(), "a".into())));
        assert_eq!(split("a/b/c"), Some(("a/b".into(), "c".into())));
    }

    #[test]
    fn pages_of_a_folder_meet_without_gap_or_overlap() {
        let names: Vec<String> = (0..25).map(|n| format!("{:02}", (n * 7) % 25)).collect();
        let (mut seen, mut after, mut looked_at) = (Vec::new(), None, 0);
        loop {
            let see = |name| {
                looked_at += 1;
                Some(WorkspaceEntry { name, kind: EntryKind::File, bytes: 0, modified_at: None })
            };
            let page = FolderPage::of(names.iter().cloned(), after.as_deref(), 10, see);
            assert!(page.entries.len() <= 10);
            seen.extend(page.entries.into_iter().map(|entry| entry.name));
            after = page.after;
            if after.is_none() {
                break;
            }
        }
        let expected: Vec<String> = (0..25).map(|n| format!("{n:02}")).collect();
        assert_eq!((seen, looked_at), (expected, 25));
    }

    #[test]
    fn what_is_sent_fits_a_key_of_the_store() {
        let user = UserId::new("telegram:1").expect("valid");
        let id = UploadId::new("0f").expect("valid");
        let key = |path: &str| {
            IncomingKey::new(user.clone(), id.clone(), WorkspacePath::parse(path).expect("valid"))
        };
        let room = S3_KEY_MAX_BYTES - "incoming/telegram:1/0f/".len();
        let fits = key(&of_bytes(room)).expect("fits");
        assert_eq!(IncomingKey::parse(&fits.to_string()), Some(fits));
        assert_eq!(key(&of_bytes(room + 1)), Err(InvalidIncoming::Long(1)));
        assert_eq!(key(""), Err(InvalidIncoming::Name));
        assert_eq!(key("a\nb"), Err(InvalidIncoming::Name));
        for other in ["uploads/ana/1/a", "incoming/ana/1", "incoming/ana/1/", "incoming/a/1/../b"] {
            assert_eq!(IncomingKey::parse(other), None, "{other}");
        }
    }
}
