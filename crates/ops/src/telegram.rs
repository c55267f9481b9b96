//! `ops telegram`: where Telegram brings what people write to the bot.

use anyhow::Context;
use domain::{TELEGRAM_COMMANDS, Timestamp};
use http::Uri;
use platform::Bot;
use platform_aws::{Aws, Lookup, TelegramBot, WebhookSecret};
use serde_json::json;
use telegram::{ALLOWED_UPDATES, Api, Command, Error, Webhook, WebhookInfo};

use crate::Verdict;
use crate::cli::Telegram;
use crate::output::{self, say};
use crate::setup::{misconfigured, usage};

/// Telegram connects to no others (Bot API, `setWebhook`).
const PORTS: [u16; 4] = [443, 80, 88, 8443];

/// Of one webhook secret (Bot API, `setWebhook`).
const SECRET_MAX_CHARS: usize = 256;

pub(crate) async fn run(command: &Telegram, lookup: Lookup<'_>, json: bool) -> Result {
    let aws = Aws::from_lookup(lookup).map_err(misconfigured)?;
    let bot = TelegramBot::from_lookup(&aws, lookup).map_err(misconfigured)?;
    let none = || misconfigured("environment variable TELEGRAM_TOKEN_PARAMETER is not set");
    let bot = bot.ok_or_else(none)?;
    match command {
        Telegram::Set { url, max_connections, drop_pending } => {
            check(url, bot.is_simulated())?;
            let secret = secret(&aws, lookup).await?;
            let webhook = Webhook {
                url,
                secret_token: &secret,
                max_connections: *max_connections,
                drop_pending_updates: *drop_pending,
            };
            set(&bot, &webhook, json).await
        }
        Telegram::Show => show(&bot, json).await,
        Telegram::Delete { only } => delete(&bot, only.as_deref(), json).await,
    }
}

type Result = anyhow::Result<Verdict>;

/// What Telegram would refuse, before it is asked and in our words.
fn check(url: &str, is_simulated: bool) -> anyhow::Result<()> {
    let uri: Uri = url.parse().map_err(|_| usage(format!("`{url}` is not an address")))?;
    if is_simulated {
        return Ok(());
    }
    if uri.scheme_str() != Some("https") {
        return Err(usage(format!("`{url}` is not https: Telegram brings updates to no other")));
    }
    if uri.port_u16().is_some_and(|port| !PORTS.contains(&port)) {
        return Err(usage(format!("`{url}`: Telegram connects to port 443, 80, 88 or 8443 only")));
    }
    if uri.host().is_some_and(|host| host.starts_with('[')) {
        return Err(usage(format!("`{url}`: Telegram does not connect to IPv6 addresses")));
    }
    if uri.path().trim_matches('/').is_empty() {
        return Err(usage(format!("`{url}` has no path: the webhook is at …/telegram")));
    }
    Ok(())
}

async fn secret(aws: &Aws, lookup: Lookup<'_>) -> anyhow::Result<String> {
    let secret = WebhookSecret::from_lookup(aws, lookup).map_err(misconfigured)?;
    let secret = secret.context("there is no bot")?.read().await?;
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    anyhow::ensure!(
        secret.len() <= SECRET_MAX_CHARS && secret.chars().all(allowed),
        "the webhook's secret must be 1 to 256 letters, digits, `_` and `-`: put another one into \
         the parameter (openssl rand -hex 32)"
    );
    Ok(secret)
}

async fn set(bot: &TelegramBot, webhook: &Webhook<'_>, json: bool) -> Result {
    let api = bot.api().await?;
    api.set_webhook(webhook).await.map_err(told)?;
    let commands = TELEGRAM_COMMANDS;
    let commands = commands.map(|(command, description)| Command { command, description });
    api.set_my_commands(&commands).await.map_err(told)?;
    let (me, url) = (bot.me().await?, webhook.url);
    match json {
        true => say!("{}", json!({"bot": me.id, "username": me.username, "url": url})),
        false => {
            say!("Telegram brings what people write to @{} to {url}", me.username);
            say!("{} commands are in its menu", commands.len());
        }
    }
    Ok(Verdict::Fine)
}

async fn show(bot: &TelegramBot, json: bool) -> Result {
    let info = bot.api().await?.get_webhook_info().await.map_err(told)?;
    let me = bot.me().await?;
    if json {
        let bot = json!({"id": me.id, "username": me.username});
        say!("{}", json!({"bot": bot, "webhook": info}));
    } else {
        say!("bot         @{} ({})", me.username, me.id);
        print(&info);
    }
    let is_fine = !info.url.is_empty() && asks_for_ours(&info) && !is_stuck(&info);
    Ok(if is_fine { Verdict::Fine } else { Verdict::ProblemFound })
}

/// Whether what people write reaches us.
pub(crate) enum Brought {
    /// To this address.
    Well(String),
    /// Why not.
    Badly(String),
}

pub(crate) async fn brought(bot: &TelegramBot) -> anyhow::Result<Brought> {
    let info = bot.api().await?.get_webhook_info().await.map_err(told)?;
    Ok(match &info.last_error_message {
        _ if info.url.is_empty() => Brought::Badly("there is none: the bot answers nobody".into()),
        _ if !asks_for_ours(&info) => {
            Brought::Badly("it asks for other updates than we need".into())
        }
        Some(error) if is_stuck(&info) => {
            let (waiting, meaning) = (info.pending_update_count, in_plain_words(error));
            Brought::Badly(format!(
                "{waiting} updates wait; the last try failed: {error}: {meaning}"
            ))
        }
        _ => Brought::Well(info.url),
    })
}

fn print(info: &WebhookInfo) {
    let waiting = info.pending_update_count;
    if info.url.is_empty() {
        say!("webhook     none: the bot answers nobody; ops telegram set URL");
        say!("waiting     {waiting}; Telegram keeps them for 24 hours");
        return;
    }
    say!("webhook     {}", info.url);
    say!("waiting     {waiting}");
    if let Some(most) = info.max_connections {
        say!("at once     {most}");
    }
    if !asks_for_ours(info) {
        say!("asks for    other updates than we need; ops telegram set {}", info.url);
    }
    match (&info.last_error_message, info.last_error_date) {
        (Some(error), Some(at)) => {
            say!("last error  {} UTC: {error}", output::time(seconds(at)));
            say!("            {}", in_plain_words(error));
        }
        _ => say!("last error  none"),
    }
}

fn seconds(at: i64) -> Timestamp {
    Timestamp(u64::try_from(at).unwrap_or(0).saturating_mul(1_000))
}

fn asks_for_ours(info: &WebhookInfo) -> bool {
    let asked = info.allowed_updates.as_deref().unwrap_or_default();
    ALLOWED_UPDATES.iter().all(|ours| asked.iter().any(|it| it == ours))
}

/// Something waits, and the last try failed.
fn is_stuck(info: &WebhookInfo) -> bool {
    info.pending_update_count > 0 && info.last_error_message.is_some()
}

/// What Telegram's words mean here, and what to do.
fn in_plain_words(error: &str) -> &'static str {
    const MEANINGS: [(&[&str], &str); 6] = [
        (&["401", "403"], "the secret that Telegram has is not ours: run `ops telegram set` again"),
        (&["404", "405"], "nothing takes updates at this address"),
        (&["500", "502", "503", "504"], "we could not take it; the webhook's log says why"),
        (&["timed out", "timeout"], "we did not answer in time; the webhook's log says why"),
        (&["resolve", "Connection refused"], "nobody is at this address"),
        (&["SSL", "certificate"], "Telegram does not trust this address's certificate"),
    ];
    let meaning = MEANINGS.iter().find(|(words, _)| words.iter().any(|it| error.contains(it)));
    meaning.map_or("Telegram tries again for 24 hours", |(_, meaning)| meaning)
}

async fn delete(bot: &TelegramBot, only: Option<&str>, json: bool) -> Result {
    let api: Api = bot.api().await?;
    if let Some(ours) = only {
        let there = api.get_webhook_info().await.map_err(told)?.url;
        if there != ours {
            match json {
                true => say!("{}", json!({"left": there})),
                false if there.is_empty() => say!("the bot has no webhook"),
                false => say!("the bot's webhook is {there}, which is left as it is"),
            }
            return Ok(Verdict::Fine);
        }
    }
    api.delete_webhook().await.map_err(told)?;
    let waiting = api.get_webhook_info().await.map_err(told)?.pending_update_count;
    let me = bot.me().await?;
    match json {
        true => say!("{}", json!({"bot": me.id, "pending": waiting})),
        false => {
            say!("Telegram brings nothing any more: @{} answers nobody", me.username);
            say!(
                "what people write it keeps for 24 hours ({waiting} now) and brings when a \
                 webhook is set again"
            );
        }
    }
    Ok(Verdict::Fine)
}

fn told(error: Error) -> anyhow::Error {
    let error = anyhow::Error::new(error);
    if matches!(error.downcast_ref(), Some(Error::Unauthorized)) {
        return error.context("put the token that BotFather gave into the parameter again");
    }
    error
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_telegram_would_refuse_is_refused_before() {
        for url in ["https://a.example/telegram", "https://a.example:8443/x"] {
            check(url, false).expect(url);
        }
        for (url, words) in [
            ("http://a.example/telegram", "is not https"),
            ("a b", "is not an address"),
            ("https://a.example:8080/telegram", "port 443, 80, 88 or 8443"),
            ("https://[2001:db8::1]/telegram", "IPv6"),
            ("https://a.example/", "has no path"),
        ] {
            let error = check(url, false).expect_err(url).to_string();
            assert!(error.contains(words), "{error}");
        }
        check("http://127.0.0.1:8787/telegram", true).expect("a simulator");
    }

    #[test]
    fn an_error_is_explained() {
        let words = in_plain_words;
        assert!(words("Wrong response from the webhook: 401 Unauthorized").contains("secret"));
        assert!(words("Wrong response from the webhook: 503").contains("log"));
        assert!(words("Connection timed out").contains("in time"));
        assert!(words("SSL error {error:1416F086}").contains("certificate"));
        assert!(words("of tomorrow").contains("24 hours"));
    }
}
