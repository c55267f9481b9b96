//! Multipart uploads. They live as long as the process; a client that comes
//! back later gets NoSuchUpload, as after an expired upload.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Mutex,
};

use data_encoding::HEXLOWER;
use s3s::{
    S3Error, S3Request, S3Result,
    crypto::{Checksum as _, Md5},
    dto::*,
    s3_error,
};

use super::{
    LocalS3,
    checksums::{self, Received, Staged},
    operations::meta,
    store::{Condition, Meta, Sums},
};
use crate::clock;

/// S3's own limit, for every part but the last.
const SMALLEST_PART: u64 = 5 * 1024 * 1024;

#[derive(Default)]
pub(super) struct Uploads(Mutex<HashMap<String, Upload>>);

impl std::fmt::Debug for Uploads {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Uploads").finish_non_exhaustive()
    }
}

struct Upload {
    bucket: String,
    meta: Meta,
    parts: BTreeMap<i32, Received>,
}

impl LocalS3 {
    pub(super) fn start_upload(
        &self,
        req: S3Request<CreateMultipartUploadInput>,
    ) -> S3Result<CreateMultipartUploadOutput> {
        let (input, headers) = (req.input, req.headers);
        drop(self.store.index(&input.bucket)?);
        let nothing = Received {
            staged: Staged(self.store.stage()),
            size: 0,
            md5: [0; 16],
            sums: Sums::default(),
        };
        let meta = Meta {
            metadata: input.metadata.unwrap_or_default(),
            ..meta(input.key.clone(), &nothing, &headers)
        };
        let id = format!("{:032x}", rand::random::<u128>());
        let upload = Upload { bucket: input.bucket.clone(), meta, parts: BTreeMap::new() };
        self.uploads.lock().insert(id.clone(), upload);
        Ok(CreateMultipartUploadOutput {
            bucket: Some(input.bucket),
            key: Some(input.key),
            upload_id: Some(id),
            checksum_algorithm: input.checksum_algorithm,
            ..Default::default()
        })
    }

    pub(super) async fn receive_part(
        &self,
        req: S3Request<UploadPartInput>,
    ) -> S3Result<UploadPartOutput> {
        let (input, trailers) = (req.input, req.trailing_headers.as_ref());
        let find = |uploads: &mut HashMap<String, Upload>| {
            find(uploads, &input.upload_id, &input.bucket, &input.key).map(|_| ())
        };
        find(&mut self.uploads.lock())?;
        let staged = self.store.stage();
        let received = checksums::receive(input.body, staged, &req.headers, trailers).await?;
        let output = UploadPartOutput {
            e_tag: Some(ETag::Strong(received.etag())),
            checksum_crc32: received.sums.crc32.clone(),
            checksum_crc32c: received.sums.crc32c.clone(),
            checksum_crc64nvme: received.sums.crc64nvme.clone(),
            checksum_sha1: received.sums.sha1.clone(),
            checksum_sha256: received.sums.sha256.clone(),
            ..Default::default()
        };
        let mut uploads = self.uploads.lock();
        let upload = self::find(&mut uploads, &input.upload_id, &input.bucket, &input.key)?;
        upload.parts.insert(input.part_number, received);
        Ok(output)
    }

    pub(super) async fn complete_upload(
        &self,
        input: CompleteMultipartUploadInput,
    ) -> S3Result<CompleteMultipartUploadOutput> {
        let (parts, meta) = self.named_parts(&input)?;
        let staged = Staged(self.store.stage());
        let files: Vec<_> = parts.iter().map(|part| part.path.clone()).collect();
        let target = staged.0.clone();
        tokio::task::spawn_blocking(move || concatenate(&files, &target))
            .await
            .map_err(S3Error::internal_error)?
            .map_err(S3Error::internal_error)?;
        let meta = Meta {
            size: parts.iter().map(|part| part.size).sum(),
            etag: etag_of(&parts),
            modified_ms: clock::now_ms(),
            ..meta
        };
        let etag = ETag::Strong(meta.etag.clone());
        let condition = Condition { if_match: input.if_match, if_none_match: input.if_none_match };
        self.store.publish(&input.bucket, meta, &staged.0, &condition)?;
        self.uploads.lock().remove(&input.upload_id);
        Ok(CompleteMultipartUploadOutput {
            bucket: Some(input.bucket),
            key: Some(input.key),
            e_tag: Some(etag),
            ..Default::default()
        })
    }

    pub(super) fn abort_upload(&self, input: &AbortMultipartUploadInput) -> S3Result<()> {
        let mut uploads = self.uploads.lock();
        find(&mut uploads, &input.upload_id, &input.bucket, &input.key)?;
        uploads.remove(&input.upload_id);
        Ok(())
    }

    /// The parts the client lists, checked; they stay until the object exists,
    /// so that a completion whose condition fails can be tried again.
    fn named_parts(
        &self,
        input: &CompleteMultipartUploadInput,
    ) -> S3Result<(Vec<NamedPart>, Meta)> {
        let mut uploads = self.uploads.lock();
        let upload = find(&mut uploads, &input.upload_id, &input.bucket, &input.key)?;
        let listed = input.multipart_upload.as_ref().and_then(|upload| upload.parts.as_ref());
        let listed = listed.filter(|parts| !parts.is_empty());
        let listed = listed.ok_or_else(|| s3_error!(MalformedXML))?;
        if !listed.is_sorted_by(|a, b| a.part_number < b.part_number) {
            return Err(s3_error!(InvalidPartOrder));
        }
        let last = listed.len() - 1;
        let mut parts = Vec::with_capacity(listed.len());
        for (position, named) in listed.iter().enumerate() {
            let part = upload.parts.get(&named.part_number.unwrap_or_default());
            let part = part.ok_or_else(|| s3_error!(InvalidPart))?;
            if named.e_tag.as_ref().is_some_and(|etag| etag.value() != part.etag()) {
                return Err(s3_error!(InvalidPart));
            }
            if position != last && part.size < SMALLEST_PART {
                return Err(s3_error!(EntityTooSmall));
            }
            parts.push(NamedPart { path: part.staged.0.clone(), size: part.size, md5: part.md5 });
        }
        Ok((parts, upload.meta.clone()))
    }
}

struct NamedPart {
    path: std::path::PathBuf,
    size: u64,
    md5: [u8; 16],
}

impl Uploads {
    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Upload>> {
        self.0.lock().expect("uploads are changed without panics")
    }
}

fn find<'a>(
    uploads: &'a mut HashMap<String, Upload>,
    id: &str,
    bucket: &str,
    key: &str,
) -> S3Result<&'a mut Upload> {
    let upload = uploads.get_mut(id).filter(|it| it.bucket == bucket && it.meta.key == key);
    upload.ok_or_else(|| s3_error!(NoSuchUpload))
}

fn concatenate(parts: &[std::path::PathBuf], target: &std::path::Path) -> std::io::Result<()> {
    let mut target = std::fs::File::create_new(target)?;
    for part in parts {
        std::io::copy(&mut std::fs::File::open(part)?, &mut target)?;
    }
    Ok(())
}

/// S3's convention: the MD5 of the parts' MD5s, and how many there were.
fn etag_of(parts: &[NamedPart]) -> String {
    let mut md5 = Md5::new();
    for part in parts {
        md5.update(&part.md5);
    }
    format!("{}-{}", HEXLOWER.encode(md5.finalize().as_ref()), parts.len())
}
