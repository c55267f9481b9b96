//! Whether Telegram brings what people write to the bot.

use platform_aws::TelegramBot;

use super::check::Check;
use super::patient::Patient;
use crate::telegram::{Brought, brought};

const WHAT: &str = "Telegram webhook";

pub(super) async fn look(patient: &Patient<'_>) -> Check {
    let lookup = |name: &str| patient.environment.get(name);
    match TelegramBot::from_lookup(&patient.aws, &lookup) {
        Err(error) => Check::problem(WHAT, error.to_string(), "set it, or have no bot"),
        Ok(None) => Check::skipped(WHAT, "there is no bot"),
        Ok(Some(bot)) => match is_there(patient).await {
            Ok(false) => Check::skipped(WHAT, "there is no bot"),
            Ok(true) => match brought(&bot).await {
                Ok(Brought::Well(url)) => Check::ok(WHAT, url),
                Ok(Brought::Badly(why)) => {
                    let url = patient.environment.get("API_URL").unwrap_or_else(|| "URL".into());
                    let url = url.trim_end_matches('/');
                    Check::problem(WHAT, why, format!("ops telegram set {url}/telegram"))
                }
                Err(error) => Check::failed(WHAT, &error),
            },
            Err(error) => Check::failed(WHAT, &error),
        },
    }
}

/// The parameter is named in every deployment, and has a token in those that have a bot.
async fn is_there(patient: &Patient<'_>) -> anyhow::Result<bool> {
    let Some(name) = patient.environment.get("TELEGRAM_TOKEN_PARAMETER") else { return Ok(false) };
    Ok(platform_aws::Parameters::of(&patient.aws).get(&name).await?.is_some())
}
