//! The API over a world in memory, called with API Gateway's events.

mod agent;
mod changed;
mod conversations;
mod gate;
mod idor;
mod link;
mod me;
mod routes;
mod schedules;
mod settings;
mod skills;
mod support;
mod workspace;
