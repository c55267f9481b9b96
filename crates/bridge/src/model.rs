//! Which model answers, as the operator set it (one SSM parameter).

use domain::ModelName;
use serde::Deserialize;

#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ModelSettings {
    pub provider: String,
    pub api: ModelApi,
    /// As the provider's own documentation gives it: with `/v1` for OpenAI's protocol, without
    /// for Anthropic's.
    pub base_url: String,
    #[serde(default)]
    pub api_key: String,
    /// The parameter that has the key, so that this one needs no secrecy.
    #[serde(default)]
    pub api_key_parameter: Option<String>,
    #[serde(default)]
    pub auth: ModelAuth,
    pub model: String,
    #[serde(default = "default_context_window")]
    pub context_window: u32,
    #[serde(default = "default_max_tokens")]
    pub max_tokens: u32,
    /// US dollars per million tokens; what the user's costs are computed from.
    #[serde(default)]
    pub cost: ModelCost,
    /// The provider's other models that a user may choose.
    #[serde(default)]
    pub alternatives: Vec<Alternative>,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Alternative {
    pub model: String,
    #[serde(default = "default_context_window")]
    pub context_window: u32,
    #[serde(default = "default_max_tokens")]
    pub max_tokens: u32,
    #[serde(default)]
    pub cost: ModelCost,
}

impl ModelSettings {
    /// As the user chose. A model that is not offered leaves everything as it is, and `false`.
    pub(crate) fn choose(&mut self, wanted: &ModelName) -> bool {
        let wanted = wanted.as_str();
        let found = self.alternatives.iter().find(|other| other.model == wanted);
        let Some(other) = found.cloned() else {
            return self.model == wanted;
        };
        let Alternative { model, context_window, max_tokens, cost } = other;
        *self = Self { model, context_window, max_tokens, cost, ..self.clone() };
        true
    }
}

/// How the provider knows that we may ask it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ModelAuth {
    #[default]
    Key,
    /// By the task's own role, as Amazon Bedrock does: there is no key.
    Aws,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ModelApi {
    AnthropicMessages,
    OpenaiCompletions,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize, serde::Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ModelCost {
    pub input: f64,
    pub output: f64,
    pub cache_read: f64,
    pub cache_write: f64,
}

impl ModelApi {
    /// OpenClaw's name for it.
    pub fn name(self) -> &'static str {
        match self {
            ModelApi::AnthropicMessages => "anthropic-messages",
            ModelApi::OpenaiCompletions => "openai-completions",
        }
    }
}

impl std::fmt::Debug for ModelSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Without the key.
        write!(f, "ModelSettings({} {} at {})", self.provider, self.model, self.base_url)
    }
}

fn default_context_window() -> u32 {
    128_000
}

fn default_max_tokens() -> u32 {
    8_192
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offered() -> ModelSettings {
        let parameter = r#"{
            "provider": "anthropic", "api": "anthropic-messages", "baseUrl": "https://x.example",
            "model": "large", "maxTokens": 32000,
            "alternatives": [{ "model": "small", "contextWindow": 64000, "cost": { "input": 0.5 } }]
        }"#;
        serde_json::from_str(parameter).expect("as documented")
    }

    #[test]
    fn a_model_that_is_offered_may_be_chosen_with_its_own_numbers() {
        let mut chosen = offered();
        assert!(chosen.choose(&ModelName::new("small").expect("valid")));
        let numbers = (chosen.model.as_str(), chosen.context_window, chosen.max_tokens);
        assert_eq!(numbers, ("small", 64_000, 8_192));
        assert!((chosen.cost.input - 0.5).abs() < f64::EPSILON);
        assert_eq!(chosen.base_url, "https://x.example");
    }

    #[test]
    fn one_that_is_not_leaves_the_operators() {
        for (wanted, offers) in [("huge", false), ("large", true)] {
            let mut chosen = offered();
            assert_eq!(chosen.choose(&ModelName::new(wanted).expect("valid")), offers);
            assert_eq!((chosen.model.as_str(), chosen.max_tokens), ("large", 32_000));
        }
    }
}
