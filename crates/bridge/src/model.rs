//! Which model answers, as the operator set it (one SSM parameter).

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
    pub model: String,
    #[serde(default = "default_context_window")]
    pub context_window: u32,
    #[serde(default = "default_max_tokens")]
    pub max_tokens: u32,
    /// US dollars per million tokens; what the user's costs are computed from.
    #[serde(default)]
    pub cost: ModelCost,
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
