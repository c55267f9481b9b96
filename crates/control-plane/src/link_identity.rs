//! A user's Telegram account becomes his. He asks for a code where he is signed in, and says it
//! where he is to be known (`receive_update::strangers`).

use std::sync::Arc;

use domain::limits::LINK_CODE_TTL;
use domain::{LinkCode, UserId};
use platform::{Bot, Clock, IssueOutcome, Links, Unavailable};
use protocol::{IssuedLinkCode, LinkStatus, LinkedAccount};
use tracing::warn;

/// With half of all codes given out, one of a thousand users would not find a free one.
const TRIES: usize = 10;

#[derive(Debug, thiserror::Error)]
pub enum IssueError {
    /// This deployment has no bot, so a code would link nothing.
    #[error("there is no Telegram bot here to link with")]
    NoBot,
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

#[derive(Clone)]
pub struct LinkIdentity {
    pub links: Arc<dyn Links>,
    pub bot: Option<Arc<dyn Bot>>,
    pub clock: Arc<dyn Clock>,
    /// 256 random bits for each code.
    pub entropy: fn() -> [u8; 32],
}

impl LinkIdentity {
    pub async fn issue(&self, user: &UserId) -> Result<IssuedLinkCode, IssueError> {
        let bot = self.bot.as_ref().ok_or(IssueError::NoBot)?;
        let (code, expires_at) = self.fresh_code(user).await?;
        // A link is a convenience: the code works without.
        let me = bot.me().await.inspect_err(|error| warn!(%error, "could not ask who the bot is"));
        let username = me.ok().map(|me| me.username).filter(|name| !name.is_empty());
        let deep_link = username.as_ref().map(|name| format!("https://t.me/{name}?start={code}"));
        Ok(IssuedLinkCode { code: code.to_string(), expires_at, deep_link, bot_username: username })
    }

    async fn fresh_code(&self, user: &UserId) -> Result<(LinkCode, u64), Unavailable> {
        for _ in 0..TRIES {
            let (code, now) = (self.random_code(), self.clock.now());
            let expires_at = now + LINK_CODE_TTL;
            let issued = self.links.issue(user, &code, expires_at, now).await?;
            if issued == IssueOutcome::Issued {
                return Ok((code, expires_at.millis()));
            }
        }
        Err(Unavailable::new("links.issue", "no code is free"))
    }

    fn random_code(&self) -> LinkCode {
        let [a, b, c, d, e, f, g, h, ..] = (self.entropy)();
        LinkCode::from_random(u64::from_be_bytes([a, b, c, d, e, f, g, h]))
    }

    pub async fn status(&self, user: &UserId) -> Result<LinkStatus, Unavailable> {
        let link = self.links.of(user).await?;
        let code = self.links.outstanding(user, self.clock.now()).await?;
        Ok(LinkStatus {
            linked: link.is_some(),
            accounts: Vec::from_iter(link.map(|link| LinkedAccount {
                telegram_id: link.person.0,
                name: link.name,
                since: link.since.millis(),
            })),
            code_expires_at: code.map(|until| until.millis()),
        })
    }

    /// Every account and every code. What was said stays with whom it was said to.
    pub async fn unlink(&self, user: &UserId) -> Result<bool, Unavailable> {
        self.links.unlink(user).await
    }
}
