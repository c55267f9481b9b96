//! A user no longer wants an answer. The wish is kept in the inbox row, so that it holds even
//! if the bridge that runs it is gone.

use std::sync::Arc;

use domain::{MessageId, UserId};
use platform::{Inbox, Unavailable};
use protocol::Nudge;

use crate::EnsureTask;

#[derive(Clone)]
pub struct CancelMessage {
    pub inbox: Arc<dyn Inbox>,
    pub ensure: EnsureTask,
}

impl CancelMessage {
    /// `false`: there is nothing to stop, the message is answered or unknown.
    pub async fn run(&self, user: &UserId, id: &MessageId) -> Result<bool, Unavailable> {
        if !self.inbox.request_cancel(user, id).await? {
            return Ok(false);
        }
        let nudge = Nudge::Cancel { message_id: id.to_string() };
        self.ensure.run(user, &nudge).await?;
        Ok(true)
    }
}
