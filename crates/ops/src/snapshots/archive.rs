//! A folder as tar, with what nobody may read: its own modes are in the archive.

use std::fs::{self, File, Metadata, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use tar::{Builder, EntryType, Header};

/// Everything in `folder` under the name `top`.
pub(super) fn write<W: Write>(folder: &Path, top: &Path, out: W) -> io::Result<W> {
    let mut archive = Builder::new(out);
    add(&mut archive, folder, top)?;
    archive.into_inner()
}

fn add<W: Write>(archive: &mut Builder<W>, path: &Path, name: &Path) -> io::Result<()> {
    let metadata = fs::symlink_metadata(path)?;
    let mut header = header(&metadata);
    if metadata.is_symlink() {
        header.set_entry_type(EntryType::Symlink);
        return archive.append_link(&mut header, name, fs::read_link(path)?);
    }
    if !metadata.is_dir() {
        allow(path, &metadata, 0o400)?;
        header.set_entry_type(EntryType::Regular);
        header.set_size(metadata.len());
        return archive.append_data(&mut header, name, File::open(path)?);
    }
    allow(path, &metadata, 0o700)?;
    header.set_entry_type(EntryType::Directory);
    archive.append_data(&mut header, name, io::empty())?;
    let entries = fs::read_dir(path)?.collect::<io::Result<Vec<_>>>()?;
    let mut names: Vec<_> = entries.into_iter().map(|entry| entry.file_name()).collect();
    names.sort_unstable();
    names.iter().try_for_each(|entry| add(archive, &path.join(entry), &name.join(entry)))
}

/// As it was in the snapshot; whose it was means nothing elsewhere.
fn header(metadata: &Metadata) -> Header {
    let mut header = Header::new_gnu();
    header.set_metadata(metadata);
    header.set_uid(0);
    header.set_gid(0);
    header.set_size(0);
    header
}

/// The copy is ours. Only what is missing is added.
fn allow(path: &Path, metadata: &Metadata, bits: u32) -> io::Result<()> {
    let mode = metadata.permissions().mode();
    if mode & bits == bits {
        return Ok(());
    }
    fs::set_permissions(path, Permissions::from_mode(mode | bits))
}

/// A folder that may not be written cannot be emptied.
pub(super) fn make_removable(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            fs::set_permissions(entry.path(), Permissions::from_mode(0o700))?;
            make_removable(&entry.path())?;
        }
    }
    Ok(())
}
