//! Telegram accounts that belong to users.

use std::collections::BTreeMap;

use async_trait::async_trait;
use domain::limits::{LINK_TRIES_MAX, LINK_TRIES_WITHIN};
use domain::{LinkCode, MessageId, TelegramLink, TelegramUser, Timestamp, UserId};
use platform::{IssueOutcome, Links, RedeemOutcome, Redemption, Result};

use crate::world::World;

#[derive(Default)]
pub(crate) struct LinkRows {
    codes: BTreeMap<LinkCode, (UserId, Timestamp)>,
    /// With the code that made it.
    accounts: BTreeMap<UserId, (TelegramLink, LinkCode)>,
    owners: BTreeMap<TelegramUser, UserId>,
    tries: BTreeMap<TelegramUser, BTreeMap<MessageId, Timestamp>>,
}

#[async_trait]
impl Links for World {
    async fn issue(
        &self,
        user: &UserId,
        code: &LinkCode,
        expires_at: Timestamp,
        now: Timestamp,
    ) -> Result<IssueOutcome> {
        self.call("links.issue", |state| {
            let codes = &mut state.links.codes;
            if codes.get(code).is_some_and(|(_, until)| *until > now) {
                return Ok(IssueOutcome::CodeTaken);
            }
            codes.retain(|_, (owner, _)| owner != user);
            codes.insert(code.clone(), (user.clone(), expires_at));
            Ok(IssueOutcome::Issued)
        })
        .await
    }

    async fn redeem(&self, redemption: &Redemption) -> Result<RedeemOutcome> {
        self.call("links.redeem", |state| Ok(state.links.redeem(redemption))).await
    }

    async fn note_try(&self, person: TelegramUser, id: &MessageId, now: Timestamp) -> Result<bool> {
        self.call("links.note_try", |state| {
            let tries = state.links.tries.entry(person).or_default();
            tries.retain(|_, at| *at + LINK_TRIES_WITHIN > now);
            if tries.contains_key(id) {
                return Ok(true);
            }
            let allowed = tries.len() < LINK_TRIES_MAX;
            if allowed {
                tries.insert(id.clone(), now);
            }
            Ok(allowed)
        })
        .await
    }

    async fn owner_of(&self, person: TelegramUser) -> Result<Option<UserId>> {
        self.call("links.owner_of", |state| Ok(state.links.owners.get(&person).cloned())).await
    }

    async fn of(&self, user: &UserId) -> Result<Option<TelegramLink>> {
        self.call("links.of", |state| {
            Ok(state.links.accounts.get(user).map(|(link, _)| link.clone()))
        })
        .await
    }

    async fn outstanding(&self, user: &UserId, now: Timestamp) -> Result<Option<Timestamp>> {
        self.call("links.outstanding", |state| {
            let mut codes = state.links.codes.values();
            let good = codes.find(|(owner, until)| owner == user && *until > now);
            Ok(good.map(|(_, until)| *until))
        })
        .await
    }

    async fn unlink(&self, user: &UserId) -> Result<bool> {
        self.call("links.unlink", |state| {
            let links = &mut state.links;
            links.codes.retain(|_, (owner, _)| owner != user);
            links.owners.retain(|_, owner| owner != user);
            Ok(links.accounts.remove(user).is_some())
        })
        .await
    }
}

impl LinkRows {
    /// As rows under the user's own key.
    pub(crate) fn names_of(&self, user: &UserId) -> Vec<String> {
        let code = self.codes.values().any(|(owner, _)| owner == user);
        let link = self.accounts.contains_key(user);
        let rows = [("LINK#code", code), ("LINK#telegram", link)];
        rows.into_iter().filter(|(_, there)| *there).map(|(name, _)| name.to_owned()).collect()
    }

    pub(crate) fn forget(&mut self, user: &UserId) {
        self.codes.retain(|_, (owner, _)| owner != user);
        self.accounts.remove(user);
    }

    /// What stands elsewhere and points at the user.
    pub(crate) fn point_at(&self, user: &UserId) -> bool {
        self.owners.values().any(|owner| owner == user)
    }

    fn redeem(&mut self, said: &Redemption) -> RedeemOutcome {
        let Redemption { code, person, name, chat, now } = said;
        let owner = self.owners.get(person);
        let Some((user, _)) = self.codes.get(code).filter(|(_, until)| until > now).cloned() else {
            let won = |user: &&UserId| self.accounts.get(*user).is_some_and(|(_, by)| by == code);
            let won = owner.filter(won).cloned();
            return won.map_or(RedeemOutcome::NoSuchCode, RedeemOutcome::Linked);
        };
        match (owner, self.accounts.get(&user)) {
            (Some(owner), _) if *owner == user => return RedeemOutcome::AlreadyYours(user),
            (Some(_), _) => return RedeemOutcome::OtherUser,
            (None, Some(_)) => return RedeemOutcome::OtherAccount,
            (None, None) => {}
        }
        self.codes.remove(code);
        self.owners.insert(*person, user.clone());
        let link = TelegramLink { person: *person, name: name.clone(), chat: *chat, since: *now };
        self.accounts.insert(user.clone(), (link, code.clone()));
        RedeemOutcome::Linked(user)
    }
}
