//! The skills that a user has given his agent. What the agent writes itself is among its files.

use async_trait::async_trait;
use domain::{Skill, SkillName, UserId};

use crate::{OpenError, Result};

#[async_trait]
pub trait Skills: Send + Sync {
    /// All of them, by name. Strongly consistent: what is not here is removed from the agent.
    async fn list(&self, user: &UserId) -> Result<Vec<Skill>>;

    /// In the place of the one that has this name. Its archive is kept before it is listed, so
    /// whoever finds it listed can open it, or finds another listed since.
    async fn put(&self, user: &UserId, skill: &Skill, archive: Vec<u8>) -> Result<()>;

    /// `false`: there was none of this name.
    async fn remove(&self, user: &UserId, name: &SkillName) -> Result<bool>;

    /// The archive of a skill as it was listed.
    async fn open(&self, user: &UserId, skill: &Skill) -> std::result::Result<Vec<u8>, OpenError>;
}
