//! Who may sign in, as the user pool says.

use anyhow::Context;
use domain::UserId;
use serde_json::{Value, json};

use crate::environment::Environment;
use crate::setup::usage;
use crate::signed::{COGNITO, Signed};

pub(crate) struct Accounts {
    signed: Signed,
    pool: String,
    is_local: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Account {
    pub(crate) email: Option<String>,
    pub(crate) status: Option<String>,
    pub(crate) is_enabled: bool,
}

impl Accounts {
    /// `None`: no user pool is named.
    pub(crate) fn if_any(environment: &Environment) -> anyhow::Result<Option<Self>> {
        let Some(pool) = environment.get("USER_POOL_ID") else { return Ok(None) };
        let signed = Signed::new(environment)?;
        Ok(Some(Self { signed, pool, is_local: environment.is_local }))
    }

    pub(crate) async fn of(&self, user: &UserId) -> anyhow::Result<Option<Account>> {
        // No id has a quotation mark.
        let found = self.list(&format!("sub = \"{user}\"")).await?;
        Ok(found.first().map(|user| Account {
            email: attribute(user, "email"),
            status: user["UserStatus"].as_str().map(str::to_owned),
            is_enabled: user["Enabled"].as_bool().unwrap_or(true),
        }))
    }

    /// Who signs in with this address.
    pub(crate) async fn with_email(&self, email: &str) -> anyhow::Result<UserId> {
        if self.is_local {
            return Err(usage("a local stack knows no e-mail addresses: say the user's id"));
        }
        if email.contains(['"', '\\']) {
            return Err(usage(format!("`{email}` is no e-mail address")));
        }
        let found = self.list(&format!("email = \"{email}\"")).await?;
        match found.as_slice() {
            [user] => {
                let sub = attribute(user, "sub").context("the user pool gave no id")?;
                Ok(UserId::new(sub)?)
            }
            [] => anyhow::bail!("nobody signs in with `{email}`"),
            more => anyhow::bail!("{} accounts have `{email}`: say the user's id", more.len()),
        }
    }

    async fn list(&self, filter: &str) -> anyhow::Result<Vec<Value>> {
        let asked = json!({ "UserPoolId": self.pool, "Filter": filter });
        let answer = self.signed.call(COGNITO, "ListUsers", &asked).await;
        let mut answer = answer.context("cannot ask the user pool")?;
        match answer["Users"].take() {
            Value::Array(users) => Ok(users),
            _ => anyhow::bail!("the user pool's answer has no users"),
        }
    }
}

fn attribute(user: &Value, name: &str) -> Option<String> {
    let attributes = user["Attributes"].as_array()?;
    let found = attributes.iter().find(|attribute| attribute["Name"] == name)?;
    found["Value"].as_str().map(str::to_owned)
}
