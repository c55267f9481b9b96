//! Faults that a drill switches on: slow calls, failing calls, no capacity.
//! They are applied after a call was counted and before it reaches a stand-in,
//! so a failed call has changed nothing.

use std::{collections::BTreeMap, sync::Mutex, time::Duration};

use axum::http::StatusCode;
use rand::{RngExt, SeedableRng, rngs::StdRng};
use serde::{Deserialize, Serialize};

use crate::aws_error::AwsError;

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Faults {
    /// How long a task stays in PROVISIONING.
    pub provisioning_delay_ms: u64,
    /// RunTask on FARGATE_SPOT answers with a capacity failure.
    pub spot_unavailable: bool,
    /// RunTask answers with a capacity failure whatever the provider.
    pub all_unavailable: bool,
    /// RunTask succeeds, and the task then stops with TaskFailedToStart.
    pub fail_to_start: bool,
    /// By `service:Operation`, `service:*` or `*`; the most specific one counts.
    pub latency_ms: BTreeMap<String, u64>,
    /// The share of calls that fail, 0 to 1, by the same names.
    pub error_rate: BTreeMap<String, f64>,
    /// Latency of calls to @connections, when not named in `latencyMs`.
    pub connections_latency_ms: u64,
    /// Makes the sequence of failures repeatable.
    pub seed: u64,
}

#[derive(Debug)]
pub(crate) struct FaultBoard(Mutex<(Faults, StdRng)>);

impl FaultBoard {
    pub(crate) fn new() -> Self {
        Self(Mutex::new((Faults::default(), StdRng::seed_from_u64(0))))
    }

    pub(crate) fn read(&self) -> Faults {
        self.0.lock().expect("reading faults does not panic").0.clone()
    }

    /// Replaces all faults. An unusable value is refused whole.
    pub(crate) fn set(&self, faults: Faults) -> Result<(), String> {
        if let Some((name, rate)) =
            faults.error_rate.iter().find(|(_, rate)| !(0.0..=1.0).contains(*rate))
        {
            return Err(format!("errorRate of `{name}` is {rate}, not a number from 0 to 1"));
        }
        let random = StdRng::seed_from_u64(faults.seed);
        *self.0.lock().expect("setting faults does not panic") = (faults, random);
        Ok(())
    }

    pub(crate) fn latency(&self, operation: &str) -> Duration {
        let board = self.0.lock().expect("reading faults does not panic");
        let connections = operation.starts_with("execute-api:");
        let named = most_specific(&board.0.latency_ms, operation, !connections).copied();
        let ms = named.unwrap_or_else(|| match board.0.connections_latency_ms {
            ms if connections && ms > 0 => ms,
            _ => board.0.latency_ms.get("*").copied().unwrap_or(0),
        });
        Duration::from_millis(ms)
    }

    pub(crate) fn failure(&self, operation: &str) -> Option<AwsError> {
        let mut board = self.0.lock().expect("rolling the dice does not panic");
        let rate = *most_specific(&board.0.error_rate, operation, true)?;
        (board.1.random::<f64>() < rate).then(|| throttled(operation))
    }
}

fn most_specific<'a, V>(
    by_name: &'a BTreeMap<String, V>,
    operation: &str,
    or_any: bool,
) -> Option<&'a V> {
    let service = operation.split(':').next().unwrap_or_default();
    by_name
        .get(operation)
        .or_else(|| by_name.get(&format!("{service}:*")))
        .or_else(|| by_name.get("*").filter(|_| or_any))
}

/// What each service answers when it has had enough.
fn throttled(operation: &str) -> AwsError {
    let rate = "Rate exceeded";
    match operation.split(':').next() {
        Some("dynamodb") => AwsError::bad_request(
            "ProvisionedThroughputExceededException",
            "The level of configured provisioned throughput for the table was exceeded. \
             Consider increasing your provisioning level with the UpdateTable API.",
        ),
        Some("s3") => AwsError::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "SlowDown",
            "Please reduce your request rate.",
        ),
        Some("execute-api") => {
            AwsError::new(StatusCode::TOO_MANY_REQUESTS, "LimitExceededException", rate)
        }
        _ => AwsError::bad_request("ThrottlingException", rate),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn board(json: serde_json::Value) -> FaultBoard {
        let board = FaultBoard::new();
        board.set(serde_json::from_value(json).expect("known fields")).expect("usable values");
        board
    }

    #[test]
    fn the_most_specific_latency_counts() {
        let board = board(serde_json::json!({
            "latencyMs": {"*": 1, "dynamodb:*": 2, "dynamodb:PutItem": 3},
            "connectionsLatencyMs": 4
        }));
        let ms = |operation| board.latency(operation).as_millis();
        assert_eq!(ms("dynamodb:PutItem"), 3);
        assert_eq!(ms("dynamodb:Query"), 2);
        assert_eq!(ms("ecs:RunTask"), 1);
        assert_eq!(ms("execute-api:PostToConnection"), 4);
    }

    #[test]
    fn the_same_seed_fails_the_same_calls() {
        let faults = serde_json::json!({"errorRate": {"ecs:RunTask": 0.5}, "seed": 7});
        let draw = |board: &FaultBoard| -> Vec<bool> {
            (0..64).map(|_| board.failure("ecs:RunTask").is_some()).collect()
        };
        let first = draw(&board(faults.clone()));
        assert_eq!(first, draw(&board(faults)));
        assert!(first.contains(&true) && first.contains(&false));
    }

    #[test]
    fn a_rate_above_one_is_refused_with_its_name() {
        let faults: Faults =
            serde_json::from_value(serde_json::json!({"errorRate": {"*": 1.5}})).expect("parses");
        let refusal = FaultBoard::new().set(faults).expect_err("1.5 is no share");
        assert!(refusal.contains("`*`") && refusal.contains("1.5"), "{refusal}");
    }
}
