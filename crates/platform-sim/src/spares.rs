//! The pool.

use async_trait::async_trait;
use domain::{Generation, Phase, Spare, SpareId, SpareStatus, TaskArn, UserId};
use platform::{Claim, ClaimSpareError, Result, Spares, WriteError};

use crate::log::Effect;
use crate::state::State;
use crate::world::World;

impl World {
    pub fn spares_now(&self) -> Vec<Spare> {
        self.lock().spares.values().cloned().collect()
    }
}

#[async_trait]
impl Spares for World {
    async fn add(&self, spare: &Spare) -> Result<()> {
        self.call("spares.add", |state| {
            state.spares.entry(spare.id.clone()).or_insert_with(|| spare.clone());
            Ok(())
        })
        .await
    }

    async fn record_launched(
        &self,
        id: &SpareId,
        arn: &TaskArn,
    ) -> std::result::Result<(), WriteError> {
        self.call("spares.record_launched", |state| {
            let spare = state.spares.get_mut(id).ok_or(WriteError::Fenced)?;
            spare.task_arn = Some(arn.clone());
            Ok(())
        })
        .await
    }

    async fn set_ready(&self, id: &SpareId) -> std::result::Result<(), WriteError> {
        self.call("spares.set_ready", |state| {
            let spare = state.unclaimed(id)?;
            spare.status = SpareStatus::Ready;
            Ok(())
        })
        .await
    }

    async fn get(&self, id: &SpareId) -> Result<Option<Spare>> {
        self.call("spares.get", |state| Ok(state.spares.get(id).cloned())).await
    }

    async fn all(&self) -> Result<Vec<Spare>> {
        self.call("spares.all", |state| Ok(state.spares.values().cloned().collect())).await
    }

    async fn claim(
        &self,
        spare: &Spare,
        user: &UserId,
        claim: &Claim,
    ) -> std::result::Result<Generation, ClaimSpareError> {
        self.call("spares.claim", |state| state.claim_spare(spare, user, claim)).await
    }

    async fn retire(&self, id: &SpareId) -> Result<bool> {
        self.call("spares.retire", |state| {
            let unclaimed = state.unclaimed(id).is_ok();
            if unclaimed {
                state.spares.remove(id);
            }
            Ok(unclaimed)
        })
        .await
    }

    async fn remove(&self, id: &SpareId) -> Result<()> {
        self.call("spares.remove", |state| {
            state.spares.remove(id);
            Ok(())
        })
        .await
    }
}

impl State {
    pub(crate) fn unclaimed(
        &mut self,
        id: &SpareId,
    ) -> std::result::Result<&mut Spare, WriteError> {
        let spare = self.spares.get_mut(id).ok_or(WriteError::Fenced)?;
        match spare.status {
            SpareStatus::Claimed(..) => Err(WriteError::Fenced),
            SpareStatus::Starting | SpareStatus::Ready => Ok(spare),
        }
    }

    fn claim_spare(
        &mut self,
        spare: &Spare,
        user: &UserId,
        claim: &Claim,
    ) -> std::result::Result<Generation, ClaimSpareError> {
        let ready = self.spares.get(&spare.id).is_some_and(|s| s.status == SpareStatus::Ready);
        if !self.is_as_seen(user, claim) {
            return Err(ClaimSpareError::LostRace);
        }
        if !ready {
            return Err(ClaimSpareError::Taken);
        }
        let generation = self.claim(user, claim).expect("it is as seen");
        let row = self.spares.get_mut(&spare.id).expect("looked at above");
        row.status = SpareStatus::Claimed(user.clone(), generation);
        let task = self.tasks.get_mut(user).expect("claimed above");
        task.task_arn.clone_from(&row.task_arn);
        task.phase = Some(Phase::Restoring);
        let spare = spare.id.clone();
        self.note(user, Effect::SpareClaimed { generation, spare });
        Ok(generation)
    }
}
