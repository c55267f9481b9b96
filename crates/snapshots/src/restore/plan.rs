//! What a restore has to make, and in which packs the contents are.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rustic_core::repofile::{BlobType, Node, NodeType};
use rustic_core::{DataId, FileType, Id};

use super::Part;
use crate::error::Error;
use crate::repository::{Indexed, Repository};

pub(super) struct Entry {
    /// Within the target.
    pub(super) path: PathBuf,
    pub(super) kind: Kind,
    pub(super) mode: Option<u32>,
    /// Seconds and nanoseconds.
    pub(super) mtime: Option<(i64, i64)>,
    pub(super) owner: Option<(u32, u32)>,
}

pub(super) enum Kind {
    /// The target itself, if it was a directory of the snapshot.
    Root,
    Dir,
    Link(PathBuf),
    File {
        size: u64,
        content: Vec<DataId>,
    },
}

/// Directories before what is in them.
#[derive(Default)]
pub(super) struct Plan {
    pub(super) entries: Vec<Entry>,
    /// Sockets, pipes and devices: they are nothing without the programs that made them.
    pub(super) skipped: u64,
    pub(super) bytes: u64,
}

impl Plan {
    pub(super) fn files(&self) -> u64 {
        let files = self.entries.iter().filter(|entry| matches!(entry.kind, Kind::File { .. }));
        files.count() as u64
    }

    fn add(&mut self, path: PathBuf, node: &Node) -> Result<(), Error> {
        let kind = match &node.node_type {
            NodeType::Dir => Kind::Dir,
            NodeType::Symlink { .. } => Kind::Link(node.node_type.to_link().to_owned()),
            NodeType::File => {
                let content = node.content.clone().unwrap_or_default();
                self.bytes += node.meta.size;
                Kind::File { size: node.meta.size, content }
            }
            _ => {
                self.skipped += 1;
                return Ok(());
            }
        };
        self.entries.push(entry(path, kind, node));
        Ok(())
    }
}

fn entry(path: PathBuf, kind: Kind, node: &Node) -> Entry {
    let nanos = node.meta.mtime.map(|mtime| mtime.as_nanosecond());
    Entry {
        path,
        kind,
        mode: node.meta.mode.map(unix_mode),
        mtime: nanos.map(|n| (n.div_euclid(SECOND) as i64, n.rem_euclid(SECOND) as i64)),
        owner: node.meta.uid.zip(node.meta.gid),
    }
}

const SECOND: i128 = 1_000_000_000;

/// restic keeps modes as Go does.
fn unix_mode(go: u32) -> u32 {
    let bit = |go_bit: u32, unix: u32| if go & (1 << go_bit) != 0 { unix } else { 0 };
    go & 0o777 | bit(23, 0o4000) | bit(22, 0o2000) | bit(20, 0o1000)
}

impl Repository {
    /// Level by level, so that the trees of one are fetched at once.
    pub(super) fn plan(&self, indexed: &Indexed, tree: Id, part: &Part) -> Result<Plan, Error> {
        let mut plan = Plan::default();
        let Some(start) = self.start(indexed, tree, part, &mut plan)? else { return Ok(plan) };
        let mut level = vec![(PathBuf::new(), start)];
        while !level.is_empty() {
            self.fetch_trees(indexed, &level)?;
            let mut below = Vec::new();
            for (path, tree) in level {
                for node in self.tree(indexed, tree)? {
                    let name = node.name();
                    if path == Path::new("") && part.leaves_out(&name) {
                        continue;
                    }
                    let path = path.join(checked(&name)?);
                    if let (NodeType::Dir, Some(subtree)) = (&node.node_type, node.subtree) {
                        below.push((path.clone(), subtree.into_inner()));
                    }
                    plan.add(path, &node)?;
                }
            }
            level = below;
        }
        Ok(plan)
    }

    /// The tree whose contents go into the target.
    fn start(
        &self,
        indexed: &Indexed,
        tree: Id,
        part: &Part,
        plan: &mut Plan,
    ) -> Result<Option<Id>, Error> {
        let Part::Only(wanted) = part else { return Ok(Some(tree)) };
        self.fetch_trees(indexed, &[(PathBuf::new(), tree)])?;
        let nodes = self.tree(indexed, tree)?;
        let Some(node) = nodes.iter().find(|node| node.is_dir() && *node.name() == **wanted) else {
            return Ok(None);
        };
        plan.entries.push(entry(PathBuf::new(), Kind::Root, node));
        Ok(node.subtree.map(|subtree| subtree.into_inner()))
    }

    pub(crate) fn tree(&self, indexed: &Indexed, tree: Id) -> Result<Vec<Node>, Error> {
        let read = indexed.get_tree(&tree.into()).map_err(|error| self.explain(error))?;
        Ok(read.nodes)
    }

    /// Whole packs: trees lie together.
    pub(crate) fn fetch_trees(
        &self,
        indexed: &Indexed,
        level: &[(PathBuf, Id)],
    ) -> Result<(), Error> {
        let mut packs = BTreeMap::new();
        for (_, tree) in level {
            let id = rustic_core::TreeId::from(*tree);
            let at = indexed.get_index_entry(&id).map_err(|error| self.explain(error))?;
            packs.insert(at.pack.into_inner(), 0);
        }
        let packs: Vec<(Id, u32)> = packs.into_iter().collect();
        Ok(self.fetch_ahead(FileType::Pack, &packs)?)
    }

    /// Which parts of which packs to fetch, and what to do with them.
    pub(super) fn fetches(&self, indexed: &Indexed, plan: &Plan) -> Result<Vec<Fetch>, Error> {
        let mut wanted: BTreeMap<(Id, u32), Piece> = BTreeMap::new();
        for (index, entry) in plan.entries.iter().enumerate() {
            let Kind::File { size, content } = &entry.kind else { continue };
            let mut offset = 0;
            for blob in content {
                let at = indexed.get_index_entry(blob).map_err(|error| self.explain(error))?;
                let key = (at.pack.into_inner(), at.location.offset);
                let piece = wanted.entry(key).or_insert_with(|| Piece {
                    blob: *blob,
                    end: at.location.offset + at.location.length,
                    length: at.data_length(),
                    uses: Vec::new(),
                });
                piece.uses.push((index, offset));
                offset += u64::from(at.data_length());
            }
            if offset != *size {
                let path = entry.path.display();
                return Err(Error::Damaged(format!(
                    "{path} has {size} bytes, and {offset} of them are saved"
                )));
            }
        }
        Ok(gathered(wanted))
    }
}

pub(super) struct Fetch {
    pub(super) pack: Id,
    pub(super) from: u32,
    pub(super) to: u32,
    pub(super) pieces: Vec<Piece>,
}

/// A blob, and where it goes: entries, and offsets in them.
pub(super) struct Piece {
    pub(super) blob: DataId,
    end: u32,
    pub(super) length: u32,
    pub(super) uses: Vec<(usize, u64)>,
}

impl Piece {
    pub(super) const TYPE: BlobType = BlobType::Data;
}

/// A hole this large, in bytes, costs more to fetch than a request. Ours.
const HOLE: u32 = 1_048_576;

fn gathered(wanted: BTreeMap<(Id, u32), Piece>) -> Vec<Fetch> {
    let mut fetches: Vec<Fetch> = Vec::new();
    for ((pack, from), piece) in wanted {
        match fetches.last_mut() {
            Some(last) if last.pack == pack && from <= last.to.saturating_add(HOLE) => {
                last.to = last.to.max(piece.end);
                last.pieces.push(piece);
            }
            _ => fetches.push(Fetch { pack, from, to: piece.end, pieces: vec![piece] }),
        }
    }
    fetches
}

/// A name as directories have them.
fn checked(name: &OsStr) -> Result<&OsStr, Error> {
    let odd = name.is_empty() || name == "." || name == "..";
    if odd || name.as_bytes().iter().any(|byte| matches!(byte, b'/' | 0)) {
        return Err(Error::Damaged(format!("{name:?} is no name of a file")));
    }
    Ok(name)
}
