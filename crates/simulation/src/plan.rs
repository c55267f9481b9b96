//! What a seed says is going to happen.

use std::time::Duration;

use platform_sim::{Chaos, Rates};

/// The bad part of a schedule, all drawn from its seed.
#[derive(Clone, Debug)]
pub struct Plan {
    pub users: u64,
    pub tabs: u64,
    pub messages_per_tab: u64,
    /// Messages are sent within this, and so long is the weather bad.
    pub storm: Duration,
    pub rates: Rates,
    pub machines: MachineLuck,
    pub people: PeopleLuck,
    /// EventBridge delivers late, twice, and in any order.
    pub event_twice: f64,
    pub event_late: Duration,
    /// Of every clock, to both sides.
    pub skew_ms: u64,
    pub conversations: u64,
    /// ECS does not show a task for so long after its launch.
    pub ecs_lag: Duration,
    /// Kept while the storm lasts.
    pub spares: usize,
}

/// Chances for one machine.
#[derive(Clone, Copy, Debug)]
pub struct MachineLuck {
    pub fails_to_start: f64,
    pub killed: f64,
    pub interrupted: f64,
    pub frozen: f64,
    pub cut_off: f64,
    /// Frozen for good, while ECS says RUNNING.
    pub hangs: f64,
    /// ECS takes it for stopped while it lives on.
    pub lost: f64,
    /// A kind of machine is not to be had for a while.
    pub no_capacity: f64,
    pub gateway_dies: f64,
    /// A run fails for good, or once.
    pub run_fails: f64,
    pub long_run: f64,
}

impl MachineLuck {
    pub fn can_die(&self) -> bool {
        [self.killed, self.interrupted, self.frozen, self.cut_off, self.hangs, self.lost]
            .iter()
            .any(|chance| *chance > 0.0)
    }
}

/// Chances for one message.
#[derive(Clone, Copy, Debug)]
pub struct PeopleLuck {
    pub hangs_up: f64,
    /// Sends, and never comes back.
    pub vanishes: f64,
    pub sends_twice: f64,
    pub cancels: f64,
    /// Does not wait for the one before to be accepted.
    pub impatient: f64,
}

impl Plan {
    pub fn draw(chaos: &Chaos) -> Self {
        let share = |most: f64| most * unit(chaos);
        // A third of the schedules has no trouble of a kind at all: combinations of few faults
        // are then as frequent as those of many.
        let maybe = |most: f64| if chaos.chance(0.35) { 0.0 } else { share(most) };
        Self {
            users: 1 + chaos.below(3),
            tabs: 1 + chaos.below(2),
            messages_per_tab: 1 + chaos.below(6),
            storm: chaos.millis(60_000, 900_000),
            rates: Rates {
                fails: maybe(0.25),
                loses: maybe(0.2),
                slow: maybe(0.1),
                slow_ms: chaos.below(60_000),
                latency_ms: 1 + chaos.below(200),
                crashes: maybe(0.02),
            },
            machines: MachineLuck {
                fails_to_start: maybe(0.3),
                killed: maybe(0.7),
                interrupted: maybe(0.7),
                frozen: maybe(0.5),
                cut_off: maybe(0.5),
                hangs: maybe(0.3),
                lost: maybe(0.4),
                no_capacity: maybe(0.6),
                gateway_dies: maybe(0.3),
                run_fails: maybe(0.3),
                long_run: maybe(0.3),
            },
            people: PeopleLuck {
                hangs_up: maybe(0.5),
                vanishes: maybe(0.3),
                sends_twice: maybe(0.4),
                cancels: maybe(0.2),
                impatient: maybe(1.0),
            },
            event_twice: maybe(0.5),
            event_late: chaos.millis(500, 60_000),
            skew_ms: chaos.below(2_001),
            conversations: 1 + chaos.below(2),
            ecs_lag: chaos.millis(0, 60_000),
            spares: usize::try_from(chaos.below(8).saturating_sub(4)).expect("3 at most"),
        }
    }
}

fn unit(chaos: &Chaos) -> f64 {
    f64::from(u32::try_from(chaos.below(1_000_001)).expect("a million")) / 1_000_000.0
}
