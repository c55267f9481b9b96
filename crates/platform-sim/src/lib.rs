//! The ports of `platform` in memory, under the conditions that the real ones keep, with a
//! clock that a test turns and faults that it injects.
//!
//! A [`World`] is one shared state behind every port; clones share it. It passes the same
//! contract suite as `platform-aws`.
//!
//! A test says what fails next, call by call. A simulation gives each process a [`Process`]
//! of its own instead: its calls are slow, lost, refused or cut off by a seed's dice
//! ([`Chaos`]), and it can be killed, frozen or partitioned between any two of its effects.

mod accounts;
mod belongings;
mod bot;
mod chaos;
mod chats;
mod clock;
mod compute;
mod connections;
mod conversations;
mod deletions;
mod errands;
mod exports;
mod faults;
mod history;
mod inbox;
mod links;
mod log;
mod memory;
mod metrics;
mod process;
mod push;
mod releases;
mod schedules;
mod settings;
mod skills;
mod snapshots;
mod spares;
mod state;
mod tasks;
mod uploads;
mod usage;
mod workspace;
mod world;

pub use bot::{BotChat, BotMessage, Said};
pub use chaos::{Chaos, Rates};
pub use clock::{SkewedClock, TurnedClock};
pub use compute::{Machine, MachineEvent};
pub use log::{Effect, Entry, Seen};
pub use memory::{Disk, Lines, SimMemory};
pub use process::{Fate, Process};
pub use world::World;
