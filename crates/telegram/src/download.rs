//! Files, piece by piece.

use std::time::Duration;

use bytes::Bytes;
use http::{StatusCode, header};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use serde::Deserialize;

use crate::error::Error;
use crate::server::{Server, in_time};
use crate::token::Token;

/// Until a file begins, and between any two pieces of it.
const PIECE_WITHIN: Duration = Duration::from_secs(15);

#[derive(Deserialize)]
pub(crate) struct Place {
    file_path: Option<String>,
    file_size: Option<u64>,
}

/// A file on its way. It is whole when `chunk` says that nothing follows.
pub struct Download {
    /// In bytes.
    pub size: u64,
    body: Incoming,
}

/// Its address has the token in it: it never leaves this crate.
pub(crate) async fn open(server: &Server, token: &Token, place: Place) -> Result<Download, Error> {
    let path = place.file_path.ok_or_else(|| Error::Refused("the file has no path".into()))?;
    let path = format!("/file/bot{}/{}", token.secret(), escaped(&path));
    let response = server.get(&path, PIECE_WITHIN).await?;
    match response.status() {
        StatusCode::OK => {}
        StatusCode::NOT_FOUND => return Err(Error::Refused("the file is gone".into())),
        StatusCode::UNAUTHORIZED => return Err(Error::Unauthorized),
        status => {
            let description = "no file".to_owned();
            return Err(Error::Failed { status: status.as_u16(), description });
        }
    }
    let length = response.headers().get(header::CONTENT_LENGTH);
    let length = length.and_then(|length| length.to_str().ok()?.parse().ok());
    let size = length.or(place.file_size);
    let size = size.ok_or_else(|| Error::unreachable("the file's size is not known"))?;
    Ok(Download { size, body: response.into_body() })
}

impl Download {
    /// `None` at the end.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, Error> {
        loop {
            let frame = async { Ok(self.body.frame().await) };
            let Some(frame) = in_time(PIECE_WITHIN, frame).await? else { return Ok(None) };
            // Anything else than data is the trailers.
            if let Ok(data) = frame.map_err(Error::unreachable)?.into_data() {
                return Ok(Some(data));
            }
        }
    }
}

/// A path's segments, whatever people call their files.
fn escaped(path: &str) -> String {
    let mut escaped = String::with_capacity(path.len());
    for byte in path.trim_start_matches('/').bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                escaped.push(char::from(byte));
            }
            byte => escaped.push_str(&format!("%{byte:02X}")),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_a_path_whatever_is_in_it() {
        assert_eq!(escaped("photos/file_1.jpg"), "photos/file_1.jpg");
        assert_eq!(escaped("/a b?c#ä"), "a%20b%3Fc%23%C3%A4");
    }
}
