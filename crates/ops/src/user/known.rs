//! What is known of one user, from where it is kept.

use domain::{Day, Deletion, InboxMessage, TaskState, TelegramLink, Timestamp, UserId};
use platform::Unavailable;
use protocol::UsageTotals;

use crate::accounts::Account;
use crate::ports::Ports;
use crate::setup::usage;

/// Conversations and snapshots that are counted at once.
const PAGE: usize = 100;

pub(super) struct Known {
    pub(super) user: UserId,
    pub(super) now: Timestamp,
    /// `None`: no user pool is named, or he is not in it, as one who is in Telegram only.
    pub(super) account: Option<Account>,
    pub(super) state: TaskState,
    pub(super) inbox: Vec<InboxMessage>,
    pub(super) conversations: usize,
    pub(super) snapshots: usize,
    pub(super) newest_snapshot: Option<Timestamp>,
    /// Of this month, in UTC.
    pub(super) usage: UsageTotals,
    pub(super) link: Option<TelegramLink>,
    /// Clients that are connected now, as far as is known.
    pub(super) clients: usize,
    pub(super) deletion: Option<Deletion>,
}

/// An id, or an address.
pub(super) async fn find(ports: &Ports, who: &str) -> anyhow::Result<UserId> {
    if !who.contains('@') {
        return UserId::new(who).map_err(usage);
    }
    let accounts = ports.accounts.as_ref();
    let none = || usage("USER_POOL_ID is not set, so nobody knows e-mail addresses: say the id");
    accounts.ok_or_else(none)?.with_email(who).await
}

pub(super) async fn of(ports: &Ports, user: &UserId) -> anyhow::Result<Known> {
    let api = &ports.api;
    let now = ports.clock.now();
    let account = match &ports.accounts {
        Some(accounts) => accounts.of(user).await?,
        None => None,
    };
    let (snapshots, newest_snapshot) = snapshots(ports, user).await?;
    Ok(Known {
        user: user.clone(),
        now,
        account,
        state: api.ensure.tasks.get(user).await?,
        inbox: api.accept.inbox.outline(user, now).await?,
        conversations: conversations(ports, user, now).await?,
        snapshots,
        newest_snapshot,
        usage: this_month(ports, user, now).await?,
        link: api.links.links.of(user).await?,
        clients: api.tell.connections.clients_of(user, now).await?.len(),
        deletion: api.delete.deletions.get(user).await?,
    })
}

async fn this_month(ports: &Ports, user: &UserId, now: Timestamp) -> anyhow::Result<UsageTotals> {
    let today = Day::of(now);
    let first = today.month_start();
    let report = ports.api.usage.run(user, Some(first), Some(today)).await?;
    Ok(report.months.into_iter().next().map(|month| month.totals).unwrap_or_default())
}

/// His own; those of a linked account are another user's.
async fn conversations(ports: &Ports, user: &UserId, now: Timestamp) -> Result<usize, Unavailable> {
    let (mut count, mut before) = (0, None);
    let conversations = &ports.api.change_conversations.conversations;
    loop {
        let page = conversations.list(user, before.as_deref(), PAGE, now).await?;
        count += page.conversations.len();
        match page.before {
            Some(next) => before = Some(next),
            None => return Ok(count),
        }
    }
}

async fn snapshots(
    ports: &Ports,
    user: &UserId,
) -> Result<(usize, Option<Timestamp>), Unavailable> {
    let (mut count, mut newest, mut before) = (0, None, None);
    loop {
        let page = ports.api.snapshots.snapshots.list(user, before.as_deref(), PAGE).await?;
        count += page.snapshots.len();
        newest = newest.or(page.snapshots.first().map(|snapshot| snapshot.at));
        match page.before {
            Some(next) => before = Some(next),
            None => return Ok((count, newest)),
        }
    }
}
