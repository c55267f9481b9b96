//! From an archive that a stranger made to one that we made. Nothing of the first is kept: every
//! file is unpacked, counted and packed again under a checked name, so whoever unpacks ours meets
//! no trick, whatever program he uses.

use std::io::{Cursor, ErrorKind, Read, Write};

use data_encoding::HEXLOWER;
use domain::limits::{
    SKILL_FILES_MAX, SKILL_RATIO_MAX, SKILL_UNPACKED_MAX_BYTES, SKILL_UPLOAD_MAX_BYTES,
};
use domain::skill::{FrontMatter, InvalidFrontMatter, InvalidSkillPath, SKILL_FILE, SkillPaths};
use domain::{InvalidSkillName, SkillName};
use sha2::{Digest, Sha256};
use zip::result::ZipError;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

#[derive(Debug, thiserror::Error)]
pub enum InvalidSkill {
    #[error("the skill has {0} bytes; at most {SKILL_UPLOAD_MAX_BYTES} are taken")]
    TooLarge(usize),
    #[error("the skill has more than {SKILL_UNPACKED_MAX_BYTES} bytes when it is unpacked")]
    TooLargeUnpacked,
    #[error("`{0}` is packed so tightly that it looks like a trap; pack it as it is")]
    TooTight(String),
    #[error("that is not a zip that can be read: {0}")]
    NotAZip(String),
    #[error("two files of the archive share the same bytes, or the same name")]
    Overlapping,
    #[error("`{0}` is a link, or encrypted; a skill has plain files only")]
    NotAFile(String),
    #[error("the archive must have a {SKILL_FILE}, at its top or in its only folder")]
    NoSkillFile,
    #[error("{SKILL_FILE} is not text in UTF-8")]
    NotText,
    #[error("{SKILL_FILE} says no `name:`, and lies in no folder that has one")]
    NoName,
    #[error("the front matter of {SKILL_FILE} is in the way: {0}")]
    FrontMatter(#[from] InvalidFrontMatter),
    #[error(transparent)]
    Name(#[from] InvalidSkillName),
    #[error(transparent)]
    Path(#[from] InvalidSkillPath),
}

impl From<ZipError> for InvalidSkill {
    fn from(error: ZipError) -> Self {
        Self::NotAZip(error.to_string())
    }
}

/// A skill as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packed {
    pub name: SkillName,
    pub description: String,
    pub files: u64,
    pub bytes: u64,
    pub sha256: String,
    /// A zip of plain files, sorted, whose names are paths in the skill's folder.
    pub archive: Vec<u8>,
}

/// Of a `SKILL.md` alone.
pub fn pack_document(text: &[u8]) -> Result<Packed, InvalidSkill> {
    check_size(text)?;
    let mut packing = Packing::default();
    packing.add(SKILL_FILE, false, &mut Cursor::new(text), u64::MAX)?;
    packing.finish(None)
}

/// Of a zip.
pub fn pack(archive: &[u8]) -> Result<Packed, InvalidSkill> {
    check_size(archive)?;
    let mut zip = ZipArchive::new(Cursor::new(archive))?;
    if zip.has_duplicate_names() || zip.has_overlapping_entries()? {
        return Err(InvalidSkill::Overlapping);
    }
    let found = files_of(&zip)?;
    let (folder, files) = in_folder(found)?;
    let mut packing = Packing::default();
    for File { index, path } in files {
        let mut entry = zip.by_index(index)?;
        let runs = entry.unix_mode().is_some_and(|mode| mode & 0o111 != 0);
        let packed_bytes = entry.compressed_size();
        packing.add(&path, runs, &mut entry, packed_bytes)?;
    }
    packing.finish(folder)
}

fn check_size(sent: &[u8]) -> Result<(), InvalidSkill> {
    match sent.len() > SKILL_UPLOAD_MAX_BYTES {
        true => Err(InvalidSkill::TooLarge(sent.len())),
        false => Ok(()),
    }
}

struct File {
    index: usize,
    path: String,
}

/// What the archive lists. Names are as they stand there, and not yet looked at.
fn files_of(zip: &ZipArchive<Cursor<&[u8]>>) -> Result<Vec<File>, InvalidSkill> {
    let mut files = Vec::new();
    for index in 0..zip.len() {
        let entry = zip.by_index_data(index)?;
        let path = entry.name()?.into_owned();
        if entry.is_dir() || is_left_out(&path) {
            continue;
        }
        if entry.is_symlink() || entry.encrypted() || !entry.is_file() {
            return Err(InvalidSkill::NotAFile(path.escape_debug().take(100).collect()));
        }
        files.push(File { index, path });
        if files.len() > SKILL_FILES_MAX {
            return Err(InvalidSkillPath::TooMany.into());
        }
    }
    Ok(files)
}

/// What systems put into every archive, and nobody means.
fn is_left_out(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    path.starts_with("__MACOSX/") || [".DS_Store", "Thumbs.db", "desktop.ini"].contains(&name)
}

/// The folder that has them all, if there is one, and the paths below it, sorted and checked.
fn in_folder(mut files: Vec<File>) -> Result<(Option<String>, Vec<File>), InvalidSkill> {
    let mut folder = None;
    if !files.iter().any(|file| file.path == SKILL_FILE) {
        let tops: Vec<&str> =
            files.iter().filter_map(|f| Some(f.path.split_once('/')?.0)).collect();
        let same = tops.first().filter(|top| tops.iter().all(|other| other == *top));
        let only = same.filter(|_| tops.len() == files.len()).map(|top| (*top).to_owned());
        let only = only.ok_or(InvalidSkill::NoSkillFile)?;
        SkillPaths::default().add(&only)?;
        for file in &mut files {
            file.path.drain(..=only.len());
        }
        folder = Some(only);
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    let mut paths = SkillPaths::default();
    files.iter().try_for_each(|file| paths.add(&file.path))?;
    match files.iter().any(|file| file.path == SKILL_FILE) {
        true => Ok((folder, files)),
        false => Err(InvalidSkill::NoSkillFile),
    }
}

struct Packing {
    zip: ZipWriter<Cursor<Vec<u8>>>,
    files: u64,
    bytes: u64,
    document: Vec<u8>,
}

impl Default for Packing {
    fn default() -> Self {
        let zip = ZipWriter::new(Cursor::new(Vec::new()));
        Self { zip, files: 0, bytes: 0, document: Vec::new() }
    }
}

/// Packed and unpacked by the piece.
const PIECE_BYTES: usize = 65_536;

impl Packing {
    /// However large it says that it is, no more is read than may be.
    fn add(
        &mut self,
        path: &str,
        runs: bool,
        content: &mut impl Read,
        packed_bytes: u64,
    ) -> Result<(), InvalidSkill> {
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .unix_permissions(if runs { 0o755 } else { 0o644 });
        self.zip.start_file(path, options)?;
        let most = packed_bytes.saturating_mul(SKILL_RATIO_MAX).max(PIECE_BYTES as u64);
        let (mut piece, mut bytes) = (vec![0; PIECE_BYTES], 0);
        loop {
            let read = match content.read(&mut piece) {
                Ok(0) => break,
                Ok(read) => &piece[..read],
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(InvalidSkill::NotAZip(format!("{path}: {error}"))),
            };
            bytes += read.len() as u64;
            self.bytes += read.len() as u64;
            if self.bytes > SKILL_UNPACKED_MAX_BYTES {
                return Err(InvalidSkill::TooLargeUnpacked);
            }
            if bytes > most {
                return Err(InvalidSkill::TooTight(path.to_owned()));
            }
            if path == SKILL_FILE {
                self.document.extend_from_slice(read);
            }
            self.zip.write_all(read).map_err(|error| InvalidSkill::NotAZip(error.to_string()))?;
        }
        self.files += 1;
        Ok(())
    }

    fn finish(self, folder: Option<String>) -> Result<Packed, InvalidSkill> {
        let document = std::str::from_utf8(&self.document).map_err(|_| InvalidSkill::NotText)?;
        let FrontMatter { name, description } = FrontMatter::read(document)?;
        let name = SkillName::new(name.or(folder).ok_or(InvalidSkill::NoName)?)?;
        let archive = self.zip.finish()?.into_inner();
        let sha256 = HEXLOWER.encode(&Sha256::digest(&archive));
        Ok(Packed { name, description, files: self.files, bytes: self.bytes, sha256, archive })
    }
}
