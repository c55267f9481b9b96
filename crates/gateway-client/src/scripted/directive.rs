//! `[[demo …]]` in a message: what to play.

use std::time::Duration;

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Script {
    pub(crate) text: String,
    /// Characters per chunk.
    pub(crate) chunk: usize,
    pub(crate) delay: Duration,
    pub(crate) tool: Option<String>,
    pub(crate) error: Option<u16>,
    pub(crate) once: bool,
    pub(crate) cut: bool,
    pub(crate) hang: bool,
}

impl Script {
    pub(crate) fn of(message: &str) -> Self {
        let mut script = Self {
            text: format!("You said: {message}"),
            chunk: usize::MAX,
            delay: Duration::ZERO,
            tool: None,
            error: None,
            once: false,
            cut: false,
            hang: false,
        };
        let directive = message.split_once("[[demo ").and_then(|(_, rest)| rest.split_once("]]"));
        if let Some((words, _)) = directive {
            for (key, value) in pairs(words) {
                script.apply(&key, &value);
            }
        }
        script
    }

    fn apply(&mut self, key: &str, value: &str) {
        let number = || value.parse::<usize>().unwrap_or_default();
        match key {
            "text" => value.clone_into(&mut self.text),
            "chunk" => self.chunk = number().max(1),
            "delay" => self.delay = Duration::from_millis(number() as u64),
            "tokens" => {
                self.text = (1..=number()).map(|n| format!("word{n:04} ")).collect();
                self.chunk = "word0000 ".len();
            }
            "bytes" => {
                self.text = lines(number());
                self.chunk = self.chunk.min((number() / 50).max(20));
            }
            "error" => self.error = value.parse().ok(),
            "tool" => {
                self.tool = Some(value.to_owned());
                self.text = format!("The tool {value} said: ok");
            }
            "once" => self.once = true,
            "cut" => self.cut = true,
            "hang" => self.hang = true,
            _ => {}
        }
    }

    pub(crate) fn chunks(&self) -> Vec<String> {
        let letters: Vec<char> = self.text.chars().collect();
        letters.chunks(self.chunk.min(letters.len().max(1))).map(String::from_iter).collect()
    }
}

/// `key=value`, `key="value with spaces"` or `key`.
fn pairs(mut words: &str) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    loop {
        words = words.trim_start();
        if words.is_empty() {
            return pairs;
        }
        let end = words.find([' ', '=']).unwrap_or(words.len());
        let (key, rest) = words.split_at(end);
        let (value, rest) = match rest.strip_prefix('=') {
            Some(rest) => value(rest),
            None => ("", rest),
        };
        pairs.push((key.to_owned(), value.to_owned()));
        words = rest;
    }
}

fn value(rest: &str) -> (&str, &str) {
    match rest.strip_prefix('"') {
        Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
        None => rest.split_at(rest.find(' ').unwrap_or(rest.len())),
    }
}

fn lines(bytes: usize) -> String {
    let mut text = String::with_capacity(bytes + 64);
    for number in 1.. {
        if text.len() >= bytes {
            break;
        }
        text.push_str(&format!("line {number:05} the quick brown fox jumps over the lazy dog\n"));
    }
    text.truncate(bytes);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directive_says_what_to_play() {
        let script = Script::of("hi [[demo text=\"a b]\" chunk=2 delay=30 once]] there");
        assert_eq!((script.text.as_str(), script.once), ("a b]", true));
        assert_eq!(script.chunks(), ["a ", "b]"]);
        assert_eq!(script.delay, Duration::from_millis(30));
        assert_eq!(Script::of("x [[demo error=429]]").error, Some(429));
        assert_eq!(Script::of("x [[demo bytes=1000]]").text.len(), 1000);
        assert_eq!(Script::of("x [[demo tokens=3]]").chunks().len(), 3);
    }

    #[test]
    fn without_one_the_message_is_echoed_in_one_piece() {
        let script = Script::of("안녕 🦞");
        assert_eq!(script.chunks(), ["You said: 안녕 🦞"]);
    }
}
