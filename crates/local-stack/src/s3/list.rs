//! ListObjectsV2 from the index: one ordered walk that starts where the last
//! page ended and jumps over what a delimiter folds together.

use std::{collections::BTreeMap, ops::Bound};

use data_encoding::BASE64URL_NOPAD;
use s3s::{
    S3Error, S3Result,
    dto::{
        CommonPrefix, ETag, ListObjectVersionsInput, ListObjectVersionsOutput, ListObjectsV2Input,
        ListObjectsV2Output, Object, ObjectStorageClass, ObjectVersion,
    },
};

use super::store::Meta;
use crate::s3::operations::timestamp;

const LARGEST_PAGE: i32 = 1000;

enum Entry<'a> {
    Object(&'a Meta),
    Prefix(String),
}

pub(super) fn list(
    index: &BTreeMap<String, Meta>,
    input: ListObjectsV2Input,
) -> S3Result<ListObjectsV2Output> {
    let prefix = input.prefix.clone().unwrap_or_default();
    let delimiter = input.delimiter.clone().filter(|delimiter| !delimiter.is_empty());
    let most = input.max_keys.unwrap_or(LARGEST_PAGE).clamp(0, LARGEST_PAGE);
    let start = start(&input)?;
    let (page, more) = walk(index, &prefix, delimiter.as_deref(), start, most as usize);
    let encode = |key: String| match &input.encoding_type {
        Some(kind) if kind.as_str() == "url" => url_encoded(&key),
        _ => key,
    };
    let next = more.then(|| page.last().map(token)).flatten();
    let count = page.len() as i32;
    let (mut contents, mut common_prefixes) = (Vec::new(), Vec::new());
    for entry in page {
        match entry {
            Entry::Object(meta) => contents.push(object(meta, encode(meta.key.clone()))),
            Entry::Prefix(prefix) => {
                common_prefixes.push(CommonPrefix { prefix: Some(encode(prefix)) });
            }
        }
    }
    Ok(ListObjectsV2Output {
        name: Some(input.bucket),
        prefix: Some(encode(prefix)),
        delimiter: input.delimiter,
        max_keys: Some(most),
        key_count: Some(count),
        is_truncated: Some(more),
        continuation_token: input.continuation_token,
        next_continuation_token: next,
        start_after: input.start_after,
        encoding_type: input.encoding_type,
        contents: Some(contents),
        common_prefixes: Some(common_prefixes),
        ..Default::default()
    })
}

/// The bucket has no versions: of each object there is one, and its name is `null`.
pub(super) fn versions(
    index: &BTreeMap<String, Meta>,
    input: ListObjectVersionsInput,
) -> S3Result<ListObjectVersionsOutput> {
    let listed = list(
        index,
        ListObjectsV2Input {
            bucket: input.bucket.clone(),
            prefix: input.prefix.clone(),
            delimiter: input.delimiter.clone(),
            max_keys: input.max_keys,
            start_after: input.key_marker.clone(),
            ..Default::default()
        },
    )?;
    let versions: Vec<ObjectVersion> = listed.contents.into_iter().flatten().map(version).collect();
    let more = listed.is_truncated.filter(|more| *more);
    let next_key_marker = more.and(versions.last().and_then(|last| last.key.clone()));
    Ok(ListObjectVersionsOutput {
        name: Some(input.bucket),
        prefix: input.prefix,
        key_marker: input.key_marker,
        is_truncated: listed.is_truncated,
        next_version_id_marker: next_key_marker.is_some().then(|| NO_VERSION.to_owned()),
        next_key_marker,
        max_keys: listed.max_keys,
        common_prefixes: listed.common_prefixes,
        versions: Some(versions),
        ..Default::default()
    })
}

const NO_VERSION: &str = "null";

fn version(object: Object) -> ObjectVersion {
    ObjectVersion {
        key: object.key,
        size: object.size,
        e_tag: object.e_tag,
        last_modified: object.last_modified,
        is_latest: Some(true),
        version_id: Some(NO_VERSION.to_owned()),
        ..Default::default()
    }
}

/// The last key or common prefix already delivered.
fn start(input: &ListObjectsV2Input) -> S3Result<String> {
    let Some(token) = &input.continuation_token else {
        return Ok(input.start_after.clone().unwrap_or_default());
    };
    let decoded = BASE64URL_NOPAD.decode(token.as_bytes()).ok();
    decoded.and_then(|bytes| String::from_utf8(bytes).ok()).ok_or_else(|| {
        S3Error::with_message(
            s3s::S3ErrorCode::InvalidArgument,
            "The continuation token provided is incorrect",
        )
    })
}

fn token(last: &Entry<'_>) -> String {
    let last = match last {
        Entry::Object(meta) => &meta.key,
        Entry::Prefix(prefix) => prefix,
    };
    BASE64URL_NOPAD.encode(last.as_bytes())
}

fn walk<'a>(
    index: &'a BTreeMap<String, Meta>,
    prefix: &str,
    delimiter: Option<&str>,
    after: String,
    most: usize,
) -> (Vec<Entry<'a>>, bool) {
    let folded = |key: &str| {
        let delimiter = delimiter?;
        let end = key[prefix.len()..].find(delimiter)? + prefix.len() + delimiter.len();
        Some(key[..end].to_owned())
    };
    let mut page = Vec::new();
    // A page that ended in a common prefix resumes behind all it stands for.
    let ended_in_prefix = after.starts_with(prefix) && folded(&after).is_some_and(|p| p == after);
    let mut from = match (after.as_str() < prefix, ended_in_prefix) {
        (true, _) => Bound::Included(prefix.to_owned()),
        (false, true) => behind(&after),
        (false, false) => Bound::Excluded(after),
    };
    loop {
        let next = index.range::<String, _>((from.clone(), Bound::Unbounded)).next();
        let Some((key, meta)) = next.filter(|(key, _)| key.starts_with(prefix)) else {
            return (page, false);
        };
        if page.len() == most {
            return (page, most > 0);
        }
        if let Some(common) = folded(key) {
            from = behind(&common);
            page.push(Entry::Prefix(common));
        } else {
            from = Bound::Excluded(key.clone());
            page.push(Entry::Object(meta));
        }
    }
}

/// The first place after every key that begins with `prefix`.
fn behind(prefix: &str) -> Bound<String> {
    let last = prefix.char_indices().next_back();
    let Some((at, last)) = last else { return Bound::Unbounded };
    match (last as u32 + 1..=char::MAX as u32).find_map(char::from_u32) {
        Some(next) => Bound::Included(format!("{}{next}", &prefix[..at])),
        None => behind(&prefix[..at]),
    }
}

fn object(meta: &Meta, key: String) -> Object {
    Object {
        key: Some(key),
        size: Some(meta.size as i64),
        e_tag: Some(ETag::Strong(meta.etag.clone())),
        last_modified: Some(timestamp(meta.modified_ms)),
        storage_class: Some(ObjectStorageClass::from_static(ObjectStorageClass::STANDARD)),
        ..Default::default()
    }
}

fn url_encoded(key: &str) -> String {
    let mut encoded = String::with_capacity(key.len());
    for byte in key.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b'/' => {
                encoded.push(byte as char);
            }
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(keys: &[&str]) -> BTreeMap<String, Meta> {
        let meta = |key: &str| Meta { key: key.into(), ..Meta::default() };
        keys.iter().map(|key| (key.to_string(), meta(key))).collect()
    }

    fn pages(index: &BTreeMap<String, Meta>, prefix: &str, delimiter: &str) -> Vec<String> {
        let delimiter = Some(delimiter).filter(|delimiter| !delimiter.is_empty());
        let (mut seen, mut after) = (Vec::new(), String::new());
        loop {
            let (page, more) = walk(index, prefix, delimiter, after, 1);
            let Some(entry) = page.into_iter().next() else { return seen };
            after = match entry {
                Entry::Object(meta) => meta.key.clone(),
                Entry::Prefix(prefix) => prefix,
            };
            seen.push(after.clone());
            if !more {
                return seen;
            }
        }
    }

    #[test]
    fn pages_of_one_deliver_every_entry_once_and_in_order() {
        let index = keys(&["a", "a/1", "a/2", "a0", "b/", "b/x/y", "b/z", "c"]);
        assert_eq!(pages(&index, "", "").len(), 8);
        assert_eq!(pages(&index, "", "/"), ["a", "a/", "a0", "b/", "c"]);
        assert_eq!(pages(&index, "b/", "/"), ["b/", "b/x/", "b/z"]);
        assert_eq!(pages(&index, "nothing", "/"), [""; 0]);
    }
}
