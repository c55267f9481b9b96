//! An agent's directory of a given size, always the same, and whether two of them are equal.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use rand::{RngExt, SeedableRng, rngs::StdRng};

#[derive(Clone, Copy)]
pub(crate) struct Size {
    pub(crate) files: u64,
    /// Of all of them, near enough.
    pub(crate) bytes: u64,
}

impl Size {
    pub(crate) fn write(&self, agent: &Path) -> io::Result<()> {
        (0..self.files).try_for_each(|file| self.write_file(agent, file, 1))
    }

    /// Five files, far from each other.
    pub(crate) fn change(&self, agent: &Path) -> io::Result<()> {
        (0..5).try_for_each(|n| self.write_file(agent, n * self.files / 5, 2))
    }

    /// A tenth are transcripts, the others lie in the workspace, fifty in a folder. Every other
    /// one is text.
    fn write_file(&self, agent: &Path, file: u64, version: u64) -> io::Result<()> {
        let folder = match file % 10 {
            0 => "agents/main/sessions".to_owned(),
            _ => format!("workspace/project-{}/src-{}", file / 500, file / 50),
        };
        let folder = agent.join(folder);
        fs::create_dir_all(&folder)?;
        let mut random = StdRng::seed_from_u64(file * 1_000 + version);
        let mean = self.bytes / self.files;
        let length = random.random_range(mean / 2..=mean * 3 / 2) as usize;
        let content = if (file / 10).is_multiple_of(2) {
            text(&mut random, length)
        } else {
            noise(&mut random, length)
        };
        fs::write(folder.join(format!("file-{file}")), content)
    }
}

fn noise(random: &mut StdRng, length: usize) -> Vec<u8> {
    let mut content = vec![0; length];
    random.fill(&mut content[..]);
    content
}

/// Words of a small language, which pack as prose does.
fn text(random: &mut StdRng, length: usize) -> Vec<u8> {
    let mut content = Vec::with_capacity(length + 16);
    while content.len() < length {
        let word: u32 = random.random_range(0..WORDS);
        let letters = word.wrapping_mul(2_654_435_761);
        let syllables = 1 + letters % 4;
        for n in 0..syllables {
            let syllable = (letters >> (4 + 6 * n)) as usize;
            content.push(b"bdfgklmnprstvwzh"[syllable % 16]);
            content.push(b"aeiou"[syllable / 16 % 5]);
        }
        content.push(if word.is_multiple_of(11) { b'\n' } else { b' ' });
    }
    content.truncate(length);
    content
}

const WORDS: u32 = 5_000;

/// An error if one has what the other has not.
pub(crate) fn compare(agent: &Path, restored: &Path) -> Result<(), String> {
    let failed = |error: io::Error| error.to_string();
    let (left, right) = (entries(agent).map_err(failed)?, entries(restored).map_err(failed)?);
    if left != right {
        return Err(format!("{} has other files than {}", restored.display(), agent.display()));
    }
    for (path, ..) in left {
        let (left, right) = (agent.join(&path), restored.join(&path));
        if left.is_file() && fs::read(&left).map_err(failed)? != fs::read(right).map_err(failed)? {
            return Err(format!("{} is not what it was", path.display()));
        }
    }
    Ok(())
}

type Entry = (PathBuf, u32, std::time::SystemTime);

fn entries(root: &Path) -> io::Result<Vec<Entry>> {
    let (mut found, mut folders) = (Vec::new(), vec![root.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let (path, meta) = {
                let entry = entry?;
                (entry.path(), entry.metadata()?)
            };
            if meta.is_dir() {
                folders.push(path.clone());
            }
            let within = path.strip_prefix(root).expect("it lies in it").to_owned();
            found.push((within, meta.permissions().mode(), meta.modified()?));
        }
    }
    found.sort();
    Ok(found)
}
