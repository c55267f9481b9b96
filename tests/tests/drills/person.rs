//! Somebody who writes and waits, as the page does it: says again what was not accepted, asks
//! when nothing more is heard, connects again, and keeps count.

use std::time::{Duration, Instant};

use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};
use system_tests::{Client, PATIENCE, Stack, get, message_id};

/// The page waits 30 s; a drill has less time.
const ASK_AFTER: Duration = Duration::from_secs(6);
const SAY_AGAIN_AFTER: Duration = Duration::from_secs(2);
const LOOK_EVERY: Duration = Duration::from_millis(500);

pub(crate) struct Person {
    pub(crate) name: String,
    /// The id that the issuer gave to this name.
    pub(crate) user: String,
    pub(crate) token: String,
    pub(crate) client: Client,
    /// Everything that was said, in the order in which it was accepted.
    pub(crate) book: Vec<Entry>,
    pub(crate) reconnects: usize,
    /// How many frames were counted into the book.
    read: usize,
    ws: String,
    api: String,
}

pub(crate) struct Entry {
    pub(crate) id: String,
    /// What the agent has been told to answer.
    pub(crate) expected: String,
    pub(crate) accepted: bool,
    /// `length` and `outcome` of its `stream_end`.
    pub(crate) ended: Option<(u64, String)>,
    pub(crate) waited: Duration,
    frame: Value,
    said: Instant,
    /// When something was last heard of it or asked about it.
    heard: Instant,
    /// After a `resume` only the rest of the text is sent, or only the end.
    asked: bool,
}

impl Person {
    pub(crate) async fn on(stack: &Stack, name: &str) -> Person {
        let token = stack.token(name).await;
        let client = Client::connect(&stack.ws, &token).await.expect("connects");
        Person {
            name: name.to_owned(),
            user: subject_of(&token),
            token,
            client,
            book: Vec::new(),
            reconnects: 0,
            read: 0,
            ws: stack.ws.clone(),
            api: stack.api.clone(),
        }
    }

    /// Says something that is answered with `words` words in about `time`, and waits until it
    /// is accepted.
    pub(crate) async fn say(&mut self, words: usize, time: Duration) -> usize {
        let number = self.send(words, time).await;
        self.until("accepted", |person| person.book[number].accepted).await;
        number
    }

    /// As [`say`](Self::say), without waiting. Returns the message's number in the book.
    pub(crate) async fn send(&mut self, words: usize, time: Duration) -> usize {
        let number = self.book.len();
        let expected = reply_text(&self.name, number, words);
        let pause = time.as_millis() / words as u128;
        let message = format!("[[demo text=\"{expected}\" chunk={WORD} delay={pause}]]");
        let (id, now) = (message_id(), Instant::now());
        let frame = json!({
            "action": "sendMessage", "messageId": id, "conversationId": "default",
            "message": message,
        });
        self.book.push(Entry {
            id,
            expected,
            accepted: false,
            ended: None,
            waited: Duration::ZERO,
            frame,
            said: now,
            heard: now,
            asked: false,
        });
        self.transmit(number).await;
        number
    }

    pub(crate) fn held(&self, number: usize) -> &str {
        self.client.held.get(&self.book[number].id).map(String::as_str).unwrap_or_default()
    }

    pub(crate) fn has_ended(&self, number: usize) -> bool {
        self.book[number].ended.is_some()
    }

    /// Messages on their way: not accepted, or not answered.
    pub(crate) fn waits_for(&self) -> usize {
        self.book.iter().filter(|entry| entry.ended.is_none()).count()
    }

    pub(crate) async fn until_all_ended(&mut self) {
        self.until("the end of every reply", |person| person.waits_for() == 0).await;
    }

    /// Reads on until something is as wanted.
    pub(crate) async fn until(&mut self, what: &str, wanted: impl Fn(&Person) -> bool) {
        let give_up = Instant::now() + PATIENCE;
        while !wanted(self) {
            assert!(Instant::now() < give_up, "{}: {what}: not seen; {}", self.name, self.state());
            self.step().await;
        }
    }

    /// Reads on until a frame is as wanted.
    pub(crate) async fn until_frame(&mut self, what: &str, wanted: impl Fn(&Value) -> bool) {
        self.until(what, |person| person.client.frames.iter().any(&wanted)).await;
    }

    /// One frame or a moment of silence, and what a page makes of it.
    pub(crate) async fn step(&mut self) {
        // `Client` keeps what it reads, so a frame is not lost when the time is over.
        if let Ok(Err(_)) = tokio::time::timeout(LOOK_EVERY, self.client.next()).await {
            self.come_back().await;
        }
        while let Some(frame) = self.client.frames.get(self.read).cloned() {
            self.read += 1;
            self.count(&frame).await;
        }
        self.insist().await;
    }

    /// A new socket, after the old one was closed or given up.
    pub(crate) async fn come_back(&mut self) {
        self.reconnects += 1;
        let mut fresh = loop {
            match Client::connect(&self.ws, &self.token).await {
                Ok(client) => break client,
                Err(_) => tokio::time::sleep(LOOK_EVERY).await,
            }
        };
        std::mem::swap(&mut self.client, &mut fresh);
        self.client.goes_on_from(fresh);
        for number in 0..self.book.len() {
            let Entry { accepted, ended, .. } = &self.book[number];
            match (accepted, ended) {
                (_, Some(_)) => {}
                (true, None) => self.ask(number).await,
                (false, None) => self.transmit(number).await,
            }
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        let url = format!("{}{path}", self.api);
        let answer = get(&url, Some(&self.token)).await.expect("answers");
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
        answer.json()
    }

    /// When the reply was recorded, in milliseconds since 1970.
    pub(crate) async fn recorded_at(&self, number: usize) -> u64 {
        let id = &self.book[number].id;
        let reply = self.get(&format!("/conversations/default/messages/{id}/reply")).await;
        reply["at"].as_u64().expect("a time")
    }

    async fn count(&mut self, frame: &Value) {
        let now = Instant::now();
        let about = |entry: &Entry| frame["messageId"] == entry.id.as_str();
        let Some(number) = self.book.iter().position(about) else { return };
        let entry = &mut self.book[number];
        entry.heard = now;
        match frame["type"].as_str() {
            Some("accepted") => entry.accepted = true,
            Some("stream_end") if entry.ended.is_none() => {
                let length = frame["length"].as_u64().expect("a length");
                let outcome = frame["outcome"].as_str().expect("an outcome").to_owned();
                entry.accepted = true;
                entry.waited = now - entry.said;
                entry.ended = Some((length, outcome));
                self.mend(number, length).await;
            }
            _ => {}
        }
    }

    /// `stream_end` names another length than what is held: the reply is read over REST. Who
    /// never asked for less than everything must not need this.
    async fn mend(&mut self, number: usize, length: u64) {
        let held = self.held(number).encode_utf16().count() as u64;
        if held == length {
            return;
        }
        let Entry { id, asked, .. } = &self.book[number];
        let may_lack = *asked || self.client.forgives_stragglers();
        assert!(may_lack, "{}: {id} ended with {length} units, {held} held", self.name);
        let path = format!("/conversations/default/messages/{id}/reply");
        let reply = self.get(&path).await;
        let text = reply["text"].as_str().expect("a reply has a text").to_owned();
        self.client.held.insert(self.book[number].id.clone(), text);
    }

    async fn insist(&mut self) {
        for number in 0..self.book.len() {
            let entry = &self.book[number];
            if entry.ended.is_some() {
                continue;
            }
            let silent = entry.heard.elapsed();
            if entry.accepted && silent > ASK_AFTER {
                self.ask(number).await;
            } else if !entry.accepted && silent > SAY_AGAIN_AFTER {
                self.transmit(number).await;
            }
        }
    }

    async fn transmit(&mut self, number: usize) {
        self.book[number].heard = Instant::now();
        let frame = self.book[number].frame.clone();
        // A closed socket says so when it is next read, and all is said again on the next.
        self.client.try_send(frame).await.ok();
    }

    async fn ask(&mut self, number: usize) {
        // A post that is on its way while we ask brings text that the answer brings again.
        self.client.forgive_stragglers();
        let offset = self.held(number).encode_utf16().count();
        let entry = &mut self.book[number];
        entry.heard = Instant::now();
        entry.asked = true;
        let frame = json!({"action": "resume", "messageId": entry.id, "offset": offset});
        self.client.try_send(frame).await.ok();
    }

    fn state(&self) -> String {
        let open = self.book.iter().filter(|entry| entry.ended.is_none());
        let open: Vec<_> = open.map(|e| (&e.id, e.accepted, e.heard.elapsed())).collect();
        let last = &self.client.frames[self.client.frames.len().saturating_sub(4)..];
        format!("open: {open:?}; last frames: {last:?}")
    }
}

fn subject_of(token: &str) -> String {
    let claims = token.split('.').nth(1).expect("a JWT");
    let claims = BASE64URL_NOPAD.decode(claims.as_bytes()).expect("base64");
    let claims: Value = serde_json::from_slice(&claims).expect("JSON");
    claims["sub"].as_str().expect("a subject").to_owned()
}

/// Letters of one word, its blank included.
const WORD: usize = 8;

/// No two replies are alike: a word says whose it is, of which message, and where it stands.
fn reply_text(name: &str, message: usize, words: usize) -> String {
    let initial = name.chars().next().expect("a name");
    let text: String = (0..words).map(|word| format!("{initial}{message:02}-{word:03} ")).collect();
    // A gateway tidies the end of what it keeps.
    text.trim_end().to_owned()
}
