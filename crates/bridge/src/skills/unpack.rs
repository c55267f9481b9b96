//! An archive that the API has packed, into a new folder. Its names and sizes were checked when it
//! came, and are again: what lies in a bucket may be anybody's.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Cursor, Read};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, chown};
use std::path::Path;

use domain::limits::SKILL_UNPACKED_MAX_BYTES;
use domain::skill::SkillPaths;
use zip::ZipArchive;

type Owner = Option<(u32, u32)>;

pub(super) fn unpack(archive: &[u8], folder: &Path, owner: Owner) -> io::Result<()> {
    let mut zip = ZipArchive::new(Cursor::new(archive)).map_err(io::Error::other)?;
    let (mut paths, mut left) = (SkillPaths::default(), SKILL_UNPACKED_MAX_BYTES);
    make_folder(folder, owner)?;
    for index in 0..zip.len() {
        let mut entry = zip.by_index(index).map_err(io::Error::other)?;
        let path = entry.name().map_err(io::Error::other)?.into_owned();
        paths.add(&path).map_err(io::Error::other)?;
        for (end, _) in path.match_indices('/') {
            make_folder(&folder.join(&path[..end]), owner)?;
        }
        let runs = entry.unix_mode().is_some_and(|mode| mode & 0o111 != 0);
        let mode = if runs { 0o755 } else { 0o644 };
        let target = folder.join(&path);
        let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(&target)?;
        let written = io::copy(&mut (&mut entry).take(left + 1), &mut file)?;
        left = left.checked_sub(written).ok_or_else(|| io::Error::other("it is too large"))?;
        give(&target, owner)?;
    }
    Ok(())
}

fn make_folder(path: &Path, owner: Owner) -> io::Result<()> {
    match DirBuilder::new().mode(0o755).create(path) {
        Ok(()) => give(path, owner),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && is_folder(path) => Ok(()),
        Err(error) => Err(error),
    }
}

fn is_folder(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|found| found.is_dir())
}

fn give(path: &Path, owner: Owner) -> io::Result<()> {
    match owner {
        Some((uid, gid)) => chown(path, Some(uid), Some(gid)),
        None => Ok(()),
    }
}
