//! How far a restore is, on standard error.

use std::io::{IsTerminal, Write};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use snapshots::Progress;

use crate::output::size;

/// A line in place on a terminal, and now and then a line in a log.
const ON_A_TERMINAL: Duration = Duration::from_millis(200);
const IN_A_LOG: Duration = Duration::from_secs(10);

pub(super) fn shown() -> impl Fn(Progress) + Send + Sync + 'static {
    let terminal = std::io::stderr().is_terminal();
    let every = if terminal { ON_A_TERMINAL } else { IN_A_LOG };
    let last = Mutex::new(Instant::now());
    move |progress| {
        let Ok(mut last) = last.lock() else { return };
        let done = terminal && progress.bytes == progress.total_bytes;
        if last.elapsed() < every && !done {
            return;
        }
        *last = Instant::now();
        let (so_far, all) = (size(progress.bytes), size(progress.total_bytes));
        let line = format!("restored {so_far} of {all}, {} files", progress.total_files);
        let mut out = std::io::stderr().lock();
        // Whoever closed it does not want to know.
        let _ = match terminal {
            true => write!(out, "\r\x1b[K{line}{}", if done { "\n" } else { "" }),
            false => writeln!(out, "{line}"),
        };
    }
}
