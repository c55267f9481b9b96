//! What a person calls a conversation.

use std::fmt;

use crate::limits::TITLE_MAX_CHARS;

/// 1 to [`TITLE_MAX_CHARS`] characters on one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Title(String);

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a title must have 1 to {TITLE_MAX_CHARS} characters")]
pub struct InvalidTitle;

impl Title {
    /// Line breaks and what else cannot be seen become spaces; those at the ends go.
    pub fn new(text: &str) -> Result<Self, InvalidTitle> {
        let seen = |c: char| if c.is_control() { ' ' } else { c };
        let text: String = text.chars().map(seen).collect();
        let text = text.trim();
        let fits = (1..=TITLE_MAX_CHARS).contains(&text.chars().count());
        if fits { Ok(Self(text.to_owned())) } else { Err(InvalidTitle) }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Title {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<Title> for String {
    fn from(title: Title) -> Self {
        title.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_one_line_of_at_most_200_characters() {
        let longest = "가".repeat(TITLE_MAX_CHARS);
        assert_eq!(Title::new(&longest).map(String::from), Ok(longest.clone()));
        assert_eq!(Title::new(&format!(" {longest}\n")).map(String::from), Ok(longest.clone()));
        assert_eq!(Title::new(&format!("{longest}a")), Err(InvalidTitle));
        assert_eq!(
            Title::new(" A\ttrip\nto Seoul ").map(String::from),
            Ok("A trip to Seoul".into())
        );
        for empty in ["", "  ", "\n\u{0}"] {
            assert_eq!(Title::new(empty), Err(InvalidTitle), "{empty:?}");
        }
    }
}
