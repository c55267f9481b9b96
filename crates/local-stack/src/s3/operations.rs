//! The S3 operations the product uses. Everything else is NotImplemented, by
//! the trait's own default.

use std::{
    io::{Read, Seek, SeekFrom},
    time::{Duration, SystemTime},
};

use async_trait::async_trait;
use bytes::Bytes;
use http::HeaderMap;
use s3s::{S3, S3Error, S3Request, S3Response, S3Result, dto::*, s3_error};
use tokio_util::io::ReaderStream;

use super::{
    LocalS3,
    checksums::{self, Received},
    list,
    store::{Condition, Meta, failed_precondition},
};
use crate::clock;

#[async_trait]
impl S3 for LocalS3 {
    async fn head_bucket(
        &self,
        req: S3Request<HeadBucketInput>,
    ) -> S3Result<S3Response<HeadBucketOutput>> {
        drop(self.store.index(&req.input.bucket)?);
        Ok(S3Response::new(HeadBucketOutput::default()))
    }

    async fn put_object(
        &self,
        req: S3Request<PutObjectInput>,
    ) -> S3Result<S3Response<PutObjectOutput>> {
        let (input, headers) = (req.input, req.headers);
        drop(self.store.index(&input.bucket)?);
        let staged = self.store.stage();
        let trailers = req.trailing_headers.as_ref();
        let received = checksums::receive(input.body, staged, &headers, trailers).await?;
        let meta = Meta {
            metadata: input.metadata.unwrap_or_default(),
            ..meta(input.key, &received, &headers)
        };
        let condition = Condition { if_match: input.if_match, if_none_match: input.if_none_match };
        let (etag, sums) = (ETag::Strong(meta.etag.clone()), meta.checksum.clone());
        self.store.publish(&input.bucket, meta, &received.staged.0, &condition)?;
        Ok(S3Response::new(PutObjectOutput {
            e_tag: Some(etag),
            checksum_crc32: sums.crc32,
            checksum_crc32c: sums.crc32c,
            checksum_crc64nvme: sums.crc64nvme,
            checksum_sha1: sums.sha1,
            checksum_sha256: sums.sha256,
            ..Default::default()
        }))
    }

    async fn get_object(
        &self,
        req: S3Request<GetObjectInput>,
    ) -> S3Result<S3Response<GetObjectOutput>> {
        let input = req.input;
        let (meta, mut file) = self.store.read(&input.bucket, &input.key)?;
        check_read(&meta, input.if_match.as_ref(), input.if_none_match.as_ref())?;
        let range = match &input.range {
            Some(range) => range.check(meta.size).map_err(|_| s3_error!(InvalidRange))?,
            None => 0..meta.size,
        };
        file.seek(SeekFrom::Start(range.start)).map_err(S3Error::internal_error)?;
        let length = range.end - range.start;
        let content_range =
            input.range.map(|_| format!("bytes {}-{}/{}", range.start, range.end - 1, meta.size));
        let mut output = described(&meta);
        // A checksum of the whole object says nothing about a part of it.
        if content_range.is_none() && input.checksum_mode.is_some() {
            attach_checksums(&mut output, &meta);
        }
        output.body = Some(body(file, length)?);
        output.content_length = Some(length as i64);
        output.content_range = content_range;
        Ok(S3Response::new(output))
    }

    async fn head_object(
        &self,
        req: S3Request<HeadObjectInput>,
    ) -> S3Result<S3Response<HeadObjectOutput>> {
        let input = req.input;
        let meta = self.store.meta(&input.bucket, &input.key)?;
        check_read(&meta, input.if_match.as_ref(), input.if_none_match.as_ref())?;
        let described = described(&meta);
        Ok(S3Response::new(HeadObjectOutput {
            content_length: Some(meta.size as i64),
            accept_ranges: described.accept_ranges,
            cache_control: described.cache_control,
            content_disposition: described.content_disposition,
            content_encoding: described.content_encoding,
            content_type: described.content_type,
            e_tag: described.e_tag,
            last_modified: described.last_modified,
            metadata: described.metadata,
            ..Default::default()
        }))
    }

    async fn delete_object(
        &self,
        req: S3Request<DeleteObjectInput>,
    ) -> S3Result<S3Response<DeleteObjectOutput>> {
        let input = req.input;
        self.store.delete(&input.bucket, &input.key, input.if_match)?;
        Ok(S3Response::new(DeleteObjectOutput::default()))
    }

    async fn delete_objects(
        &self,
        req: S3Request<DeleteObjectsInput>,
    ) -> S3Result<S3Response<DeleteObjectsOutput>> {
        const MOST: usize = 1000;
        let DeleteObjectsInput { bucket, delete, .. } = req.input;
        if delete.objects.len() > MOST {
            return Err(s3_error!(MalformedXML));
        }
        let mut deleted = Vec::new();
        for object in delete.objects {
            self.store.delete(&bucket, &object.key, None)?;
            deleted.push(DeletedObject { key: Some(object.key), ..Default::default() });
        }
        let quiet = delete.quiet.unwrap_or(false);
        let deleted = (!quiet).then_some(deleted);
        Ok(S3Response::new(DeleteObjectsOutput { deleted, ..Default::default() }))
    }

    async fn list_objects_v2(
        &self,
        req: S3Request<ListObjectsV2Input>,
    ) -> S3Result<S3Response<ListObjectsV2Output>> {
        let index = self.store.index(&req.input.bucket)?;
        list::list(&index, req.input.clone()).map(S3Response::new)
    }

    async fn list_object_versions(
        &self,
        req: S3Request<ListObjectVersionsInput>,
    ) -> S3Result<S3Response<ListObjectVersionsOutput>> {
        let index = self.store.index(&req.input.bucket)?;
        list::versions(&index, req.input.clone()).map(S3Response::new)
    }

    async fn copy_object(
        &self,
        req: S3Request<CopyObjectInput>,
    ) -> S3Result<S3Response<CopyObjectOutput>> {
        let input = req.input;
        let CopySource::Bucket { bucket, key, .. } = &input.copy_source else {
            return Err(s3_error!(NotImplemented));
        };
        let (source, file) = self.store.read(bucket, key)?;
        let replaces = input
            .metadata_directive
            .is_some_and(|directive| directive.as_str() == MetadataDirective::REPLACE);
        let content = body(file, source.size)?;
        let none = HeaderMap::new();
        let staged = self.store.stage();
        let received = checksums::receive(Some(content), staged, &none, None).await?;
        let meta = match replaces {
            false => Meta { key: input.key, modified_ms: clock::now_ms(), ..source },
            true => Meta {
                metadata: input.metadata.unwrap_or_default(),
                etag: source.etag,
                checksum: source.checksum,
                ..meta(input.key, &received, &req.headers)
            },
        };
        let result = CopyObjectResult {
            e_tag: Some(ETag::Strong(meta.etag.clone())),
            last_modified: Some(timestamp(meta.modified_ms)),
            ..Default::default()
        };
        self.store.publish(&input.bucket, meta, &received.staged.0, &Condition::default())?;
        let copy_object_result = Some(result);
        Ok(S3Response::new(CopyObjectOutput { copy_object_result, ..Default::default() }))
    }

    async fn create_multipart_upload(
        &self,
        req: S3Request<CreateMultipartUploadInput>,
    ) -> S3Result<S3Response<CreateMultipartUploadOutput>> {
        self.start_upload(req).map(S3Response::new)
    }

    async fn upload_part(
        &self,
        req: S3Request<UploadPartInput>,
    ) -> S3Result<S3Response<UploadPartOutput>> {
        self.receive_part(req).await.map(S3Response::new)
    }

    async fn complete_multipart_upload(
        &self,
        req: S3Request<CompleteMultipartUploadInput>,
    ) -> S3Result<S3Response<CompleteMultipartUploadOutput>> {
        self.complete_upload(req.input).await.map(S3Response::new)
    }

    async fn abort_multipart_upload(
        &self,
        req: S3Request<AbortMultipartUploadInput>,
    ) -> S3Result<S3Response<AbortMultipartUploadOutput>> {
        self.abort_upload(&req.input)?;
        Ok(S3Response::new(AbortMultipartUploadOutput::default()))
    }
}

fn check_read(
    meta: &Meta,
    if_match: Option<&ETagCondition>,
    if_none_match: Option<&ETagCondition>,
) -> S3Result<()> {
    let is_it =
        |wanted: &ETagCondition| wanted.as_etag().is_none_or(|etag| etag.value() == meta.etag);
    match (if_match, if_none_match) {
        (Some(wanted), _) if !is_it(wanted) => Err(failed_precondition()),
        (_, Some(known)) if is_it(known) => Err(s3_error!(NotModified)),
        _ => Ok(()),
    }
}

pub(super) fn meta(key: String, received: &Received, headers: &HeaderMap) -> Meta {
    let header =
        |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    Meta {
        key,
        size: received.size,
        etag: received.etag(),
        modified_ms: clock::now_ms(),
        content_type: header("content-type"),
        // `aws-chunked` is how the body travelled, not what it is.
        content_encoding: header("content-encoding").filter(|coding| coding != "aws-chunked"),
        content_disposition: header("content-disposition"),
        cache_control: header("cache-control"),
        metadata: Metadata::default(),
        checksum: received.sums.clone(),
    }
}

fn described(meta: &Meta) -> GetObjectOutput {
    GetObjectOutput {
        accept_ranges: Some("bytes".into()),
        cache_control: meta.cache_control.clone(),
        content_disposition: meta.content_disposition.clone(),
        content_encoding: meta.content_encoding.clone(),
        content_type: meta.content_type.clone(),
        e_tag: Some(ETag::Strong(meta.etag.clone())),
        last_modified: Some(timestamp(meta.modified_ms)),
        metadata: Some(meta.metadata.clone()).filter(|metadata| !metadata.is_empty()),
        ..Default::default()
    }
}

fn attach_checksums(output: &mut GetObjectOutput, meta: &Meta) {
    let sums = meta.checksum.clone();
    output.checksum_crc32 = sums.crc32;
    output.checksum_crc32c = sums.crc32c;
    output.checksum_crc64nvme = sums.crc64nvme;
    output.checksum_sha1 = sums.sha1;
    output.checksum_sha256 = sums.sha256;
}

/// Small ranges at once, since a stream costs a thread hop per chunk.
fn body(file: std::fs::File, length: u64) -> S3Result<StreamingBlob> {
    const AT_ONCE: u64 = 256 * 1024;
    if length > AT_ONCE {
        let part = tokio::io::AsyncReadExt::take(tokio::fs::File::from_std(file), length);
        return Ok(StreamingBlob::wrap(ReaderStream::with_capacity(part, 128 * 1024)));
    }
    let mut content = Vec::with_capacity(length as usize);
    file.take(length).read_to_end(&mut content).map_err(S3Error::internal_error)?;
    Ok(StreamingBlob::from(s3s::Body::from(Bytes::from(content))))
}

pub(super) fn timestamp(ms: i64) -> Timestamp {
    let since = Duration::from_millis(u64::try_from(ms).unwrap_or_default());
    Timestamp::from(SystemTime::UNIX_EPOCH + since)
}
