//! What the user has sent into the workspace: put there, and then taken out of the store. Whoever
//! breaks off in between does it again, and it is the same file.

use std::io;
use std::sync::Arc;

use domain::errand::Answer;
use domain::{IncomingKey, UploadId};
use platform::{OpenError, Unavailable};
use tracing::{info, warn};

use crate::attachments::{Trouble, save};
use crate::bridge::Bridge;
use crate::chain::chain;
use crate::workspace::Folder;

const TRIES: u32 = 4;

/// All that came while the agent slept.
pub async fn take_in_all(bridge: Arc<Bridge>) {
    if !bridge.workspace.is_somewhere() {
        return;
    }
    let all = async {
        let mut backoff = bridge.backoff("incoming", (500, 10_000));
        while backoff.failures() < TRIES {
            match bridge.ports.incoming.list(&bridge.user).await {
                Ok(keys) => {
                    for key in &keys {
                        place(&bridge, key).await;
                    }
                    return;
                }
                Err(error) => warn!(error = %chain(&error), "cannot list what came in"),
            }
            backoff.wait().await;
        }
    };
    bridge.halt.closing.run_until_cancelled(all).await;
}

/// What was sent under this id.
pub(crate) async fn take_in(bridge: &Bridge, id: &UploadId) -> Answer {
    match bridge.ports.incoming.list(&bridge.user).await {
        Ok(keys) => match keys.iter().find(|key| key.id == *id) {
            Some(key) => place(bridge, key).await,
            None => Answer::NotFound,
        },
        Err(error) => {
            warn!(error = %chain(&error), "cannot list what came in");
            Answer::Failed
        }
    }
}

async fn place(bridge: &Bridge, key: &IncomingKey) -> Answer {
    let _alone = bridge.wants.placing.lock().await;
    match try_place(bridge, key).await {
        Ok(answer) => answer,
        Err(Trouble::Missing) => Answer::NotFound,
        // It stays in the store: the user may clear the way.
        Err(Trouble::Disk(error)) => {
            warn!(%error, "cannot put what came in into the workspace");
            Answer::Refused { why: format!("It could not be put there: {error}.") }
        }
        Err(Trouble::Unavailable(error)) => {
            warn!(error = %chain(&error), "cannot fetch what came in");
            Answer::Failed
        }
    }
}

async fn try_place(bridge: &Bridge, key: &IncomingKey) -> Result<Answer, Trouble> {
    let upload = match bridge.ports.incoming.open(key).await {
        Ok(upload) => upload,
        Err(OpenError::NotFound) => return Err(Trouble::Missing),
        Err(OpenError::Unavailable(error)) => return Err(error.into()),
    };
    let (folder, name) = key.path.split_name().ok_or(Trouble::Missing)?;
    let mut at: Folder = bridge.workspace.open()?;
    for name in folder.names() {
        at = at.enter(name)?;
    }
    if at.look_into(name).is_ok() {
        let why = io::Error::other("a folder has that name");
        return Err(why.into());
    }
    let bytes = upload.size;
    save(&at, name, upload).await?;
    // A zombie's workspace is nobody's: what it took out of the store would be lost (I3).
    if !bridge.ports.tasks.get(&bridge.user).await?.is_current(bridge.generation) {
        return Err(Unavailable::new("incoming.place", "another generation is current").into());
    }
    bridge.ports.incoming.remove(key).await?;
    info!(bytes, "what came in is in the workspace");
    // From now on it is here and nowhere else.
    bridge.wants.snapshot.notify_one();
    Ok(Answer::TakenIn { path: key.path.clone() })
}
