//! Telegram accounts that belong to users, and the codes that make them so.
//!
//! A code is good while it is the one in its user's row: issuing another is enough to make it
//! worthless.

use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::TransactWriteItem;
use domain::limits::{LINK_TRIES_MAX, LINK_TRIES_WITHIN};
use domain::{LinkCode, MessageId, TelegramLink, TelegramUser, Timestamp, UserId};
use platform::{IssueOutcome, Links, RedeemOutcome, Redemption, Result, Unavailable};

use crate::aws::Aws;
use crate::config::{ConfigError, Lookup};
use crate::keys;
use crate::link_rows::{
    ACCOUNT, CODE, CODES, IS_NEW, OWNER_OF_CODE, TRIES, code_key, delete_as_seen, delete_if,
    owner_key, read_account, read_code, read_owner, row_key, ttl,
};
use crate::row::{Item, Malformed, Row, item, json, number, text};
use crate::tables;
use crate::writes::{Cancelled, Change, Patience, Refusal, put, put_if, try_transact};

pub struct DynamoLinks {
    db: Client,
    table: String,
}

impl DynamoLinks {
    pub fn new(db: Client, settings: impl Into<String>) -> Self {
        Self { db, table: settings.into() }
    }

    pub fn from_lookup(aws: &Aws, lookup: Lookup<'_>) -> std::result::Result<Self, ConfigError> {
        Ok(Self::new(aws.dynamodb(), tables::settings(lookup)?))
    }

    async fn find(&self, operation: &'static str, key: Item) -> Result<Option<Item>> {
        let request = self.db.get_item().table_name(&self.table).set_key(Some(key));
        let found = request.consistent_read(true).send().await;
        Ok(found.map_err(|error| Unavailable::new(operation, error))?.item)
    }

    async fn code_of(&self, operation: &'static str, user: &UserId) -> Result<Option<Item>> {
        self.find(operation, row_key(keys::user(user), CODE)).await
    }

    /// With the code by which he came.
    async fn owner(&self, person: TelegramUser) -> Result<Option<(UserId, String)>> {
        let row = self.find(REDEEM, owner_key(person)).await?;
        let owner = row.as_ref().map(|row| read_owner(Row(row))).transpose();
        let owner = owner.map_err(|error| error.during(REDEEM))?;
        Ok(owner.map(|(user, by)| (user, by.to_owned())))
    }

    /// What there is to say before anything is written; `Err`: the user to link. The rows are read
    /// one by one: what is seen of accounts counts only if the code is good still after it.
    async fn judge(&self, said: &Redemption) -> Result<std::result::Result<RedeemOutcome, UserId>> {
        let malformed = |error: Malformed| error.during(REDEEM);
        let code = self.find(REDEEM, code_key(&said.code)).await?;
        let good = code.as_ref().map(|row| read_code(Row(row))).transpose().map_err(malformed)?;
        let Some((user, _)) = good.filter(|(_, until)| *until > said.now) else {
            return self.code_is_gone(said).await.map(Ok);
        };
        let owner = self.owner(said.person).await?;
        let account = self.find(REDEEM, row_key(keys::user(&user), ACCOUNT)).await?;
        let current = self.code_of(REDEEM, &user).await?;
        let current = current.as_ref().map(|row| Row(row).text("code")).transpose();
        if current.map_err(malformed)? != Some(said.code.as_str()) {
            return self.code_is_gone(said).await.map(Ok);
        }
        Ok(match (owner, account) {
            (Some((owner, _)), _) if owner == user => Ok(RedeemOutcome::AlreadyYours(user)),
            (Some(_), _) => Ok(RedeemOutcome::OtherUser),
            (None, Some(_)) => Ok(RedeemOutcome::OtherAccount),
            (None, None) => Err(user),
        })
    }

    /// Perhaps this very person has won it.
    async fn code_is_gone(&self, said: &Redemption) -> Result<RedeemOutcome> {
        Ok(match self.owner(said.person).await? {
            Some((owner, by)) if by == said.code.as_str() => RedeemOutcome::Linked(owner),
            _ => RedeemOutcome::NoSuchCode,
        })
    }

    fn linking(&self, user: &UserId, said: &Redemption) -> Vec<TransactWriteItem> {
        let Redemption { code, person, name, chat, now } = said;
        let mut account = row_key(keys::user(user), ACCOUNT);
        account.extend(item([
            ("person", text(person.to_string())),
            ("name", text(name)),
            ("chat", text(chat.to_string())),
            ("since", number(now.millis())),
        ]));
        let mut owner = owner_key(*person);
        owner.extend(item([("userId", text(user.as_str())), ("code", text(code.as_str()))]));
        let is_good = "#userId = :user AND #expiresAt > :now";
        let good = item([(":user", text(user.as_str())), (":now", number(now.millis()))]);
        let is_current = item([(":code", text(code.as_str()))]);
        vec![
            delete_if(&self.table, code_key(code), is_good, good),
            delete_if(&self.table, row_key(keys::user(user), CODE), "#code = :code", is_current),
            put_if(&self.table, account, IS_NEW, Item::new()),
            put_if(&self.table, owner, IS_NEW, Item::new()),
        ]
    }

    fn unlinking(
        &self,
        user: &UserId,
        person: Option<TelegramUser>,
        code: Option<&str>,
    ) -> Vec<TransactWriteItem> {
        let person_text = person.map(|person| person.to_string());
        let account = row_key(keys::user(user), ACCOUNT);
        let mut writes = vec![
            delete_as_seen(&self.table, account, "person", person_text.as_deref()),
            delete_as_seen(&self.table, row_key(keys::user(user), CODE), "code", code),
        ];
        if let Some(person) = person {
            writes.push(delete_as_seen(
                &self.table,
                owner_key(person),
                "userId",
                Some(user.as_str()),
            ));
        }
        writes
    }

    /// What is left of a code that nobody can use any more.
    async fn sweep(&self, operation: &'static str, user: &UserId, code: &str) -> Result<()> {
        let request = self.db.delete_item().table_name(&self.table);
        let key = row_key(format!("{CODES}{code}"), OWNER_OF_CODE);
        let done = request
            .set_key(Some(key))
            .condition_expression("#userId = :user")
            .expression_attribute_names("#userId", "userId")
            .expression_attribute_values(":user", text(user.as_str()))
            .send()
            .await;
        match done {
            Ok(_) => Ok(()),
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(|error| error.is_conditional_check_failed_exception()) =>
            {
                Ok(())
            }
            Err(error) => Err(Unavailable::new(operation, error)),
        }
    }
}

const REDEEM: &str = "links.redeem";

#[async_trait]
impl Links for DynamoLinks {
    async fn issue(
        &self,
        user: &UserId,
        code: &LinkCode,
        expires_at: Timestamp,
        now: Timestamp,
    ) -> Result<IssueOutcome> {
        const OPERATION: &str = "links.issue";
        let before = self.code_of(OPERATION, user).await?;
        let expiry =
            || [("expiresAt", number(expires_at.millis())), ("ttl", number(ttl(expires_at)))];
        let mut owned = code_key(code);
        owned.extend(item(expiry()));
        owned.insert("userId".into(), text(user.as_str()));
        let mut own = row_key(keys::user(user), CODE);
        own.extend(item(expiry()));
        own.insert("code".into(), text(code.as_str()));
        let is_free = "attribute_not_exists(#PK) OR #expiresAt <= :now";
        let at = item([(":now", number(now.millis()))]);
        let writes = vec![put_if(&self.table, owned, is_free, at), put(&self.table, own)];
        match try_transact(&self.db, OPERATION, writes).await {
            Ok(()) => {}
            Err(Cancelled::Conditions(_)) => return Ok(IssueOutcome::CodeTaken),
            Err(Cancelled::Busy(error) | Cancelled::Unavailable(error)) => return Err(error),
        }
        let before = before.as_ref().map(|row| Row(row).text("code")).transpose();
        match before.map_err(|error| error.during(OPERATION))? {
            Some(before) if before != code.as_str() => self.sweep(OPERATION, user, before).await?,
            _ => {}
        }
        Ok(IssueOutcome::Issued)
    }

    async fn redeem(&self, said: &Redemption) -> Result<RedeemOutcome> {
        let patience = Patience::default();
        while patience.is_left() {
            let user = match self.judge(said).await? {
                Ok(outcome) => return Ok(outcome),
                Err(user) => user,
            };
            match try_transact(&self.db, REDEEM, self.linking(&user, said)).await {
                Ok(()) => return Ok(RedeemOutcome::Linked(user)),
                // Somebody was faster: the next look tells who.
                Err(Cancelled::Conditions(_)) => {}
                Err(Cancelled::Busy(error) | Cancelled::Unavailable(error)) => return Err(error),
            }
        }
        Err(Unavailable::new(REDEEM, "the rows keep changing"))
    }

    async fn note_try(&self, person: TelegramUser, id: &MessageId, now: Timestamp) -> Result<bool> {
        const OPERATION: &str = "links.note_try";
        let malformed = |error: Malformed| error.during(OPERATION);
        let mut patience = Patience::default();
        while patience.is_left() {
            let key = row_key(keys::telegram(person.0), TRIES);
            let row = self.find(OPERATION, key.clone()).await?.unwrap_or_default();
            let seen = Row(&row).text_if_any("tries").map_err(malformed)?;
            let tries: Option<Vec<(MessageId, Timestamp)>> =
                Row(&row).json_if_any("tries").map_err(malformed)?;
            let mut tries = tries.unwrap_or_default();
            tries.retain(|(_, at)| *at + LINK_TRIES_WITHIN > now);
            if tries.iter().any(|(known, _)| known == id) {
                return Ok(true);
            }
            if tries.len() >= LINK_TRIES_MAX {
                return Ok(false);
            }
            tries.push((id.clone(), now));
            let mut values =
                item([(":tries", json(&tries)), (":ttl", number(ttl(now + LINK_TRIES_WITHIN)))]);
            let condition = match seen {
                Some(seen) => {
                    values.insert(":seen".into(), text(seen));
                    "#tries = :seen"
                }
                None => "attribute_not_exists(#tries)",
            };
            let update = "SET #tries = :tries, #ttl = :ttl".into();
            let note = Change { table: &self.table, key, update, condition, values };
            match note.apply(&self.db, OPERATION).await {
                Ok(()) => return Ok(true),
                Err(Refusal::Condition(_)) => patience.pause().await,
                Err(Refusal::Unavailable(error)) => return Err(error),
            }
        }
        Err(Unavailable::new(OPERATION, "too many tries at once"))
    }

    async fn owner_of(&self, person: TelegramUser) -> Result<Option<UserId>> {
        const OPERATION: &str = "links.owner_of";
        let row = self.find(OPERATION, owner_key(person)).await?;
        let owner = row.as_ref().map(|row| read_owner(Row(row))).transpose();
        Ok(owner.map_err(|error| error.during(OPERATION))?.map(|(user, _)| user))
    }

    async fn of(&self, user: &UserId) -> Result<Option<TelegramLink>> {
        const OPERATION: &str = "links.of";
        let row = self.find(OPERATION, row_key(keys::user(user), ACCOUNT)).await?;
        let link = row.as_ref().map(|row| read_account(Row(row))).transpose();
        link.map_err(|error| error.during(OPERATION))
    }

    async fn outstanding(&self, user: &UserId, now: Timestamp) -> Result<Option<Timestamp>> {
        const OPERATION: &str = "links.outstanding";
        let row = self.code_of(OPERATION, user).await?;
        let until = row.as_ref().map(|row| Row(row).number("expiresAt")).transpose();
        let until = until.map_err(|error| error.during(OPERATION))?.map(Timestamp);
        Ok(until.filter(|until| *until > now))
    }

    async fn unlink(&self, user: &UserId) -> Result<bool> {
        const OPERATION: &str = "links.unlink";
        let malformed = |error: Malformed| error.during(OPERATION);
        let patience = Patience::default();
        while patience.is_left() {
            let person = self.of(user).await?.map(|link| link.person);
            let row = self.code_of(OPERATION, user).await?;
            let code = row.as_ref().map(|row| Row(row).text("code")).transpose();
            let code = code.map_err(malformed)?;
            if person.is_none() && code.is_none() {
                return Ok(false);
            }
            let writes = self.unlinking(user, person, code);
            match try_transact(&self.db, OPERATION, writes).await {
                Ok(()) => {
                    if let Some(code) = code {
                        self.sweep(OPERATION, user, code).await?;
                    }
                    return Ok(person.is_some());
                }
                // Something was linked, or issued, in between.
                Err(Cancelled::Conditions(_)) => {}
                Err(Cancelled::Busy(error) | Cancelled::Unavailable(error)) => return Err(error),
            }
        }
        Err(Unavailable::new(OPERATION, "the rows keep changing"))
    }
}
