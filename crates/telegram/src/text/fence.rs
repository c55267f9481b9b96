//! Code fences: where one is open, and how it is closed and opened again.

/// An open code block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fence<'a> {
    indent: &'a str,
    /// Three or more backticks or tildes.
    marks: &'a str,
    info: &'a str,
}

impl<'a> Fence<'a> {
    /// What is open after `line`, if `open` was before it. A line is read without its end.
    pub(super) fn after(open: Option<Self>, line: &'a str) -> Option<Self> {
        match open {
            Some(fence) if fence.is_closed_by(line) => None,
            Some(fence) => Some(fence),
            None => Self::opened_by(line),
        }
    }

    /// At any depth: in a list models indent fences as far as they like.
    fn opened_by(line: &'a str) -> Option<Self> {
        let (indent, marks, info) = parts(line)?;
        // Backticks in the info string: it is code within a line.
        let is_inline = marks.starts_with('`') && info.contains('`');
        (!is_inline).then_some(Self { indent, marks, info })
    }

    pub(super) fn is_closed_by(&self, line: &str) -> bool {
        parts(line)
            .is_some_and(|(_, marks, info)| marks.starts_with(self.marks) && info.trim().is_empty())
    }

    pub(super) fn opening(&self) -> String {
        format!("{}{}{}\n", self.indent, self.marks, self.info.trim_end())
    }

    pub(super) fn closing(&self) -> String {
        format!("\n{}{}", self.indent, self.marks)
    }
}

fn parts(line: &str) -> Option<(&str, &str, &str)> {
    let rest = line.trim_start_matches([' ', '\t']);
    let mark = rest.chars().next().filter(|c| matches!(c, '`' | '~'))?;
    let info = rest.trim_start_matches(mark);
    let marks = &rest[..rest.len() - info.len()];
    let indent = &line[..line.len() - rest.len()];
    (marks.len() >= 3).then_some((indent, marks, info))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(lines: &[&'static str]) -> Option<Fence<'static>> {
        lines.iter().fold(None, |open, line| Fence::after(open, line))
    }

    #[test]
    fn a_fence_is_closed_by_its_own_kind_and_length() {
        let fence = after(&["  ```rust ignore ", "let x;"]).expect("open");
        assert_eq!(fence.opening(), "  ```rust ignore\n");
        assert_eq!(fence.closing(), "\n  ```");
        assert_eq!(after(&["````md", "```", "~~~~"]).map(|fence| fence.marks), Some("````"));
        assert_eq!(after(&["````md", "`````  "]), None);
        assert_eq!(after(&["~~~", "~~~ not the end"]).map(|fence| fence.info), Some(""));
        assert_eq!(after(&["``", "```code``` in a line"]), None);
    }
}
