//! `parse_mode=HTML`: a text with tags becomes a text and its entities, or is refused in the
//! words of Telegram's own parser (td, `do_parse_html`).

use super::marks::{Marked, Open, trimmed};

const TAGS: [&str; 16] = [
    "a",
    "b",
    "strong",
    "i",
    "em",
    "s",
    "strike",
    "del",
    "u",
    "ins",
    "tg-spoiler",
    "tg-emoji",
    "span",
    "pre",
    "code",
    "blockquote",
];
struct Parser<'a> {
    source: &'a str,
    at: usize,
    text: String,
    units: usize,
    open: Vec<Open>,
    closed: Vec<(Open, usize)>,
}

pub(super) fn parse(source: &str) -> Result<Marked, String> {
    let mut parser = Parser {
        source,
        at: 0,
        text: String::with_capacity(source.len()),
        units: 0,
        open: Vec::new(),
        closed: Vec::new(),
    };
    while let Some(next) = parser.peek() {
        match next {
            '<' if parser.source[parser.at + 1..].starts_with('/') => parser.end_tag()?,
            '<' => parser.start_tag()?,
            '&' => parser.escape(),
            other => parser.push(other, other.len_utf8()),
        }
    }
    match parser.open.last() {
        Some(open) => {
            Err(format!("Can't find end tag corresponding to start tag \"{}\"", open.tag))
        }
        None => Ok(trimmed(&parser.text, parser.closed)),
    }
}

impl Parser<'_> {
    fn peek(&self) -> Option<char> {
        self.source[self.at..].chars().next()
    }

    fn push(&mut self, c: char, source_bytes: usize) {
        self.text.push(c);
        self.units += c.len_utf16();
        self.at += source_bytes;
    }

    fn escape(&mut self) {
        let rest = &self.source[self.at..];
        let named = [("&lt;", '<'), ("&gt;", '>'), ("&amp;", '&'), ("&quot;", '"')];
        if let Some((name, c)) = named.iter().find(|(name, _)| rest.starts_with(name)) {
            return self.push(*c, name.len());
        }
        match numbered(rest) {
            Some((c, length)) => self.push(c, length),
            None => self.push('&', 1),
        }
    }

    /// Moves past what `is` holds for, and gives it.
    fn take(&mut self, is: impl Fn(char) -> bool) -> &str {
        let from = self.at;
        let rest = &self.source[from..];
        self.at += rest.find(|c| !is(c)).unwrap_or(rest.len());
        &self.source[from..self.at]
    }

    fn start_tag(&mut self) -> Result<(), String> {
        let begin = self.at;
        self.at += 1;
        let tag = self.take(|c| !c.is_whitespace() && c != '>').to_ascii_lowercase();
        if self.peek().is_none() {
            return Err(format!("Unclosed start tag at byte offset {begin}"));
        }
        if !TAGS.contains(&tag.as_str()) {
            return Err(format!("Unsupported start tag \"{tag}\" at byte offset {begin}"));
        }
        let argument = self.attributes(&tag, begin)?;
        if tag == "span" && argument.as_deref() != Some("tg-spoiler") {
            let must = "Tag \"span\" must have class \"tg-spoiler\"";
            return Err(format!("{must} at byte offset {begin}"));
        }
        self.open.push(Open { tag, argument, offset: self.units });
        Ok(())
    }

    /// Reads to the end of the start tag; gives the one value that matters for this tag.
    fn attributes(&mut self, tag: &str, begin: usize) -> Result<Option<String>, String> {
        let mut argument = None;
        loop {
            self.take(char::is_whitespace);
            match self.peek() {
                Some('>') => {
                    self.at += 1;
                    return Ok(argument);
                }
                Some(_) => {}
                None => return Err(format!("Unclosed start tag at byte offset {begin}")),
            }
            let name =
                self.take(|c| !c.is_whitespace() && c != '=' && c != '>').to_ascii_lowercase();
            if name.is_empty() {
                return Err(format!(
                    "Empty attribute name in the tag \"{tag}\" at byte offset {begin}"
                ));
            }
            self.take(char::is_whitespace);
            let value = if self.peek() == Some('=') { self.value(begin)? } else { String::new() };
            match (tag, name.as_str()) {
                ("a", "href") | ("span", "class") | ("tg-emoji", "emoji-id") => {
                    argument = Some(value);
                }
                ("blockquote", "expandable") => argument = Some(name),
                ("code", "class") => {
                    argument = value.strip_prefix("language-").map(str::to_owned);
                }
                _ => {}
            }
        }
    }

    fn value(&mut self, begin: usize) -> Result<String, String> {
        self.at += 1;
        self.take(char::is_whitespace);
        let quote = self.peek().filter(|c| matches!(c, '"' | '\''));
        let Some(quote) = quote else {
            return Ok(self.take(|c| !c.is_whitespace() && c != '>').to_owned());
        };
        self.at += 1;
        let raw = self.take(|c| c != quote).to_owned();
        if self.peek().is_none() {
            return Err(format!("Unclosed start tag at byte offset {begin}"));
        }
        self.at += 1;
        Ok(raw
            .replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&quot;", "\"")
            .replace("&amp;", "&"))
    }

    fn end_tag(&mut self) -> Result<(), String> {
        let begin = self.at;
        let Some(open) = self.open.pop() else {
            return Err(format!("Unexpected end tag at byte offset {begin}"));
        };
        self.at += 2;
        let name = self.take(|c| !c.is_whitespace() && c != '>').to_ascii_lowercase();
        self.take(char::is_whitespace);
        if self.peek() != Some('>') {
            return Err(format!("Unclosed end tag at byte offset {begin}"));
        }
        self.at += 1;
        if !name.is_empty() && name != open.tag {
            return Err(format!(
                "Unmatched end tag at byte offset {begin}, expected \"</{}>\", found \"</{name}>\"",
                open.tag
            ));
        }
        self.closed.push((open, self.units));
        Ok(())
    }
}

/// `&#65;` and `&#x41;`: the character, and how long it was written.
fn numbered(rest: &str) -> Option<(char, usize)> {
    let body = rest.strip_prefix("&#")?;
    let end = body.find(';')?;
    let number = match body[..end].strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16).ok()?,
        None => body[..end].parse().ok()?,
    };
    Some((char::from_u32(number).filter(|c| *c != '\0')?, 2 + end + 1))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn tags_become_entities_in_utf16_units() {
        let marked = parse(
            " 🦊 <b>bold <i>both</i></b> &lt;x&gt; &#128512;<a href=\"https://x.y/?a=1&amp;b\">link</a>\n",
        );
        let marked = marked.expect("parses");
        assert_eq!(marked.text, "🦊 bold both <x> 😀link");
        assert_eq!(
            marked.entities,
            [
                json!({"type": "bold", "offset": 3, "length": 9}),
                json!({"type": "italic", "offset": 8, "length": 4}),
                json!({"type": "text_link", "offset": 19, "length": 4, "url": "https://x.y/?a=1&b"}),
            ]
        );
    }

    #[test]
    fn a_block_of_code_has_its_language() {
        let marked =
            parse("<pre><code class=\"language-rust\">let x;</code></pre>").expect("parses");
        assert_eq!(
            marked.entities,
            [json!({"type": "pre", "offset": 0, "length": 6, "language": "rust"})]
        );
    }

    #[test]
    fn what_is_wrong_is_said_as_telegram_says_it() {
        for (html, why) in [
            ("a <p>x</p>", "Unsupported start tag \"p\" at byte offset 2"),
            ("<b>x", "Can't find end tag corresponding to start tag \"b\""),
            ("x</b>", "Unexpected end tag at byte offset 1"),
            (
                "<b><i>x</b></i>",
                "Unmatched end tag at byte offset 7, expected \"</i>\", found \"</b>\"",
            ),
            ("1 < 2", "Unsupported start tag \"\" at byte offset 2"),
            ("a <b", "Unclosed start tag at byte offset 2"),
            ("<span>x</span>", "Tag \"span\" must have class \"tg-spoiler\" at byte offset 0"),
        ] {
            assert_eq!(parse(html), Err(why.to_owned()), "{html}");
        }
    }

    #[test]
    fn what_is_typed_beside_tags_is_found_too() {
        let marked = parse("<b>bold</b> /help <code>/no</code>").expect("parses").with_found();
        let kinds: Vec<&str> =
            marked.entities.iter().filter_map(|entity| entity["type"].as_str()).collect();
        assert_eq!(kinds, ["bold", "bot_command", "code"]);
    }

    #[test]
    fn a_lone_ampersand_is_itself() {
        assert_eq!(parse("R&D &copy; &#0;").expect("parses").text, "R&D &copy; &#0;");
    }
}
