//! The data bucket: private, versioned, tidied by itself, and open to the page's uploads.

use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};

use super::check::Check;
use super::patient::{Patient, not_local};

const WHAT: &str = "bucket";
const PRIVATE: &str = "bucket: privacy";
const VERSIONS: &str = "bucket: versions";
const LIFECYCLE: &str = "bucket: lifecycle";
const CORS: &str = "bucket: CORS";
const DEPLOY: &str = "make deploy; see docs/operating.md";

pub(super) async fn look(patient: &Patient<'_>) -> Vec<Check> {
    let name = match patient.need(WHAT, "DATA_BUCKET") {
        Ok(name) => name,
        Err(check) => return vec![check],
    };
    let s3 = patient.aws.s3();
    let head = s3.head_bucket().bucket(&name).send().await;
    let mut checks = vec![match head {
        Ok(_) => Check::ok(WHAT, name.clone()),
        Err(error) if error.as_service_error().is_some_and(|it| it.is_not_found()) => {
            Check::problem(WHAT, format!("there is no bucket {name}"), DEPLOY)
        }
        Err(error) => Check::failed(WHAT, &error.into()),
    }];
    if patient.is_local() {
        checks.extend([PRIVATE, VERSIONS, LIFECYCLE, CORS].map(not_local));
        return checks;
    }
    let origin = patient.environment.get("PAGE_URL");
    checks.push(or_failed(PRIVATE, private(&s3, &name).await));
    checks.push(or_failed(VERSIONS, versions(&s3, &name).await));
    checks.push(or_failed(LIFECYCLE, lifecycle(&s3, &name).await));
    checks.push(or_failed(CORS, cors(&s3, &name, origin.as_deref()).await));
    checks
}

fn or_failed(what: &str, looked: anyhow::Result<Check>) -> Check {
    looked.unwrap_or_else(|error| Check::failed(what, &error))
}

async fn private(s3: &aws_sdk_s3::Client, name: &str) -> anyhow::Result<Check> {
    let found = match s3.get_public_access_block().bucket(name).send().await {
        Ok(found) => found.public_access_block_configuration,
        Err(error) if is(&error, "NoSuchPublicAccessBlockConfiguration") => None,
        Err(error) => return Err(error.into()),
    };
    let is_closed = found.is_some_and(|it| {
        [
            it.block_public_acls(),
            it.ignore_public_acls(),
            it.block_public_policy(),
            it.restrict_public_buckets(),
        ]
        .iter()
        .all(|blocked| *blocked == Some(true))
    });
    Ok(match is_closed {
        true => Check::ok(PRIVATE, "nothing of it can be made public"),
        false => Check::problem(PRIVATE, "what is in it could be made public", DEPLOY),
    })
}

async fn versions(s3: &aws_sdk_s3::Client, name: &str) -> anyhow::Result<Check> {
    let found = s3.get_bucket_versioning().bucket(name).send().await?;
    Ok(match found.status().map(|status| status.as_str()) {
        Some("Enabled") => Check::ok(VERSIONS, "what is overwritten can be brought back"),
        _ => Check::problem(VERSIONS, "off: what is deleted by mistake is gone", DEPLOY),
    })
}

async fn lifecycle(s3: &aws_sdk_s3::Client, name: &str) -> anyhow::Result<Check> {
    let rules = match s3.get_bucket_lifecycle_configuration().bucket(name).send().await {
        Ok(found) => found.rules.unwrap_or_default(),
        Err(error) if is(&error, "NoSuchLifecycleConfiguration") => Vec::new(),
        Err(error) => return Err(error.into()),
    };
    let enabled = || rules.iter().filter(|rule| rule.status.as_str() == "Enabled");
    let mut wrong = Vec::new();
    if !enabled().any(|rule| rule.noncurrent_version_expiration.is_some()) {
        wrong.push("older versions of objects stay for ever");
    }
    if !enabled().any(|rule| rule.abort_incomplete_multipart_upload.is_some()) {
        wrong.push("uploads that broke off stay for ever");
    }
    let of_uploads = |rule: &&aws_sdk_s3::types::LifecycleRule| {
        let prefix = rule.filter().and_then(|filter| filter.prefix());
        prefix.is_some_and(|prefix| prefix.starts_with("uploads")) && rule.expiration.is_some()
    };
    if !enabled().any(|rule| of_uploads(&rule)) {
        wrong.push("files that came with messages stay for ever");
    }
    Ok(match wrong.as_slice() {
        [] => Check::ok(LIFECYCLE, "what is not needed any more goes by itself"),
        wrong => Check::warning(LIFECYCLE, wrong.join("; "), DEPLOY),
    })
}

async fn cors(s3: &aws_sdk_s3::Client, name: &str, page: Option<&str>) -> anyhow::Result<Check> {
    let rules = match s3.get_bucket_cors().bucket(name).send().await {
        Ok(found) => found.cors_rules.unwrap_or_default(),
        Err(error) if is(&error, "NoSuchCORSConfiguration") => Vec::new(),
        Err(error) => return Err(error.into()),
    };
    let Some(origin) = page.map(|url| url.trim_end_matches('/')) else {
        return Ok(Check::skipped(CORS, "PAGE_URL is not set"));
    };
    let lets = |rule: &aws_sdk_s3::types::CorsRule| {
        let origins = rule.allowed_origins.iter().any(|it| it == origin || it == "*");
        origins && rule.allowed_methods.iter().any(|method| method == "POST")
    };
    Ok(match rules.iter().any(lets) {
        true => Check::ok(CORS, format!("{origin} may send files")),
        false => Check::problem(CORS, format!("{origin} may not send files to it"), DEPLOY),
    })
}

fn is<E: ProvideErrorMetadata>(error: &SdkError<E>, code: &str) -> bool {
    error.code() == Some(code)
}
