//! What the environment says, and what is built from it.

use std::sync::Arc;

use anyhow::Context;
use domain::UserId;
use platform_aws::config::{Bucket, optional};
use platform_aws::{Aws, DynamoTasks, Lookup};
use snapshots::keys::{
    KeyParameter, KeyStore, Kms, LocalKeyFile, RepositoryKeys, Wrapper, Wrapping,
};
use snapshots::store::ObjectStore;
use snapshots::{S3Store, UserSnapshots};
use tokio::runtime::Handle;

/// The caller must say something else.
#[derive(Debug)]
pub(crate) struct Usage(pub(crate) String);

impl std::fmt::Display for Usage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Usage {}

pub(crate) fn usage(error: impl std::fmt::Display) -> anyhow::Error {
    Usage(error.to_string()).into()
}

pub(crate) fn misconfigured(error: impl std::fmt::Display) -> anyhow::Error {
    usage(format!(
        "{error} (ops --help lists what it reads; --deployment NAME reads it from a deployment, --local DIR from a local stack)"
    ))
}

pub(crate) struct Setup {
    pub(crate) aws: Aws,
    pub(crate) region: String,
    /// Of another S3 than Amazon's.
    pub(crate) endpoint: Option<String>,
    pub(crate) bucket: String,
    pub(crate) wrapping: Wrapping,
    /// `None`: no table is named.
    pub(crate) tasks: Option<DynamoTasks>,
}

impl Setup {
    pub(crate) fn from_lookup(lookup: Lookup<'_>) -> anyhow::Result<Self> {
        let access = platform_aws::config::Access::from_lookup(lookup).map_err(misconfigured)?;
        let aws = Aws::from_lookup(lookup).map_err(misconfigured)?;
        let has_table = optional(lookup, TASK_STATE).is_some();
        let tasks = has_table.then(|| DynamoTasks::from_lookup(&aws, lookup)).transpose();
        Ok(Self {
            region: access.region,
            endpoint: access.endpoint_url,
            bucket: Bucket::from_lookup(lookup).map_err(misconfigured)?.name,
            wrapping: Wrapping::from_lookup(lookup).map_err(misconfigured)?,
            tasks: tasks.map_err(misconfigured)?,
            aws,
        })
    }

    pub(crate) fn keys(&self) -> anyhow::Result<KeyStore> {
        let wrapper: Arc<dyn Wrapper> = match &self.wrapping {
            Wrapping::Kms { key_id } => {
                Arc::new(Kms::new(aws_sdk_kms::Client::new(self.aws.sdk_config()), key_id))
            }
            Wrapping::Parameter { name } => Arc::new(KeyParameter::new(self.aws.ssm(), name)),
            // Never made here: a new one could read nothing.
            Wrapping::File { path } => Arc::new(LocalKeyFile::open(path)?),
        };
        Ok(KeyStore::new(self.aws.s3(), &self.bucket, wrapper))
    }

    pub(crate) fn objects(&self, user: &UserId) -> Arc<dyn ObjectStore> {
        let (bucket, prefix) = (self.bucket.clone(), prefix(user));
        Arc::new(S3Store::new(self.aws.s3(), bucket, prefix, Handle::current()))
    }

    /// `None`: the user has neither keys nor anything that needs them.
    pub(crate) async fn repository_keys(
        &self,
        user: &UserId,
    ) -> anyhow::Result<Option<RepositoryKeys>> {
        let keys = self.keys()?;
        let found = keys.load(user).await?;
        anyhow::ensure!(
            found.is_some() || !keys.has_repository(user).await?,
            "user `{user}` has snapshots, but the keys of them are gone: bring the object \
             snapshot-keys/{user}.json back from a copy or an older version of it"
        );
        Ok(found)
    }

    pub(crate) async fn open(&self, user: &UserId) -> anyhow::Result<Option<UserSnapshots>> {
        let Some(keys) = self.repository_keys(user).await? else { return Ok(None) };
        let started = UserSnapshots::start(self.objects(user), keys, None);
        Ok(Some(started.context("cannot start a thread")?))
    }
}

/// Where a user's repository lies in the bucket.
pub(crate) fn prefix(user: &UserId) -> String {
    format!("snapshots/{user}/")
}

const TASK_STATE: &str = "TABLE_TASK_STATE";
