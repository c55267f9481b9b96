//! What its user tells the agent in his settings: a part of `AGENTS.md`, which the gateway reads
//! at the start of every turn. The part is ours, between two marks; the rest of the file is the
//! agent's and the user's own, and stays.

use std::io;

use domain::Choices;

use crate::workspace::Workspace;

const FILE: &str = "AGENTS.md";
/// A file beyond this is nobody's instructions.
const FILE_MAX_BYTES: u64 = 1_048_576;
const BEGIN: &str =
    "<!-- settings: begin (written at each wake; changes up to the end mark are lost) -->";
const END: &str = "<!-- settings: end -->";

/// Touches nothing when it says what it should already.
pub(crate) fn write(workspace: &Workspace, choices: &Choices) -> io::Result<()> {
    let part = part_of(choices);
    let folder = workspace.open()?;
    let before = folder.read(FILE, FILE_MAX_BYTES)?;
    let text = before.as_deref().unwrap_or_default();
    let after = with_part(text, part.as_deref());
    match (after.is_empty(), &before) {
        _ if after == text => Ok(()),
        (true, Some(_)) => folder.remove(FILE),
        _ => folder.write(FILE, after.as_bytes()),
    }
}

fn part_of(choices: &Choices) -> Option<String> {
    let language = choices.language.as_ref().map(|tag| {
        let tag = tag.as_str();
        format!("Answer in the language `{tag}` (BCP 47), unless you are asked for another one.")
    });
    let instructions = choices.instructions.as_ref().map(|text| harmless(text.as_str()));
    let said: Vec<String> = language.into_iter().chain(instructions).collect();
    (!said.is_empty()).then(|| format!("# From your user\n\n{}", said.join("\n\n")))
}

/// Without marks of ours.
fn harmless(text: &str) -> String {
    text.trim().replace("<!-- settings:", "<!-- settings")
}

/// First in the file: what is long is cut at its end.
fn with_part(text: &str, part: Option<&str>) -> String {
    let rest = without_part(text);
    match part {
        None => rest,
        Some(part) if rest.is_empty() => format!("{BEGIN}\n{part}\n{END}\n"),
        Some(part) => format!("{BEGIN}\n{part}\n{END}\n\n{rest}"),
    }
}

/// A mark that has lost its other half goes alone: what stands beside it may be anybody's.
fn without_part(text: &str) -> String {
    let Some((before, after)) = text.split_once(BEGIN) else {
        return text.to_owned();
    };
    let rest = after.split_once(END).map_or(after, |(_, rest)| rest);
    format!("{before}{}", rest.trim_start_matches('\n'))
}

#[cfg(test)]
mod tests {
    use domain::{Instructions, Language};
    use tempfile::TempDir;

    use super::*;

    fn told(instructions: Option<&str>, language: Option<&str>) -> Choices {
        Choices {
            instructions: instructions.map(|text| Instructions::new(text).expect("valid")),
            language: language.map(|tag| Language::new(tag).expect("valid")),
            ..Choices::default()
        }
    }

    struct Agent(TempDir);

    impl Agent {
        fn new() -> Self {
            Self(TempDir::new().expect("a directory"))
        }

        fn is_told(&self, choices: &Choices) -> io::Result<()> {
            let workspace = Workspace { state_dir: self.0.path().into(), owner: None };
            write(&workspace, choices)
        }

        fn writes(&self, text: &str) {
            std::fs::create_dir_all(self.0.path().join("workspace")).expect("made");
            std::fs::write(self.0.path().join("workspace/AGENTS.md"), text).expect("written");
        }

        fn reads(&self) -> Option<String> {
            std::fs::read_to_string(self.0.path().join("workspace/AGENTS.md")).ok()
        }
    }

    #[test]
    fn what_the_user_says_is_there_once_and_gone_when_he_takes_it_back() {
        let agent = Agent::new();
        for _ in 0..3 {
            agent.is_told(&told(Some("Be brief."), Some("ko"))).expect("told");
        }
        let text = agent.reads().expect("there");
        assert_eq!(text.matches("Be brief.").count(), 1, "{text}");
        assert!(text.contains("language `ko`"), "{text}");
        agent.is_told(&told(Some("Be long."), None)).expect("told");
        let text = agent.reads().expect("there");
        assert!(text.contains("Be long.") && !text.contains("brief") && !text.contains("`ko`"));
        agent.is_told(&told(None, None)).expect("told");
        assert_eq!(agent.reads(), None);
    }

    #[test]
    fn what_others_wrote_into_the_file_stays() {
        let agent = Agent::new();
        let own = "## Mine\n\nFeed the cat.\n";
        agent.writes(own);
        agent.is_told(&told(Some("Be brief."), None)).expect("told");
        let text = agent.reads().expect("there");
        assert!(text.contains("Be brief.") && text.ends_with(own), "{text}");
        agent.writes(&format!("Above.\n{text}Below.\n"));
        agent.is_told(&told(Some("Be kind."), None)).expect("told");
        agent.is_told(&told(None, None)).expect("told");
        assert_eq!(agent.reads().as_deref(), Some(format!("Above.\n{own}Below.\n").as_str()));
    }

    #[test]
    fn a_mark_without_its_other_half_takes_nothing_with_it() {
        for broken in [format!("{BEGIN}\nkept"), format!("kept\n{END}")] {
            let text = with_part(&broken, Some("part"));
            assert!(text.contains("kept") && text.matches("part").count() == 1, "{text}");
        }
    }

    #[test]
    fn a_users_text_that_looks_like_our_marks_ends_nothing() {
        let agent = Agent::new();
        agent.writes("mine");
        let tricky = format!("one\n{END}\ntwo\n{BEGIN}\nthree");
        agent.is_told(&told(Some(&tricky), None)).expect("told");
        assert!(agent.reads().expect("there").contains("three"));
        agent.is_told(&told(None, None)).expect("told");
        assert_eq!(agent.reads().as_deref(), Some("mine"));
    }

    #[test]
    fn a_link_in_the_files_place_is_not_followed() {
        let agent = Agent::new();
        agent.writes("mine");
        let (secret, file) =
            (agent.0.path().join("secret"), agent.0.path().join("workspace/AGENTS.md"));
        std::fs::write(&secret, "secret").expect("written");
        std::fs::remove_file(&file).expect("removed");
        std::os::unix::fs::symlink(&secret, &file).expect("linked");
        agent.is_told(&told(Some("Be brief."), None)).expect_err("a link");
        assert_eq!(std::fs::read_to_string(&secret).expect("there"), "secret");
    }
}
