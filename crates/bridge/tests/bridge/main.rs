//! The bridge in a world in memory; its process supervision and sockets on the real machine.

mod attachments;
mod context;
mod habits;
mod handover;
mod life;
mod memory;
mod played;
mod process;
mod replies;
mod resume;
mod skills;
mod sockets;
mod spare;
mod spending;
mod support;
mod telegram_albums;
mod telegram_mirror;
mod telegram_replies;
mod telegram_views;
mod trouble;
mod waiting;
mod whole;
mod workspace;
