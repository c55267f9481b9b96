//! Which sessions the gateway is known to remember.
//!
//! A yes holds as long as the gateway runs, so it is asked once per session and boot. A no is asked
//! again: the next message makes it a yes.

use std::collections::HashSet;
use std::sync::Mutex;

use serde_json::json;
use tokio::time::sleep;

use crate::frames::canonical;
use crate::link::{Link, malformed};
use crate::waits::next_link;
use crate::{BootId, GatewayClient, GatewayError, History, Role, limits};

#[derive(Default)]
pub(crate) struct Known(Mutex<Sessions>);

#[derive(Default)]
struct Sessions {
    of: Option<BootId>,
    keys: HashSet<String>,
}

impl Known {
    fn holds(&self, boot_id: &BootId, key: &str) -> bool {
        let sessions = self.lock();
        sessions.of.as_ref() == Some(boot_id) && sessions.keys.contains(key)
    }

    /// What another gateway remembered says nothing about this one.
    fn add(&self, boot_id: &BootId, key: String) {
        let mut sessions = self.lock();
        if sessions.of.as_ref() != Some(boot_id) {
            *sessions = Sessions { of: Some(boot_id.clone()), keys: HashSet::new() };
        }
        sessions.keys.insert(key);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Sessions> {
        self.0.lock().unwrap_or_else(|e| e.into_inner())
    }
}

impl GatewayClient {
    /// Whether the gateway has a message of this session, from either side. Waits for the
    /// connection, and asks again where that can help; how long is the caller's to say.
    pub async fn remembers(&self, session_key: &str) -> Result<bool, GatewayError> {
        let mut links = self.links();
        let mut link = next_link(&mut links, 0).await?;
        loop {
            match self.ask(&link, canonical(session_key)).await {
                Err(GatewayError::ConnectionLost { .. }) => {
                    link = next_link(&mut links, link.epoch).await?;
                }
                // Busy hosts take seconds.
                Err(GatewayError::Timeout { .. }) => {}
                Err(error) => match error.retry_after() {
                    Some(after) => sleep(after).await,
                    None => return Err(error),
                },
                Ok(remembers) => return Ok(remembers),
            }
        }
    }

    async fn ask(&self, link: &Link, key: String) -> Result<bool, GatewayError> {
        if self.known().holds(&link.boot_id, &key) {
            return Ok(true);
        }
        let params = json!({"sessionKey": key, "limit": limits::KNOWN_ROWS,
            "maxChars": limits::HISTORY_MIN_CHARS});
        let payload = link.request("chat.history", params, self.request_timeout()).await?;
        let history = History::parse(payload.get());
        let rows = history.map_err(|error| malformed("chat.history", error))?.rows;
        let remembers = rows.iter().any(|row| row.role != Role::Other);
        if remembers {
            self.known().add(&link.boot_id, key);
        }
        Ok(remembers)
    }
}
