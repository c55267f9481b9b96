//! Is everything there that the snapshots need?

use anyhow::bail;
use domain::UserId;
use serde_json::json;

use crate::Verdict;
use crate::output::say;
use crate::setup::Setup;

pub(crate) async fn run(
    setup: &Setup,
    user: &UserId,
    read_data: bool,
    json: bool,
) -> anyhow::Result<Verdict> {
    let Some(repository) = setup.open(user).await? else {
        bail!("user `{user}` has no snapshots");
    };
    if read_data {
        eprintln!("reading all data of `{user}`; this takes as long as downloading it");
    }
    if repository.list().await?.is_none() {
        bail!("user `{user}` has no snapshots");
    }
    let report = repository.check(read_data).await?;
    if json {
        say!(
            "{}",
            json!({
                "user": user,
                "snapshots": report.snapshots,
                "readData": read_data,
                "problems": report.problems,
                "remarks": report.remarks,
            })
        );
    } else {
        report.remarks.iter().for_each(|remark| say!("remark: {remark}"));
        report.problems.iter().for_each(|problem| say!("PROBLEM: {problem}"));
        say!("{}", verdict(report.snapshots, report.problems.len(), read_data));
    }
    Ok(if report.problems.is_empty() { Verdict::Fine } else { Verdict::ProblemFound })
}

fn verdict(snapshots: usize, problems: usize, read_data: bool) -> String {
    let depth = match read_data {
        true => "every byte was read",
        false => "the data itself was not read; --read-data does",
    };
    let looked_at = match snapshots {
        1 => "1 snapshot".to_owned(),
        _ => format!("{snapshots} snapshots"),
    };
    match problems {
        0 => format!("{looked_at}, no problem found ({depth})"),
        _ => format!(
            "{looked_at}, {problems} problem(s): older snapshots may still be whole, \
             so restore one of them to look; docs/ops.md says how to go on"
        ),
    }
}
