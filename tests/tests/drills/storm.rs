//! Everything at once, for as long as anybody writes.

use std::cell::Cell;
use std::time::Duration;

use serde_json::Value;
use system_tests::Stack;

use crate::hands::{hit, kill_gateway};
use crate::ledger::{Ledger, one_per_generation};
use crate::person::Person;

const PEOPLE: usize = 20;
const MESSAGES: usize = 50;
/// Messages of one person that are on their way at once.
const AT_ONCE: usize = 6;
const STRIKE_EVERY: Duration = Duration::from_millis(300);
const SEED: u64 = 2026;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_messages_under_random_kills() {
    let stack = Stack::scripted().await;
    let writing = Cell::new(PEOPLE);
    let people = futures_util::future::join_all((0..PEOPLE).map(|n| write(&stack, n, &writing)));
    let (people, times) = tokio::join!(people, strike(&stack, &writing));
    assert!(times >= 10, "it was over too soon: {times}");
    let ledger = Ledger::close("random kills", times, &stack, people).await;
    assert_eq!(ledger.messages, PEOPLE * MESSAGES);
}

async fn write(stack: &Stack, number: usize, writing: &Cell<usize>) -> Person {
    let mut person = Person::on(stack, &format!("user-{number}")).await;
    for _ in 0..MESSAGES {
        person.until("answers", |person| person.waits_for() < AT_ONCE).await;
        person.say(4, Duration::from_millis(40)).await;
    }
    writing.set(writing.get() - 1);
    person.until_all_ended().await;
    person
}

/// Strikes random tasks while anybody writes; answers how often.
async fn strike(stack: &Stack, writing: &Cell<usize>) -> usize {
    let mut dice = Dice(SEED);
    let mut times = 0;
    while writing.get() > 0 {
        tokio::time::sleep(STRIKE_EVERY).await;
        let live = stack.live_tasks().await;
        one_per_generation(&live.iter().collect::<Vec<_>>());
        let with_process: Vec<&Value> = live.iter().filter(|t| t["pid"].is_u64()).collect();
        // As if everybody still wrote: the last one would be struck each time, and never come up.
        let Some(victim) = with_process.get(dice.roll(PEOPLE)) else { continue };
        let hit = match dice.roll(3) {
            0 => hit(stack, victim, "kill").await,
            1 => hit(stack, victim, "interrupt").await,
            _ => kill_gateway(victim),
        };
        times += usize::from(hit);
    }
    times
}

/// SplitMix64: the same seed, the same strikes.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^= mixed >> 31;
        usize::try_from(mixed % sides as u64).expect("a small number")
    }
}
