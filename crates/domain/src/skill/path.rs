//! The paths of a skill's files: each one file below one folder, on every system.

use std::collections::BTreeMap;

use crate::limits::{SKILL_DEPTH_MAX, SKILL_FILES_MAX, SKILL_PATH_MAX_BYTES};
use crate::upload::is_reserved;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSkillPath {
    #[error("`{0}` leads out of the skill's folder; paths must be relative and without `..`")]
    LeadsOut(String),
    #[error("`{0}` is hidden, or has a character or a name that not every system takes")]
    Name(String),
    #[error("`{0}` is longer than {SKILL_PATH_MAX_BYTES} bytes")]
    Long(String),
    #[error("`{0}` lies more than {SKILL_DEPTH_MAX} folders deep")]
    Deep(String),
    #[error("`{0}` is in the archive twice, or differs from another only in upper and lower case")]
    Twice(String),
    #[error("the archive has more than {SKILL_FILES_MAX} files")]
    TooMany,
}

/// The paths of one skill, each of them once.
#[derive(Debug, Default)]
pub struct SkillPaths {
    files: usize,
    /// By what they are where upper and lower case are the same: files and the folders that
    /// have them.
    known: BTreeMap<String, (String, Kind)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    File,
    Folder,
}

impl SkillPaths {
    /// One more file of the skill, by its path in the skill's folder.
    pub fn add(&mut self, path: &str) -> Result<(), InvalidSkillPath> {
        checked(path)?;
        self.files += 1;
        if self.files > SKILL_FILES_MAX {
            return Err(InvalidSkillPath::TooMany);
        }
        for (end, _) in path.match_indices('/') {
            self.note(&path[..end], Kind::Folder)?;
        }
        self.note(path, Kind::File)
    }

    fn note(&mut self, path: &str, kind: Kind) -> Result<(), InvalidSkillPath> {
        let twice = || InvalidSkillPath::Twice(path.to_owned());
        match self.known.insert(path.to_lowercase(), (path.to_owned(), kind)) {
            None => Ok(()),
            Some((same, Kind::Folder)) if same == path && kind == Kind::Folder => Ok(()),
            Some(_) => Err(twice()),
        }
    }
}

fn checked(path: &str) -> Result<(), InvalidSkillPath> {
    let shown = || path.chars().take(100).flat_map(char::escape_debug).collect::<String>();
    if path.len() > SKILL_PATH_MAX_BYTES {
        return Err(InvalidSkillPath::Long(shown()));
    }
    let leads_out = |part: &str| matches!(part, "" | "." | "..");
    if path.contains('\\') || path.split('/').any(leads_out) {
        return Err(InvalidSkillPath::LeadsOut(shown()));
    }
    if path.split('/').count() > SKILL_DEPTH_MAX {
        return Err(InvalidSkillPath::Deep(shown()));
    }
    match path.split('/').all(is_plain) {
        true => Ok(()),
        false => Err(InvalidSkillPath::Name(shown())),
    }
}

fn is_plain(name: &str) -> bool {
    let odd = |c: char| c.is_control() || matches!(c, ':' | '*' | '?' | '"' | '<' | '>' | '|');
    !name.starts_with(['.', ' '])
        && !name.ends_with(['.', ' '])
        && !name.contains(odd)
        && !is_reserved(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn add(path: &str) -> Result<(), InvalidSkillPath> {
        SkillPaths::default().add(path)
    }

    #[test]
    fn plain_paths_are_taken() {
        let deep = ["d"; SKILL_DEPTH_MAX].join("/");
        let long = format!("{}/b", "x".repeat(SKILL_PATH_MAX_BYTES - 2));
        for path in ["SKILL.md", "a/b.py", "한국어/a b (1).txt", "a..b", "a-b_c+d", &deep, &long]
        {
            assert_eq!(add(path), Ok(()), "{path}");
        }
    }

    #[test]
    fn what_leads_elsewhere_or_is_not_a_file_everywhere_is_refused() {
        for path in ["", "/a", "a//b", "a/", "..", "a/../b", "./a", "a\\b", "\\\\host\\a", "../a"] {
            let refused = add(path);
            assert!(matches!(refused, Err(InvalidSkillPath::LeadsOut(_))), "{path:?}: {refused:?}");
        }
        let odd = [
            ".git",
            "a/.env",
            "c:",
            "C:a",
            "a\0b",
            "a\nb",
            "NUL",
            "a/con.txt",
            "com1",
            "a.",
            "a ",
            " a",
            "a*",
            "a?b",
            "<a>",
        ];
        for path in odd {
            let refused = add(path);
            assert!(matches!(refused, Err(InvalidSkillPath::Name(_))), "{path:?}: {refused:?}");
        }
        let deep = ["d"; SKILL_DEPTH_MAX + 1].join("/");
        assert!(matches!(add(&deep), Err(InvalidSkillPath::Deep(_))));
        let long = "x".repeat(SKILL_PATH_MAX_BYTES + 1);
        assert!(matches!(add(&long), Err(InvalidSkillPath::Long(_))));
    }

    #[test]
    fn no_two_files_share_a_place_on_any_system() {
        let pairs = [
            ("a.md", "a.md"),
            ("a.md", "A.MD"),
            ("Docs/a", "docs/b"),
            ("a", "a/b"),
            ("a/b", "a"),
            ("É", "é"),
        ];
        for (first, second) in pairs {
            let mut paths = SkillPaths::default();
            assert_eq!(paths.add(first), Ok(()), "{first}");
            let refused = paths.add(second);
            assert!(matches!(refused, Err(InvalidSkillPath::Twice(_))), "{first} {second}");
        }
        let mut paths = SkillPaths::default();
        for path in ["a/b", "a/c", "a/d/e", "a/d/f", "ab"] {
            assert_eq!(paths.add(path), Ok(()), "{path}");
        }
    }

    #[test]
    fn a_skill_has_500_files_and_not_501() {
        let mut paths = SkillPaths::default();
        for n in 0..SKILL_FILES_MAX {
            assert_eq!(paths.add(&format!("f/{n}")), Ok(()));
        }
        assert_eq!(paths.add("one-more"), Err(InvalidSkillPath::TooMany));
    }
}
