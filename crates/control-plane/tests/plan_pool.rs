//! What the pool's plan promises, whatever it is shown. What it does in each case is in
//! `spares.rs`.

use std::collections::HashSet;
use std::time::Duration;

use control_plane::plan::Observed;
use control_plane::plan_pool::{Pool, PoolAction, PoolPolicy, plan_pool};
use domain::{
    Capacity, Generation, Owner, Spare, SpareId, SpareStatus, TaskArn, TaskState, Timestamp, UserId,
};
use platform::ObservedTask;
use proptest::prelude::*;

const NOW: Timestamp = Timestamp(1_900_000_000_000);

fn id(n: usize) -> SpareId {
    SpareId::new(format!("s-{n}")).expect("valid")
}

fn arn(n: usize) -> TaskArn {
    TaskArn(format!("arn:{n}"))
}

fn user(n: usize) -> UserId {
    UserId::new(format!("user-{n}")).expect("valid")
}

fn before(seconds: u64) -> Timestamp {
    Timestamp(NOW.0 - seconds * 1_000)
}

/// What ECS says of one.
#[derive(Clone, Copy, Debug)]
enum Seen {
    Lives,
    Stopped,
    Missing,
    Unknown,
}

fn any_seen() -> impl Strategy<Value = Seen> {
    prop_oneof![Just(Seen::Lives), Just(Seen::Stopped), Just(Seen::Missing), Just(Seen::Unknown)]
}

/// One of the pool: status, age, time left, whether its arn is recorded, what ECS says, whether
/// its row is there, and what its user's row says.
type One = (u8, u64, i64, bool, Seen, bool, (u64, u64, bool, bool));

fn any_one() -> impl Strategy<Value = One> {
    let user = (0u64..4, 0u64..4, any::<bool>(), any::<bool>());
    (0u8..3, 0u64..1_000, -100i64..4_000, any::<bool>(), any_seen(), any::<bool>(), user)
}

fn pool_of(all: &[One], complete: bool) -> Pool {
    let mut pool = Pool::default();
    pool.observed.complete = complete;
    for (n, (status, age, left, recorded, seen, has_row, row)) in all.iter().enumerate() {
        let launched_at = before(*age);
        let status = match status {
            0 => SpareStatus::Starting,
            1 => SpareStatus::Ready,
            _ => SpareStatus::Claimed(user(n), Generation(1)),
        };
        if let (SpareStatus::Claimed(user, _), (generation, released, due, true)) = (&status, row) {
            pool.users.push(TaskState {
                generation: Generation(*generation),
                released: Generation(*released),
                due_at: due.then_some(NOW),
                ..TaskState::idle(user.clone())
            });
        }
        if *has_row {
            pool.spares.push(Spare {
                id: id(n),
                status,
                launch_token_sha256: "hash".into(),
                task_arn: recorded.then(|| arn(n)),
                connection: None,
                launched_at,
                expires_at: Timestamp(NOW.0.saturating_add_signed(left * 1_000)),
            });
        }
        match seen {
            Seen::Lives | Seen::Stopped => pool.observed.tasks.push(ObservedTask {
                arn: arn(n),
                owner: Some(Owner::Spare(id(n))),
                capacity: Some(Capacity::Spot),
                created_at: Some(launched_at),
                stopped: matches!(seen, Seen::Stopped),
                failed_to_start: false,
                stopped_reason: None,
                definition: None,
            }),
            Seen::Missing => {
                pool.observed.missing.insert(arn(n));
            }
            Seen::Unknown => {}
        }
    }
    pool
}

fn is_unclaimed(spare: &Spare) -> bool {
    !matches!(spare.status, SpareStatus::Claimed(..))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn the_plan_leaves_as_many_as_are_wanted_and_touches_nobodys_task(
        all in prop::collection::vec(any_one(), 0..12),
        complete in any::<bool>(),
        wanted in 0usize..8,
    ) {
        let pool = pool_of(&all, complete);
        let (mut retired, mut launched, mut named) = (0, 0, HashSet::new());
        for action in plan_pool(&pool, wanted, &PoolPolicy::default(), NOW) {
            let row = |id: &SpareId| pool.spares.iter().find(|spare| spare.id == *id);
            let sees = |arn: &TaskArn| pool.observed.tasks.iter().find(|task| task.arn == *arn);
            match action {
                PoolAction::Retire { spare, task, .. } => {
                    prop_assert!(row(spare).is_some_and(is_unclaimed), "{spare} is a user's");
                    prop_assert!(task.and_then(sees).is_none_or(|task| !task.stopped));
                    prop_assert!(named.insert(spare.clone()));
                    retired += 1;
                }
                PoolAction::Forget(spare) => {
                    let row = row(spare).expect("has one");
                    let SpareStatus::Claimed(user, generation) = &row.status else {
                        return Err(TestCaseError::fail("nobody claimed it"));
                    };
                    let state = pool.users.iter().find(|state| state.user == *user);
                    prop_assert!(state.is_some_and(|state| state.released >= *generation));
                    prop_assert!(named.insert(spare.clone()));
                }
                PoolAction::StopOrphan(spare, task) => {
                    prop_assert!(row(spare).is_none());
                    prop_assert!(sees(task).is_some_and(|task| !task.stopped));
                    prop_assert!(named.insert(spare.clone()));
                }
                PoolAction::Launch(spares) => launched += spares,
            }
        }
        let unclaimed = pool.spares.iter().filter(|spare| is_unclaimed(spare)).count();
        prop_assert_eq!(unclaimed - retired + launched, wanted);
    }

    /// I9.
    #[test]
    fn what_ecs_does_not_say_kills_nobody(
        all in prop::collection::vec(any_one(), 0..12),
    ) {
        let shown = pool_of(&all, false);
        let pool = Pool { observed: Observed::default(), ..shown };
        let lives = |spare: &&Spare| {
            let waited = NOW.since(spare.launched_at);
            let starts = spare.status == SpareStatus::Ready || waited <= Duration::from_secs(300);
            is_unclaimed(spare) && spare.expires_at > NOW && starts
        };
        let good = pool.spares.iter().filter(lives).count();
        for action in plan_pool(&pool, good, &PoolPolicy::default(), NOW) {
            match action {
                PoolAction::Retire { spare, .. } => {
                    let row = pool.spares.iter().find(|row| row.id == *spare).expect("has one");
                    prop_assert!(!lives(&row), "{row:?} is good");
                }
                other => prop_assert!(false, "{other:?}"),
            }
        }
    }
}
