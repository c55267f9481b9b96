//! What is what, for whoever opens the archive years from now.

use std::fmt::Write;

use domain::Timestamp;
use protocol::LeftOut;

use super::clock_time;

const CONTENTS: &str = "\
profile.json          who you are here, and when your agent was active
settings.json         what you chose
links.json            accounts that belong to you
schedules.json        what you asked for at times to come
snapshots.json        the list of your agent's snapshots
usage.json            what your agent did and used, by day (UTC)
skills.json, skills/  skills that you gave your agent
chats.json            which conversation you lead in which chat
waiting.json          messages that were not answered yet
conversations/        everything that was said and is kept: .md to read, .json for programs
uploads/              files that you sent with messages, as long as they are kept
incoming/             files on their way into your agent's workspace
workspace/            your agent's files, its memory among them, as of its last snapshot

Times in .json files are milliseconds since 1970-01-01 UTC.
";

pub(super) fn text(left_out: &[LeftOut], now: Timestamp, snapshot_at: Option<Timestamp>) -> String {
    let mut text = format!("Your data, as of {}.\n\n{CONTENTS}", clock_time(now));
    match snapshot_at {
        Some(at) => {
            let _ = writeln!(text, "The workspace is as of {}.", clock_time(at));
        }
        None => text.push_str("Your agent has no snapshot, so there is no workspace.\n"),
    }
    text.push_str("\nWhat is not in here:\n");
    for LeftOut { path, why, how } in left_out {
        let _ = write!(text, "\n{path}\n  {why}\n  {how}\n");
    }
    if left_out.is_empty() {
        text.push_str("\nnothing\n");
    }
    text
}
