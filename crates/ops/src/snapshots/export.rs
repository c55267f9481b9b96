//! A snapshot as a tar file.
//!
//! By way of a folder beside the file: a restore fetches in parallel and verifies, and a tar is
//! written in one go.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::Context;
use domain::UserId;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::json;
use snapshots::Part;

use super::list::short;
use super::{archive, pick, restore};
use crate::Verdict;
use crate::cli::Which;
use crate::output::{say, size};
use crate::setup::{Setup, usage};

pub(super) async fn run(
    setup: &Setup,
    user: &UserId,
    which: &Which,
    to: &Path,
    json: bool,
) -> anyhow::Result<Verdict> {
    let target = Target::new(to)?;
    let (repository, picked) = pick::pick(setup, user, which).await?;
    let id = picked.snapshot.id.clone();
    let scratch = tempfile::Builder::new().prefix(".ops-export-").tempdir_in(&target.folder);
    let scratch =
        scratch.with_context(|| format!("cannot write to {}", target.folder.display()))?;
    let files = scratch.path().join("files");
    let restored = restore::fetch(&repository, &picked, Part::Everything, &files).await?;
    let top = PathBuf::from(format!("{user}-{}", short(&id)));
    let whole = scratch.path().join("whole");
    let gzip = target.gzip;
    let path = target.path.clone();
    let written = tokio::task::spawn_blocking(move || {
        let written = write(&files, &top, &whole, gzip);
        archive::make_removable(&files)?;
        written?;
        // Unlike a rename, a link never replaces a file that is there.
        fs::hard_link(&whole, &path)?;
        let bytes = fs::metadata(&path)?.len();
        scratch.close().map(|()| bytes)
    });
    let bytes = written.await?.with_context(|| format!("cannot write {}", to.display()))?;
    let to = to.display().to_string();
    if json {
        let (by, files) = (picked.rule.name(), restored.files);
        say!(
            "{}",
            json!({"user": user, "snapshot": id, "pickedBy": by, "to": to, "files": files, "bytes": bytes})
        );
    } else {
        let (files, bytes) = (restored.files, size(bytes));
        say!("exported snapshot {} to {to}: {files} files, {bytes}", short(&id));
    }
    Ok(Verdict::Fine)
}

struct Target {
    path: PathBuf,
    folder: PathBuf,
    gzip: bool,
}

impl Target {
    /// Before anything is fetched.
    fn new(path: &Path) -> anyhow::Result<Self> {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let gzip = name.ends_with(".tar.gz") || name.ends_with(".tgz");
        if !gzip && !name.ends_with(".tar") {
            return Err(usage(format!("`{name}` ends neither in .tar nor in .tar.gz")));
        }
        if fs::symlink_metadata(path).is_ok() {
            return Err(usage(format!("{} is there already: name a new file", path.display())));
        }
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new(".")).to_owned();
        Ok(Self { path: path.to_owned(), folder, gzip })
    }
}

/// For its owner alone: it is somebody's whole memory, in the clear.
fn write(files: &Path, top: &Path, whole: &Path, gzip: bool) -> io::Result<()> {
    let mut options = OpenOptions::new();
    let file = options.write(true).create_new(true).mode(0o600).open(whole)?;
    let out = BufWriter::new(file);
    let file: File = match gzip {
        true => {
            let zipped = archive::write(files, top, GzEncoder::new(out, Compression::default()))?;
            finished(zipped.finish()?)?
        }
        false => finished(archive::write(files, top, out)?)?,
    };
    file.sync_all()
}

fn finished(mut out: BufWriter<File>) -> io::Result<File> {
    out.flush()?;
    out.into_inner().map_err(io::IntoInnerError::into_error)
}
