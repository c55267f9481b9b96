//! Text as the browser counts it (UTF-16 units) and as a frame carries it (JSON bytes).

/// Length in UTF-16 code units: what JavaScript's `length` says.
pub fn utf16_len(text: &str) -> u64 {
    text.chars().map(|c| c.len_utf16() as u64).sum()
}

/// The byte position of UTF-16 offset `units`, if it falls on a character.
pub fn byte_at_utf16(text: &str, units: u64) -> Option<usize> {
    let mut seen = 0u64;
    for (byte, c) in text.char_indices() {
        if seen == units {
            return Some(byte);
        }
        seen += c.len_utf16() as u64;
    }
    (seen == units).then_some(text.len())
}

/// The longest prefix of `text`, ending on a character, whose JSON string form takes at most
/// `budget` bytes (quotes not counted). Never empty for a non-empty text and a budget of 6.
pub fn json_prefix(text: &str, budget: usize) -> &str {
    let mut used = 0;
    for (byte, c) in text.char_indices() {
        used += json_len(c);
        if used > budget {
            return &text[..byte];
        }
    }
    text
}

/// The longest prefix of at most `bytes` bytes that ends on a character.
pub fn byte_prefix(text: &str, bytes: usize) -> &str {
    &text[..text.floor_char_boundary(bytes)]
}

fn json_len(c: char) -> usize {
    match c {
        '"' | '\\' | '\n' | '\r' | '\t' | '\u{8}' | '\u{c}' => 2,
        c if (c as u32) < 0x20 => 6,
        c => c.len_utf8(),
    }
}

/// A conversation's title: the first line of its first message, shortened on a word.
pub fn title_of(text: &str) -> String {
    const MAX_CHARS: usize = 60;
    let line = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("");
    if line.chars().count() <= MAX_CHARS {
        return line.to_owned();
    }
    let cut: String = line.chars().take(MAX_CHARS).collect();
    let on_word = cut.rfind(char::is_whitespace).filter(|at| *at > MAX_CHARS / 2);
    format!("{}…", cut[..on_word.unwrap_or(cut.len())].trim_end())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_emoji_counts_two_units_as_in_javascript() {
        assert_eq!(utf16_len("a😀한"), 4);
        assert_eq!(byte_at_utf16("a😀한", 3), Some(5));
        assert_eq!(byte_at_utf16("a😀한", 2), None);
        assert_eq!(byte_at_utf16("a😀한", 4), Some(8));
        assert_eq!(byte_at_utf16("a", 9), None);
    }

    #[test]
    fn a_long_first_line_becomes_a_title_cut_on_a_word() {
        let title = title_of(&format!("\n  {}", "word ".repeat(30)));
        assert!(title.ends_with("word…"), "{title}");
        assert!(title.chars().count() <= 61);
        assert_eq!(title_of("hello\nworld"), "hello");
    }

    proptest! {
        #[test]
        fn a_prefix_fits_its_budget_and_could_not_be_longer(text: String, budget in 6usize..200) {
            let prefix = json_prefix(&text, budget);
            let json = serde_json::to_string(prefix).expect("a string");
            prop_assert!(json.len() - 2 <= budget);
            if let Some(next) = text[prefix.len()..].chars().next() {
                let longer = &text[..prefix.len() + next.len_utf8()];
                prop_assert!(serde_json::to_string(longer).expect("a string").len() - 2 > budget);
            }
        }

        #[test]
        fn a_utf16_offset_and_a_byte_position_name_the_same_place(text: String) {
            for (byte, _) in text.char_indices() {
                prop_assert_eq!(byte_at_utf16(&text, utf16_len(&text[..byte])), Some(byte));
            }
        }
    }
}
