//! What a person said before he linked his account stays his, on both sides.

use std::sync::Arc;

use control_plane::{LinkedConversations, Part, ReadConversations, SearchMessages};
use domain::{
    Channel, ConversationId, Generation, InboxState, Needle, Outcome, Reply, Timestamp, UserId,
};
use platform::{Claim, Clock, Completion, PutOutcome, ReadMark};
use protocol::Message;
use telegram_support::{BEN, Chatting, unlinked};

#[path = "telegram/mod.rs"]
mod telegram_support;
mod world;

const BEFORE: &str = "tg-linked-502-default";

fn user(name: &str) -> UserId {
    UserId::new(name).expect("valid")
}

fn id(name: &str) -> ConversationId {
    ConversationId::new(name).expect("valid")
}

/// A whole exchange of this user.
async fn talk(chat: &Chatting, user: &UserId, conversation: &str, name: &str, text: &str) {
    let world = &chat.cases.world;
    world.clock().advance(std::time::Duration::from_secs(1));
    let now = world.clock().now();
    let generation = launched(chat, user, now).await;
    let message = platform::NewMessage {
        id: world::message_id(name),
        conversation: id(conversation),
        channel: Channel::Telegram,
        reply_to: domain::ReplyTo::None,
        text: text.into(),
        attachments: Vec::new(),
        album: None,
        received_at: now,
        due_at: now,
    };
    let put = world.inbox().put(user, &message).await.expect("puts");
    assert!(matches!(put, PutOutcome::Accepted(_)));
    let leased = world.inbox().lease(user, &message.id, generation).await.expect("open");
    let text = format!("re: {text}");
    let reply = Reply { text, outcome: Outcome::Complete, error: None, usage: None, at: now };
    let (message, reply, state) = (&leased, &reply, InboxState::Done);
    let completion = Completion { message, reply, state, generation, owed: false };
    world.inbox().complete(user, &completion).await.expect("leased");
}

async fn launched(chat: &Chatting, user: &UserId, now: Timestamp) -> Generation {
    let tasks = chat.cases.world.tasks();
    let seen = tasks.get(user).await.expect("reads");
    if seen.generation.0 > 0 {
        return seen.generation;
    }
    let claim = Claim {
        seen_status: seen.status,
        seen_generation: seen.generation,
        launch_token_sha256: "t".into(),
        now,
        due_at: now,
    };
    tasks.claim_launch(user, &claim).await.expect("alone")
}

struct Page {
    read: ReadConversations,
    search: SearchMessages,
}

fn page(chat: &Chatting) -> Page {
    let world = &chat.cases.world;
    let (own, links) = (world.conversations(), world.links());
    let conversations = Arc::new(LinkedConversations { own, links });
    let clock = Arc::new(world.clock().clone());
    Page {
        read: ReadConversations {
            conversations: conversations.clone(),
            inbox: world.inbox(),
            clock: clock.clone(),
        },
        search: SearchMessages { conversations, inbox: world.inbox(), clock },
    }
}

impl Page {
    /// All pages of so many.
    async fn listed(&self, user: &UserId, limit: usize) -> Vec<String> {
        let (mut ids, mut place) = (Vec::new(), None::<String>);
        loop {
            let page = self.read.list(user, place.as_deref(), limit).await.expect("reads");
            ids.extend(page.conversations.into_iter().map(|listed| listed.conversation_id));
            place = page.before;
            if place.is_none() {
                return ids;
            }
        }
    }

    /// From the last page to the first.
    async fn said(&self, user: &UserId, conversation: &str, limit: usize) -> Vec<String> {
        let (mut said, mut place) = (Vec::new(), None::<String>);
        loop {
            let part = place.as_deref().map_or(Part::Newest, Part::Before);
            let page = self.read.messages(user, &id(conversation), part, limit).await;
            let Some(page) = page.expect("reads") else { return said };
            said.splice(0..0, page.messages.into_iter().map(|message| message.text));
            place = page.before;
            if place.is_none() {
                return said;
            }
        }
    }

    async fn later(&self, user: &UserId, conversation: &str, after: &str) -> Vec<Message> {
        let (mut said, mut place) = (Vec::new(), after.to_owned());
        loop {
            let page = self.read.messages(user, &id(conversation), Part::After(&place), 2).await;
            let page = page.expect("reads").expect("is there");
            said.extend(page.messages);
            if !page.goes_on {
                return said;
            }
            place = page.after.expect("it goes on from somewhere");
        }
    }

    async fn found(&self, user: &UserId, words: &str) -> Vec<String> {
        let needle = Needle::new(words).expect("long enough");
        let (mut hits, mut place) = (Vec::new(), None::<String>);
        loop {
            let page = self.search.run(user, &needle, place.as_deref(), 2).await.expect("reads");
            hits.extend(page.hits.into_iter().map(|hit| hit.conversation_id));
            place = page.before;
            if place.is_none() {
                return hits;
            }
        }
    }
}

/// Ben wrote to the bot before he had an account, and ana is the account.
async fn two_sides() -> Chatting {
    let chat = unlinked().await;
    let (ana, ben) = (user("ana"), user("telegram:502"));
    talk(&chat, &ben, "default", "b1", "of the sea").await;
    talk(&chat, &ben, "tg-502-9", "b2", "of a topic").await;
    talk(&chat, &ben, "default", "b3", "of the hills").await;
    talk(&chat, &ana, "default", "a1", "of the town").await;
    chat
}

#[tokio::test]
async fn after_linking_the_page_shows_what_was_said_before() {
    let chat = two_sides().await;
    let (page, ana) = (page(&chat), user("ana"));
    assert_eq!(page.listed(&ana, 50).await, ["default"]);
    assert_eq!(page.said(&ana, BEFORE, 50).await, Vec::<String>::new(), "not his yet");
    assert_eq!(page.found(&ana, "of").await.len(), 2);
    chat.link(BEN).await;
    for limit in [1, 2, 50] {
        let expected = ["default", BEFORE, "tg-linked-502-tg-502-9"];
        assert_eq!(page.listed(&ana, limit).await, expected, "{limit} at once");
    }
    let before = ["of the sea", "re: of the sea", "of the hills", "re: of the hills"];
    for limit in [2, 50] {
        assert_eq!(page.said(&ana, BEFORE, limit).await, before, "{limit} at once");
    }
    assert_eq!(page.said(&ana, "default", 50).await, ["of the town", "re: of the town"]);
    let found = page.found(&ana, "of").await;
    assert_eq!(found.len(), 8, "{found:?}");
    assert_eq!(page.found(&ana, "hills").await, [BEFORE, BEFORE]);
}

#[tokio::test]
async fn what_is_gone_on_with_is_ones_own_and_begins_with_what_was_before() {
    let chat = two_sides().await;
    chat.link(BEN).await;
    let (page, ana) = (page(&chat), user("ana"));
    let end = page.read.messages(&ana, &id(BEFORE), Part::Newest, 50).await.expect("reads");
    let end = end.and_then(|page| page.after).expect("there is something");
    talk(&chat, &ana, BEFORE, "a2", "go on").await;
    let expected = [BEFORE, "default", "tg-linked-502-tg-502-9"];
    assert_eq!(page.listed(&ana, 50).await, expected);
    for limit in [2, 50] {
        let said = page.said(&ana, BEFORE, limit).await;
        assert_eq!(said[..4].join("|"), "of the sea|re: of the sea|of the hills|re: of the hills");
        assert_eq!(said[4..], ["go on", "re: go on"]);
    }
    let later: Vec<String> =
        page.later(&ana, BEFORE, &end).await.into_iter().map(|said| said.text).collect();
    assert_eq!(later, ["go on", "re: go on"]);
}

#[tokio::test]
async fn what_was_found_opens_on_both_sides_of_the_link() {
    let chat = two_sides().await;
    chat.link(BEN).await;
    let (page, ana) = (page(&chat), user("ana"));
    talk(&chat, &ana, BEFORE, "a2", "go on").await;
    let around = async |words: &str| {
        let needle = Needle::new(words).expect("long enough");
        let found = page.search.run(&ana, &needle, None, 1).await.expect("reads");
        let found = match found.hits.is_empty() {
            true => page.search.run(&ana, &needle, found.before.as_deref(), 1).await,
            false => Ok(found),
        };
        let place = found.expect("reads").hits.remove(0).place;
        let opened = page.read.messages(&ana, &id(BEFORE), Part::Around(&place), 2).await;
        let opened = opened.expect("reads").expect("is there");
        let texts: Vec<String> = opened.messages.into_iter().map(|said| said.text).collect();
        (texts.join("|"), opened.before.is_some(), opened.goes_on)
    };
    assert_eq!(around("the sea").await, ("of the sea|re: of the sea".into(), false, true));
    assert_eq!(around("the hills").await, ("of the hills|re: of the hills".into(), true, true));
    assert_eq!(around("go on").await, ("go on|re: go on".into(), true, false));
}

#[tokio::test]
async fn what_was_said_before_counts_as_read_and_what_is_ones_own_does_not() {
    let chat = two_sides().await;
    chat.link(BEN).await;
    let (page, ana) = (page(&chat), user("ana"));
    let listed = async || page.read.list(&ana, None, 50).await.expect("reads").conversations;
    let before = listed().await;
    let shown = before.iter().find(|it| it.conversation_id == BEFORE).expect("is shown");
    assert_eq!((shown.channels.as_slice(), shown.unread), ([Channel::Telegram].as_slice(), false));
    let now = chat.cases.world.clock().now();
    let mark = async |name: &str| page.read.mark_read(&ana, &id(name), now).await.expect("reads");
    assert_eq!(mark(BEFORE).await, ReadMark::Stands);
    assert_eq!(mark("tg-linked-503-default").await, ReadMark::Nowhere);
    assert_eq!(listed().await, before, "nothing of it is changed");

    talk(&chat, &ana, BEFORE, "a2", "go on").await;
    assert!(listed().await[0].unread);
    let now = chat.cases.world.clock().now();
    let marked = page.read.mark_read(&ana, &id(BEFORE), now).await;
    assert_eq!(marked.expect("writes"), ReadMark::Moved);
    assert!(!listed().await[0].unread);
}

#[tokio::test]
async fn nobody_else_sees_it_and_after_unlinking_it_is_where_it_was() {
    let chat = two_sides().await;
    chat.link(BEN).await;
    let (page, eve) = (page(&chat), user("eve"));
    assert_eq!(page.listed(&eve, 50).await, Vec::<String>::new());
    assert_eq!(page.said(&eve, BEFORE, 50).await, Vec::<String>::new());
    assert_eq!(page.found(&eve, "of").await, Vec::<String>::new());
    let ana = user("ana");
    let other = "tg-linked-503-default";
    assert_eq!(page.said(&ana, other, 50).await, Vec::<String>::new(), "another person's");
    chat.cases.world.links().unlink(&ana).await.expect("writes");
    assert_eq!(page.listed(&ana, 50).await, ["default"]);
    assert_eq!(page.said(&ana, BEFORE, 50).await, Vec::<String>::new());
    chat.get(telegram_support::text(7, BEN, "still here")).await;
    assert_eq!(chat.inbox_of_ben().len(), 4, "his own again");
}
