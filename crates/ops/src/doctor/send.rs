//! A message from one end to the other, as a user: accepted, a machine woken, the model asked, the
//! reply on record.

use std::time::Duration;

use anyhow::{Context, ensure};
use bytes::Bytes;
use http::{Request, StatusCode, header};
use platform::{Clock, SystemClock};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::check::Check;
use super::patient::Patient;
use crate::output::span;

const WHAT: &str = "a message";
const CONVERSATION: &str = "ops-doctor";
const ASKED: &str = "This is a test of the operator's. Answer with the one word: fine";
/// Less than the API's rate for one user.
const LOOK_EVERY: Duration = Duration::from_secs(1);

pub(super) async fn look(patient: &Patient<'_>, token: &str, within: u64) -> Check {
    let base = match patient.need(WHAT, "API_URL") {
        Ok(url) => url.trim_end_matches('/').to_owned(),
        Err(check) => return check,
    };
    let caller = Caller { patient, base, token };
    let to_do = "ops status; then the logs of `api`, of the watchdog and of the bridge";
    match caller.send_and_wait(Duration::from_secs(within)).await {
        Ok(Ok(took)) => Check::ok(WHAT, format!("answered after {}", span(took))),
        Ok(Err(why)) => Check::problem(WHAT, why, to_do),
        Err(error) => Check::problem(WHAT, format!("{error:#}"), to_do),
    }
}

struct Caller<'a> {
    patient: &'a Patient<'a>,
    base: String,
    token: &'a str,
}

impl Caller<'_> {
    async fn send_and_wait(&self, within: Duration) -> anyhow::Result<Result<Duration, String>> {
        let id = format!("ops-doctor-{}", SystemClock.now().millis());
        let began = Instant::now();
        let path = format!("/conversations/{CONVERSATION}/messages");
        let said = json!({ "messageId": id, "message": ASKED });
        let (status, said) = self.ask("POST", &path, &said.to_string()).await?;
        ensure!(status != StatusCode::UNAUTHORIZED, "the token is not taken: get a new one");
        ensure!(status.is_success(), "the message was refused with {status}: {}", said["detail"]);
        loop {
            let reply = format!("/conversations/{CONVERSATION}/messages/{id}/reply");
            let (status, said) = self.ask("GET", &reply, "").await?;
            match status {
                StatusCode::OK => return Ok(verdict(&said, began.elapsed())),
                StatusCode::NOT_FOUND if began.elapsed() < within => {}
                StatusCode::NOT_FOUND => {
                    return Ok(Err(format!("it is not answered after {}", span(within))));
                }
                other => anyhow::bail!("the API answered {other}: {}", said["detail"]),
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    async fn ask(
        &self,
        method: &str,
        path: &str,
        body: &str,
    ) -> anyhow::Result<(StatusCode, Value)> {
        let request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.base))
            .header(header::AUTHORIZATION, format!("Bearer {}", self.token))
            .header(header::CONTENT_TYPE, "application/json")
            .body(Bytes::from(body.to_owned()))
            .context("the token cannot be sent")?;
        let answer = self.patient.web.ask(request).await?;
        Ok((answer.status(), serde_json::from_slice(answer.body()).unwrap_or_default()))
    }
}

fn verdict(reply: &Value, took: Duration) -> Result<Duration, String> {
    match reply["outcome"].as_str() {
        Some("complete" | "truncated") => Ok(took),
        _ => Err(reply["error"].as_str().unwrap_or("it was not answered").to_owned()),
    }
}
