//! `sim`: plays many schedules, and says which seed broke an invariant.

use std::collections::BTreeSet;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;

use clap::Parser;
use simulation::{Counts, Outcome, play};

/// Plays N schedules of the whole system, each drawn from a seed, and checks the invariants.
#[derive(Parser)]
struct Options {
    /// How many.
    #[arg(short = 'n', long, env = "N", default_value_t = 2_000)]
    schedules: u64,
    /// The first one; the others follow it. A failure is played again with `-n 1 --seed SEED`.
    #[arg(long, env = "SEED", default_value_t = 1)]
    seed: u64,
    /// At the same time.
    #[arg(long, default_value_t = threads())]
    threads: usize,
    /// Go on after a failure, up to this many.
    #[arg(long, default_value_t = 5)]
    failures: usize,
    /// Print all that happened in a schedule that failed.
    #[arg(long)]
    log: bool,
}

fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

fn main() -> ExitCode {
    let options = Options::parse();
    let began = Instant::now();
    let run = Run::default();
    std::thread::scope(|scope| {
        for _ in 0..options.threads.max(1) {
            scope.spawn(|| run.work(&options));
        }
    });
    run.report(&options, began)
}

#[derive(Default)]
struct Run {
    next: AtomicU64,
    over: AtomicBool,
    found: Mutex<Found>,
}

#[derive(Default)]
struct Found {
    counts: Counts,
    played: u64,
    failed: BTreeSet<u64>,
}

impl Run {
    fn work(&self, options: &Options) {
        while !self.over.load(Ordering::Relaxed) {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            if number >= options.schedules {
                return;
            }
            let outcome = play(options.seed + number);
            self.note(options, &outcome);
        }
    }

    fn note(&self, options: &Options, outcome: &Outcome) {
        let mut found = self.found.lock().expect("no holder panics");
        found.played += 1;
        found.counts.add(&outcome.counts);
        if !outcome.problems.is_empty() {
            println!("seed {} broke an invariant:", outcome.seed);
            for problem in outcome.problems.iter().take(10) {
                println!("  {problem}");
            }
            if options.log {
                outcome.log.iter().for_each(|line| println!("  {line}"));
            }
            found.failed.insert(outcome.seed);
            if found.failed.len() >= options.failures {
                self.over.store(true, Ordering::Relaxed);
            }
        }
        if found.played.is_multiple_of(5_000) {
            println!("{} schedules played, {} failed", found.played, found.failed.len());
        }
    }

    fn report(&self, options: &Options, began: Instant) -> ExitCode {
        let found = self.found.lock().expect("no holder panics");
        let seconds = began.elapsed().as_secs_f64();
        println!("{} schedules from seed {} in {seconds:.1} s", found.played, options.seed);
        print!("{}", found.counts);
        match found.failed.first() {
            None => {
                println!("every invariant held");
                ExitCode::SUCCESS
            }
            Some(seed) => {
                println!(
                    "{} failed; play one again: make sim N=1 SEED={seed} LOG=1",
                    found.failed.len()
                );
                ExitCode::FAILURE
            }
        }
    }
}
