//! `ops release`: which version of the task is launched.

use std::sync::Arc;

use anyhow::{Context, bail};
use domain::release::{PROMOTED_AFTER, WITHDRAWN_AFTER};
use domain::{Release, TaskDefinition};
use platform::Releases;
use platform_aws::{Aws, DynamoReleases, Lookup};
use serde_json::{Value, json};

use crate::Verdict;
use crate::cli::Releases as Command;
use crate::output::{or_dash, say};
use crate::setup::misconfigured;

pub(crate) async fn run(
    command: &Command,
    lookup: Lookup<'_>,
    json: bool,
) -> anyhow::Result<Verdict> {
    let aws = Aws::from_lookup(lookup).map_err(misconfigured)?;
    let releases = DynamoReleases::from_lookup(&aws, lookup).map_err(misconfigured)?;
    let releases: Arc<dyn Releases> = Arc::new(releases);
    let (before, after) = match command {
        Command::Show => {
            let seen = releases.get().await?;
            (seen.clone(), seen)
        }
        Command::Begin { candidate, share } => {
            let (candidate, share) = (TaskDefinition(candidate.clone()), *share);
            change(&*releases, |seen| Ok(seen.begin(candidate.clone(), share))).await?
        }
        Command::Promote => {
            let none = "there is no candidate that could become everybody's";
            change(&*releases, |seen| seen.promote().context(none)).await?
        }
        Command::Rollback => {
            let none = "there is no candidate to withdraw, and no version before this one to go \
                        back to";
            change(&*releases, |seen| seen.roll_back().context(none)).await?
        }
    };
    match json {
        true => say!("{}", as_json(&after)),
        false => print(command, &before, &after),
    }
    Ok(Verdict::Fine)
}

/// What was, and what is now. Who loses a race says so: somebody else has changed the same thing.
async fn change(
    releases: &dyn Releases,
    next: impl Fn(&Release) -> anyhow::Result<Release>,
) -> anyhow::Result<(Release, Release)> {
    /// Bridges that come up change the row as well, each once.
    const TRIES: u32 = 5;
    for _ in 0..TRIES {
        let seen = releases.get().await?;
        let next = next(&seen)?;
        if releases.replace(&next).await? {
            return Ok((seen, next));
        }
    }
    bail!("somebody else changes the release all the time: look (ops release show) and ask again")
}

pub(crate) fn as_json(release: &Release) -> Value {
    let arn = |one: &Option<TaskDefinition>| one.as_ref().map(|one| one.0.clone());
    let candidate = release.candidate.as_ref();
    json!({
        "current": arn(&release.current), "previous": arn(&release.previous),
        "withdrawn": arn(&release.withdrawn),
        "candidate": candidate.map(|one| one.definition.0.clone()),
        "share": candidate.map(|one| one.share.percent()),
        "ready": candidate.map(|one| one.ready), "failed": candidate.map(|one| one.failed),
    })
}

/// `claw:7` of its ARN.
fn short(definition: &TaskDefinition) -> &str {
    definition.0.rsplit('/').next().unwrap_or(&definition.0)
}

fn named(definition: Option<&TaskDefinition>) -> String {
    or_dash(definition.map(short))
}

/// In one line.
pub(crate) fn summary(release: &Release) -> String {
    let current = match &release.current {
        Some(current) => short(current).to_owned(),
        None => "the newest revision".into(),
    };
    match &release.candidate {
        None => current,
        Some(one) => format!(
            "{current}, and the candidate {} for {} % of the launches: {} came up, {} did not",
            short(&one.definition),
            one.share.percent(),
            one.ready,
            one.failed
        ),
    }
}

fn print(command: &Command, before: &Release, after: &Release) {
    match command {
        Command::Show => print_all(after),
        Command::Begin { .. } if after.candidate.is_none() => {
            say!("{} is what is launched from now on", named(after.current.as_ref()));
        }
        Command::Begin { share, .. } => {
            let one = after.candidate.as_ref().map(|one| &one.definition);
            say!("{} gets {} % of the launches", named(one), share.percent());
            say!(
                "it is everybody's after {PROMOTED_AFTER} that came up, and withdrawn after \
                 {WITHDRAWN_AFTER} that did not"
            );
        }
        Command::Promote => say!("{} is everybody's", named(after.current.as_ref())),
        Command::Rollback if before.candidate.is_some() => {
            let (one, current) = (named(after.withdrawn.as_ref()), named(after.current.as_ref()));
            say!("the candidate {one} is withdrawn; every launch gets {current}");
        }
        Command::Rollback => {
            let current = named(after.current.as_ref());
            say!(
                "every launch gets {current} again, and nobody {}",
                named(after.withdrawn.as_ref())
            );
            say!("who is awake goes on with what he has, until he sleeps");
        }
    }
}

fn print_all(release: &Release) {
    let current = match &release.current {
        Some(current) => &current.0,
        None => "nobody has said: ECS takes the newest revision of the family",
    };
    say!("current    {current}");
    if let Some(one) = &release.candidate {
        say!("candidate  {}", one.definition.0);
        say!(
            "           {} % of the launches: {} came up, {} did not",
            one.share.percent(),
            one.ready,
            one.failed
        );
    }
    let arn = |one: &Option<TaskDefinition>| or_dash(one.as_ref().map(|one| one.0.as_str()));
    say!("previous   {}", arn(&release.previous));
    say!("withdrawn  {}", arn(&release.withdrawn));
}
