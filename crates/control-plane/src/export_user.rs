//! Everything that a user may take with him, in one zip file that he fetches.
//!
//! It is made while he waits, and a request has 30 seconds: after [`EXPORT_WITHIN`] no further
//! file is begun, and what is missing is named, with how to get it. A read that fails fails
//! the export: it never silently lacks something (I9). Texts, rows and parts of the archive pass
//! through; none of the memory it takes grows with what a user has.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::limits::{EXPORT_FILE_MAX_BYTES, EXPORT_WITHIN};
use domain::{Day, EntryKind, Place, SnapshotRef, TaskState, Timestamp, UserId, WorkspacePath};
use platform::{
    Belongings, Clock, Exports, FilesError, OpenError, Result, Tasks, Unavailable, Upload,
    WorkspaceFiles,
};
use protocol::{ExportOffer, LeftOut};
use serde_json::{Map, Value, json};

use self::archive::Archive;

mod archive;
mod readme;
mod talks;

#[derive(Clone)]
pub struct ExportUser {
    pub belongings: Arc<dyn Belongings>,
    pub exports: Arc<dyn Exports>,
    pub tasks: Arc<dyn Tasks>,
    pub workspace: Arc<dyn WorkspaceFiles>,
    pub clock: Arc<dyn Clock>,
    /// Names an export.
    pub entropy: fn() -> [u8; 16],
}

/// Entries of one folder that are asked for at once.
const FOLDER_PAGE: usize = 500;

/// What the export of one user knows on its way.
struct Leave<'a> {
    user: &'a UserId,
    archive: &'a mut Archive,
    /// No file is begun after this.
    until: Timestamp,
    left_out: Vec<LeftOut>,
}

impl ExportUser {
    pub async fn run(&self, user: &UserId) -> Result<ExportOffer> {
        let until = self.clock.now() + EXPORT_WITHIN;
        let name = data_encoding::HEXLOWER.encode(&(self.entropy)());
        let mut archive = Archive::new(self.exports.begin(user, &name).await?);
        let left_out = Vec::new();
        let mut leave = Leave { user, archive: &mut archive, until, left_out };
        let filled = self.fill(&mut leave).await;
        let left_out = std::mem::take(&mut leave.left_out);
        if let Err(error) = filled {
            archive.abandon().await;
            return Err(error);
        }
        let contents = archive.contents();
        let bytes = archive.finish().await?;
        let link = self.exports.link(user, &name, self.clock.now()).await?;
        let (url, expires_at) = (link.url, link.expires_at.millis());
        Ok(ExportOffer { url, expires_at, bytes, contents, left_out })
    }

    /// What is small and cannot be had elsewhere first, the agent's files last.
    async fn fill(&self, leave: &mut Leave<'_>) -> Result<()> {
        let task = self.tasks.get(leave.user).await?;
        let now = self.clock.now();
        let profile = pretty(&profile(leave.user, &task, now));
        leave.archive.file("profile.json", &profile).await?;
        self.settings(leave).await?;
        self.inbox(leave).await?;
        self.conversations(leave.user, leave.archive).await?;
        for (place, how) in [
            (Place::Skills, "Ask for them one by one: GET /skills."),
            (Place::Uploads, "Make another export: what was sent last is kept for a week."),
            (Place::Incoming, "They are on their way into the workspace: GET /workspace."),
        ] {
            self.files(leave, place, how).await?;
        }
        let snapshot = task.base.as_ref().and_then(|base| base.snapshot.as_ref());
        self.workspace(leave, snapshot).await?;
        let readme = readme::text(&leave.left_out, now, snapshot.map(|snapshot| snapshot.at));
        leave.archive.file("README.txt", readme.as_bytes()).await
    }

    /// The small rows, each kind in a file of its own.
    async fn settings(&self, leave: &mut Leave<'_>) -> Result<()> {
        let mut kinds: BTreeMap<&str, Vec<Value>> =
            ALWAYS.into_iter().map(|file| (file, Vec::new())).collect();
        let mut after = None;
        loop {
            let (now, place) = (self.clock.now(), Place::Settings);
            let page = self.belongings.records(leave.user, place, after.as_deref(), now).await?;
            for record in page.records {
                // It opens the account for five minutes, and nothing after.
                if record.name == "LINK#code" {
                    continue;
                }
                let (kind, name) = record.name.split_once('#').unwrap_or((&record.name, ""));
                let mut row = readable(record.fields);
                row.insert("name".into(), Value::String(name.to_owned()));
                kinds.entry(file_of(kind)).or_default().push(Value::Object(row));
            }
            match page.next {
                Some(next) => after = Some(next),
                None => break,
            }
        }
        for (file, rows) in kinds {
            leave.archive.file(file, &pretty(&Value::Array(rows))).await?;
        }
        Ok(())
    }

    /// Messages that are not in their conversation yet.
    async fn inbox(&self, leave: &mut Leave<'_>) -> Result<()> {
        leave.archive.begin("waiting.json")?;
        leave.archive.write(b"[").await?;
        let (mut after, mut first) = (None, true);
        loop {
            let (now, place) = (self.clock.now(), Place::Inbox);
            let page = self.belongings.records(leave.user, place, after.as_deref(), now).await?;
            for record in page.records {
                let state = record.fields.get("state").and_then(Value::as_str);
                if state == Some("Done") {
                    continue;
                }
                let message = Value::Object(self.message(leave.user, record).await?);
                let separator = if std::mem::take(&mut first) { "\n" } else { ",\n" };
                leave.archive.write(format!("{separator}{message}").as_bytes()).await?;
            }
            match page.next {
                Some(next) => after = Some(next),
                None => break,
            }
        }
        leave.archive.write(b"\n]\n").await
    }

    async fn files(&self, leave: &mut Leave<'_>, place: Place, how: &str) -> Result<()> {
        let mut after = None;
        loop {
            let page = self.belongings.files(leave.user, place, after.as_deref()).await?;
            for file in page.files {
                let path = format!("{}/{}", place.name(), file.name);
                if self.clock.now() > leave.until {
                    leave.leave_out(format!("{}/", place.name()), NO_TIME, how);
                    return Ok(());
                }
                match self.belongings.open(leave.user, place, &file.name).await {
                    Ok(upload) => leave.copy(&path, upload).await?,
                    Err(OpenError::NotFound) => {
                        leave.leave_out(path, "It expired while this was made.", "It is gone.");
                    }
                    Err(OpenError::Unavailable(error)) => return Err(error),
                }
            }
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(()),
            }
        }
    }

    /// As of the snapshot that the agent would wake with.
    async fn workspace(&self, leave: &mut Leave<'_>, snapshot: Option<&SnapshotRef>) -> Result<()> {
        let Some(snapshot) = snapshot else {
            return Ok(());
        };
        leave.leave_out(
            "agent state".into(),
            "Its sessions and indexes are of use to the program only, and are not in an export.",
            "The operator has them: ops snapshots export.",
        );
        let mut folders = vec![WorkspacePath::default()];
        while let Some(folder) = folders.pop() {
            let mut after: Option<String> = None;
            loop {
                let listed = self.workspace.list(
                    leave.user,
                    &snapshot.id,
                    &folder,
                    after.as_deref(),
                    FOLDER_PAGE,
                );
                let page = match listed.await {
                    Ok(page) => page,
                    Err(error) => {
                        leave.leave_out_or_fail(&folder, error)?;
                        break;
                    }
                };
                for entry in page.entries {
                    if self.clock.now() > leave.until {
                        leave.leave_out("workspace/".into(), NO_TIME, ONE_BY_ONE);
                        return Ok(());
                    }
                    let path = match folder.as_str() {
                        "" => entry.name.clone(),
                        folder => format!("{folder}/{}", entry.name),
                    };
                    let Ok(path) = WorkspacePath::parse(&path) else {
                        let why = "Its name is not UTF-8, or too long.";
                        leave.leave_out(format!("workspace/{path}"), why, OPERATOR);
                        continue;
                    };
                    match entry.kind {
                        EntryKind::Folder => folders.push(path),
                        EntryKind::File => self.workspace_file(leave, snapshot, &path).await?,
                        EntryKind::Link | EntryKind::Other => {
                            let why = "It is no file but a link or a device.";
                            leave.leave_out(format!("workspace/{path}"), why, OPERATOR);
                        }
                    }
                }
                match page.after {
                    Some(next) => after = Some(next),
                    None => break,
                }
            }
        }
        Ok(())
    }

    async fn workspace_file(
        &self,
        leave: &mut Leave<'_>,
        snapshot: &SnapshotRef,
        path: &WorkspacePath,
    ) -> Result<()> {
        match self.workspace.open(leave.user, &snapshot.id, path).await {
            Ok(upload) => leave.copy(&format!("workspace/{path}"), upload).await,
            Err(error) => leave.leave_out_or_fail(path, error),
        }
    }
}

const NO_TIME: &str = "The time was over: an export is made while you wait.";
const ONE_BY_ONE: &str =
    "Fetch the files one by one: GET /workspace. Or ask the operator: ops snapshots export.";
const OPERATOR: &str = "Ask the operator: ops snapshots export.";

/// There even if they are empty: their absence would say nothing.
const ALWAYS: [&str; 5] =
    ["links.json", "schedules.json", "settings.json", "snapshots.json", "usage.json"];

fn file_of(kind: &str) -> &'static str {
    match kind {
        "CHAT" => "chats.json",
        "LINK" => "links.json",
        "SCHEDULE" => "schedules.json",
        "SETTING" => "settings.json",
        "SKILL" => "skills.json",
        "SNAPSHOT" => "snapshots.json",
        "USAGE" => "usage.json",
        _ => "other.json",
    }
}

impl Leave<'_> {
    fn leave_out(&mut self, path: String, why: &str, how: &str) {
        self.left_out.push(LeftOut { path, why: why.into(), how: how.into() });
    }

    /// What is refused is so for good, and named; what could not be read is no answer.
    fn leave_out_or_fail(&mut self, path: &WorkspacePath, error: FilesError) -> Result<()> {
        let why = match error {
            FilesError::Unavailable(error) => return Err(error),
            FilesError::NotFound => "It is not in the snapshot any more.".to_owned(),
            FilesError::Refused(why) => why,
        };
        self.leave_out(format!("workspace/{path}"), &why, OPERATOR);
        Ok(())
    }

    async fn copy(&mut self, path: &str, mut upload: Upload) -> Result<()> {
        if upload.size > EXPORT_FILE_MAX_BYTES {
            let why = format!("It has {} bytes; at most {EXPORT_FILE_MAX_BYTES} fit.", upload.size);
            self.leave_out(path.to_owned(), &why, "Fetch it by itself.");
            return Ok(());
        }
        self.archive.begin(path)?;
        let mut copied = 0;
        while let Some(chunk) = upload.body.chunk().await? {
            copied += chunk.len() as u64;
            self.archive.write(&chunk).await?;
        }
        if copied != upload.size {
            return Err(Unavailable::new("export_user.copy", "a file ended early"));
        }
        Ok(())
    }
}

fn profile(user: &UserId, task: &TaskState, now: Timestamp) -> Value {
    json!({
        "userId": user,
        "exportedAt": now,
        "lastActivityAt": task.last_activity_at,
        "lastMessageAt": task.last_accepted_at,
        "wakeUpsMs": task.recent_wakes_ms,
        "wakeUps": task.wakes.to_numbers(),
        "activity": task.activity.to_numbers(),
        "restore": task.restore.as_ref().map(|request| request.id.as_str()),
    })
}

/// What a row keeps as JSON text is JSON here.
fn readable(fields: Map<String, Value>) -> Map<String, Value> {
    let unpack = |(name, value): (String, Value)| {
        let packed = match &value {
            Value::String(text) if PACKED.contains(&name.as_str()) => {
                serde_json::from_str(text).ok()
            }
            _ => None,
        };
        (name, packed.unwrap_or(value))
    };
    fields.into_iter().map(unpack).collect()
}

const PACKED: [&str; 5] = ["value", "attachments", "usage", "replyTo", "recurrence"];

fn pretty(value: &Value) -> Vec<u8> {
    let mut text = serde_json::to_vec_pretty(value).expect("JSON serializes");
    text.push(b'\n');
    text
}

/// `2026-11-21 18:15 UTC`.
fn clock_time(at: Timestamp) -> String {
    let minutes = at.since(Day::of(at).start()).as_secs() / 60;
    format!("{} {:02}:{:02} UTC", Day::of(at), minutes / 60, minutes % 60)
}
