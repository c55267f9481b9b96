//! The one row that says which version is launched: whoever changes it says what he saw.

use domain::{Release, Share, TaskDefinition};
use tokio::task::JoinSet;

use super::ContractWorld;
use crate::note_release;

/// The only case that touches the row: it is everybody's.
pub async fn of_two_who_change_the_release_one_wins(world: &dyn ContractWorld) {
    let releases = world.releases();
    let version = |n: u32| TaskDefinition(format!("arn:task-definition/openclaw:{n}"));
    let share = Share::new(25).expect("valid");
    let first = releases.get().await.expect("reads").begin(version(1), share);
    assert!(releases.replace(&first).await.expect("writes"));
    assert_eq!(releases.get().await.expect("reads"), first);

    let canary = first.begin(version(2), share);
    assert!(releases.replace(&canary).await.expect("writes"));
    assert!(!releases.replace(&canary).await.expect("answers"), "its revision is taken");
    assert!(!releases.replace(&first).await.expect("answers"), "its revision is past");
    assert_eq!(releases.get().await.expect("reads"), canary);

    let mut counts = JoinSet::new();
    for _ in 0..5 {
        let (releases, candidate) = (releases.clone(), version(2));
        counts.spawn(async move {
            let came_up = |seen: &Release| seen.came_up(&candidate);
            note_release(&*releases, came_up).await.expect("answers").is_some()
        });
    }
    let counted = counts.join_all().await;
    let ready = releases.get().await.expect("reads").candidate.expect("a candidate").ready;
    assert_eq!(ready as usize, counted.iter().filter(|one| **one).count(), "each counts once");

    let back = note_release(&*releases, Release::roll_back).await.expect("answers");
    let back = back.expect("a candidate");
    assert_eq!((&back.current, &back.candidate), (&Some(version(1)), &None));
    assert_eq!(releases.get().await.expect("reads"), back, "reads back whole");
}
