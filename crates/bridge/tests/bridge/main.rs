//! The bridge in a world in memory; its process supervision and sockets on the real machine.

mod habits;
mod handover;
mod life;
mod played;
mod process;
mod replies;
mod resume;
mod sockets;
mod spare;
mod support;
mod trouble;
mod waiting;
mod whole;
