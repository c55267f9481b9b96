//! Finding words in what was said: without regard to case, and to how an accent or a syllable is
//! put together.
//!
//! A text is read by what a person sees as one character. Each is folded by itself, so that a
//! place in the folded text is a place in the text.

use unicode_normalization::UnicodeNormalization;
use unicode_segmentation::UnicodeSegmentation;

use crate::limits::{SEARCH_MAX_CHARS, SEARCH_MIN_CHARS, SEARCH_SNIPPET_UNITS};
use crate::text::utf16_len;

/// What is looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Needle(Vec<char>);

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("what is searched for must have {SEARCH_MIN_CHARS} to {SEARCH_MAX_CHARS} characters")]
pub struct InvalidNeedle;

/// A part of a text around its first hit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snippet {
    pub text: String,
    /// Hits in it: first and one past the last, in UTF-16 units.
    pub hits: Vec<(u64, u64)>,
}

/// A text, character by character as a person sees them, and folded.
struct Folded<'a> {
    seen: Vec<&'a str>,
    chars: Vec<char>,
    /// Of each folded char: which of `seen` it is from.
    from: Vec<usize>,
}

impl Needle {
    pub fn new(text: &str) -> Result<Self, InvalidNeedle> {
        let folded = Folded::new(text.trim()).chars;
        let fits = (SEARCH_MIN_CHARS..=SEARCH_MAX_CHARS).contains(&folded.len());
        if fits { Ok(Self(folded)) } else { Err(InvalidNeedle) }
    }

    /// `None`: it is not in the text.
    pub fn find_in(&self, text: &str) -> Option<Snippet> {
        let folded = Folded::new(text);
        let hits = self.hits(&folded);
        let (first, end) = *hits.first()?;
        let (from, to) = (folded.back_from(first), folded.on_from(end));
        let offset = |seen: usize| utf16_len(&folded.seen[from..seen].concat());
        let within = hits.iter().filter(|(first, end)| *first >= from && *end <= to);
        Some(Snippet {
            text: folded.seen[from..to].concat(),
            hits: within.map(|(first, end)| (offset(*first), offset(*end))).collect(),
        })
    }

    /// Which of `seen` they are, first and one past the last. None overlaps another.
    fn hits(&self, folded: &Folded<'_>) -> Vec<(usize, usize)> {
        let (mut hits, mut at) = (Vec::new(), 0);
        while at + self.0.len() <= folded.chars.len() {
            let end = at + self.0.len();
            if folded.chars[at..end] != self.0[..] {
                at += 1;
                continue;
            }
            hits.push((folded.from[at], folded.from[end - 1] + 1));
            at = end;
        }
        hits
    }
}

impl<'a> Folded<'a> {
    fn new(text: &'a str) -> Self {
        let seen: Vec<&str> = text.graphemes(true).collect();
        let (mut chars, mut from) = (Vec::with_capacity(text.len()), Vec::new());
        for (place, grapheme) in seen.iter().enumerate() {
            chars.extend(fold(grapheme));
            from.resize(chars.len(), place);
        }
        Self { seen, chars, from }
    }

    /// Where a snippet begins whose hit begins at `first`.
    fn back_from(&self, first: usize) -> usize {
        let (mut from, mut units) = (first, 0);
        while from > 0 {
            units += utf16_len(self.seen[from - 1]);
            if units > SEARCH_SNIPPET_UNITS as u64 {
                break;
            }
            from -= 1;
        }
        from
    }

    /// Where it ends whose hit ends at `end`.
    fn on_from(&self, end: usize) -> usize {
        let (mut to, mut units) = (end, 0);
        while to < self.seen.len() {
            units += utf16_len(self.seen[to]);
            if units > SEARCH_SNIPPET_UNITS as u64 {
                break;
            }
            to += 1;
        }
        to
    }
}

fn fold(grapheme: &str) -> impl Iterator<Item = char> + '_ {
    // Composed again after the change of case: İ becomes two characters.
    grapheme.nfc().flat_map(char::to_lowercase).nfc()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(query: &str, text: &str, expect: Option<&[(u64, u64)]>) {
        let found = Needle::new(query).expect("long enough").find_in(text);
        assert_eq!(found.as_ref().map(|found| found.hits.as_slice()), expect, "{found:?}");
    }

    #[test]
    fn case_does_not_matter() {
        check("seoul", "A trip to SEOUL, Seoul", Some(&[(10, 15), (17, 22)]));
        check("ÄRGER", "ärger", Some(&[(0, 5)]));
        check("busan", "A trip to Seoul", None);
    }

    #[test]
    fn composed_or_not_is_the_same() {
        check("café", "cafe\u{301}", Some(&[(0, 5)]));
        check("cafe\u{301}", "café", Some(&[(0, 4)]));
        check("서울", "서울", Some(&[(0, 2)]));
        check("서울", "\u{1109}\u{1165}\u{110b}\u{116e}\u{11af}", Some(&[(0, 5)]));
    }

    #[test]
    fn offsets_count_as_the_page_counts() {
        check("trip", "👩‍👩‍👧 trip", Some(&[(9, 13)]));
    }

    #[test]
    fn hits_do_not_overlap() {
        check("aa", "aaaaa", Some(&[(0, 2), (2, 4)]));
    }

    #[test]
    fn what_is_searched_for_has_2_to_200_characters() {
        for wrong in ["", "a", " a ", "é", "e\u{301}", &"a".repeat(SEARCH_MAX_CHARS + 1)] {
            assert_eq!(Needle::new(wrong), Err(InvalidNeedle), "{wrong}");
        }
        for good in ["ab", " 서울 ", &"a".repeat(SEARCH_MAX_CHARS)] {
            assert!(Needle::new(good).is_ok(), "{good}");
        }
    }

    #[test]
    fn a_snippet_is_the_surroundings_of_the_first_hit() {
        let text = format!("{}needle{}needle", "x".repeat(300), "é".repeat(300));
        let found = Needle::new("needle").expect("valid").find_in(&text).expect("there");
        assert_eq!(found.text, format!("{}needle{}", "x".repeat(80), "é".repeat(80)));
        assert_eq!(found.hits, [(80, 86)]);
        let family = "👩‍👩‍👧".repeat(20);
        let text = format!("{family}needle{family}");
        let found = Needle::new("needle").expect("valid").find_in(&text).expect("there");
        assert_eq!(found.text, format!("{0}needle{0}", "👩‍👩‍👧".repeat(10)), "whole characters");
    }
}
