//! A reply on the wire: in pieces as server-sent events, or whole.

use std::{io, time::Duration};

use axum::{
    body::{Body, Bytes},
    http::header,
    response::{IntoResponse, Response},
};
use futures_util::{Stream, StreamExt, stream};
use serde_json::{Value, json};

use super::{MODEL, directive::Directive, request::Conversation};

const DEFAULT_CHUNK: usize = 8;
/// Bulk output in pieces of 8 characters would measure only the framing.
const BULK_CHUNK: usize = 1024;
const LONGEST_QUOTED_RESULT: usize = 400;

#[derive(Debug)]
pub(super) struct Reply {
    id: String,
    pieces: Vec<String>,
    delay: Duration,
    pub(super) ending: Ending,
    usage: Value,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Ending {
    Stop,
    /// The connection drops half-way.
    Cut,
    /// Nothing more comes, and the connection stays.
    Hang,
    ToolCall {
        name: String,
        arguments: String,
    },
}

impl Reply {
    pub(super) fn new(directive: &Directive, conversation: &Conversation) -> Self {
        let ending = ending(directive, conversation);
        let mut pieces = pieces(directive, conversation, &ending);
        if ending == Ending::Cut {
            pieces.truncate(pieces.len().div_ceil(2));
        }
        let tokens = |characters: usize| characters.div_ceil(4).max(1);
        let (prompt, completion) =
            (tokens(conversation.prompt_characters), tokens(pieces.iter().map(String::len).sum()));
        Self {
            id: format!("chatcmpl-demo-{}", conversation.prompt_characters),
            pieces,
            delay: directive.delay,
            ending,
            usage: json!({
                "prompt_tokens": prompt, "completion_tokens": completion,
                "total_tokens": prompt + completion,
            }),
        }
    }

    pub(super) fn completion(&self) -> Value {
        let mut message = json!({"role": "assistant", "content": self.pieces.concat()});
        if let Some(call) = self.tool_call() {
            message["tool_calls"] = json!([call]);
        }
        json!({
            "id": self.id, "object": "chat.completion", "created": 0, "model": MODEL,
            "choices": [{"index": 0, "message": message, "finish_reason": self.finish_reason()}],
            "usage": self.usage,
        })
    }

    pub(super) fn stream(self, include_usage: bool) -> Response {
        let headers =
            [(header::CONTENT_TYPE, "text/event-stream"), (header::CACHE_CONTROL, "no-store")];
        (headers, Body::from_stream(self.events(include_usage))).into_response()
    }

    fn events(self, include_usage: bool) -> impl Stream<Item = io::Result<Bytes>> {
        let first = self.chunk(json!({"role": "assistant", "content": ""}), Value::Null);
        let last = self.last_events(include_usage);
        let texts: Vec<Bytes> = self
            .pieces
            .iter()
            .map(|piece| self.chunk(json!({"content": piece}), Value::Null))
            .collect();
        let (delay, ending) = (self.delay, self.ending);
        let paced = stream::iter(texts).then(move |text| async move {
            // Not even a zero delay: a timer's grain is a millisecond.
            if !delay.is_zero() {
                tokio::time::sleep(delay).await;
            }
            Ok(text)
        });
        let ended = stream::once(async move {
            match ending {
                Ending::Cut => {
                    // What was said so far is flushed while the body is not ready.
                    tokio::task::yield_now().await;
                    Err(io::Error::other("told to cut the connection"))
                }
                Ending::Hang => std::future::pending().await,
                Ending::Stop | Ending::ToolCall { .. } => Ok(last),
            }
        });
        stream::once(async { Ok(first) }).chain(paced).chain(ended)
    }

    fn last_events(&self, include_usage: bool) -> Bytes {
        let mut events = Vec::new();
        if let Some(mut call) = self.tool_call() {
            call["index"] = json!(0);
            events.extend(self.chunk(json!({"tool_calls": [call]}), Value::Null));
        }
        events.extend(self.chunk(json!({}), json!(self.finish_reason())));
        if include_usage {
            let usage = json!({
                "id": self.id, "object": "chat.completion.chunk", "created": 0, "model": MODEL,
                "choices": [], "usage": self.usage,
            });
            events.extend(event(&usage));
        }
        events.extend(b"data: [DONE]\n\n");
        events.into()
    }

    fn chunk(&self, delta: Value, finish: Value) -> Bytes {
        event(&json!({
            "id": self.id, "object": "chat.completion.chunk", "created": 0, "model": MODEL,
            "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
        }))
    }

    fn tool_call(&self) -> Option<Value> {
        let Ending::ToolCall { name, arguments } = &self.ending else { return None };
        Some(json!({
            "id": format!("call_demo_{name}"), "type": "function",
            "function": {"name": name, "arguments": arguments},
        }))
    }

    fn finish_reason(&self) -> &'static str {
        match self.ending {
            Ending::ToolCall { .. } => "tool_calls",
            _ => "stop",
        }
    }
}

fn event(json: &Value) -> Bytes {
    format!("data: {json}\n\n").into()
}

fn ending(directive: &Directive, conversation: &Conversation) -> Ending {
    match &directive.tool {
        // Asked once; with its result at hand the answer follows.
        Some(name) if conversation.tool_result.is_none() => {
            let arguments = directive.args.clone().unwrap_or_else(|| "{}".into());
            Ending::ToolCall { name: name.clone(), arguments }
        }
        _ if directive.cut => Ending::Cut,
        _ if directive.hang => Ending::Hang,
        _ => Ending::Stop,
    }
}

fn pieces(directive: &Directive, conversation: &Conversation, ending: &Ending) -> Vec<String> {
    let before = directive.pre.as_deref().unwrap_or_default();
    let chunk = directive.chunk.unwrap_or(DEFAULT_CHUNK);
    if matches!(ending, Ending::ToolCall { .. }) {
        return split(before, chunk);
    }
    if let Some(tokens) = directive.tokens {
        return (1..=tokens).map(|number| format!("token{number} ")).collect();
    }
    if let Some(bytes) = directive.bytes {
        return split(&bulk(bytes), directive.chunk.unwrap_or(BULK_CHUNK));
    }
    // What came before the tool call was said then.
    let before = if conversation.tool_result.is_some() { "" } else { before };
    let text = directive.text.clone().unwrap_or_else(|| unasked(directive, conversation));
    let whole = format!("{before}{text}");
    match directive.chunk {
        Some(chunk) => split(&whole, chunk),
        None => words(&whole),
    }
}

/// The answer of a directive that does not say what to answer.
fn unasked(directive: &Directive, conversation: &Conversation) -> String {
    match (&directive.tool, &conversation.tool_result) {
        (Some(tool), Some(result)) => {
            let result: String = result.chars().take(LONGEST_QUOTED_RESULT).collect();
            format!("The tool `{tool}` answered:\n\n```\n{}\n```", result.replace("```", "'''"))
        }
        _ => "This is the demo model's answer to your directive.".to_owned(),
    }
}

/// Exactly so many bytes, in numbered lines: a missing piece shows.
fn bulk(bytes: usize) -> String {
    let mut text = String::with_capacity(bytes + 64);
    let mut line = 1;
    while text.len() < bytes {
        text.push_str(&format!("Line {line} of a long answer from the demo model.\n"));
        line += 1;
    }
    text.truncate(bytes);
    text
}

fn split(text: &str, characters: usize) -> Vec<String> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.char_indices().nth(characters).map_or(rest.len(), |(at, _)| at);
        pieces.push(rest[..end].to_owned());
        rest = &rest[end..];
    }
    pieces
}

fn words(text: &str) -> Vec<String> {
    text.split_inclusive(' ').map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bulk_is_exact_and_pieces_join_to_it() {
        let text = bulk(200_000);
        assert_eq!(text.len(), 200_000);
        assert_eq!(split(&text, 1024).concat(), text);
        assert_eq!(split("안녕하세요", 2), ["안녕", "하세", "요"]);
    }
}
