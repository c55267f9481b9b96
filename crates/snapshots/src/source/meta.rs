//! What the file system says about one file, and how that stands in a snapshot.

use std::ffi::OsStr;
use std::os::fd::AsFd;

use rustic_core::jiff::Timestamp;
use rustic_core::repofile::{Metadata, Node, NodeType};
use rustix::fs::{FileType, MemfdFlags, Stat};

/// Ordered as time is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Time {
    seconds: i64,
    nanos: i32,
}

impl Time {
    /// As the file system would stamp a file this moment: in steps of some milliseconds, and
    /// so not comparable with any other clock.
    pub(crate) fn of_files() -> std::io::Result<Self> {
        let file = rustix::fs::memfd_create("clock", MemfdFlags::CLOEXEC)?;
        Ok(Meta::of_open(&file)?.ctime)
    }

    fn timestamp(self) -> Option<Timestamp> {
        Timestamp::new(self.seconds, self.nanos).ok()
    }

    fn just_before(self) -> Self {
        match self.nanos {
            0 => Self { seconds: self.seconds - 1, nanos: 999_999_999 },
            nanos => Self { nanos: nanos - 1, ..self },
        }
    }

    pub(crate) fn bytes(self) -> [u8; 12] {
        let mut bytes = [0; 12];
        bytes[..8].copy_from_slice(&self.seconds.to_le_bytes());
        bytes[8..].copy_from_slice(&self.nanos.to_le_bytes());
        bytes
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Meta {
    pub kind: FileType,
    /// Without the kind.
    pub mode: u32,
    pub size: u64,
    pub mtime: Time,
    pub ctime: Time,
    pub uid: u32,
    pub gid: u32,
    pub inode: u64,
    pub device: u64,
    pub links: u64,
}

impl Meta {
    pub(crate) fn of_open(file: impl AsFd) -> std::io::Result<Self> {
        Ok(Self::of(&rustix::fs::fstat(file)?))
    }

    #[expect(clippy::unnecessary_cast, reason = "the widths differ between processors")]
    pub(crate) fn of(stat: &Stat) -> Self {
        let time = |seconds, nanos| Time { seconds, nanos };
        Self {
            kind: FileType::from_raw_mode(stat.st_mode as u32),
            mode: stat.st_mode as u32 & 0o7777,
            size: stat.st_size as u64,
            mtime: time(stat.st_mtime as i64, stat.st_mtime_nsec as i32),
            ctime: time(stat.st_ctime as i64, stat.st_ctime_nsec as i32),
            uid: stat.st_uid,
            gid: stat.st_gid,
            inode: stat.st_ino as u64,
            device: stat.st_dev as u64,
            links: stat.st_nlink as u64,
        }
    }

    /// Whether the content is as it was: a write moves one of the times at least.
    pub(crate) fn same_content(&self, other: &Self) -> bool {
        let of = |meta: &Self| (meta.size, meta.mtime, meta.ctime, meta.inode, meta.device);
        of(self) == of(other)
    }

    /// For a file that may change again without a change of its times: whoever compares finds
    /// a difference and reads it again.
    pub(crate) fn distrusted(self) -> Self {
        Self { ctime: self.ctime.just_before(), ..self }
    }

    pub(crate) fn node(&self, name: &OsStr, node_type: NodeType) -> Node {
        let is_file = self.kind == FileType::RegularFile;
        let hard_linked = is_file && self.links > 1;
        let of_hard_link = |value| if hard_linked { value } else { 0 };
        // A folder's changes show in what is in it.
        let ctime = if is_file { self.ctime } else { self.mtime };
        let meta = Metadata {
            mode: Some(self.mode_as_in_go()),
            mtime: self.mtime.timestamp(),
            // Reading a file must not change its snapshot.
            atime: self.mtime.timestamp(),
            ctime: ctime.timestamp(),
            uid: Some(self.uid),
            gid: Some(self.gid),
            inode: of_hard_link(self.inode),
            device_id: of_hard_link(self.device),
            size: if is_file { self.size } else { 0 },
            links: if is_file { self.links } else { 0 },
            ..Metadata::default()
        };
        Node::new_node(name, node_type, meta)
    }

    /// The repository's format has Go's bits (`io/fs`, type FileMode).
    fn mode_as_in_go(&self) -> u32 {
        let kind = match self.kind {
            FileType::Directory => 1 << 31,
            FileType::Symlink => 1 << 27,
            _ => 0,
        };
        let special = [(0o4000, 23), (0o2000, 22), (0o1000, 20)];
        let special = special.into_iter().filter(|(bit, _)| self.mode & bit != 0);
        special.fold(kind | self.mode & 0o777, |mode, (_, go)| mode | 1 << go)
    }
}
