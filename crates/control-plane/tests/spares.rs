//! The pool: what is kept, what goes, and who gets a spare.

mod world;

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use control_plane::{EnsureTask, Ensured, KeepSpares, PoolPolicy, TaskChange, TaskEvent, Wanted};
use domain::{
    Capacity, ConnectionId, Generation, LaunchToken, Owner, Spare, SpareId, SpareStatus,
    TaskStatus, TimeZone, UserId, Windows,
};
use platform::{Clock, Compute, Metric, ObservedTask, Spares};
use platform_sim::World;
use protocol::Nudge;
use world::{Cases, arn, cases};

const MINUTE: Duration = Duration::from_secs(60);

/// Never the same twice.
fn entropy() -> [u8; 32] {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&NEXT.fetch_add(1, Ordering::SeqCst).to_be_bytes());
    bytes
}

fn nudge() -> Nudge {
    Nudge::Inbox { message_id: "m1".into() }
}

struct Keeper {
    cases: Cases,
    wanted: Wanted,
}

impl Keeper {
    fn of(spares: usize) -> Self {
        let wanted = Wanted { spares, windows: Windows::default(), time_zone: TimeZone::utc() };
        Self { cases: cases(), wanted }
    }

    /// A pool of so many that are Ready.
    async fn ready(spares: usize) -> Self {
        let keeper = Self::of(spares);
        keeper.run().await;
        keeper.all_become_ready().await;
        keeper
    }

    fn world(&self) -> &World {
        &self.cases.world
    }

    fn keep(&self) -> KeepSpares {
        KeepSpares {
            spares: self.world().spares(),
            tasks: self.world().tasks(),
            compute: self.world().compute(),
            releases: self.world().releases(),
            clock: Arc::new(self.world().clock().clone()),
            wanted: self.wanted.clone(),
            policy: PoolPolicy::default(),
            entropy,
        }
    }

    async fn run(&self) -> control_plane::Kept {
        self.keep().run().await.expect("the pool can be read")
    }

    fn spares(&self) -> Vec<Spare> {
        self.world().spares_now()
    }

    fn only(&self) -> Spare {
        let spares = self.spares();
        assert_eq!(spares.len(), 1, "{spares:?}");
        spares.into_iter().next().expect("one")
    }

    async fn all_become_ready(&self) {
        for spare in self.spares() {
            self.world().spares().set_ready(&spare.id).await.expect("is unclaimed");
        }
    }

    fn pass(&self, time: Duration) {
        self.world().clock().advance(time);
    }

    async fn ensure(&self) -> Ensured {
        self.cases.ensure().run(&self.cases.user, &nudge()).await.expect("works")
    }

    /// ECS's event about the task of a spare, to the watchdog.
    async fn watchdog_hears(&self, spare: &Spare) {
        let task = ObservedTask {
            arn: spare.task_arn.clone().expect("launched"),
            owner: Some(Owner::Spare(spare.id.clone())),
            capacity: Some(Capacity::Spot),
            created_at: None,
            stopped: true,
            failed_to_start: false,
            stopped_reason: None,
            definition: None,
        };
        let event = TaskEvent { task, change: TaskChange::Stopped, version: 7 };
        self.cases.follow().task_changed(&event).await.expect("works");
    }

    fn dies(&self, spare: &Spare) {
        self.world().task_dies(spare.task_arn.as_ref().expect("launched"), "Spot");
    }
}

#[tokio::test]
async fn a_pool_is_filled_and_then_left_alone() {
    let keeper = Keeper::of(3);
    assert_eq!(keeper.run().await.launched, 3);
    let ids: HashSet<SpareId> = keeper.spares().into_iter().map(|spare| spare.id).collect();
    assert_eq!(ids.len(), 3);
    keeper.all_become_ready().await;
    let kept = keeper.run().await;
    assert_eq!((kept.launched, kept.retired, kept.errors), (0, 0, 0));
    let launches = keeper.world().launches();
    assert_eq!(launches.len(), 3);
    for (spare, launch) in keeper.spares().iter().zip(&launches) {
        assert_eq!(launch.capacity, Capacity::Spot);
        assert_eq!(launch.expires_at, Some(spare.expires_at));
        assert_eq!(spare.expires_at, spare.launched_at + 60 * MINUTE);
        assert!(spare.task_arn.is_some());
        let LaunchToken { owner, .. } = &launch.token;
        assert!(ids.iter().any(|id| *owner == Owner::Spare(id.clone())));
    }
}

/// Its row is there before its task runs, and the task's token opens its door.
#[tokio::test]
async fn a_spare_finds_its_row_and_is_let_in() {
    let keeper = Keeper::of(1);
    keeper.run().await;
    let token = keeper.world().launches()[0].token.clone();
    let id = ConnectionId::new("spare").expect("valid");
    keeper.cases.connect().bridge(&token, id.clone()).await.expect("is in the pool");
    assert_eq!(keeper.only().connection, Some(id));
}

#[tokio::test]
async fn a_spare_past_its_time_is_stopped_and_followed_by_another() {
    let keeper = Keeper::ready(1).await;
    let before = keeper.only();
    keeper.pass(60 * MINUTE - Duration::from_millis(1));
    assert_eq!(keeper.run().await.retired, 0);
    keeper.pass(Duration::from_millis(1));
    let kept = keeper.run().await;
    assert_eq!((kept.retired, kept.launched), (1, 1));
    assert_ne!(keeper.only().id, before.id);
    assert_eq!(keeper.world().running_tasks(), [arn(2)]);
}

#[tokio::test]
async fn a_spare_that_does_not_come_up_is_given_up() {
    let keeper = Keeper::of(1);
    keeper.run().await;
    let before = keeper.only();
    keeper.pass(5 * MINUTE);
    assert_eq!(keeper.run().await.retired, 0);
    keeper.pass(Duration::from_millis(1));
    assert_eq!(keeper.run().await.retired, 1);
    assert_ne!(keeper.only().id, before.id);
    assert_eq!(keeper.world().running_tasks(), [arn(2)]);
}

#[tokio::test]
async fn a_dead_spare_is_replaced_while_the_schedule_holds_and_not_after() {
    let mut keeper = Keeper::ready(2).await;
    keeper.dies(&keeper.spares()[0]);
    let kept = keeper.run().await;
    assert_eq!((kept.retired, kept.launched), (1, 1));
    // The world's day is a Monday in September 2026.
    keeper.wanted.windows = "Tue 00:00-24:00".parse().expect("a window");
    keeper.all_become_ready().await;
    let kept = keeper.run().await;
    assert_eq!((kept.wanted, kept.retired, kept.launched), (0, 2, 0));
    assert_eq!((keeper.spares(), keeper.world().running_tasks()), (vec![], vec![]));
    assert_eq!(keeper.run().await, control_plane::Kept::default());
}

/// Those that are not up yet go first, then those whose time ends soonest.
#[tokio::test]
async fn of_too_many_the_least_useful_go() {
    let mut keeper = Keeper::ready(1).await;
    let oldest = keeper.only();
    keeper.pass(MINUTE);
    keeper.wanted.spares = 2;
    keeper.run().await;
    keeper.all_become_ready().await;
    let second = keeper.spares().into_iter().find(|spare| spare.id != oldest.id).expect("two");
    keeper.pass(MINUTE);
    keeper.wanted.spares = 3;
    keeper.run().await;
    keeper.wanted.spares = 2;
    assert_eq!(keeper.run().await.retired, 1);
    assert!(keeper.spares().iter().all(|spare| spare.status == SpareStatus::Ready));
    keeper.wanted.spares = 1;
    assert_eq!(keeper.run().await.retired, 1);
    assert_eq!(keeper.only().id, second.id);
    assert_eq!(keeper.world().running_tasks(), [arn(2)]);
}

#[tokio::test]
async fn without_spot_one_is_asked_for_in_each_run_and_nothing_is_left_behind() {
    let keeper = Keeper::of(3);
    keeper.world().set_capacity(Capacity::Spot, false);
    for _ in 0..2 {
        let kept = keeper.run().await;
        assert_eq!((kept.launched, kept.errors), (0, 0));
        assert_eq!(keeper.spares(), []);
    }
    assert!(keeper.world().launches().is_empty(), "no on-demand machine waits for nobody");
    keeper.world().set_capacity(Capacity::Spot, true);
    assert_eq!(keeper.run().await.launched, 3);
}

#[tokio::test]
async fn a_launch_that_fails_leaves_no_row_and_a_row_that_fails_no_task() {
    let keeper = Keeper::of(1);
    keeper.world().fail_next("compute.launch", 1);
    assert_eq!(keeper.run().await.errors, 1);
    assert_eq!(keeper.spares(), []);
    keeper.world().fail_next("spares.add", 1);
    assert_eq!(keeper.run().await.errors, 1);
    assert!(keeper.world().launches().is_empty());
    // It runs although nobody was told: it is not in the pool, and is stopped.
    keeper.world().lose_next("compute.launch", 1);
    assert_eq!(keeper.run().await.errors, 1);
    assert_eq!((keeper.spares(), keeper.world().running_tasks()), (vec![], vec![arn(1)]));
    keeper.pass(2 * MINUTE);
    assert_eq!(keeper.run().await.stopped, 0, "its row may only be too new");
    keeper.pass(Duration::from_millis(1));
    assert_eq!(keeper.run().await.stopped, 1);
    assert_eq!(keeper.world().running_tasks(), [arn(2)]);
}

/// The task's name is enough.
#[tokio::test]
async fn a_spare_whose_task_was_not_written_down_is_found_all_the_same() {
    let keeper = Keeper::of(1);
    keeper.world().fail_next("spares.record_launched", 1);
    keeper.run().await;
    assert_eq!(keeper.only().task_arn, None);
    keeper.all_become_ready().await;
    keeper.pass(30 * MINUTE);
    assert_eq!(keeper.run().await.retired, 0);
    keeper.pass(30 * MINUTE);
    assert_eq!(keeper.run().await.retired, 1);
    assert_eq!(keeper.world().running_tasks(), [arn(2)]);
}

/// I9: the row of a crash between row and task goes, and what ECS did not say does not count.
#[tokio::test]
async fn nothing_is_dead_because_ecs_does_not_answer() {
    let keeper = Keeper::ready(2).await;
    let [first, second] = &keeper.spares()[..] else { panic!("two") };
    keeper.dies(first);
    keeper.world().forget_task(second.task_arn.as_ref().expect("launched"));
    for (operation, minutes) in [("compute.list", 3), ("compute.describe", 3), ("compute.list", 50)]
    {
        keeper.pass(minutes * MINUTE);
        keeper.world().fail_next(operation, 1);
        let kept = keeper.run().await;
        assert_eq!((kept.retired, kept.launched, kept.errors), (0, 0, 1), "{operation}");
    }
    let kept = keeper.run().await;
    assert_eq!((kept.retired, kept.launched), (2, 2));
}

/// ECS is eventually consistent.
#[tokio::test]
async fn a_task_that_ecs_does_not_know_yet_is_not_dead() {
    let keeper = Keeper::of(1);
    keeper.run().await;
    keeper.world().forget_task(keeper.only().task_arn.as_ref().expect("launched"));
    keeper.pass(2 * MINUTE);
    assert_eq!(keeper.run().await.retired, 0);
    keeper.pass(Duration::from_millis(1));
    assert_eq!(keeper.run().await.retired, 1);
}

#[tokio::test]
async fn a_first_message_claims_a_spare_and_launches_nothing() {
    let keeper = Keeper::ready(1).await;
    let listens = ConnectionId::new("spare").expect("valid");
    let token = keeper.world().launches()[0].token.clone();
    keeper.cases.connect().bridge(&token, listens.clone()).await.expect("is in the pool");
    assert_eq!(keeper.ensure().await, Ensured::Claimed);
    assert_eq!(keeper.world().nudged(&listens), [Nudge::Claimed]);
    assert_eq!(keeper.world().counted(Metric::SparesClaimed), 1);
    assert_eq!(keeper.world().launches().len(), 1);
    let row = keeper.world().task(&keeper.cases.user);
    assert_eq!((row.status, row.generation), (TaskStatus::Starting, Generation(1)));
    // The spare's own door is shut, and its secret now opens its user's.
    let next = ConnectionId::new("next").expect("valid");
    assert!(keeper.cases.connect().bridge(&token, next.clone()).await.is_err());
    let handed = token.handed_to(keeper.cases.user.clone(), Generation(1));
    keeper.cases.connect().bridge(&handed, next).await.expect("current");
}

#[tokio::test]
async fn a_claimed_spare_is_replaced_and_never_reused() {
    let keeper = Keeper::ready(1).await;
    let claimed = keeper.only();
    keeper.ensure().await;
    let status = SpareStatus::Claimed(keeper.cases.user.clone(), Generation(1));
    // Its time as a spare is over; as a user's task it has no such end.
    for minutes in [0, 1, 59, 120] {
        keeper.pass(minutes * MINUTE);
        keeper.run().await;
        let row = keeper.spares().into_iter().find(|spare| spare.id == claimed.id);
        assert_eq!(row.expect("kept").status, status, "after {minutes} minutes");
        assert!(keeper.world().running_tasks().contains(&arn(1)));
        keeper.all_unclaimed_become_ready().await;
        let unclaimed = keeper.spares().len() - 1;
        assert_eq!(unclaimed, 1);
    }
    let other = UserId::new("ben").expect("valid");
    let ensured = keeper.cases.ensure().run(&other, &nudge()).await.expect("works");
    assert_eq!(ensured, Ensured::Claimed);
    assert_ne!(keeper.world().task(&other).task_arn, claimed.task_arn);
}

impl Keeper {
    async fn all_unclaimed_become_ready(&self) {
        for spare in self.spares() {
            let _ = self.world().spares().set_ready(&spare.id).await;
        }
    }
}

/// The row goes when its task is dead and somebody has acted upon that: not before.
#[tokio::test]
async fn a_claimed_row_outlives_its_task_until_its_user_is_looked_after() {
    let mut keeper = Keeper::ready(1).await;
    let claimed = keeper.only();
    keeper.cases.say("m1").await;
    keeper.ensure().await;
    keeper.wanted.spares = 0;
    keeper.dies(&claimed);
    keeper.pass(3 * MINUTE);
    assert_eq!(keeper.run().await.forgotten, 0, "the watchdog asks whose it was");
    let tasks = keeper.world().tasks();
    let now = keeper.world().clock().now();
    tasks.release(&keeper.cases.user, Generation(1), now).await.expect("works");
    assert_eq!(keeper.run().await.forgotten, 0, "a message still waits");
    keeper.watchdog_hears(&claimed).await;
    assert_eq!(keeper.world().task(&keeper.cases.user).generation, Generation(2));
    assert_eq!(keeper.spares(), [], "the last that is heard of it");
}

#[tokio::test]
async fn a_claimed_row_that_nobody_needs_any_more_is_forgotten() {
    let mut keeper = Keeper::ready(1).await;
    let claimed = keeper.only();
    keeper.ensure().await;
    keeper.wanted.spares = 0;
    let (tasks, user) = (keeper.world().tasks(), keeper.cases.user.clone());
    let now = keeper.world().clock().now();
    tasks.release(&user, Generation(1), now).await.expect("works");
    assert!(tasks.settle(&keeper.world().task(&user)).await.expect("works"));
    assert_eq!(keeper.run().await.forgotten, 0, "its task lives");
    keeper.dies(&claimed);
    keeper.world().fail_next("tasks.get_many", 1);
    let kept = keeper.run().await;
    assert_eq!((kept.forgotten, kept.errors), (0, 1), "nobody knows its user");
    assert_eq!(keeper.run().await.forgotten, 1);
    assert_eq!(keeper.spares(), []);
}

/// It was claimed, and died before it knew.
#[tokio::test]
async fn a_spare_that_is_killed_before_it_reads_its_claim_keeps_nobody_waiting() {
    let keeper = Keeper::ready(1).await;
    let claimed = keeper.only();
    keeper.cases.say("m1").await;
    assert_eq!(keeper.ensure().await, Ensured::Claimed);
    keeper.dies(&claimed);
    // Whoever hears of it first.
    keeper.run().await;
    keeper.watchdog_hears(&claimed).await;
    let row = keeper.world().task(&keeper.cases.user);
    assert_eq!((row.status, row.generation), (TaskStatus::Starting, Generation(2)));
    assert_eq!(row.released, Generation(1));
    assert!(keeper.spares().iter().all(|spare| spare.id != claimed.id));
}

#[tokio::test]
async fn an_unclaimed_spare_that_dies_is_in_nobodys_way() {
    let keeper = Keeper::ready(1).await;
    let dead = keeper.only();
    keeper.dies(&dead);
    keeper.watchdog_hears(&dead).await;
    assert_eq!(keeper.spares(), []);
    assert!(matches!(keeper.ensure().await, Ensured::Launched { .. }));
    assert_eq!(keeper.run().await.launched, 1);
}

/// Whichever comes first: a user's task, or no spare at all.
#[tokio::test]
async fn a_spare_is_claimed_or_it_expires() {
    let (mut claimed, mut expired) = (0, 0);
    for luck in 0..64u32 {
        let keeper = Keeper::ready(1).await;
        let spare = keeper.only();
        // The claimant's clock is late: to him the spare is good.
        let claim = platform::Claim {
            seen_status: TaskStatus::Idle,
            seen_generation: Generation(0),
            launch_token_sha256: spare.launch_token_sha256.clone(),
            now: spare.launched_at,
            due_at: spare.expires_at,
        };
        keeper.pass(60 * MINUTE);
        let spares = keeper.world().spares();
        let claims = async {
            for _ in 0..luck % 8 {
                tokio::task::yield_now().await;
            }
            spares.claim(&spare, &keeper.cases.user, &claim).await
        };
        let keeps = async {
            for _ in 0..luck / 8 {
                tokio::task::yield_now().await;
            }
            keeper.run().await
        };
        let (won, kept) = tokio::join!(claims, keeps);
        let alive = keeper.world().running_tasks().contains(&arn(1));
        assert_eq!((won.is_ok(), kept.retired), (alive, usize::from(!alive)), "{luck}");
        claimed += u32::from(alive);
        expired += u32::from(!alive);
    }
    assert!(claimed > 0 && expired > 0, "{claimed} claimed, {expired} expired");
}

/// A thousand new users at once: ten get a spare, one each, and nobody is left without a task.
#[tokio::test]
async fn of_a_thousand_racing_claims_ten_get_the_ten_spares() {
    let keeper = Keeper::ready(10).await;
    let ensure = Arc::new(EnsureTask { entropy, ..keeper.cases.ensure() });
    let users: Vec<UserId> =
        (0..1_000).map(|n| UserId::new(format!("user-{n}")).expect("valid")).collect();
    let mut racing = tokio::task::JoinSet::new();
    for user in users.clone() {
        let ensure = ensure.clone();
        racing.spawn(async move { ensure.run(&user, &nudge()).await.expect("works") });
    }
    let outcomes = racing.join_all().await;
    let claimed = outcomes.iter().filter(|ensured| **ensured == Ensured::Claimed).count();
    let launched =
        outcomes.iter().filter(|ensured| matches!(ensured, Ensured::Launched { .. })).count();
    assert_eq!((claimed, launched), (10, 990));
    let owners: HashSet<UserId> = keeper.spares().into_iter().map(|spare| owner(&spare)).collect();
    assert_eq!(owners.len(), 10);
    assert_eq!(keeper.world().launches().len(), 10 + 990);
    let mut machines = HashSet::new();
    for user in &users {
        let row = keeper.world().task(user);
        assert_eq!((row.status, row.generation), (TaskStatus::Starting, Generation(1)));
        assert!(machines.insert(row.task_arn.expect("recorded")), "one machine for two users");
    }
}

/// Twenty messages of each: nobody gets two spares, or a spare and a task.
#[tokio::test]
async fn many_messages_of_few_users_take_one_spare_each() {
    let keeper = Keeper::ready(10).await;
    let ensure = Arc::new(EnsureTask { entropy, ..keeper.cases.ensure() });
    let mut racing = tokio::task::JoinSet::new();
    for n in 0..100 {
        let (ensure, user) = (ensure.clone(), UserId::new(format!("user-{}", n % 5)));
        let user = user.expect("valid");
        racing.spawn(async move { ensure.run(&user, &nudge()).await.expect("works") });
    }
    let outcomes = racing.join_all().await;
    let claimed = outcomes.iter().filter(|ensured| **ensured == Ensured::Claimed).count();
    let waits = |ensured: &&Ensured| matches!(ensured, Ensured::Starting { .. });
    assert_eq!((claimed, outcomes.iter().filter(waits).count()), (5, 95));
    let status = |spare: &&Spare| spare.status == SpareStatus::Ready;
    assert_eq!(keeper.spares().iter().filter(status).count(), 5);
    assert_eq!(keeper.world().launches().len(), 10);
}

fn owner(spare: &Spare) -> UserId {
    match &spare.status {
        SpareStatus::Claimed(user, _) => user.clone(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_task_in_no_pool_is_asked_for_by_name_before_it_is_stopped() {
    let keeper = Keeper::ready(1).await;
    keeper.pass(10 * MINUTE);
    // The index misses the row; the row itself is there.
    struct Blind(World);
    #[async_trait::async_trait]
    impl Spares for Blind {
        async fn add(&self, spare: &Spare) -> platform::Result<()> {
            self.0.spares().add(spare).await
        }
        async fn record_launched(
            &self,
            id: &SpareId,
            arn: &domain::TaskArn,
        ) -> Result<(), platform::WriteError> {
            self.0.spares().record_launched(id, arn).await
        }
        async fn set_ready(&self, id: &SpareId) -> Result<(), platform::WriteError> {
            self.0.spares().set_ready(id).await
        }
        async fn get(&self, id: &SpareId) -> platform::Result<Option<Spare>> {
            self.0.spares().get(id).await
        }
        async fn all(&self) -> platform::Result<Vec<Spare>> {
            Ok(Vec::new())
        }
        async fn claim(
            &self,
            spare: &Spare,
            user: &UserId,
            claim: &platform::Claim,
        ) -> Result<Generation, platform::ClaimSpareError> {
            self.0.spares().claim(spare, user, claim).await
        }
        async fn retire(&self, id: &SpareId) -> platform::Result<bool> {
            self.0.spares().retire(id).await
        }
        async fn remove(&self, id: &SpareId) -> platform::Result<()> {
            self.0.spares().remove(id).await
        }
    }
    let spares = Arc::new(Blind(keeper.world().clone()));
    let kept = KeepSpares { spares, ..keeper.keep() }.run().await.expect("reads");
    assert_eq!(kept.stopped, 0);
    assert!(keeper.world().running_tasks().contains(&arn(1)));
    assert!(keeper.world().list().await.expect("lists").contains(&arn(1)));
}
