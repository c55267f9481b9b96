//! What one look found: how it is, and what to do if that is not how it should be.

use serde_json::{Value, json};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Finding {
    Ok,
    /// It works, and may not for long, or not as well as it could.
    Warning,
    Problem,
    /// There is no such thing here.
    Skipped,
}

impl Finding {
    pub(super) fn word(self) -> &'static str {
        match self {
            Finding::Ok => "ok",
            Finding::Warning => "warning",
            Finding::Problem => "PROBLEM",
            Finding::Skipped => "skipped",
        }
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Check {
    pub(super) finding: Finding,
    /// What was looked at.
    pub(super) what: String,
    pub(super) found: String,
    pub(super) to_do: Option<String>,
}

impl Check {
    fn new(finding: Finding, what: &str, found: impl Into<String>, to_do: Option<String>) -> Self {
        Self { finding, what: what.to_owned(), found: found.into(), to_do }
    }

    pub(super) fn ok(what: &str, found: impl Into<String>) -> Self {
        Self::new(Finding::Ok, what, found, None)
    }

    pub(super) fn warning(what: &str, found: impl Into<String>, to_do: impl Into<String>) -> Self {
        Self::new(Finding::Warning, what, found, Some(to_do.into()))
    }

    pub(super) fn problem(what: &str, found: impl Into<String>, to_do: impl Into<String>) -> Self {
        Self::new(Finding::Problem, what, found, Some(to_do.into()))
    }

    pub(super) fn skipped(what: &str, why: impl Into<String>) -> Self {
        Self::new(Finding::Skipped, what, why, None)
    }

    /// A look that failed says nothing about what it was at, and stops no other.
    pub(super) fn failed(what: &str, error: &anyhow::Error) -> Self {
        let to_do = match is_denied(error) {
            true => "give your role the right to look (docs/ops.md, \"What it needs\")",
            false => "try again; if it stays so, look at the service in the AWS console",
        };
        Self::problem(what, format!("cannot be looked at: {error:#}"), to_do)
    }

    /// Everything in `wrong` is a sentence.
    pub(super) fn unless(
        what: &str,
        wrong: &[String],
        found: impl Into<String>,
        to_do: &str,
    ) -> Self {
        match wrong {
            [] => Self::ok(what, found),
            wrong => Self::problem(what, wrong.join("; "), to_do),
        }
    }

    pub(super) fn as_json(&self) -> Value {
        let finding = self.finding.word().to_lowercase();
        json!({ "finding": finding, "what": self.what, "found": self.found, "toDo": self.to_do })
    }
}

fn is_denied(error: &anyhow::Error) -> bool {
    let text = format!("{error:#}");
    ["AccessDenied", "not authorized", "UnauthorizedOperation"].iter().any(|it| text.contains(it))
}
