//! Where a conversation was spoken in, how far its user has read it, and how it opens at a message.

use std::collections::BTreeMap;

use domain::{Channel, Role};
use tokio::task::JoinSet;

use super::ContractWorld;
use super::conversation_life::new;
use super::scene::{NOW, Scene, conversation, id, later, reply};
use crate::{HistoryPage, NewMessage, ReadMark};

pub async fn a_conversation_knows_where_it_was_spoken_in(world: &dyn ContractWorld) {
    let scene = Scene::of(world);
    scene.conversations.begin(&scene.user, &new("trip", "A trip", 0)).await.expect("begins");
    assert!(scene.known("trip").await.expect("is there").channels.is_empty());
    let generation = scene.launch().await;
    let spoken = [Channel::Schedule, Channel::Web, Channel::Schedule, Channel::Telegram];
    for (n, channel) in (1..).zip(spoken) {
        let name = format!("m{n}");
        let message = scene.message(&name, "?", later(n));
        let message = NewMessage { channel, conversation: conversation("trip"), ..message };
        scene.inbox.put(&scene.user, &message).await.expect("puts");
        let leased = scene.lease(&name, generation).await;
        scene.complete(&leased, &reply("!", later(n)), generation).await.expect("leased");
    }
    let all = [Channel::Web, Channel::Telegram, Channel::Schedule];
    let known = scene.known("trip").await.expect("is there");
    assert_eq!(known.channels.iter().copied().collect::<Vec<_>>(), all, "in this order");
    assert_eq!(scene.listed(NOW).await, [known]);
    scene.hide("trip", 9).await;
    scene.talk("trip", "m9", "anew", later(10)).await;
    let known = scene.known("trip").await.expect("is there");
    assert_eq!(known.channels, [Channel::Web].into(), "what was deleted is not counted");
}

pub async fn what_was_read_never_becomes_unread(world: &dyn ContractWorld) {
    let scene = Scene::of(world);
    let read = async |name: &str, seconds: u64| {
        let (talk, until) = (conversation(name), later(seconds));
        let marked = scene.conversations.mark_read(&scene.user, &talk, until, NOW);
        marked.await.expect("writes")
    };
    let unread = async || scene.known("trip").await.expect("is there").is_unread();
    assert_eq!(read("trip", 1).await, ReadMark::Nowhere);
    assert_eq!(scene.known("trip").await, None, "a mark makes no conversation");
    scene.conversations.begin(&scene.user, &new("trip", "A trip", 0)).await.expect("begins");
    assert!(!unread().await, "nothing was said");
    scene.talk("trip", "m1", "one", later(1)).await;
    assert!(unread().await);
    for (until, expect) in [
        (1, (ReadMark::Moved, true)),
        (2, (ReadMark::Moved, false)),
        (2, (ReadMark::Stands, false)),
        (1, (ReadMark::Stands, false)),
    ] {
        assert_eq!((read("trip", until).await, unread().await), expect, "{until}");
    }
    scene.talk("trip", "m2", "two", later(5)).await;
    assert!(unread().await);
    assert_eq!(scene.listed(NOW).await[0].read_until, Some(later(2)));
    scene.hide("trip", 9).await;
    assert_eq!(read("trip", 9).await, ReadMark::Nowhere);
    scene.talk("trip", "m3", "anew", later(10)).await;
    assert_eq!(scene.known("trip").await.expect("is there").read_until, None);
}

pub async fn of_marks_that_come_at_once_the_latest_stays(world: &dyn ContractWorld) {
    let scene = Scene::of(world);
    scene.talk("trip", "m1", "one", later(1)).await;
    let mut marks = JoinSet::new();
    for n in 0..20 {
        let (conversations, user) = (scene.conversations.clone(), scene.user.clone());
        marks.spawn(async move {
            let (talk, until) = (conversation("trip"), later(n * 7 % 20));
            conversations.mark_read(&user, &talk, until, NOW).await
        });
    }
    for marked in marks.join_all().await {
        assert_ne!(marked.expect("writes"), ReadMark::Nowhere);
    }
    assert_eq!(scene.known("trip").await.expect("is there").read_until, Some(later(19)));
}

impl Scene {
    async fn around(&self, talk: &str, place: &str, limit: usize) -> HistoryPage {
        let talk = conversation(talk);
        let page = self.conversations.around(&self.user, &talk, place, limit, NOW);
        page.await.expect("reads")
    }

    /// Of every row that is found, with its text.
    async fn places(&self) -> BTreeMap<String, String> {
        let page = self.conversations.recent(&self.user, None, 100, NOW).await.expect("reads");
        page.rows.into_iter().map(|row| (row.message.text, row.place)).collect()
    }
}

/// The users' messages of a page, and whether there is more before and after it.
fn shown(page: &HistoryPage) -> (String, bool, bool) {
    let (asked, told): (Vec<_>, Vec<_>) =
        page.messages.iter().partition(|message| message.role == Role::User);
    assert_eq!(asked.len(), told.len(), "whole pairs");
    let texts: Vec<&str> = asked.iter().map(|message| message.text.as_str()).collect();
    (texts.join(" "), page.before.is_some(), page.goes_on)
}

pub async fn a_conversation_opens_at_a_message_that_was_found(world: &dyn ContractWorld) {
    let scene = Scene::of(world);
    for n in 0..7 {
        scene.talk("trip", &format!("m{n}"), &n.to_string(), later(n)).await;
        scene.talk("other", &format!("o{n}"), &format!("o{n}"), later(n)).await;
    }
    let places = scene.places().await;
    for (text, limit, expect) in [
        ("3", 10, ("1 2 3 4 5", true, true)),
        ("re: 3", 10, ("1 2 3 4 5", true, true)),
        ("3", 7, ("2 3 4", true, true)),
        ("3", 4, ("3 4", true, true)),
        ("3", 2, ("3", true, true)),
        ("3", 1, ("3", true, true)),
        ("0", 6, ("0 1", false, true)),
        ("1", 6, ("0 1 2", false, true)),
        ("6", 6, ("5 6", true, false)),
        ("5", 6, ("4 5 6", true, false)),
        ("3", 100, ("0 1 2 3 4 5 6", false, false)),
    ] {
        let page = scene.around("trip", &places[text], limit).await;
        let (texts, before, goes_on) = shown(&page);
        assert_eq!((texts.as_str(), before, goes_on), expect, "{text} with {limit}");
    }
    let page = scene.around("trip", &places["3"], 2).await;
    let (talk, user) = (conversation("trip"), &scene.user);
    let before = scene.conversations.history(user, &talk, page.before.as_deref(), 4, NOW).await;
    assert_eq!(shown(&before.expect("reads")), ("1 2".into(), true, true));
    let place = page.after.expect("a place");
    let after = scene.conversations.later(user, &talk, &place, 4, NOW).await;
    assert_eq!(shown(&after.expect("reads")), ("4 5".into(), true, true));

    for wrong in [places["o3"].as_str(), "", "nonsense", "%00", "Q09OViNi"] {
        let page = scene.around("trip", wrong, 2).await;
        assert_eq!(shown(&page), ("6".into(), true, false), "{wrong}");
    }
    assert_eq!(scene.around("nowhere", &places["3"], 2).await, HistoryPage::default());
}

pub async fn a_place_is_known_before_its_message_has_an_answer(world: &dyn ContractWorld) {
    let scene = Scene::of(world);
    for n in 0..3 {
        scene.talk("trip", &format!("m{n}"), &n.to_string(), later(n)).await;
    }
    let talk = conversation("trip");
    let place = scene.conversations.place_of(&talk, later(5), &id("m5"));
    let page = scene.around("trip", &place, 6).await;
    assert_eq!(shown(&page), ("2".into(), true, false));
    let empty = scene.conversations.place_of(&conversation("new"), later(5), &id("m5"));
    let page = scene.around("new", &empty, 6).await;
    assert_eq!((shown(&page), page.after.is_some()), ((String::new(), false, false), true));
    scene.talk("trip", "m5", "5", later(5)).await;
    scene.talk("trip", "m6", "6", later(6)).await;
    assert_eq!(shown(&scene.around("trip", &place, 6).await), ("2 5 6".into(), true, false));
    let found = &scene.places().await["5"];
    assert_eq!(scene.around("trip", found, 2).await.messages[0].id, id("m5"));

    scene.hide("trip", 5).await;
    scene.talk("trip", "m7", "7", later(7)).await;
    let page = scene.around("trip", &place, 6).await;
    assert_eq!(shown(&page), ("6 7".into(), false, false), "what was deleted is nowhere");
}
