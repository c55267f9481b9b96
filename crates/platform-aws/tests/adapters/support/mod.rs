//! Servers that stand in for AWS, each on a free port and gone when it is dropped.

mod answers;
mod database;
mod objects;
mod server;

pub(crate) use answers::{Answer, Answers};
pub(crate) use database::Database;
pub(crate) use objects::Objects;

use platform_aws::Aws;
use platform_aws::config::Access;

/// The product's own clients, pointed at `url`.
pub(crate) fn aws_at(url: &str) -> Aws {
    let access = Access { region: "eu-west-1".into(), endpoint_url: Some(url.into()) };
    Aws::with_credentials(&access, "test", "test")
}
