//! The ports of `platform` in memory, under the conditions that the real ones keep, with a
//! clock that a test turns and faults that it injects.
//!
//! A [`World`] is one shared state behind every port; clones share it. It passes the same
//! contract suite as `platform-aws`.
//!
//! A test says what fails next, call by call. A simulation gives each process a [`Process`]
//! of its own instead: its calls are slow, lost, refused or cut off by a seed's dice
//! ([`Chaos`]), and it can be killed, frozen or partitioned between any two of its effects.

mod chaos;
mod clock;
mod compute;
mod connections;
mod conversations;
mod faults;
mod inbox;
mod log;
mod memory;
mod metrics;
mod process;
mod push;
mod settings;
mod snapshots;
mod spares;
mod state;
mod tasks;
mod uploads;
mod world;

pub use chaos::{Chaos, Rates};
pub use clock::{SkewedClock, TurnedClock};
pub use compute::{Machine, MachineEvent};
pub use log::{Effect, Entry, Seen};
pub use memory::{Disk, Lines, SimMemory};
pub use process::{Fate, Process};
pub use world::World;
