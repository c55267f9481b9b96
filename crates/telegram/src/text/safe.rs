//! Markdown with which Telegram fetches nothing.

use pulldown_cmark::{Event, Options, Parser, Tag};

/// A picture becomes a link to it, and a tag with attributes text. Telegram fetches the pictures
/// of a rich message as soon as it is sent: whoever can make the agent write one could have it
/// carry anything away in its address.
pub fn without_media(markdown: &str) -> String {
    let mut safe = String::with_capacity(markdown.len());
    let mut done = 0;
    let mut keep_to = |at: usize, instead: &str, safe: &mut String| {
        if let Some(kept) = markdown.get(done..at) {
            safe.push_str(kept);
            safe.push_str(instead);
            done = at + 1;
        }
    };
    for (event, range) in Parser::new_ext(markdown, Options::ENABLE_TABLES).into_offset_iter() {
        let source = &markdown[range.clone()];
        match event {
            Event::Start(Tag::Image { .. }) if source.starts_with('!') => {
                keep_to(range.start, "", &mut safe);
            }
            Event::Html(_) | Event::InlineHtml(_) => {
                for (at, _) in source.match_indices('<').filter(|(at, _)| !is_bare(&source[*at..]))
                {
                    keep_to(range.start + at, "&lt;", &mut safe);
                }
            }
            _ => {}
        }
    }
    safe.push_str(&markdown[done..]);
    safe
}

/// `<b>`, `</b>` or `<br/>`: without attributes nothing says where to fetch from.
fn is_bare(tag: &str) -> bool {
    let name = tag.trim_start_matches('<').trim_start_matches('/');
    let rest = name.trim_start_matches(|c: char| c.is_ascii_alphanumeric());
    let rest = rest.trim_start_matches(' ');
    rest.len() < name.len() && (rest.starts_with('>') || rest.starts_with("/>"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_becomes_a_link() {
        let safe =
            without_media("See ![a *b*](https://x.example/?q=secret)! And ![c][r]\n\n[r]: /u");
        assert_eq!(safe, "See [a *b*](https://x.example/?q=secret)! And [c][r]\n\n[r]: /u");
        assert_eq!(without_media("[![in a link](i.png)](page)"), "[[in a link](i.png)](page)");
        assert_eq!(without_media("| a |\n|-|\n| ![x](y) |"), "| a |\n|-|\n| [x](y) |");
    }

    #[test]
    fn a_tag_that_fetches_becomes_text() {
        assert_eq!(without_media("a <IMG SRC='https://x'> b"), "a &lt;IMG SRC='https://x'> b");
        let block = without_media("  <video\n src=\"https://x\">\n</video>");
        assert_eq!(block, "  &lt;video\n src=\"https://x\">\n</video>");
    }

    #[test]
    fn all_else_stays_word_for_word() {
        for text in
            ["wow! [a](b)", "`![a](b)`", "```\n![a](b)\n```", "a <b>c</b><br />", "1 < 2 !", ""]
        {
            assert_eq!(without_media(text), text);
        }
    }
}
