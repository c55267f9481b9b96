//! Conversations, each as JSON for programs and as Markdown for people.

use domain::time::Timestamp;
use domain::{Place, UserId};
use platform::{OpenError, Record, Result, Unavailable};
use serde_json::{Map, Value, json};

use super::archive::Archive;
use super::{ExportUser, readable};

const CONVERSATION: &str = "CONV#";

/// After every row of a conversation: its rows go on with letters.
const END: char = '~';

impl ExportUser {
    pub(super) async fn conversations(&self, user: &UserId, archive: &mut Archive) -> Result<()> {
        let mut after = None;
        while let Some(id) = self.next_conversation(user, after.as_deref()).await? {
            self.conversation(user, &id, archive).await?;
            after = Some(format!("{CONVERSATION}{id}#{END}"));
        }
        Ok(())
    }

    async fn next_conversation(
        &self,
        user: &UserId,
        after: Option<&str>,
    ) -> Result<Option<String>> {
        let mut after = after.map(str::to_owned);
        loop {
            let now = self.clock.now();
            let place = Place::Conversations;
            let page = self.belongings.records(user, place, after.as_deref(), now).await?;
            if let Some(record) = page.records.first() {
                return id_of(record).map(Some);
            }
            // A page of rows that have all expired has none, and is not the end.
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(None),
            }
        }
    }

    /// Twice through its rows: both files are written as they are read.
    async fn conversation(&self, user: &UserId, id: &str, archive: &mut Archive) -> Result<()> {
        archive.begin(&format!("conversations/{id}.json"))?;
        let mut title = id.to_owned();
        let mut rows = Rows::of(self, user, id);
        let mut first = true;
        archive
            .write(format!("{{\"conversationId\":{},\"messages\":[", json!(id)).as_bytes())
            .await?;
        while let Some(row) = rows.next().await? {
            if is_meta(&row) {
                title = row.fields["title"].as_str().unwrap_or(id).to_owned();
                continue;
            }
            let message = self.message(user, row).await?;
            let separator = if std::mem::take(&mut first) { "\n" } else { ",\n" };
            let line = format!("{separator}{}", Value::Object(message));
            archive.write(line.as_bytes()).await?;
        }
        archive.write(format!("\n],\"title\":{}}}\n", json!(title)).as_bytes()).await?;
        archive.begin(&format!("conversations/{id}.md"))?;
        archive.write(format!("# {title}\n").as_bytes()).await?;
        let mut rows = Rows::of(self, user, id);
        while let Some(row) = rows.next().await? {
            if !is_meta(&row) {
                let message = self.message(user, row).await?;
                archive.write(markdown(&message).as_bytes()).await?;
            }
        }
        Ok(())
    }

    /// With the text that is too long for a row.
    pub(super) async fn message(&self, user: &UserId, row: Record) -> Result<Map<String, Value>> {
        let mut fields = readable(row.fields);
        if let Some(Value::String(key)) = fields.remove("textKey") {
            let text = self.long_text(user, &key).await?;
            fields.insert("text".into(), Value::String(text));
        }
        Ok(fields)
    }

    async fn long_text(&self, user: &UserId, key: &str) -> Result<String> {
        const OPERATION: &str = "export_user.text";
        let prefix = Place::Texts.prefix(user).unwrap_or_default();
        let name = key.strip_prefix(&prefix);
        let name = name.ok_or_else(|| Unavailable::new(OPERATION, "the text is another user's"))?;
        let opened = self.belongings.open(user, Place::Texts, name).await;
        let mut upload = opened.map_err(|error| match error {
            OpenError::NotFound => Unavailable::new(OPERATION, "the text of a row is not there"),
            OpenError::Unavailable(error) => error,
        })?;
        let mut bytes = Vec::new();
        while let Some(chunk) = upload.body.chunk().await? {
            bytes.extend(chunk);
        }
        String::from_utf8(bytes).map_err(|error| Unavailable::new(OPERATION, error))
    }
}

/// The rows of one conversation, a page in memory.
struct Rows<'a> {
    export: &'a ExportUser,
    user: &'a UserId,
    prefix: String,
    page: std::vec::IntoIter<Record>,
    /// `None`: there is no further page.
    after: Option<String>,
}

impl<'a> Rows<'a> {
    fn of(export: &'a ExportUser, user: &'a UserId, id: &str) -> Self {
        let prefix = format!("{CONVERSATION}{id}#");
        Self { export, user, after: Some(prefix.clone()), prefix, page: Vec::new().into_iter() }
    }

    async fn next(&mut self) -> Result<Option<Record>> {
        loop {
            if let Some(record) = self.page.next() {
                return Ok(record.name.starts_with(&self.prefix).then_some(record));
            }
            let Some(after) = self.after.take() else {
                return Ok(None);
            };
            let now = self.export.clock.now();
            let place = Place::Conversations;
            let page = self.export.belongings.records(self.user, place, Some(&after), now).await?;
            (self.page, self.after) = (page.records.into_iter(), page.next);
        }
    }
}

fn id_of(record: &Record) -> Result<String> {
    let id = record.name.strip_prefix(CONVERSATION).and_then(|rest| rest.split('#').next());
    let odd = || Unavailable::new("export_user.conversations", "a row is no conversation's");
    id.map(str::to_owned).ok_or_else(odd)
}

fn is_meta(record: &Record) -> bool {
    record.name.ends_with("#META")
}

fn markdown(message: &Map<String, Value>) -> String {
    let text = |name: &str| message.get(name).and_then(Value::as_str).unwrap_or_default();
    let who = if text("role") == "user" { "You" } else { "Agent" };
    let at = message.get("at").and_then(Value::as_u64).map(Timestamp).unwrap_or_default();
    let files = message.get("attachments").and_then(Value::as_array);
    let files: String = files.map_or_else(String::new, |files| {
        files.iter().map(|file| format!("\n\n*with* `{}`", name_of(file))).collect()
    });
    let error = match text("error") {
        "" => String::new(),
        error => format!("\n\n*{error}*"),
    };
    format!("\n## {who}, {at}\n\n{}{files}{error}\n", text("text"), at = super::clock_time(at))
}

fn name_of(file: &Value) -> String {
    let text = file.as_str().map(str::to_owned).unwrap_or_else(|| file.to_string());
    text.replace('`', "'")
}
