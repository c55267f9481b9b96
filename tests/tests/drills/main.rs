//! The promise of the product, under every fault we can make: 0 lost, 0 doubled, in order.
//!
//! Each drill injects one fault at a moment that it has seen, not guessed, and closes with the
//! same [`Ledger`](ledger::Ledger). It prints one row of a table; `--nocapture` shows them.

mod connections;
mod hands;
mod kills;
mod launches;
mod ledger;
mod person;
mod spot;
mod storm;
mod tables;
mod zombie;
