//! What was said can be read again, in order and by the page.

use std::time::Duration;

use domain::limits::CONVERSATION_TTL;
use domain::text::title_of;
use domain::{InboxState, Outcome, Reply, Role, Usage};

use super::ContractWorld;
use super::scene::{NOW, Scene, conversation, later, reply};
use crate::HistoryPage;

impl Scene {
    async fn page(&self, talk: &str, before: Option<&str>, limit: usize) -> HistoryPage {
        let talk = conversation(talk);
        let page = self.conversations.history(&self.user, &talk, before, limit, later(999));
        page.await.expect("reads")
    }
}

fn texts(page: &HistoryPage) -> Vec<&str> {
    page.messages.iter().map(|message| message.text.as_str()).collect()
}

pub async fn a_conversation_begins_empty(world: &dyn ContractWorld) {
    let scene = Scene::of(world);
    assert_eq!(scene.page("default", None, 10).await, HistoryPage::default());
    assert_eq!(scene.listed(NOW).await, []);
}

pub async fn conversations_are_listed_by_activity_under_their_first_message(
    world: &dyn ContractWorld,
) {
    let scene = Scene::of(world);
    let first = format!("Plan a trip\n{}", "with many words ".repeat(20));
    scene.talk("trip", "m1", &first, later(1)).await;
    scene.talk("work", "m2", "Write a letter", later(10)).await;
    scene.talk("trip", "m3", "And the hotel?", later(20)).await;
    let listed = scene.listed(NOW).await;
    let listed: Vec<_> =
        listed.iter().map(|c| (c.id.as_str(), c.title.clone(), c.last_activity_at)).collect();
    assert_eq!(
        listed,
        [("trip", title_of(&first), later(21)), ("work", "Write a letter".into(), later(11)),]
    );
}

pub async fn history_is_in_order_and_pairs_stand_together(world: &dyn ContractWorld) {
    let scene = Scene::of(world);
    scene.talk("default", "a", "one", later(1)).await;
    // In the same millisecond, by their clocks, and one id is the other's beginning.
    scene.talk("default", "b-2", "two", later(2)).await;
    scene.talk("default", "b", "three", later(2)).await;
    let page = scene.page("default", None, 10).await;
    assert_eq!(texts(&page), ["one", "re: one", "two", "re: two", "three", "re: three"]);
    assert_eq!(page.before, None);
    let asked = &page.messages[0];
    assert_eq!((asked.role, asked.at, asked.outcome), (Role::User, later(1), None));
    assert_eq!(page.messages[1].role, Role::Assistant);
    assert_eq!(page.messages[1].id, asked.id);
}

pub async fn history_pages_meet_without_gap_or_overlap(world: &dyn ContractWorld) {
    let scene = Scene::of(world);
    for n in 0..5 {
        scene.talk("default", &format!("m{n}"), &n.to_string(), later(n)).await;
    }
    // An odd limit too: a pair is never parted.
    for limit in [2, 3, 4, 5] {
        let (mut seen, mut before) = (Vec::new(), None);
        loop {
            let page = scene.page("default", before.as_deref(), limit).await;
            assert!(!page.messages.is_empty() && page.messages.len() <= limit, "{limit}");
            assert_eq!(page.messages[0].role, Role::User, "{limit}");
            seen.splice(0..0, page.messages.iter().map(|message| message.text.clone()));
            before = page.before;
            if before.is_none() {
                break;
            }
        }
        let expect = ["0", "re: 0", "1", "re: 1", "2", "re: 2", "3", "re: 3", "4", "re: 4"];
        assert_eq!(seen, expect, "{limit}");
    }
}

pub async fn a_page_that_just_fits_is_the_last(world: &dyn ContractWorld) {
    let scene = Scene::of(world);
    scene.talk("default", "m1", "one", later(1)).await;
    scene.talk("default", "m2", "two", later(2)).await;
    let whole = scene.page("default", None, 4).await;
    assert_eq!((whole.messages.len(), whole.before), (4, None));
    let newest = scene.page("default", None, 2).await;
    assert_eq!(texts(&newest), ["two", "re: two"]);
    let rest = scene.page("default", newest.before.as_deref(), 2).await;
    assert_eq!(texts(&rest), ["one", "re: one"]);
    assert_eq!(rest.before, None);
}

pub async fn a_place_of_another_conversation_reads_as_the_end(world: &dyn ContractWorld) {
    let scene = Scene::of(world);
    for (talk, n) in [("a", 1), ("a", 2), ("b", 3), ("b", 4)] {
        scene.talk(talk, &format!("m{n}"), &n.to_string(), later(n)).await;
    }
    let place = scene.page("a", None, 2).await.before.expect("there is more");
    for wrong in [place.as_str(), "", "nonsense", "%00", "Q09OViNi"] {
        let page = scene.page("b", Some(wrong), 2).await;
        assert_eq!(texts(&page), ["4", "re: 4"], "{wrong}");
    }
}

pub async fn a_conversation_whose_name_starts_like_another_is_its_own(world: &dyn ContractWorld) {
    let scene = Scene::of(world);
    for (talk, n) in [("a", 1), ("a-b", 2), ("ab", 3), ("A", 4)] {
        scene.talk(talk, &format!("m{n}"), talk, later(n)).await;
    }
    for talk in ["a", "a-b", "ab", "A"] {
        let page = scene.page(talk, None, 10).await;
        assert_eq!(texts(&page), [talk.to_owned(), format!("re: {talk}")]);
    }
    let listed = scene.listed(NOW).await;
    assert_eq!(listed.len(), 4);
}

pub async fn a_reply_reads_back_whole(world: &dyn ContractWorld) {
    let scene = Scene::of(world);
    let generation = scene.launch().await;
    scene.put("m1", "what?", NOW).await;
    let leased = scene.lease("m1", generation).await;
    assert_eq!(scene.reply_to(&leased).await, None);
    let usage = Usage { input_tokens: 1_000_000, output_tokens: 7, cost_usd: Some(0.012_345) };
    let given = Reply {
        outcome: Outcome::Truncated,
        error: Some("cut at the limit".into()),
        usage: Some(usage),
        ..reply("한국어 👩‍👩‍👧", later(3))
    };
    scene.end(&leased, &given, InboxState::Done, generation).await.expect("leased");
    let read = scene.reply_to(&leased).await.expect("recorded");
    assert_eq!((read.text, read.at), (given.text, later(3)));
    assert_eq!((read.outcome, read.error), (Some(Outcome::Truncated), given.error));
    assert_eq!(read.usage, Some(usage));
}

pub async fn expired_conversations_are_hidden(world: &dyn ContractWorld) {
    let scene = Scene::of(world);
    scene.talk("default", "m1", "one", later(0)).await;
    scene.talk("default", "m2", "two", later(100)).await;
    let talk = conversation("default");
    let (conversations, user) = (&scene.conversations, &scene.user);
    let page_at = |now| conversations.history(user, &talk, None, 10, now);
    // Answered a second after it was accepted: the first pair has just expired.
    let first_gone = later(1) + CONVERSATION_TTL;
    let page = page_at(first_gone).await.expect("reads");
    assert_eq!(texts(&page), ["two", "re: two"]);
    let page = page_at(later(0) + CONVERSATION_TTL).await.expect("reads");
    assert_eq!(page.messages.len(), 4);
    let all_gone = first_gone + Duration::from_secs(100);
    assert_eq!(page_at(all_gone).await.expect("reads"), HistoryPage::default());
    assert_eq!(scene.listed(all_gone).await, []);
    let id = super::scene::id("m2");
    let reply = conversations.reply(user, &talk, &id, later(100), all_gone).await;
    assert_eq!(reply.expect("reads"), None);
}
