//! What the user has chosen. It counts from the agent's next wake.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use control_plane::ChooseError;
use domain::{Setting, SettingKey, UnknownSetting};
use protocol::{Changed, PutSetting, SettingValue, SettingsPage};
use serde::Deserialize;
use serde_json::Value;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::extract::{Body, Caller, Path};
use crate::problem::{NotFound, Problem};
use crate::routes::{Answer, Shared};

pub(crate) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(list_settings)).routes(routes!(
        read_setting,
        put_setting,
        remove_setting
    ))
}

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Path)]
struct OfSetting {
    /// `model`, `instructions`, `timeZone`, `idle`, `notifications`, `language`,
    /// `wakeOnOpen` or `spendCap`.
    key: String,
}

/// What you have chosen, what holds of the rest, and what there is to choose from.
#[utoipa::path(get, path = "/settings", tag = "settings",
    responses((status = 200, body = SettingsPage)))]
async fn list_settings(State(ports): State<Shared>, Caller(user): Caller) -> Answer<SettingsPage> {
    let offered = &ports.settings.offered;
    Ok(Json(SettingsPage {
        chosen: ports.settings.all(&user).await?.into(),
        defaults: offered.defaults().into(),
        offered: offered.into(),
    }))
}

/// One setting: what you have chosen, else what holds by default.
#[utoipa::path(get, path = "/settings/{key}", tag = "settings", params(OfSetting),
    responses((status = 200, body = SettingValue), NotFound))]
async fn read_setting(
    State(ports): State<Shared>,
    Caller(user): Caller,
    Path(OfSetting { key }): Path<OfSetting>,
) -> Answer<SettingValue> {
    let key: SettingKey = key.parse()?;
    let chosen = ports.settings.get(&user, key).await?;
    let is_chosen = chosen.is_some();
    let held = chosen.or_else(|| ports.settings.offered.defaults().get(key));
    let value = held.map_or(Value::Null, |setting| setting.to_json());
    Ok(Json(SettingValue { key: key.to_string(), value, chosen: is_chosen }))
}

/// Chooses. It counts from your agent's next wake.
#[utoipa::path(put, path = "/settings/{key}", tag = "settings", params(OfSetting),
    request_body = PutSetting, responses((status = 200, body = SettingValue), NotFound))]
async fn put_setting(
    State(ports): State<Shared>,
    Caller(user): Caller,
    Path(OfSetting { key }): Path<OfSetting>,
    Body(put): Body<PutSetting>,
) -> Answer<SettingValue> {
    let setting = ports.settings.put(&user, key.parse()?, &put.value).await?;
    ports.tell.changed(&user, Changed::Settings).await;
    Ok(Json(chosen(&setting)))
}

/// As by default again.
#[utoipa::path(delete, path = "/settings/{key}", tag = "settings", params(OfSetting),
    responses((status = 204, description = "It is as by default."), NotFound))]
async fn remove_setting(
    State(ports): State<Shared>,
    Caller(user): Caller,
    Path(OfSetting { key }): Path<OfSetting>,
) -> Result<StatusCode, Problem> {
    ports.settings.remove(&user, key.parse()?).await?;
    ports.tell.changed(&user, Changed::Settings).await;
    Ok(StatusCode::NO_CONTENT)
}

fn chosen(setting: &Setting) -> SettingValue {
    SettingValue { key: setting.key().to_string(), value: setting.to_json(), chosen: true }
}

impl From<UnknownSetting> for Problem {
    fn from(error: UnknownSetting) -> Self {
        Self::not_found(format!("{error}."))
    }
}

impl From<ChooseError> for Problem {
    fn from(error: ChooseError) -> Self {
        match error {
            ChooseError::Invalid(error) => Self::bad_request(format!("{error}.")),
            ChooseError::Unavailable(error) => error.into(),
        }
    }
}
