//! Spares, and the steps that cases have in common.

use std::sync::Arc;

use domain::{Generation, Spare, SpareId, SpareStatus, TaskArn};

use super::ContractWorld;
use super::scene::{NOW, Scene, later};
use crate::{ClaimSpareError, Spares};

pub(super) struct Pool<'a> {
    world: &'a dyn ContractWorld,
    pub(super) spares: Arc<dyn Spares>,
}

impl<'a> Pool<'a> {
    pub(super) fn of(world: &'a dyn ContractWorld) -> Self {
        Self { world, spares: world.spares() }
    }

    pub(super) async fn starting(&self) -> Spare {
        let id = self.world.new_spare();
        let spare = Spare {
            status: SpareStatus::Starting,
            launch_token_sha256: format!("token of {id}"),
            task_arn: None,
            connection: None,
            launched_at: NOW,
            expires_at: later(3_600),
            id,
        };
        self.spares.add(&spare).await.expect("writes");
        spare
    }

    pub(super) async fn ready(&self) -> Spare {
        let spare = self.starting().await;
        let arn = TaskArn(format!("arn:{}", spare.id));
        self.spares.record_launched(&spare.id, &arn).await.expect("is there");
        self.spares.set_ready(&spare.id).await.expect("is starting");
        self.read(&spare.id).await
    }

    pub(super) async fn read(&self, id: &SpareId) -> Spare {
        self.spares.get(id).await.expect("reads").expect("is there")
    }

    /// For the user of `scene`, as he is now.
    pub(super) async fn claim(
        &self,
        spare: &Spare,
        scene: &Scene,
    ) -> Result<Generation, ClaimSpareError> {
        let claim = scene.claim_of(&scene.task().await, &spare.launch_token_sha256);
        self.spares.claim(spare, &scene.user, &claim).await
    }
}
