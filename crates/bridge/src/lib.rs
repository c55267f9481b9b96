//! The Fargate binary: keeps the real OpenClaw running, takes a user's messages from the inbox
//! to it, streams the replies to everybody who listens, records them, and stops well.
//!
//! Everything it writes is conditional on its generation (I3). It listens on loopback only and
//! dials out for nudges (I6). The agent it runs can see none of its credentials (I7).

mod activity;
mod agent;
mod answer;
mod backoff;
mod boot;
mod bridge;
mod chain;
mod config;
mod drain;
mod follow;
mod gateway_agent;
mod gateway_config;
mod gateway_output;
mod gateway_process;
mod habits;
mod halt;
mod health;
mod host;
mod live;
mod model;
mod model_proxy;
mod nudged;
mod nudges;
mod orphans;
mod outbox;
mod ports;
mod process_host;
mod queues;
mod record;
mod relay;
mod restarts;
mod run;
mod server;
mod spare;
mod state_dir;
mod stop;
mod tell;
mod transcript;
mod websocket_line;

pub use activity::{Activity, Busy};
pub use agent::{Agent, AgentRun, RunEnd, RunEvent, RunRequest};
pub use boot::{wait_for_turn, wake};
pub use bridge::{Bridge, Policy};
pub use config::{Config, GatewayProgram};
pub use drain::drain;
pub use gateway_process::{GatewayProcess, GatewayState, Launch};
pub use halt::{Halt, Reason};
pub use health::Health;
pub use host::{Gateway, GatewayHost};
pub use live::{Life, live};
pub use model::{ModelApi, ModelCost, ModelSettings};
pub use model_proxy::ModelProxy;
pub use nudged::nudged;
pub use nudges::{DialError, Line, Socket, listen};
pub use orphans::Orphans;
pub use ports::{ModelSource, Ports};
pub use relay::Relay;
pub use run::{run, run_spare};
pub use server::Server;
pub use spare::{SpareLife, spare};
pub use state_dir::StateDir;
pub use stop::{release, wind_down};
pub use websocket_line::WebSocketLine;
