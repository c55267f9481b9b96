//! What has cost as much as it may costs no more.

use std::sync::Arc;

use control_plane::{
    AcceptError, Alarm, CheckSpending, KeepSchedules, Made, NewSchedule, RunSchedule, ScheduleRan,
    SteerAgent, SteerError,
};
use domain::{
    ConversationId, Day, Generation, Missed, Prompt, Recurrence, ScheduleId, Setting, SpendCap,
    SpendRules, TimeZone, Timestamp, UsageCounts,
};
use platform::{Clock, UsageBatch};
use protocol::Nudge;

mod world;

use world::{Cases, cases, incoming};

const DOLLAR: u64 = 1_000_000_000;

/// Of the whole deployment.
fn operators(cases: &Cases, most: Option<f64>) -> CheckSpending {
    let spending = cases.accept().spending;
    let most = most.map(|usd| SpendCap::new(usd).expect("valid"));
    CheckSpending { rules: SpendRules { operators: most, ..spending.rules }, ..spending }
}

async fn choose(cases: &Cases, usd: f64) {
    let cap = Setting::SpendCap(SpendCap::new(usd).expect("valid"));
    cases.world.settings().put(&cases.user, &cap).await.expect("writes");
}

/// By a task that is gone.
async fn has_cost(cases: &Cases, day: Day, nano_usd: u64) {
    let now = cases.world.clock().now();
    let seen = cases.world.task(&cases.user);
    let claim = platform::Claim {
        seen_status: seen.status,
        seen_generation: seen.generation,
        launch_token_sha256: "t".into(),
        now,
        due_at: now,
    };
    let tasks = cases.world.tasks();
    let generation = tasks.claim_launch(&cases.user, &claim).await.expect("alone");
    let counts = UsageCounts { model_nano_usd: nano_usd, ..UsageCounts::default() };
    let batch = UsageBatch { day, number: 1, counts };
    cases.world.usage().add(&cases.user, generation, &batch).await.expect("current");
    tasks.release(&cases.user, generation, now).await.expect("writes");
}

fn today(cases: &Cases) -> Day {
    Day::of(cases.world.clock().now())
}

async fn says(cases: &Cases, id: &str) -> Result<bool, AcceptError> {
    let accepted = cases.accept().run(&cases.user, incoming(id)).await;
    accepted.map(|accepted| accepted.duplicate)
}

#[tokio::test]
async fn a_message_is_taken_below_the_cap_and_not_at_it() {
    for (spent, taken) in [(5 * DOLLAR - 1, true), (5 * DOLLAR, false), (5 * DOLLAR + 1, false)] {
        let cases = cases();
        choose(&cases, 5.0).await;
        has_cost(&cases, today(&cases), spent).await;
        match says(&cases, "m1").await {
            Ok(_) => assert!(taken, "{spent}"),
            Err(AcceptError::SpendCapReached(spending)) => {
                assert!(!taken, "{spent}");
                let told = spending.to_string();
                assert!(told.contains("$5.00") && told.contains("raise the cap"), "{told}");
            }
            Err(error) => panic!("{error}"),
        }
        assert_eq!(cases.world.inbox_of(&cases.user).len(), usize::from(taken));
    }
}

#[tokio::test]
async fn what_was_spent_in_another_month_does_not_count() {
    let cases = cases();
    choose(&cases, 5.0).await;
    has_cost(&cases, today(&cases).month_start().days_before(1), 9 * DOLLAR).await;
    says(&cases, "m1").await.expect("a new month");
    has_cost(&cases, today(&cases).month_start(), 9 * DOLLAR).await;
    assert!(matches!(says(&cases, "m2").await, Err(AcceptError::SpendCapReached(_))));
    assert!(says(&cases, "m1").await.expect("it was taken before"), "a duplicate");
    choose(&cases, 10.0).await;
    says(&cases, "m3").await.expect("the cap was raised");
}

#[tokio::test]
async fn the_operators_cap_holds_of_whoever_has_chosen_none_or_more() {
    let cases = cases();
    let spending = operators(&cases, Some(3.0));
    has_cost(&cases, today(&cases), 3 * DOLLAR).await;
    let told = spending.reached(&cases.user).await.expect("reached").to_string();
    assert!(told.contains("$3.00") && told.contains("operator"), "{told}");
    choose(&cases, 8.0).await;
    assert!(spending.reached(&cases.user).await.is_some());
    choose(&cases, 2.0).await;
    let told = spending.reached(&cases.user).await.expect("reached").to_string();
    assert!(told.contains("$2.00"), "{told}");
    assert!(operators(&cases, None).reached(&cases.user).await.is_some(), "his own");
}

#[tokio::test]
async fn what_cannot_be_read_refuses_nobody_and_is_asked_again() {
    let cases = cases();
    choose(&cases, 1.0).await;
    has_cost(&cases, today(&cases), 2 * DOLLAR).await;
    for port in ["settings.get", "usage.read"] {
        cases.world.fail_next(port, 1);
        let refused = says(&cases, port).await;
        assert!(matches!(refused, Err(AcceptError::SpendCapReached(_))), "the second try counts");
        cases.world.fail_next(port, 2);
        says(&cases, port).await.expect("nobody knows");
        let refused = says(&cases, &format!("{port}.2")).await;
        assert!(matches!(refused, Err(AcceptError::SpendCapReached(_))), "and then it is known");
    }
}

#[tokio::test]
async fn nothing_is_launched_that_may_not_cost() {
    let cases = cases();
    choose(&cases, 0.0).await;
    let steer = SteerAgent { ensure: cases.ensure(), spending: operators(&cases, None) };
    let woken = steer.wake(&cases.user).await;
    assert!(matches!(woken, Err(SteerError::SpendCapReached(_))), "nothing may be spent");
    let restarted = steer.restart(&cases.user).await;
    assert!(matches!(restarted, Err(SteerError::SpendCapReached(_))));
    assert_eq!((cases.world.launches().len(), cases.world.task(&cases.user).generation.0), (0, 0));
    cases.world.fail_next("settings.get", 2);
    steer.wake(&cases.user).await.expect("nobody knows");
}

#[tokio::test]
async fn a_schedules_run_is_skipped_and_noted() {
    let cases = cases();
    let clock: Arc<dyn Clock> = Arc::new(cases.world.clock().clone());
    let keep = KeepSchedules {
        schedules: cases.world.schedules(),
        alarms: cases.world.alarms(),
        clock: clock.clone(),
    };
    let id = ScheduleId::new("daily").expect("valid");
    let new = NewSchedule {
        id: id.clone(),
        prompt: Prompt::new("what is new?").expect("valid"),
        conversation: ConversationId::default(),
        recurrence: Recurrence::Daily { time: "08:00".parse().expect("a time") },
        time_zone: TimeZone::utc(),
        missed: Missed::CatchUp,
        enabled: true,
    };
    let Made::New(made) = keep.make(&cases.user, new).await.expect("makes") else {
        panic!("it is new");
    };
    let time = keep.next_runs(&made)[0];
    cases.world.clock().advance(time.since(clock.now()));
    let run = RunSchedule {
        keep: keep.clone(),
        accept: cases.accept(),
        ensure: cases.ensure(),
        tell: cases.tell(),
    };
    let alarm =
        Alarm { user: cases.user.clone(), schedule: id.clone(), revision: made.revision, time };
    choose(&cases, 0.0).await;
    assert_eq!(run.run(&alarm).await.expect("rings"), ScheduleRan::Skipped);
    let kept = keep.get(&cases.user, &id).await.expect("is there");
    assert_eq!(kept.last_run_at, Some(time));
    assert_eq!((cases.world.inbox_of(&cases.user).len(), cases.world.launches().len()), (0, 0));
}

#[tokio::test]
async fn what_is_ensured_for_a_message_that_was_taken_before_still_runs() {
    let cases = cases();
    says(&cases, "m1").await.expect("taken");
    choose(&cases, 0.0).await;
    let nudge = Nudge::Inbox { message_id: "m1".into() };
    cases.ensure().run(&cases.user, &nudge).await.expect("its bridge says why not");
    assert_eq!(cases.world.task(&cases.user).generation, Generation(1));
    assert_ne!(cases.world.task(&cases.user).launched_at, None::<Timestamp>);
}
