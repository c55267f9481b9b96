//! Text as Telegram takes it: in pieces of a limited length, and in its few tags.

mod blocks;
mod draft;
mod fence;
mod html;
mod page;
mod plain;
mod safe;
mod split;
mod table;

pub use draft::tail;
pub use html::html;
pub use plain::plain;
pub use safe::without_media;
pub use split::split;

/// Length in UTF-16 units, in which Telegram counts.
pub fn units(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

/// The longest prefix of at most `limit` units that cuts nothing which a person sees as one
/// character, if there is one; then of whole Unicode characters.
pub(crate) fn prefix(text: &str, limit: usize) -> &str {
    use unicode_segmentation::UnicodeSegmentation;
    let whole = fitting(text.graphemes(true), limit);
    let bytes = if whole > 0 { whole } else { fitting(text.split_inclusive(|_| true), limit) };
    &text[..bytes]
}

/// Bytes of the first parts that fit.
fn fitting<'a>(parts: impl Iterator<Item = &'a str>, limit: usize) -> usize {
    let (mut bytes, mut used) = (0, 0);
    for part in parts {
        used += units(part);
        if used > limit {
            break;
        }
        bytes += part.len();
    }
    bytes
}
