//! Schedules and their alarms, whatever fails between the two.

mod world;

use std::sync::Arc;
use std::time::Duration;

use control_plane::{
    Alarm, KeepSchedules, Made, NewSchedule, RunSchedule, ScheduleChange, ScheduleError,
    ScheduleRan,
};
use domain::limits::SCHEDULES_MAX;
use domain::{
    Channel, ConversationId, Missed, Prompt, Recurrence, Schedule, ScheduleId, TimeZone, Timestamp,
};
use platform::Clock;
use protocol::ServerFrame;

use crate::world::{Cases, cases};

fn keep(cases: &Cases) -> KeepSchedules {
    KeepSchedules {
        schedules: cases.world.schedules(),
        alarms: cases.world.alarms(),
        clock: Arc::new(cases.world.clock().clone()),
    }
}

fn runner(cases: &Cases) -> RunSchedule {
    RunSchedule {
        keep: keep(cases),
        accept: cases.accept(),
        ensure: cases.ensure(),
        tell: cases.tell(),
    }
}

fn id(text: &str) -> ScheduleId {
    ScheduleId::new(text).expect("valid")
}

fn daily(time: &str) -> Recurrence {
    Recurrence::Daily { time: time.parse().expect("a time") }
}

fn new(name: &str) -> NewSchedule {
    NewSchedule {
        id: id(name),
        prompt: Prompt::new("What is new?").expect("valid"),
        conversation: ConversationId::default(),
        recurrence: daily("08:00"),
        time_zone: TimeZone::utc(),
        missed: Missed::CatchUp,
        enabled: true,
    }
}

async fn made(cases: &Cases, missed: Missed) -> Schedule {
    let new = NewSchedule { missed, ..new("s1") };
    match keep(cases).make(&cases.user, new).await.expect("made") {
        Made::New(schedule) => schedule,
        Made::Known(_) => panic!("there was none"),
    }
}

/// What the scheduler would ring with, for the `n`th time from now.
fn alarm(cases: &Cases, schedule: &Schedule, n: usize) -> Alarm {
    let time = schedule.next_runs(cases.world.clock().now(), n + 1)[n];
    let (user, revision) = (cases.user.clone(), schedule.revision);
    Alarm { user, schedule: schedule.id.clone(), revision, time }
}

fn at(cases: &Cases, time: Timestamp) {
    let clock = cases.world.clock();
    clock.advance(time.since(clock.now()));
}

/// The row and its alarm say the same.
#[track_caller]
fn check_in_step(cases: &Cases, row: &Schedule) {
    let alarm = cases.world.alarm(&cases.user, &row.id);
    assert!(row.armed);
    assert_eq!(alarm.map(|alarm| alarm.revision), Some(row.revision));
}

#[tokio::test]
async fn a_schedule_that_is_made_has_an_alarm_and_made_again_is_the_same_one() {
    let cases = cases();
    let schedule = made(&cases, Missed::CatchUp).await;
    check_in_step(&cases, &schedule);
    let again = keep(&cases).make(&cases.user, new("s1")).await.expect("made");
    assert_eq!(again, Made::Known(schedule));
    let other = NewSchedule { recurrence: daily("09:00"), ..new("s1") };
    let refused = keep(&cases).make(&cases.user, other).await.expect_err("another one");
    assert!(matches!(refused, ScheduleError::Taken));
}

const WRITES: [&str; 3] = ["schedules.put_new", "alarms.set", "schedules.note_armed"];

#[tokio::test]
async fn wherever_making_breaks_off_the_same_request_finishes_it() {
    for operation in WRITES {
        for lost in [false, true] {
            let cases = cases();
            match lost {
                true => cases.world.lose_next(operation, 1),
                false => cases.world.fail_next(operation, 1),
            }
            keep(&cases).make(&cases.user, new("s1")).await.expect_err(operation);
            let made = keep(&cases).make(&cases.user, new("s1")).await.expect("made");
            let (Made::New(row) | Made::Known(row)) = made;
            check_in_step(&cases, &row);
        }
    }
}

#[tokio::test]
async fn wherever_a_change_breaks_off_whoever_looks_finishes_it() {
    for operation in ["schedules.replace", "alarms.set", "schedules.note_armed"] {
        for lost in [false, true] {
            let cases = cases();
            made(&cases, Missed::CatchUp).await;
            match lost {
                true => cases.world.lose_next(operation, 1),
                false => cases.world.fail_next(operation, 1),
            }
            let change =
                ScheduleChange { recurrence: Some(daily("09:00")), ..ScheduleChange::default() };
            keep(&cases).change(&cases.user, &id("s1"), &change).await.expect_err(operation);
            let rows = keep(&cases).list(&cases.user).await.expect("listed");
            check_in_step(&cases, &rows[0]);
        }
    }
}

#[tokio::test]
async fn an_alarm_that_was_not_changed_in_time_is_when_it_rings() {
    let cases = cases();
    let before = made(&cases, Missed::CatchUp).await;
    let ring = alarm(&cases, &before, 0);
    cases.world.fail_next("alarms.set", 1);
    let change = ScheduleChange { recurrence: Some(daily("09:00")), ..ScheduleChange::default() };
    keep(&cases).change(&cases.user, &id("s1"), &change).await.expect_err("no alarm");
    at(&cases, ring.time);
    let ran = runner(&cases).run(&ring).await.expect("handled");
    assert_eq!(ran, ScheduleRan::Nothing, "08:00 is none of its times any more");
    let rows = cases.world.schedules().list(&cases.user).await.expect("listed");
    check_in_step(&cases, &rows[0]);
}

#[tokio::test]
async fn an_alarm_that_was_left_behind_asks_nothing_and_goes() {
    let cases = cases();
    let schedule = made(&cases, Missed::CatchUp).await;
    let ring = alarm(&cases, &schedule, 0);
    cases.world.fail_next("alarms.remove", 1);
    keep(&cases).remove(&cases.user, &schedule.id).await.expect_err("no answer");
    assert!(cases.world.alarm(&cases.user, &schedule.id).is_some());
    at(&cases, ring.time);
    assert_eq!(runner(&cases).run(&ring).await.expect("handled"), ScheduleRan::Nothing);
    assert!(cases.world.alarm(&cases.user, &schedule.id).is_none());
    assert_eq!(cases.world.inbox_of(&cases.user).len(), 0);
}

#[tokio::test]
async fn what_is_removed_has_no_alarm_and_may_be_removed_again() {
    let cases = cases();
    let schedule = made(&cases, Missed::CatchUp).await;
    keep(&cases).remove(&cases.user, &schedule.id).await.expect("removed");
    assert!(cases.world.alarm(&cases.user, &schedule.id).is_none());
    let again = keep(&cases).remove(&cases.user, &schedule.id).await.expect_err("gone");
    assert!(matches!(again, ScheduleError::NotFound));
}

#[tokio::test]
async fn what_is_not_enabled_has_no_alarm() {
    let cases = cases();
    let schedule = made(&cases, Missed::CatchUp).await;
    for enabled in [false, true] {
        let change = ScheduleChange { enabled: Some(enabled), ..ScheduleChange::default() };
        let keep = keep(&cases);
        let row = keep.change(&cases.user, &schedule.id, &change).await.expect("changed");
        assert!(row.armed);
        assert_eq!(cases.world.alarm(&cases.user, &schedule.id).is_some(), enabled);
        assert_eq!(keep.next_runs(&row).is_empty(), !enabled);
    }
}

#[tokio::test]
async fn a_user_may_have_fifty_and_not_one_more() {
    let cases = cases();
    for n in 0..SCHEDULES_MAX {
        keep(&cases).make(&cases.user, new(&format!("s{n}"))).await.expect("made");
    }
    let refused = keep(&cases).make(&cases.user, new("more")).await.expect_err("too many");
    assert!(matches!(refused, ScheduleError::TooMany));
    keep(&cases).make(&cases.user, new("s7")).await.expect("it is there");
    keep(&cases).remove_all(&cases.user).await.expect("removed");
    assert_eq!(keep(&cases).list(&cases.user).await.expect("listed"), []);
    assert!(cases.world.alarm(&cases.user, &id("s7")).is_none());
}

#[tokio::test]
async fn what_is_over_before_it_began_is_refused() {
    let cases = cases();
    let recurrence = Recurrence::Once { at: "2020-01-01T08:00".parse().expect("a minute") };
    let refused = keep(&cases).make(&cases.user, NewSchedule { recurrence, ..new("s1") }).await;
    assert!(matches!(refused, Err(ScheduleError::Past)));
}

#[tokio::test]
async fn a_run_is_a_message_that_everybody_sees_and_somebody_answers() {
    let cases = cases();
    let schedule = made(&cases, Missed::CatchUp).await;
    let ring = alarm(&cases, &schedule, 0);
    at(&cases, ring.time);
    let page = cases.client("tab1").await;
    assert_eq!(runner(&cases).run(&ring).await.expect("handled"), ScheduleRan::Asked);
    let inbox = cases.world.inbox_of(&cases.user);
    assert_eq!((inbox[0].text.as_str(), inbox[0].channel), ("What is new?", Channel::Schedule));
    assert_eq!(cases.world.launches().len(), 1);
    let told = cases.world.pushed(&page);
    let said = |frame: &&ServerFrame| matches!(frame, ServerFrame::Message { channel, .. } if channel == "schedule");
    assert_eq!(told.iter().filter(said).count(), 1, "{told:?}");
    let row = keep(&cases).get(&cases.user, &schedule.id).await.expect("there");
    assert_eq!(row.last_run_at, Some(ring.time));
}

#[tokio::test]
async fn a_run_that_comes_too_late_is_as_the_user_chose() {
    for (missed, expect, messages) in
        [(Missed::Skip, ScheduleRan::Skipped, 0), (Missed::CatchUp, ScheduleRan::Asked, 1)]
    {
        let cases = cases();
        let schedule = made(&cases, missed).await;
        let (first, second) = (alarm(&cases, &schedule, 0), alarm(&cases, &schedule, 1));
        at(&cases, second.time + Duration::from_secs(3600));
        assert_eq!(runner(&cases).run(&second).await.expect("handled"), expect);
        let older = runner(&cases).run(&first).await.expect("handled");
        assert_eq!(older, ScheduleRan::Nothing, "the one before is over");
        assert_eq!(cases.world.inbox_of(&cases.user).len(), messages);
        let row = keep(&cases).get(&cases.user, &schedule.id).await.expect("there");
        assert_eq!(row.last_run_at, Some(second.time));
    }
}
