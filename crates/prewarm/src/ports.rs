//! The real ports, from the environment.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use control_plane::{KeepSpares, PoolPolicy, Wanted};
use domain::{TimeZone, Windows};
use platform::SystemClock;
use platform_aws::config::optional;
use platform_aws::{
    Aws, ConfigError, DynamoReleases, DynamoSpares, DynamoTasks, EcsCompute, Lookup, spares_kept,
};

use crate::Ports;

impl Ports {
    pub fn from_lookup(lookup: Lookup<'_>) -> anyhow::Result<Self> {
        let aws = Aws::from_lookup(lookup)?;
        let keep = KeepSpares {
            spares: Arc::new(DynamoSpares::from_lookup(&aws, lookup)?),
            tasks: Arc::new(DynamoTasks::from_lookup(&aws, lookup)?),
            compute: Arc::new(EcsCompute::from_lookup(&aws, lookup)?),
            releases: Arc::new(DynamoReleases::from_lookup(&aws, lookup)?),
            clock: Arc::new(SystemClock),
            wanted: wanted(lookup)?,
            policy: PoolPolicy { life: life(lookup)?, ..PoolPolicy::default() },
            entropy: rand::random,
        };
        Ok(Self { keep })
    }
}

/// `PREWARM_SPARES` while one of `PREWARM_WINDOWS` holds in `PREWARM_TIME_ZONE`.
fn wanted(lookup: Lookup<'_>) -> anyhow::Result<Wanted> {
    let windows = optional(lookup, "PREWARM_WINDOWS").unwrap_or_default();
    let windows: Windows = windows.parse().context("PREWARM_WINDOWS")?;
    let zone = optional(lookup, "PREWARM_TIME_ZONE").map(|name| TimeZone::new(&name));
    let zone = zone.transpose().context("PREWARM_TIME_ZONE")?;
    let spares = usize::try_from(spares_kept(lookup)?)?;
    Ok(Wanted { spares, windows, time_zone: zone.unwrap_or_else(TimeZone::utc) })
}

/// `PREWARM_SPARE_MINUTES`: well above a start, or the pool would only ever start.
fn life(lookup: Lookup<'_>) -> anyhow::Result<Duration> {
    const NAME: &str = "PREWARM_SPARE_MINUTES";
    let Some(value) = optional(lookup, NAME) else { return Ok(PoolPolicy::default().life) };
    match value.parse::<u32>() {
        Ok(minutes @ 10..=1_440) => Ok(Duration::from_secs(u64::from(minutes) * 60)),
        _ => {
            let expected = "a number of minutes from 10 to 1440";
            Err(ConfigError::Invalid { name: NAME, value, expected }.into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lookup<'a>(pairs: &'a [(&str, &str)]) -> impl Fn(&str) -> Option<String> + 'a {
        move |name| pairs.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned())
    }

    #[test]
    fn without_a_word_there_are_no_spares_and_no_hours() {
        let wanted = wanted(&lookup(&[])).expect("defaults");
        assert_eq!((wanted.spares, wanted.windows), (0, Windows::default()));
        assert_eq!(wanted.time_zone, TimeZone::utc());
        assert_eq!(life(&lookup(&[])).expect("the default"), Duration::from_secs(3_600));
    }

    #[test]
    fn an_operators_words_are_read() {
        let set = [
            ("PREWARM_SPARES", "3"),
            ("PREWARM_WINDOWS", "Mon-Fri 08:00-18:00"),
            ("PREWARM_TIME_ZONE", "Asia/Seoul"),
        ];
        let wanted = wanted(&lookup(&set)).expect("good");
        // 08:30 and 07:30 on a Monday in Seoul.
        let at = |millis| wanted.at(domain::Timestamp(millis));
        assert_eq!((at(1_795_390_200_000), at(1_795_386_600_000)), (3, 0));
        let minutes = life(&lookup(&[("PREWARM_SPARE_MINUTES", "90")])).expect("good");
        assert_eq!(minutes, Duration::from_secs(5_400));
    }

    #[test]
    fn nonsense_is_refused_by_name_with_what_is_allowed() {
        for (name, value, allowed) in [
            ("PREWARM_SPARES", "-1", "0 to 100"),
            ("PREWARM_WINDOWS", "office hours", "Mon-Fri 08:00-18:00"),
            ("PREWARM_TIME_ZONE", "Mars/Olympus", "Asia/Seoul"),
        ] {
            let refused = wanted(&lookup(&[(name, value)])).expect_err("nonsense");
            let refused = format!("{refused:#}");
            assert!(refused.contains(name) && refused.contains(allowed), "{refused}");
        }
        for nonsense in ["9", "1441", "long", "-1"] {
            let refused = life(&lookup(&[("PREWARM_SPARE_MINUTES", nonsense)]));
            let refused = refused.expect_err("nonsense").to_string();
            assert!(refused.contains("PREWARM_SPARE_MINUTES"), "{refused}");
            assert!(refused.contains("10 to 1440"), "{refused}");
        }
    }
}
