//! A text and what is marked in it: where tags were, and what Telegram finds by itself.

use std::cmp::Reverse;

use serde_json::{Value, json};

/// Later ones are left away, and their text stays.
const MOST_ENTITIES: usize = 100;

#[derive(Debug, Default, PartialEq)]
pub(super) struct Marked {
    pub(super) text: String,
    pub(super) entities: Vec<Value>,
}

impl Marked {
    /// And what Telegram finds by itself where no tag has spoken.
    pub(super) fn with_found(mut self) -> Self {
        let ends = |entity: &Value| {
            let offset = entity["offset"].as_u64().unwrap_or(0);
            (offset, offset + entity["length"].as_u64().unwrap_or(0))
        };
        for found in super::entities::found(&self.text) {
            let (from, to) = ends(&found);
            let apart = |entity: &Value| ends(entity).1 <= from || to <= ends(entity).0;
            if self.entities.iter().all(apart) {
                self.entities.push(found);
            }
        }
        self.entities.sort_by_key(place);
        self.entities.truncate(MOST_ENTITIES);
        self
    }
}

/// Outer ones come before those inside them.
fn place(entity: &Value) -> (Option<u64>, Reverse<Option<u64>>) {
    (entity["offset"].as_u64(), Reverse(entity["length"].as_u64()))
}

/// A tag that was opened.
pub(super) struct Open {
    pub(super) tag: String,
    pub(super) argument: Option<String>,
    /// Where its text begins, in UTF-16 units.
    pub(super) offset: usize,
}

/// Telegram cuts white space off both ends, and entities with it.
pub(super) fn trimmed(text: &str, closed: Vec<(Open, usize)>) -> Marked {
    let tail = text.trim_end();
    let whole = tail.trim_start();
    let cut: usize = tail[..tail.len() - whole.len()].encode_utf16().count();
    let length = whole.encode_utf16().count();
    let shifted = |units: usize| units.saturating_sub(cut).min(length);
    let fenced: Vec<(usize, usize, String)> = closed
        .iter()
        .filter(|(open, _)| open.tag == "code")
        .filter_map(|(open, end)| Some((open.offset, *end, open.argument.clone()?)))
        .collect();
    let mut entities = Vec::new();
    for (open, end) in closed {
        let (from, to) = (shifted(open.offset), shifted(end));
        if let (true, Some(kind)) = (from < to, kind(&open)) {
            let mut entity = json!({"type": kind, "offset": from, "length": to - from});
            describe(&mut entity, &open, end, &fenced);
            entities.push(entity);
        }
    }
    entities.sort_by_key(place);
    entities.truncate(MOST_ENTITIES);
    Marked { text: whole.to_owned(), entities }
}

fn kind(open: &Open) -> Option<&'static str> {
    Some(match open.tag.as_str() {
        "b" | "strong" => "bold",
        "i" | "em" => "italic",
        "s" | "strike" | "del" => "strikethrough",
        "u" | "ins" => "underline",
        "tg-spoiler" | "span" => "spoiler",
        "tg-emoji" => "custom_emoji",
        "pre" => "pre",
        // The language of a block is said by the `pre` around it.
        "code" if open.argument.is_none() => "code",
        "blockquote" if open.argument.is_some() => "expandable_blockquote",
        "blockquote" => "blockquote",
        "a" if open.argument.as_ref().is_some_and(|url| url.contains(':')) => "text_link",
        _ => return None,
    })
}

fn describe(entity: &mut Value, open: &Open, end: usize, fenced: &[(usize, usize, String)]) {
    match open.tag.as_str() {
        "a" => entity["url"] = json!(open.argument),
        "tg-emoji" => entity["custom_emoji_id"] = json!(open.argument),
        "pre" => {
            let inside = fenced.iter().find(|(from, to, _)| (*from, *to) == (open.offset, end));
            if let Some((_, _, language)) = inside {
                entity["language"] = json!(language);
            }
        }
        _ => {}
    }
}
