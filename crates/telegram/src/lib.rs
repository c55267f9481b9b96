//! Telegram's Bot API, as far as we use it: its updates, a dozen of its methods, and text as it
//! takes it. Knows nothing of us.
//!
//! # Why our own
//!
//! We looked at crates.io in November 2026, when Bot API 10.3 was current. frankenstein 0.52 and
//! tgbot 0.48 have 10.3, with drafts that can be stopped and rich messages; ronami-core 1.1 has
//! rich messages and no stopping yet, teloxide-core 0.13 neither. The first two are well kept, and
//! a bot that is only a bot should use one. For us:
//!
//! - teloxide-core, ronami-core and tgbot are built on reqwest, which is a second HTTP client
//!   beside the SDK's and ours, with a pool, root certificates and start-up of its own, in Lambdas
//!   that have 10 ms from start to first answer. frankenstein can be had without a client; what is
//!   left are its types, and the client is what we would have to write all the same.
//! - Their types are strict, as they should be for most: an update with one field of a new shape
//!   is no update. Here it must not block its chat for a day, so we read what we understand and
//!   count the rest as absent.
//! - We use a dozen methods, and none of them sends a file: little more code than an adapter to
//!   another crate's names.
//! - The token is in every address. Here it can get into no error and no log, and a test says so.
//!
//! The price: a new kind of update or method is ours to write down.

#[cfg(feature = "client")]
mod client;
#[cfg(feature = "client")]
mod download;
#[cfg(feature = "client")]
mod error;
mod file;
mod message;
mod rich;
#[cfg(feature = "client")]
mod server;
pub mod text;
#[cfg(feature = "client")]
mod token;
mod types;

#[cfg(feature = "client")]
pub use client::{Api, Command, Target, Text, Webhook};
#[cfg(feature = "client")]
pub use download::Download;
#[cfg(feature = "client")]
pub use error::Error;
pub use file::{File, FileKind};
pub use message::{Entity, Message, Quote};
#[cfg(feature = "client")]
pub use server::{AddressError, Server, TELEGRAM};
#[cfg(feature = "client")]
pub use token::{Token, TokenError};
pub use types::{
    ALLOWED_UPDATES, CallbackQuery, Chat, ChatKind, ChatMember, ChatMemberUpdated, Contact,
    Location, MemberStatus, Origin, StoppedGeneration, Update, UpdateKind, User, Venue,
    WebhookInfo, read_update,
};
