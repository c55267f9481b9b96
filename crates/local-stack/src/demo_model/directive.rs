//! `[[demo name=value flag …]]` in a message. Values are bare words, or quoted
//! with `"` or `'`, where `\"`, `\n`, `\t` and `\\` are escapes.

use std::time::Duration;

use axum::http::StatusCode;

const OPEN: &str = "[[demo";
const LARGEST_OUTPUT: usize = 16 * 1024 * 1024;

#[derive(Debug, Default, Clone, PartialEq)]
pub(super) struct Directive {
    pub(super) text: Option<String>,
    pub(super) pre: Option<String>,
    pub(super) tokens: Option<usize>,
    pub(super) bytes: Option<usize>,
    pub(super) chunk: Option<usize>,
    pub(super) delay: Duration,
    pub(super) error: Option<StatusCode>,
    pub(super) cut: bool,
    pub(super) hang: bool,
    pub(super) once: bool,
    pub(super) tool: Option<String>,
    pub(super) args: Option<String>,
}

impl Directive {
    /// The first directive in a text, or what is wrong with it, as a sentence
    /// that the model then answers with.
    pub(super) fn find(text: &str) -> Option<Result<Self, String>> {
        let rest = &text[text.find(OPEN)? + OPEN.len()..];
        // `[[demonstrate]]` is none of ours.
        rest.starts_with([' ', ']', '\n']).then(|| Self::parse(rest))
    }

    /// The same answer without what was to go wrong.
    pub(super) fn without_fault(self) -> Self {
        Self { error: None, cut: false, hang: false, ..self }
    }

    fn parse(mut rest: &str) -> Result<Self, String> {
        let mut directive = Self::default();
        loop {
            rest = rest.trim_start();
            if rest.starts_with("]]") {
                return Ok(directive);
            }
            let end = rest.find(|c: char| c == '=' || c == ']' || c.is_whitespace());
            let end = end.filter(|end| *end > 0);
            let end = end.ok_or("A `[[demo …]]` directive is not closed with `]]`.")?;
            let name = &rest[..end];
            rest = &rest[end..];
            let value = match rest.strip_prefix('=') {
                Some(quoted) => Some(take_value(quoted, &mut rest)?),
                None => None,
            };
            directive.set(name, value)?;
        }
    }

    fn set(&mut self, name: &str, value: Option<String>) -> Result<(), String> {
        match (name, value) {
            ("text", Some(text)) => self.text = Some(text),
            ("pre", Some(text)) => self.pre = Some(text),
            ("tool", Some(tool)) => self.tool = Some(tool),
            ("args", Some(args)) => self.args = Some(args),
            ("tokens", Some(value)) => self.tokens = Some(number(name, &value)?),
            ("bytes", Some(value)) => self.bytes = Some(number(name, &value)?),
            ("chunk", Some(value)) => self.chunk = Some(number(name, &value)?.max(1)),
            ("delay", Some(value)) => {
                self.delay = Duration::from_millis(number(name, &value)? as u64);
            }
            ("error", Some(value)) => self.error = Some(status(&value)?),
            ("cut", None) => self.cut = true,
            ("hang", None) => self.hang = true,
            ("once", None) => self.once = true,
            (name, _) => {
                return Err(format!(
                    "A `[[demo …]]` directive says `{name}`, which I do not know in this form. I \
                     know `text`, `pre`, `tokens`, `bytes`, `chunk`, `delay`, `error`, `tool` and \
                     `args` with a value, and `cut`, `hang` and `once` without one."
                ));
            }
        }
        Ok(())
    }
}

/// Reads a value from the start of `from` and leaves `rest` behind it.
fn take_value<'a>(from: &'a str, rest: &mut &'a str) -> Result<String, String> {
    let Some(quote) = from.chars().next().filter(|c| matches!(c, '"' | '\'')) else {
        let end = from.find(|c: char| c == ']' || c.is_whitespace()).unwrap_or(from.len());
        *rest = &from[end..];
        return Ok(from[..end].to_owned());
    };
    let mut value = String::new();
    let mut characters = from.char_indices().skip(1);
    while let Some((at, c)) = characters.next() {
        match c {
            '\\' => match characters.next() {
                Some((_, 'n')) => value.push('\n'),
                Some((_, 't')) => value.push('\t'),
                // In single quotes JSON travels; its own escapes stay.
                Some((_, c)) if c == quote || c == '\\' => value.push(c),
                Some((_, c)) => value.extend(['\\', c]),
                None => break,
            },
            c if c == quote => {
                *rest = &from[at + 1..];
                return Ok(value);
            }
            c => value.push(c),
        }
    }
    Err(format!("A value in a `[[demo …]]` directive lacks its closing {quote}."))
}

fn number(name: &str, value: &str) -> Result<usize, String> {
    let number = value.parse().ok().filter(|number| *number <= LARGEST_OUTPUT);
    number.ok_or_else(|| format!("`{name}` of a `[[demo …]]` directive is not a usable number."))
}

fn status(value: &str) -> Result<StatusCode, String> {
    let status = value.parse().ok().and_then(|code| StatusCode::from_u16(code).ok());
    status
        .filter(|status| status.is_client_error() || status.is_server_error())
        .ok_or_else(|| "`error` of a `[[demo …]]` directive is not an HTTP error.".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Directive {
        Directive::find(text).expect("a directive").expect("a good one")
    }

    #[test]
    fn values_may_be_quoted_and_escaped() {
        let directive = parsed(r#"please [[demo text="a \"b\"\nc]]d" chunk=8 delay=30]] now"#);
        assert_eq!(directive.text.as_deref(), Some("a \"b\"\nc]]d"));
        assert_eq!(directive.chunk, Some(8));
        assert_eq!(directive.delay, Duration::from_millis(30));
    }

    #[test]
    fn json_goes_in_single_quotes() {
        let directive = parsed(r#"[[demo tool=exec args='{"command":"echo \"x\""}']]"#);
        assert_eq!(directive.tool.as_deref(), Some("exec"));
        assert_eq!(directive.args.as_deref(), Some(r#"{"command":"echo \"x\""}"#));
    }

    #[test]
    fn a_spent_fault_leaves_the_rest() {
        let directive = parsed("[[demo error=429 once text=fine]]").without_fault();
        assert_eq!(directive.error, None);
        assert_eq!(directive.text.as_deref(), Some("fine"));
    }

    #[test]
    fn what_is_wrong_is_said() {
        for bad in [
            "[[demo text=\"x",
            "[[demo sleep=1]]",
            "[[demo error=200]]",
            "[[demo tokens=x]]",
            "[[demo cut",
        ] {
            let problem = Directive::find(bad).expect("found").expect_err(bad);
            assert!(problem.contains("[[demo …]]"), "{problem}");
        }
        assert_eq!(Directive::find("[[demonstration]]"), None);
        assert_eq!(Directive::find("no directive"), None);
    }
}
