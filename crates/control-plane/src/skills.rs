//! What a user teaches his agent: kept per user, and on the agent's machine at the next wake, or
//! at once if it is awake.

mod archive;

use std::sync::Arc;

use domain::limits::SKILLS_MAX;
use domain::{Skill, SkillName, UserId};
use platform::{Clock, Skills, Unavailable};
use protocol::{Nudge, SkillSummary, SkillsList};
use tracing::warn;

pub use archive::{InvalidSkill, Packed, pack, pack_document};

use crate::EnsureTask;

/// As it was sent.
#[derive(Clone, Debug)]
pub enum SentSkill<'a> {
    /// A zip.
    Archive(&'a [u8]),
    /// A `SKILL.md` alone.
    Document(&'a [u8]),
}

#[derive(Debug, thiserror::Error)]
pub enum PutSkillError {
    #[error(transparent)]
    Invalid(#[from] InvalidSkill),
    #[error("you have {SKILLS_MAX} skills already; remove one first")]
    TooMany,
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

#[derive(Clone)]
pub struct KeepSkills {
    pub skills: Arc<dyn Skills>,
    pub ensure: EnsureTask,
    pub clock: Arc<dyn Clock>,
}

impl KeepSkills {
    pub async fn list(&self, user: &UserId) -> Result<SkillsList, Unavailable> {
        let skills = self.skills.list(user).await?;
        Ok(SkillsList { skills: skills.into_iter().map(summary).collect() })
    }

    pub async fn put(
        &self,
        user: &UserId,
        sent: SentSkill<'_>,
    ) -> Result<SkillSummary, PutSkillError> {
        let Packed { name, description, files, bytes, sha256, archive } = match sent {
            SentSkill::Archive(archive) => pack(archive)?,
            SentSkill::Document(text) => pack_document(text)?,
        };
        let kept = self.skills.list(user).await?;
        // Who sends many at once may end up with a few more: the bound is for prompts and disks.
        if kept.len() >= SKILLS_MAX && !kept.iter().any(|skill| skill.name == name) {
            return Err(PutSkillError::TooMany);
        }
        let skill = Skill { name, description, sha256, files, bytes, at: self.clock.now() };
        self.skills.put(user, &skill, archive).await?;
        self.tell_bridge(user).await;
        Ok(summary(skill))
    }

    /// `false`: there was none of this name.
    pub async fn remove(&self, user: &UserId, name: &SkillName) -> Result<bool, Unavailable> {
        let removed = self.skills.remove(user, name).await?;
        if removed {
            self.tell_bridge(user).await;
        }
        Ok(removed)
    }

    /// A bridge that does not hear of it looks when it next wakes.
    async fn tell_bridge(&self, user: &UserId) {
        if let Err(error) = self.ensure.nudge_if_running(user, &Nudge::Skills).await {
            warn!(user.id = %user, %error, "could not tell the bridge of a skill");
        }
    }
}

fn summary(skill: Skill) -> SkillSummary {
    SkillSummary {
        name: skill.name.into(),
        description: skill.description,
        files: skill.files,
        bytes: skill.bytes,
        at: skill.at.millis(),
    }
}
