//! What the demo model says when nobody directs it: something useful about the
//! product, chosen by the words in the question.

const LONGEST_QUOTE: usize = 120;

const KEY: &str = "Stop this process (Ctrl-C) and start it again with a key of your provider, for \
example:\n\n```\nANTHROPIC_API_KEY=… make run\n```\n\n`OPENAI_API_KEY` works the same way. Your \
conversations and the agent's files are kept.";

const HOW: &str = "What just happened to your message:\n\n\
1. It was stored in your **inbox** before anything else, so nothing can lose it.\n\
2. A **task** was started for you, unless one was already running.\n\
3. In that task the real **OpenClaw** gateway took the message and asked a model: me.\n\
4. My words streamed back to this page as I produced them.\n\n\
When you are quiet for a while the task saves its files and stops. The next message wakes it.";

const COST: &str = "Here everything runs on your own machine and costs nothing. In the cloud you \
pay while your agent is awake: a Fargate Spot task by the second, plus a few cents for storage and \
messages. There is no server that waits, no NAT gateway and no load balancer. The figures are in \
the documentation.";

const FAULTS: &str = "You can direct me from a message:\n\n\
- `[[demo text=\"Hello\" chunk=4 delay=50]]` says exactly that, slowly\n\
- `[[demo tokens=400 delay=10]]` or `[[demo bytes=200000]]` for a long answer\n\
- `[[demo error=429 once]]` and `[[demo cut once]]` for trouble\n\
- `[[demo tool=exec args='{\"command\":\"uname\"}']]` to make OpenClaw run a tool";

const DOCS: &str = "Start with `README.md`, then `ARCHITECTURE.md` for how it works and `docs/` \
for everything else. `make` alone lists what you can run.";

const WHAT: &str = "This is **Serverless OpenClaw**: a personal AI agent that sleeps for free and \
wakes when you write. The agent is the real OpenClaw with its tools and memory; only the model \
behind it is a stand-in. That is me, the **demo model**: I cannot think, but I show that \
everything works.";

const NOT_A_MODEL: &str = "I am the **demo model**, so I cannot really answer that. No provider \
key is set. Everything else is real: your message went through the inbox, woke a task, and the \
OpenClaw gateway in it asked me.";

/// Topics and the words that mean them. The first that fits is taken.
const TOPICS: [(&str, &[&str]); 6] = [
    (FAULTS, &["[[", "directive", "demo model", "test you", "slow answer"]),
    (
        KEY,
        &["key", "provider", "anthropic", "claude", "openai", "gpt", "real model", "real answer"],
    ),
    (COST, &["cost", "price", "pay", "cheap", "expensive", "bill"]),
    (HOW, &["how does", "how do you work", "what happen", "wake", "inbox", "architecture"]),
    (DOCS, &["doc", "readme", "manual", "where do i", "learn more"]),
    (WHAT, &["who are you", "what are you", "what is this", "hello", "hi", "hey", "openclaw"]),
];

pub(super) fn answer(question: &str) -> String {
    let asked = question.to_lowercase();
    let topic = TOPICS.iter().find(|(_, words)| words.iter().any(|word| has(&asked, word)));
    let quoted = match quote(question) {
        empty if empty.is_empty() => String::new(),
        quote => format!("You wrote: “{quote}”\n\n"),
    };
    match topic {
        Some((answer, _)) if *answer == KEY => format!("{quoted}{KEY}"),
        Some((answer, _)) => format!("{quoted}{answer}\n\n{}", hint(answer)),
        None => format!("{quoted}{NOT_A_MODEL}\n\n{KEY}"),
    }
}

fn hint(answer: &str) -> &'static str {
    match answer {
        WHAT => "Ask me how it works, what it costs, or how to set a provider key.",
        _ => "For real answers, set a provider key: ask me how.",
    }
}

/// Whether a text has a word that begins like this: `doc` finds `docs`, and
/// `hi` does not find `this` or `history`.
fn has(text: &str, word: &str) -> bool {
    let short = word.len() <= 3 && word.chars().all(char::is_alphabetic);
    let mut from = 0;
    while let Some(at) = text[from..].find(word).map(|at| from + at) {
        let begins = !text[..at].ends_with(char::is_alphanumeric);
        let ends = !text[at + word.len()..].starts_with(char::is_alphanumeric);
        if begins && (ends || !short || word == "doc") {
            return true;
        }
        from = at + word.len();
    }
    false
}

/// A question as one short line in which nothing is markup, and no directive.
fn quote(question: &str) -> String {
    let plain = |c: char| if "*_`[]<>#|~\\“”".contains(c) || c.is_control() { ' ' } else { c };
    let line = question.chars().map(plain).collect::<String>();
    let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(LONGEST_QUOTE) {
        Some((end, _)) => format!("{}…", line[..end].trim_end()),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_choose_the_topic() {
        assert!(answer("How much does it cost?").contains("Fargate"));
        assert!(answer("hi!").contains("Serverless OpenClaw"));
        assert!(answer("How do I set my API key").contains("ANTHROPIC_API_KEY"));
        assert!(answer("Where are the docs?").contains("README.md"));
        assert!(answer("tell me a history of this").contains("cannot really answer"));
    }

    #[test]
    fn a_quoted_question_is_no_markup_and_no_directive() {
        let answered = answer("**x** [[demo cut]] <img src=x> `y`\n# z");
        let first = answered.lines().next().expect("a line");
        assert!(!first.contains(['*', '[', '<', '`', '#']), "{first}");
        assert!(quote(&"x".repeat(500)).chars().count() <= LONGEST_QUOTE + 1);
    }
}
