//! The key that wraps the keys of users' snapshots: without it nobody's memory is read again.

use domain::UserId;
use snapshots::keys::{KeyParameter, LocalKeyFile, Wrapper, Wrapping};

use super::check::Check;
use super::patient::Patient;

const WHAT: &str = "snapshot key";

pub(super) async fn look(patient: &Patient<'_>) -> Check {
    let lookup = |name: &str| patient.environment.get(name);
    match Wrapping::from_lookup(&lookup) {
        Err(error) => Check::problem(WHAT, error.to_string(), "say one of the two"),
        Ok(Wrapping::File { path }) if !path.exists() => {
            Check::ok(WHAT, "there is no key file yet: the first snapshot makes it")
        }
        Ok(Wrapping::File { path }) => match LocalKeyFile::open(&path) {
            Ok(_) => Check::ok(WHAT, format!("the file {}", path.display())),
            Err(error) => {
                let to_do = "bring it back from a copy, with mode 0600";
                Check::problem(WHAT, format!("{:#}", anyhow::Error::new(error)), to_do)
            }
        },
        Ok(Wrapping::Parameter { name }) => parameter(patient, &name).await,
        Ok(Wrapping::Kms { key_id }) => match kms(patient, &key_id).await {
            Ok(check) => check,
            Err(error) => Check::failed(WHAT, &error),
        },
    }
}

/// It wraps something for nobody: so it is there, whole, and we may read it.
async fn parameter(patient: &Patient<'_>, name: &str) -> Check {
    let nobody = UserId::new("ops-doctor").expect("a valid id");
    let wrapped = KeyParameter::new(patient.aws.ssm(), name).wrap(&nobody, b"well?").await;
    match wrapped {
        Ok(_) => Check::ok(WHAT, format!("it is in {name}")),
        Err(error) => {
            let found = format!("{:#}", anyhow::Error::new(error));
            let to_do = "bring the parameter's older version back; where there never was one, \
                         make deploy";
            Check::problem(WHAT, found, to_do)
        }
    }
}

async fn kms(patient: &Patient<'_>, id: &str) -> anyhow::Result<Check> {
    let kms = aws_sdk_kms::Client::new(patient.aws.sdk_config());
    let key = match kms.describe_key().key_id(id).send().await {
        Ok(found) => found.key_metadata,
        Err(error) if error.as_service_error().is_some_and(|it| it.is_not_found_exception()) => {
            None
        }
        Err(error) => return Err(error.into()),
    };
    let Some(key) = key else {
        let to_do = "point SNAPSHOT_KEY_ID to the key with which the snapshots were made";
        return Ok(Check::problem(WHAT, format!("there is no key {id}"), to_do));
    };
    match key.key_state().map(|state| state.as_str()) {
        Some("Enabled") => {}
        Some("PendingDeletion") => {
            let to_do = "AT ONCE: aws kms cancel-key-deletion, then enable-key";
            let found = "it is about to be deleted: all snapshots would be noise";
            return Ok(Check::problem(WHAT, found, to_do));
        }
        state => {
            let found = format!("it is {}: nobody's memory can be read", state.unwrap_or("?"));
            return Ok(Check::problem(WHAT, found, "aws kms enable-key"));
        }
    }
    let rotation = kms.get_key_rotation_status().key_id(key.key_id()).send().await?;
    Ok(match rotation.key_rotation_enabled() {
        true => Check::ok(WHAT, format!("{id}, renewed every year")),
        false => Check::warning(
            WHAT,
            format!("{id} is never renewed"),
            format!("aws kms enable-key-rotation --key-id {}", key.key_id()),
        ),
    })
}
