//! What the API asks of us, because only we can see the agent's files.

use std::sync::Arc;

use domain::errand::{Answer, Ask};
use domain::{DownloadKey, FileName, UploadId, WorkspacePath};
use platform::WriteError;
use tracing::{debug, warn};

use crate::bridge::Bridge;
use crate::chain::chain;
use crate::files::{self, NoFile};
use crate::incoming;

/// Takes the errand up, and answers it. Whoever asked may have gone.
pub(crate) async fn run(bridge: Arc<Bridge>, id: String) {
    let Ok(id) = UploadId::new(id) else { return };
    // Nobody goes to sleep over it.
    let _busy = bridge.activity.busy();
    let running = async {
        if let Err(error) = try_run(&bridge, &id).await {
            match error {
                WriteError::Fenced => bridge.halt.fence(),
                WriteError::Conflict => debug!("nobody waits for an errand any more"),
                WriteError::Unavailable(error) => {
                    warn!(error = %chain(&error), "cannot run an errand");
                }
            }
        }
    };
    bridge.halt.closing.run_until_cancelled(running).await;
}

async fn try_run(bridge: &Bridge, id: &UploadId) -> Result<(), WriteError> {
    let (errands, user) = (&bridge.ports.errands, &bridge.user);
    let ask = errands.take(user, id, bridge.generation, bridge.ports.clock.now()).await?;
    let answer = match ask {
        Ask::List { path, after, limit } => list(bridge, path, after, limit).await,
        Ask::Fetch { path, download } => fetch(bridge, &path, download).await,
        Ask::TakeIn { incoming } => incoming::take_in(bridge, &incoming).await,
    };
    errands.answer(user, id, bridge.generation, &answer).await
}

async fn list(bridge: &Bridge, path: WorkspacePath, after: Option<String>, limit: usize) -> Answer {
    let workspace = bridge.workspace.clone();
    let listed = move || files::list(&workspace, &path, after.as_deref(), limit);
    match tokio::task::spawn_blocking(listed).await {
        Ok(Ok(page)) => Answer::Listed { page },
        Ok(Err(error)) => no_file(error),
        Err(error) => {
            warn!(error = %chain(&error), "cannot list a folder");
            Answer::Failed
        }
    }
}

async fn fetch(bridge: &Bridge, path: &WorkspacePath, download: UploadId) -> Answer {
    // One at a time: each has a part of its file in memory.
    let _alone = bridge.wants.fetching.lock().await;
    let name = path.split_name().and_then(|(_, name)| FileName::near(name).ok());
    let Some(name) = name else { return Answer::NotFound };
    let file = match files::open(&bridge.workspace, path) {
        Ok(file) => file,
        Err(error) => return no_file(error),
    };
    let (key, bytes) = (DownloadKey { user: bridge.user.clone(), id: download, name }, file.size);
    match bridge.ports.downloads.put(&key, file).await {
        Ok(()) => Answer::Fetched { bytes },
        Err(error) => {
            warn!(error = %chain(&error), "cannot send a file");
            Answer::Failed
        }
    }
}

fn no_file(error: NoFile) -> Answer {
    match error {
        NoFile::NotFound => Answer::NotFound,
        NoFile::Refused(why) => Answer::Refused { why },
        NoFile::Disk(error) => {
            warn!(%error, "cannot read the workspace");
            Answer::Failed
        }
    }
}
