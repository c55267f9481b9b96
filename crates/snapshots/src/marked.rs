//! Packs that are marked for removal and still there.
//!
//! rustic does not look into them. But a snapshot that was being taken while others tidied up may
//! need what is in them; the next tidying takes the mark off. Until then they are read through
//! an index file that exists in memory only.

use aes256ctr_poly1305aes::aead::{AeadInPlace, Nonce};
use aes256ctr_poly1305aes::{Aes256CtrPoly1305Aes, Key};
use bytes::Bytes;
use rustic_core::repofile::{IndexFile, IndexPack, MasterKey};
use rustic_core::{FileType, Id, ReadBackend};
use sha2::{Digest, Sha256};

use crate::error::Error;
use crate::repository::{Indexed, Repository};

impl Repository {
    /// `None`: nothing is marked.
    pub(crate) fn load_index_with_marked(&mut self) -> Result<Option<Indexed>, Error> {
        self.distrust_memory();
        let packs = self.marked()?;
        if packs.is_empty() {
            return Ok(None);
        }
        let file = IndexFile { packs, ..Default::default() };
        let json = serde_json::to_vec(&file).map_err(|error| Error::Broken(error.to_string()))?;
        let encrypted = encrypted(&self.keys.master, &json)?;
        let id = Id::new(Sha256::digest(&encrypted).into());
        self.backend.set_extra_index(Some((id, encrypted)));
        let indexed = self.load_index();
        self.backend.set_extra_index(None);
        indexed.map(Some)
    }

    fn marked(&self) -> Result<Vec<IndexPack>, Error> {
        self.fetch_index()?;
        let listed = self.backend.list(FileType::Index).map_err(|error| self.explain(error))?;
        let plain = self.plain()?;
        let mut marked = Vec::new();
        for id in listed {
            let file = plain.get_file::<IndexFile>(&id.into());
            let file = file.map_err(|error| self.explain(error))?;
            marked.extend(file.packs_to_delete.into_iter().filter(|pack| !pack.blobs.is_empty()));
        }
        Ok(marked)
    }
}

/// As everything in a repository: a nonce, the text, a tag.
fn encrypted(master: &MasterKey, plain: &[u8]) -> Result<Bytes, Error> {
    let parts = [&master.encrypt[..], &master.mac.k, &master.mac.r].concat();
    let odd = || Error::Damaged("the key of the snapshots has the wrong length".into());
    let key = <[u8; 64]>::try_from(parts).map_err(|_| odd())?;
    let nonce = Nonce::<Aes256CtrPoly1305Aes>::from(rand::random::<[u8; 16]>());
    let mut text = plain.to_vec();
    let tag = Aes256CtrPoly1305Aes::new(&Key::from(key))
        .encrypt_in_place_detached(&nonce, &[], &mut text)
        .map_err(|_| odd())?;
    Ok([&nonce[..], &text, &tag].concat().into())
}
