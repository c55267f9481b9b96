//! What was counted is counted once.

use domain::limits::USAGE_TTL;
use domain::{Day, Generation, UsageCounts};

use super::ContractWorld;
use super::scene::{NOW, Scene, assert_fenced, later};
use crate::UsageBatch;

fn batch(day: Day, number: u64, tokens: u64) -> UsageBatch {
    let counts = UsageCounts { output_tokens: tokens, wakes: 1, ..UsageCounts::default() };
    UsageBatch { day, number, counts }
}

fn sum(tokens: u64, wakes: u64) -> UsageCounts {
    UsageCounts { output_tokens: tokens, wakes, ..UsageCounts::default() }
}

pub async fn batches_add_up_by_day(world: &dyn ContractWorld) {
    let (scene, usage) = (Scene::of(world), world.usage());
    let generation = scene.launch().await;
    let (today, tomorrow) = (Day::of(NOW), Day::of(NOW).next());
    assert_eq!(usage.read(&scene.user, today, tomorrow, NOW).await.expect("reads"), []);
    for (day, number, tokens) in [(today, 1, 10), (today, 2, 5), (tomorrow, 2, 7), (today, 3, 0)] {
        let batch = batch(day, number, tokens);
        usage.add(&scene.user, generation, &batch).await.expect("is current");
    }
    let both = usage.read(&scene.user, today, tomorrow, NOW).await.expect("reads");
    assert_eq!(both, [(today, sum(15, 3)), (tomorrow, sum(7, 1))]);
    let one = usage.read(&scene.user, tomorrow, tomorrow.next(), NOW).await.expect("reads");
    assert_eq!(one, [(tomorrow, sum(7, 1))]);
    let others = usage.read(&world.new_user(), today, tomorrow, NOW).await.expect("reads");
    assert_eq!(others, [], "another user's");
}

pub async fn a_batch_that_is_added_again_counts_once(world: &dyn ContractWorld) {
    let (scene, usage) = (Scene::of(world), world.usage());
    let (first, day) = (scene.launch().await, Day::of(NOW));
    for number in [1, 1, 2, 1, 2] {
        usage.add(&scene.user, first, &batch(day, number, 3)).await.expect("is current");
    }
    scene.release(first).await;
    let second = scene.launch().await;
    // The next generation counts from one again.
    for number in [1, 1] {
        usage.add(&scene.user, second, &batch(day, number, 3)).await.expect("is current");
    }
    let read = usage.read(&scene.user, day, day, NOW).await.expect("reads");
    assert_eq!(read, [(day, sum(9, 3))]);
}

pub async fn of_two_generations_at_once_the_younger_one_counts(world: &dyn ContractWorld) {
    let (scene, usage) = (Scene::of(world), world.usage());
    let day = Day::of(NOW);
    let older = scene.launch().await;
    usage.add(&scene.user, older, &batch(day, 1, 1)).await.expect("is current");
    let younger = scene.launch().await;
    assert_fenced(usage.add(&scene.user, older, &batch(day, 2, 100)).await);
    usage.add(&scene.user, younger, &batch(day, 1, 2)).await.expect("is current");
    scene.release(younger).await;
    assert_fenced(usage.add(&scene.user, younger, &batch(day, 2, 100)).await);
    assert_fenced(usage.add(&world.new_user(), Generation(1), &batch(day, 1, 100)).await);
    let read = usage.read(&scene.user, day, day, NOW).await.expect("reads");
    assert_eq!(read, [(day, sum(3, 2))]);
}

pub async fn a_day_is_kept_for_four_hundred(world: &dyn ContractWorld) {
    let (scene, usage) = (Scene::of(world), world.usage());
    let (generation, day) = (scene.launch().await, Day::of(NOW));
    usage.add(&scene.user, generation, &batch(day, 1, 1)).await.expect("is current");
    let last = later(USAGE_TTL.as_secs());
    let count = async |now| usage.read(&scene.user, day, day, now).await.expect("reads").len();
    assert_eq!(count(last).await, 1);
    assert_eq!(count(later(USAGE_TTL.as_secs() + 86_400)).await, 0);
}
