//! The stand-ins, tried through the front door: real AWS SDK clients, real
//! sockets, real processes.

mod cli;
mod connections;
mod control;
mod demo_model;
mod dynamodb;
mod ecs;
mod http_api;
mod identity;
mod leaving;
mod page;
mod s3;
mod scheduler;
mod ssm;
mod support;
mod telegram;
mod uploads;
