//! The invariants under thousands of schedules.
//!
//! One schedule is some hours in the life of a few users, drawn from a seed: what people send
//! and when their sockets break, which calls are slow, lost or refused, when machines are not to
//! be had, killed, frozen or cut off. The Lambdas' handlers, the use cases and the life of the
//! bridge are the real ones; the tables, ECS, sockets and time are those of `platform-sim`, on
//! tokio's paused clock. Then the weather clears, everything has to settle, and the ledger is
//! checked. The same seed does the same again.

mod agent;
mod cluster;
mod events;
mod lambdas;
mod ledger;
mod line;
mod people;
mod plan;
mod stage;

use std::fmt;

use platform_sim::Rates;

pub use plan::Plan;

/// What became of one schedule.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    pub seed: u64,
    /// What the ledger found. Empty: every invariant held.
    pub problems: Vec<String>,
    /// Everything that happened, line by line.
    pub log: Vec<String>,
    pub counts: Counts,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub accepted: u64,
    pub ended: u64,
    pub dead: u64,
    pub launches: u64,
    pub claims: u64,
    pub spares_claimed: u64,
    pub snapshots: u64,
    pub kills: u64,
    pub interruptions: u64,
    pub freezes: u64,
    pub partitions: u64,
    pub crashed_lambdas: u64,
    pub virtual_seconds: u64,
}

impl Counts {
    pub fn add(&mut self, other: &Counts) {
        let pairs: [(&mut u64, u64); 13] = [
            (&mut self.accepted, other.accepted),
            (&mut self.ended, other.ended),
            (&mut self.dead, other.dead),
            (&mut self.launches, other.launches),
            (&mut self.claims, other.claims),
            (&mut self.spares_claimed, other.spares_claimed),
            (&mut self.snapshots, other.snapshots),
            (&mut self.kills, other.kills),
            (&mut self.interruptions, other.interruptions),
            (&mut self.freezes, other.freezes),
            (&mut self.partitions, other.partitions),
            (&mut self.crashed_lambdas, other.crashed_lambdas),
            (&mut self.virtual_seconds, other.virtual_seconds),
        ];
        for (sum, more) in pairs {
            *sum += more;
        }
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines = [
            ("messages accepted", self.accepted),
            ("answered", self.ended - self.dead),
            ("given up, and said so", self.dead),
            ("launches won", self.claims),
            ("of these, of a spare", self.spares_claimed),
            ("snapshots", self.snapshots),
            ("tasks run", self.launches),
            ("bridges killed", self.kills),
            ("interrupted or stopped", self.interruptions),
            ("frozen", self.freezes),
            ("cut off", self.partitions),
            ("Lambdas that died", self.crashed_lambdas),
            ("virtual hours", self.virtual_seconds / 3600),
        ];
        for (what, count) in lines {
            writeln!(f, "  {what:<24}{count:>12}")?;
        }
        Ok(())
    }
}

/// Plays one schedule.
pub fn play(seed: u64) -> Outcome {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime without IO needs nothing");
    tokio::task::LocalSet::new().block_on(&runtime, stage::play(seed))
}

const CALM: Rates =
    Rates { fails: 0.0, loses: 0.0, slow: 0.0, slow_ms: 0, latency_ms: 20, crashes: 0.0 };
