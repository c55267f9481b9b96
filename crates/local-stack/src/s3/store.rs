//! Objects on disk. One file per object, named by the hash of its key, holds
//! the content followed by a JSON footer, so that content and metadata are
//! replaced together by one rename. The listing index is in memory and read
//! from the footers at start.

use std::{
    collections::{BTreeMap, HashMap},
    fs, io,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard},
};

use anyhow::Context;
use data_encoding::HEXLOWER;
use s3s::dto::{Checksum, ETagCondition};
use s3s::{S3Error, S3Result, s3_error};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

const FOOTER_LENGTH_BYTES: u64 = 8;

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Meta {
    pub(super) key: String,
    pub(super) size: u64,
    pub(super) etag: String,
    pub(super) modified_ms: i64,
    pub(super) content_type: Option<String>,
    pub(super) content_encoding: Option<String>,
    pub(super) content_disposition: Option<String>,
    pub(super) cache_control: Option<String>,
    pub(super) metadata: HashMap<String, String>,
    pub(super) checksum: Sums,
}

/// `s3s`'s `Checksum`, serializable.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Sums {
    pub(super) crc32: Option<String>,
    pub(super) crc32c: Option<String>,
    pub(super) crc64nvme: Option<String>,
    pub(super) sha1: Option<String>,
    pub(super) sha256: Option<String>,
}

impl From<Checksum> for Sums {
    fn from(sum: Checksum) -> Self {
        Self {
            crc32: sum.checksum_crc32,
            crc32c: sum.checksum_crc32c,
            crc64nvme: sum.checksum_crc64nvme,
            sha1: sum.checksum_sha1,
            sha256: sum.checksum_sha256,
        }
    }
}

/// `If-Match` and `If-None-Match` of a write.
#[derive(Debug, Default)]
pub(super) struct Condition {
    pub(super) if_match: Option<ETagCondition>,
    pub(super) if_none_match: Option<ETagCondition>,
}

#[derive(Debug)]
pub(super) struct Store {
    root: PathBuf,
    buckets: BTreeMap<String, Mutex<BTreeMap<String, Meta>>>,
}

impl Store {
    pub(super) fn open(root: &Path, buckets: &[String]) -> anyhow::Result<Self> {
        let staging = root.join("staging");
        // Whatever is staged belongs to a process that is gone.
        let _ = fs::remove_dir_all(&staging);
        fs::create_dir_all(&staging)?;
        let mut opened = BTreeMap::new();
        for bucket in buckets {
            let dir = root.join("buckets").join(bucket);
            fs::create_dir_all(&dir)?;
            let index = read_index(&dir)
                .with_context(|| format!("could not read the objects in {}", dir.display()))?;
            opened.insert(bucket.clone(), Mutex::new(index));
        }
        Ok(Self { root: root.to_owned(), buckets: opened })
    }

    pub(super) fn index(&self, bucket: &str) -> S3Result<MutexGuard<'_, BTreeMap<String, Meta>>> {
        let index = self.buckets.get(bucket).ok_or_else(|| {
            S3Error::with_message(
                s3s::S3ErrorCode::NoSuchBucket,
                "The specified bucket does not exist",
            )
        })?;
        Ok(index.lock().expect("the index is changed without panics"))
    }

    pub(super) fn meta(&self, bucket: &str, key: &str) -> S3Result<Meta> {
        let found = self.index(bucket)?.get(key).cloned();
        found.ok_or_else(|| {
            S3Error::with_message(s3s::S3ErrorCode::NoSuchKey, "The specified key does not exist.")
        })
    }

    /// Opens an object. Its footer is read from the open file, so that a
    /// replacement meanwhile cannot mix two objects.
    pub(super) fn read(&self, bucket: &str, key: &str) -> S3Result<(Meta, fs::File)> {
        self.meta(bucket, key)?;
        let opened = fs::File::open(self.path(bucket, key));
        let file = opened.map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => s3_error!(NoSuchKey),
            _ => S3Error::internal_error(error),
        })?;
        let meta = read_footer(&file).map_err(S3Error::internal_error)?;
        Ok((meta, file))
    }

    pub(super) fn stage(&self) -> PathBuf {
        self.root.join("staging").join(format!("{:032x}", rand::random::<u128>()))
    }

    /// Makes a staged file the object, if the condition holds at that moment.
    pub(super) fn publish(
        &self,
        bucket: &str,
        meta: Meta,
        staged: &Path,
        condition: &Condition,
    ) -> S3Result<()> {
        append_footer(staged, &meta).map_err(S3Error::internal_error)?;
        let mut index = self.index(bucket)?;
        condition.check(index.get(&meta.key))?;
        fs::rename(staged, self.path(bucket, &meta.key)).map_err(S3Error::internal_error)?;
        index.insert(meta.key.clone(), meta);
        Ok(())
    }

    pub(super) fn delete(
        &self,
        bucket: &str,
        key: &str,
        if_match: Option<ETagCondition>,
    ) -> S3Result<()> {
        let mut index = self.index(bucket)?;
        let condition = Condition { if_match, if_none_match: None };
        condition.check(index.get(key))?;
        if index.remove(key).is_some() {
            fs::remove_file(self.path(bucket, key)).map_err(S3Error::internal_error)?;
        }
        Ok(())
    }

    fn path(&self, bucket: &str, key: &str) -> PathBuf {
        let name = HEXLOWER.encode(&Sha256::digest(key.as_bytes()));
        self.root.join("buckets").join(bucket).join(name)
    }
}

impl Condition {
    pub(super) fn check(&self, current: Option<&Meta>) -> S3Result<()> {
        let matches = |wanted: &ETagCondition, meta: &Meta| {
            wanted.as_etag().is_none_or(|etag| etag.value() == meta.etag)
        };
        if let (Some(unwanted), Some(current)) = (&self.if_none_match, current)
            && matches(unwanted, current)
        {
            return Err(failed_precondition());
        }
        match (&self.if_match, current) {
            (Some(_), None) => Err(s3_error!(NoSuchKey)),
            (Some(wanted), Some(current)) if !matches(wanted, current) => {
                Err(failed_precondition())
            }
            _ => Ok(()),
        }
    }
}

pub(super) fn failed_precondition() -> S3Error {
    S3Error::with_message(
        s3s::S3ErrorCode::PreconditionFailed,
        "At least one of the pre-conditions you specified did not hold",
    )
}

fn read_index(dir: &Path) -> io::Result<BTreeMap<String, Meta>> {
    fs::read_dir(dir)?
        .map(|entry| {
            let meta = read_footer(&fs::File::open(entry?.path())?)?;
            Ok((meta.key.clone(), meta))
        })
        .collect()
}

fn append_footer(staged: &Path, meta: &Meta) -> io::Result<()> {
    let mut footer = serde_json::to_vec(meta)?;
    let length = footer.len() as u64;
    footer.extend_from_slice(&length.to_le_bytes());
    let mut file = fs::OpenOptions::new().append(true).open(staged)?;
    io::Write::write_all(&mut file, &footer)
}

fn read_footer(file: &fs::File) -> io::Result<Meta> {
    use std::os::unix::fs::FileExt;
    let end = file.metadata()?.len().checked_sub(FOOTER_LENGTH_BYTES).ok_or_else(truncated)?;
    let mut length = [0; FOOTER_LENGTH_BYTES as usize];
    file.read_exact_at(&mut length, end)?;
    let length = u64::from_le_bytes(length);
    let start = end.checked_sub(length).ok_or_else(truncated)?;
    let mut footer = vec![0; usize::try_from(length).map_err(io::Error::other)?];
    file.read_exact_at(&mut footer, start)?;
    Ok(serde_json::from_slice(&footer)?)
}

fn truncated() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "an object's file is truncated")
}
