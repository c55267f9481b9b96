//! What a launch put over its task definition, as ECS's events repeat it.

use domain::Owner;
use serde::Deserialize;

use crate::compute::{SPARE_ID, owner_of};

/// It also carries the launch token: never log it.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub struct Overrides {
    container_overrides: Vec<Container>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Container {
    environment: Vec<Variable>,
}

#[derive(Deserialize)]
struct Variable {
    name: String,
    value: String,
}

impl Overrides {
    /// `None`: not one of ours, or not readable.
    pub fn owner(&self) -> Option<Owner> {
        owner_of(|name| self.variable(name))
    }

    /// Whether it was launched for the pool, whatever its name is.
    pub fn is_of_a_spare(&self) -> bool {
        self.variable(SPARE_ID).is_some()
    }

    fn variable(&self, name: &str) -> Option<&str> {
        let mut variables = self.container_overrides.iter().flat_map(|c| c.environment.iter());
        variables.find(|variable| variable.name == name).map(|found| found.value.as_str())
    }
}
