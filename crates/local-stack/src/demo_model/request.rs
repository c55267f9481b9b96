//! What the user really wrote. OpenClaw wraps a message in a time stamp and a
//! `Runtime:` paragraph, and adds a second user message of its own.

use serde_json::Value;

const INTERNAL: &str = "<<<BEGIN_OPENCLAW_INTERNAL_CONTEXT>>>";
const RUNTIME: &str = "\n\nRuntime: ";

#[derive(Debug, Default)]
pub(super) struct Conversation {
    /// The last thing a person wrote.
    pub(super) text: String,
    /// What the tool that was called since then answered.
    pub(super) tool_result: Option<String>,
    pub(super) prompt_characters: usize,
}

impl Conversation {
    pub(super) fn of(request: &Value) -> Self {
        let messages = request["messages"].as_array().map(Vec::as_slice).unwrap_or_default();
        let role = |message: &Value, role: &str| message["role"] == role;
        let asked = messages.iter().enumerate().rev().find_map(|(at, message)| {
            let text = unwrapped(&content(&message["content"])).to_owned();
            (role(message, "user") && !text.is_empty()).then_some((at, text))
        });
        let (at, text) = asked.unwrap_or_default();
        let since = messages.get(at..).unwrap_or_default();
        let tool_result =
            since.iter().rev().find(|it| role(it, "tool")).map(|it| content(&it["content"]));
        let prompt_characters = messages.iter().map(|it| content(&it["content"]).len()).sum();
        Self { text, tool_result, prompt_characters }
    }
}

/// Content is text, or a list of parts of which some are text.
fn content(content: &Value) -> String {
    let parts = content.as_array().into_iter().flatten();
    let texts: Vec<&str> = parts.filter_map(|part| part["text"].as_str()).collect();
    content.as_str().map_or_else(|| texts.join("\n"), str::to_owned)
}

/// Empty for a message that no person wrote.
fn unwrapped(text: &str) -> &str {
    if text.contains(INTERNAL) {
        return "";
    }
    let text = text.rfind(RUNTIME).map_or(text, |at| &text[..at]);
    without_time_stamp(text.trim()).trim()
}

/// `[Sat 2026-11-21 08:19 UTC] hello` is `hello`.
fn without_time_stamp(text: &str) -> &str {
    let stamp = text.strip_prefix('[').and_then(|rest| rest.split_once(']'));
    let Some((stamp, rest)) = stamp else { return text };
    let mut words = stamp.split(' ');
    let day = words.next().is_some_and(|day| day.len() == 3);
    let date = words.next().is_some_and(|date| date.len() == 10 && date.matches('-').count() == 2);
    let time = words.next().is_some_and(|time| time.contains(':'));
    if day && date && time { rest } else { text }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn openclaws_wrapping_is_taken_off() {
        let request = json!({"messages": [
            {"role": "system", "content": "You are …"},
            {"role": "user", "content": [{"type": "text",
                "text": "[Sat 2026-11-21 08:19 UTC] hello [there]\n\nRuntime: agent=main | session=x"}]},
            {"role": "user", "content": "<<<BEGIN_OPENCLAW_INTERNAL_CONTEXT>>>\nnot a person"},
        ]});
        assert_eq!(Conversation::of(&request).text, "hello [there]");
    }

    #[test]
    fn a_directive_is_not_taken_for_a_time_stamp() {
        assert_eq!(unwrapped("[[demo text=\"a b: c\"]]"), "[[demo text=\"a b: c\"]]");
    }

    #[test]
    fn only_a_tool_result_after_the_question_counts() {
        let request = json!({"messages": [
            {"role": "tool", "content": "old"},
            {"role": "user", "content": "again"},
        ]});
        assert_eq!(Conversation::of(&request).tool_result, None);
    }
}
