//! What became of a run we lost sight of, read from the session's history. Pure.

use crate::{History, HistoryRow, Role, Usage};

#[derive(Debug, PartialEq)]
pub(crate) enum Fate {
    /// It runs, under this id, and this is its text so far.
    Running {
        run_id: String,
        text: String,
    },
    Answered(Answer),
    /// The gateway was restarted in the middle of it and will resume it under a new id.
    WillResume,
    /// Nobody knows it, or nobody works on it: send it (again).
    Unknown,
}

#[derive(Debug, PartialEq)]
pub(crate) struct Answer {
    pub(crate) text: String,
    pub(crate) truncated: bool,
    pub(crate) aborted: bool,
    pub(crate) usage: Option<Usage>,
}

/// `alias` is the id under which the gateway was last known to resume it.
pub(crate) fn fate(history: &History, id: &str, alias: Option<&str>) -> Fate {
    if let Some(run) = &history.in_flight
        && (run.run_id == id || Some(run.run_id.as_str()) == alias)
    {
        return Fate::Running { run_id: run.run_id.clone(), text: run.text.clone() };
    }
    let Some((rows, is_newest)) = rows_after(history, id) else { return Fate::Unknown };
    if let Some(answer) = answer(rows) {
        return Fate::Answered(answer);
    }
    match &history.in_flight {
        Some(run) if is_newest => {
            Fate::Running { run_id: run.run_id.clone(), text: run.text.clone() }
        }
        None if is_newest && history.has_active_run => Fate::WillResume,
        _ => Fate::Unknown,
    }
}

/// The rows our message led to, and whether no other message came after it.
fn rows_after<'h>(history: &'h History, id: &str) -> Option<(&'h [HistoryRow], bool)> {
    let key = format!("{id}:user");
    let mine = |row: &HistoryRow| row.idempotency_key.as_deref() == Some(key.as_str());
    let start = history.rows.iter().rposition(mine)? + 1;
    let rest = &history.rows[start..];
    let next = rest.iter().position(|row| row.role == Role::User && !row.internal);
    Some((&rest[..next.unwrap_or(rest.len())], next.is_none()))
}

pub(crate) fn answer_to(history: &History, id: &str) -> Option<Answer> {
    answer(rows_after(history, id)?.0)
}

/// Only a last row that ended by itself is an answer: before it come tool calls, and texts the
/// gateway shows as one reply with an empty line between them.
fn answer(rows: &[HistoryRow]) -> Option<Answer> {
    let resumed = rows.iter().rposition(|row| row.internal).map_or(0, |index| index + 1);
    let replies = || rows[resumed..].iter().filter(|row| row.role == Role::Assistant);
    let last = replies().next_back()?;
    let stop = last.stop_reason.as_deref()?;
    if last.text.is_empty() || matches!(stop, "toolUse" | "error") {
        return None;
    }
    let texts = replies().filter(|row| row.stop_reason.as_deref() != Some("toolUse"));
    let texts = texts.map(|row| row.text.trim_end()).filter(|text| !text.is_empty());
    let mut usage: Option<Usage> = None;
    replies().filter_map(|row| row.usage).for_each(|row| usage.get_or_insert_default().sum(row));
    Some(Answer {
        text: texts.collect::<Vec<_>>().join("\n\n"),
        truncated: stop == "length",
        aborted: last.aborted,
        usage,
    })
}

/// `agent.wait` knows a run's last segment exactly; the rows know all segments, tidied up. Takes
/// the rows when they say more and continue what was shown.
pub(crate) fn whole_reply(shown: &str, last: &str, rows: Option<&str>) -> String {
    match rows {
        Some(rows) if rows.ends_with(last.trim_end()) && rows.starts_with(shown.trim_end()) => {
            format!("{}{last}", &rows[..rows.len() - last.trim_end().len()])
        }
        _ => last.to_owned(),
    }
}

impl Usage {
    fn sum(&mut self, other: Self) {
        self.input_tokens += other.input_tokens;
        self.output_tokens += other.output_tokens;
        self.cache_read_tokens += other.cache_read_tokens;
        self.cache_write_tokens += other.cache_write_tokens;
        if let Some(cost) = other.cost_usd {
            self.cost_usd = Some(self.cost_usd.unwrap_or_default() + cost);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn history(messages: Value, active: bool, in_flight: Value) -> History {
        let payload = json!({"messages": messages, "sessionInfo": {"hasActiveRun": active},
            "inFlightRun": in_flight});
        History::parse(&payload.to_string()).expect("a history")
    }

    fn asked(id: &str) -> Value {
        json!({"role": "user", "content": "q", "idempotencyKey": format!("{id}:user")})
    }

    fn resumed() -> Value {
        json!({"role": "user", "content": "[System] …", "provenance": {"kind": "internal_system"}})
    }

    fn said(text: &str, stop: &str) -> Value {
        json!({"role": "assistant", "content": [{"type": "text", "text": text}], "stopReason": stop,
            "usage": {"input": 10, "output": 2, "cost": {"total": 0.5}}})
    }

    fn answered(history: &History) -> String {
        match fate(history, "m", None) {
            Fate::Answered(answer) => answer.text,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_answer_after_our_row_is_ours_even_if_the_gateway_resumed_it() {
        let rows = json!([asked("m"), resumed(), said("yes", "stop")]);
        assert_eq!(answered(&history(rows, true, json!(null))), "yes");
    }

    #[test]
    fn an_answer_to_a_later_message_is_not_ours() {
        let rows = json!([asked("m"), asked("n"), said("yes", "stop")]);
        assert_eq!(fate(&history(rows, false, json!(null)), "m", None), Fate::Unknown);
    }

    #[test]
    fn segments_around_a_tool_call_are_one_answer_and_cost_together() {
        let rows = json!([
            asked("m"),
            said("One moment. ", "stop"),
            said("", "toolUse"),
            said("42.", "stop")
        ]);
        let answer = answer_to(&history(rows, false, json!(null)), "m").expect("an answer");
        assert_eq!(answer.text, "One moment.\n\n42.");
        let usage = answer.usage.expect("the rows carry usage");
        assert_eq!((usage.input_tokens, usage.cost_usd), (30, Some(1.5)));
    }

    #[test]
    fn a_tool_call_is_not_an_answer() {
        let rows = json!([asked("m"), said("let me see", "toolUse")]);
        assert_eq!(fate(&history(rows.clone(), true, json!(null)), "m", None), Fate::WillResume);
        assert_eq!(fate(&history(rows, false, json!(null)), "m", None), Fate::Unknown);
    }

    #[test]
    fn our_own_run_is_reattached_and_a_resumed_one_adopted() {
        let run = |id: &str| json!({"runId": id, "text": "so far"});
        let running = |id: &str| Fate::Running { run_id: id.into(), text: "so far".into() };
        let rows = json!([asked("m")]);
        assert_eq!(fate(&history(rows.clone(), true, run("m")), "m", None), running("m"));
        assert_eq!(fate(&history(rows.clone(), true, run("x")), "m", Some("x")), running("x"));
        assert_eq!(fate(&history(rows, true, run("y")), "m", None), running("y"));
    }

    #[test]
    fn a_message_the_gateway_never_stored_is_sent_whatever_else_runs() {
        let run = json!({"runId": "y", "text": ""});
        assert_eq!(fate(&history(json!([asked("n")]), true, run), "m", None), Fate::Unknown);
    }

    #[test]
    fn the_rows_complete_what_the_last_segment_leaves_out() {
        assert_eq!(whole_reply("One mom", "42.", Some("One moment.\n\n42.")), "One moment.\n\n42.");
        assert_eq!(whole_reply("", "42. ", Some("One moment.\n\n42.")), "One moment.\n\n42. ");
        assert_eq!(whole_reply("other", "42.", Some("One moment.\n\n42.")), "42.");
        assert_eq!(whole_reply("4", "42.", None), "42.");
    }
}
