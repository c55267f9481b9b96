//! A conversation is begun, named, searched and deleted by its user.

use domain::{Channel, Conversation, InboxState, Role, Title};

use super::ContractWorld;
use super::scene::{NOW, Scene, conversation, id, later, reply};
use crate::{Deletion, HistoryPage};

pub(super) fn new(name: &str, title: &str, seconds: u64) -> Conversation {
    Conversation::new(conversation(name), title, later(seconds))
}

/// On the page.
fn spoken(name: &str, title: &str, seconds: u64) -> Conversation {
    Conversation { channels: [Channel::Web].into(), ..new(name, title, seconds) }
}

impl Scene {
    pub(super) async fn known(&self, name: &str) -> Option<Conversation> {
        let found = self.conversations.get(&self.user, &conversation(name), NOW).await;
        found.expect("reads")
    }

    async fn said_in(&self, name: &str) -> Vec<String> {
        let talk = conversation(name);
        let page = self.conversations.history(&self.user, &talk, None, 100, NOW).await;
        page.expect("reads").messages.into_iter().map(|message| message.text).collect()
    }

    /// Texts of all conversations by pages of `limit`, the newest first.
    async fn recent(&self, limit: usize) -> Vec<String> {
        let (mut texts, mut place) = (Vec::new(), None);
        loop {
            let page = self.conversations.recent(&self.user, place.as_deref(), limit, NOW).await;
            let page = page.expect("reads");
            assert!(page.rows.len() <= limit);
            texts.extend(page.rows.into_iter().map(|row| row.message.text));
            place = page.before;
            if place.is_none() {
                return texts;
            }
        }
    }

    async fn delete(&self, name: &str, most: usize) -> Deletion {
        let talk = conversation(name);
        let deleted = self.conversations.delete_hidden(&self.user, &talk, most);
        deleted.await.expect("deletes")
    }

    pub(super) async fn hide(&self, name: &str, seconds: u64) {
        let seen = self.known(name).await.expect("is there");
        let hidden = self.conversations.hide(&self.user, &seen, later(seconds)).await;
        assert!(hidden.expect("hides"));
    }
}

pub async fn a_conversation_is_begun_once_and_keeps_its_title(world: &dyn ContractWorld) {
    let scene = Scene::of(world);
    let trip = new("trip", "A trip", 5);
    assert_eq!(scene.known("trip").await, None);
    assert_eq!(scene.conversations.begin(&scene.user, &trip).await.expect("begins"), None);
    assert_eq!(scene.known("trip").await, Some(trip.clone()));
    let again = new("trip", "Another", 6);
    let known = scene.conversations.begin(&scene.user, &again).await.expect("begins");
    assert_eq!(known, Some(trip.clone()));
    assert_eq!(scene.listed(NOW).await, [trip]);
    scene.talk("trip", "m1", "Where to?", later(10)).await;
    assert_eq!(scene.listed(NOW).await, [spoken("trip", "A trip", 11)]);
}

pub async fn a_conversation_is_renamed(world: &dyn ContractWorld) {
    let scene = Scene::of(world);
    let rename = async |title: &str| {
        let (talk, title) = (conversation("trip"), Title::new(title).expect("valid"));
        let renamed = scene.conversations.rename(&scene.user, &talk, &title, NOW);
        renamed.await.expect("writes")
    };
    assert!(!rename("A trip").await);
    assert_eq!(scene.listed(NOW).await, []);
    scene.talk("trip", "m1", "Where to?", later(1)).await;
    assert!(rename("A trip").await);
    assert_eq!(scene.known("trip").await, Some(spoken("trip", "A trip", 2)));
    scene.talk("trip", "m2", "And back?", later(3)).await;
    assert_eq!(scene.known("trip").await, Some(spoken("trip", "A trip", 4)));
}

pub async fn conversations_are_listed_by_the_page(world: &dyn ContractWorld) {
    let scene = Scene::of(world);
    for n in 0..5 {
        let talk = new(&format!("c{n}"), "", 10 - n);
        scene.conversations.begin(&scene.user, &talk).await.expect("begins");
    }
    for limit in [1, 2, 3, 5] {
        let (mut seen, mut place) = (Vec::new(), None);
        loop {
            let page = scene.conversations.list(&scene.user, place.as_deref(), limit, NOW).await;
            let page = page.expect("reads");
            assert!(!page.conversations.is_empty() && page.conversations.len() <= limit);
            seen.extend(page.conversations.into_iter().map(|talk| talk.id.to_string()));
            place = page.before;
            if place.is_none() {
                break;
            }
        }
        assert_eq!(seen, ["c0", "c1", "c2", "c3", "c4"], "{limit}");
    }
    for wrong in ["", "nonsense", "%00"] {
        let page = scene.conversations.list(&scene.user, Some(wrong), 1, NOW).await;
        assert_eq!(page.expect("reads").conversations[0].id.as_str(), "c0", "{wrong}");
    }
}

pub async fn history_goes_on_in_both_directions(world: &dyn ContractWorld) {
    let scene = Scene::of(world);
    let talk = conversation("default");
    let later_than = async |place: &str, limit: usize| -> HistoryPage {
        let page = scene.conversations.later(&scene.user, &talk, place, limit, NOW).await;
        page.expect("reads")
    };
    let before = async |place: Option<&str>, limit: usize| -> HistoryPage {
        let page = scene.conversations.history(&scene.user, &talk, place, limit, NOW).await;
        page.expect("reads")
    };
    let texts = |page: &HistoryPage| -> Vec<String> {
        page.messages.iter().map(|message| message.text.clone()).collect()
    };
    assert_eq!(later_than("", 2).await, HistoryPage::default());
    for n in 0..4 {
        scene.talk("default", &format!("m{n}"), &n.to_string(), later(n)).await;
    }
    let newest = before(None, 2).await;
    assert_eq!((texts(&newest), newest.goes_on), (vec!["3".into(), "re: 3".into()], false));
    let older = before(newest.before.as_deref(), 4).await;
    assert_eq!(texts(&older), ["1", "re: 1", "2", "re: 2"]);
    assert!(older.goes_on && older.before.is_some());

    let place = older.after.expect("a place");
    let on = later_than(&place, 4).await;
    assert_eq!((texts(&on), on.goes_on), (vec!["3".into(), "re: 3".into()], false));
    let back = before(on.before.as_deref(), 2).await;
    assert_eq!(texts(&back), ["2", "re: 2"]);

    let start = later_than("nonsense", 2).await;
    assert_eq!((texts(&start), &start.before), (vec!["0".into(), "re: 0".into()], &None));
    assert!(start.goes_on);
    let on = later_than(start.after.as_deref().expect("a place"), 2).await;
    assert_eq!((texts(&on), on.goes_on), (vec!["1".into(), "re: 1".into()], true));

    // The place after the last one is good for what comes.
    let end = newest.after.expect("a place");
    let nothing = later_than(&end, 2).await;
    assert_eq!((texts(&nothing), &nothing.after), (vec![], &Some(end.clone())));
    scene.talk("default", "m9", "new", later(9)).await;
    assert_eq!(texts(&later_than(&end, 2).await), ["new", "re: new"]);
}

pub async fn everything_said_is_read_from_the_newest_on(world: &dyn ContractWorld) {
    let scene = Scene::of(world);
    assert_eq!(scene.recent(10).await, Vec::<String>::new());
    scene.talk("a", "m1", "one", later(1)).await;
    scene.talk("b", "m2", "two", later(2)).await;
    scene.talk("a", "m3", "three", later(3)).await;
    scene.conversations.begin(&scene.user, &new("c", "empty", 9)).await.expect("begins");
    let all = scene.recent(10).await;
    let places = |text: &str| all.iter().position(|it| it.ends_with(text)).expect("is there");
    assert_eq!(all.len(), 6);
    assert!(places("three") < places("two") && places("two") < places("one"), "{all:?}");
    for limit in [1, 2, 3] {
        assert_eq!(scene.recent(limit).await, all, "{limit}");
    }
    let page = scene.conversations.recent(&scene.user, None, 10, NOW).await.expect("reads");
    let places: Vec<&str> = page.rows.iter().map(|row| row.place.as_str()).collect();
    for (n, place) in places.into_iter().enumerate() {
        let rest = scene.conversations.recent(&scene.user, Some(place), 10, NOW).await;
        let rest: Vec<String> =
            rest.expect("reads").rows.into_iter().map(|row| row.message.text).collect();
        assert_eq!(rest, all[n + 1..], "{n}");
    }
    let roles: Vec<Role> = page.rows.iter().map(|row| row.message.role).collect();
    assert_eq!(roles.iter().filter(|role| **role == Role::User).count(), 3);
}

pub async fn what_is_deleted_is_gone_at_once_and_then_for_good(world: &dyn ContractWorld) {
    let scene = Scene::of(world);
    for n in 0..3 {
        scene.talk("trip", &format!("m{n}"), &n.to_string(), later(n)).await;
    }
    scene.talk("trips", "other", "stays", later(9)).await;
    let row = scene.row("m1").await;
    assert_eq!(scene.delete("trip", 10).await, Deletion::None, "nothing is hidden");
    scene.hide("trip", 9).await;
    assert_eq!(scene.said_in("trip").await, Vec::<String>::new());
    assert_eq!((scene.known("trip").await, scene.reply_to(&row).await), (None, None));
    assert_eq!(scene.recent(2).await, ["re: stays", "stays"]);
    assert_eq!(scene.listed(NOW).await, [spoken("trips", "stays", 10)]);

    let mut steps = 1;
    while scene.delete("trip", 2).await == Deletion::Begun {
        steps += 1;
        assert!(steps < 9, "it ends");
    }
    assert!(steps > 2, "so many rows at a time");
    assert_eq!(scene.delete("trip", 2).await, Deletion::None);
    assert_eq!(scene.said_in("trip").await, Vec::<String>::new());
    assert_eq!(scene.said_in("trips").await, ["stays", "re: stays"]);
}

pub async fn what_is_said_after_a_deletion_stays(world: &dyn ContractWorld) {
    let scene = Scene::of(world);
    scene.talk("trip", "m1", "old", later(1)).await;
    scene.hide("trip", 1).await;
    scene.talk("trip", "m2", "new", later(5)).await;
    let fresh = spoken("trip", "new", 6);
    for deletion in [None, Some(Deletion::Done), Some(Deletion::None)] {
        if let Some(expect) = deletion {
            assert_eq!(scene.delete("trip", 100).await, expect);
        }
        assert_eq!(scene.said_in("trip").await, ["new", "re: new"]);
        assert_eq!(scene.known("trip").await, Some(fresh.clone()));
        assert_eq!(scene.recent(10).await.len(), 2);
    }
}

pub async fn a_deletion_that_met_an_answer_hides_nothing(world: &dyn ContractWorld) {
    let scene = Scene::of(world);
    scene.talk("trip", "m1", "one", later(1)).await;
    let seen = scene.known("trip").await.expect("is there");
    scene.talk("trip", "m2", "two", later(2)).await;
    assert!(!scene.conversations.hide(&scene.user, &seen, later(1)).await.expect("writes"));
    assert_eq!(scene.said_in("trip").await.len(), 4);
    let nowhere = new("nowhere", "", 1);
    assert!(!scene.conversations.hide(&scene.user, &nowhere, later(1)).await.expect("writes"));
    assert_eq!(scene.known("nowhere").await, None);
}

pub async fn a_dead_message_is_forgotten_and_others_are_not(world: &dyn ContractWorld) {
    let scene = Scene::of(world);
    let generation = scene.launch().await;
    scene.put("m1", "secret", NOW).await;
    let leased = scene.lease("m1", generation).await;
    scene.inbox.forget(&scene.user, &id("m1")).await.expect("writes");
    assert_eq!(scene.row("m1").await.text, "secret");
    let failed = reply("", later(1));
    scene.end(&leased, &failed, InboxState::Dead, generation).await.expect("leased");
    assert_eq!(scene.row("m1").await.text, "secret");
    scene.inbox.forget(&scene.user, &id("m1")).await.expect("writes");
    let row = scene.row("m1").await;
    assert_eq!((row.text.as_str(), row.state), ("", InboxState::Dead));
    scene.inbox.forget(&scene.user, &id("nothing")).await.expect("writes");
}
