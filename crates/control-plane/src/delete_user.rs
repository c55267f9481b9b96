//! A user leaves, and everything of him goes.
//!
//! The order, and why it may break off anywhere and be begun again:
//!
//! 1. The mark. It fences every generation, and from now on his row takes no message, no launch
//!    and no restore. The watchdog is due for it, whoever began it.
//! 2. His task is stopped. What it still does it cannot write.
//! 3. Linked accounts have data of their own from before they were linked: each is a user who
//!    leaves, too. Only then is the link revoked, by which they are found.
//! 4. Every place is emptied; the key of his snapshots goes first.
//! 5. He can no longer sign in.
//! 6. Nobody of before writes any more after [`Deletion::quiet_at`]: requests are over by then, and
//!    his task is dead. All of it is done once more after that, for what came late, and the
//!    mark is removed: he may begin anew.
//! 7. A day later the fence goes, too: the number of his last generation.

use std::sync::Arc;

use domain::deletion::{FENCE_KEPT, REQUESTS_OVER_WITHIN, TASK_GONE_WITHIN};
use domain::limits::DELETION_WITHIN;
use domain::{Deletion, Place, Timestamp, UserId};
use platform::{
    Accounts, Alarms, Belongings, Clock, Compute, Connections, Deletions, Links, NewDeletion, Push,
    Schedules, Unavailable,
};
use protocol::{DeletionReceipt, DeletionState};
use tracing::{info, warn};

mod receipt;

/// Somebody looks after a deletion that its request did not end.
const FOLLOWED_UP_AFTER: std::time::Duration = std::time::Duration::from_secs(60);

#[derive(Clone)]
pub struct DeleteUser {
    pub deletions: Arc<dyn Deletions>,
    pub belongings: Arc<dyn Belongings>,
    pub connections: Arc<dyn Connections>,
    pub links: Arc<dyn Links>,
    pub schedules: Arc<dyn Schedules>,
    pub alarms: Arc<dyn Alarms>,
    pub push: Arc<dyn Push>,
    pub compute: Arc<dyn Compute>,
    /// `None`: who may sign in is somebody else's business.
    pub accounts: Option<Arc<dyn Accounts>>,
    pub clock: Arc<dyn Clock>,
    /// Names a deletion.
    pub entropy: fn() -> [u8; 16],
}

impl DeleteUser {
    /// As much as fits into a request; the rest goes on by itself. Asked again it goes on, too,
    /// and says how far it is.
    pub async fn run(&self, user: &UserId) -> Result<DeletionReceipt, Unavailable> {
        let until = self.clock.now() + DELETION_WITHIN;
        let deletion = self.begin(user).await?;
        let state = self.go_on(deletion, until).await?;
        self.receipt(user, state).await
    }

    /// What others began and did not end, and fences that are not needed any more. Returns how
    /// many could not be looked after; they are due still.
    pub async fn follow_up(&self) -> usize {
        let now = self.clock.now();
        let due = match self.deletions.due(now).await {
            Ok(due) => due,
            Err(error) => {
                warn!(error = &error as &dyn std::error::Error, "could not look who leaves");
                return 1;
            }
        };
        let mut errors = 0;
        for user in due {
            if let Err(error) = self.look_after(&user, now + DELETION_WITHIN).await {
                let error = &error as &dyn std::error::Error;
                warn!(user.id = %user, error, "could not go on deleting a user");
                errors += 1;
            }
        }
        errors
    }

    async fn look_after(&self, user: &UserId, until: Timestamp) -> Result<(), Unavailable> {
        let Some(deletion) = self.deletions.get(user).await? else {
            // Happy path: forgotten, and the index does not know yet.
            return Ok(());
        };
        match deletion.done_at {
            None => self.go_on(deletion, until).await.map(drop),
            Some(at) if self.clock.now() >= at + FENCE_KEPT => {
                self.deletions.forget(&deletion).await
            }
            Some(_) => Ok(()),
        }
    }

    async fn begin(&self, user: &UserId) -> Result<Deletion, Unavailable> {
        let now = self.clock.now();
        let new = NewDeletion {
            id: data_encoding::HEXLOWER.encode(&(self.entropy)()),
            now,
            quiet_after: REQUESTS_OVER_WITHIN,
            quiet_after_task: TASK_GONE_WITHIN,
            due_at: now + FOLLOWED_UP_AFTER,
        };
        let deletion = self.deletions.begin(user, &new).await?;
        info!(user.id = %user, deletion.id = deletion.id, "a user leaves");
        Ok(deletion)
    }

    /// One walk through everything, or as much of it as there is time for.
    async fn go_on(
        &self,
        mut deletion: Deletion,
        until: Timestamp,
    ) -> Result<DeletionState, Unavailable> {
        let began = self.clock.now();
        let walked = self.walk(&mut deletion, until).await;
        let now = self.clock.now();
        let user = &deletion.user;
        if !matches!(walked, Ok(true)) {
            // What is counted is kept even if the rest failed.
            let noted = self.deletions.note(&deletion, now + FOLLOWED_UP_AFTER).await;
            return walked.and(noted).map(|()| DeletionState::UnderWay);
        }
        if began < deletion.quiet_at {
            self.deletions.note(&deletion, deletion.quiet_at).await?;
            return Ok(DeletionState::Closing);
        }
        self.deletions.finish(&deletion, now, now + FENCE_KEPT).await?;
        info!(user.id = %user, deletion.id = deletion.id, "everything of a user is gone");
        Ok(DeletionState::Done)
    }

    /// `false`: the time was over before the end.
    async fn walk(&self, deletion: &mut Deletion, until: Timestamp) -> Result<bool, Unavailable> {
        let user = deletion.user.clone();
        self.stop(deletion).await?;
        self.close_sockets(&user).await?;
        self.silence(&user).await?;
        if !self.empty_linked(deletion, until).await? || !self.empty(deletion, until).await? {
            return Ok(false);
        }
        if let Some(accounts) = self.accounts.as_ref().filter(|_| telegram_of(&user).is_none()) {
            accounts.remove(&user).await?;
        }
        Ok(true)
    }

    async fn stop(&self, deletion: &Deletion) -> Result<(), Unavailable> {
        match &deletion.task_arn {
            Some(arn) => self.compute.stop(arn, "its user leaves").await,
            None => Ok(()),
        }
    }

    /// A socket that stays open finds no row of its own any more, and nothing that it sends is
    /// accepted: to close it is only polite.
    async fn close_sockets(&self, user: &UserId) -> Result<(), Unavailable> {
        for connection in self.connections.clients_of(user, self.clock.now()).await? {
            if let Err(error) = self.push.close(&connection).await {
                warn!(user.id = %user, connection.id = %connection, %error, "could not close");
            }
        }
        Ok(())
    }

    /// Before the rows go, by which alarms are found.
    async fn silence(&self, user: &UserId) -> Result<(), Unavailable> {
        for schedule in self.schedules.list(user).await? {
            self.alarms.remove(user, &schedule.id).await?;
        }
        Ok(())
    }

    /// Those who were users before their accounts were linked to this one.
    async fn empty_linked(
        &self,
        deletion: &mut Deletion,
        until: Timestamp,
    ) -> Result<bool, Unavailable> {
        if let Some(link) = self.links.of(&deletion.user).await? {
            let other = user_of_telegram(&link.person.to_string());
            let mut others = self.begin(&other).await?;
            deletion.also.insert(other);
            // On record before the link is gone, by which they are found.
            self.deletions.note(deletion, self.clock.now() + FOLLOWED_UP_AFTER).await?;
            self.stop(&others).await?;
            self.silence(&others.user).await?;
            let emptied = self.empty(&mut others, until).await;
            self.deletions.note(&others, others.quiet_at).await?;
            if !emptied? {
                return Ok(false);
            }
        }
        // The code that is outstanding, too.
        self.links.unlink(&deletion.user).await?;
        Ok(true)
    }

    async fn empty(&self, deletion: &mut Deletion, until: Timestamp) -> Result<bool, Unavailable> {
        for place in Place::ALL {
            loop {
                let removed = self.belongings.remove_some(&deletion.user, place).await?;
                deletion.note(place, removed.count);
                if !removed.more {
                    break;
                }
                if self.clock.now() > until {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }
}

/// Somebody in Telegram who is linked to nobody.
fn user_of_telegram(person: &str) -> UserId {
    UserId::new(format!("telegram:{person}")).expect("a number, and a minus sign at most")
}

fn telegram_of(user: &UserId) -> Option<&str> {
    user.as_str().strip_prefix("telegram:")
}
