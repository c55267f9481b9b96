//! The whole product on one machine, for `make run`, for every system test and
//! for the fault drills.
//!
//! The Lambdas' own handlers get the same event JSON that API Gateway and
//! EventBridge send; the AWS SDK clients are the production ones, pointed at
//! [`Urls::aws_endpoint`]; `ecs:RunTask` spawns the real bridge. One file per
//! service that is stood in for.
//!
//! [`start`] binds the ports, lets the caller build the Lambdas for them, and
//! serves. The public port has `/` (the page), `/ws`, `/api`, `/oidc`,
//! `/telegram` and `/telegram-api` (a Telegram of its own) and `/local` (the controls for drills). Everything listens on loopback only.

mod aws;
mod aws_endpoint;
mod aws_error;
pub mod cli;
mod clock;
mod cognito;
mod config;
mod connections;
mod control;
mod counters;
mod demo_model;
mod dynamodb;
mod ecs;
mod faults;
mod functions;
mod gateway_http;
mod gateway_ws;
mod identity;
mod lambdas;
mod lock;
mod loopback;
mod private_file;
mod provider;
mod s3;
mod schedule;
mod scheduler;
mod serve;
mod ssm;
mod stack;
mod telegram;
mod web;
mod wiring;
mod ws_event;

pub use aws::Aws;
pub use config::{
    ACCOUNT, CREDENTIAL, Config, EcsConfig, PageConfig, Parameter, REGION, SocketLimits,
};
pub use counters::Counted;
pub use faults::Faults;
pub use functions::Functions;
pub use stack::{Stack, Urls, Wiring, start};
