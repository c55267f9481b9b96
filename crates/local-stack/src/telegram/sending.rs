//! What the bot does in a chat: messages, edits, drafts, "typing".

use serde_json::{Value, json};

use super::{
    Telegram,
    answer::Refusal,
    chat::{Chat, Content, DRAFT_LIFE_MS, Draft, Message, TYPING_LIFE_MS, Typing},
    faults::strikes,
    html,
    marks::Marked,
    params::Params,
    state::State,
};

/// UTF-16 units of a text after its marks are taken out.
const LONGEST_TEXT: usize = 4_096;
/// Characters of a rich message.
const LONGEST_RICH: usize = 32_768;
const ACTIONS: [&str; 11] = [
    "typing",
    "upload_photo",
    "record_video",
    "upload_video",
    "record_voice",
    "upload_voice",
    "upload_document",
    "choose_sticker",
    "find_location",
    "record_video_note",
    "upload_video_note",
];

impl Telegram {
    pub(super) fn send_text(&self, params: &Params) -> Result<Value, Refusal> {
        self.send(params, text(params)?)
    }

    pub(super) fn send_rich(&self, params: &Params) -> Result<Value, Refusal> {
        let content = rich(params)?.ok_or_else(no_rich)?;
        self.send(params, content)
    }

    fn send(&self, params: &Params, content: Content) -> Result<Value, Refusal> {
        let now_ms = self.clock.now_ms();
        self.change(|state| {
            let chat = writable(state, params)?;
            let chat_id = chat.id;
            let thread = thread(chat, params)?;
            let reply_to = answered(chat, params)?;
            state.refuse_if_told(&content)?;
            state.rates.message(chat_id, now_ms).map_err(Refusal::too_many)?;
            let from = state.bot.id;
            let chat = state.chats.get_mut(&chat_id).expect("found above");
            // A message takes the place of the draft that became it.
            if chat.draft.as_ref().is_some_and(|draft| draft.thread == thread) {
                chat.draft = None;
            }
            chat.typing = None;
            let id = chat.add(|id| {
                let (date_ms, edited_ms) = (now_ms, None);
                Message { id, from, date_ms, edited_ms, thread, reply_to, content }
            });
            Ok(state.described(chat_id, id))
        })
    }

    pub(super) fn edit_text(&self, params: &Params) -> Result<Value, Refusal> {
        let content = match rich(params)? {
            Some(content) => content,
            None => text(params)?,
        };
        let now_ms = self.clock.now_ms();
        self.change(|state| {
            let (chat_id, bot) = (writable(state, params)?.id, state.bot.id);
            let id = params.number("message_id").unwrap_or(0);
            if id == 0 {
                return Err(Refusal::bad_request("message identifier is not specified"));
            }
            let found = state.chats[&chat_id].message(id);
            let message = found.ok_or_else(|| Refusal::bad_request("message to edit not found"))?;
            if message.from != bot {
                return Err(Refusal::bad_request("message can't be edited"));
            }
            if message.content == content {
                return Err(Refusal::bad_request(
                    "message is not modified: specified new message content and reply markup are \
                     exactly the same as a current content and reply markup of the message",
                ));
            }
            state.refuse_if_told(&content)?;
            state.rates.message(chat_id, now_ms).map_err(Refusal::too_many)?;
            let chat = state.chats.get_mut(&chat_id).expect("found above");
            let message = chat.message_mut(id).expect("found above");
            message.content = content;
            message.edited_ms = Some(now_ms);
            Ok(state.described(chat_id, id))
        })
    }

    pub(super) fn draft_text(&self, params: &Params) -> Result<Value, Refusal> {
        let marked = marked(params)?;
        let entities = marked.entities;
        self.draft(params, Content::Text { text: marked.text, entities, html: is_html(params)? })
    }

    pub(super) fn draft_rich(&self, params: &Params) -> Result<Value, Refusal> {
        let content = rich(params)?.ok_or_else(no_rich)?;
        self.draft(params, content)
    }

    fn draft(&self, params: &Params, content: Content) -> Result<Value, Refusal> {
        let id = params.number("draft_id").unwrap_or(0);
        if id == 0 {
            return Err(Refusal::bad_request("RANDOM_ID_INVALID"));
        }
        let now_ms = self.clock.now_ms();
        self.change(|state| {
            let chat = writable(state, params)?;
            let chat_id = chat.id;
            if !chat.is_private() {
                return Err(Refusal::bad_request("TEXTDRAFT_PEER_INVALID"));
            }
            let thread = thread(chat, params)?;
            if strikes(&mut state.faults.drafts_refused) {
                return Err(Refusal::bad_request("TEXTDRAFT_PEER_INVALID"));
            }
            state.rates.draft(chat_id, now_ms).map_err(Refusal::too_many)?;
            let chat = state.chats.get_mut(&chat_id).expect("found above");
            if !chat.stopped.contains(&id) {
                chat.typing = None;
                chat.draft = Some(Draft {
                    id,
                    thread,
                    content,
                    can_stop: params.flag("can_stop"),
                    keep_on_stop: params.flag("keep_on_stop"),
                    until_ms: now_ms + DRAFT_LIFE_MS,
                });
            }
            Ok(json!(true))
        })
    }

    pub(super) fn chat_action(&self, params: &Params) -> Result<Value, Refusal> {
        let action = params.text("action").unwrap_or_default();
        if !ACTIONS.contains(&action.as_str()) {
            return Err(Refusal::bad_request("wrong parameter action in request"));
        }
        let now_ms = self.clock.now_ms();
        self.change(|state| {
            let chat = writable(state, params)?;
            thread(chat, params)?;
            chat.typing = Some(Typing { action, until_ms: now_ms + TYPING_LIFE_MS });
            Ok(json!(true))
        })
    }
}

impl State {
    /// The faults that a drill has ordered for whatever is sent.
    fn refuse_if_told(&mut self, content: &Content) -> Result<(), Refusal> {
        if strikes(&mut self.faults.too_many) {
            return Err(Refusal::too_many(self.faults.retry_after.max(1)));
        }
        if matches!(content, Content::Rich { .. }) && strikes(&mut self.faults.rich_refused) {
            return Err(Refusal::bad_request("can't parse rich message"));
        }
        match strikes(&mut self.faults.broken) {
            true => Err(Refusal::broken()),
            false => Ok(()),
        }
    }

    pub(super) fn described(&self, chat: i64, message: i64) -> Value {
        let chat = &self.chats[&chat];
        chat.message(message).map_or(Value::Null, |message| message.describe(self, chat))
    }
}

/// The chat that is meant, if the bot may write there.
fn writable<'a>(state: &'a mut State, params: &Params) -> Result<&'a mut Chat, Refusal> {
    let named = params.text("chat_id").filter(|id| !id.trim().is_empty());
    let named = named.ok_or_else(|| Refusal::bad_request("chat_id is empty"))?;
    let chat = named.trim().parse().ok().and_then(|id: i64| state.chats.get_mut(&id));
    let chat = chat.ok_or_else(|| Refusal::bad_request("chat not found"))?;
    match (chat.moved_to, chat.blocked) {
        (Some(to), _) => Err(Refusal::moved(to)),
        (None, false) => Ok(chat),
        (None, true) if chat.is_private() => Err(Refusal::forbidden("bot was blocked by the user")),
        (None, true) => Err(Refusal::forbidden("bot was kicked from the group chat")),
    }
}

fn thread(chat: &Chat, params: &Params) -> Result<Option<i64>, Refusal> {
    match params.number("message_thread_id").filter(|thread| *thread != 0) {
        Some(thread) if !chat.topics.contains_key(&thread) => {
            Err(Refusal::bad_request("message thread not found"))
        }
        thread => Ok(thread),
    }
}

fn answered(chat: &Chat, params: &Params) -> Result<Option<i64>, Refusal> {
    let Some(reply) = params.value("reply_parameters")? else { return Ok(None) };
    match reply["message_id"].as_i64() {
        Some(id) if chat.message(id).is_some() => Ok(Some(id)),
        _ if reply["allow_sending_without_reply"] == true => Ok(None),
        _ => Err(Refusal::bad_request("message to be replied not found")),
    }
}

fn text(params: &Params) -> Result<Content, Refusal> {
    let marked = marked(params)?;
    if marked.text.is_empty() {
        return Err(Refusal::bad_request("message text is empty"));
    }
    let html = is_html(params)?;
    Ok(Content::Text { text: marked.text, entities: marked.entities, html })
}

/// Without its marks, and not too long.
fn marked(params: &Params) -> Result<Marked, Refusal> {
    let source = params.text("text").unwrap_or_default();
    let marked = match is_html(params)? {
        true => html::parse(&source).map_err(cannot_parse)?.with_found(),
        false => {
            let text = source.trim().to_owned();
            let entities = super::entities::found(&text);
            Marked { text, entities }
        }
    };
    match marked.text.encode_utf16().count() > LONGEST_TEXT {
        true => Err(Refusal::bad_request("message is too long")),
        false => Ok(marked),
    }
}

fn cannot_parse(why: String) -> Refusal {
    Refusal::bad_request(format!("can't parse entities: {why}"))
}

/// The other modes are for those who want to escape eighteen characters.
fn is_html(params: &Params) -> Result<bool, Refusal> {
    match params.text("parse_mode").unwrap_or_default().to_ascii_lowercase().as_str() {
        "" | "none" => Ok(false),
        "html" => Ok(true),
        "markdown" | "markdownv2" => {
            Err(Refusal::bad_request("the local stack parses no Markdown in sendMessage"))
        }
        _ => Err(Refusal::bad_request("unsupported parse_mode")),
    }
}

/// `None`: it is not about a rich message.
fn rich(params: &Params) -> Result<Option<Content>, Refusal> {
    let Some(message) = params.value("rich_message")? else { return Ok(None) };
    let (source, html) = match (message["markdown"].as_str(), message["html"].as_str()) {
        (Some(markdown), None) => (markdown, false),
        (None, Some(html)) => (html, true),
        _ => return Err(Refusal::bad_request("exactly one of markdown and html must be given")),
    };
    if source.trim().is_empty() {
        return Err(Refusal::bad_request("message text is empty"));
    }
    if source.chars().count() > LONGEST_RICH {
        return Err(Refusal::bad_request("message is too long"));
    }
    Ok(Some(Content::Rich { source: source.to_owned(), html }))
}

fn no_rich() -> Refusal {
    Refusal::bad_request("rich_message is empty")
}
