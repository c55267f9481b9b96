//! The five tables: there, with their indexes, with expiry, and safe from mistakes.

use anyhow::Context;
use platform_aws::Tables;
use platform_aws::tables::{DUE_INDEX, META_INDEX, TIME_INDEX, TTL, USER_INDEX};

use super::check::Check;
use super::patient::Patient;

struct Table {
    /// What names it.
    variable: &'static str,
    indexes: &'static [&'static str],
    expires: bool,
    /// Can be brought back to any second of the last days.
    recoverable: bool,
}

const TABLES: [Table; 5] = [
    Table {
        variable: "TABLE_TASK_STATE",
        indexes: &[DUE_INDEX],
        expires: false,
        recoverable: false,
    },
    Table { variable: "TABLE_PENDING_MESSAGES", indexes: &[], expires: true, recoverable: false },
    Table {
        variable: "TABLE_CONVERSATIONS",
        indexes: &[META_INDEX, TIME_INDEX],
        expires: true,
        recoverable: true,
    },
    Table {
        variable: "TABLE_CONNECTIONS",
        indexes: &[USER_INDEX],
        expires: true,
        recoverable: false,
    },
    Table { variable: "TABLE_SETTINGS", indexes: &[], expires: true, recoverable: true },
];

pub(super) async fn look(patient: &Patient<'_>) -> Vec<Check> {
    let mut checks = Vec::new();
    for table in &TABLES {
        let what = what(table);
        checks.push(match patient.need(&what, table.variable) {
            Err(check) => check,
            Ok(name) => match wrong_with(patient, table, &name).await {
                Err(error) => Check::failed(&what, &error),
                Ok(wrong) => {
                    Check::unless(&what, &wrong, name, "make deploy; see docs/operating.md")
                }
            },
        });
    }
    checks
}

/// `table PENDING_MESSAGES`, whatever its name is in this deployment.
fn what(table: &Table) -> String {
    let names = Tables::prefixed("");
    let name = match table.variable {
        "TABLE_TASK_STATE" => names.task_state,
        "TABLE_PENDING_MESSAGES" => names.pending_messages,
        "TABLE_CONVERSATIONS" => names.conversations,
        "TABLE_CONNECTIONS" => names.connections,
        _ => names.settings,
    };
    format!("table {name}")
}

async fn wrong_with(
    patient: &Patient<'_>,
    table: &Table,
    name: &str,
) -> anyhow::Result<Vec<String>> {
    let db = patient.aws.dynamodb();
    let mut wrong = Vec::new();
    let found = match db.describe_table().table_name(name).send().await {
        Err(error)
            if error.as_service_error().is_some_and(|it| it.is_resource_not_found_exception()) =>
        {
            return Ok(vec![format!("there is no table {name}")]);
        }
        found => found?.table.context("the table was not described")?,
    };
    let status = found.table_status().map_or("?", |status| status.as_str());
    if status != "ACTIVE" {
        wrong.push(format!("it is {status}, not ACTIVE"));
    }
    let globals = found.global_secondary_indexes().iter().filter_map(|it| it.index_name());
    let locals = found.local_secondary_indexes().iter().filter_map(|it| it.index_name());
    let indexes: Vec<&str> = globals.chain(locals).collect();
    let missing = table.indexes.iter().filter(|index| !indexes.contains(index));
    wrong.extend(missing.map(|index| format!("its index {index} is missing")));
    if table.expires {
        wrong.extend(expiry(&db, name).await?);
    }
    if !patient.is_local() {
        if found.deletion_protection_enabled() != Some(true) {
            wrong.push("it may be deleted by mistake (no deletion protection)".into());
        }
        if table.recoverable {
            wrong.extend(recovery(&db, name).await?);
        }
    }
    Ok(wrong)
}

async fn expiry(db: &aws_sdk_dynamodb::Client, name: &str) -> anyhow::Result<Option<String>> {
    let found = db.describe_time_to_live().table_name(name).send().await?;
    let found = found.time_to_live_description();
    let status = found.and_then(|it| it.time_to_live_status()).map_or("?", |it| it.as_str());
    let attribute = found.and_then(|it| it.attribute_name()).unwrap_or("none");
    Ok(match (status, attribute) {
        ("ENABLED" | "ENABLING", TTL) => None,
        ("ENABLED" | "ENABLING", other) => {
            Some(format!("its rows expire by `{other}`, not by `{TTL}`: they stay for ever"))
        }
        _ => Some("expiry (TTL) is off: its rows stay for ever".into()),
    })
}

async fn recovery(db: &aws_sdk_dynamodb::Client, name: &str) -> anyhow::Result<Option<String>> {
    let found = db.describe_continuous_backups().table_name(name).send().await?;
    let backups = found.continuous_backups_description();
    let recovery = backups.and_then(|it| it.point_in_time_recovery_description());
    let status = recovery.and_then(|it| it.point_in_time_recovery_status());
    let is_on = status.is_some_and(|status| status.as_str() == "ENABLED");
    Ok((!is_on).then(|| "point-in-time recovery is off: a mistake cannot be undone".into()))
}
