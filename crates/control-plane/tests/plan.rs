//! What is to be done about what is seen: each rule at its boundary, and what no plan may do.

use std::collections::BTreeSet;
use std::time::Duration;

use control_plane::plan::{
    Action, DEAD_WITHIN, KNOWN_WITHIN, Observed, Silence, after_silence, plan,
};
use domain::{
    Capacity, Generation, Owner, SpareId, TaskArn, TaskDefinition, TaskPolicy, TaskState,
    TaskStatus, Timestamp, UserId,
};
use platform::ObservedTask;
use proptest::prelude::*;

const NOW: Timestamp = Timestamp(1_790_000_000_000);
const SECOND: Duration = Duration::from_secs(1);

fn ago(span: Duration) -> Timestamp {
    Timestamp(NOW.millis() - u64::try_from(span.as_millis()).expect("short"))
}

fn user() -> UserId {
    UserId::new("ana").expect("valid")
}

fn arn(n: u64) -> TaskArn {
    TaskArn(format!("task/{n}"))
}

/// Of generation 3, launched as task 3 and heard of just now, and due.
fn row(status: TaskStatus) -> TaskState {
    let launched = status != TaskStatus::Idle;
    let generation = Generation(3);
    TaskState {
        status,
        generation,
        released: if launched { Generation(2) } else { generation },
        task_arn: launched.then(|| arn(3)),
        capacity: launched.then_some(Capacity::Spot),
        launched_at: launched.then(|| ago(KNOWN_WITHIN + SECOND)),
        last_activity_at: Some(NOW),
        due_at: Some(NOW),
        ..TaskState::idle(user())
    }
}

fn starting(since: Duration) -> TaskState {
    let launched_at = Some(ago(since));
    TaskState { launched_at, last_activity_at: None, ..row(TaskStatus::Starting) }
}

fn silent(span: Duration) -> TaskState {
    let at = Some(ago(span));
    TaskState { last_activity_at: at, launched_at: at, ..row(TaskStatus::Running) }
}

/// The task of this generation, which has the same number.
fn live(n: u64) -> ObservedTask {
    ObservedTask {
        arn: arn(n),
        owner: Some(Owner::User(user(), Generation(n))),
        capacity: Some(Capacity::Spot),
        created_at: Some(ago(KNOWN_WITHIN)),
        stopped: false,
        failed_to_start: false,
        stopped_reason: None,
        definition: None,
    }
}

fn dead(n: u64) -> ObservedTask {
    ObservedTask { stopped: true, ..live(n) }
}

fn never_ran(n: u64, capacity: Option<Capacity>) -> ObservedTask {
    ObservedTask { failed_to_start: true, capacity, ..dead(n) }
}

/// ECS answered.
fn sees(tasks: impl IntoIterator<Item = ObservedTask>) -> Observed {
    Observed { tasks: tasks.into_iter().collect(), missing: BTreeSet::new(), complete: true }
}

fn misses(n: u64) -> Observed {
    Observed { missing: BTreeSet::from([arn(n)]), ..sees([]) }
}

fn no_answer() -> Observed {
    Observed::default()
}

fn policy() -> TaskPolicy {
    TaskPolicy::default()
}

#[track_caller]
fn check(row: &TaskState, observed: &Observed, expect: &[Action<'_>]) {
    assert_eq!(plan(std::slice::from_ref(row), observed, &policy(), NOW), expect);
}

#[track_caller]
fn check_release(row: &TaskState, observed: &Observed, next: Capacity) {
    check(row, observed, &[Action::Release { seen: row, next }]);
}

#[track_caller]
fn check_failed(row: &TaskState, observed: &Observed, task: Option<&TaskArn>, pause_s: u64) {
    let retry_at = NOW + Duration::from_secs(pause_s);
    check(row, observed, &[Action::FailStart { seen: row, task, definition: None, retry_at }]);
}

#[test]
fn who_is_idle_and_due_has_his_inbox_read() {
    let row = row(TaskStatus::Idle);
    check(&row, &sees([]), &[Action::ReadInbox(&row)]);
    check(&row, &no_answer(), &[Action::ReadInbox(&row)]);
}

#[test]
fn who_is_not_due_is_left_alone() {
    for status in
        [TaskStatus::Idle, TaskStatus::Starting, TaskStatus::Running, TaskStatus::Stopping]
    {
        for due_at in [None, Some(NOW + Duration::from_millis(1))] {
            let row = TaskState { due_at, ..row(status) };
            check(&row, &sees([]), &[]);
            check(&row, &misses(3), &[]);
        }
    }
}

#[test]
fn a_dead_task_is_acted_upon_though_its_user_is_not_due() {
    let row = TaskState { due_at: None, ..row(TaskStatus::Running) };
    check_release(&row, &sees([dead(3)]), Capacity::Spot);
    let idle = TaskState { due_at: None, ..self::row(TaskStatus::Idle) };
    check(&idle, &sees([dead(3)]), &[Action::ReadInbox(&idle)]);
}

#[test]
fn a_start_in_time_is_looked_at_again_when_it_is_overdue() {
    let within = policy().start_within;
    let row = starting(within);
    for observed in [sees([live(3)]), sees([]), no_answer()] {
        check(&row, &observed, &[Action::LookAgain(&row, ago(within) + within)]);
    }
}

#[test]
fn what_did_not_start_is_named_unless_its_machine_was_taken_away() {
    let row = starting(Duration::from_secs(60));
    let definition = Some(TaskDefinition("arn:task-definition/openclaw:2".into()));
    let charged = |reason: &str| {
        let stopped_reason = Some(reason.to_owned());
        let task = ObservedTask { definition: definition.clone(), stopped_reason, ..dead(3) };
        let observed = sees([task]);
        let actions = plan(std::slice::from_ref(&row), &observed, &policy(), NOW);
        let [Action::FailStart { definition, .. }] = actions[..] else { panic!("{actions:?}") };
        definition.cloned()
    };
    assert_eq!(charged("Essential container in task exited"), definition);
    for not_its_fault in ["Your Spot Task was interrupted.", "Capacity is unavailable"] {
        assert_eq!(charged(not_its_fault), None);
    }
}

#[test]
fn a_start_that_is_overdue_has_failed_and_its_task_is_stopped() {
    let row = starting(policy().start_within + Duration::from_millis(1));
    check_failed(&row, &sees([live(3)]), Some(&arn(3)), 0);
    let nowhere = TaskState { task_arn: None, ..row };
    check_failed(&nowhere, &sees([]), None, 0);
    let never_launched = TaskState { launched_at: None, ..nowhere };
    check_failed(&never_launched, &sees([]), None, 0);
}

/// A memory of many gigabytes takes longer than a start may.
#[test]
fn a_start_that_gets_on_is_not_overdue_however_long_it_takes() {
    let since = 20 * policy().start_within;
    let row = TaskState { last_activity_at: Some(ago(SECOND)), ..starting(since) };
    let again = ago(SECOND) + policy().start_within;
    check(&row, &sees([live(3)]), &[Action::LookAgain(&row, again)]);
}

#[test]
fn an_overdue_start_is_replaced_without_harm_when_ecs_does_not_answer() {
    let row = starting(policy().start_within + SECOND);
    check(&row, &no_answer(), &[Action::ReadInbox(&row)]);
}

#[test]
fn without_a_spot_machine_it_is_on_demand_at_once() {
    let row = TaskState { failed_launches: 4, ..starting(SECOND) };
    check_release(&row, &sees([never_ran(3, Some(Capacity::Spot))]), Capacity::OnDemand);
    // ECS does not say; the row does.
    check_release(&row, &sees([never_ran(3, None)]), Capacity::OnDemand);
}

#[test]
fn without_an_on_demand_machine_it_is_a_failed_launch() {
    let row = TaskState { capacity: Some(Capacity::OnDemand), ..starting(SECOND) };
    check_failed(&row, &sees([never_ran(3, Some(Capacity::OnDemand))]), None, 0);
    let unknown = TaskState { capacity: None, ..row };
    check_failed(&unknown, &sees([never_ran(3, None)]), None, 0);
}

#[test]
fn the_first_crash_at_start_is_followed_at_once_and_the_next_after_longer_and_longer() {
    for (failed_launches, pause_s) in [(0, 0), (1, 5), (2, 10), (20, 600)] {
        let row = TaskState { failed_launches, ..starting(SECOND) };
        check_failed(&row, &sees([dead(3)]), None, pause_s);
    }
}

#[test]
fn an_arn_that_ecs_does_not_know_yet_is_not_dead() {
    let young = starting(KNOWN_WITHIN);
    let at = ago(KNOWN_WITHIN) + policy().start_within;
    check(&young, &misses(3), &[Action::LookAgain(&young, at)]);
    let known = starting(KNOWN_WITHIN + Duration::from_millis(1));
    check_failed(&known, &misses(3), None, 0);

    let young = TaskState { launched_at: Some(ago(KNOWN_WITHIN)), ..row(TaskStatus::Running) };
    check(&young, &misses(3), &[Action::LookAgain(&young, NOW + policy().look_every)]);
    check_release(&row(TaskStatus::Running), &misses(3), Capacity::Spot);
}

#[test]
fn a_running_task_is_looked_at_now_and_then() {
    let row = silent(policy().follow_up);
    for observed in [sees([live(3)]), no_answer()] {
        check(&row, &observed, &[Action::LookAgain(&row, NOW + policy().look_every)]);
    }
}

#[test]
fn of_a_silent_bridge_the_inbox_is_asked() {
    let row = silent(policy().follow_up + Duration::from_millis(1));
    let task = Some(&row.task_arn).and_then(Option::as_ref);
    check(&row, &sees([live(3)]), &[Action::AskInbox { seen: &row, task }]);
    check(&row, &no_answer(), &[Action::AskInbox { seen: &row, task: None }]);
}

#[test]
fn a_dead_task_is_released() {
    for status in [TaskStatus::Running, TaskStatus::Stopping] {
        check_release(&row(status), &sees([dead(3)]), Capacity::Spot);
        check_release(&row(status), &misses(3), Capacity::Spot);
    }
}

#[test]
fn what_ecs_does_not_list_may_be_stopping_unless_it_is_silent_for_long() {
    let lease = policy().lease;
    let nowhere = |span| TaskState { task_arn: None, ..silent(span) };
    let row = nowhere(lease);
    check(&row, &sees([]), &[Action::AskInbox { seen: &row, task: None }]);
    let row = nowhere(lease + SECOND);
    check(&row, &sees([]), &[Action::Abandon(&row)]);
    let row = nowhere(lease + SECOND);
    check(&row, &no_answer(), &[Action::AskInbox { seen: &row, task: None }]);
}

#[test]
fn a_task_that_does_not_stop_is_stopped_until_it_does() {
    let row = row(TaskStatus::Stopping);
    let (task, look_at) = (&arn(3), NOW + DEAD_WITHIN);
    check(&row, &sees([live(3)]), &[Action::StopLate { seen: &row, task, look_at }]);
    check(&row, &no_answer(), &[Action::Keep(&row)]);
    let nowhere = TaskState { task_arn: None, ..row };
    check_release(&nowhere, &sees([]), Capacity::Spot);
}

#[test]
fn a_task_that_was_not_recorded_is_found_by_its_owner_and_recorded() {
    let row = TaskState { task_arn: None, ..row(TaskStatus::Running) };
    let look_at = NOW + policy().look_every;
    let record = Action::Record { seen: &row, task: &arn(3), capacity: Capacity::Spot };
    check(&row, &sees([live(3)]), &[Action::LookAgain(&row, look_at), record]);
}

#[test]
fn of_two_tasks_of_a_generation_the_one_that_lives_counts() {
    let row = TaskState { task_arn: None, ..row(TaskStatus::Running) };
    let other = ObservedTask { arn: arn(33), ..dead(3) };
    for tasks in [[other.clone(), live(3)], [live(3), other]] {
        let observed = sees(tasks);
        let planned = plan(std::slice::from_ref(&row), &observed, &policy(), NOW);
        assert!(matches!(planned[0], Action::LookAgain(..)), "{planned:?}");
    }
}

#[test]
fn an_older_generation_may_save_until_the_newer_launch_is_old() {
    let within = policy().stop_within;
    let launched = |span| TaskState {
        due_at: Some(NOW + SECOND),
        launched_at: Some(ago(span)),
        ..row(TaskStatus::Running)
    };
    let (user, task) = (user(), arn(2));
    check(&launched(within), &sees([live(2), live(3)]), &[]);
    let orphan = Action::StopOrphan(&user, &task);
    check(&launched(within + SECOND), &sees([live(2), live(3)]), &[orphan]);
    let idle = TaskState { due_at: None, ..row(TaskStatus::Idle) };
    check(&idle, &sees([live(2)]), &[orphan]);
}

#[test]
fn a_generation_that_is_released_needs_no_task() {
    let row = TaskState { due_at: None, ..row(TaskStatus::Idle) };
    check(&row, &sees([live(3)]), &[Action::StopOrphan(&user(), &arn(3))]);
}

#[test]
fn the_end_of_an_older_generation_is_told_to_the_newer_one() {
    let waits_for = |generation| TaskState {
        due_at: None,
        unreleased: BTreeSet::from([Generation(generation), Generation(3)]),
        ..row(TaskStatus::Starting)
    };
    check(&waits_for(2), &sees([dead(2)]), &[Action::ReleaseOld(&user(), Generation(2))]);
    check(&waits_for(2), &sees([dead(1)]), &[]);
    // Generation 2 is released, and 1 was still saving then.
    check(&waits_for(1), &sees([dead(1)]), &[Action::ReleaseOld(&user(), Generation(1))]);
}

#[test]
fn a_task_that_its_row_does_not_know_is_left_alone() {
    let row = TaskState { due_at: None, ..row(TaskStatus::Running) };
    check(&row, &sees([live(3), live(4)]), &[]);
    assert_eq!(plan(&[], &sees([live(1)]), &policy(), NOW), []);
}

#[test]
fn a_task_of_somebody_else_says_nothing_of_the_row_that_names_it() {
    let row = TaskState { due_at: None, ..row(TaskStatus::Running) };
    let another = ObservedTask { arn: arn(3), ..dead(4) };
    check(&row, &sees([another]), &[]);
    let spare = Some(Owner::Spare(SpareId::new("s-1").expect("valid")));
    let his_once_it_was_claimed = ObservedTask { owner: spare, ..dead(3) };
    check_release(&row, &sees([his_once_it_was_claimed]), Capacity::Spot);
}

#[test]
fn a_task_whose_owner_cannot_be_read_is_reported_while_it_runs() {
    let unreadable = ObservedTask { owner: None, ..live(9) };
    assert_eq!(plan(&[], &sees([unreadable.clone()]), &policy(), NOW), [Action::Report(&arn(9))]);
    let gone = ObservedTask { stopped: true, ..unreadable };
    assert_eq!(plan(&[], &sees([gone]), &policy(), NOW), []);
}

#[test]
fn an_unclaimed_spare_is_left_alone() {
    let id = SpareId::new("s-1").expect("valid");
    let spare = ObservedTask { owner: Some(Owner::Spare(id)), ..live(9) };
    assert_eq!(plan(&[], &sees([spare]), &policy(), NOW), []);
}

#[test]
fn a_silent_bridge_is_nudged_before_it_is_given_up() {
    let TaskPolicy { follow_up, lease, look_every, .. } = policy();
    let (task, look_at) = (arn(3), NOW + follow_up);
    let silence = |row: &TaskState, waits: Option<Duration>| {
        after_silence(row, Some(&task), waits.map(ago), &policy(), NOW)
    };
    let row = silent(lease + SECOND);
    assert_eq!(silence(&row, None), Silence::Calm { look_at: NOW + look_every });
    assert_eq!(silence(&row, Some(follow_up)), Silence::Calm { look_at });
    assert_eq!(silence(&row, Some(follow_up + SECOND)), Silence::Nudge { look_at });
    assert_eq!(silence(&row, Some(lease)), Silence::Nudge { look_at });
    assert_eq!(silence(&row, Some(lease + SECOND)), Silence::GiveUp);
}

/// Found by the simulation: nobody waited for it, so nobody missed it, and it cost for ever.
#[test]
fn a_bridge_that_should_have_stopped_long_ago_is_given_up() {
    let TaskPolicy { idle_at_most, look_every, .. } = policy();
    let task = arn(3);
    let silence = |row: &TaskState, task| after_silence(row, task, None, &policy(), NOW);
    let calm = Silence::Calm { look_at: NOW + look_every };
    assert_eq!(silence(&silent(idle_at_most), Some(&task)), calm);
    assert_eq!(silence(&silent(idle_at_most + SECOND), Some(&task)), Silence::GiveUp);
    assert_eq!(silence(&silent(idle_at_most + SECOND), None), calm, "is it there at all?");
}

#[test]
fn a_bridge_that_was_heard_of_or_is_not_seen_is_not_given_up() {
    let TaskPolicy { follow_up, lease, .. } = policy();
    let (task, oldest) = (arn(3), Some(ago(lease * 9)));
    let nudge = Silence::Nudge { look_at: NOW + follow_up };
    let heard_of = silent(lease);
    assert_eq!(after_silence(&heard_of, Some(&task), oldest, &policy(), NOW), nudge);
    let silent = silent(lease + SECOND);
    assert_eq!(after_silence(&silent, None, oldest, &policy(), NOW), nudge);
}

#[test]
fn a_clock_that_is_ahead_makes_nothing_old() {
    let ahead = Some(NOW + Duration::from_secs(3_600));
    let row = TaskState { launched_at: ahead, last_activity_at: ahead, ..row(TaskStatus::Running) };
    check(&row, &misses(3), &[Action::LookAgain(&row, NOW + policy().look_every)]);
}

fn any_row() -> impl Strategy<Value = TaskState> {
    let status = prop_oneof![
        Just(TaskStatus::Idle),
        Just(TaskStatus::Starting),
        Just(TaskStatus::Running),
        Just(TaskStatus::Stopping),
    ];
    let span = || proptest::option::of(0u64..1_000);
    let generations = (1u64..5, 0u64..5);
    let rest = (any::<bool>(), proptest::option::of(0u64..2), 0u32..4);
    (status, generations, span(), span(), rest).prop_map(
        |(status, (generation, released), launched, active, (recorded, due_in, failed))| {
            TaskState {
                status,
                generation: Generation(generation),
                released: Generation(released.min(generation)),
                task_arn: recorded.then(|| arn(generation)),
                launched_at: launched.map(|s| ago(Duration::from_secs(s))),
                last_activity_at: active.map(|s| ago(Duration::from_secs(s))),
                due_at: due_in.map(|s| NOW + Duration::from_secs(s)),
                failed_launches: failed,
                ..TaskState::idle(user())
            }
        },
    )
}

fn any_tasks() -> impl Strategy<Value = Vec<ObservedTask>> {
    let task = (1u64..6, any::<bool>(), any::<bool>(), 0usize..3).prop_map(
        |(n, stopped, failed_to_start, capacity)| ObservedTask {
            stopped,
            failed_to_start: stopped && failed_to_start,
            capacity: [None, Some(Capacity::Spot), Some(Capacity::OnDemand)][capacity],
            ..live(n)
        },
    );
    proptest::collection::vec(task, 0..5).prop_map(|mut tasks| {
        tasks.sort_by(|a, b| a.arn.cmp(&b.arn));
        tasks.dedup_by(|a, b| a.arn == b.arn);
        tasks
    })
}

fn any_observed() -> impl Strategy<Value = Observed> {
    let missing = proptest::collection::btree_set((1u64..6).prop_map(arn), 0..5);
    (any_tasks(), missing, any::<bool>()).prop_map(|(tasks, mut missing, complete)| {
        missing.retain(|arn| tasks.iter().all(|task| task.arn != *arn));
        Observed { tasks, missing, complete }
    })
}

fn is_due(row: &TaskState) -> bool {
    row.due_at.is_some_and(|due_at| due_at <= NOW)
}

/// Moves, settles or leaves the mark of its user.
fn is_about_the_mark(action: &Action<'_>) -> bool {
    !matches!(
        action,
        Action::Record { .. } | Action::ReleaseOld(..) | Action::StopOrphan(..) | Action::Report(_)
    )
}

fn stops<'a>(action: &Action<'a>) -> Option<&'a TaskArn> {
    match *action {
        Action::StopOrphan(_, task) | Action::StopLate { task, .. } => Some(task),
        Action::FailStart { task, .. } => task,
        _ => None,
    }
}

proptest! {
    #[test]
    fn whoever_is_due_gets_one_action_about_his_mark(row in any_row(), seen in any_observed()) {
        let planned = plan(std::slice::from_ref(&row), &seen, &policy(), NOW);
        let about = planned.iter().filter(|action| is_about_the_mark(action)).count();
        prop_assert!(about <= 1);
        if is_due(&row) {
            prop_assert_eq!(about, 1, "{:?}", planned);
        }
    }

    #[test]
    fn a_look_that_is_put_off_is_put_off_to_the_future(row in any_row(), seen in any_observed()) {
        for action in plan(std::slice::from_ref(&row), &seen, &policy(), NOW) {
            if let Action::LookAgain(_, at) | Action::StopLate { look_at: at, .. } = action {
                prop_assert!(at >= NOW);
            }
        }
    }

    #[test]
    fn without_an_answer_nobody_is_dead_and_nothing_is_stopped(row in any_row()) {
        for action in plan(std::slice::from_ref(&row), &no_answer(), &policy(), NOW) {
            let harmless = matches!(
                action,
                Action::Keep(_)
                    | Action::LookAgain(..)
                    | Action::ReadInbox(_)
                    | Action::AskInbox { task: None, .. }
            );
            prop_assert!(harmless, "{:?}", action);
        }
    }

    #[test]
    fn a_task_that_serves_is_never_stopped(
        row in any_row(),
        seen in any_observed(),
        active in 0u64..1_000,
    ) {
        let row = TaskState {
            status: TaskStatus::Running,
            released: Generation(row.generation.0 - 1),
            last_activity_at: Some(ago(Duration::from_secs(active))),
            ..row
        };
        let serving = Owner::User(user(), row.generation);
        let planned = plan(std::slice::from_ref(&row), &seen, &policy(), NOW);
        for stopped in planned.iter().filter_map(stops) {
            let task = seen.tasks.iter().find(|task| task.arn == *stopped).expect("seen");
            prop_assert_ne!(task.owner.as_ref(), Some(&serving));
        }
    }

    #[test]
    fn nothing_is_stopped_that_is_not_seen_alive(row in any_row(), seen in any_observed()) {
        for stopped in plan(std::slice::from_ref(&row), &seen, &policy(), NOW).iter().filter_map(stops) {
            prop_assert!(seen.tasks.iter().any(|task| task.arn == *stopped && !task.stopped));
        }
    }

    #[test]
    fn a_generation_is_released_only_if_its_task_is_dead_or_gone(
        row in any_row(),
        seen in any_observed(),
    ) {
        for action in plan(std::slice::from_ref(&row), &seen, &policy(), NOW) {
            if let Action::Release { seen: row, .. } = action {
                let mine = |task: &&ObservedTask| match &row.task_arn {
                    Some(arn) => task.arn == *arn,
                    None => task.owner == Some(Owner::User(user(), row.generation)),
                };
                prop_assert!(!seen.tasks.iter().filter(mine).any(|task| !task.stopped));
            }
        }
    }
}
