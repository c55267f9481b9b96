//! Looking into a snapshot without restoring it: one folder, or one file.

use std::ffi::OsString;

use domain::{SnapshotId, Timestamp};
use rustic_core::repofile::{Node, NodeType, SnapshotFile};
use rustic_core::{DataId, Id};
use sha2::{Digest, Sha256};

use crate::error::Error;
use crate::list::rustic_id;
use crate::repository::{Indexed, Repository};

/// What lies at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Looked {
    /// Nothing, or the path leads through something that is no folder.
    Nothing,
    Folder(Vec<Child>),
    File {
        size: u64,
    },
    Link,
    /// A socket, a pipe, a device.
    Other,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Child {
    pub name: OsString,
    pub kind: ChildKind,
    /// Of a file, in bytes.
    pub size: u64,
    pub modified_at: Option<Timestamp>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChildKind {
    File,
    Folder,
    Link,
    Other,
}

/// A file's content: where its parts are.
#[derive(Debug, Default)]
pub(crate) struct Content(Vec<DataId>);

impl Repository {
    /// Follows no link.
    pub(crate) fn look(
        &mut self,
        id: &SnapshotId,
        path: &[String],
    ) -> Result<(Looked, Content), Error> {
        self.begin();
        let file = self.plain()?.get_file::<SnapshotFile>(&rustic_id(id)?.into());
        let tree = file.map_err(|error| self.explain(error))?.tree.into_inner();
        let looked = self.with_index(|repository, indexed| repository.find(indexed, tree, path));
        self.backend.forget_ahead();
        looked
    }

    /// In order, until `take` has had enough.
    pub(crate) fn read(
        &mut self,
        content: &Content,
        mut take: impl FnMut(Vec<u8>) -> bool,
    ) -> Result<(), Error> {
        for blob in &content.0 {
            let part = self.with_index(|repository, indexed| repository.part(indexed, blob))?;
            if !take(part) {
                break;
            }
        }
        Ok(())
    }

    /// As in a restore: with what is marked for removal, if it is needed.
    fn with_index<T>(
        &mut self,
        work: impl Fn(&Self, &Indexed) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let indexed = self.take_indexed()?;
        let why = match work(self, &indexed) {
            Err(Error::Damaged(why)) => why,
            done => {
                self.keep_indexed(indexed);
                return done;
            }
        };
        let marked = self.load_index_with_marked()?;
        work(self, &marked.ok_or(Error::Damaged(why))?)
    }

    fn find(
        &self,
        indexed: &Indexed,
        root: Id,
        path: &[String],
    ) -> Result<(Looked, Content), Error> {
        let mut nodes = self.nodes(indexed, root)?;
        for (at, name) in path.iter().enumerate() {
            let found = nodes.into_iter().find(|node| *node.name() == **name);
            let Some(node) = found else { return Ok((Looked::Nothing, Content::default())) };
            let last = at + 1 == path.len();
            nodes = match (&node.node_type, node.subtree) {
                (NodeType::Dir, Some(subtree)) => self.nodes(indexed, subtree.into_inner())?,
                (NodeType::Dir, None) => Vec::new(),
                _ if !last => return Ok((Looked::Nothing, Content::default())),
                (NodeType::File, _) => {
                    let size = node.meta.size;
                    let content = Content(node.content.unwrap_or_default());
                    return Ok((Looked::File { size }, content));
                }
                (NodeType::Symlink { .. }, _) => return Ok((Looked::Link, Content::default())),
                _ => return Ok((Looked::Other, Content::default())),
            };
        }
        Ok((Looked::Folder(nodes.iter().map(child).collect()), Content::default()))
    }

    fn nodes(&self, indexed: &Indexed, tree: Id) -> Result<Vec<Node>, Error> {
        self.fetch_trees(indexed, &[(std::path::PathBuf::new(), tree)])?;
        self.tree(indexed, tree)
    }

    fn part(&self, indexed: &Indexed, blob: &DataId) -> Result<Vec<u8>, Error> {
        let at = indexed.get_index_entry(blob).map_err(|error| self.explain(error))?;
        let (pack, from) = (at.pack.into_inner(), at.location.offset);
        let part = self.backend.fetch_part(&pack, from, at.location.length)?;
        self.backend.put_part(pack, from, part);
        let hex = blob.into_inner().to_hex();
        let content = indexed.cat_blob(rustic_core::repofile::BlobType::Data, &hex);
        self.backend.drop_part(pack, from);
        let content = content.map_err(|error| self.explain(error))?;
        match **blob == Id::new(Sha256::digest(&content).into()) {
            true => Ok(content.to_vec()),
            false => Err(Error::Damaged(format!("a part of a file, {}, is altered", &*hex))),
        }
    }
}

fn child(node: &Node) -> Child {
    let kind = match node.node_type {
        NodeType::Dir => ChildKind::Folder,
        NodeType::File => ChildKind::File,
        NodeType::Symlink { .. } => ChildKind::Link,
        _ => ChildKind::Other,
    };
    let modified = node.meta.mtime.and_then(|at| u64::try_from(at.as_millisecond()).ok());
    let size = if kind == ChildKind::File { node.meta.size } else { 0 };
    Child { name: node.name().into_owned(), kind, size, modified_at: modified.map(Timestamp) }
}
