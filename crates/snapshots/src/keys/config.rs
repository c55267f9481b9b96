//! Where the wrapping key is.

use std::path::PathBuf;

const KMS_KEY: &str = "SNAPSHOT_KEY_ID";
const KEY_PARAMETER: &str = "SNAPSHOT_KEY_PARAMETER";
const KEY_FILE: &str = "SNAPSHOT_KEY_FILE";

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wrapping {
    /// Id, ARN or alias of a symmetric KMS key.
    Kms { key_id: String },
    /// Name of a SecureString with keys of our own.
    Parameter { name: String },
    /// On this machine, for the local stack.
    File { path: PathBuf },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WrappingError {
    #[error(
        "none of {KMS_KEY}, {KEY_PARAMETER} and {KEY_FILE} is set: snapshots need a KMS key (its \
         id, ARN or alias), a parameter with keys or, on a laptop, a key file"
    )]
    None,
    #[error(
        "more than one of {KMS_KEY}, {KEY_PARAMETER} and {KEY_FILE} is set: leave the one that \
         wraps the keys"
    )]
    Many,
}

impl Wrapping {
    pub fn from_lookup(lookup: &dyn Fn(&str) -> Option<String>) -> Result<Self, WrappingError> {
        let set = |name| lookup(name).filter(|value| !value.is_empty());
        match (set(KMS_KEY), set(KEY_PARAMETER), set(KEY_FILE)) {
            (Some(key_id), None, None) => Ok(Self::Kms { key_id }),
            (None, Some(name), None) => Ok(Self::Parameter { name }),
            (None, None, Some(path)) => Ok(Self::File { path: path.into() }),
            (None, None, None) => Err(WrappingError::None),
            _ => Err(WrappingError::Many),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(key_id: &str, parameter: &str, file: &str) -> Result<Wrapping, WrappingError> {
        let set = [(KMS_KEY, key_id), (KEY_PARAMETER, parameter), (KEY_FILE, file)];
        Wrapping::from_lookup(&|name| {
            set.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn exactly_one_wrapping_key_is_named() {
        assert_eq!(read("alias/s", "", ""), Ok(Wrapping::Kms { key_id: "alias/s".into() }));
        assert_eq!(read("", "/k", ""), Ok(Wrapping::Parameter { name: "/k".into() }));
        assert_eq!(read("", "", "/k"), Ok(Wrapping::File { path: "/k".into() }));
        assert_eq!(read("", "", ""), Err(WrappingError::None));
        for [key_id, parameter, file] in [["a", "/p", ""], ["a", "", "/f"], ["", "/p", "/f"]] {
            assert_eq!(read(key_id, parameter, file), Err(WrappingError::Many));
        }
    }
}
