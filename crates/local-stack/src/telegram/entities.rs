//! What Telegram finds in a text that somebody typed: commands, mentions and links, at places
//! counted in UTF-16 units.

use serde_json::{Value, json};

pub(super) fn found(text: &str) -> Vec<Value> {
    let mut entities = Vec::new();
    let mut units = 0;
    for piece in text.split_inclusive(char::is_whitespace) {
        let word = piece.trim_end();
        let at =
            |kind: &str, length: usize| json!({"type": kind, "offset": units, "length": length});
        if let Some(length) = command(word) {
            entities.push(at("bot_command", length));
        } else if let Some(length) = mention(word) {
            entities.push(at("mention", length));
        } else if word.starts_with("https://") || word.starts_with("http://") {
            entities.push(at("url", word.encode_utf16().count()));
        }
        units += piece.encode_utf16().count();
    }
    entities
}

/// `/name` or `/name@bot`, before whatever follows it: its length, all of it ASCII.
fn command(word: &str) -> Option<usize> {
    let name = name(word.strip_prefix('/')?);
    if !(1..=32).contains(&name) {
        return None;
    }
    let of = &word[1 + name..];
    Some(1 + name + mention(of).unwrap_or(0))
}

fn mention(word: &str) -> Option<usize> {
    let name = name(word.strip_prefix('@')?);
    (4..=32).contains(&name).then_some(1 + name)
}

fn name(text: &str) -> usize {
    text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_mentions_and_links_are_found_where_they_are() {
        let text = "/start@some_bot 🦊 @other_bot, /no-tail a@b.example https://x.y/z";
        assert_eq!(
            found(text),
            [
                json!({"type": "bot_command", "offset": 0, "length": 15}),
                json!({"type": "mention", "offset": 19, "length": 10}),
                json!({"type": "bot_command", "offset": 31, "length": 3}),
                json!({"type": "url", "offset": 52, "length": 13}),
            ]
        );
        assert_eq!(found("/ @me 5/6"), Vec::<Value>::new());
    }
}
