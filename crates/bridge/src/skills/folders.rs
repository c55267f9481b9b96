//! `<state>/skills`, folder by folder. A skill is built beside the agent's directory and then
//! takes its place at once, so the gateway never sees half of one.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::PathBuf;

use domain::Skill;
use rustix::fs::{AtFlags, CWD, Dir, FileType, RenameFlags, renameat_with, statat};
use rustix::io::Errno;

use super::unpack::unpack;
use crate::state_dir::StateDir;
use crate::workspace::{Folder, Workspace};

const SKILLS: &str = "skills";

/// By this file a folder is ours. It is the mark of caches as well (bford.info/cachedir): what is
/// put there anew at every wake does not belong into snapshots.
const MARK: &str = "CACHEDIR.TAG";
const MARK_STARTS: &str = "Signature: 8a477f597d28d172789f06886806bc55";
const MARK_SAYS: &str = "# Managed over the API: it is replaced and removed there. sha256 ";
const MARK_MAX_BYTES: u64 = 400;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Managed {
    Ours { sha256: String },
    Agents,
}

/// What lies there, by name.
pub(super) fn there(workspace: &Workspace) -> io::Result<BTreeMap<String, Managed>> {
    let skills = workspace.state()?.enter(SKILLS)?;
    let mut there = BTreeMap::new();
    for entry in Dir::read_from(&skills.fd)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if name != "." && name != ".." {
            let managed = managed(&skills, &name);
            there.insert(name, managed);
        }
    }
    Ok(there)
}

fn managed(skills: &Folder, name: &str) -> Managed {
    let mark = skills.look_into(name).and_then(|folder| folder.read(MARK, MARK_MAX_BYTES));
    let mark = mark.ok().flatten().unwrap_or_default();
    let mut lines = mark.lines();
    let is_mark = lines.next() == Some(MARK_STARTS);
    match lines.next().and_then(|line| line.strip_prefix(MARK_SAYS)) {
        Some(sha256) if is_mark => Managed::Ours { sha256: sha256.to_owned() },
        _ => Managed::Agents,
    }
}

pub(super) fn install(workspace: &Workspace, skill: &Skill, archive: &[u8]) -> io::Result<()> {
    let stage = Stage::new(workspace)?;
    let built = stage.0.join("skill");
    let mark = format!("{MARK_STARTS}\n{MARK_SAYS}{}\n", skill.sha256);
    unpack(archive, &built, workspace.owner)?;
    fs::write(built.join(MARK), mark)?;
    let skills = workspace.state()?.enter(SKILLS)?;
    let name = skill.name.as_str();
    match renameat_with(CWD, &built, &skills.fd, name, RenameFlags::EXCHANGE) {
        Err(Errno::NOENT) => {
            renameat_with(CWD, &built, &skills.fd, name, RenameFlags::NOREPLACE)?;
        }
        exchanged => exchanged?,
    }
    stage.clear()
}

pub(super) fn remove(workspace: &Workspace, name: &str) -> io::Result<()> {
    let stage = Stage::new(workspace)?;
    let skills = workspace.state()?.enter(SKILLS)?;
    let found = statat(&skills.fd, name, AtFlags::SYMLINK_NOFOLLOW)?;
    if FileType::from_raw_mode(found.st_mode) == FileType::Directory {
        let gone = stage.0.join("gone");
        renameat_with(&skills.fd, name, CWD, &gone, RenameFlags::NOREPLACE)?;
    }
    stage.clear()
}

/// A place of our own on the same disk.
struct Stage(PathBuf);

impl Stage {
    fn new(workspace: &Workspace) -> io::Result<Self> {
        let beside = StateDir(workspace.state_dir.clone()).beside(SKILLS);
        let stage = beside.join(uuid::Uuid::new_v4().simple().to_string());
        fs::create_dir_all(&stage)?;
        Ok(Self(stage))
    }

    fn clear(&self) -> io::Result<()> {
        fs::remove_dir_all(&self.0)?;
        if let Some(beside) = self.0.parent() {
            // Unless somebody else is at it.
            let _ = fs::remove_dir(beside);
        }
        Ok(())
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        // Cleared already, or something failed that is told.
        let _ = self.clear();
    }
}
