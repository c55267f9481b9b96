//! Small files that only this user may read, replaced as a whole: a crash
//! leaves the old one or the new one, never half of either.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

pub(crate) fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    let staged = path.with_extension(format!("tmp-{:016x}", rand::random::<u64>()));
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&staged)?;
    file.write_all(content)?;
    fs::rename(&staged, path)
}

/// The content, or `None` if there is no such file. Anything else that goes
/// wrong is an error: an unreadable file must not be taken for an absent one.
pub(crate) fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Ok(content) => Ok(Some(content)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn only_the_owner_may_read_it() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("secret.json");
        assert_eq!(read(&path).expect("no file is no error"), None);
        write(&path, b"one").expect("writes");
        write(&path, b"two").expect("replaces");
        assert_eq!(read(&path).expect("reads").as_deref(), Some(&b"two"[..]));
        let mode = fs::metadata(&path).expect("exists").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(fs::read_dir(dir.path()).expect("lists").count(), 1);
    }
}
