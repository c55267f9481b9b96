//! A user leaves: whatever breaks off, and wherever, in the end nothing of him is left, and
//! everything of everybody else.

use std::sync::Arc;
use std::time::Duration;

use control_plane::{AcceptError, DeleteUser};
use domain::deletion::{FENCE_KEPT, TASK_GONE_WITHIN};
use domain::{
    Choices, FileName, Generation, LinkCode, Place, Setting, SettingKey, TaskStatus, TelegramUser,
    UploadId, UploadKey, UserId,
};
use platform::{Clock, Connection, Peer, RedeemOutcome, Redemption};
use platform_sim::World;
use protocol::{DeletionState, Nudge};

mod world;

use world::{Cases, cases, incoming};

fn delete(world: &World) -> DeleteUser {
    DeleteUser {
        deletions: world.deletions(),
        belongings: world.belongings(),
        connections: world.connections(),
        links: world.links(),
        schedules: world.schedules(),
        alarms: world.alarms(),
        push: world.push(),
        compute: world.compute(),
        accounts: Some(world.accounts()),
        clock: Arc::new(world.clock().clone()),
        entropy: || [9; 16],
    }
}

fn nudge(id: &str) -> Nudge {
    Nudge::Inbox { message_id: id.into() }
}

fn user(id: &str) -> UserId {
    UserId::new(id).expect("valid")
}

fn of(world: &World, id: &str) -> Cases {
    Cases { world: world.clone(), user: user(id) }
}

/// A few of everything, and a task that is about.
async fn live(cases: &Cases) {
    let (world, user) = (&cases.world, &cases.user);
    // Nobody signs in to Telegram here.
    if !user.as_str().starts_with("telegram:") {
        world.sign_up(user);
    }
    cases.accept().run(user, incoming("m1")).await.expect("accepts");
    cases.ensure().run(user, &nudge("m1")).await.expect("launches");
    for (key, json) in [(SettingKey::Language, "\"de\""), (SettingKey::TimeZone, "\"UTC\"")] {
        let setting = Setting::parse(key, &serde_json::from_str(json).expect("JSON"));
        world.settings().put(user, &setting.expect("valid")).await.expect("writes");
    }
    for number in ["01", "02", "03"] {
        let id = UploadId::new(number).expect("valid");
        let name = FileName::near("plan.pdf").expect("visible");
        world.upload(&UploadKey { user: user.clone(), id, name }, b"a file");
    }
    let id = domain::ConnectionId::new(format!("{}=", user.as_str().replace(':', "-")));
    let connection = Connection {
        id: id.expect("valid"),
        peer: Peer::Client(user.clone()),
        connected_at: world.clock().now(),
    };
    world.connections().register(&connection).await.expect("registers");
    let snapshot = domain::SnapshotId::new("5f").expect("valid");
    world.keep_file(user, &snapshot, "notes.md", b"what it knows");
}

async fn link(world: &World, user: &UserId, person: i64) {
    let (code, now) = (LinkCode::from_random(person.unsigned_abs()), world.clock().now());
    let until = now + Duration::from_secs(300);
    world.links().issue(user, &code, until, now).await.expect("issues");
    let said =
        Redemption { code, person: TelegramUser(person), name: "Ana".into(), chat: person, now };
    let linked = world.links().redeem(&said).await.expect("redeems");
    assert_eq!(linked, RedeemOutcome::Linked(user.clone()));
}

async fn until_done(world: &World, user: &UserId) {
    for _ in 0..20 {
        world.clock().advance(Duration::from_secs(60));
        delete(world).follow_up().await;
        let deletion = world.deletions().get(user).await;
        if deletion.ok().flatten().is_some_and(|deletion| deletion.is_done()) {
            return;
        }
    }
    panic!("never done; left: {:?}", world.traces_of(user));
}

#[tokio::test]
async fn nothing_of_him_is_left_and_he_may_begin_anew() {
    let ana = cases();
    let ben = of(&ana.world, "ben");
    live(&ana).await;
    live(&ben).await;
    let kept = ana.world.traces_of(&ben.user);
    assert!(kept.len() >= 8, "{kept:?}");

    let receipt = delete(&ana.world).run(&ana.user).await.expect("deletes");
    assert_eq!(receipt.state, DeletionState::Closing, "its task is being stopped");
    assert_eq!(receipt.deleted.get("uploads"), Some(&3));
    assert_eq!(receipt.deleted.get("settings"), Some(&2));
    assert!(receipt.remains.iter().all(|left| !left.why.is_empty()));
    assert_eq!(ana.world.traces_of(&ana.user), []);
    let again = ana.accept().run(&ana.user, incoming("m2")).await;
    assert!(matches!(again, Err(AcceptError::Deleting)), "{again:?}");
    let generation = ana.world.task(&ana.user).generation;

    // What an upload's form that was signed before still brings.
    let id = UploadId::new("04").expect("valid");
    let late = UploadKey { user: ana.user.clone(), id, name: FileName::near("late").expect("ok") };
    ana.world.upload(&late, b"late");
    ana.world.clock().advance(TASK_GONE_WITHIN);
    assert_eq!(delete(&ana.world).follow_up().await, 0);
    assert_eq!(ana.world.traces_of(&ana.user), [], "what came late went, too");
    let receipt = delete(&ana.world).deletions.get(&ana.user).await.expect("reads");
    assert!(receipt.expect("is known").is_done());

    let anew = ana.accept().run(&ana.user, incoming("m1")).await;
    assert!(!anew.expect("accepts").duplicate, "nobody remembers the first one");
    let chosen = ana.world.settings().all(&ana.user).await.expect("reads");
    assert_eq!(chosen, Choices::default());
    ana.ensure().run(&ana.user, &nudge("m1")).await.expect("launches");
    assert_eq!(ana.world.task(&ana.user).generation, generation.next());
    assert_eq!(ana.world.task(&ana.user).base, None, "an empty agent");
    assert_eq!(ana.world.traces_of(&ben.user), kept);
}

/// Every call that a deletion makes, by its name.
const STEPS: [&str; 13] = [
    "deletions.begin",
    "compute.stop",
    "connections.clients_of",
    "push.close",
    "schedules.list",
    "links.of",
    "deletions.note",
    "links.unlink",
    "belongings.remove",
    "accounts.remove",
    "deletions.get",
    "deletions.finish",
    "deletions.due",
];

#[tokio::test]
async fn it_may_break_off_at_every_step() {
    let mut broke_off = 0;
    for step in STEPS {
        for (lost, times) in [(false, 1), (true, 1), (false, 3), (true, 3)] {
            let ana = cases();
            let ben = of(&ana.world, "ben");
            live(&ana).await;
            live(&ben).await;
            link(&ana.world, &ana.user, 77).await;
            live(&of(&ana.world, "telegram:77")).await;
            let kept = ana.world.traces_of(&ben.user);
            match lost {
                true => ana.world.lose_next(step, times),
                false => ana.world.fail_next(step, times),
            }
            broke_off += u32::from(delete(&ana.world).run(&ana.user).await.is_err());
            // He may ask again, or close his browser.
            if times == 1 {
                let _ = delete(&ana.world).run(&ana.user).await;
            }
            // And again until he is heard; a read that fails is part of the weather.
            while !matches!(ana.world.deletions().get(&ana.user).await, Ok(Some(_))) {
                let _ = delete(&ana.world).run(&ana.user).await;
            }
            until_done(&ana.world, &ana.user).await;
            let telegram = user("telegram:77");
            until_done(&ana.world, &telegram).await;
            for gone in [&ana.user, &telegram] {
                assert_eq!(ana.world.traces_of(gone), [], "{step} {lost} {times}: {gone}");
            }
            assert_eq!(ana.world.traces_of(&ben.user), kept, "{step} {lost} {times}");
            let owner = ana.world.links().owner_of(TelegramUser(77)).await.expect("reads");
            assert_eq!(owner, None, "{step} {lost} {times}");
        }
    }
    assert!(broke_off > 20, "{broke_off} of {} broke off", STEPS.len() * 4);
}

#[tokio::test]
async fn a_linked_accounts_own_data_go_and_are_in_the_receipt() {
    let ana = cases();
    live(&ana).await;
    live(&of(&ana.world, "telegram:-5")).await;
    link(&ana.world, &ana.user, -5).await;
    let receipt = delete(&ana.world).run(&ana.user).await.expect("deletes");
    assert_eq!(receipt.also, ["telegram:-5"]);
    assert_eq!(receipt.deleted.get("uploads"), Some(&6), "both users'");
    assert_eq!(ana.world.traces_of(&user("telegram:-5")), []);
    let told = delete(&ana.world).run(&ana.user).await.expect("goes on");
    assert_eq!((told.id, told.deleted), (receipt.id, receipt.deleted), "asked again, the same");
}

#[tokio::test]
async fn what_does_not_fit_into_a_request_goes_on_by_itself() {
    let ana = cases();
    live(&ana).await;
    for number in 10..60 {
        let id = UploadId::new(number.to_string()).expect("valid");
        let name = FileName::near("x").expect("visible");
        ana.world.upload(&UploadKey { user: ana.user.clone(), id, name }, b"x");
    }
    // Each page takes two seconds.
    let slow = SlowClock(ana.world.clone(), Duration::from_secs(2));
    let delete_slowly = DeleteUser { clock: Arc::new(slow), ..delete(&ana.world) };
    let receipt = delete_slowly.run(&ana.user).await.expect("begins");
    assert_eq!(receipt.state, DeletionState::UnderWay);
    assert!(!ana.world.traces_of(&ana.user).is_empty());
    until_done(&ana.world, &ana.user).await;
    assert_eq!(ana.world.traces_of(&ana.user), []);
    let deletion = ana.world.deletions().get(&ana.user).await.expect("reads").expect("is known");
    assert_eq!(deletion.deleted[&Place::Uploads], 53);
}

/// Time goes by with every look at it.
struct SlowClock(World, Duration);

impl Clock for SlowClock {
    fn now(&self) -> domain::Timestamp {
        self.0.clock().advance(self.1);
        self.0.clock().now()
    }
}

#[tokio::test]
async fn a_day_later_even_the_fence_is_gone() {
    let ana = cases();
    live(&ana).await;
    delete(&ana.world).run(&ana.user).await.expect("deletes");
    until_done(&ana.world, &ana.user).await;
    let fence = ana.world.task(&ana.user);
    assert_eq!((fence.status, fence.generation), (TaskStatus::Idle, Generation(1)));
    assert_eq!(fence.released, Generation(1));
    ana.world.clock().advance(FENCE_KEPT - Duration::from_secs(1));
    delete(&ana.world).follow_up().await;
    assert!(ana.world.deletions().get(&ana.user).await.expect("reads").is_some());
    ana.world.clock().advance(Duration::from_secs(1));
    assert_eq!(delete(&ana.world).follow_up().await, 0);
    assert_eq!(ana.world.deletions().get(&ana.user).await.expect("reads"), None);
    assert_eq!(ana.world.task(&ana.user).generation, Generation(0));
}

#[tokio::test]
async fn who_leaves_may_not_connect() {
    let ana = cases();
    live(&ana).await;
    delete(&ana.world).run(&ana.user).await.expect("deletes");
    let id = domain::ConnectionId::new("new=").expect("valid");
    let refused = ana.connect().client(ana.user.clone(), id).await;
    assert!(matches!(refused, Err(control_plane::ConnectError::Refused)), "{refused:?}");
    assert_eq!(ana.world.traces_of(&ana.user), []);
}
