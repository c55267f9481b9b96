//! Markdown as a person would type it.

use super::blocks::render;
use super::units;

/// Without marks. Never longer than the Markdown, so that what fits a message still does.
pub fn plain(markdown: &str) -> String {
    let text = render(markdown, false);
    if units(&text) <= units(markdown) { text } else { markdown.to_owned() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn marks_are_gone_and_addresses_are_shown() {
        let text = "# Title\n\nSome *nice* **text** with `code` & [a link](https://a.example), \
                    <https://b.example>.\n\n```rust\nlet a = 1;\n```\n\n- one\n- two";
        let expected = "Title\n\nSome nice text with code & a link (https://a.example), \
                        https://b.example.\n\nlet a = 1;\n\n• one\n• two";
        assert_eq!(plain(text), expected);
    }

    proptest! {
        #[test]
        fn it_is_never_longer(text in "([a|*`#>\\-\\[\\]()_~ \n]|&|1\\. |https://x|\\|-\\|-\\|\n){0,60}") {
            prop_assert!(units(&plain(&text)) <= units(&text));
        }
    }
}
