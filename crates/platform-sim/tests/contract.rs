//! The simulated world keeps the contract that the real one keeps.

use std::sync::Arc;

use platform::contract::ContractWorld;
use platform::{Connections, Conversations, Inbox, Settings, Spares, Tasks};
use platform_sim::World;

struct Simulated(World);

impl ContractWorld for Simulated {
    fn inbox(&self) -> Arc<dyn Inbox> {
        self.0.inbox()
    }

    fn tasks(&self) -> Arc<dyn Tasks> {
        self.0.tasks()
    }

    fn connections(&self) -> Arc<dyn Connections> {
        self.0.connections()
    }

    fn conversations(&self) -> Arc<dyn Conversations> {
        self.0.conversations()
    }

    fn spares(&self) -> Arc<dyn Spares> {
        self.0.spares()
    }

    fn settings(&self) -> Arc<dyn Settings> {
        self.0.settings()
    }
}

async fn world() -> Simulated {
    Simulated(World::default())
}

platform::contract_tests!(world);
