//! The skills that a user manages, on the agent's machine: `<state>/skills`, where the gateway
//! looks and watches. They are made equal to the user's list before the gateway starts, and when
//! somebody says that the list has changed.
//!
//! Only folders with our mark are ours. What else lies there, and all in the workspace, is the
//! agent's own. A list that cannot be read removes nothing (I9).

mod folders;
mod unpack;

use std::sync::Arc;
use std::time::Duration;

use data_encoding::HEXLOWER;
use domain::{Phase, Skill, TaskStatus, UserId};
use platform::{OpenError, Skills, Unavailable};
use sha2::{Digest, Sha256};
use tracing::{info, warn};

use crate::bridge::Bridge;
use crate::chain::chain;
use crate::skills::folders::Managed;
use crate::tell;
use crate::workspace::Workspace;

const TRIES: u32 = 4;

/// Why a skill is not as the user's list has it, in words for him.
pub(crate) type Missing = Vec<String>;

/// What cannot be had is told, and left as it is.
pub(crate) async fn sync(
    skills: &dyn Skills,
    user: &UserId,
    workspace: &Workspace,
) -> Result<Missing, Unavailable> {
    let wanted = skills.list(user).await?;
    let there = match on_disk(workspace, |of| folders::there(&of)).await {
        Ok(there) => there,
        Err(why) if wanted.is_empty() => {
            warn!(why, "cannot look at the agent's skills");
            return Ok(Missing::new());
        }
        Err(why) => return Ok(vec![format!("Your skills could not be put in place: {why}.")]),
    };
    let mut missing = Missing::new();
    for skill in &wanted {
        let done = match there.get(skill.name.as_str()) {
            Some(Managed::Ours { sha256 }) if *sha256 == skill.sha256 => continue,
            Some(Managed::Agents) => Err("a folder of the agent's own has its name".into()),
            Some(Managed::Ours { .. }) | None => bring(skills, user, workspace, skill).await,
        };
        match done {
            Ok(()) => info!(skill.name = %skill.name, "a skill is in place"),
            Err(why) => {
                warn!(skill.name = %skill.name, why, "cannot put a skill in place");
                missing.push(format!("Your skill {} is not up to date: {why}.", skill.name));
            }
        }
    }
    for (name, managed) in there {
        let is_wanted = wanted.iter().any(|skill| skill.name.as_str() == name);
        if is_wanted || managed == Managed::Agents {
            continue;
        }
        info!(skill.name = name, "a skill is taken away");
        if let Err(why) = on_disk(workspace, move |of| folders::remove(&of, &name)).await {
            missing.push(format!("A skill could not be taken away: {why}."));
        }
    }
    Ok(missing)
}

async fn bring(
    skills: &dyn Skills,
    user: &UserId,
    workspace: &Workspace,
    skill: &Skill,
) -> Result<(), String> {
    let archive = match skills.open(user, skill).await {
        Ok(archive) => archive,
        // Replaced since it was listed: whoever did it nudges.
        Err(OpenError::NotFound) => return Err("it has just been replaced".into()),
        Err(OpenError::Unavailable(error)) => {
            warn!(error = %chain(&error), "cannot fetch a skill");
            return Err("it cannot be fetched at present".into());
        }
    };
    if HEXLOWER.encode(&Sha256::digest(&archive)) != skill.sha256 {
        return Err("what is kept of it is damaged; send it again".into());
    }
    let skill = skill.clone();
    on_disk(workspace, move |of| folders::install(&of, &skill, &archive)).await
}

/// The error is for people.
async fn on_disk<T: Send + 'static>(
    workspace: &Workspace,
    work: impl FnOnce(Workspace) -> std::io::Result<T> + Send + 'static,
) -> Result<T, String> {
    let workspace = workspace.clone();
    let done = tokio::task::spawn_blocking(move || work(workspace)).await;
    done.map_err(|error| error.to_string())?.map_err(|error| error.to_string())
}

async fn tell_user(bridge: &Bridge, missing: &Missing) {
    if missing.is_empty() {
        return;
    }
    bridge.relay.look_around(Duration::from_secs(5)).await;
    for why in missing {
        bridge.relay.frame(&tell::status(TaskStatus::Running, Phase::Ready, Some(why)));
    }
}

/// Syncs whenever somebody says so. The gateway watches the folder, so nothing starts anew: a
/// conversation has the skill from its next message on.
pub async fn follow(bridge: Arc<Bridge>) {
    if !bridge.workspace.is_somewhere() {
        return;
    }
    let keep = async {
        loop {
            bridge.wants.skills.notified().await;
            let mut backoff = bridge.backoff("skills", (500, 5_000));
            while backoff.failures() < TRIES {
                let skills = &*bridge.ports.skills;
                match sync(skills, &bridge.user, &bridge.workspace).await {
                    Ok(missing) => {
                        tell_user(&bridge, &missing).await;
                        break;
                    }
                    Err(error) => warn!(error = %chain(&error), "cannot list the skills yet"),
                }
                backoff.wait().await;
            }
        }
    };
    bridge.halt.closing.run_until_cancelled(keep).await;
}
