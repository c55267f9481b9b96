//! What a `SKILL.md` says of itself, between two lines of `---`: YAML, of which people use little.
//! We read the two keys that we need, in the forms that YAML has for a text, and leave the rest
//! to the agent.

use crate::limits::SKILL_DESCRIPTION_MAX_CHARS;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrontMatter {
    /// `None`: the folder's.
    pub name: Option<String>,
    pub description: String,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidFrontMatter {
    #[error("SKILL.md must begin with a line `---`, then `name:` and `description:`, then `---`")]
    Missing,
    #[error("SKILL.md has no `description:` between its two lines of `---`")]
    NoDescription,
    #[error("the description in SKILL.md is longer than {SKILL_DESCRIPTION_MAX_CHARS} characters")]
    LongDescription,
    #[error("`{0}:` stands twice in SKILL.md")]
    Twice(&'static str),
    #[error("the text behind `{0}:` in SKILL.md is not understood; write it in quotes on one line")]
    Odd(&'static str),
}

const NAME: &str = "name";
const DESCRIPTION: &str = "description";

impl FrontMatter {
    pub fn read(text: &str) -> Result<Self, InvalidFrontMatter> {
        let lines = between(text).ok_or(InvalidFrontMatter::Missing)?;
        let name = value_of(&lines, NAME)?.filter(|name| !name.is_empty());
        let description = value_of(&lines, DESCRIPTION)?.filter(|text| !text.is_empty());
        let description = description.ok_or(InvalidFrontMatter::NoDescription)?;
        if description.chars().count() > SKILL_DESCRIPTION_MAX_CHARS {
            return Err(InvalidFrontMatter::LongDescription);
        }
        Ok(Self { name, description })
    }
}

fn between(text: &str) -> Option<Vec<&str>> {
    let mut lines = text.strip_prefix('\u{feff}').unwrap_or(text).lines().map(str::trim_end);
    let is_rule = |line: &&str| *line == "---";
    lines.next().filter(is_rule)?;
    let mut inside = Vec::new();
    for line in lines {
        if is_rule(&line) {
            return Some(inside);
        }
        inside.push(line);
    }
    None
}

/// `None`: there is no such key.
fn value_of(lines: &[&str], key: &'static str) -> Result<Option<String>, InvalidFrontMatter> {
    let after = |line: &str| -> Option<String> {
        let rest = line.strip_prefix(key)?.trim_start().strip_prefix(':')?;
        (rest.is_empty() || rest.starts_with([' ', '\t'])).then(|| rest.trim().to_owned())
    };
    let mut found = lines.iter().enumerate().filter_map(|(at, line)| Some((at, after(line)?)));
    let Some((at, first)) = found.next() else { return Ok(None) };
    if found.next().is_some() {
        return Err(InvalidFrontMatter::Twice(key));
    }
    let below: Vec<&str> = lines[at + 1..]
        .iter()
        .copied()
        .take_while(|line| line.is_empty() || line.starts_with([' ', '\t']))
        .collect();
    scalar(&first, &below).map(Some).ok_or(InvalidFrontMatter::Odd(key))
}

/// A text in any of the forms that YAML has for one. `None`: it is none.
fn scalar(first: &str, below: &[&str]) -> Option<String> {
    let folded = || {
        let below = below.iter().map(|line| line.trim()).filter(|line| !line.is_empty());
        let parts = std::iter::once(first).chain(below).filter(|part| !part.is_empty());
        parts.collect::<Vec<_>>().join(" ")
    };
    match first.chars().next() {
        Some('"') => double_quoted(&folded()),
        Some('\'') => single_quoted(&folded()),
        Some('|' | '>') => block(first, below),
        // A list, a map, a reference, a tag: no text.
        Some('[' | '{' | '&' | '*' | '!' | '%' | '@' | '`') => None,
        _ => plain(&folded()),
    }
}

/// `#` behind a space begins a comment; `: ` would begin a map.
fn plain(text: &str) -> Option<String> {
    let text = match text.starts_with('#') {
        true => "",
        false => text.split(" #").next().unwrap_or_default().trim(),
    };
    let is_map = text.contains(": ") || text.ends_with(':');
    (!is_map).then(|| text.to_owned())
}

fn single_quoted(text: &str) -> Option<String> {
    let (mut out, mut rest) = (String::new(), text.strip_prefix('\'')?);
    loop {
        let (before, after) = rest.split_once('\'')?;
        out.push_str(before);
        match after.strip_prefix('\'') {
            Some(more) => {
                out.push('\'');
                rest = more;
            }
            None => return is_end(after).then_some(out),
        }
    }
}

/// With the escapes that JSON has.
fn double_quoted(text: &str) -> Option<String> {
    let (mut out, mut chars) = (String::new(), text.strip_prefix('"')?.chars());
    loop {
        match chars.next()? {
            '"' => return is_end(chars.as_str()).then_some(out),
            '\\' => out.push(match chars.next()? {
                'n' => '\n',
                't' => '\t',
                'u' => {
                    let digits: String = chars.by_ref().take(4).collect();
                    char::from_u32(u32::from_str_radix(&digits, 16).ok()?)?
                }
                c @ ('"' | '\\' | '/') => c,
                _ => return None,
            }),
            c => out.push(c),
        }
    }
}

fn is_end(rest: &str) -> bool {
    let rest = rest.trim_start();
    rest.is_empty() || rest.starts_with('#')
}

fn block(head: &str, below: &[&str]) -> Option<String> {
    let marks = head[1..].split('#').next().unwrap_or_default().trim();
    let known = marks.len() <= 2 && marks.chars().all(|c| matches!(c, '-' | '+' | '1'..='9'));
    let lines: Vec<&str> = below.iter().map(|line| line.trim()).collect();
    let between = if head.starts_with('>') { " " } else { "\n" };
    known.then(|| lines.join(between).trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(inside: &str) -> Result<(Option<String>, String), InvalidFrontMatter> {
        let read = FrontMatter::read(&format!("---\n{inside}\n---\n# Body\nname: not this\n"));
        read.map(|matter| (matter.name, matter.description))
    }

    #[test]
    fn a_text_may_have_any_of_yamls_forms() {
        let forms = [
            ("name: pdf\ndescription: Reads PDF files.", "Reads PDF files."),
            ("name: pdf\ndescription:   Reads  # a comment", "Reads"),
            ("name: \"pdf\"\ndescription: \"Say \\\"hi\\\": now\\u0021\"", "Say \"hi\": now!"),
            ("name: 'pdf' # it\ndescription: 'It''s: good'", "It's: good"),
            ("description: >-\n  Reads\n  files.\n\nname: pdf", "Reads files."),
            ("description: |\n  one\n  two\nname: pdf", "one\ntwo"),
            ("description: Reads\n  files,\n  all.\nname: pdf", "Reads files, all."),
            ("description:\n  Below.\nname: pdf", "Below."),
            ("metadata:\n  name: inner\n  description: inner\nname: pdf\ndescription: d", "d"),
            ("names: x\nname: pdf\ndescription: 설명", "설명"),
            ("name : pdf\ndescription: http://a.example", "http://a.example"),
        ];
        for (inside, description) in forms {
            let expected = (Some("pdf".to_owned()), description.to_owned());
            assert_eq!(read(inside), Ok(expected), "{inside}");
        }
        assert_eq!(read("description: d"), Ok((None, "d".into())));
        let windows = "\u{feff}---\r\nname: pdf\r\ndescription: d\r\n---\r\nBody";
        assert_eq!(FrontMatter::read(windows).map(|matter| matter.description), Ok("d".into()));
    }

    #[test]
    fn what_is_no_front_matter_is_refused_with_the_reason() {
        use InvalidFrontMatter::{LongDescription, Missing, NoDescription, Odd, Twice};
        for text in ["", "# Title", "name: a\ndescription: b", "---\nname: a", " ---\n---"] {
            assert_eq!(FrontMatter::read(text), Err(Missing), "{text}");
        }
        for inside in ["name: a", "name: a\ndescription:", "description: \"\"", "descriptions: d"] {
            assert_eq!(read(inside), Err(NoDescription), "{inside}");
        }
        for odd in ["[a]", "{a: b}", "a: b", "\"open", "'open", "\"a\" b", "*a", "&a b", ">x"] {
            assert_eq!(read(&format!("description: {odd}")), Err(Odd(DESCRIPTION)), "{odd}");
        }
        assert_eq!(read("name: a\nname: b\ndescription: d"), Err(Twice(NAME)));
        let of = |chars| read(&format!("description: {}", "é".repeat(chars)));
        assert!(of(SKILL_DESCRIPTION_MAX_CHARS).is_ok());
        assert_eq!(of(SKILL_DESCRIPTION_MAX_CHARS + 1), Err(LongDescription));
    }
}
