//! What an agent remembers from one machine to the next, and what is never done to it.

use std::time::Duration;

use bridge::{Policy, Reason};
use domain::{
    ConnectionId, Generation, IdlePolicy, InboxState, RestoreInto, RestoreOutcome, RestoreRequest,
    SnapshotId, SnapshotReason, TaskPolicy, TaskStatus,
};
use platform::{Clock, Saving, Tasks};
use platform_sim::{Effect, Lines, World};
use protocol::{Nudge, ServerFrame};
use tokio::time::{Instant, sleep};

use crate::played::Played;
use crate::support::{Scripted, Step, claim, open_tab, put, say_slowly, user, world_at};

const IDLE: Duration = Duration::from_secs(60);

fn policy() -> Policy {
    let idle = IdlePolicy { shortest: IDLE, longest: IDLE };
    Policy { idle, save_every: Duration::from_secs(300), ..Policy::default() }
}

fn lines(words: &[&str]) -> Lines {
    let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
    Lines { state: words.clone(), workspace: words }
}

/// A life in which the agent learns `word`, from its start to its idle end.
async fn learn(world: &World, word: &str) -> Lines {
    let life = Played::next(world, policy()).await;
    put(world, word, "default").await;
    life.until(word, InboxState::Done).await;
    life.disk.write(word);
    let disk = life.disk.clone();
    life.end().await.expect("an idle end is a good end");
    disk.lines()
}

/// A life that does nothing but remember. Gives what it does remember, and how it ended.
async fn remember(world: &World) -> (Lines, anyhow::Result<()>) {
    let life = Played::next(world, policy()).await;
    let disk = life.disk.clone();
    let outcome = life.end().await;
    (disk.lines(), outcome)
}

fn ids(world: &World) -> Vec<SnapshotId> {
    world.snapshots_of(&user()).into_iter().map(|(snapshot, _)| snapshot.id).collect()
}

fn base(world: &World) -> Option<SnapshotId> {
    world.task(&user()).base.expect("somebody has begun").snapshot.map(|snapshot| snapshot.id)
}

/// The sentences of the status frames that a tab was sent.
fn told(world: &World, tab: &ConnectionId) -> Vec<String> {
    let details = world.pushed(tab).into_iter().filter_map(|frame| match frame {
        ServerFrame::Status { detail, .. } => detail,
        _ => None,
    });
    details.collect()
}

#[tokio::test(start_paused = true)]
async fn what_one_machine_learnt_the_next_one_knows() {
    let world = world_at(0).await;
    assert_eq!(learn(&world, "m1").await, lines(&["m1"]));
    assert_eq!(learn(&world, "m2").await, lines(&["m1", "m2"]));
    let task = world.task(&user());
    let base = task.base.expect("begun").snapshot.expect("saved");
    assert_eq!((base.generation, Some(base.id)), (Generation(2), ids(&world).pop()));
    let listed = world.snapshots().list(&user(), None, 10).await.expect("no faults").snapshots;
    assert_eq!(listed.iter().map(|s| s.reason).collect::<Vec<_>>(), [SnapshotReason::Stop; 2]);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_saved_where_nothing_changed() {
    let world = world_at(0).await;
    learn(&world, "m1").await;
    remember(&world).await.1.expect("a good end");
    assert_eq!(ids(&world).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_machine_that_dies_costs_what_changed_since_the_last_round() {
    let world = world_at(0).await;
    let idle = IdlePolicy { shortest: Duration::from_hours(2), longest: Duration::from_hours(2) };
    let life = Played::next(&world, Policy { idle, ..policy() }).await;
    put(&world, "m1", "default").await;
    life.until("m1", InboxState::Done).await;
    life.disk.write("early");
    sleep(Duration::from_secs(310)).await;
    assert_eq!(ids(&world).len(), 1, "a round has passed");
    sleep(Duration::from_secs(300)).await;
    assert_eq!(ids(&world).len(), 1, "and one in which nothing changed");
    life.disk.write("late");
    life.kill();
    world.release(&user(), Generation(1), world.clock().now()).await.expect("no faults");
    assert_eq!(remember(&world).await.0, lines(&["early"]));
}

#[tokio::test(start_paused = true)]
async fn a_person_may_ask_for_a_snapshot_at_any_time() {
    let world = world_at(0).await;
    let life = Played::next(&world, policy()).await;
    put(&world, "m1", "default").await;
    life.until("m1", InboxState::Done).await;
    life.disk.write("m1");
    life.tell(&Nudge::Snapshot);
    crate::support::until(|| ids(&world).len() == 1).await;
    let id = ids(&world)[0].clone();
    crate::support::until(|| base(&world) == Some(id.clone())).await;
    let listed = world.snapshots().find(&user(), &id).await.expect("no faults").expect("listed");
    assert_eq!(listed.reason, SnapshotReason::Requested);
    life.end().await.expect("a good end");
}

#[tokio::test(start_paused = true)]
async fn an_agent_that_is_sent_to_sleep_ends_its_reply_saves_and_leaves() {
    let world = world_at(0).await;
    let idle = IdlePolicy { shortest: Duration::from_hours(2), longest: Duration::from_hours(2) };
    let policy = Policy { idle, ..policy() };
    let words = || (0..30).map(|n| n.to_string());
    let slowly = Scripted::new(move |_| say_slowly(words(), Duration::from_secs(1)));
    let life = Played::next_with(&world, policy, slowly).await;
    put(&world, "m1", "default").await;
    life.until("m1", InboxState::Leased).await;
    life.disk.write("m1");
    let asked = Instant::now();
    life.tell(&Nudge::Stop);
    life.end().await.expect("a good end");
    assert!(asked.elapsed() < Duration::from_secs(90), "{:?}", asked.elapsed());
    assert_eq!(world.inbox_of(&user())[0].state, InboxState::Done);
    let task = world.task(&user());
    assert_eq!((task.status, task.released), (TaskStatus::Idle, Generation(1)));
    let listed = world.snapshots().list(&user(), None, 10).await.expect("no faults").snapshots;
    assert_eq!(listed.iter().map(|s| s.reason).collect::<Vec<_>>(), [SnapshotReason::Stop]);
}

/// Else the next machine's gateway would run again what was answered after the snapshot.
#[tokio::test(start_paused = true)]
async fn it_is_saved_when_nobody_is_being_answered_or_after_another_round() {
    let world = world_at(0).await;
    let life = Played::next_with(&world, policy(), Scripted::new(|_| vec![Step::Forever])).await;
    put(&world, "m1", "default").await;
    life.until("m1", InboxState::Leased).await;
    life.disk.write("half of it");
    life.tell(&Nudge::Snapshot);
    sleep(Duration::from_secs(290)).await;
    assert!(ids(&world).is_empty(), "it is not quiet");
    crate::support::until(|| ids(&world).len() == 1).await;
    life.kill();
}

/// I9.
#[tokio::test(start_paused = true)]
async fn a_repository_that_cannot_be_listed_stops_the_boot_and_nothing_is_written() {
    let world = world_at(0).await;
    learn(&world, "m1").await;
    let (before, stood) = (ids(&world), base(&world));
    world.fail_next("memory.list", 100);
    put(&world, "m2", "default").await;
    let (knows, outcome) = remember(&world).await;
    let error = outcome.expect_err("no agent without its memory").to_string();
    assert!(error.contains("memory could not be read"), "{error}");
    assert_eq!((knows, ids(&world), base(&world)), (Lines::default(), before, stood));
    assert_eq!(world.task(&user()).status, TaskStatus::Idle, "released, to be tried again");
    world.fail_next("memory.list", 0);
    assert_eq!(remember(&world).await.0, lines(&["m1"]));
}

/// I9: half of an agent is not what is kept of it.
#[tokio::test(start_paused = true)]
async fn what_could_not_be_restored_in_full_is_not_saved() {
    let world = world_at(0).await;
    learn(&world, "m1").await;
    let before = ids(&world);
    world.fail_next("memory.restore_workspace", 100);
    let (knows, outcome) = remember(&world).await;
    outcome.expect_err("no agent with half a memory");
    assert_eq!(knows, Lines { state: vec!["m1".into()], workspace: Vec::new() });
    assert_eq!(ids(&world), before);
}

#[tokio::test(start_paused = true)]
async fn a_repository_that_should_not_be_empty_is_no_fresh_start() {
    let world = world_at(0).await;
    learn(&world, "m1").await;
    world.lose_snapshots(&user());
    let error = remember(&world).await.1.expect_err("its memory is lost").to_string();
    assert!(error.contains("not where it should be"), "{error}");
    assert!(ids(&world).is_empty(), "and nothing takes its place");
}

#[tokio::test(start_paused = true)]
async fn a_damaged_snapshot_falls_back_to_the_one_before_and_says_so() {
    let world = world_at(0).await;
    learn(&world, "m1").await;
    learn(&world, "m2").await;
    world.damage_snapshot(&user(), ids(&world).last().expect("two"));
    let tab = open_tab(&world, "tab1").await;
    let (knows, outcome) = remember(&world).await;
    outcome.expect("a good end");
    assert_eq!(knows, lines(&["m1"]));
    let words = told(&world, &tab);
    assert!(words.iter().any(|words| words.contains("damaged")), "{words:?}");
    assert_eq!(base(&world), ids(&world).first().cloned());
}

/// I10: how far, and how long still; and whoever restores for long is not taken for stuck.
#[tokio::test(start_paused = true)]
async fn a_long_restore_says_how_far_it_is() {
    let world = world_at(0).await;
    learn(&world, "m1").await;
    world.slow_restores(Duration::from_secs(100));
    let tab = open_tab(&world, "tab1").await;
    remember(&world).await.1.expect("a good end");
    let frames = world.pushed(&tab).into_iter();
    let told: Vec<_> = frames
        .filter_map(|frame| match frame {
            ServerFrame::Status { detail, eta_seconds, .. } => Some((detail?, eta_seconds)),
            _ => None,
        })
        .collect();
    let half = "Restoring your agent's files: 5 of 10 MB, 1 file.".to_owned();
    assert!(told.contains(&(half, Some(50))), "{told:?}");
    let of_this_life =
        |effect: &Effect| matches!(effect, Effect::Wrote { generation } if generation.0 == 2);
    let log = world.log().into_iter();
    let log = log.take_while(|entry| entry.effect != Effect::Running { generation: Generation(2) });
    let heard: Vec<_> = log.filter(|entry| of_this_life(&entry.effect)).map(|e| e.at).collect();
    let silence = heard.windows(2).map(|pair| pair[1] - pair[0]).max().expect("it writes");
    assert!(silence <= Duration::from_secs(61), "{silence:?}");
}

/// Many gigabytes: longer than a launch may take, and nobody launches another beside it.
#[tokio::test(start_paused = true)]
async fn a_restore_that_gets_on_is_never_overdue() {
    let world = world_at(0).await;
    learn(&world, "m1").await;
    world.slow_restores(Duration::from_secs(1_500));
    let life = Played::next(&world, policy()).await;
    let started = Instant::now();
    while world.task(&user()).status == TaskStatus::Starting {
        let state = world.task(&user());
        let overdue = TaskPolicy::default().start_is_overdue(&state, world.clock().now());
        assert!(!overdue, "after {:?}", started.elapsed());
        pass(&world, Duration::from_secs(10)).await;
    }
    assert!(started.elapsed() > Duration::from_secs(3_000), "both parts: {:?}", started.elapsed());
    assert_eq!(life.disk.lines(), lines(&["m1"]));
    life.tell(&Nudge::Stop);
    life.end().await.expect("a good end");
}

/// On every clock.
async fn pass(world: &World, time: Duration) {
    sleep(time).await;
    world.clock().advance(time);
}

/// One that stands still is given up like any other start.
#[tokio::test(start_paused = true)]
async fn a_restore_that_stands_still_is_overdue() {
    let world = world_at(0).await;
    learn(&world, "m1").await;
    world.slow_restores(Duration::from_secs(100_000));
    let _life = Played::next(&world, policy()).await;
    for _ in 0..31 {
        pass(&world, Duration::from_secs(10)).await;
    }
    let state = world.task(&user());
    assert_eq!(state.status, TaskStatus::Starting);
    let now = world.clock().now();
    assert!(TaskPolicy::default().start_is_overdue(&state, now), "{now:?} {state:?}");
}

#[tokio::test(start_paused = true)]
async fn when_every_snapshot_is_damaged_there_is_no_fresh_start() {
    let world = world_at(0).await;
    learn(&world, "m1").await;
    learn(&world, "m2").await;
    ids(&world).iter().for_each(|id| world.damage_snapshot(&user(), id));
    let stood = base(&world);
    let error = remember(&world).await.1.expect_err("no agent").to_string();
    assert!(error.contains("none of its snapshots"), "{error}");
    assert_eq!((ids(&world).len(), base(&world)), (2, stood));
}

#[tokio::test(start_paused = true)]
async fn a_snapshot_whose_own_file_is_gone_bad_is_not_taken_for_none() {
    let world = world_at(0).await;
    learn(&world, "m1").await;
    world.blind_snapshot(&user(), &ids(&world)[0]);
    remember(&world).await.1.expect_err("no agent");
    assert_eq!(ids(&world).len(), 1, "and no fresh start beside it");
}

/// Written, and then its writer could not say so.
#[tokio::test(start_paused = true)]
async fn a_snapshot_that_was_not_recorded_is_found() {
    let world = world_at(0).await;
    world.fail_next("snapshots.record", 100);
    learn(&world, "m1").await;
    world.fail_next("snapshots.record", 0);
    assert_eq!(base(&world), None);
    assert_eq!(remember(&world).await.0, lines(&["m1"]));
    assert_eq!(base(&world), ids(&world).first().cloned());
}

/// I3: overtaken, its last words still count, because whoever overtook it waits for them.
#[tokio::test(start_paused = true)]
async fn a_task_that_is_overtaken_saves_and_the_next_one_waits_for_it() {
    let world = world_at(0).await;
    let life = Played::next(&world, policy()).await;
    put(&world, "m1", "default").await;
    life.until("m1", InboxState::Done).await;
    life.disk.write("m1");
    let next = Played::next(&world, policy()).await;
    life.halt.request(Reason::Idle);
    life.end().await.expect("a good end");
    let disk = next.disk.clone();
    next.end().await.expect("a good end");
    assert_eq!(disk.lines(), lines(&["m1"]));
}

/// I3: taken for dead, it saves nothing that anybody picks.
#[tokio::test(start_paused = true)]
async fn a_zombie_saves_nothing() {
    let world = world_at(0).await;
    learn(&world, "m1").await;
    let zombie = Played::next(&world, policy()).await;
    put(&world, "m2", "default").await;
    zombie.until("m2", InboxState::Done).await;
    zombie.disk.write("the zombie's");
    world.release(&user(), Generation(2), world.clock().now()).await.expect("no faults");
    assert_eq!(learn(&world, "m3").await, lines(&["m1", "m3"]));
    zombie.end().await.expect("to be fenced is a good end");
    assert_eq!(remember(&world).await.0, lines(&["m1", "m3"]));
    assert_eq!(ids(&world).len(), 2);
}

/// The zombie's snapshot was asked for permission before it was taken for dead, and lands late.
#[tokio::test(start_paused = true)]
async fn a_zombies_late_snapshot_is_never_picked() {
    let world = world_at(0).await;
    learn(&world, "m1").await;
    let zombie = claim(&world).await;
    world.release(&user(), zombie, world.clock().now()).await.expect("no faults");
    learn(&world, "m2").await;
    world.clock().advance(Duration::from_secs(60));
    let at = world.clock().now();
    let saving = Saving { generation: zombie, at, reason: SnapshotReason::Periodic, live: true };
    let late = world.store_late(&user(), saving, &lines(&["the zombie's"]));
    assert_eq!(remember(&world).await.0, lines(&["m1", "m2"]));
    // Even if all that it could have been compared with is damaged.
    let known = ids(&world).into_iter().filter(|id| *id != late);
    known.skip(1).for_each(|id| world.damage_snapshot(&user(), &id));
    assert_eq!(remember(&world).await.0, lines(&["m1"]));
}

fn request(snapshot: &SnapshotId, into: RestoreInto, world: &World) -> RestoreRequest {
    RestoreRequest {
        id: format!("of {snapshot}"),
        snapshot: snapshot.clone(),
        into,
        requested_at: world.clock().now(),
        outcome: None,
    }
}

async fn ask(world: &World, snapshot: &SnapshotId, into: RestoreInto) {
    let (request, now) = (request(snapshot, into, world), world.clock().now());
    world.snapshots().request_restore(&user(), &request, now).await.expect("none is open");
}

fn outcome(world: &World) -> Option<RestoreOutcome> {
    world.task(&user()).restore.expect("asked").outcome
}

#[tokio::test(start_paused = true)]
async fn back_in_time_in_place_and_forward_again() {
    let world = world_at(0).await;
    learn(&world, "m1").await;
    learn(&world, "m2").await;
    let [first, second] = ids(&world).try_into().expect("two");
    ask(&world, &first, RestoreInto::Place).await;
    assert_eq!(learn(&world, "m3").await, lines(&["m1", "m3"]));
    assert!(matches!(outcome(&world), Some(RestoreOutcome::Done { .. })));
    // What was left behind is still there, and comes back only when it is asked for.
    assert_eq!(remember(&world).await.0, lines(&["m1", "m3"]));
    ask(&world, &second, RestoreInto::Place).await;
    assert_eq!(remember(&world).await.0, lines(&["m1", "m2"]));
}

#[tokio::test(start_paused = true)]
async fn a_running_agent_saves_its_work_before_it_goes_back() {
    let world = world_at(0).await;
    learn(&world, "m1").await;
    let life = Played::next(&world, policy()).await;
    put(&world, "m2", "default").await;
    life.until("m2", InboxState::Done).await;
    life.disk.write("m2");
    ask(&world, &ids(&world)[0], RestoreInto::Place).await;
    life.tell(&Nudge::Restore { request_id: "any".into() });
    life.end().await.expect("a good end");
    assert_eq!(world.snapshots_of(&user())[1].1, lines(&["m1", "m2"]));
    assert_eq!(remember(&world).await.0, lines(&["m1"]));
}

#[tokio::test(start_paused = true)]
async fn a_snapshot_that_cannot_be_gone_back_to_changes_nothing_and_says_why() {
    let world = world_at(0).await;
    learn(&world, "m1").await;
    learn(&world, "m2").await;
    let first = ids(&world)[0].clone();
    world.damage_snapshot(&user(), &first);
    ask(&world, &first, RestoreInto::Place).await;
    assert_eq!(remember(&world).await.0, lines(&["m1", "m2"]));
    let Some(RestoreOutcome::Failed { why, .. }) = outcome(&world) else {
        panic!("{:?}", outcome(&world));
    };
    assert!(why.contains("damaged"), "{why}");
}

#[tokio::test(start_paused = true)]
async fn files_of_then_lie_beside_the_files_of_now() {
    let world = world_at(0).await;
    learn(&world, "m1").await;
    let life = Played::next(&world, policy()).await;
    crate::support::until(|| world.task(&user()).status == TaskStatus::Running).await;
    life.disk.write("m2");
    ask(&world, &ids(&world)[0], RestoreInto::Folder { name: "then".into() }).await;
    life.tell(&Nudge::Restore { request_id: "any".into() });
    crate::support::until(|| outcome(&world).is_some()).await;
    assert_eq!(life.disk.lines().workspace, ["m1", "m2", "then/m1"]);
    assert!(matches!(outcome(&world), Some(RestoreOutcome::Done { .. })));
    life.end().await.expect("a good end");
}

/// Asked for while nobody listened: whoever comes to listen looks.
#[tokio::test(start_paused = true)]
async fn a_request_that_came_before_the_line_was_up_is_found() {
    let world = world_at(0).await;
    learn(&world, "m1").await;
    let life = Played::next(&world, policy()).await;
    crate::support::until(|| world.task(&user()).status == TaskStatus::Running).await;
    life.lose_line();
    ask(&world, &ids(&world)[0], RestoreInto::Folder { name: "then".into() }).await;
    crate::support::until(|| outcome(&world).is_some()).await;
    life.end().await.expect("a good end");
}

/// Asked for in the last moment of the boot, when nobody is nudged yet.
#[tokio::test(start_paused = true)]
async fn a_request_that_met_a_starting_task_is_found_when_it_runs() {
    let world = world_at(0).await;
    learn(&world, "m1").await;
    let life = Played::next(&world, policy()).await;
    // Its line is up, and its gateway is not.
    sleep(Duration::from_secs(2)).await;
    assert_eq!(world.task(&user()).status, TaskStatus::Starting);
    ask(&world, &ids(&world)[0], RestoreInto::Folder { name: "then".into() }).await;
    crate::support::until(|| outcome(&world).is_some()).await;
    life.end().await.expect("a good end");
}

/// A nudge may be lost; whoever is there looks for himself.
#[tokio::test(start_paused = true)]
async fn a_request_that_nobody_was_told_of_is_found_at_the_next_boot() {
    let world = world_at(0).await;
    learn(&world, "m1").await;
    ask(&world, &ids(&world)[0], RestoreInto::Folder { name: "then".into() }).await;
    assert_eq!(remember(&world).await.0.workspace, ["m1", "then/m1"]);
}

#[tokio::test(start_paused = true)]
async fn a_save_that_hangs_does_not_hold_up_the_end() {
    let world = world_at(0).await;
    let life = Played::next(&world, policy()).await;
    put(&world, "m1", "default").await;
    life.until("m1", InboxState::Done).await;
    life.disk.write("m1");
    world.hang_saves();
    life.halt.request(Reason::Signal);
    let began = Instant::now();
    life.end().await.expect("a good end");
    assert!(began.elapsed() < Duration::from_secs(60), "{:?}", began.elapsed());
    assert_eq!(world.task(&user()).status, TaskStatus::Idle, "released all the same");
}
