//! What a draft shows of a text that has grown longer than a message.

use unicode_segmentation::UnicodeSegmentation;

use super::units;

const ELLIPSIS: &str = "…";

/// The end of the text in at most `limit` units: what is being written is what is read.
pub fn tail(text: &str, limit: usize) -> String {
    if units(text) <= limit {
        return text.to_owned();
    }
    let room = limit.saturating_sub(units(ELLIPSIS));
    let (mut start, mut used) = (text.len(), 0);
    for (at, part) in text.grapheme_indices(true).rev() {
        used += units(part);
        if used > room {
            break;
        }
        start = at;
    }
    format!("{ELLIPSIS}{}", &text[start..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draft_shows_the_end() {
        assert_eq!(tail("", 4), "");
        assert_eq!(tail("abcd", 4), "abcd");
        assert_eq!(tail("abcde", 4), "…cde");
        assert_eq!(tail("ab😀😀", 4), "…😀", "a surrogate pair is two units and never halved");
        assert_eq!(tail("abc👩‍👩‍👧", 8), "…", "nor is a family");
    }
}
