//! Somebody wants to attach a file: where it may go, and nowhere else.

use std::sync::Arc;

use domain::limits::UPLOAD_MAX_BYTES;
use domain::{FileName, InvalidFileName, UploadId, UploadKey, UserId};
use platform::{Clock, Unavailable, UploadForms};
use protocol::{UploadOffer, UploadRequest};

#[derive(Debug, thiserror::Error)]
pub enum OfferError {
    #[error(transparent)]
    Name(#[from] InvalidFileName),
    #[error("the file has {0} bytes; at most {UPLOAD_MAX_BYTES} are taken")]
    TooLarge(u64),
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

#[derive(Clone)]
pub struct OfferUpload {
    pub forms: Arc<dyn UploadForms>,
    pub clock: Arc<dyn Clock>,
    pub entropy: fn() -> [u8; 16],
}

impl OfferUpload {
    pub async fn run(
        &self,
        user: &UserId,
        request: &UploadRequest,
    ) -> Result<UploadOffer, OfferError> {
        // The store holds to the limit whatever is said here; this spares the sending.
        if request.size > UPLOAD_MAX_BYTES {
            return Err(OfferError::TooLarge(request.size));
        }
        let key = UploadKey {
            user: user.clone(),
            id: fresh_id((self.entropy)()),
            name: FileName::near(&request.name)?,
        };
        let form = self.forms.form(&key, self.clock.now()).await?;
        Ok(UploadOffer {
            url: form.url,
            fields: form.fields,
            name: key.name.to_string(),
            key: key.into(),
            expires_at: form.expires_at.millis(),
        })
    }
}

/// Nobody sends over what was sent before: no two forms are for one key.
fn fresh_id(entropy: [u8; 16]) -> UploadId {
    UploadId::new(data_encoding::HEXLOWER.encode(&entropy)).expect("32 digits")
}
