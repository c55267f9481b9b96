//! Receiving a body: staged on disk while everything the client promised about
//! it is computed, and refused before it becomes an object if a promise breaks.

use std::path::{Path, PathBuf};

use data_encoding::{BASE64, HEXLOWER};
use futures_util::StreamExt;
use http::HeaderMap;
use s3s::{
    S3Error, S3Result, TrailingHeaders,
    checksum::ChecksumHasher,
    crypto::{Checksum as _, Crc32, Crc32c, Crc64Nvme, Md5, Sha1, Sha256},
    dto::StreamingBlob,
    s3_error,
};
use tokio::io::AsyncWriteExt;

use super::store::Sums;

pub(super) struct Received {
    pub(super) staged: Staged,
    pub(super) size: u64,
    pub(super) md5: [u8; 16],
    pub(super) sums: Sums,
}

/// A file that disappears unless it was published.
pub(super) struct Staged(pub(super) PathBuf);

impl Drop for Staged {
    fn drop(&mut self) {
        // Published files have been renamed away, and are not found here.
        let _ = std::fs::remove_file(&self.0);
    }
}

impl Received {
    pub(super) fn etag(&self) -> String {
        HEXLOWER.encode(&self.md5)
    }
}

/// The five kinds of checksum, with the header each travels in.
const KINDS: [&str; 5] = ["crc32", "crc32c", "crc64nvme", "sha1", "sha256"];

pub(super) async fn receive(
    body: Option<StreamingBlob>,
    staged: PathBuf,
    headers: &HeaderMap,
    trailers: Option<&TrailingHeaders>,
) -> S3Result<Received> {
    let mut hasher = hasher(headers);
    let mut md5 = Md5::new();
    let staged = Staged(staged);
    let size = write(body, &staged.0, |chunk| {
        hasher.update(chunk);
        md5.update(chunk);
    })
    .await?;
    let md5: [u8; 16] = md5.finalize().as_ref().try_into().expect("MD5 has 16 bytes");
    let sums = Sums::from(hasher.finalize());
    check_md5(headers, &md5)?;
    check_sums(headers, &sums)?;
    if let Some(trailers) = trailers.and_then(TrailingHeaders::take) {
        check_sums(&trailers, &sums)?;
    }
    Ok(Received { staged, size, md5, sums })
}

async fn write(
    body: Option<StreamingBlob>,
    path: &Path,
    mut each: impl FnMut(&[u8]),
) -> S3Result<u64> {
    let file = tokio::fs::File::create(path).await.map_err(S3Error::internal_error)?;
    let mut file = tokio::io::BufWriter::with_capacity(128 * 1024, file);
    let mut size = 0;
    if let Some(mut body) = body {
        while let Some(chunk) = body.next().await {
            let chunk = chunk.map_err(|_| s3_error!(IncompleteBody))?;
            each(&chunk);
            size += chunk.len() as u64;
            file.write_all(&chunk).await.map_err(S3Error::internal_error)?;
        }
    }
    file.flush().await.map_err(S3Error::internal_error)?;
    Ok(size)
}

/// Computes what a header or a trailer is going to claim.
fn hasher(headers: &HeaderMap) -> ChecksumHasher {
    let announced = |kind: &str| {
        let name = format!("x-amz-checksum-{kind}");
        headers.contains_key(&name)
            || headers.get_all("x-amz-trailer").iter().any(|trailer| trailer == name.as_str())
    };
    ChecksumHasher {
        crc32: announced("crc32").then(Crc32::new),
        crc32c: announced("crc32c").then(Crc32c::new),
        crc64nvme: announced("crc64nvme").then(Crc64Nvme::new),
        sha1: announced("sha1").then(Sha1::new),
        sha256: announced("sha256").then(Sha256::new),
    }
}

fn check_sums(claims: &HeaderMap, computed: &Sums) -> S3Result<()> {
    let computed =
        [&computed.crc32, &computed.crc32c, &computed.crc64nvme, &computed.sha1, &computed.sha256];
    for (kind, computed) in KINDS.into_iter().zip(computed) {
        let claimed = claims.get(format!("x-amz-checksum-{kind}"));
        if let (Some(claimed), Some(computed)) = (claimed, computed)
            && claimed.as_bytes() != computed.as_bytes()
        {
            return Err(S3Error::with_message(
                s3s::S3ErrorCode::BadDigest,
                format!("The {kind} you specified did not match the calculated checksum."),
            ));
        }
    }
    Ok(())
}

fn check_md5(headers: &HeaderMap, computed: &[u8; 16]) -> S3Result<()> {
    let Some(claimed) = headers.get("content-md5") else { return Ok(()) };
    match BASE64.decode(claimed.as_bytes()) {
        Ok(claimed) if claimed == computed => Ok(()),
        Ok(claimed) if claimed.len() == computed.len() => Err(s3_error!(BadDigest)),
        _ => Err(s3_error!(InvalidDigest)),
    }
}
