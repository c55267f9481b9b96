//! Why there are no keys, as far as callers and people tell it apart.

use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use domain::UserId;

type Source = Box<dyn std::error::Error + Send + Sync>;

#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The answer did not come, or was a refusal. Nothing follows from it (I9).
    #[error("cannot {what} the keys of user `{user}`{hint}")]
    Unavailable {
        what: &'static str,
        user: UserId,
        hint: &'static str,
        #[source]
        source: Source,
    },
    #[error("cannot list the keys in the bucket")]
    Unlisted(#[source] Source),
    /// They are there, and trying again does not help.
    #[error("the keys of user `{user}` cannot be used: {why}")]
    Unusable { user: UserId, why: String },
    #[error(
        "the keys of user `{user}` are gone, and his repository needs them: bring the object \
         {object} back from a copy or an older version of it"
    )]
    Lost { user: UserId, object: String },
    #[error("there are no keys of user `{0}`: his agent has never run here")]
    Missing(UserId),
    #[error("somebody else replaced the keys of user `{0}` meanwhile; look, and try again")]
    Replaced(UserId),
}

impl KeyError {
    pub(super) fn unusable(user: &UserId, why: impl Into<String>) -> Self {
        Self::Unusable { user: user.clone(), why: why.into() }
    }

    pub(super) fn unavailable(
        what: &'static str,
        user: &UserId,
        source: impl Into<Source>,
    ) -> Self {
        Self::Unavailable { what, user: user.clone(), hint: "", source: source.into() }
    }

    /// S3 does not tell those who may not list whether a thing is there.
    pub(super) fn of_s3<E, R>(what: &'static str, user: &UserId, error: SdkError<E, R>) -> Self
    where
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
        R: std::fmt::Debug + Send + Sync + 'static,
    {
        let denied = matches!(error.code(), Some("AccessDenied" | "Forbidden"));
        let hint = match denied {
            true => {
                " (access denied; S3 says so of a missing object, too, unless s3:ListBucket is \
                 allowed)"
            }
            false => "",
        };
        Self::Unavailable { what, user: user.clone(), hint, source: said(error) }
    }
}

/// What the service said, or why it said nothing, in one sentence.
pub(super) fn said<E, R>(error: SdkError<E, R>) -> Source
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    R: std::fmt::Debug + Send + Sync + 'static,
{
    match (error.code(), error.message()) {
        (Some(code), Some(message)) => format!("{code}: {message}").into(),
        (Some(code), None) => code.to_owned().into(),
        _ => error.into(),
    }
}
