//! Adapters against stand-ins on loopback: an embedded DynamoDB, an S3 of one page, and
//! servers that answer what they are told. One binary: each would link the whole SDK again.

mod bot;
mod compute;
mod contention;
mod contract;
mod credentials;
mod lost_answers;
mod pool;
mod push;
mod rows;
mod secrets;
mod support;
mod tokens;
#[path = "../world/mod.rs"]
mod world;
