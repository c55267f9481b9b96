//! An account belongs to one user, and a user has one account; a code makes it so, once.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use domain::limits::{LINK_CODE_TTL, LINK_TRIES_MAX, LINK_TRIES_WITHIN};
use domain::{LinkCode, MessageId, TelegramLink, TelegramUser, Timestamp, UserId};
use tokio::task::JoinSet;

use super::ContractWorld;
use super::scene::{NOW, id, later};
use crate::{IssueOutcome, Links, RedeemOutcome, Redemption};

/// Codes and people are everybody's: no case may meet another's.
fn new_code() -> LinkCode {
    static CODES: AtomicU64 = AtomicU64::new(0);
    let process = u64::from(std::process::id() % 900) * 1_000;
    LinkCode::from_random(process + CODES.fetch_add(1, Ordering::Relaxed))
}

fn new_person() -> TelegramUser {
    static PEOPLE: AtomicI64 = AtomicI64::new(1);
    let process = i64::from(std::process::id()) << 20;
    TelegramUser(process + PEOPLE.fetch_add(1, Ordering::Relaxed))
}

fn says(person: TelegramUser, code: &LinkCode, now: Timestamp) -> Redemption {
    Redemption { code: code.clone(), person, name: "Ana B".into(), chat: person.0, now }
}

struct Linking {
    links: Arc<dyn Links>,
    user: UserId,
}

impl Linking {
    fn of(world: &dyn ContractWorld) -> Self {
        Self { links: world.links(), user: world.new_user() }
    }

    async fn issue(&self, code: &LinkCode, now: Timestamp) -> IssueOutcome {
        let issued = self.links.issue(&self.user, code, now + LINK_CODE_TTL, now).await;
        issued.expect("writes")
    }

    async fn issued(&self) -> LinkCode {
        loop {
            let code = new_code();
            if self.issue(&code, NOW).await == IssueOutcome::Issued {
                return code;
            }
        }
    }

    async fn redeem(&self, person: TelegramUser, code: &LinkCode) -> RedeemOutcome {
        self.links.redeem(&says(person, code, NOW)).await.expect("writes")
    }

    async fn linked(&self, person: TelegramUser) -> LinkCode {
        let code = self.issued().await;
        let linked = self.redeem(person, &code).await;
        assert_eq!(linked, RedeemOutcome::Linked(self.user.clone()));
        code
    }

    async fn owner_of(&self, person: TelegramUser) -> Option<UserId> {
        self.links.owner_of(person).await.expect("reads")
    }

    async fn outstanding(&self, now: Timestamp) -> Option<Timestamp> {
        self.links.outstanding(&self.user, now).await.expect("reads")
    }
}

pub async fn a_code_links_an_account_once(world: &dyn ContractWorld) {
    let (ana, person) = (Linking::of(world), new_person());
    assert_eq!(ana.owner_of(person).await, None);
    assert_eq!(ana.links.of(&ana.user).await.expect("reads"), None);
    let code = ana.issued().await;
    assert_eq!(ana.outstanding(NOW).await, Some(NOW + LINK_CODE_TTL));
    let linked = ana.redeem(person, &code).await;
    assert_eq!(linked, RedeemOutcome::Linked(ana.user.clone()));
    assert_eq!(ana.owner_of(person).await.as_ref(), Some(&ana.user));
    let link = TelegramLink { person, name: "Ana B".into(), chat: person.0, since: NOW };
    assert_eq!(ana.links.of(&ana.user).await.expect("reads"), Some(link));
    assert_eq!(ana.outstanding(NOW).await, None, "it is used up");
    assert_eq!(ana.redeem(new_person(), &code).await, RedeemOutcome::NoSuchCode);
}

pub async fn who_won_and_did_not_hear_of_it_wins_again(world: &dyn ContractWorld) {
    let (ana, person) = (Linking::of(world), new_person());
    let code = ana.linked(person).await;
    assert_eq!(ana.redeem(person, &code).await, RedeemOutcome::Linked(ana.user.clone()));
}

pub async fn a_wrong_code_and_an_expired_one_look_the_same(world: &dyn ContractWorld) {
    let (ana, person) = (Linking::of(world), new_person());
    assert_eq!(ana.redeem(person, &new_code()).await, RedeemOutcome::NoSuchCode);
    let code = ana.issued().await;
    let late = NOW + LINK_CODE_TTL;
    let just_late = ana.links.redeem(&says(person, &code, late)).await.expect("reads");
    assert_eq!(just_late, RedeemOutcome::NoSuchCode);
    assert_eq!(ana.outstanding(late).await, None);
    let in_time = Timestamp(late.millis() - 1);
    assert_eq!(ana.outstanding(in_time).await, Some(late));
    let just_in_time = ana.links.redeem(&says(person, &code, in_time)).await.expect("writes");
    assert_eq!(just_in_time, RedeemOutcome::Linked(ana.user.clone()));
}

pub async fn a_new_code_is_the_only_one(world: &dyn ContractWorld) {
    let (ana, person) = (Linking::of(world), new_person());
    let (first, second) = (ana.issued().await, ana.issued().await);
    assert_eq!(ana.redeem(person, &first).await, RedeemOutcome::NoSuchCode);
    assert_eq!(ana.redeem(person, &second).await, RedeemOutcome::Linked(ana.user.clone()));
}

pub async fn a_code_is_one_users_until_it_expires(world: &dyn ContractWorld) {
    let (ana, ben) = (Linking::of(world), Linking::of(world));
    let code = ana.issued().await;
    assert_eq!(ben.issue(&code, NOW).await, IssueOutcome::CodeTaken);
    assert_eq!(ana.issue(&code, NOW).await, IssueOutcome::CodeTaken, "even by its owner");
    assert_eq!(ben.outstanding(NOW).await, None);
    let late = NOW + LINK_CODE_TTL;
    assert_eq!(ben.issue(&code, late).await, IssueOutcome::Issued);
    let person = new_person();
    let linked = ben.links.redeem(&says(person, &code, late)).await.expect("writes");
    assert_eq!(linked, RedeemOutcome::Linked(ben.user.clone()));
    // What is left of the old code does not stand in the way of a new one, nor that in its.
    let other = ana.issued().await;
    assert_eq!(ana.redeem(new_person(), &other).await, RedeemOutcome::Linked(ana.user.clone()));
}

pub async fn of_codes_that_are_issued_at_once_one_is_good(world: &dyn ContractWorld) {
    let ana = Arc::new(Linking::of(world));
    let mut issues = JoinSet::new();
    for _ in 0..10 {
        let ana = ana.clone();
        issues.spawn(async move { ana.issued().await });
    }
    let codes = issues.join_all().await;
    let mut good = 0;
    for code in &codes {
        if ana.redeem(new_person(), code).await != RedeemOutcome::NoSuchCode {
            good += 1;
        }
    }
    assert_eq!((codes.len(), good), (10, 1));
}

pub async fn of_two_who_redeem_a_code_at_once_one_wins(world: &dyn ContractWorld) {
    for _ in 0..10 {
        let ana = Linking::of(world);
        let code = ana.issued().await;
        let people = [new_person(), new_person()];
        let mut tries = JoinSet::new();
        for person in people {
            let (links, code) = (ana.links.clone(), code.clone());
            tries.spawn(async move {
                (person, links.redeem(&says(person, &code, NOW)).await.expect("writes"))
            });
        }
        let (won, lost): (Vec<_>, Vec<_>) = tries
            .join_all()
            .await
            .into_iter()
            .partition(|(_, outcome)| *outcome == RedeemOutcome::Linked(ana.user.clone()));
        assert_eq!((won.len(), lost.len()), (1, 1), "{won:?} {lost:?}");
        assert_eq!(lost[0].1, RedeemOutcome::NoSuchCode);
        assert_eq!(ana.owner_of(won[0].0).await.as_ref(), Some(&ana.user));
        assert_eq!(ana.owner_of(lost[0].0).await, None);
    }
}

pub async fn nothing_that_is_linked_is_replaced(world: &dyn ContractWorld) {
    let (ana, ben) = (Linking::of(world), Linking::of(world));
    let (hers, his) = (new_person(), new_person());
    ana.linked(hers).await;
    ben.linked(his).await;
    let code = ana.issued().await;
    assert_eq!(ana.redeem(his, &code).await, RedeemOutcome::OtherUser);
    assert_eq!(ana.redeem(new_person(), &code).await, RedeemOutcome::OtherAccount);
    assert_eq!(ana.redeem(hers, &code).await, RedeemOutcome::AlreadyYours(ana.user.clone()));
    assert_eq!(ana.owner_of(hers).await.as_ref(), Some(&ana.user));
    assert_eq!(ana.owner_of(his).await.as_ref(), Some(&ben.user));
}

pub async fn unlinking_leaves_neither_account_nor_code(world: &dyn ContractWorld) {
    let (ana, person) = (Linking::of(world), new_person());
    assert!(!ana.links.unlink(&ana.user).await.expect("writes"));
    ana.linked(person).await;
    let code = ana.issued().await;
    assert!(ana.links.unlink(&ana.user).await.expect("writes"));
    assert_eq!(ana.owner_of(person).await, None);
    assert_eq!(ana.links.of(&ana.user).await.expect("reads"), None);
    assert_eq!(ana.outstanding(NOW).await, None);
    assert_eq!(ana.redeem(person, &code).await, RedeemOutcome::NoSuchCode);
    assert!(!ana.links.unlink(&ana.user).await.expect("writes"), "a second time");
    let ben = Linking::of(world);
    ben.linked(person).await;
    assert_eq!(ben.owner_of(person).await.as_ref(), Some(&ben.user));
}

pub async fn a_code_without_an_account_is_revoked_as_well(world: &dyn ContractWorld) {
    let ana = Linking::of(world);
    let code = ana.issued().await;
    assert!(!ana.links.unlink(&ana.user).await.expect("writes"), "there was no account");
    assert_eq!(ana.redeem(new_person(), &code).await, RedeemOutcome::NoSuchCode);
}

pub async fn five_tries_an_hour_and_not_one_more(world: &dyn ContractWorld) {
    let (links, person) = (world.links(), new_person());
    let attempt = async |n: usize, at: Timestamp| {
        let id: MessageId = id(&format!("tg-7-{n}"));
        links.note_try(person, &id, at).await.expect("writes")
    };
    for n in 0..LINK_TRIES_MAX {
        assert!(attempt(n, later(60 * n as u64)).await, "try {n}");
    }
    assert!(!attempt(LINK_TRIES_MAX, later(600)).await);
    assert!(attempt(0, later(600)).await, "the same try again is none");
    let others = links.note_try(new_person(), &id("tg-7-0"), later(600)).await;
    assert!(others.expect("writes"), "another person");
    // The first of them counts no more; the second still does.
    let first_again = NOW + LINK_TRIES_WITHIN;
    let just_before = Timestamp(first_again.millis() - 1);
    assert!(!attempt(6, just_before).await);
    assert!(attempt(7, first_again).await);
    assert!(!attempt(8, first_again + Duration::from_secs(1)).await);
}

pub async fn of_twenty_tries_at_once_five_count(world: &dyn ContractWorld) {
    let (links, person) = (world.links(), new_person());
    let mut tries = JoinSet::new();
    for n in 0..20 {
        let links = links.clone();
        tries.spawn(async move {
            links.note_try(person, &id(&format!("tg-7-{n}")), NOW).await.expect("writes")
        });
    }
    let allowed = tries.join_all().await.into_iter().filter(|allowed| *allowed).count();
    assert_eq!(allowed, LINK_TRIES_MAX);
}
