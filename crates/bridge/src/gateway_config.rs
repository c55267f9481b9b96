//! OpenClaw's own configuration, written anew at each start: one loopback gateway, one agent,
//! one provider (our proxy), and nothing that runs or calls out by itself.

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use domain::TimeZone;
use serde_json::{Value, json};

use crate::model::ModelSettings;

/// OpenClaw's name for our one provider. Not the operator's: a key that the gateway has
/// disabled stays disabled under its provider's name.
const PROVIDER: &str = "model";

pub(crate) struct GatewaySettings<'a> {
    pub port: u16,
    pub state_dir: &'a Path,
    pub run_timeout_seconds: u64,
    pub model: &'a ModelSettings,
    /// Of the model proxy; the gateway learns neither the provider's address nor its key (I7).
    pub model_url: &'a str,
    /// The user's; without one the agent's clock is the machine's.
    pub time_zone: Option<&'a TimeZone>,
}

pub(crate) fn gateway_config(settings: &GatewaySettings<'_>) -> Value {
    json!({
        // Without these marks a hand-written model list is taken as an allow-list.
        "meta": { "migrations": { "modelPolicyAllowlist": true, "utilityModelSeparation": true } },
        "gateway": {
            "mode": "local",
            "port": settings.port,
            "bind": "loopback",
            "auth": { "mode": "token", "token": "${OPENCLAW_GATEWAY_TOKEN}" },
            "controlUi": { "enabled": false, "sessionObserver": false },
            "terminal": { "enabled": false },
            "cliAgents": { "enabled": false },
            "tailscale": { "mode": "off" },
        },
        "agents": { "defaults": agent_defaults(settings), "entries": { "main": {} } },
        "models": models(settings),
        "plugins": { "enabled": false },
        "tools": {
            "loopDetection": { "enabled": true },
            "exec": { "notifyOnExit": false },
            "fs": { "workspaceOnly": true },
            "elevated": { "enabled": false },
        },
        "session": { "notifyOnCreate": false },
        "browser": { "enabled": false },
        "update": { "checkOnStart": false, "auto": { "enabled": false } },
        "telemetry": { "enabled": false },
        "discovery": { "mdns": { "mode": "off" } },
        "cron": { "enabled": false },
        "memory": { "search": { "enabled": false } },
        "hooks": { "enabled": false, "internal": { "enabled": false } },
        // None of those that come with it; the user's own and the agent's are seen at once.
        "skills": {
            "allowBundled": ["none"],
            "load": { "watch": true },
            "workshop": { "autonomous": { "mode": "off" } },
        },
        "transcripts": { "enabled": false },
        "logging": {
            "level": "info",
            "consoleStyle": "json",
            "file": settings.state_dir.join("logs/gateway.log"),
            "audit": { "enabled": false },
        },
        "diagnostics": { "enabled": false },
    })
}

fn agent_defaults(settings: &GatewaySettings<'_>) -> Value {
    let mut defaults = json!({
        "model": { "primary": format!("{PROVIDER}/{}", settings.model.model), "fallbacks": [] },
        "utilityModel": "",
        "workspace": settings.state_dir.join("workspace"),
        "skipBootstrap": true,
        "timeoutSeconds": settings.run_timeout_seconds,
        "heartbeat": { "every": "0m" },
    });
    if let Some(zone) = settings.time_zone {
        defaults["userTimezone"] = json!(zone.name());
    }
    defaults
}

fn models(settings: &GatewaySettings<'_>) -> Value {
    let ModelSettings { model, context_window, max_tokens, cost, api, .. } = settings.model;
    json!({
        "mode": "replace",
        "catalogRefresh": { "enabled": false },
        "providers": { PROVIDER: {
            "baseUrl": settings.model_url,
            "api": api.name(),
            "apiKey": "${MODEL_PROXY_KEY}",
            "models": [{
                "id": model, "name": model, "reasoning": false, "input": ["text"],
                "contextWindow": context_window, "maxTokens": max_tokens, "cost": cost,
            }],
        } },
    })
}

/// Whole or not at all: a half-written file keeps the gateway from starting.
pub(crate) fn write_config(dir: &Path, config: &Value) -> std::io::Result<PathBuf> {
    let path = dir.join("openclaw.json");
    let draft = dir.join(".openclaw.json.new");
    let mut options = std::fs::OpenOptions::new();
    let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
    file.write_all(serde_json::to_string_pretty(config)?.as_bytes())?;
    file.sync_all()?;
    std::fs::rename(&draft, &path)?;
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ModelApi, ModelAuth, ModelCost};

    #[test]
    fn the_agent_learns_neither_the_providers_address_nor_its_key() {
        let model = ModelSettings {
            provider: "anthropic".into(),
            api: ModelApi::AnthropicMessages,
            base_url: "https://api.provider.example".into(),
            api_key: "real-key".into(),
            model: "large".into(),
            context_window: 200_000,
            max_tokens: 8_192,
            cost: ModelCost::default(),
            alternatives: Vec::new(),
            api_key_parameter: None,
            auth: ModelAuth::Key,
        };
        let seoul = TimeZone::new("Asia/Seoul").expect("a zone");
        let settings = GatewaySettings {
            port: 1,
            state_dir: Path::new("/state"),
            run_timeout_seconds: 600,
            model: &model,
            model_url: "http://127.0.0.1:2/model",
            time_zone: Some(&seoul),
        };
        let config = gateway_config(&settings);
        let text = config.to_string();
        assert!(!text.contains("provider.example") && !text.contains("real-key"), "{text}");
        let provider = &config["models"]["providers"]["model"];
        assert_eq!(provider["baseUrl"], "http://127.0.0.1:2/model");
        assert_eq!(provider["api"], "anthropic-messages");
        let defaults = &config["agents"]["defaults"];
        assert_eq!(defaults["model"]["primary"], "model/large");
        assert_eq!(defaults["userTimezone"], "Asia/Seoul");
    }

    #[test]
    fn the_file_is_private_and_replaced_as_a_whole() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::TempDir::new().expect("a directory");
        for content in [json!({ "first": true }), json!({ "second": true })] {
            let path = write_config(dir.path(), &content).expect("written");
            let text = std::fs::read_to_string(&path).expect("there");
            assert_eq!(serde_json::from_str::<Value>(&text).expect("JSON"), content);
            let mode = std::fs::metadata(&path).expect("there").permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        assert_eq!(std::fs::read_dir(dir.path()).expect("there").count(), 1, "no draft is left");
    }
}
