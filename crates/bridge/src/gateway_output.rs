//! What the gateway prints. It may quote what people wrote, so it is shown only at debug level;
//! the last lines are kept for the case that it dies.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use domain::text::byte_prefix;
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::Child;
use tokio_util::task::TaskTracker;
use tracing::debug;

const LINES_KEPT: usize = 8;
const LINE_MAX_BYTES: usize = 300;

#[derive(Clone, Default)]
pub(crate) struct Output {
    errors: Arc<Mutex<VecDeque<String>>>,
}

impl Output {
    pub(crate) fn read(child: &mut Child, tasks: &TaskTracker) -> Self {
        let output = Self::default();
        if let Some(stdout) = child.stdout.take() {
            tasks.spawn(each_line(stdout, |line| debug!(gateway.stdout = line)));
        }
        if let Some(stderr) = child.stderr.take() {
            let output = output.clone();
            tasks.spawn(each_line(stderr, move |line| output.keep(line)));
        }
        output
    }

    pub(crate) fn last_lines(&self) -> String {
        let lines = self.errors.lock().expect("no holder panics");
        lines.iter().map(String::as_str).collect::<Vec<_>>().join(" | ")
    }

    fn keep(&self, line: &str) {
        debug!(gateway.stderr = line);
        let mut lines = self.errors.lock().expect("no holder panics");
        if lines.len() == LINES_KEPT {
            lines.pop_front();
        }
        lines.push_back(byte_prefix(line, LINE_MAX_BYTES).to_owned());
    }
}

/// Ends when the last process that holds the pipe is gone.
async fn each_line(pipe: impl AsyncRead + Unpin, mut on_line: impl FnMut(&str)) {
    let mut pipe = BufReader::new(pipe);
    let mut line = Vec::new();
    while pipe.read_until(b'\n', &mut line).await.is_ok_and(|bytes| bytes > 0) {
        on_line(String::from_utf8_lossy(&line).trim_end());
        line.clear();
    }
}
