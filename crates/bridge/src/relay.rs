//! Frames to everybody who listens: one outbox and one pump for each connection.
//!
//! A connection that is slow, throttled or gone changes nothing for the others, nor for the
//! reply: that is recorded from the transcript.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use domain::{ConnectionId, MessageId, UserId};
use platform::PushError;
use protocol::ServerFrame;
use tokio::sync::Notify;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{debug, error, warn};

use crate::backoff::Backoff;
use crate::chain::chain;
use crate::outbox::{Next, Notice, Outbox, Post, encode};
use crate::ports::Ports;
use crate::transcript::Transcript;

/// A connection that cannot be posted to for this many tries in a row (about half a minute) is
/// let go and closed: its client opens another and resumes.
const POSTS_FAILED_MAX: u32 = 8;
const POST_TIMEOUT: Duration = Duration::from_secs(10);

#[derive(Clone)]
pub struct Relay {
    shared: Arc<Shared>,
}

struct Shared {
    user: UserId,
    ports: Ports,
    lines: Mutex<BTreeMap<ConnectionId, Arc<Line>>>,
    /// Replies that are being written: who joins late gets what there is of them.
    replies: Mutex<BTreeMap<MessageId, Arc<Transcript>>>,
    read_at: Mutex<Option<Instant>>,
    tasks: TaskTracker,
    stop: CancellationToken,
    went_quiet: Notify,
}

struct Line {
    id: ConnectionId,
    outbox: Mutex<Outbox>,
    wake: Notify,
}

impl Relay {
    pub fn new(user: UserId, ports: Ports, tasks: TaskTracker) -> Self {
        let shared = Shared {
            user,
            ports,
            lines: Mutex::default(),
            replies: Mutex::default(),
            read_at: Mutex::default(),
            tasks,
            stop: CancellationToken::new(),
            went_quiet: Notify::new(),
        };
        Self { shared: Arc::new(shared) }
    }

    /// From here on the reply's text goes to everybody.
    pub fn begin(&self, reply: &Arc<Transcript>) {
        self.shared.replies().insert(reply.message.clone(), reply.clone());
    }

    /// No more text of this reply; what is queued is still sent.
    pub fn end(&self, message: &MessageId) {
        self.shared.replies().remove(message);
    }

    pub fn text(&self, reply: &Arc<Transcript>, at_once: bool) {
        self.to_all(|outbox| outbox.text(reply, at_once));
    }

    pub fn frame(&self, frame: &ServerFrame) {
        self.notice(&Notice { json: encode(frame), about: None, last: false });
    }

    pub fn frame_about(&self, message: &MessageId, frame: &ServerFrame) {
        let about = Some(message.clone());
        self.notice(&Notice { json: encode(frame), about, last: false });
    }

    pub fn last_frame_about(&self, message: &MessageId, frame: &ServerFrame) {
        let about = Some(message.clone());
        self.notice(&Notice { json: encode(frame), about, last: true });
    }

    pub fn frame_to(&self, connection: &ConnectionId, frame: &ServerFrame) {
        let line = self.join(connection);
        line.change(|outbox| {
            outbox.notice(Notice { json: encode(frame), about: None, last: false });
        });
    }

    pub fn resume(&self, connection: &ConnectionId, reply: &Arc<Transcript>, offset: Option<u64>) {
        self.join(connection).change(|outbox| outbox.resume(reply, offset));
    }

    pub fn listen(&self, connection: &ConnectionId) {
        self.join(connection);
    }

    /// Reads who is connected, unless that was done within `fresh_for`.
    pub async fn look_around(&self, fresh_for: Duration) {
        if self.shared.has_looked_within(fresh_for) {
            return;
        }
        let now = self.shared.ports.clock.now();
        match self.shared.ports.connections.clients_of(&self.shared.user, now).await {
            // In an order of their own: the world answers in any.
            Ok(ids) => BTreeSet::from_iter(ids).iter().for_each(|id| self.listen(id)),
            // The next look finds them; a client that resumes is added without one.
            Err(error) => {
                *self.shared.read_at.lock().expect("no holder panics") = None;
                warn!(error = %chain(&error), "cannot read connections");
            }
        }
    }

    /// Sends what is queued, within `limit`, and then nothing more.
    pub async fn finish(&self, limit: Duration) {
        let _ = timeout(limit, self.quiet()).await;
        self.shared.stop.cancel();
    }

    async fn quiet(&self) {
        loop {
            let went_quiet = self.shared.went_quiet.notified();
            if self.shared.lines().values().all(|line| line.outbox().is_empty()) {
                return;
            }
            went_quiet.await;
        }
    }

    fn notice(&self, notice: &Notice) {
        self.to_all(|outbox| outbox.notice(notice.clone()));
    }

    fn to_all(&self, change: impl Fn(&mut Outbox)) {
        self.shared.lines().values().for_each(|line| line.change(&change));
    }

    fn join(&self, id: &ConnectionId) -> Arc<Line> {
        let mut lines = self.shared.lines();
        if let Some(line) = lines.get(id) {
            return line.clone();
        }
        let mut outbox = Outbox::default();
        self.shared.replies().values().for_each(|reply| outbox.joins_late(reply));
        let outbox = Mutex::new(outbox);
        let line = Arc::new(Line { id: id.clone(), outbox, wake: Notify::new() });
        lines.insert(id.clone(), line.clone());
        let pump = pump(self.shared.clone(), line.clone());
        self.shared.tasks.spawn(self.shared.stop.clone().run_until_cancelled_owned(pump));
        line
    }
}

impl Shared {
    fn lines(&self) -> std::sync::MutexGuard<'_, BTreeMap<ConnectionId, Arc<Line>>> {
        self.lines.lock().expect("no holder panics")
    }

    fn replies(&self) -> std::sync::MutexGuard<'_, BTreeMap<MessageId, Arc<Transcript>>> {
        self.replies.lock().expect("no holder panics")
    }

    fn has_looked_within(&self, fresh_for: Duration) -> bool {
        let mut read_at = self.read_at.lock().expect("no holder panics");
        let now = Instant::now();
        let fresh = read_at.is_some_and(|at| now.duration_since(at) < fresh_for);
        if !fresh {
            *read_at = Some(now);
        }
        fresh
    }

    fn forget(&self, id: &ConnectionId) {
        self.lines().remove(id);
        self.went_quiet.notify_waiters();
    }
}

impl Line {
    fn outbox(&self) -> std::sync::MutexGuard<'_, Outbox> {
        self.outbox.lock().expect("no holder panics")
    }

    fn change(&self, change: impl FnOnce(&mut Outbox)) {
        change(&mut self.outbox());
        self.wake.notify_one();
    }
}

/// Ends when the connection is gone.
async fn pump(shared: Arc<Shared>, line: Arc<Line>) {
    let (first, max) = (Duration::from_millis(100), Duration::from_secs(5));
    let mut backoff = Backoff::new(&line.id, first, max);
    loop {
        let next = line.outbox().next(Instant::now());
        match next {
            Next::Post(post) => {
                if !deliver(&shared, &line, post, &mut backoff).await {
                    return;
                }
            }
            Next::At(at) => {
                let _ = timeout_at(at, line.wake.notified()).await;
            }
            Next::Idle => {
                shared.went_quiet.notify_waiters();
                line.wake.notified().await;
            }
        }
    }
}

/// Whether the connection is still one of ours.
async fn deliver(shared: &Shared, line: &Line, post: Post, backoff: &mut Backoff) -> bool {
    let posted = timeout(POST_TIMEOUT, shared.ports.push.push(&line.id, &post.frame)).await;
    match posted {
        Ok(Ok(())) => {
            line.outbox().delivered(post);
            backoff.reset();
            return true;
        }
        Ok(Err(PushError::Gone)) => {
            remove(shared, line).await;
            return false;
        }
        Ok(Err(PushError::TooLarge(bytes))) => {
            error!(connection.id = %line.id, bytes, "a frame is over the limit and was not sent");
            line.outbox().delivered(post);
            return true;
        }
        Ok(Err(PushError::Throttled)) => line.outbox().not_delivered(),
        Ok(Err(PushError::Unavailable(_))) | Err(_) if backoff.failures() >= POSTS_FAILED_MAX => {
            warn!(connection.id = %line.id, "connection cannot be posted to, letting it go");
            let_go(shared, line).await;
            return false;
        }
        Ok(Err(PushError::Unavailable(_))) | Err(_) => line.outbox().not_delivered(),
    }
    backoff.wait().await;
    true
}

async fn let_go(shared: &Shared, line: &Line) {
    shared.forget(&line.id);
    let closed = timeout(POST_TIMEOUT, shared.ports.push.close(&line.id)).await;
    if !matches!(closed, Ok(Ok(()))) {
        warn!(connection.id = %line.id, "connection cannot be closed either");
    }
}

async fn remove(shared: &Shared, line: &Line) {
    debug!(connection.id = %line.id, "connection is gone");
    shared.forget(&line.id);
    let now = shared.ports.clock.now();
    if let Err(error) = shared.ports.connections.found_gone(&line.id, now).await {
        // Its row expires by itself.
        debug!(error = %chain(&error), "cannot remove a gone connection");
    }
}
