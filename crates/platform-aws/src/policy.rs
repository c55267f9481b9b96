//! What an operator may want otherwise of a task's life, and of the pool.

use std::time::Duration;

use domain::{
    IdlePolicy, MachineSize, ModelName, Offered, Prices, SpendCap, SpendRules, TaskPolicy, TimeZone,
};

use crate::config::{Access, ConfigError, Lookup, TaskSize, optional};

/// `TASK_LOOK_SECONDS`, `TASK_LEASE_SECONDS`, `TASK_FOLLOW_UP_SECONDS` and
/// `TASK_IDLE_MAX_SECONDS` (longer than any idle timeout), each with its default.
pub fn task_policy(lookup: Lookup<'_>) -> Result<TaskPolicy, ConfigError> {
    let default = TaskPolicy::default();
    Ok(TaskPolicy {
        look_every: span(lookup, "TASK_LOOK_SECONDS", default.look_every)?,
        lease: span(lookup, "TASK_LEASE_SECONDS", default.lease)?,
        idle_at_most: span(lookup, "TASK_IDLE_MAX_SECONDS", default.idle_at_most)?,
        follow_up: span(lookup, "TASK_FOLLOW_UP_SECONDS", default.follow_up)?,
        spot_only: spot_only(lookup)?,
        ..default
    })
}

/// `TASK_CAPACITY`: spot-then-on-demand, else spot.
fn spot_only(lookup: Lookup<'_>) -> Result<bool, ConfigError> {
    const NAME: &str = "TASK_CAPACITY";
    let Some(value) = optional(lookup, NAME) else { return Ok(false) };
    match value.as_str() {
        "spot-then-on-demand" => Ok(false),
        "spot" => Ok(true),
        _ => {
            let expected = "spot-then-on-demand or spot";
            Err(ConfigError::Invalid { name: NAME, value, expected })
        }
    }
}

/// What a task of this deployment costs an hour: by `AWS_REGION`.
pub fn prices(lookup: Lookup<'_>) -> Result<Prices, ConfigError> {
    Ok(Prices::of_region(&Access::from_lookup(lookup)?.region))
}

/// `TASK_CPU` and `TASK_MEMORY`. `None`: as the task definition says, which is not known here.
pub fn machine_size(lookup: Lookup<'_>) -> Result<Option<MachineSize>, ConfigError> {
    let size = TaskSize::from_lookup(lookup)?;
    Ok(size.map(|TaskSize { cpu_units, memory_mib }| MachineSize { cpu_units, memory_mib }))
}

/// `SPEND_CAP_USD`: the most that one user's agent may cost in a month; and by what it is counted.
pub fn spend_rules(lookup: Lookup<'_>) -> Result<SpendRules, ConfigError> {
    Ok(SpendRules {
        operators: spend_cap(lookup)?,
        prices: prices(lookup)?,
        size: machine_size(lookup)?,
    })
}

fn spend_cap(lookup: Lookup<'_>) -> Result<Option<SpendCap>, ConfigError> {
    const NAME: &str = "SPEND_CAP_USD";
    const EXPECTED: &str = "US dollars from 0 to 10000 with two decimals at most";
    let Some(value) = optional(lookup, NAME) else { return Ok(None) };
    let cap = value.parse().ok().and_then(|usd| SpendCap::new(usd).ok());
    cap.map(Some).ok_or(ConfigError::Invalid { name: NAME, value, expected: EXPECTED })
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

/// What users may choose from: `OFFERED_MODELS` (between commas, the operator's own first),
/// `IDLE_TIMEOUT_SECONDS`, `IDLE_TIMEOUT_MAX_SECONDS`, `DEFAULT_TIME_ZONE` and `SPEND_CAP_USD`, as the bridge has them.
pub fn offered(lookup: Lookup<'_>) -> Result<Offered, ConfigError> {
    const MODELS: &str = "OFFERED_MODELS";
    const ZONE: &str = "DEFAULT_TIME_ZONE";
    let names = optional(lookup, MODELS).unwrap_or_default();
    let names = names.split(',').map(str::trim).filter(|name| !name.is_empty());
    let model = |name: &str| {
        let expected = "names of models between commas";
        let value = name.to_owned();
        ModelName::new(name).map_err(|_| ConfigError::Invalid { name: MODELS, value, expected })
    };
    let default = IdlePolicy::default();
    let shortest = span(lookup, "IDLE_TIMEOUT_SECONDS", default.shortest)?;
    let longest = span(lookup, "IDLE_TIMEOUT_MAX_SECONDS", default.longest.max(shortest))?;
    let zone = optional(lookup, ZONE).unwrap_or_else(|| "UTC".into());
    Ok(Offered {
        models: names.map(model).collect::<Result<_, _>>()?,
        idle: IdlePolicy { shortest, longest },
        time_zone: TimeZone::new(&zone).map_err(|_| ConfigError::Invalid {
            name: ZONE,
            value: zone,
            expected: "a name of the IANA time zone database",
        })?,
        spend_cap: spend_cap(lookup)?,
    })
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
    fn what_is_offered_is_as_the_operator_says() {
        let set =
            lookup(&[("OFFERED_MODELS", "large, small"), ("IDLE_TIMEOUT_MAX_SECONDS", "600")]);
        let offered = offered(&set).expect("sane");
        let names: Vec<&str> = offered.models.iter().map(ModelName::as_str).collect();
        assert_eq!(names, ["large", "small"]);
        assert_eq!((offered.idle_at_most(), offered.time_zone.name()), (10, "UTC"));
        let set = lookup(&[("AWS_REGION", "us-east-1"), ("SPEND_CAP_USD", "12.5")]);
        let rules = spend_rules(&set).expect("sane");
        assert_eq!(rules.operators.map(SpendCap::usd), Some(12.5));
    }

    #[test]
    fn spot_is_followed_by_on_demand_unless_the_operator_says_otherwise() {
        let spot_only = |value| {
            task_policy(&lookup(&[("TASK_CAPACITY", value)])).map(|policy| policy.spot_only)
        };
        assert_eq!((spot_only(""), spot_only("spot-then-on-demand")), (Ok(false), Ok(false)));
        assert_eq!(spot_only("spot"), Ok(true));
        assert!(spot_only("on-demand").is_err());
    }

    #[test]
    fn nonsense_is_refused_by_name() {
        for name in SPANS {
            for nonsense in ["0", "-1", "soon", "86401"] {
                let error = task_policy(&lookup(&[(name, nonsense)])).expect_err(nonsense);
                assert!(error.to_string().contains(name), "{error}");
            }
        }
        for nonsense in ["-1", "much", "0.001", "10000.01", "inf", "NaN"] {
            let region = ("AWS_REGION", "us-east-1");
            let set = [region, ("SPEND_CAP_USD", nonsense)];
            let error = spend_rules(&lookup(&set)).expect_err(nonsense);
            assert!(error.to_string().contains("SPEND_CAP_USD"), "{error}");
        }
        for nonsense in ["-1", "many", "101"] {
            let error = spares_kept(&lookup(&[("PREWARM_SPARES", nonsense)])).expect_err(nonsense);
            assert!(error.to_string().contains("PREWARM_SPARES"), "{error}");
        }
    }
}
