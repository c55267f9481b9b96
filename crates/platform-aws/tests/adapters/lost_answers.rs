//! A write that was done although its answer was lost is asked for again, and is not taken for
//! somebody else's.

use std::sync::Arc;

use domain::{Generation, Spare, SpareStatus, TaskArn, TaskState, TaskStatus, Timestamp};
use platform::contract::ContractWorld;
use platform::{Claim, ClaimSpareError};

use crate::support::{Database, Fault, Proxy, aws_at};
use crate::world::World;

const NOW: Timestamp = Timestamp(1_900_000_000_000);

struct Worlds {
    direct: World<()>,
    losing: World<Database>,
    proxy: Arc<Proxy>,
}

/// One database: one world speaks to it, the other's first write loses its answer.
fn worlds() -> Worlds {
    let database = Database::start();
    let tables = database.tables.clone();
    let proxy = Arc::new(Proxy::start(database.url(), Fault::LosesAnAnswer));
    let (direct, losing) = (aws_at(database.url()), aws_at(proxy.url()));
    Worlds {
        direct: World::new(&direct, &direct, &tables, ()),
        losing: World::new(&losing, &losing, &tables, database),
        proxy,
    }
}

fn spare(world: &dyn ContractWorld) -> Spare {
    Spare {
        id: world.new_spare(),
        status: SpareStatus::Starting,
        launch_token_sha256: "hash".into(),
        task_arn: Some(TaskArn("arn".into())),
        connection: None,
        launched_at: NOW,
        expires_at: NOW,
    }
}

fn claim() -> Claim {
    Claim {
        seen_status: TaskStatus::Idle,
        seen_generation: Generation(0),
        launch_token_sha256: "hash".into(),
        now: NOW,
        due_at: NOW,
    }
}

#[tokio::test]
async fn a_spare_is_claimed_once_and_known_by_who_claimed_it() {
    let Worlds { direct, losing, proxy } = worlds();
    let (spare, user) = (spare(&direct), direct.new_user());
    direct.spares().add(&spare).await.expect("writes");
    direct.spares().set_ready(&spare.id).await.expect("is there");
    let won = losing.spares().claim(&spare, &user, &claim()).await;
    assert_eq!(won.expect("ours"), Generation(1));
    assert_eq!(proxy.faults(), 1);
    // The same claim by another message of the same user: the same token, and not the same call.
    let twin = direct.spares().claim(&spare, &user, &claim()).await;
    assert!(matches!(twin, Err(ClaimSpareError::LostRace)), "{twin:?}");
}

#[tokio::test]
async fn a_spare_is_added_once() {
    let Worlds { direct, losing, proxy } = worlds();
    let spare = Spare { task_arn: None, ..spare(&direct) };
    losing.spares().add(&spare).await.expect("is ours");
    assert_eq!(proxy.faults(), 1);
    assert_eq!(direct.spares().get(&spare.id).await.expect("reads"), Some(spare.clone()));
    let namesake = Spare { launch_token_sha256: "another".into(), ..spare };
    direct.spares().add(&namesake).await.expect_err("is not ours");
}

#[tokio::test]
async fn a_release_is_remembered_as_it_was() {
    let Worlds { direct, losing, proxy } = worlds();
    let user = direct.new_user();
    let generation = direct.tasks().claim_launch(&user, &claim()).await.expect("alone");
    let due_at = Timestamp(NOW.millis() + 1);
    let current = losing.tasks().release(&user, generation, due_at).await;
    assert!(current.expect("writes"), "it was");
    assert_eq!(proxy.faults(), 1);
    let row = direct.tasks().get(&user).await.expect("reads");
    let expect = TaskState {
        generation,
        released: generation,
        due_at: Some(due_at),
        ..TaskState::idle(user)
    };
    assert_eq!(row, expect);
}
