//! Where a chat leads, and what is said in one once only.

use std::sync::atomic::{AtomicI64, Ordering};

use domain::limits::{PARKED_UPDATE_TTL, TELEGRAM_GREETING_EVERY, TOMBSTONE_TTL};
use domain::{TelegramChat, TelegramUser, Timestamp};
use tokio::task::JoinSet;

use super::ContractWorld;
use super::scene::{NOW, conversation, later};
use crate::{ParkedUpdate, UpdateId};

/// Numbers of chats, people and bots are everybody's.
fn unseen() -> i64 {
    static SEEN: AtomicI64 = AtomicI64::new(1);
    (i64::from(std::process::id()) << 20) + SEEN.fetch_add(1, Ordering::Relaxed)
}

fn chat(id: i64, thread: Option<i64>) -> TelegramChat {
    TelegramChat { id, thread, is_group: id < 0 }
}

pub async fn a_chat_leads_where_its_user_chose_last(world: &dyn ContractWorld) {
    let (chats, ana, ben) = (world.chats(), world.new_user(), world.new_user());
    let group = -unseen();
    let (main, topic) = (chat(group, None), chat(group, Some(7)));
    assert_eq!(chats.conversation(&ana, &main).await.expect("reads"), None);
    for talk in ["first", "second"] {
        let talk = conversation(talk);
        chats.choose(&ana, &main, &talk).await.expect("writes");
        assert_eq!(chats.conversation(&ana, &main).await.expect("reads"), Some(talk));
    }
    assert_eq!(chats.conversation(&ana, &topic).await.expect("reads"), None, "a topic's own");
    assert_eq!(chats.conversation(&ben, &main).await.expect("reads"), None, "another user's");
    chats.choose(&ana, &topic, &conversation("third")).await.expect("writes");
    let of_topic = chats.conversation(&ana, &topic).await.expect("reads");
    assert_eq!(of_topic, Some(conversation("third")));
}

pub async fn a_group_that_moved_is_known_by_its_new_name(world: &dyn ContractWorld) {
    let (chats, from, to) = (world.chats(), -unseen(), -unseen());
    assert_eq!(chats.moved_from(to).await.expect("reads"), None);
    for _ in 0..2 {
        chats.note_move(from, to).await.expect("writes");
        assert_eq!(chats.moved_from(to).await.expect("reads"), Some(from));
    }
    assert_eq!(chats.moved_from(from).await.expect("reads"), None);
}

pub async fn a_stranger_is_greeted_once_a_day(world: &dyn ContractWorld) {
    let (chats, person) = (world.chats(), TelegramUser(unseen()));
    let may = async |at: Timestamp| chats.may_greet(person, at).await.expect("writes");
    let tomorrow = NOW + TELEGRAM_GREETING_EVERY;
    assert!(may(NOW).await);
    assert!(!may(NOW).await);
    assert!(!may(Timestamp(tomorrow.millis() - 1)).await);
    assert!(may(tomorrow).await);
    assert!(!may(tomorrow).await);
    let another = chats.may_greet(TelegramUser(unseen()), NOW).await;
    assert!(another.expect("writes"), "another person");
}

pub async fn an_update_is_answered_once(world: &dyn ContractWorld) {
    let (chats, bot) = (world.chats(), unseen());
    let update = UpdateId { bot, update: 5 };
    let mut claims = JoinSet::new();
    for _ in 0..20 {
        let chats = chats.clone();
        claims.spawn(async move { chats.first_to_answer(update, NOW).await.expect("writes") });
    }
    let first = claims.join_all().await.into_iter().filter(|first| *first).count();
    assert_eq!(first, 1);
    let late = Timestamp(NOW.millis() + TOMBSTONE_TTL.as_millis() as u64 - 1000);
    assert!(!chats.first_to_answer(update, late).await.expect("writes"));
    for other in [UpdateId { bot, update: 6 }, UpdateId { bot: unseen(), update: 5 }] {
        assert!(chats.first_to_answer(other, NOW).await.expect("writes"), "{other:?}");
    }
}

pub async fn what_cannot_be_processed_is_kept_with_its_reason(world: &dyn ContractWorld) {
    let (parked, bot) = (world.parked_updates(), unseen());
    let update = |id: &str, reason: &str| ParkedUpdate {
        bot,
        id: id.into(),
        reason: reason.into(),
        body: "{\"update_id\": \"한\"}\n".into(),
        at: NOW,
    };
    let all = async |at: Timestamp| parked.parked(bot, at).await.expect("reads");
    assert_eq!(all(NOW).await, []);
    for one in [update("2", "a panic"), update("1", "no JSON"), update("2", "no JSON")] {
        parked.park(&one).await.expect("writes");
    }
    assert_eq!(all(later(60)).await, [update("1", "no JSON"), update("2", "no JSON")]);
    assert_eq!(parked.parked(unseen(), NOW).await.expect("reads"), [], "another bot's");
    assert_eq!(all(NOW + PARKED_UPDATE_TTL).await, []);
}
