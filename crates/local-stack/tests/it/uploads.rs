//! A page posts a file with a form that was signed for it, and with nothing else.

use std::collections::BTreeMap;

use async_trait::async_trait;
use aws_credential_types::provider::SharedCredentialsProvider;
use domain::limits::UPLOAD_MAX_BYTES;
use domain::{DownloadKey, FileName, Timestamp, UploadId, UploadKey, UserId};
use local_stack::{CREDENTIAL, REGION};
use platform::{Clock, Downloads, SystemClock, Upload, UploadBody, UploadForm, UploadForms};
use platform_aws::config::{Access, Bucket};
use platform_aws::{S3Downloads, S3UploadForms};

use crate::support::{Answer, World, send};

const BUCKET: &str = "openclaw-data";
const PAGE: &str = "http://localhost:5173";
const BOUNDARY: &str = "----a-boundary";

fn key() -> UploadKey {
    UploadKey {
        user: UserId::new("local:ana").expect("valid"),
        id: UploadId::new("0f").expect("valid"),
        name: FileName::near("Übersicht \"1\".pdf").expect("visible"),
    }
}

async fn form_at(world: &World, now: Timestamp) -> UploadForm {
    let endpoint_url = Some(world.stack.aws.endpoint().to_owned());
    let access = Access { region: REGION.into(), endpoint_url, dual_stack: false };
    let credentials =
        aws_credential_types::Credentials::new(CREDENTIAL, CREDENTIAL, None, None, "test");
    let credentials = SharedCredentialsProvider::new(credentials);
    let forms = S3UploadForms::new(credentials, &access, &Bucket { name: BUCKET.into() });
    forms.form(&key(), now).await.expect("signs")
}

async fn form(world: &World) -> UploadForm {
    form_at(world, SystemClock.now()).await
}

fn multipart(fields: &BTreeMap<String, String>, file: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, value) in fields {
        let head =
            format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n");
        body.extend(head.as_bytes());
        body.extend(value.as_bytes());
        body.extend(b"\r\n");
    }
    let head = format!(
        "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"blob\"\r\n\
         Content-Type: application/octet-stream\r\n\r\n"
    );
    body.extend(head.as_bytes());
    body.extend(file);
    body.extend(format!("\r\n--{BOUNDARY}--\r\n").as_bytes());
    body
}

async fn post(form: &UploadForm, file: &[u8]) -> Answer {
    let kind = format!("multipart/form-data; boundary={BOUNDARY}");
    let headers = [("content-type", kind.as_str()), ("origin", PAGE)];
    send("POST", &form.url, &headers, multipart(&form.fields, file)).await
}

async fn stored(world: &World) -> Vec<(String, i64)> {
    let listed = world.s3().list_objects_v2().bucket(BUCKET).send().await.expect("lists");
    let objects = listed.contents().iter();
    objects.map(|it| (it.key().expect("a key").to_owned(), it.size().expect("a size"))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_goes_where_its_form_says() {
    let world = World::start().await;
    let form = form(&world).await;
    let answer = post(&form, b"hello").await;
    assert_eq!(answer.status, 204, "{}", answer.body);
    assert_eq!(answer.headers["access-control-allow-origin"], PAGE);
    assert_eq!(stored(&world).await, [(key().to_string(), 5)]);
    assert_eq!(post(&form, b"").await.status, 204, "a file may be empty");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_byte_past_the_limit_is_too_large() {
    let world = World::start().await;
    let form = form(&world).await;
    let largest = vec![7; UPLOAD_MAX_BYTES as usize];
    assert_eq!(post(&form, &largest).await.status, 204);
    let mut too_large = largest;
    too_large.push(7);
    let refused = post(&form, &too_large).await;
    assert_eq!(refused.status, 400);
    assert!(refused.body.contains("EntityTooLarge"), "{}", refused.body);
    assert_eq!(stored(&world).await, [(key().to_string(), UPLOAD_MAX_BYTES as i64)]);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_that_was_changed_or_is_old_stores_nothing() {
    let world = World::start().await;
    let now = SystemClock.now();
    let good = form_at(&world, now).await;
    let with = |name: &str, value: String| {
        let mut changed = good.clone();
        changed.fields.insert(name.into(), value);
        changed
    };
    let without = |name: &str| {
        let mut changed = good.clone();
        changed.fields.remove(name);
        changed
    };
    let policy = data_encoding::BASE64.decode(good.fields["policy"].as_bytes()).expect("base64");
    let wider = String::from_utf8(policy).expect("JSON").replace("local:ana", "local:bob");
    let signature = good.fields["x-amz-signature"].clone();
    let flipped = if signature.starts_with('0') { "1" } else { "0" };
    let expired = Timestamp(now.millis() - 601_000);
    let cases = [
        ("another's key", with("key", key().to_string().replace("local:ana", "local:bob"))),
        ("another name", with("key", format!("{}x", key()))),
        ("a field of one's own", with("x-amz-meta-a", "b".into())),
        ("a content type", with("Content-Type", "text/html".into())),
        ("a wider policy", with("policy", data_encoding::BASE64.encode(wider.as_bytes()))),
        ("a forged signature", with("x-amz-signature", format!("{flipped}{}", &signature[1..]))),
        ("no signature", without("x-amz-signature")),
        ("no policy", without("policy")),
        ("an old form", form_at(&world, expired).await),
    ];
    for (what, form) in cases {
        let refused = post(&form, b"hello").await;
        assert!((400..500).contains(&refused.status), "{what}: {}", refused.status);
    }
    assert_eq!(stored(&world).await, []);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_may_post_files_and_nothing_else() {
    let world = World::start().await;
    let form = form(&world).await;
    let preflight = [
        ("origin", PAGE),
        ("access-control-request-method", "POST"),
        ("access-control-request-headers", "content-type"),
    ];
    let answer = send("OPTIONS", &form.url, &preflight, Vec::new()).await;
    assert_eq!(answer.headers["access-control-allow-origin"], PAGE);
    assert_eq!(answer.headers["access-control-allow-methods"], "GET,POST");
    let elsewhere = [("origin", "https://evil.example"), ("access-control-request-method", "POST")];
    let answer = send("OPTIONS", &form.url, &elsewhere, Vec::new()).await;
    assert!(!answer.headers.contains_key("access-control-allow-origin"));
    for (method, path) in
        [("GET", "/openclaw-data/x"), ("POST", "/"), ("DELETE", "/openclaw-data/x")]
    {
        let url = format!("{}{path}", world.stack.aws.endpoint());
        let answer = send(method, &url, &[("origin", PAGE)], Vec::new()).await;
        assert_eq!(answer.status, 403, "{method} {path}");
    }
    world.stop().await;
}

/// As the product signs it; a browser follows it without credentials.
#[tokio::test(flavor = "multi_thread")]
async fn a_signed_address_gives_a_file_to_be_saved_until_it_expires() {
    let world = World::start().await;
    let access = Access {
        region: REGION.into(),
        endpoint_url: Some(world.stack.aws.endpoint().into()),
        dual_stack: false,
    };
    let aws = platform_aws::Aws::with_credentials(&access, CREDENTIAL, CREDENTIAL);
    let downloads = S3Downloads::new(aws.s3(), &Bucket { name: BUCKET.into() });
    let now = SystemClock.now();
    // In one piece, and in parts.
    for (name, bytes) in [("Übersicht \"1\".html", 12), ("large.bin", 17 * 1_048_576)] {
        let key = DownloadKey {
            user: UserId::new("local:ana").expect("valid"),
            id: UploadId::new("0f").expect("valid"),
            name: FileName::near(name).expect("visible"),
        };
        let content: Vec<u8> = (0..bytes).map(|n| (n % 251) as u8).collect();
        downloads.put(&key, in_memory(&content, content.len())).await.expect("puts");
        let address = downloads.url(&key, now).await.expect("signs");
        // A page fetches it as well, to show what is in it.
        let answer = send("GET", &address.url, &[("origin", PAGE)], Vec::new()).await;
        assert_eq!(answer.status, 200, "{name}");
        assert_eq!(answer.headers["access-control-allow-origin"], PAGE);
        assert_eq!(answer.headers["content-length"], bytes.to_string());
        assert_eq!(answer.headers["content-type"], "application/octet-stream");
        let disposition = &answer.headers["content-disposition"];
        assert!(disposition.starts_with("attachment; filename="), "{disposition}");
        let expired = downloads.url(&key, Timestamp(now.millis() - 601_000)).await.expect("signs");
        assert_eq!(send("GET", &expired.url, &[], Vec::new()).await.status, 403, "{name}");
        let other = address.url.replacen("local%3Aana", "local%3Aben", 1);
        assert_ne!(
            send("GET", &other, &[("origin", PAGE)], Vec::new()).await.status,
            200,
            "{name}"
        );
        let strange =
            send("GET", &address.url, &[("origin", "https://evil.example")], Vec::new()).await;
        assert!(!strange.headers.contains_key("access-control-allow-origin"), "{name}");
        // A file that is not as long as it said is not there at all.
        let torn = DownloadKey { id: UploadId::new("1f").expect("valid"), ..key };
        assert!(downloads.put(&torn, in_memory(&content, content.len() + 1)).await.is_err());
        let address = downloads.url(&torn, now).await.expect("signs");
        assert_eq!(send("GET", &address.url, &[], Vec::new()).await.status, 404, "{name}");
    }
    world.stop().await;
}

fn in_memory(content: &[u8], says: usize) -> Upload {
    let pieces = content.chunks(700_000).map(<[u8]>::to_vec).collect::<Vec<_>>().into_iter();
    Upload { size: says as u64, body: Box::new(Pieces(pieces)) }
}

struct Pieces(std::vec::IntoIter<Vec<u8>>);

#[async_trait]
impl UploadBody for Pieces {
    async fn chunk(&mut self) -> platform::Result<Option<Vec<u8>>> {
        Ok(self.0.next())
    }
}
