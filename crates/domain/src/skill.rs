//! Skills: instructions that a user gives his agent, in a folder with a `SKILL.md`.
//!
//! A skill comes from a stranger's disk and becomes files on the agent's machine. Its name and
//! every path in it are checked here, once, before anything is kept.

mod front_matter;
mod path;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use front_matter::{FrontMatter, InvalidFrontMatter};
pub use path::{InvalidSkillPath, SkillPaths};

use crate::Timestamp;
use crate::limits::SKILL_NAME_MAX_CHARS;

/// What makes a folder a skill.
pub const SKILL_FILE: &str = "SKILL.md";

/// A skill's name, and the name of its folder.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SkillName(String);

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a skill's name must be 1 to {SKILL_NAME_MAX_CHARS} characters of a to z, 0 to 9 and '-', \
     and begin with none of '-'"
)]
pub struct InvalidSkillName;

impl SkillName {
    pub fn new(text: impl Into<String>) -> Result<Self, InvalidSkillName> {
        let text = text.into();
        let fits = !text.is_empty() && text.len() <= SKILL_NAME_MAX_CHARS;
        let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        // A command line takes what begins with `-` for an option.
        let plain = !text.starts_with('-') && text.bytes().all(allowed);
        if fits && plain { Ok(Self(text)) } else { Err(InvalidSkillName) }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SkillName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for SkillName {
    type Error = InvalidSkillName;
    fn try_from(text: String) -> Result<Self, InvalidSkillName> {
        Self::new(text)
    }
}

impl From<SkillName> for String {
    fn from(name: SkillName) -> String {
        name.0
    }
}

/// A skill that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skill {
    pub name: SkillName,
    pub description: String,
    /// Of its archive, in hex.
    pub sha256: String,
    pub files: u64,
    /// Of all its files, in bytes.
    pub bytes: u64,
    pub at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_64_characters_and_not_65() {
        for name in ["a", "0", "pdf-tools", "x--y", "a-", &"x".repeat(64)] {
            assert_eq!(SkillName::new(name).map(String::from).as_deref(), Ok(name));
        }
        let long = "x".repeat(65);
        for name in ["", "-a", "A", "a b", "a_b", "a.b", "..", "a/b", "é", &long] {
            assert_eq!(SkillName::new(name), Err(InvalidSkillName), "{name:?}");
        }
    }
}
