//! `ops doctor`: whether a deployment is as it should be.
//!
//! It only looks (but for `--send`). Each look stands for itself: one that fails is a finding and stops
//! no other.

mod bucket;
mod check;
mod functions;
mod image;
mod key;
mod machines;
mod parameters;
mod patient;
mod quota;
mod send;
mod tables;
mod telegram;
mod today;
mod triggers;
mod web;

use serde_json::json;

use self::check::{Check, Finding};
use self::patient::Patient;
use crate::Verdict;
use crate::cli::Doctor;
use crate::environment::Environment;
use crate::output::{counted, say};

pub(crate) async fn run(
    environment: &Environment,
    command: &Doctor,
    json: bool,
) -> anyhow::Result<Verdict> {
    let patient = Patient::new(environment)?;
    let mut checks = Vec::new();
    checks.extend(parameters::look(&patient).await);
    checks.extend(tables::look(&patient).await);
    checks.extend(bucket::look(&patient).await);
    checks.push(key::look(&patient).await);
    checks.extend(machines::look(&patient).await);
    checks.push(quota::look(&patient).await);
    checks.extend(functions::look(&patient).await);
    checks.extend(triggers::look(&patient).await);
    checks.extend(web::look(&patient).await);
    checks.push(telegram::look(&patient).await);
    checks.push(today::look(environment).await);
    if let (true, Some(token)) = (command.send, &command.token) {
        checks.push(send::look(&patient, token, command.answer_within).await);
    }
    match json {
        true => say!("{}", as_json(&checks)),
        false => print(&checks),
    }
    Ok(Verdict::fine_if(count(&checks, Finding::Problem) == 0))
}

fn count(checks: &[Check], finding: Finding) -> usize {
    checks.iter().filter(|check| check.finding == finding).count()
}

fn as_json(checks: &[Check]) -> serde_json::Value {
    json!({
        "problems": count(checks, Finding::Problem),
        "warnings": count(checks, Finding::Warning),
        "checks": checks.iter().map(Check::as_json).collect::<Vec<_>>(),
    })
}

fn print(checks: &[Check]) {
    let width = checks.iter().map(|check| check.what.chars().count()).max().unwrap_or(0);
    for check in checks {
        say!("{:<7}  {:<width$}  {}", check.finding.word(), check.what, check.found);
        if let Some(to_do) = &check.to_do {
            say!("{:<7}  {:<width$}  to do: {to_do}", "", "");
        }
    }
    let of = |finding| count(checks, finding);
    say!(
        "\n{} ok, {}, {}, {} skipped",
        of(Finding::Ok),
        counted(of(Finding::Warning), "warning"),
        counted(of(Finding::Problem), "problem"),
        of(Finding::Skipped),
    );
}
