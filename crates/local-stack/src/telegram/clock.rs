//! Telegram's time. It runs at the pace of the machine's, or as many times faster as a drill
//! wants: a day of redeliveries takes a minute then.

use std::time::Duration;

use tokio::{sync::watch, time::Instant};

use crate::clock;

#[derive(Debug)]
pub(super) struct Clock(watch::Sender<Anchor>);

#[derive(Debug, Clone, Copy)]
struct Anchor {
    at: Instant,
    ms: i64,
    speed: f64,
}

impl Clock {
    pub(super) fn new() -> Self {
        Self(watch::Sender::new(Anchor { at: Instant::now(), ms: clock::now_ms(), speed: 1.0 }))
    }

    pub(super) fn now_ms(&self) -> i64 {
        self.0.borrow().now_ms()
    }

    pub(super) fn speed(&self) -> f64 {
        self.0.borrow().speed
    }

    /// From now on; what has passed has passed.
    pub(super) fn set_speed(&self, speed: f64) {
        self.0.send_modify(|anchor| {
            *anchor = Anchor { ms: anchor.now_ms(), at: Instant::now(), speed };
        });
    }

    /// Waits for so long as this clock counts, also when its pace changes meanwhile.
    pub(super) async fn sleep(&self, duration: Duration) {
        let mut anchors = self.0.subscribe();
        let until = self.now_ms() + i64::try_from(duration.as_millis()).unwrap_or(i64::MAX / 2);
        loop {
            let anchor = *anchors.borrow_and_update();
            let left = (until - anchor.now_ms()).max(0) as f64 / 1000.0 / anchor.speed;
            tokio::select! {
                () = tokio::time::sleep(Duration::from_secs_f64(left)) => return,
                changed = anchors.changed() => if changed.is_err() { return },
            }
        }
    }
}

impl Anchor {
    fn now_ms(&self) -> i64 {
        self.ms + (self.at.elapsed().as_secs_f64() * 1000.0 * self.speed) as i64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_faster_clock_shortens_a_sleep_that_has_begun() {
        let clock = Clock::new();
        let (began, from) = (clock.now_ms(), Instant::now());
        let (waited, ()) = tokio::join!(
            async {
                clock.sleep(Duration::from_secs(3600)).await;
                from.elapsed()
            },
            async {
                tokio::time::sleep(Duration::from_secs(1)).await;
                clock.set_speed(3600.0);
            },
        );
        assert!(waited < Duration::from_secs(3), "{waited:?}");
        assert!(clock.now_ms() - began >= 3_600_000);
    }
}
