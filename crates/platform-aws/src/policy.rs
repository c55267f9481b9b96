//! What an operator may want otherwise of a task's life, and of the pool.

use std::time::Duration;

use domain::TaskPolicy;

use crate::config::{ConfigError, Lookup, optional};

/// `TASK_LOOK_SECONDS`, `TASK_LEASE_SECONDS`, `TASK_FOLLOW_UP_SECONDS` and
/// `TASK_IDLE_MAX_SECONDS` (longer than any idle timeout), each with its default.
pub fn task_policy(lookup: Lookup<'_>) -> Result<TaskPolicy, ConfigError> {
    let default = TaskPolicy::default();
    Ok(TaskPolicy {
        look_every: span(lookup, "TASK_LOOK_SECONDS", default.look_every)?,
        lease: span(lookup, "TASK_LEASE_SECONDS", default.lease)?,
        idle_at_most: span(lookup, "TASK_IDLE_MAX_SECONDS", default.idle_at_most)?,
        follow_up: span(lookup, "TASK_FOLLOW_UP_SECONDS", default.follow_up)?,
        ..default
    })
}

/// How many spares the operator keeps while the schedule holds: `PREWARM_SPARES`, else none.
pub fn spares_kept(lookup: Lookup<'_>) -> Result<u32, ConfigError> {
    const NAME: &str = "PREWARM_SPARES";
    let Some(value) = optional(lookup, NAME) else { return Ok(0) };
    match value.parse::<u32>() {
        Ok(spares @ 0..=100) => Ok(spares),
        _ => Err(ConfigError::Invalid { name: NAME, value, expected: "a number from 0 to 100" }),
    }
}

fn span(
    lookup: Lookup<'_>,
    name: &'static str,
    default: Duration,
) -> Result<Duration, ConfigError> {
    const EXPECTED: &str = "a number of seconds from 1 to 86400";
    let Some(value) = optional(lookup, name) else { return Ok(default) };
    match value.parse::<u32>() {
        Ok(seconds @ 1..=86_400) => Ok(Duration::from_secs(seconds.into())),
        _ => Err(ConfigError::Invalid { name, value, expected: EXPECTED }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPANS: [&str; 4] = [
        "TASK_LOOK_SECONDS",
        "TASK_LEASE_SECONDS",
        "TASK_FOLLOW_UP_SECONDS",
        "TASK_IDLE_MAX_SECONDS",
    ];

    fn lookup<'a>(pairs: &'a [(&str, &str)]) -> impl Fn(&str) -> Option<String> + 'a {
        move |name| pairs.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned())
    }

    #[test]
    fn what_is_not_set_has_its_default() {
        assert_eq!(task_policy(&lookup(&[])), Ok(TaskPolicy::default()));
        assert_eq!(spares_kept(&lookup(&[])), Ok(0));
        let set = lookup(&[("TASK_LEASE_SECONDS", "90"), ("PREWARM_SPARES", "3")]);
        let lease = Duration::from_secs(90);
        assert_eq!(task_policy(&set), Ok(TaskPolicy { lease, ..TaskPolicy::default() }));
        assert_eq!(spares_kept(&set), Ok(3));
    }

    #[test]
    fn nonsense_is_refused_by_name() {
        for name in SPANS {
            for nonsense in ["0", "-1", "soon", "86401"] {
                let error = task_policy(&lookup(&[(name, nonsense)])).expect_err(nonsense);
                assert!(error.to_string().contains(name), "{error}");
            }
        }
        for nonsense in ["-1", "many", "101"] {
            let error = spares_kept(&lookup(&[("PREWARM_SPARES", nonsense)])).expect_err(nonsense);
            assert!(error.to_string().contains("PREWARM_SPARES"), "{error}");
        }
    }
}
