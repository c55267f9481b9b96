//! The ports of `platform` in memory, under the conditions that the real ones keep, with a
//! clock that a test turns and faults that it injects.
//!
//! A [`World`] is one shared state behind every port; clones share it. It passes the same
//! contract suite as `platform-aws`.

mod clock;
mod compute;
mod connections;
mod conversations;
mod faults;
mod inbox;
mod push;
mod state;
mod tasks;
mod world;

pub use clock::TurnedClock;
pub use world::World;
