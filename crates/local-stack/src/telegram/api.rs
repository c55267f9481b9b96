//! The Bot API's own address space: `/bot<token>/<method>` and `/file/bot<token>/<path>`.

use std::sync::Arc;

use axum::{
    Router,
    extract::{Path, Request, State},
    http::header,
    response::{IntoResponse, Response},
    routing::{any, get},
};
use serde_json::{Value, json};

use super::{
    Telegram,
    answer::{Answer, Refusal, cut_off},
    faults::strikes,
    params::Params,
    state::Bot,
};

/// Of a file that a bot may fetch (Bot API, `getFile`).
const LARGEST_FILE: u64 = 20 * 1_048_576;
/// Methods whose answer a drill can lose.
const SENDING: [&str; 3] = ["sendmessage", "sendrichmessage", "editmessagetext"];

pub(crate) fn router(telegram: Arc<Telegram>) -> Router {
    Router::new()
        .route("/telegram-api/{bot}/{method}", any(method))
        .route("/telegram-api/file/{bot}/{*path}", get(file))
        .with_state(telegram)
}

async fn method(
    State(telegram): State<Arc<Telegram>>,
    Path((bot, method)): Path<(String, String)>,
    request: Request,
) -> Response {
    match telegram.answer(&bot, &method, request).await {
        Ok(_) if telegram.loses(&method) => cut_off(),
        Ok(answer) => answer.into_response(),
        Err(refusal) => refusal.into_response(),
    }
}

async fn file(
    State(telegram): State<Arc<Telegram>>,
    Path((bot, path)): Path<(String, String)>,
) -> Response {
    if let Err(refusal) = telegram.check_token(&bot) {
        return refusal.into_response();
    }
    let found = telegram.read(|state| {
        let file = state.files.iter().find(|(_, file)| file.path == path);
        file.map(|(id, file)| (id.clone(), file.size))
    });
    match found {
        Some((id, size)) if size <= LARGEST_FILE => match telegram.content(&id).await {
            Ok(bytes) => {
                ([(header::CONTENT_TYPE, "application/octet-stream")], bytes).into_response()
            }
            Err(error) => {
                tracing::error!(%error, "a file of the Telegram stand-in cannot be read");
                Refusal::broken().into_response()
            }
        },
        _ => Refusal::not_found().into_response(),
    }
}

impl Telegram {
    async fn answer(
        self: &Arc<Self>,
        bot: &str,
        method: &str,
        request: Request,
    ) -> Result<Answer, Refusal> {
        self.check_token(bot)?;
        let params = Params::read(request).await?;
        self.call(&method.to_ascii_lowercase(), &params).await
    }

    fn check_token(&self, bot: &str) -> Result<(), Refusal> {
        let token = bot.strip_prefix("bot").ok_or_else(Refusal::not_found)?;
        match self.read(|state| state.bot.token == token) {
            true => Ok(()),
            false => Err(Refusal::unauthorized()),
        }
    }

    fn loses(&self, method: &str) -> bool {
        SENDING.contains(&method.to_ascii_lowercase().as_str())
            && self.change(|state| strikes(&mut state.faults.lost))
    }

    /// `method` in lower case: the Bot API does not mind.
    pub(super) async fn call(
        self: &Arc<Self>,
        method: &str,
        params: &Params,
    ) -> Result<Answer, Refusal> {
        let result = match method {
            "getme" => Ok(self.me()),
            "setwebhook" => return self.set_webhook(params),
            "deletewebhook" => return self.delete_webhook(params),
            "getwebhookinfo" => Ok(self.webhook_info()),
            "getupdates" => self.get_updates(params).await,
            "sendmessage" => self.send_text(params),
            "sendrichmessage" => self.send_rich(params),
            "editmessagetext" => self.edit_text(params),
            "sendmessagedraft" => self.draft_text(params),
            "sendrichmessagedraft" => self.draft_rich(params),
            "sendchataction" => self.chat_action(params),
            "setmycommands" => self.set_commands(params),
            "getmycommands" => Ok(self.read(|state| json!(state.commands))),
            "deletemycommands" => {
                self.change(|state| state.commands.clear());
                Ok(json!(true))
            }
            "getfile" => self.get_file(params),
            _ => return Err(Refusal::no_such_method()),
        };
        result.map(Answer::from)
    }

    fn me(&self) -> Value {
        let mut me = self.read(|state| state.bot.describe());
        me["can_join_groups"] = json!(true);
        // What our side does not answer it must leave alone by its own rules.
        me["can_read_all_group_messages"] = json!(true);
        me["supports_inline_queries"] = json!(false);
        me["has_topics_enabled"] = json!(true);
        me
    }

    fn set_commands(&self, params: &Params) -> Result<Value, Refusal> {
        let commands = params.value("commands")?;
        let commands = commands.as_ref().and_then(Value::as_array);
        let commands = commands.ok_or_else(|| Refusal::bad_request("commands must be an Array"))?;
        if commands.len() > 100 {
            return Err(Refusal::bad_request("BOT_COMMANDS_TOO_MUCH"));
        }
        commands.iter().try_for_each(check_command)?;
        self.change(|state| state.commands = commands.clone());
        Ok(json!(true))
    }

    fn get_file(&self, params: &Params) -> Result<Value, Refusal> {
        let id = params.text("file_id").unwrap_or_default();
        let file = self.read(|state| state.files.get(&id).cloned());
        let file = file.ok_or_else(|| {
            Refusal::bad_request("wrong file_id or the file is temporarily unavailable")
        })?;
        if file.size > LARGEST_FILE {
            return Err(Refusal::bad_request("file is too big"));
        }
        Ok(json!({
            "file_id": id, "file_unique_id": super::files::unique(&id), "file_size": file.size,
            "file_path": file.path,
        }))
    }
}

fn check_command(command: &Value) -> Result<(), Refusal> {
    let name = command["command"].as_str().unwrap_or_default();
    let text = command["description"].as_str().unwrap_or_default();
    let ours = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if !(1..=32).contains(&name.len()) || !name.chars().all(ours) {
        return Err(Refusal::bad_request("BOT_COMMAND_INVALID"));
    }
    match (1..=256).contains(&text.chars().count()) {
        true => Ok(()),
        false => Err(Refusal::bad_request("BOT_COMMAND_DESCRIPTION_INVALID")),
    }
}

impl Telegram {
    /// What a person or a script needs to speak as this bot.
    pub(super) fn identity(&self) -> Value {
        self.read(|state| {
            json!({
                "botId": state.bot.id,
                "username": Bot::USERNAME,
                "name": Bot::NAME,
                "api": self.api,
                "token": state.bot.token,
                "webhookSecret": state.bot.secret,
            })
        })
    }
}
