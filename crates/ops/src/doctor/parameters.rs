//! What lies in the parameter store: which model answers, its key, the bot's token and secret. Values
//! are looked at and never shown.

use serde_json::Value;

use super::check::Check;
use super::patient::Patient;

const MODEL: &str = "model";
const KEY: &str = "model key";
/// As the bridge reads them (`ModelApi`).
const APIS: [&str; 2] = ["anthropic-messages", "openai-completions"];
const SECRETS: &str = "make secrets";

struct Found {
    value: String,
    is_secure: bool,
}

pub(super) async fn look(patient: &Patient<'_>) -> Vec<Check> {
    let mut checks = model(patient).await;
    checks.push(telegram(patient, "Telegram token", "TELEGRAM_TOKEN_PARAMETER", is_token).await);
    checks.push(telegram(patient, "Telegram secret", "TELEGRAM_SECRET_PARAMETER", is_secret).await);
    checks
}

async fn read(patient: &Patient<'_>, name: &str) -> anyhow::Result<Option<Found>> {
    let request = patient.aws.ssm().get_parameter().name(name).with_decryption(true);
    match request.send().await {
        Ok(found) => Ok(found.parameter.map(|found| Found {
            is_secure: found.r#type().is_some_and(|kind| kind.as_str() == "SecureString"),
            value: found.value.unwrap_or_default(),
        })),
        Err(error) if error.as_service_error().is_some_and(|it| it.is_parameter_not_found()) => {
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}

async fn model(patient: &Patient<'_>) -> Vec<Check> {
    let unknown = |check| vec![check, Check::skipped(KEY, "which one is needed says the model")];
    let name = match patient.need(MODEL, "MODEL_PARAMETER") {
        Ok(name) => name,
        Err(check) => return unknown(check),
    };
    let found = match read(patient, &name).await {
        Ok(Some(found)) => found,
        Ok(None) => {
            let missing = format!("the parameter {name} is not there: no agent can answer");
            return unknown(Check::problem(MODEL, missing, "make deploy"));
        }
        Err(error) => return unknown(Check::failed(MODEL, &error)),
    };
    let Ok(settings) = serde_json::from_str::<Value>(&found.value) else {
        let odd = format!("the parameter {name} is not JSON: no agent can answer");
        return unknown(Check::problem(MODEL, odd, "make deploy"));
    };
    let to_do = format!("deploy with other model options, or mend the parameter {name}");
    let said = |field: &str| settings[field].as_str().unwrap_or("?").to_owned();
    let found_model = format!("{} of {}", said("model"), said("provider"));
    let check = Check::unless(MODEL, &wrong_with(&settings), found_model, &to_do);
    vec![check, key(patient, &settings, &name).await]
}

fn wrong_with(settings: &Value) -> Vec<String> {
    let mut wrong = Vec::new();
    for field in ["provider", "api", "baseUrl", "model"] {
        if settings[field].as_str().is_none_or(str::is_empty) {
            wrong.push(format!("`{field}` is missing"));
        }
    }
    if let Some(api) = settings["api"].as_str()
        && !APIS.contains(&api)
    {
        wrong.push(format!("`api` is `{api}`, not {}", APIS.join(" or ")));
    }
    if let Some(url) = settings["baseUrl"].as_str()
        && !["https://", "http://127.0.0.1", "http://localhost"]
            .iter()
            .any(|it| url.starts_with(it))
    {
        wrong.push("`baseUrl` is not https".into());
    }
    wrong
}

async fn key(patient: &Patient<'_>, settings: &Value, model: &str) -> Check {
    if settings["auth"] == "aws" {
        return Check::ok(KEY, "none is needed: the task's own role asks the model");
    }
    let Some(name) = settings["apiKeyParameter"].as_str() else {
        return match settings["apiKey"].as_str() {
            Some(key) if !key.is_empty() && patient.is_local() => {
                Check::ok(KEY, "it is in the model's own parameter")
            }
            Some(key) if !key.is_empty() => {
                let open = format!("the key stands in the parameter {model} itself");
                Check::warning(KEY, open, format!("put it into a parameter of its own: {SECRETS}"))
            }
            _ => Check::problem(KEY, format!("{model} names no key"), SECRETS),
        };
    };
    let missing = |why: &str| Check::problem(KEY, format!("the parameter {name} {why}"), SECRETS);
    match read(patient, name).await {
        Ok(Some(found)) if found.value.trim().is_empty() => missing("is empty"),
        Ok(Some(found)) if !found.is_secure => missing("is not encrypted (a SecureString)"),
        Ok(Some(_)) => Check::ok(KEY, format!("it is in {name}")),
        Ok(None) => missing("is not there: no agent can answer"),
        Err(error) => Check::failed(KEY, &error),
    }
}

async fn telegram(
    patient: &Patient<'_>,
    what: &str,
    variable: &str,
    is_good: fn(&str) -> bool,
) -> Check {
    let Some(name) = patient.environment.get(variable) else {
        return Check::skipped(what, "there is no bot");
    };
    match read(patient, &name).await {
        Ok(Some(found)) if is_good(&found.value) => Check::ok(what, format!("it is in {name}")),
        Ok(Some(_)) => Check::problem(what, format!("what is in {name} is not one"), SECRETS),
        Ok(None) => Check::skipped(what, format!("there is no bot: {name} is not there")),
        Err(error) => Check::failed(what, &error),
    }
}

/// As BotFather gives it.
fn is_token(text: &str) -> bool {
    text.split_once(':').is_some_and(|(bot, secret)| {
        !bot.is_empty()
            && bot.bytes().all(|b| b.is_ascii_digit())
            && secret.len() >= 10
            && is_secret(secret)
    })
}

/// What Telegram takes (Bot API, `setWebhook`).
fn is_secret(text: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    (1..=256).contains(&text.len()) && text.chars().all(allowed)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_models_parameter_is_as_the_bridge_reads_it() {
        let good = json!({
            "provider": "anthropic", "api": "anthropic-messages", "model": "large",
            "baseUrl": "https://api.anthropic.com",
        });
        assert!(wrong_with(&good).is_empty());
        for (field, value, words) in [
            ("model", json!(""), "`model` is missing"),
            ("api", json!("soap"), "`api` is `soap`"),
            ("baseUrl", json!("http://model.example"), "not https"),
            ("provider", json!(null), "`provider` is missing"),
        ] {
            let mut bad = good.clone();
            bad[field] = value;
            let wrong = wrong_with(&bad).join("; ");
            assert!(wrong.contains(words), "{wrong}");
        }
    }

    #[test]
    fn a_token_is_a_number_and_a_secret() {
        assert!(is_token("4217:AA-secret_key"));
        for bad in ["", "4217", "bot:AA-secret_key", "4217:", "4217:AA secret key"] {
            assert!(!is_token(bad), "{bad}");
        }
    }
}
