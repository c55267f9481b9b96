//! One stack per data directory. The lock is the kernel's, so it ends with the
//! process however that ends; the number in the file is for the message.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{Read, Seek, Write},
    path::Path,
};

use anyhow::Context;

#[derive(Debug)]
pub(crate) struct Lock(File);

impl Drop for Lock {
    /// Not by closing alone: a child between its fork and its exec has the
    /// file open too, and whoever closes it last would give the lock back.
    fn drop(&mut self) {
        self.0.unlock().ok();
    }
}

impl Lock {
    pub(crate) fn take(data: &Path) -> anyhow::Result<Self> {
        std::fs::create_dir_all(data)
            .with_context(|| format!("could not create {}", data.display()))?;
        let path = data.join("lock");
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .with_context(|| format!("could not open {}", path.display()))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut owner = String::new();
                file.read_to_string(&mut owner)?;
                let (data, owner) = (data.display(), owner.trim());
                anyhow::bail!("another local-stack uses {data} (pid {owner})");
            }
            Err(TryLockError::Error(error)) => return Err(error.into()),
        }
        file.rewind()?;
        file.set_len(0)?;
        writeln!(file, "{}", std::process::id())?;
        Ok(Self(file))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_stack_is_told_who_the_first_is() {
        let dir = tempfile::tempdir().expect("a directory");
        let first = Lock::take(dir.path()).expect("nobody else is here");
        let refusal = Lock::take(dir.path()).expect_err("taken").to_string();
        assert!(refusal.contains(&format!("(pid {})", std::process::id())), "{refusal}");
        drop(first);
        Lock::take(dir.path()).expect("free again");
    }

    #[test]
    fn a_child_that_is_being_started_keeps_nothing_locked() {
        let dir = tempfile::tempdir().expect("a directory");
        let first = Lock::take(dir.path()).expect("nobody else is here");
        let inherited = first.0.try_clone().expect("as a fork does it");
        drop(first);
        Lock::take(dir.path()).expect("free though it is open elsewhere");
        drop(inherited);
    }
}
