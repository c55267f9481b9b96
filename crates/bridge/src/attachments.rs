//! The files that come with a message: in the workspace before the agent reads of them.
//!
//! A file that is not in the store any more is named to the agent, and the reply goes on without
//! it. A store that does not answer says nothing of its files (I9): it is asked again, as often
//! as a run is tried.

use std::io;

use domain::limits::UPLOAD_MAX_BYTES;
use domain::upload::distinct_names;
use domain::{Attachment, InboxMessage};
use platform::{OpenError, Unavailable, Upload};
use tokio::io::AsyncWriteExt;
use tokio::time::sleep;
use tracing::{info, warn};

use crate::bridge::Bridge;
use crate::chain::chain;
use crate::noted::{Noted, noted};
use crate::tell;
use crate::workspace::{Folder, relative_path};

const UNAVAILABLE: &str = "its attachments cannot be fetched at present";

/// What the agent is given of the message. The error is for people.
pub(crate) async fn with_files(bridge: &Bridge, row: &InboxMessage) -> Result<String, String> {
    let mut failures = 0;
    loop {
        match bring_all(bridge, row).await {
            Ok(files) => return Ok(noted(&files, &row.text)),
            Err(error) => {
                warn!(message.id = %row.id, error = %chain(&error), "cannot fetch an attachment");
                failures += 1;
                let delay = bridge.policy.retry.delay_after(failures);
                let delay = delay.ok_or(UNAVAILABLE)?;
                tell::retries(bridge, row, UNAVAILABLE, delay);
                sleep(delay).await;
            }
        }
    }
}

async fn bring_all(bridge: &Bridge, row: &InboxMessage) -> Result<Vec<Noted>, Unavailable> {
    let mut files = Vec::with_capacity(row.attachments.len());
    for (file, name) in row.attachments.iter().zip(distinct_names(&row.attachments)) {
        files.push(match bring(bridge, row, file, &name).await {
            Ok(size) => Noted::There { path: relative_path(&row.id, &name), size },
            Err(Trouble::Unavailable(error)) => return Err(error),
            Err(Trouble::Missing) => {
                warn!(message.id = %row.id, "an attachment is not in the store");
                Noted::Missing { name }
            }
            Err(Trouble::Disk(error)) => {
                warn!(message.id = %row.id, %error, "cannot save an attachment");
                Noted::NotSaved { name, reason: error.to_string() }
            }
        });
    }
    Ok(files)
}

pub(crate) enum Trouble {
    /// The store has no such file.
    Missing,
    Disk(io::Error),
    Unavailable(Unavailable),
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        Self::Disk(error)
    }
}

impl From<Unavailable> for Trouble {
    fn from(error: Unavailable) -> Self {
        Self::Unavailable(error)
    }
}

/// The file's size, once it is there. A run that is tried again finds it there.
async fn bring(
    bridge: &Bridge,
    row: &InboxMessage,
    file: &Attachment,
    name: &str,
) -> Result<u64, Trouble> {
    let folder = bridge.workspace.uploads_of(&row.id)?;
    let there = folder.size_of(name);
    let upload = match (open(bridge, file).await, there) {
        (Ok(upload), _) => upload,
        // It has expired since.
        (Err(OpenError::NotFound), Some(size)) => return Ok(size),
        (Err(OpenError::NotFound), None) => return Err(Trouble::Missing),
        (Err(OpenError::Unavailable(error)), _) => return Err(error.into()),
    };
    let size = upload.size;
    if there != Some(size) {
        save(&folder, name, upload).await?;
        info!(message.id = %row.id, bytes = size, "an attachment is in the workspace");
    }
    Ok(size)
}

async fn open(bridge: &Bridge, file: &Attachment) -> Result<Upload, OpenError> {
    match (file, &bridge.ports.bot) {
        (Attachment::Upload(key), _) => bridge.ports.uploads.open(key).await,
        (Attachment::Telegram(file), Some(bot)) => bot.open_file(&file.file_id).await,
        // There was a bot when it came.
        (Attachment::Telegram(_), None) => Err(OpenError::NotFound),
    }
}

pub(crate) async fn save(folder: &Folder, name: &str, upload: Upload) -> Result<(), Trouble> {
    let Upload { size, mut body } = upload;
    // The form holds to the limit. What lies there past it did not come by a form.
    if size > UPLOAD_MAX_BYTES {
        return Err(io::Error::from(io::ErrorKind::FileTooLarge).into());
    }
    let draft = folder.draft()?;
    let mut file = tokio::fs::File::from_std(draft.file()?);
    let mut left = size;
    while let Some(chunk) = body.chunk().await? {
        left = left.checked_sub(chunk.len() as u64).ok_or_else(|| torn("too much"))?;
        file.write_all(&chunk).await?;
    }
    file.flush().await?;
    if left > 0 {
        return Err(torn("too little").into());
    }
    Ok(draft.publish(name)?)
}

fn torn(what: &str) -> Unavailable {
    Unavailable::new("uploads.read", format!("{what} came"))
}
