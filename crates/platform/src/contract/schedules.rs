//! Rows of schedules: one of an id, and no late writer wins.

use std::collections::BTreeSet;

use domain::{
    ConversationId, Missed, Prompt, Recurrence, Schedule, ScheduleId, TimeZone, Timestamp, UserId,
    schedule::Day,
};

use super::ContractWorld;

fn schedule(id: &str) -> Schedule {
    Schedule {
        id: ScheduleId::new(id).expect("valid"),
        prompt: Prompt::new("What is \"new\"?\n안녕").expect("valid"),
        conversation: ConversationId::default(),
        recurrence: Recurrence::Weekly {
            days: BTreeSet::from([Day::Mon, Day::Fri]),
            time: "08:05".parse().expect("a time"),
        },
        time_zone: TimeZone::new("Asia/Seoul").expect("a zone"),
        missed: Missed::Skip,
        enabled: true,
        created_at: Timestamp(1_790_000_000_000),
        last_run_at: None,
        revision: 0,
        armed: false,
    }
}

async fn made(world: &dyn ContractWorld, id: &str) -> (UserId, Schedule) {
    let (user, schedule) = (world.new_user(), schedule(id));
    let known = world.schedules().put_new(&user, &schedule).await.expect("writes");
    assert_eq!(known, None);
    (user, schedule)
}

pub async fn a_schedule_reads_back_whole(world: &dyn ContractWorld) {
    let (schedules, ana) = (world.schedules(), world.new_user());
    let time = || "23:59".parse().expect("a time");
    let recurrences = [
        Recurrence::Once { at: "2026-11-22T08:00".parse().expect("a minute") },
        Recurrence::Daily { time: time() },
        schedule("x").recurrence,
        Recurrence::Monthly { day: 31, time: time() },
    ];
    let mut all = Vec::new();
    for (n, recurrence) in recurrences.into_iter().enumerate() {
        let of_kind = Schedule { recurrence, ..schedule(&format!("s{n}_-A")) };
        assert_eq!(schedules.put_new(&ana, &of_kind).await.expect("writes"), None);
        let read = schedules.get(&ana, &of_kind.id).await.expect("reads");
        assert_eq!(read.as_ref(), Some(&of_kind));
        all.push(of_kind);
    }
    assert_eq!(schedules.list(&ana).await.expect("reads"), all);
    let ben = world.new_user();
    assert_eq!(schedules.list(&ben).await.expect("reads"), [], "another user's");
    assert_eq!(schedules.get(&ben, &all[0].id).await.expect("reads"), None);
}

pub async fn a_schedule_is_made_once(world: &dyn ContractWorld) {
    let (ana, first) = made(world, "s1").await;
    let again = Schedule { prompt: Prompt::new("other").expect("valid"), ..schedule("s1") };
    let known = world.schedules().put_new(&ana, &again).await.expect("writes");
    assert_eq!(known, Some(first.clone()));
    assert_eq!(world.schedules().list(&ana).await.expect("reads"), [first]);
}

pub async fn a_change_takes_the_place_of_the_revision_before(world: &dyn ContractWorld) {
    let (ana, first) = made(world, "s1").await;
    let schedules = world.schedules();
    let time = Timestamp(1_795_000_000_000);
    assert!(schedules.note_run(&ana, &first.id, time).await.expect("writes"));
    let change = |revision| Schedule { enabled: false, revision, ..first.clone() };
    assert!(!schedules.replace(&ana, &change(2)).await.expect("writes"), "one is left out");
    assert!(schedules.replace(&ana, &change(1)).await.expect("writes"));
    assert!(!schedules.replace(&ana, &change(1)).await.expect("writes"), "it is there");
    let read = schedules.get(&ana, &first.id).await.expect("reads").expect("there");
    assert_eq!(read, Schedule { last_run_at: Some(time), ..change(1) });
    let nobodys = Schedule { revision: 1, ..schedule("s2") };
    assert!(!schedules.replace(&ana, &nobodys).await.expect("writes"));
    assert_eq!(schedules.get(&ana, &nobodys.id).await.expect("reads"), None);
}

pub async fn only_the_revision_that_was_armed_is(world: &dyn ContractWorld) {
    let (ana, first) = made(world, "s1").await;
    let schedules = world.schedules();
    let armed = async || schedules.get(&ana, &first.id).await.expect("reads").expect("there").armed;
    let note = async |revision| schedules.note_armed(&ana, &first.id, revision).await;
    assert!(!armed().await);
    assert!(note(0).await.expect("writes") && armed().await);
    assert!(note(0).await.expect("writes"), "once more");
    let change = Schedule { revision: 1, armed: false, ..first.clone() };
    assert!(schedules.replace(&ana, &change).await.expect("writes"));
    assert!(!note(0).await.expect("writes") && !armed().await);
    assert!(note(1).await.expect("writes") && armed().await);
    let nobody = ScheduleId::new("s2").expect("valid");
    assert!(!schedules.note_armed(&ana, &nobody, 0).await.expect("writes"));
    assert_eq!(schedules.get(&ana, &nobody).await.expect("reads"), None);
}

pub async fn the_last_run_only_rises(world: &dyn ContractWorld) {
    let (ana, first) = made(world, "s1").await;
    let schedules = world.schedules();
    for (time, counts) in [(2, true), (1, false), (2, false), (3, true)] {
        let noted = schedules.note_run(&ana, &first.id, Timestamp(time)).await.expect("writes");
        assert_eq!(noted, counts, "{time}");
    }
    let read = schedules.get(&ana, &first.id).await.expect("reads").expect("there");
    assert_eq!(read.last_run_at, Some(Timestamp(3)));
    let nobody = ScheduleId::new("s2").expect("valid");
    assert!(!schedules.note_run(&ana, &nobody, Timestamp(9)).await.expect("writes"));
    assert_eq!(schedules.get(&ana, &nobody).await.expect("reads"), None);
}

pub async fn a_schedule_that_is_removed_is_gone_and_may_be_made_anew(world: &dyn ContractWorld) {
    let (ana, first) = made(world, "s1").await;
    let schedules = world.schedules();
    for _ in 0..2 {
        schedules.remove(&ana, &first.id).await.expect("removes");
    }
    assert_eq!(schedules.get(&ana, &first.id).await.expect("reads"), None);
    assert_eq!(schedules.list(&ana).await.expect("reads"), []);
    assert_eq!(schedules.put_new(&ana, &first).await.expect("writes"), None);
}
