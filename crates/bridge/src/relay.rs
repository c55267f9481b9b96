//! Frames to everybody who listens: one outbox and one pump for each connection.
//!
//! A connection that is slow, throttled or gone changes nothing for the others, nor for the
//! reply: that is recorded from the transcript.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use domain::{ConnectionId, MessageId, UserId};
use platform::PushError;
use protocol::ServerFrame;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until, timeout};
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
    lines: Mutex<HashMap<ConnectionId, Arc<Line>>>,
    /// Replies that are being written: who joins late gets what there is of them.
    replies: Mutex<HashMap<MessageId, Arc<Transcript>>>,
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
            Ok(ids) => ids.iter().for_each(|id| self.listen(id)),
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
        self.shared.tasks.spawn(pump(self.shared.clone(), line.clone()));
        line
    }
}

impl Shared {
    fn lines(&self) -> std::sync::MutexGuard<'_, HashMap<ConnectionId, Arc<Line>>> {
        self.lines.lock().expect("no holder panics")
    }

    fn replies(&self) -> std::sync::MutexGuard<'_, HashMap<MessageId, Arc<Transcript>>> {
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

/// Ends when the connection is gone or the relay is finished.
async fn pump(shared: Arc<Shared>, line: Arc<Line>) {
    let mut backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(5));
    loop {
        let next = line.outbox().next(Instant::now());
        let goes_on = match next {
            Next::Post(post) => deliver(&shared, &line, post, &mut backoff).await,
            Next::At(at) => rest(&shared, &line, Some(at)).await,
            Next::Idle => {
                shared.went_quiet.notify_waiters();
                rest(&shared, &line, None).await
            }
        };
        if !goes_on {
            return;
        }
    }
}

async fn rest(shared: &Shared, line: &Line, until: Option<Instant>) -> bool {
    let due = async {
        match until {
            Some(at) => sleep_until(at).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        () = shared.stop.cancelled() => false,
        () = line.wake.notified() => true,
        () = due => true,
    }
}

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
    let delay = backoff.next_delay();
    tokio::select! {
        () = shared.stop.cancelled() => false,
        () = tokio::time::sleep(delay) => true,
    }
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
    if let Err(error) = shared.ports.connections.remove(&line.id).await {
        // Its row expires by itself.
        debug!(error = %chain(&error), "cannot remove a gone connection");
    }
}
