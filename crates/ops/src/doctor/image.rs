//! Whether an image is where a task definition says.

use serde_json::{Value, json};

use super::check::Check;
use crate::signed::{ECR, Refused, Signed};

/// A repository of ECR, and the image in it.
#[derive(Debug, PartialEq, Eq)]
struct InEcr<'a> {
    account: &'a str,
    repository: &'a str,
    id: Value,
}

pub(super) async fn look(what: &str, signed: &Signed, image: &str) -> anyhow::Result<Check> {
    let Some(wanted) = parsed(image) else {
        return Ok(Check::skipped(what, format!("{image} is not in ECR")));
    };
    let asked = json!({
        "registryId": wanted.account, "repositoryName": wanted.repository,
        "imageIds": [wanted.id],
    });
    match signed.call(ECR, "DescribeImages", &asked).await {
        Ok(found) => {
            let pushed = found["imageDetails"][0]["imageSizeInBytes"].as_u64();
            let size = pushed.map(crate::output::size).unwrap_or_else(|| "of unknown size".into());
            Ok(Check::ok(what, format!("{}, {size}", wanted.repository)))
        }
        Err(error) => match error.downcast_ref::<Refused>().map(|it| it.kind.as_str()) {
            Some("ImageNotFoundException" | "RepositoryNotFoundException") => Ok(Check::problem(
                what,
                format!("{image} is not there: no task can start"),
                "make deploy, which pushes it; or make rollback",
            )),
            _ => Err(error),
        },
    }
}

/// `<account>.dkr.ecr.<region>.amazonaws.com/<repository>`, then `@<digest>` or `:<tag>`.
fn parsed(image: &str) -> Option<InEcr<'_>> {
    let (host, path) = image.split_once('/')?;
    let (account, rest) = host.split_once(".dkr.ecr.")?;
    rest.contains("amazonaws.com").then_some(())?;
    let (repository, id) = match path.split_once('@') {
        Some((repository, digest)) => (repository, json!({ "imageDigest": digest })),
        None => {
            let (repository, tag) = path.rsplit_once(':').unwrap_or((path, "latest"));
            (repository, json!({ "imageTag": tag }))
        }
    };
    Some(InEcr { account, repository, id })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_is_named_by_digest_or_tag() {
        let host = "123456789012.dkr.ecr.eu-west-1.amazonaws.com";
        let of = |rest: &str| {
            let image = format!("{host}/{rest}");
            parsed(&image).map(|it| (it.repository.to_owned(), it.id))
        };
        let digest = json!({ "imageDigest": "sha256:ab" });
        assert_eq!(of("openclaw/agent@sha256:ab"), Some(("openclaw/agent".into(), digest)));
        assert_eq!(of("agent:v2"), Some(("agent".into(), json!({ "imageTag": "v2" }))));
        assert_eq!(of("agent"), Some(("agent".into(), json!({ "imageTag": "latest" }))));
        assert_eq!(parsed("public.ecr.aws/docker/library/node:24"), None);
        assert_eq!(parsed("node"), None);
    }
}
