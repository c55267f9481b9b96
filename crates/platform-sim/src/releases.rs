//! Which version is launched.

use async_trait::async_trait;
use domain::Release;
use platform::{Releases, Result};

use crate::world::World;

#[async_trait]
impl Releases for World {
    async fn get(&self) -> Result<Release> {
        self.call("releases.get", |state| Ok(state.release.clone())).await
    }

    async fn replace(&self, next: &Release) -> Result<bool> {
        self.call("releases.replace", |state| {
            let is_next = state.release.revision + 1 == next.revision;
            if is_next {
                state.release = next.clone();
            }
            Ok(is_next)
        })
        .await
    }
}
