//! Telegram accounts that belong to users, and the codes that make them so.

use async_trait::async_trait;
use domain::{LinkCode, MessageId, TelegramLink, TelegramUser, Timestamp, UserId};

use crate::Result;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IssueOutcome {
    Issued,
    /// It is somebody's already: take another.
    CodeTaken,
}

/// Somebody in Telegram says a code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redemption {
    pub code: LinkCode,
    pub person: TelegramUser,
    /// As Telegram shows it.
    pub name: String,
    /// Where the bot and the person talk.
    pub chat: i64,
    pub now: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RedeemOutcome {
    Linked(UserId),
    /// It is wrong, has expired or was used: whoever guesses learns nothing.
    NoSuchCode,
    /// This account belongs to another user.
    OtherUser,
    /// The user has another account linked. Nothing is replaced.
    OtherAccount,
    AlreadyYours(UserId),
}

#[async_trait]
pub trait Links: Send + Sync {
    /// The user's one code: with it the one before is worth nothing.
    async fn issue(
        &self,
        user: &UserId,
        code: &LinkCode,
        expires_at: Timestamp,
        now: Timestamp,
    ) -> Result<IssueOutcome>;

    /// Uses the code up and links the account, in one step. Of two who say a code one wins; and
    /// who won and did not hear of it wins again.
    async fn redeem(&self, redemption: &Redemption) -> Result<RedeemOutcome>;

    /// Counts a try, each `id` once. `false`: it is one too many.
    async fn note_try(&self, person: TelegramUser, id: &MessageId, now: Timestamp) -> Result<bool>;

    /// Strongly consistent: whoever was unlinked is nobody at once.
    async fn owner_of(&self, person: TelegramUser) -> Result<Option<UserId>>;

    async fn of(&self, user: &UserId) -> Result<Option<TelegramLink>>;

    /// Until when the user's code is good.
    async fn outstanding(&self, user: &UserId, now: Timestamp) -> Result<Option<Timestamp>>;

    /// The account and the code, both or neither. `false`: there was no account.
    async fn unlink(&self, user: &UserId) -> Result<bool>;
}
