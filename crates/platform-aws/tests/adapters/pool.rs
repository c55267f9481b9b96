//! The pool under a rush, over an embedded DynamoDB.

use std::collections::HashSet;
use std::sync::Arc;

use domain::{Generation, Spare, SpareStatus, TaskArn, TaskStatus, Timestamp, UserId};
use platform::contract::ContractWorld;
use platform::{Claim, ClaimSpareError};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::support::{Database, Objects, aws_at};
use crate::world::World;

const NOW: Timestamp = Timestamp(1_900_000_000_000);
/// As Lambdas run at once, more or less.
const AT_ONCE: usize = 64;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_thousand_claims_ten_get_the_ten_spares() {
    let (database, objects) = (Database::start(), Objects::start());
    let (dynamodb, s3) = (aws_at(database.url()), aws_at(objects.url()));
    let tables = database.tables.clone();
    let world = World::new(&dynamodb, &s3, &tables, (database, objects));
    let spares = world.spares();
    for _ in 0..10 {
        let spare = Spare {
            id: world.new_spare(),
            status: SpareStatus::Starting,
            launch_token_sha256: "hash".into(),
            task_arn: None,
            connection: None,
            launched_at: NOW,
            expires_at: Timestamp(NOW.0 + 3_600_000),
        };
        spares.add(&spare).await.expect("writes");
        let arn = TaskArn(format!("arn:{}", spare.id));
        spares.record_launched(&spare.id, &arn).await.expect("is there");
        spares.set_ready(&spare.id).await.expect("is unclaimed");
    }
    let seen = spares.all().await.expect("reads");
    assert_eq!(seen.len(), 10);
    let turns = Arc::new(Semaphore::new(AT_ONCE));
    let mut rush = JoinSet::new();
    for n in 0..1_000 {
        let (spares, spare, turns) = (spares.clone(), seen[n % 10].clone(), turns.clone());
        let user = UserId::new(format!("user-{n}")).expect("valid");
        let claim = Claim {
            seen_status: TaskStatus::Idle,
            seen_generation: Generation(0),
            launch_token_sha256: spare.launch_token_sha256.clone(),
            now: NOW,
            due_at: NOW,
        };
        rush.spawn(async move {
            let _turn = turns.acquire().await.expect("open");
            match spares.claim(&spare, &user, &claim).await {
                Ok(generation) => Some((user, generation, spare.id)),
                Err(ClaimSpareError::Taken) => None,
                Err(other) => panic!("{other:?}"),
            }
        });
    }
    let won: Vec<_> = rush.join_all().await.into_iter().flatten().collect();
    let users: HashSet<&UserId> = won.iter().map(|(user, ..)| user).collect();
    let taken: HashSet<_> = won.iter().map(|(.., spare)| spare).collect();
    assert_eq!((won.len(), users.len(), taken.len()), (10, 10, 10));
    for (user, generation, id) in &won {
        let row = spares.get(id).await.expect("reads").expect("keeps its row");
        assert_eq!(row.status, SpareStatus::Claimed(user.clone(), *generation));
        let task = world.tasks().get(user).await.expect("reads");
        assert_eq!((task.task_arn, task.generation), (row.task_arn, Generation(1)));
    }
}
