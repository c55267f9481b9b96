//! The system as its users meet it: real processes, real sockets.
//!
//! [`Stack`] runs the `local-stack` binary, which starts the real `bridge`, which starts either
//! the scripted gateway (fast, most tests) or the real OpenClaw. [`Client`] is a browser's half
//! of the protocol. Binaries are those of this build: `cargo build --workspace --all-features
//! --bins` first, as `make test` does.

pub mod bench;
mod client;
mod http;
mod poll;
pub mod runtime_api;
mod stack;

pub use client::{Client, ConnectFailure, Heard};
pub use http::{Answer, get, send};
pub use poll::{PATIENCE, eventually};
pub use stack::{Stack, StackOptions, binary};

/// A fresh idempotency key.
pub fn message_id() -> String {
    uuid::Uuid::new_v4().to_string()
}
