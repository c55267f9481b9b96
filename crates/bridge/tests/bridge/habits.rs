//! How long a task waits for its user, by the hours at which he is usually there.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::played::Played;
use crate::support::{Scripted, Stage, Step, open_tab, put, say_slowly, user, world_at};
use bridge::nudged;
use domain::{
    ActivityHistory, Generation, IdleMinutes, IdlePolicy, InboxState, LocalHour, Setting, TimeZone,
};
use platform::Clock;
use platform_sim::World;
use protocol::Nudge;
use tokio::time::{Instant, sleep};

fn seoul() -> TimeZone {
    TimeZone::new("Asia/Seoul").expect("a zone")
}

/// A user with a message, who was there each day at this hour of the day in `zone`.
async fn world_of_habit(zone: &TimeZone) -> World {
    let world = world_at(1).await;
    open_tab(&world, "tab1").await;
    put(&world, "m1", "default").await;
    let now = world.clock().now();
    let here = zone.hour_of(now);
    let mut history = ActivityHistory::default();
    for day in here.day - 14..here.day {
        history.note(LocalHour { day, ..here });
    }
    world.tasks().touch(&user(), Generation(1), now, &history).await.expect("no faults");
    world
}

/// After the last answer, in minutes, to the nearest one.
async fn waits(world: &World, operators: TimeZone) -> u64 {
    let played = Played::by_default(world.clone(), Scripted::echo(), operators);
    played.until("m1", InboxState::Done).await;
    let answered = Instant::now();
    played.end().await.expect("an idle end is a good end");
    (answered.elapsed().as_secs() + 30) / 60
}

#[tokio::test(start_paused = true)]
async fn a_task_waits_longer_at_an_hour_of_habit() {
    let IdlePolicy { shortest, longest } = IdlePolicy::default();
    let world = world_of_habit(&TimeZone::utc()).await;
    assert_eq!(waits(&world, TimeZone::utc()).await, longest.as_secs() / 60);
    let world = world_of_habit(&TimeZone::utc()).await;
    world.clock().advance(Duration::from_hours(1));
    assert_eq!(waits(&world, TimeZone::utc()).await, shortest.as_secs() / 60);
}

#[tokio::test(start_paused = true)]
async fn the_hours_are_those_of_the_users_clock_and_else_of_the_operators() {
    for (own, operators, minutes) in [
        (None, seoul(), 20),
        (None, TimeZone::utc(), 5),
        (Some(seoul()), TimeZone::utc(), 20),
        (Some(TimeZone::utc()), seoul(), 5),
    ] {
        let world = world_of_habit(&seoul()).await;
        if let Some(own) = &own {
            world.settings().set_time_zone(&user(), own).await.expect("no faults");
        }
        assert_eq!(waits(&world, operators.clone()).await, minutes, "{own:?}, {operators:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_time_zone_that_cannot_be_read_stops_nothing() {
    let world = world_of_habit(&seoul()).await;
    world.settings().set_time_zone(&user(), &TimeZone::utc()).await.expect("no faults");
    world.fail_next("settings.all", 1);
    assert_eq!(waits(&world, seoul()).await, 20, "the operator's");
}

#[tokio::test(start_paused = true)]
async fn a_user_chooses_how_long_his_task_waits_within_what_the_operator_allows() {
    for ((min_minutes, max_minutes), (habitual, else_)) in
        [((2, 8), (8, 2)), ((1, 1), (1, 1)), ((10, 25), (20, 10))]
    {
        for (hours_later, minutes) in [(0, habitual), (1, else_)] {
            let world = world_of_habit(&TimeZone::utc()).await;
            let idle = Setting::Idle(IdleMinutes { min_minutes, max_minutes });
            world.settings().put(&user(), &idle).await.expect("no faults");
            world.clock().advance(Duration::from_hours(hours_later));
            assert_eq!(waits(&world, TimeZone::utc()).await, minutes, "{idle:?}, {hours_later}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn one_short_answer_is_enough_to_be_remembered() {
    let world = world_of_habit(&TimeZone::utc()).await;
    world.clock().advance(Duration::from_hours(1));
    let agent = Scripted::new(|_| say_slowly(["hello".into()], Duration::from_secs(10)));
    Played::by_default(world.clone(), agent, TimeZone::utc()).end().await.expect("a good end");
    let here = TimeZone::utc().hour_of(world.clock().now());
    let activity = world.task(&user()).activity;
    assert_eq!(activity.active_days(here), 1);
    let an_hour_ago = LocalHour { hour: (here.hour + 23) % 24, ..here };
    assert!(activity.active_days(an_hour_ago) >= 12, "what was known stays known");
}

#[tokio::test(start_paused = true)]
async fn activity_is_written_once_a_minute_at_most() {
    let stage = Stage::new(Scripted::new(|_| vec![Step::Forever])).await;
    stage.put("m1", "default").await;
    stage.start();
    let mut written = BTreeSet::new();
    for _ in 0..600 {
        stage.world.clock().advance(Duration::from_secs(1));
        sleep(Duration::from_secs(1)).await;
        nudged(&stage.bridge, Nudge::Inbox { message_id: "m1".into() }).await;
        written.extend(stage.world.task(&user()).last_activity_at);
    }
    assert!((9..=11).contains(&written.len()), "{} times in ten minutes", written.len());
}
