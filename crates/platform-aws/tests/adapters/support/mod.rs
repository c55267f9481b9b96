//! Servers that stand in for AWS, each on a free port and gone when it is dropped.

mod answers;
mod database;
mod objects;
mod proxy;
mod server;

pub(crate) use answers::{Answer, Answers};
pub(crate) use database::Database;
pub(crate) use objects::Objects;
pub(crate) use proxy::{Fault, Proxy};

pub(crate) use crate::world::aws_at;
