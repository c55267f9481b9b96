//! What is left out of a snapshot. Patterns as in a `.gitignore` at the top of the agent's
//! directory: a leading `/` ties one to that place, a trailing `/` means folders only, the last
//! one that matches wins, and `!` takes something back in.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};

/// Nothing here is a person's own work. What belongs to the gateway is tied to its place: a
/// `workspace/cache` is the user's. Kept on purpose: `credentials/` and `.env` (the agent's own;
/// snapshots are encrypted) and `openclaw.json` (its keys are names of variables).
pub const DEFAULT_EXCLUDES: &[&str] = &[
    // Lock files, lock databases, helper programs.
    "/tmp/",
    "/cache/",
    "/logs/",
    // Earlier configurations and half-written ones; each start writes a new one.
    "/openclaw.json.bak*",
    "/openclaw.json.last-good",
    "/.openclaw.json.new",
    // Not in the workspace, where the name could be a person's.
    "/agents/**/*.lock",
    "/state/**/*.lock",
    // Installed, and installed again from the list beside it. A plugin's own is kept.
    "/workspace/**/node_modules/",
    // A commit that was under way would block git after a restore.
    "/workspace/**/.git/**/*.lock",
    // Caches by their own names, the agent's home included.
    ".cache/",
    ".npm/",
    "__pycache__/",
    "node-compile-cache/",
];

/// A folder with this file in it is a cache, says whoever filled it (bford.info/cachedir).
pub(crate) const CACHE_TAG: &str = "CACHEDIR.TAG";
pub(crate) const CACHE_TAG_STARTS: &[u8] = b"Signature: 8a477f597d28d172789f06886806bc55";

#[derive(Debug, thiserror::Error)]
#[error("`{pattern}` is not a pattern of files to leave out")]
pub struct ExcludesError {
    pattern: String,
    source: ignore::Error,
}

#[derive(Clone)]
pub struct Excludes(Arc<Gitignore>);

/// Without the machine that matches: it fills pages.
impl fmt::Debug for Excludes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Excludes({} patterns)", self.0.len())
    }
}

impl Excludes {
    /// The defaults and then the operator's own, between commas or on lines of their own.
    pub fn with_added(added: &str) -> Result<Self, ExcludesError> {
        let added = added.split([',', '\n']).map(str::trim).filter(|pattern| !pattern.is_empty());
        Self::of(DEFAULT_EXCLUDES.iter().copied().chain(added))
    }

    pub fn none() -> Self {
        Self(Arc::new(Gitignore::empty()))
    }

    fn of<'a>(patterns: impl Iterator<Item = &'a str>) -> Result<Self, ExcludesError> {
        let failed = |pattern: &str| {
            let pattern = pattern.to_owned();
            move |source| ExcludesError { pattern, source }
        };
        let mut builder = GitignoreBuilder::new("/");
        for pattern in patterns {
            builder.add_line(None, pattern).map_err(failed(pattern))?;
        }
        Ok(Self(Arc::new(builder.build().map_err(failed("all of them"))?)))
    }

    /// `path` is relative to the agent's directory.
    pub(crate) fn say(&self, path: &Path, is_dir: bool) -> Said {
        match self.0.matched(path, is_dir) {
            Match::None => Said::Nothing,
            Match::Ignore(_) => Said::LeaveOut,
            Match::Whitelist(_) => Said::Keep,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Said {
    Nothing,
    LeaveOut,
    Keep,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(excludes: &Excludes, paths: &[&str], left_out: bool) {
        for path in paths {
            let (name, is_dir) = (path.trim_end_matches('/'), path.ends_with('/'));
            let said = excludes.say(Path::new(name), is_dir);
            assert_eq!(said == Said::LeaveOut, left_out, "{path}: {said:?}");
        }
    }

    fn defaults() -> Excludes {
        Excludes::with_added("").expect("the defaults are patterns")
    }

    #[test]
    fn each_default_leaves_out_what_it_is_for() {
        let left_out = [
            "tmp/",
            "cache/",
            "logs/",
            "openclaw.json.bak",
            "openclaw.json.bak.3",
            "openclaw.json.last-good",
            ".openclaw.json.new",
            "agents/main/sessions/a.jsonl.lock",
            "state/openclaw.lock",
            "workspace/node_modules/",
            "workspace/site/web/node_modules/",
            "workspace/.git/index.lock",
            "workspace/site/.git/refs/heads/main.lock",
            "home/.cache/",
            "workspace/site/.cache/",
            "home/.npm/",
            "workspace/__pycache__/",
            "home/node-compile-cache/",
        ];
        check(&defaults(), &left_out, true);
        assert!(left_out.len() >= DEFAULT_EXCLUDES.len());
    }

    #[test]
    fn what_a_person_wrote_is_kept_whatever_its_name() {
        let kept = [
            "openclaw.json",
            ".env",
            "credentials/",
            "config-journal-fingerprint.key",
            "state/openclaw.sqlite",
            "agents/main/agent/openclaw-agent.sqlite-wal",
            "skills/mine/node_modules/",
            "workspace/cache/",
            "workspace/logs/",
            "workspace/tmp/",
            "workspace/a/tmp/",
            "workspace/openclaw.json.bak",
            "workspace/Cargo.lock",
            "workspace/package-lock.json",
            "workspace/node_modules",
            "workspace/notes.cache",
            "workspace/.git/config",
            "agents/main/cache/",
        ];
        check(&defaults(), &kept, false);
    }

    #[test]
    fn an_operator_adds_patterns_and_takes_defaults_back() {
        let excludes = Excludes::with_added("*.iso, !/workspace/**/node_modules/\n/workspace/big/")
            .expect("patterns");
        check(&excludes, &["workspace/a.iso", "a.iso", "workspace/big/", "tmp/"], true);
        check(&excludes, &["workspace/node_modules/", "big/"], false);
        assert_eq!(excludes.say(Path::new("workspace/node_modules"), true), Said::Keep);
    }

    #[test]
    fn what_is_no_pattern_is_named() {
        let wrong = Excludes::with_added("*.iso,[z-a]").expect_err("not a pattern");
        assert!(wrong.to_string().contains("`[z-a]`"), "{wrong}");
    }
}
