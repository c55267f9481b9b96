//! The contract suite over ministack: a second opinion on what DynamoDB and S3 do, by people
//! who wrote theirs without looking at ours. `make test` installs it and names its Python in
//! MINISTACK_PYTHON; without that the cases are skipped, and say so.

mod server;
#[path = "../world/mod.rs"]
mod world;

use server::MINISTACK;
use world::{World, aws_at};

/// Every case has users of its own, so all of them share one server and its tables.
async fn world() -> World<()> {
    let aws = aws_at(&MINISTACK.url);
    World::new(&aws, &aws, &MINISTACK.tables, ())
}

platform::contract_tests!(world);
