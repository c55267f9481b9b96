//! Time, requests, bytes and memory of snapshots: `cargo bench -p snapshots`, with `-- quick` for
//! a small run. Prints a table for docs/benchmarks.md.

mod files;
mod phase;
mod store;

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use files::Size;
use phase::{AGAIN, FIRST, Measured, Place, RESTORE, SURVEY, Used};
use store::Requests;

type Failure = Box<dyn std::error::Error>;

/// This program tells it to itself: what to measure, where, and how slow the store is.
const PHASE: &str = "--phase";

const HEAD: &str = "\
| files | ms per request | what | time | requests | up | down | peak memory | target | reference |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |";

struct Set {
    size: Size,
    latencies: &'static [u64],
    runs: usize,
}

const FULL: &[Set] = &[
    Set { size: Size { files: 500, bytes: 22_000_000 }, latencies: &[0, 20], runs: 3 },
    Set { size: Size { files: 3_670, bytes: 160_000_000 }, latencies: &[0, 20], runs: 3 },
    Set { size: Size { files: 50_000, bytes: 1_000_000_000 }, latencies: &[0], runs: 1 },
];
const QUICK: &[Set] =
    &[Set { size: Size { files: 100, bytes: 4_400_000 }, latencies: &[0, 20], runs: 1 }];

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [flag, phase, place, millis] = &arguments[..]
        && flag == PHASE
    {
        let latency = Duration::from_millis(millis.parse()?);
        let measured = phase::run(phase, Path::new(place), latency)?;
        println!("{}", serde_json::to_string(&measured)?);
        return Ok(());
    }
    let quick = arguments.iter().any(|argument| argument == "quick");
    let load = fs::read_to_string("/proc/loadavg")?;
    println!("Snapshots; load {} at the start.\n", load.split(' ').next().unwrap_or("?"));
    println!("{HEAD}");
    for set in if quick { QUICK } else { FULL } {
        for latency in set.latencies {
            set.measure(*latency)?;
        }
    }
    Ok(())
}

struct Row {
    what: &'static str,
    measured: Measured,
}

impl Set {
    fn measure(&self, latency: u64) -> Result<(), Failure> {
        let runs = (0..self.runs).map(|_| self.run(latency)).collect::<Result<Vec<_>, _>>()?;
        let mut runs: Vec<_> = runs.into_iter().map(Vec::into_iter).collect();
        loop {
            let mut same: Vec<Row> = runs.iter_mut().filter_map(Iterator::next).collect();
            if same.is_empty() {
                return Ok(());
            }
            same.sort_by_key(|row| row.measured.took);
            self.print(latency, &same.swap_remove(self.runs / 2));
        }
    }

    /// One life of a repository.
    fn run(&self, latency: u64) -> Result<Vec<Row>, Failure> {
        let temporary = tempfile::tempdir()?;
        let place = Place(temporary.path().to_owned());
        let password = place.make_keys()?;
        self.size.write(&place.agent())?;
        let child = |what, phase| child(what, phase, &place, latency);
        let mut rows = vec![child("first", FIRST)?];
        rows.push(child("unchanged: survey, nothing is saved", SURVEY)?);
        rows.push(child("unchanged, saved all the same", AGAIN)?);
        self.size.change(&place.agent())?;
        rows.push(child("5 files changed", AGAIN)?);
        rows.push(child("restore on a new machine", RESTORE)?);
        files::compare(&place.agent(), &place.restored())?;
        if latency == 0 {
            rows.push(restic(&place, &password)?);
        }
        Ok(rows)
    }

    fn print(&self, latency: u64, row: &Row) {
        let Measured { took, used } = &row.measured;
        let (target, reference) = goal(self.size.files, latency, row.what);
        let used = used.as_ref().map_or_else(
            || " | | |".to_owned(),
            |used| {
                let Used { requests, peak } = used;
                let (up, down) = (size(requests.sent), size(requests.received));
                format!("{} | {up} | {down} | {}", kinds(requests), size(*peak))
            },
        );
        println!(
            "| {} | {latency} | {} | {} | {used} | {target} | {reference} |",
            thousands(self.size.files),
            row.what,
            seconds(*took),
        );
    }
}

/// What was wanted, and what the project takes that this one learns from.
fn goal(files: u64, latency: u64, what: &str) -> (&'static str, &'static str) {
    let kind = what.split([':', ',', ' ']).next().unwrap_or_default();
    match (files, latency, kind) {
        (500, 20, "first") => ("", "11.7 s"),
        (500, 20, "unchanged") => ("", "11.5 s, 500 PUTs"),
        (500, 20, "5") => ("", "as unchanged"),
        (500, 20, "restore") => ("< 1 s", "13.2 s"),
        (3_670, _, "unchanged") => ("≤ 2 requests", "3,670 PUTs"),
        (3_670, 20, "restore") => ("", "161 s, in the field"),
        _ => ("", ""),
    }
}

fn child(what: &'static str, phase: &str, place: &Place, latency: u64) -> Result<Row, Failure> {
    let output = Command::new(std::env::current_exe()?)
        .args([PHASE, phase])
        .arg(&place.0)
        .arg(latency.to_string())
        .output()?;
    if !output.status.success() {
        return Err(format!("{what}: {}", String::from_utf8_lossy(&output.stderr)).into());
    }
    Ok(Row { what, measured: serde_json::from_slice(&output.stdout)? })
}

/// The same repository, judged and put back by `restic` itself.
fn restic(place: &Place, password: &str) -> Result<Row, Failure> {
    let target = place.0.join("by-restic");
    let run = |arguments: &[&str]| -> Result<Duration, Failure> {
        let start = Instant::now();
        let output = Command::new("restic")
            .args(["--no-cache", "--repo"])
            .arg(place.repository())
            .args(arguments)
            .env("RESTIC_PASSWORD", password)
            .output()?;
        let took = start.elapsed();
        let said = String::from_utf8_lossy(&output.stderr);
        if output.status.success() { Ok(took) } else { Err(format!("restic: {said}").into()) }
    };
    let to = target.to_str().ok_or("the temporary directory has an odd name")?;
    let took = run(&["restore", "latest", "--target", to])?;
    files::compare(&place.agent(), &target)?;
    run(&["check", "--read-data"])?;
    let measured = Measured { took, used: None };
    Ok(Row { what: "restored by restic, whose `check --read-data` passes", measured })
}

fn seconds(took: Duration) -> String {
    match took.as_millis() {
        0..10 => format!("{:.1} ms", took.as_secs_f64() * 1e3),
        10..1_000 => format!("{:.0} ms", took.as_secs_f64() * 1e3),
        _ => format!("{:.1} s", took.as_secs_f64()),
    }
}

fn kinds(requests: &Requests) -> String {
    let some = requests.kinds().into_iter().filter(|(_, count)| *count > 0);
    let some: Vec<_> = some.map(|(kind, count)| format!("{count} {kind}")).collect();
    if some.is_empty() { "0".to_owned() } else { some.join(", ") }
}

fn thousands(count: u64) -> String {
    match count {
        0..1_000 => count.to_string(),
        _ => format!("{},{:03}", count / 1_000, count % 1_000),
    }
}

fn size(bytes: u64) -> String {
    match bytes {
        0 => "0".to_owned(),
        1..10_000 => format!("{bytes} B"),
        10_000..1_000_000 => format!("{:.0} kB", bytes as f64 / 1e3),
        _ => format!("{:.1} MB", bytes as f64 / 1e6),
    }
}
