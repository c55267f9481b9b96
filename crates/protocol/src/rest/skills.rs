//! Skills over REST.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SkillSummary {
    #[schema(schema_with = crate::schemas::skill_name)]
    pub name: String,
    pub description: String,
    pub files: u64,
    /// Of all its files.
    pub bytes: u64,
    /// Milliseconds since the epoch at which it was sent.
    pub at: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SkillsList {
    /// By name. What the agent wrote itself is among its files.
    pub skills: Vec<SkillSummary>,
}
