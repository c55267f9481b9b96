//! Everything of one user, by place.

use async_trait::async_trait;
use domain::{Place, Timestamp, UserId};
use platform::{
    Belongings, FilePage, OpenError, Peer, Record, RecordPage, Removed, Result, StoredFile,
    Unavailable, Upload,
};
use serde_json::{Map, Value, json};

use crate::state::State;
use crate::uploads::Body;
use crate::world::World;

/// Small, so that every test of a page has more than one.
const PAGE: usize = 2;

impl World {
    /// Whatever there is of this user, wherever it lies: place and name. Marks of his deletion and
    /// the fence are not his.
    pub fn traces_of(&self, user: &UserId) -> Vec<(Place, String)> {
        let state = self.lock();
        state.is_known_here();
        let places = Place::ALL.into_iter();
        let of = |place| state.names(user, place).into_iter().map(move |name| (place, name));
        let mut traces: Vec<_> = places.flat_map(of).collect();
        let alarms = state.alarms.keys().filter(|(owner, _)| owner == user);
        traces.extend(alarms.map(|(_, id)| (Place::Settings, format!("alarm {id}"))));
        if state.links.point_at(user) {
            traces.push((Place::Settings, "an account that is linked to him".into()));
        }
        if state.accounts.contains(user) {
            traces.push((Place::Settings, "his account".into()));
        }
        traces
    }
}

#[async_trait]
impl Belongings for World {
    async fn records(
        &self,
        user: &UserId,
        place: Place,
        after: Option<&str>,
        now: Timestamp,
    ) -> Result<RecordPage> {
        self.call("belongings.records", |state| {
            let mut all = state.records(user, place, now);
            all.sort_by(|a, b| a.name.cmp(&b.name));
            all.retain(|record| after.is_none_or(|after| record.name.as_str() > after));
            let more = all.len() > PAGE;
            all.truncate(PAGE);
            let next = all.last().filter(|_| more).map(|record| record.name.clone());
            Ok(RecordPage { records: all, next })
        })
        .await
    }

    async fn files(&self, user: &UserId, place: Place, after: Option<&str>) -> Result<FilePage> {
        self.call("belongings.files", |state| {
            let files = state.objects(user, place).into_iter();
            let mut files: Vec<StoredFile> = files
                .map(|(name, bytes)| StoredFile { name, size: bytes.len() as u64 })
                .filter(|file| after.is_none_or(|after| file.name.as_str() > after))
                .collect();
            files.sort_by(|a, b| a.name.cmp(&b.name));
            let more = files.len() > PAGE;
            files.truncate(PAGE);
            let next = files.last().filter(|_| more).map(|file| file.name.clone());
            Ok(FilePage { files, next })
        })
        .await
    }

    async fn open(
        &self,
        user: &UserId,
        place: Place,
        name: &str,
    ) -> std::result::Result<Upload, OpenError> {
        let bytes = self.call("belongings.open", |state| {
            let found = state.objects(user, place).into_iter().find(|(known, _)| known == name);
            found.map(|(_, bytes)| bytes).ok_or(OpenError::NotFound)
        });
        let bytes = bytes.await?;
        Ok(Upload { size: bytes.len() as u64, body: Box::new(Body::new(self, bytes)) })
    }

    async fn remove_some(&self, user: &UserId, place: Place) -> Result<Removed> {
        self.call("belongings.remove", |state| {
            let names = state.names(user, place);
            let some: Vec<String> = names.iter().take(PAGE).cloned().collect();
            for name in &some {
                state.remove(user, place, name);
            }
            Ok::<_, Unavailable>(Removed {
                count: some.len() as u64,
                more: names.len() > some.len(),
            })
        })
        .await
    }
}

fn fields(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        other => Map::from_iter([("value".to_owned(), other)]),
    }
}

impl State {
    /// So that nobody forgets this file who keeps something new: does it say whose it is, then it
    /// belongs to [`names`](Self::names) and [`remove`](Self::remove).
    fn is_known_here(&self) {
        let Self {
            tasks: _,
            release: _,
            spares: _,
            inbox: _,
            talks: _,
            connections: _,
            snapshots: _,
            chosen: _,
            schedules: _,
            alarms: _,
            repositories: _,
            saves_hang: _,
            restores_take: _,
            uploads: _,
            skills: _,
            errands: _,
            incoming: _,
            downloads: _,
            kept_files: _,
            usage: _,
            deletions: _,
            exports: _,
            exports_under_way: _,
            accounts: _,
            sign_outs: _,
            everybodys_wakes_ms: _,
            counted: _,
            telegram: _,
            links: _,
            chats: _,
            machines: _,
            sockets: _,
            faults: _,
            log: _,
        } = self;
    }

    /// Of what is there, expired or not.
    fn names(&self, user: &UserId, place: Place) -> Vec<String> {
        match place {
            Place::SnapshotKeys | Place::Texts => Vec::new(),
            Place::Snapshots => self.repository_of(user),
            Place::Connections => self.connections_of(user),
            Place::Inbox | Place::Conversations | Place::Settings => {
                let records = self.records(user, place, Timestamp(0)).into_iter();
                records.map(|record| record.name).collect()
            }
            _ => self.objects(user, place).into_iter().map(|(name, _)| name).collect(),
        }
    }

    fn repository_of(&self, user: &UserId) -> Vec<String> {
        let kept = self.kept_files.keys().filter(|(owner, _)| owner == user);
        let repository = self.repositories.contains_key(user).then(|| "config".to_owned());
        kept.map(|(_, snapshot)| format!("data/{snapshot}")).chain(repository).collect()
    }

    fn connections_of(&self, user: &UserId) -> Vec<String> {
        let is_his = |peer: &Peer| match peer {
            Peer::Client(owner) | Peer::Bridge(owner, _) => owner == user,
            Peer::Spare(_) => false,
        };
        let his = self.connections.values().filter(|row| is_his(&row.value.peer));
        his.map(|row| row.value.id.to_string()).collect()
    }

    fn records(&self, user: &UserId, place: Place, now: Timestamp) -> Vec<Record> {
        match place {
            Place::Inbox => self.inbox_records(user, now),
            Place::Conversations => self.conversation_records(user, now),
            Place::Settings => self.setting_records(user, now),
            Place::Connections => {
                let names = self.connections_of(user).into_iter();
                names.map(|name| Record { name, fields: Map::new() }).collect()
            }
            _ => Vec::new(),
        }
    }

    fn inbox_records(&self, user: &UserId, now: Timestamp) -> Vec<Record> {
        let rows = self.inbox.get(user).into_iter().flat_map(|rows| rows.values());
        let live = rows.filter_map(|row| row.live(now));
        live.map(|row| Record {
            name: format!("MSG#{}", row.id),
            fields: fields(json!({
                "conversationId": row.conversation,
                "text": row.text,
                "state": row.state,
                "channel": row.channel,
                "receivedAt": row.received_at,
            })),
        })
        .collect()
    }

    fn conversation_records(&self, user: &UserId, now: Timestamp) -> Vec<Record> {
        let mut records = Vec::new();
        for ((owner, conversation), talk) in &self.talks {
            if owner != user {
                continue;
            }
            if let Some(meta) = talk.meta.as_ref().and_then(|meta| meta.live(now)) {
                records.push(Record {
                    name: format!("CONV#{conversation}#META"),
                    fields: fields(json!({
                        "conversationId": conversation,
                        "title": meta.title,
                        "lastActivityAt": meta.last_activity_at,
                        "channels": meta.channels,
                        "readUntil": meta.read_until,
                    })),
                });
            }
            for ((at, id), pair) in &talk.pairs {
                let Some(pair) = pair.live(now) else { continue };
                for (message, suffix) in pair.iter().zip(["", "#reply"]) {
                    records.push(Record {
                        name: format!("CONV#{conversation}#MSG#{:013}#{id}{suffix}", at.millis()),
                        fields: fields(json!({
                            "messageId": id,
                            "conversationId": conversation,
                            "role": message.role,
                            "text": message.text,
                            "at": message.at,
                            "receivedAt": message.received_at,
                            "channel": message.channel,
                        })),
                    });
                }
            }
        }
        records
    }

    fn setting_records(&self, user: &UserId, now: Timestamp) -> Vec<Record> {
        let mut records = Vec::new();
        let mut add = |name: String, value: Value| {
            records.push(Record { name, fields: fields(value) });
        };
        for ((_, key), setting) in self.chosen.iter().filter(|((owner, _), _)| owner == user) {
            let value = setting.to_json().to_string();
            add(format!("SETTING#{}", key.as_str()), json!({ "value": value }));
        }
        for ((at, id), snapshot) in self.snapshots.get(user).into_iter().flatten() {
            let value = json!({ "snapshotId": id, "files": snapshot.files });
            add(format!("SNAPSHOT#{:013}#{id}", at.millis()), value);
        }
        for ((owner, day), row) in &self.usage {
            if let Some(row) = row.live(now).filter(|_| owner == user) {
                let counts = row.counts.numbers().into_iter().filter(|(_, count)| *count > 0);
                let counts = counts.map(|(name, count)| (name.to_owned(), json!(count)));
                add(format!("USAGE#{day}"), Value::Object(counts.collect()));
            }
        }
        for (name, (skill, _)) in self.skills.get(user).into_iter().flatten() {
            add(format!("SKILL#{name}"), json!({ "sha256": skill.sha256 }));
        }
        for ((_, id), schedule) in self.schedules.iter().filter(|((owner, _), _)| owner == user) {
            add(format!("SCHEDULE#{id}"), json!({ "prompt": schedule.prompt.as_str() }));
        }
        for name in self.links.names_of(user).into_iter().chain(self.chats.names_of(user)) {
            add(name, json!({}));
        }
        for ((_, id), row) in self.errands.iter().filter(|((owner, _), _)| owner == user) {
            if row.is_live(now) {
                add(format!("ERRAND#{id}"), json!({}));
            }
        }
        records
    }

    /// Name and content.
    fn objects(&self, user: &UserId, place: Place) -> Vec<(String, Vec<u8>)> {
        let prefix = place.prefix(user).unwrap_or_default();
        let below = |key: String, bytes: &Vec<u8>| {
            Some((key.strip_prefix(&prefix)?.to_owned(), bytes.clone()))
        };
        match place {
            Place::Uploads => {
                let all = self.uploads.iter();
                all.filter_map(|(key, bytes)| below(key.to_string(), bytes)).collect()
            }
            Place::Incoming => {
                let all = self.incoming.iter();
                all.filter_map(|(key, bytes)| below(key.to_string(), bytes)).collect()
            }
            Place::Downloads => {
                let all = self.downloads.iter();
                all.filter_map(|(key, bytes)| below(key.to_string(), bytes)).collect()
            }
            Place::Exports => {
                let his = self.exports.iter().filter(|((owner, _), _)| owner == user);
                his.map(|((_, name), bytes)| (format!("{name}.zip"), bytes.clone())).collect()
            }
            Place::Skills => {
                let his = self.skills.get(user).into_iter().flatten();
                his.map(|(name, (_, archive))| (name.to_string(), archive.clone())).collect()
            }
            _ => Vec::new(),
        }
    }

    fn remove(&mut self, user: &UserId, place: Place, name: &str) {
        let is_it = |key: &str| place.prefix(user).is_some_and(|p| key == format!("{p}{name}"));
        match place {
            Place::SnapshotKeys | Place::Texts => {}
            Place::Snapshots => {
                self.repositories.remove(user);
                self.kept_files.retain(|(owner, _), _| owner != user);
            }
            Place::Connections => self.connections.retain(|id, _| id.as_str() != name),
            Place::Inbox => {
                let rows = self.inbox.entry(user.clone()).or_default();
                rows.retain(|id, _| format!("MSG#{id}") != name);
            }
            Place::Conversations => self.talks.retain(|(owner, conversation), _| {
                owner != user || !name.starts_with(&format!("CONV#{conversation}#"))
            }),
            Place::Settings => self.remove_setting(user, name),
            Place::Uploads => self.uploads.retain(|key, _| !is_it(&key.to_string())),
            Place::Incoming => self.incoming.retain(|key, _| !is_it(&key.to_string())),
            Place::Downloads => self.downloads.retain(|key, _| !is_it(&key.to_string())),
            Place::Exports => {
                self.exports.retain(|(owner, of), _| owner != user || format!("{of}.zip") != name);
            }
            Place::Skills => {
                self.skills.entry(user.clone()).or_default().retain(|of, _| of.as_str() != name);
            }
        }
    }

    fn remove_setting(&mut self, user: &UserId, name: &str) {
        let (kind, id) = name.split_once('#').unwrap_or((name, ""));
        match kind {
            "SETTING" => {
                let is_it = |key: &domain::SettingKey| key.as_str() == id;
                self.chosen.retain(|(owner, key), _| owner != user || !is_it(key));
            }
            "SNAPSHOT" => {
                let rows = self.snapshots.entry(user.clone()).or_default();
                rows.retain(|(at, of), _| format!("{:013}#{of}", at.millis()) != id);
            }
            "USAGE" => {
                self.usage.retain(|(owner, day), _| owner != user || day.to_string() != id);
            }
            "SKILL" => {
                let skills = self.skills.entry(user.clone()).or_default();
                skills.retain(|of, _| of.as_str() != id);
            }
            "ERRAND" => {
                self.errands.retain(|(owner, of), _| owner != user || of.as_str() != id);
            }
            "SCHEDULE" => {
                self.schedules.retain(|(owner, of), _| owner != user || of.as_str() != id);
            }
            "LINK" => self.links.forget(user),
            "CHAT" => self.chats.forget(user),
            _ => unreachable!("nobody names a row {name}"),
        }
    }
}
