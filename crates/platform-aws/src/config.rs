//! What a binary reads from its environment, one struct per concern. A lookup stands for the
//! environment, so that only `main` touches the real one. A missing or empty variable is an
//! error with its name; only what names no resource has a default.

use std::time::Duration;

use domain::limits::CONVERSATION_TTL;

/// Usually `&|name: &str| std::env::var(name).ok()`.
pub type Lookup<'a> = &'a dyn Fn(&str) -> Option<String>;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    #[error("environment variable {0} is not set")]
    Missing(&'static str),
    #[error("environment variable {name} is `{value}`, not {expected}")]
    Invalid { name: &'static str, value: String, expected: &'static str },
}

pub fn optional(lookup: Lookup<'_>, name: &'static str) -> Option<String> {
    lookup(name).filter(|value| !value.is_empty())
}

pub fn required(lookup: Lookup<'_>, name: &'static str) -> Result<String, ConfigError> {
    optional(lookup, name).ok_or(ConfigError::Missing(name))
}

/// Values between commas; at least one.
pub fn list(lookup: Lookup<'_>, name: &'static str) -> Result<Vec<String>, ConfigError> {
    let text = required(lookup, name)?;
    let values = text.split(',').map(str::trim).filter(|value| !value.is_empty());
    let values: Vec<String> = values.map(str::to_owned).collect();
    if values.is_empty() { Err(ConfigError::Missing(name)) } else { Ok(values) }
}

/// Where AWS is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    pub region: String,
    /// One address for every service: the local stack, or an emulator.
    pub endpoint_url: Option<String>,
    /// Addresses that have IPv6 as well: a task may have nothing else.
    pub dual_stack: bool,
}

impl Access {
    pub fn from_lookup(lookup: Lookup<'_>) -> Result<Self, ConfigError> {
        Ok(Self {
            region: required(lookup, "AWS_REGION")?,
            endpoint_url: optional(lookup, "AWS_ENDPOINT_URL"),
            dual_stack: flag(lookup, "AWS_USE_DUALSTACK_ENDPOINT")?,
        })
    }
}

/// The SDK's own words for it.
fn flag(lookup: Lookup<'_>, name: &'static str) -> Result<bool, ConfigError> {
    match optional(lookup, name) {
        None => Ok(false),
        Some(value) => value.parse().map_err(|_| ConfigError::Invalid {
            name,
            value,
            expected: "true or false",
        }),
    }
}

/// The API Gateway stage whose connections are pushed to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Management {
    pub url: String,
}

impl Management {
    pub fn from_lookup(lookup: Lookup<'_>) -> Result<Self, ConfigError> {
        Ok(Self { url: required(lookup, "WS_MANAGEMENT_URL")? })
    }
}

/// How a user's task is run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ecs {
    pub cluster: String,
    pub task_definition: String,
    pub subnets: Vec<String>,
    pub security_groups: Vec<String>,
    /// The container whose environment a launch overrides.
    pub container: String,
    /// Without one a task needs a way out over IPv6.
    pub public_ip: bool,
    /// As in the task definition, unless it is set.
    pub size: Option<TaskSize>,
}

impl Ecs {
    pub fn from_lookup(lookup: Lookup<'_>) -> Result<Self, ConfigError> {
        Ok(Self {
            cluster: required(lookup, "ECS_CLUSTER")?,
            task_definition: required(lookup, "ECS_TASK_DEFINITION")?,
            subnets: list(lookup, "ECS_SUBNETS")?,
            security_groups: list(lookup, "ECS_SECURITY_GROUPS")?,
            container: optional(lookup, "ECS_CONTAINER").unwrap_or_else(|| "bridge".into()),
            public_ip: public_ip(lookup)?,
            size: TaskSize::from_lookup(lookup)?,
        })
    }
}

/// `ECS_ASSIGN_PUBLIC_IP`: enabled, else disabled.
fn public_ip(lookup: Lookup<'_>) -> Result<bool, ConfigError> {
    const NAME: &str = "ECS_ASSIGN_PUBLIC_IP";
    match optional(lookup, NAME) {
        None => Ok(true),
        Some(value) => match value.as_str() {
            "enabled" => Ok(true),
            "disabled" => Ok(false),
            _ => Err(ConfigError::Invalid { name: NAME, value, expected: "enabled or disabled" }),
        },
    }
}

/// What one task may use: one of the combinations that Fargate has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TaskSize {
    /// 1024 are one vCPU.
    pub cpu_units: u32,
    pub memory_mib: u32,
}

/// CPU units; the memory they go with, from, to and in steps of, in MiB; the same for people.
const FARGATE_SIZES: [(u32, [u32; 3], &str); 7] = [
    (256, [512, 2_048, 512], "512, 1024 or 2048, as TASK_CPU is 256"),
    (512, [1_024, 4_096, 1_024], "1024 to 4096 in steps of 1024, as TASK_CPU is 512"),
    (1_024, [2_048, 8_192, 1_024], "2048 to 8192 in steps of 1024, as TASK_CPU is 1024"),
    (2_048, [4_096, 16_384, 1_024], "4096 to 16384 in steps of 1024, as TASK_CPU is 2048"),
    (4_096, [8_192, 30_720, 1_024], "8192 to 30720 in steps of 1024, as TASK_CPU is 4096"),
    (8_192, [16_384, 61_440, 4_096], "16384 to 61440 in steps of 4096, as TASK_CPU is 8192"),
    (16_384, [32_768, 122_880, 8_192], "32768 to 122880 in steps of 8192, as TASK_CPU is 16384"),
];

impl TaskSize {
    /// `TASK_CPU` in units and `TASK_MEMORY` in MiB, both or none.
    pub(crate) fn from_lookup(lookup: Lookup<'_>) -> Result<Option<Self>, ConfigError> {
        const CPU: &str = "TASK_CPU";
        const MEMORY: &str = "TASK_MEMORY";
        let (cpu, memory) = match (optional(lookup, CPU), optional(lookup, MEMORY)) {
            (None, None) => return Ok(None),
            (Some(_), None) => return Err(ConfigError::Missing(MEMORY)),
            (None, Some(_)) => return Err(ConfigError::Missing(CPU)),
            (Some(cpu), Some(memory)) => (cpu, memory),
        };
        let sizes = FARGATE_SIZES.iter().find(|(units, ..)| cpu.parse() == Ok(*units));
        let Some((cpu_units, [from, to, step], expected)) = sizes else {
            let expected = "256, 512, 1024, 2048, 4096, 8192 or 16384";
            return Err(ConfigError::Invalid { name: CPU, value: cpu, expected });
        };
        let fits = |mib: &u32| {
            let in_step = mib.is_multiple_of(*step) && (from..=to).contains(&mib);
            // The smallest goes up by doubling.
            in_step && !(*cpu_units == 256 && *mib == 1_536)
        };
        match memory.parse().ok().filter(fits) {
            Some(memory_mib) => Ok(Some(Self { cpu_units: *cpu_units, memory_mib })),
            None => Err(ConfigError::Invalid { name: MEMORY, value: memory, expected }),
        }
    }
}

/// Who signs access tokens, and for which client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Oidc {
    /// Without a trailing slash, as in the token's `iss`.
    pub issuer: String,
    pub client_id: String,
}

impl Oidc {
    pub fn from_lookup(lookup: Lookup<'_>) -> Result<Self, ConfigError> {
        Ok(Self {
            issuer: required(lookup, "OIDC_ISSUER")?,
            client_id: required(lookup, "OIDC_CLIENT_ID")?,
        })
    }
}

/// Where long texts and snapshots lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bucket {
    pub name: String,
}

impl Bucket {
    pub fn from_lookup(lookup: Lookup<'_>) -> Result<Self, ConfigError> {
        Ok(Self { name: required(lookup, "DATA_BUCKET")? })
    }
}

/// How long conversations are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    pub conversations: Duration,
}

impl Default for Retention {
    fn default() -> Self {
        Self { conversations: CONVERSATION_TTL }
    }
}

impl Retention {
    pub fn from_lookup(lookup: Lookup<'_>) -> Result<Self, ConfigError> {
        const NAME: &str = "CONVERSATION_TTL_DAYS";
        let Some(value) = optional(lookup, NAME) else {
            return Ok(Self::default());
        };
        // Ten years: a longer span is a typing error, and must not overflow an expiry.
        match value.parse::<u32>() {
            Ok(days @ 1..=3650) => {
                Ok(Self { conversations: Duration::from_secs(u64::from(days) * 86_400) })
            }
            _ => Err(ConfigError::Invalid {
                name: NAME,
                value,
                expected: "a number of days from 1 to 3650",
            }),
        }
    }
}

/// The pages that may open a WebSocket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origins {
    pub allowed: Vec<String>,
}

impl Origins {
    pub fn from_lookup(lookup: Lookup<'_>) -> Result<Self, ConfigError> {
        Ok(Self { allowed: list(lookup, "ALLOWED_ORIGINS")? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lookup<'a>(pairs: &'a [(&str, &str)]) -> impl Fn(&str) -> Option<String> + 'a {
        move |name| pairs.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned())
    }

    #[test]
    fn a_missing_variable_is_named() {
        let env = lookup(&[("ECS_CLUSTER", "c"), ("ECS_TASK_DEFINITION", "")]);
        assert_eq!(Ecs::from_lookup(&env), Err(ConfigError::Missing("ECS_TASK_DEFINITION")));
    }

    #[test]
    fn a_list_is_split_at_commas_and_is_never_empty() {
        let env = lookup(&[("ALLOWED_ORIGINS", "https://a.example, https://b.example,")]);
        let origins = Origins::from_lookup(&env).expect("complete");
        assert_eq!(origins.allowed, ["https://a.example", "https://b.example"]);
        assert!(Origins::from_lookup(&lookup(&[("ALLOWED_ORIGINS", " , ")])).is_err());
    }

    fn size(cpu: &str, memory: &str) -> Result<Option<TaskSize>, ConfigError> {
        TaskSize::from_lookup(&lookup(&[("TASK_CPU", cpu), ("TASK_MEMORY", memory)]))
    }

    #[test]
    fn a_task_has_a_size_that_fargate_has() {
        assert_eq!(size("", ""), Ok(None));
        let fargate = [
            ("256", vec!["512", "1024", "2048"]),
            ("512", vec!["1024", "2048", "3072", "4096"]),
            ("1024", vec!["2048", "3072", "8192"]),
            ("2048", vec!["4096", "5120", "16384"]),
            ("4096", vec!["8192", "9216", "30720"]),
            ("8192", vec!["16384", "20480", "61440"]),
            ("16384", vec!["32768", "40960", "122880"]),
        ];
        for (cpu, memories) in fargate {
            for memory in memories {
                let size = size(cpu, memory).expect("Fargate has it").expect("set");
                assert_eq!(size.cpu_units.to_string(), cpu);
                assert_eq!(size.memory_mib.to_string(), memory);
            }
        }
    }

    #[test]
    fn a_size_that_fargate_has_not_is_refused_with_those_it_has() {
        let memories = [
            ("256", vec!["256", "1536", "2560", "4096"]),
            ("512", vec!["512", "1536", "5120"]),
            ("1024", vec!["1024", "9216"]),
            ("2048", vec!["3072", "17408"]),
            ("4096", vec!["7168", "31744"]),
            ("8192", vec!["12288", "17408", "65536"]),
            ("16384", vec!["24576", "36864", "131072", "much", "-1"]),
        ];
        for (cpu, memories) in memories {
            for memory in memories {
                let refused = size(cpu, memory).expect_err("Fargate has not").to_string();
                let sentence = format!("TASK_MEMORY is `{memory}`, not ");
                assert!(refused.contains(&sentence), "{refused}");
                assert!(refused.ends_with(&format!("as TASK_CPU is {cpu}")), "{refused}");
            }
        }
        assert!(matches!(size("1", "512"), Err(ConfigError::Invalid { name: "TASK_CPU", .. })));
        assert_eq!(size("256", ""), Err(ConfigError::Missing("TASK_MEMORY")));
        assert_eq!(size("", "512"), Err(ConfigError::Missing("TASK_CPU")));
    }

    #[test]
    fn a_task_has_an_address_unless_the_operator_says_otherwise() {
        let assigned = |value| public_ip(&lookup(&[("ECS_ASSIGN_PUBLIC_IP", value)]));
        assert_eq!((assigned(""), assigned("enabled")), (Ok(true), Ok(true)));
        assert_eq!(assigned("disabled"), Ok(false));
        assert!(assigned("no").is_err());
    }

    #[test]
    fn addresses_with_ipv6_are_asked_for_by_the_sdks_own_variable() {
        let access = |value| {
            let set = [("AWS_REGION", "eu-west-1"), ("AWS_USE_DUALSTACK_ENDPOINT", value)];
            Access::from_lookup(&lookup(&set)).map(|access| access.dual_stack)
        };
        assert_eq!((access(""), access("false"), access("true")), (Ok(false), Ok(false), Ok(true)));
        assert!(access("yes").is_err());
    }

    #[test]
    fn days_become_a_span_and_nonsense_is_refused() {
        let kept = |days| Retention::from_lookup(&lookup(&[("CONVERSATION_TTL_DAYS", days)]));
        assert_eq!(kept("30").expect("days").conversations, Duration::from_secs(2_592_000));
        assert_eq!(kept("").expect("the default").conversations, CONVERSATION_TTL);
        for nonsense in ["0", "-1", "soon", "3651"] {
            assert!(kept(nonsense).is_err(), "{nonsense}");
        }
    }
}
