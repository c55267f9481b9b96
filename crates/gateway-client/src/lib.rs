#![doc = include_str!("../README.md")]

mod answers;
mod classify;
mod client;
mod config;
mod drive;
mod error;
mod frames;
mod handshake;
mod history;
mod known;
mod limits;
mod link;
mod outbox;
mod recovery;
mod registry;
mod reply;
mod run;
mod run_cell;
mod supervisor;
mod waits;

#[cfg(feature = "scripted")]
pub mod scripted;

pub use client::GatewayClient;
pub use config::{ConnectionState, GatewayConfig, ReconnectPolicy};
pub use error::{GatewayError, HandshakeError, RpcError};
pub use frames::BootId;
pub use history::{History, HistoryRow, InFlightRun, Role};
pub use run::{
    Attachment, Run, RunEnd, RunError, RunErrorKind, RunEvent, RunRequest, ToolState, Usage,
};
