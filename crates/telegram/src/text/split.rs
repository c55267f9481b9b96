//! A long text in pieces, each of which can be read on its own.

use super::fence::Fence;
use super::{prefix, units};

/// With less room than this nothing can be said.
const LEAST: usize = 8;

/// A cut that would leave less of a piece than this part is no good one: a title alone, say.
const LEAST_FILLED: usize = 3;

/// Pieces of at most `limit` UTF-16 units (at least 8), none of them blank. A code block that is
/// cut is closed in its piece and opened again in the next.
pub fn split(markdown: &str, limit: usize) -> Vec<String> {
    let pieces = cut(markdown, limit.max(LEAST)).into_iter();
    pieces.filter(|piece| !piece.text.trim().is_empty()).map(|piece| piece.show()).collect()
}

#[derive(Debug)]
struct Piece<'a> {
    text: &'a str,
    /// Open where the piece begins, and where it ends.
    opens: Option<Fence<'a>>,
    closes: Option<Fence<'a>>,
}

impl Piece<'_> {
    fn show(&self) -> String {
        let opening = self.opens.map(|fence| fence.opening()).unwrap_or_default();
        let closing = self.closes.map(|fence| fence.closing()).unwrap_or_default();
        format!("{opening}{}{closing}", self.text.trim_end())
    }
}

fn cut(text: &str, limit: usize) -> Vec<Piece<'_>> {
    let (mut pieces, mut rest, mut opens) = (Vec::new(), text, None);
    while !rest.is_empty() {
        let room = limit - opens.map_or(0, |fence: Fence| units(&fence.opening()));
        let (end, closes) = next_cut(rest, opens, room, limit);
        let (text, after) = rest.split_at(end);
        pieces.push(Piece { text, opens, closes });
        (rest, opens) = (after, closes);
    }
    pieces
}

/// The end of the next piece, and the fence that is cut there.
fn next_cut<'a>(
    rest: &'a str,
    open: Option<Fence<'a>>,
    room: usize,
    limit: usize,
) -> (usize, Option<Fence<'a>>) {
    if units(rest) <= room {
        return (rest.len(), None);
    }
    let lines = Lines::of(rest, open, room, limit);
    let cut = lines.best(room / LEAST_FILLED);
    cut.unwrap_or_else(|| within_a_line(rest, &lines, room, limit))
}

/// A place between two lines where the text may be cut.
#[derive(Clone, Copy, Debug)]
struct Candidate<'a> {
    end: usize,
    filled: usize,
    fence: Option<Fence<'a>>,
    after_blank: bool,
}

struct Lines<'a> {
    candidates: Vec<Candidate<'a>>,
    /// What is open where the text no longer fits.
    last_open: Option<Fence<'a>>,
}

impl<'a> Lines<'a> {
    fn of(rest: &'a str, open: Option<Fence<'a>>, room: usize, limit: usize) -> Self {
        let (mut candidates, mut fence, mut end, mut filled) = (Vec::new(), open, 0, 0);
        let mut lines = rest.split_inclusive('\n').peekable();
        while let Some(line) = lines.next() {
            let content = line.trim_end();
            // What does not fit but for the spaces at its end fits.
            let needed = filled + units(content);
            let after = Fence::after(fence, content);
            if needed + closing_cost(after, limit) > room {
                break;
            }
            (end, filled) = (end + line.len(), filled + units(line));
            // Right after a fence's first line and right before its last there is no code.
            let begins = after.is_some() && after != fence;
            let ends =
                after.zip(lines.peek()).is_some_and(|(f, next)| f.is_closed_by(next.trim_end()));
            fence = after;
            if !begins && !ends {
                let after_blank = content.is_empty();
                let fence = affordable(fence, limit);
                candidates.push(Candidate { end, filled, fence, after_blank });
            }
        }
        Self { candidates, last_open: affordable(fence, limit) }
    }

    /// Between paragraphs, else between lines, and rather outside of code.
    fn best(&self, least: usize) -> Option<(usize, Option<Fence<'a>>)> {
        let last = |good: &dyn Fn(&Candidate<'a>) -> bool| {
            let mut filled = self.candidates.iter().rev().take_while(|it| it.filled >= least);
            filled.find(|it| good(it)).map(|it| (it.end, it.fence))
        };
        last(&|it| it.after_blank && it.fence.is_none())
            .or_else(|| last(&|it| it.fence.is_none()))
            .or_else(|| last(&|it| it.after_blank))
            .or_else(|| last(&|_| true))
    }
}

/// After a sentence, else after a word, else anywhere.
fn within_a_line<'a>(
    rest: &'a str,
    lines: &Lines<'a>,
    room: usize,
    limit: usize,
) -> (usize, Option<Fence<'a>>) {
    let fence = lines.last_open;
    let fits = prefix(rest, room - closing_cost(fence, limit));
    // A space more needs no room: it is not shown.
    let space = rest[fits.len()..].chars().next().filter(|c| c.is_whitespace());
    let fits = &rest[..fits.len() + space.map_or(0, char::len_utf8)];
    let least = fits.floor_char_boundary(fits.len() / LEAST_FILLED);
    let enough = |end: &usize| *end > least;
    let sentence = || last_end(fits, is_end_of_sentence).filter(enough);
    let word = || last_end(fits, |_, next| next.is_whitespace()).filter(enough);
    (sentence().or_else(word).unwrap_or(fits.len()), fence)
}

/// The last place that two neighbours make, behind the second of them.
fn last_end(text: &str, good: impl Fn(char, char) -> bool) -> Option<usize> {
    let chars = text.char_indices().zip(text.chars().skip(1));
    let ends = chars.filter(|((_, first), second)| good(*first, *second));
    ends.last().map(|((at, first), second)| at + first.len_utf8() + second.len_utf8())
}

fn is_end_of_sentence(first: char, second: char) -> bool {
    (matches!(first, '.' | '!' | '?' | '…' | ':' | ';') && second.is_whitespace())
        || matches!(second, '。' | '！' | '？')
}

/// A fence whose first line alone fills a piece is not repeated.
fn affordable(fence: Option<Fence<'_>>, limit: usize) -> Option<Fence<'_>> {
    fence.filter(|fence| units(&fence.opening()) + units(&fence.closing()) <= limit / 2)
}

fn closing_cost(fence: Option<Fence<'_>>, limit: usize) -> usize {
    affordable(fence, limit).map_or(0, |fence| units(&fence.closing()))
}

#[cfg(test)]
#[path = "split_tests.rs"]
mod tests;
