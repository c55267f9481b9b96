//! The real ports, from the environment.

use std::sync::Arc;

use control_plane::Connect;
use platform::SystemClock;
use platform_aws::{Aws, DynamoConnections, DynamoSpares, DynamoTasks, Lookup};

use crate::Ports;

impl Ports {
    pub fn from_lookup(lookup: Lookup<'_>) -> anyhow::Result<Self> {
        let aws = Aws::from_lookup(lookup)?;
        let connect = Connect {
            connections: Arc::new(DynamoConnections::from_lookup(&aws, lookup)?),
            tasks: Arc::new(DynamoTasks::from_lookup(&aws, lookup)?),
            spares: Arc::new(DynamoSpares::from_lookup(&aws, lookup)?),
            clock: Arc::new(SystemClock),
        };
        Ok(Self { connect })
    }
}
