//! Whether anything has changed, from what the file system says about files: none is read. What
//! changes a snapshot changes the survey.

use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use sha2::{Digest, Sha256};

use super::excludes::Excludes;
use super::meta::{Meta, Time};
use super::report::Report;
use super::walk::{Found, Walk, What};
use super::{SourceError, directory_error, sqlite};

/// Take one before each snapshot: what changes while that is written differs from it then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Survey {
    fingerprint: [u8; 32],
    pub files: u64,
    /// Of all files, databases with what lies beside them.
    pub bytes: u64,
}

pub fn survey(root: &Path, excludes: &Excludes) -> Result<Survey, SourceError> {
    let failed = |source: io::Error| directory_error(root, source);
    let report = Report::default();
    let began = Time::of_files().map_err(failed)?;
    let walk = Walk::new(root, excludes.clone(), report.clone()).map_err(failed)?;
    let mut seen = Seen { hash: Sha256::new(), files: 0, bytes: 0, began };
    for found in walk {
        seen.add(&found);
    }
    match report.complaint() {
        Some(complaint) => Err(SourceError::Incomplete(complaint)),
        None => Ok(seen.survey()),
    }
}

struct Seen {
    hash: Sha256,
    files: u64,
    bytes: u64,
    began: Time,
}

impl Seen {
    fn add(&mut self, found: &Found) {
        let meta = &found.meta;
        let path = found.path.as_os_str().as_bytes();
        self.add_bytes(path);
        let (kind, target) = match &found.what {
            What::Dir => (0, Path::new("")),
            What::File => (1, Path::new("")),
            What::Link(target) => (2, target.as_path()),
        };
        self.add_bytes(target.as_os_str().as_bytes());
        for number in [kind, u64::from(meta.mode), u64::from(meta.uid), u64::from(meta.gid)] {
            self.hash.update(number.to_le_bytes());
        }
        self.hash.update(meta.mtime.bytes());
        if kind == 1 {
            // As in the copy of a database: a WAL's ctime moves when it is read.
            let name = found.path.file_name().unwrap_or_default();
            let is_beside = sqlite::is_of_database(&found.folder, name);
            self.add_file(meta, if is_beside { meta.mtime } else { meta.ctime });
        }
    }

    fn add_file(&mut self, meta: &Meta, changed: Time) {
        self.files += 1;
        self.bytes += meta.size;
        for number in [meta.size, meta.device, meta.inode, meta.links] {
            self.hash.update(number.to_le_bytes());
        }
        self.hash.update(changed.bytes());
        // It can change again without a change of its times: no other survey equals this one.
        if changed >= self.began {
            self.hash.update(self.began.bytes());
        }
    }

    /// With its length, so that no two lists look alike.
    fn add_bytes(&mut self, bytes: &[u8]) {
        self.hash.update((bytes.len() as u64).to_le_bytes());
        self.hash.update(bytes);
    }

    fn survey(self) -> Survey {
        Survey { fingerprint: self.hash.finalize().into(), files: self.files, bytes: self.bytes }
    }
}
