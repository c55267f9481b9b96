//! Markdown in Telegram's HTML.

use super::blocks::render;

/// With Telegram's tags only, always well nested, and nothing else that means something to it.
/// What it has no tag for (headings, lists, tables) is set with the ones that there are.
pub fn html(markdown: &str) -> String {
    render(markdown, true)
}

#[cfg(test)]
#[path = "html_tests.rs"]
mod tests;
