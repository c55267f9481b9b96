//! What the API asks of bridges.

use async_trait::async_trait;
use domain::errand::{Answer, Ask};
use domain::{Errand, ErrandState, Generation, Timestamp, UploadId, UserId};
use platform::{Errands, Result, WriteError};

use crate::state::Expiring;
use crate::world::World;

pub(crate) struct Row {
    ask: Ask,
    state: ErrandState,
}

#[async_trait]
impl Errands for World {
    async fn ask(&self, user: &UserId, errand: &Errand) -> Result<()> {
        self.call("errands.ask", |state| {
            let row = Row { ask: errand.ask.clone(), state: ErrandState::Asked };
            let row = Expiring { value: row, expires: errand.expires_at };
            state.errands.insert((user.clone(), errand.id.clone()), row);
            Ok(())
        })
        .await
    }

    async fn take(
        &self,
        user: &UserId,
        id: &UploadId,
        generation: Generation,
        now: Timestamp,
    ) -> std::result::Result<Ask, WriteError> {
        self.call("errands.take", |state| {
            state.current(user, generation)?;
            let row = state.errands.get_mut(&(user.clone(), id.clone()));
            let row = row.filter(|row| row.is_live(now)).ok_or(WriteError::Conflict)?;
            if matches!(row.value.state, ErrandState::Answered(_)) {
                return Err(WriteError::Conflict);
            }
            row.value.state = ErrandState::Taken;
            Ok(row.value.ask.clone())
        })
        .await
    }

    async fn answer(
        &self,
        user: &UserId,
        id: &UploadId,
        generation: Generation,
        answer: &Answer,
    ) -> std::result::Result<(), WriteError> {
        self.call("errands.answer", |state| {
            state.current(user, generation)?;
            let row = state.errands.get_mut(&(user.clone(), id.clone()));
            let row = row.ok_or(WriteError::Conflict)?;
            if matches!(row.value.state, ErrandState::Answered(_)) {
                return Err(WriteError::Conflict);
            }
            row.value.state = ErrandState::Answered(answer.clone());
            Ok(())
        })
        .await
    }

    async fn read(
        &self,
        user: &UserId,
        id: &UploadId,
        now: Timestamp,
    ) -> Result<Option<ErrandState>> {
        self.call("errands.read", |state| {
            let row = state.errands.get(&(user.clone(), id.clone()));
            Ok(row.and_then(|row| row.live(now)).map(|row| row.state.clone()))
        })
        .await
    }
}
