//! What people do in Telegram: they write, edit, press Stop, block the bot. Each becomes the
//! update that Telegram would send.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    Telegram,
    chat::{Chat, Content, Message},
    entities,
    files::Given,
    state::{Person, State},
};

/// One message, or an album, of a person.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Said {
    from: Person,
    text: Option<String>,
    /// Found in the text unless they are given.
    entities: Option<Vec<Value>>,
    photo: Option<Given>,
    document: Option<Given>,
    voice: Option<Given>,
    location: Option<Value>,
    contact: Option<Value>,
    caption: Option<String>,
    album: Option<Vec<Item>>,
    reply_to: Option<i64>,
    thread: Option<i64>,
    /// The thread's name.
    topic: Option<String>,
    /// The group's name.
    title: Option<String>,
    /// A message of the same person that this one replaces.
    edit: Option<i64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Item {
    photo: Option<Given>,
    document: Option<Given>,
    caption: Option<String>,
}

/// What becomes of a chat.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ChatChange {
    blocked: Option<bool>,
    moved_to: Option<i64>,
    title: Option<String>,
}

/// What a person did, in the bot's terms. No update: the bot does not want that kind.
#[derive(Debug, Default)]
pub(super) struct Done {
    updates: Vec<i64>,
    messages: Vec<i64>,
}

impl Done {
    fn add(&mut self, message: i64, update: Option<i64>) {
        self.messages.push(message);
        self.updates.extend(update);
    }

    pub(super) fn describe(&self) -> Value {
        json!({
            "updateId": self.updates.first(), "updateIds": self.updates,
            "messageId": self.messages.first(), "messageIds": self.messages,
        })
    }
}

impl Telegram {
    pub(super) fn say(&self, chat: i64, said: Said) -> Result<Done, String> {
        if chat == 0 || (chat > 0 && chat != said.from.id) {
            return Err(format!("the private chat with {} has that id", said.from.id));
        }
        let contents = self.contents(&said)?;
        let now_ms = self.clock.now_ms();
        self.change(|state| {
            if chat == state.bot.id || said.from.id == state.bot.id {
                return Err("that is the bot itself".to_owned());
            }
            state.people.insert(said.from.id, said.from.clone());
            let here = state.chats.entry(chat).or_insert_with(|| Chat::new(chat));
            if let Some(to) = here.moved_to {
                return Err(format!("the chat has moved to {to}"));
            }
            if let Some(title) = said.title.clone().filter(|_| chat < 0) {
                here.title = Some(title);
            }
            if let Some(thread) = said.thread {
                let name = said.topic.clone();
                let known = here.topics.entry(thread).or_insert_with(|| format!("Topic {thread}"));
                *known = name.unwrap_or_else(|| known.clone());
            }
            if let Some(lost) = said.reply_to.filter(|id| here.message(*id).is_none()) {
                return Err(format!("there is no message {lost} to answer"));
            }
            match said.edit {
                Some(id) => state.edited(chat, id, said.from.id, contents, now_ms),
                None => Ok(state.said(chat, &said, contents, now_ms)),
            }
        })
    }

    fn contents(&self, said: &Said) -> Result<Vec<Content>, String> {
        if let Some(items) = &said.album {
            let group = rand::random::<u32>().to_string();
            let of = |item: &Item| self.item(item, &group);
            return items.iter().map(of).collect();
        }
        if let Some(text) = &said.text {
            let text = text.trim();
            if text.is_empty() {
                return Err("`text` is empty".to_owned());
            }
            let entities = said.entities.clone().unwrap_or_else(|| entities::found(text));
            return Ok(vec![Content::typed(text, entities)]);
        }
        let mut fields = Map::new();
        if let Some(photo) = &said.photo {
            fields.insert("photo".into(), self.photo(photo)?);
        } else if let Some(document) = &said.document {
            fields.insert("document".into(), self.document(document)?);
        } else if let Some(voice) = &said.voice {
            fields.insert("voice".into(), self.voice(voice)?);
        } else if let Some(location) = &said.location {
            fields.insert("location".into(), location.clone());
        } else if let Some(contact) = &said.contact {
            fields.insert("contact".into(), contact.clone());
        } else {
            return Err(
                "say `text`, `photo`, `document`, `voice`, `location`, `contact` or `album`"
                    .to_owned(),
            );
        }
        caption(&mut fields, said.caption.as_deref());
        Ok(vec![Content::Other { fields }])
    }

    fn item(&self, item: &Item, group: &str) -> Result<Content, String> {
        let mut fields = Map::from_iter([("media_group_id".to_owned(), json!(group))]);
        match (&item.photo, &item.document) {
            (Some(photo), None) => fields.insert("photo".into(), self.photo(photo)?),
            (None, Some(document)) => fields.insert("document".into(), self.document(document)?),
            _ => return Err("an item of an album is a `photo` or a `document`".to_owned()),
        };
        caption(&mut fields, item.caption.as_deref());
        Ok(Content::Other { fields })
    }

    /// Presses the Stop button of a draft.
    pub(super) fn stop_draft(&self, chat: i64) -> Result<Done, String> {
        let now_ms = self.clock.now_ms();
        self.change(|state| {
            let here = state.chats.get_mut(&chat).ok_or("there is no such chat")?;
            let draft = here.draft(now_ms).filter(|draft| draft.can_stop).cloned();
            let draft = draft.ok_or("no draft here has a Stop button")?;
            here.stopped.push(draft.id);
            match &mut here.draft {
                Some(kept) if draft.keep_on_stop => kept.can_stop = false,
                shown => *shown = None,
            }
            let chat_json = state.chats[&chat].describe(&state.people);
            let mut stopped = json!({"chat": chat_json, "draft_id": draft.id});
            if let Some(thread) = draft.thread {
                stopped["message_thread_id"] = json!(thread);
            }
            let update = state.tell(now_ms, chat, "stopped_message_generation", stopped);
            Ok(Done { updates: update.into_iter().collect(), messages: Vec::new() })
        })
    }

    pub(super) fn change_chat(&self, chat: i64, change: &ChatChange) -> Result<Done, String> {
        let now_ms = self.clock.now_ms();
        self.change(|state| {
            let here = state.chats.get_mut(&chat).ok_or("there is no such chat")?;
            if let Some(title) = &change.title {
                here.title = Some(title.clone());
            }
            let mut done = Done::default();
            if let Some(blocked) = change.blocked.filter(|blocked| *blocked != here.blocked) {
                here.blocked = blocked;
                done.updates.extend(state.membership(chat, blocked, now_ms));
            }
            if let Some(to) = change.moved_to {
                state.migrate(chat, to, now_ms, &mut done)?;
            }
            Ok(done)
        })
    }
}

fn caption(fields: &mut Map<String, Value>, caption: Option<&str>) {
    if let Some(caption) = caption.map(str::trim).filter(|caption| !caption.is_empty()) {
        fields.insert("caption".into(), json!(caption));
        let entities = entities::found(caption);
        if !entities.is_empty() {
            fields.insert("caption_entities".into(), json!(entities));
        }
    }
}

impl State {
    fn said(&mut self, chat: i64, said: &Said, contents: Vec<Content>, now_ms: i64) -> Done {
        let mut done = Done::default();
        for content in contents {
            let (from, thread, reply_to) = (said.from.id, said.thread, said.reply_to);
            let here = self.chats.get_mut(&chat).expect("made above");
            let id = here.add(|id| {
                let (date_ms, edited_ms) = (now_ms, None);
                Message { id, from, date_ms, edited_ms, thread, reply_to, content }
            });
            let message = self.described(chat, id);
            done.add(id, self.tell(now_ms, chat, "message", message));
        }
        done
    }

    fn edited(
        &mut self,
        chat: i64,
        id: i64,
        from: i64,
        mut contents: Vec<Content>,
        now_ms: i64,
    ) -> Result<Done, String> {
        let here = self.chats.get_mut(&chat).expect("made above");
        let message = here.message_mut(id).filter(|message| message.from == from);
        let message = message.ok_or_else(|| format!("{from} wrote no message {id} here"))?;
        message.content = contents.pop().ok_or("nothing to put there")?;
        message.edited_ms = Some(now_ms);
        let mut done = Done::default();
        let message = self.described(chat, id);
        done.add(id, self.tell(now_ms, chat, "edited_message", message));
        Ok(done)
    }

    fn membership(&mut self, chat: i64, blocked: bool, now_ms: i64) -> Option<i64> {
        let here = &self.chats[&chat];
        let (inside, outside) = ("member", if here.is_private() { "kicked" } else { "left" });
        let (before, after) = if blocked { (inside, outside) } else { (outside, inside) };
        let bot = self.bot.describe();
        let member = |status: &str| json!({"user": bot, "status": status});
        let payload = json!({
            "chat": here.describe(&self.people),
            "from": self.person(chat).unwrap_or_else(|| bot.clone()),
            "date": now_ms / 1000,
            "old_chat_member": member(before),
            "new_chat_member": member(after),
        });
        self.tell(now_ms, chat, "my_chat_member", payload)
    }

    /// A group becomes a supergroup, and both say so.
    fn migrate(&mut self, chat: i64, to: i64, now_ms: i64, done: &mut Done) -> Result<(), String> {
        if chat > 0 || to > -1_000_000_000_000 {
            return Err("a group moves to a supergroup: an id below -1000000000000".to_owned());
        }
        let old = &self.chats[&chat];
        let from = old.messages.last().map_or(self.bot.id, |message| message.from);
        let mut new = Chat::new(to);
        new.title = Some(old.name(&self.people));
        self.chats.entry(to).or_insert(new);
        for (place, field, other) in
            [(chat, "migrate_to_chat_id", to), (to, "migrate_from_chat_id", chat)]
        {
            let fields = Map::from_iter([(field.to_owned(), json!(other))]);
            let here = self.chats.get_mut(&place).expect("both are there");
            let id = here.add(|id| Message {
                id,
                from,
                date_ms: now_ms,
                edited_ms: None,
                thread: None,
                reply_to: None,
                content: Content::Other { fields },
            });
            let message = self.described(place, id);
            done.add(id, self.tell(now_ms, place, "message", message));
        }
        let old = self.chats.get_mut(&chat).expect("looked at above");
        old.moved_to = Some(to);
        Ok(())
    }
}
