//! Where a command finds what it needs to know: in the environment, in what a deployment says of
//! itself, or in the folder of a running local stack.

use std::collections::HashMap;
use std::path::Path;

use anyhow::Context;
use platform_aws::{Aws, Parameters};
use serde_json::{Map, Value};

use crate::local;
use crate::setup::{misconfigured, usage};

/// The names of variables and their values, as our binaries read them.
pub(crate) struct Environment {
    own: fn(&str) -> Option<String>,
    told: HashMap<String, String>,
    /// `None`: it was not said.
    pub(crate) deployment: Option<String>,
    pub(crate) is_local: bool,
}

impl Environment {
    pub(crate) fn of_process(own: fn(&str) -> Option<String>) -> Self {
        Self { own, told: HashMap::new(), deployment: None, is_local: false }
    }

    /// A local stack takes the place of the environment.
    pub(crate) fn of_local_stack(dir: &Path) -> anyhow::Result<Self> {
        let told = local::variables(dir)?;
        Ok(Self { own: |_| None, told, deployment: None, is_local: true })
    }

    /// What the environment says of its own wins.
    pub(crate) async fn of_deployment(
        own: fn(&str) -> Option<String>,
        name: &str,
    ) -> anyhow::Result<Self> {
        let aws = Aws::from_lookup(&own).map_err(misconfigured)?;
        let parameter = format!("/{name}/deployment");
        let region = own("AWS_REGION").unwrap_or_default();
        let found = Parameters::of(&aws).get(&parameter).await;
        let found = found.with_context(|| format!("cannot read the parameter {parameter}"))?;
        let found = found.ok_or_else(|| {
            usage(format!(
                "no deployment `{name}` is known in {region}: the parameter {parameter} is not \
                 there. Is the name right, and the region? `make deploy` writes it"
            ))
        })?;
        let told = flat(&found);
        let mut told = told.with_context(|| format!("the parameter {parameter} is odd"))?;
        // The CDK app gives the group of its users' schedules the deployment's own name.
        told.entry("SCHEDULE_GROUP".into()).or_insert_with(|| name.to_owned());
        Ok(Self { own, told, deployment: Some(name.to_owned()), is_local: false })
    }

    pub(crate) fn get(&self, name: &str) -> Option<String> {
        let own = (self.own)(name).filter(|value| !value.is_empty());
        own.or_else(|| self.told.get(name).cloned())
    }
}

fn flat(text: &str) -> anyhow::Result<HashMap<String, String>> {
    let fields: Map<String, Value> =
        serde_json::from_str(text).context("it is not a JSON object; run `make deploy` again")?;
    let value = |(name, value): (String, Value)| match value {
        Value::String(text) => Ok((name, text)),
        Value::Number(_) | Value::Bool(_) => Ok((name, value.to_string())),
        _ => anyhow::bail!("`{name}` is not a text in it; run `make deploy` again"),
    };
    fields.into_iter().map(value).collect()
}

/// Of a deployment, as the CDK app takes it.
pub(crate) fn deployment_name(text: &str) -> Result<String, String> {
    const LONGEST: usize = 20;
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    match !text.is_empty() && text.len() <= LONGEST && text.chars().all(allowed) {
        true => Ok(text.to_owned()),
        false => Err(format!("1 to {LONGEST} of a-z, 0-9 and `-`")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_deployment_says_is_flat() {
        let told = flat(r#"{"AWS_REGION": "eu-west-1", "PREWARM_SPARES": 2}"#).expect("flat");
        assert_eq!(told["AWS_REGION"], "eu-west-1");
        assert_eq!(told["PREWARM_SPARES"], "2");
        for odd in ["", "[]", r#"{"A": {}}"#, r#"{"A": null}"#] {
            let error = format!("{:#}", flat(odd).expect_err(odd));
            assert!(error.contains("make deploy"), "{error}");
        }
    }

    #[test]
    fn a_deployments_name_is_one_that_the_cdk_app_takes() {
        for good in ["openclaw", "a", "team-2"] {
            deployment_name(good).expect(good);
        }
        for bad in ["", "Team", "a/b", "under_score", "abcdefghijklmnopqrstu"] {
            deployment_name(bad).expect_err(bad);
        }
    }
}
