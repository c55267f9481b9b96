//! What users have taught their agents.

use async_trait::async_trait;
use domain::{Skill, SkillName, UserId};
use platform::{OpenError, Result, Skills};

use crate::world::World;

#[async_trait]
impl Skills for World {
    async fn list(&self, user: &UserId) -> Result<Vec<Skill>> {
        self.call("skills.list", |state| {
            let of_user = state.skills.get(user).into_iter().flat_map(|skills| skills.values());
            Ok(of_user.map(|(skill, _)| skill.clone()).collect())
        })
        .await
    }

    async fn put(&self, user: &UserId, skill: &Skill, archive: Vec<u8>) -> Result<()> {
        self.call("skills.put", |state| {
            let skills = state.skills.entry(user.clone()).or_default();
            skills.insert(skill.name.clone(), (skill.clone(), archive));
            Ok(())
        })
        .await
    }

    async fn remove(&self, user: &UserId, name: &SkillName) -> Result<bool> {
        self.call("skills.remove", |state| {
            Ok(state.skills.get_mut(user).and_then(|skills| skills.remove(name)).is_some())
        })
        .await
    }

    async fn open(&self, user: &UserId, skill: &Skill) -> std::result::Result<Vec<u8>, OpenError> {
        self.call("skills.open", |state| {
            let kept = state.skills.get(user).and_then(|skills| skills.get(&skill.name));
            let kept = kept.filter(|(kept, _)| kept.sha256 == skill.sha256 && kept.at == skill.at);
            kept.map(|(_, archive)| archive.clone()).ok_or(OpenError::NotFound)
        })
        .await
    }
}
