//! Which model answers: the provider whose key is in the environment, else the demo model.
//! The bridge reads the choice from an SSM parameter, as in production.

use serde_json::{Value, json};

use crate::config::{PageConfig, Parameter};

pub(crate) const MODEL_PARAMETER: &str = "/openclaw/model";

struct Provider {
    key_variable: &'static str,
    name: &'static str,
    api: &'static str,
    base_url: &'static str,
    /// An alias that the provider keeps current; OPENCLAW_MODEL names another.
    model: &'static str,
}

/// In this order, the first whose key is set.
const PROVIDERS: [Provider; 4] = [
    Provider {
        key_variable: "ANTHROPIC_API_KEY",
        name: "anthropic",
        api: "anthropic-messages",
        base_url: "https://api.anthropic.com",
        model: "claude-sonnet-4-5",
    },
    Provider {
        key_variable: "OPENAI_API_KEY",
        name: "openai",
        api: "openai-completions",
        base_url: "https://api.openai.com/v1",
        model: "gpt-4.1-mini",
    },
    Provider {
        key_variable: "OPENROUTER_API_KEY",
        name: "openrouter",
        api: "openai-completions",
        base_url: "https://openrouter.ai/api/v1",
        model: "openrouter/auto",
    },
    Provider {
        key_variable: "GEMINI_API_KEY",
        name: "gemini",
        api: "openai-completions",
        base_url: "https://generativelanguage.googleapis.com/v1beta/openai",
        model: "gemini-flash-latest",
    },
];

/// What answers, as the bridge's parameter and as the page shows it.
pub(crate) struct Choice {
    settings: Value,
    model: Option<String>,
}

impl Choice {
    pub(crate) fn from_lookup(lookup: impl Fn(&str) -> Option<String>, demo_url: &str) -> Self {
        let set = |name: &str| lookup(name).filter(|value| !value.is_empty());
        let chosen = PROVIDERS.iter().find_map(|p| Some((p, set(p.key_variable)?)));
        let Some((provider, key)) = chosen else {
            return Self { settings: demo(demo_url), model: None };
        };
        let model = set("OPENCLAW_MODEL").unwrap_or_else(|| provider.model.to_owned());
        let base_url = set("OPENCLAW_MODEL_URL").unwrap_or_else(|| provider.base_url.to_owned());
        Self {
            settings: json!({
                "provider": provider.name, "api": provider.api, "baseUrl": base_url,
                "apiKey": key, "model": model,
            }),
            model: Some(format!("{model} ({})", provider.name)),
        }
    }

    /// As the provider calls it.
    pub(crate) fn model_name(&self) -> &str {
        self.settings["model"].as_str().unwrap_or_default()
    }

    pub(crate) fn parameter(&self) -> Parameter {
        Parameter { name: MODEL_PARAMETER.into(), value: self.settings.to_string(), secure: true }
    }

    pub(crate) fn page(&self) -> PageConfig {
        PageConfig {
            demo: self.model.is_none(),
            model: self.model.clone(),
            ..PageConfig::default()
        }
    }
}

fn demo(base_url: &str) -> Value {
    json!({
        "provider": "demo", "api": "openai-completions", "baseUrl": base_url,
        "apiKey": "demo", "model": "demo",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choose(variables: &[(&str, &str)]) -> Choice {
        let lookup = |name: &str| {
            variables.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned())
        };
        Choice::from_lookup(lookup, "http://127.0.0.1:1/demo-model/v1")
    }

    #[test]
    fn without_a_key_the_demo_model_answers_and_the_page_says_so() {
        let choice = choose(&[("ANTHROPIC_API_KEY", "")]);
        assert!(choice.page().demo);
        assert_eq!(choice.settings["provider"], "demo");
    }

    #[test]
    fn a_key_chooses_its_provider_and_a_model_may_be_named() {
        let choice = choose(&[("OPENAI_API_KEY", "sk-1"), ("OPENCLAW_MODEL", "gpt-x")]);
        assert_eq!(choice.settings["apiKey"], "sk-1");
        assert_eq!(choice.settings["api"], "openai-completions");
        assert_eq!(choice.page().model.as_deref(), Some("gpt-x (openai)"));
        assert!(!choice.page().demo);
    }

    #[test]
    fn the_key_never_reaches_the_page() {
        let page = choose(&[("ANTHROPIC_API_KEY", "sk-secret")]).page();
        assert!(!format!("{page:?}").contains("sk-secret"));
    }
}
