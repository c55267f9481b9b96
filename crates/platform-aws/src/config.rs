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
}

impl Access {
    pub fn from_lookup(lookup: Lookup<'_>) -> Result<Self, ConfigError> {
        Ok(Self {
            region: required(lookup, "AWS_REGION")?,
            endpoint_url: optional(lookup, "AWS_ENDPOINT_URL"),
        })
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
}

impl Ecs {
    pub fn from_lookup(lookup: Lookup<'_>) -> Result<Self, ConfigError> {
        Ok(Self {
            cluster: required(lookup, "ECS_CLUSTER")?,
            task_definition: required(lookup, "ECS_TASK_DEFINITION")?,
            subnets: list(lookup, "ECS_SUBNETS")?,
            security_groups: list(lookup, "ECS_SECURITY_GROUPS")?,
            container: optional(lookup, "ECS_CONTAINER").unwrap_or_else(|| "bridge".into()),
        })
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
