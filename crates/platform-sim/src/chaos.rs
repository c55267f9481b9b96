//! What a seed's dice do to calls.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng, RngExt, SeedableRng};

/// Chances are shares of all calls, 0 to 1.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rates {
    /// The call does not happen, and says so: throttled, refused, no answer.
    pub fails: f64,
    /// It happens, and the caller is told that it failed.
    pub loses: f64,
    /// It takes long: up to `slow_ms`.
    pub slow: f64,
    pub slow_ms: u64,
    /// Every call takes up to this.
    pub latency_ms: u64,
    /// The caller dies right before or right after its effect.
    pub crashes: f64,
}

/// What becomes of one call.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Luck {
    pub(crate) before: Duration,
    pub(crate) after: Duration,
    pub(crate) fails: bool,
    pub(crate) loses: bool,
    pub(crate) dies_before: bool,
    pub(crate) dies_after: bool,
}

/// One source of chance for a whole simulation, so that a seed repeats it. Clones share it.
#[derive(Clone)]
pub struct Chaos(Arc<Mutex<(StdRng, Rates)>>);

impl Chaos {
    pub fn new(seed: u64, rates: Rates) -> Self {
        Self(Arc::new(Mutex::new((StdRng::seed_from_u64(seed), rates))))
    }

    pub fn set(&self, rates: Rates) {
        self.with(|_, now| *now = rates);
    }

    pub fn chance(&self, share: f64) -> bool {
        self.with(|random, _| random.random::<f64>() < share)
    }

    /// From `0` to `bound - 1`.
    pub fn below(&self, bound: u64) -> u64 {
        self.with(|random, _| random.random_range(0..bound.max(1)))
    }

    pub fn millis(&self, from: u64, to: u64) -> Duration {
        Duration::from_millis(self.with(|random, _| random.random_range(from..=to.max(from))))
    }

    pub fn bytes(&self) -> [u8; 32] {
        self.with(|random, _| {
            let mut bytes = [0; 32];
            random.fill_bytes(&mut bytes);
            bytes
        })
    }

    pub(crate) fn luck(&self) -> Luck {
        self.with(|random, rates| {
            let mut chance = |share: f64| random.random::<f64>() < share;
            let slow = chance(rates.slow);
            let (fails, loses) = (chance(rates.fails), chance(rates.loses));
            let (dies, before) = (chance(rates.crashes), chance(0.5));
            let longest = if slow { rates.slow_ms } else { rates.latency_ms };
            let mut wait = || Duration::from_millis(random.random_range(0..=longest));
            let (first, second) = (wait(), wait());
            Luck {
                before: first,
                after: second,
                fails,
                loses,
                dies_before: dies && before,
                dies_after: dies && !before,
            }
        })
    }

    fn with<T>(&self, act: impl FnOnce(&mut StdRng, &mut Rates) -> T) -> T {
        let mut both = self.0.lock().expect("rolling dice does not panic");
        let (random, rates) = &mut *both;
        act(random, rates)
    }
}
