//! What users take with them.

use async_trait::async_trait;
use domain::limits::{EXPORT_LINK_TTL, EXPORT_PART_BYTES};
use domain::{Timestamp, UserId};
use platform::{ExportLink, ExportWriter, Exports, Result, Unavailable};

use crate::world::World;

impl World {
    /// What can be fetched, by name.
    pub fn exports_of(&self, user: &UserId) -> Vec<(String, Vec<u8>)> {
        let state = self.lock();
        let of_user = state.exports.iter().filter(|((owner, _), _)| owner == user);
        of_user.map(|((_, name), bytes)| (name.clone(), bytes.clone())).collect()
    }

    /// Parts of exports that are neither finished nor taken back.
    pub fn exports_under_way(&self) -> usize {
        self.lock().exports_under_way
    }
}

#[async_trait]
impl Exports for World {
    async fn begin(&self, user: &UserId, name: &str) -> Result<Box<dyn ExportWriter>> {
        let begun = self.call("exports.begin", |state| {
            state.exports_under_way += 1;
            Ok::<_, Unavailable>(())
        });
        begun.await?;
        let place = (user.clone(), name.to_owned());
        Ok(Box::new(Parts { world: self.clone(), place, bytes: Vec::new(), short: false }))
    }

    async fn link(&self, user: &UserId, name: &str, now: Timestamp) -> Result<ExportLink> {
        let url = format!("https://exports.invalid/{user}/{name}.zip");
        self.call("exports.link", |_| Ok(ExportLink { url, expires_at: now + EXPORT_LINK_TTL }))
            .await
    }
}

struct Parts {
    world: World,
    place: (UserId, String),
    bytes: Vec<u8>,
    /// After a part that is shorter there is none.
    short: bool,
}

#[async_trait]
impl ExportWriter for Parts {
    async fn part(&mut self, bytes: Vec<u8>) -> Result<()> {
        assert!(!self.short, "only the last part is short");
        self.short = bytes.len() < EXPORT_PART_BYTES;
        self.bytes.extend(bytes);
        self.world.call("exports.part", |_| Ok(())).await
    }

    async fn finish(&mut self) -> Result<()> {
        let (place, bytes) = (self.place.clone(), std::mem::take(&mut self.bytes));
        self.world
            .call("exports.finish", |state| {
                state.exports_under_way -= 1;
                state.exports.insert(place, bytes);
                Ok(())
            })
            .await
    }

    async fn abandon(&mut self) -> Result<()> {
        self.world
            .call("exports.abandon", |state| {
                state.exports_under_way -= 1;
                Ok(())
            })
            .await
    }
}
