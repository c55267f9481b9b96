//! `ops user export`: the zip that the user himself would get from `GET /me/export`.

use std::path::Path;

use anyhow::{Context, ensure};
use bytes::Bytes;
use domain::UserId;
use http::Request;
use http_body_util::BodyExt;
use protocol::{ExportOffer, LeftOut};
use serde_json::json;
use tokio::fs::{File, OpenOptions};
use tokio::io::AsyncWriteExt;

use crate::Verdict;
use crate::environment::Environment;
use crate::output::{counted, say, size};
use crate::ports::Ports;
use crate::setup::usage;
use crate::web::Web;

pub(super) async fn run(
    environment: &Environment,
    ports: &Ports,
    user: &UserId,
    to: &Path,
    json: bool,
) -> anyhow::Result<Verdict> {
    // The use case would make a new one, which opens nothing.
    if let Some(key_file) = environment.get("SNAPSHOT_KEY_FILE") {
        ensure!(Path::new(&key_file).exists(), "there is no key file {key_file}");
    }
    let mut file = new_file(to).await?;
    let exported = export(ports, user, &mut file).await;
    let offer = match exported {
        Ok(offer) => offer,
        Err(error) => {
            // Half a zip is none.
            tokio::fs::remove_file(to).await.ok();
            return Err(error);
        }
    };
    say(user, to, &offer, json);
    Ok(Verdict::Fine)
}

/// Readable by its owner alone: it is somebody's whole memory.
async fn new_file(to: &Path) -> anyhow::Result<File> {
    let opened = OpenOptions::new().write(true).create_new(true).mode(0o600).open(to).await;
    opened.map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => {
            usage(format!("{} is there already; name a new file", to.display()))
        }
        _ => anyhow::Error::new(error).context(format!("cannot write {}", to.display())),
    })
}

async fn export(ports: &Ports, user: &UserId, file: &mut File) -> anyhow::Result<ExportOffer> {
    eprintln!("collecting what there is of `{user}` (20 s at most)…");
    let offer = ports.api.export.run(user).await?;
    eprintln!("fetching {}…", size(offer.bytes));
    let request = Request::get(&offer.url).body(Bytes::new())?;
    let answer = Web::new()?.begin(request).await?;
    ensure!(answer.status().is_success(), "the bucket answered {}", answer.status());
    let (mut body, mut written) = (answer.into_body(), 0);
    while let Some(frame) = body.frame().await {
        if let Ok(data) = frame.context("the download broke off")?.into_data() {
            written += data.len() as u64;
            file.write_all(&data).await?;
        }
    }
    file.flush().await?;
    ensure!(written == offer.bytes, "only {written} of {} bytes came", offer.bytes);
    Ok(offer)
}

fn say(user: &UserId, to: &Path, offer: &ExportOffer, json: bool) {
    let (to, bytes) = (to.display(), offer.bytes);
    if json {
        let (contents, left_out) = (&offer.contents, &offer.left_out);
        say!(
            "{}",
            json!({ "user": user, "to": to.to_string(), "bytes": bytes, "contents": contents, "leftOut": left_out })
        );
        return;
    }
    say!("exported `{user}` to {to}: {}", size(bytes));
    if !offer.left_out.is_empty() {
        say!("{} left out:", counted(offer.left_out.len(), "thing"));
    }
    for LeftOut { path, why, how } in &offer.left_out {
        say!("  {path}: {why} {how}");
    }
}
