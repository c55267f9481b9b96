//! Whether somebody is being answered, and since when nobody is.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

#[derive(Clone)]
pub struct Activity {
    now: Arc<watch::Sender<State>>,
}

#[derive(Clone, Copy)]
struct State {
    /// Conversations with a message that runs or waits here.
    busy: usize,
    last: Instant,
}

/// A conversation is being worked on as long as this lives.
pub struct Busy(Activity);

impl Default for Activity {
    fn default() -> Self {
        let state = State { busy: 0, last: Instant::now() };
        Self { now: Arc::new(watch::Sender::new(state)) }
    }
}

impl Activity {
    pub fn note(&self) {
        self.now.send_modify(|state| state.last = Instant::now());
    }

    pub fn busy(&self) -> Busy {
        self.now.send_modify(|state| state.busy += 1);
        Busy(self.clone())
    }

    pub fn is_busy(&self) -> bool {
        self.now.borrow().busy > 0
    }

    pub fn last(&self) -> Instant {
        self.now.borrow().last
    }

    /// Returns when nothing ran and nobody asked for anything for as long as `span` says, which
    /// may say something else at another hour.
    pub async fn idle_for(&self, span: impl Fn() -> Duration) {
        let mut changes = self.now.subscribe();
        loop {
            let State { busy, last } = *changes.borrow_and_update();
            let idle = async {
                if busy > 0 {
                    return std::future::pending().await;
                }
                // The hour may have changed meanwhile, and with it the span.
                while Instant::now() < last + span() {
                    sleep_until(last + span()).await;
                }
            };
            tokio::select! {
                biased;
                changed = changes.changed() => changed.expect("we hold the sender"),
                () = idle => return,
            }
        }
    }

    pub async fn until_not_busy(&self) {
        let mut changes = self.now.subscribe();
        let _ = changes.wait_for(|state| state.busy == 0).await;
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.now.send_modify(|state| {
            state.busy -= 1;
            state.last = Instant::now();
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPAN: Duration = Duration::from_secs(300);

    #[tokio::test(start_paused = true)]
    async fn idleness_counts_from_the_end_of_the_last_run() {
        let activity = Activity::default();
        let began = Instant::now();
        let run = activity.busy();
        let idle = tokio::spawn({
            let activity = activity.clone();
            async move { activity.idle_for(|| SPAN).await }
        });
        tokio::time::sleep(SPAN * 3).await;
        assert!(!idle.is_finished(), "a run is under way");
        drop(run);
        idle.await.expect("no panic");
        assert_eq!(began.elapsed().as_secs(), (SPAN * 4).as_secs());
    }

    #[tokio::test(start_paused = true)]
    async fn a_nudge_puts_idleness_off() {
        let activity = Activity::default();
        let began = Instant::now();
        let (idle, ()) = tokio::join!(activity.idle_for(|| SPAN), async {
            tokio::time::sleep(SPAN / 2).await;
            activity.note();
        });
        let () = idle;
        assert_eq!(began.elapsed().as_secs(), (SPAN * 3 / 2).as_secs());
    }
}
