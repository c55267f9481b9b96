//! The part of Cognito's API by which a user is signed out and removed, over the development issuer's users.

use std::sync::{Arc, OnceLock};

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::{
    aws_error::{AwsError, AwsResult},
    identity::Issuer,
};

pub(crate) const USER_POOL: &str = "local_users";

/// The issuer opens after the services, whose address it needs.
#[derive(Debug, Default)]
pub(crate) struct Cognito(OnceLock<Arc<Issuer>>);

impl Cognito {
    pub(crate) fn connect(&self, issuer: Arc<Issuer>) {
        // There is one issuer a stack, and it is opened once.
        let _ = self.0.set(issuer);
    }

    pub(crate) fn call(&self, operation: &str, input: &Value) -> AwsResult {
        let Some(issuer) = self.0.get() else {
            let (status, code) = (StatusCode::INTERNAL_SERVER_ERROR, "InternalErrorException");
            return Err(AwsError::new(status, code, "the issuer is not open yet"));
        };
        if input["UserPoolId"] != USER_POOL {
            let why = "there is no such user pool";
            return Err(AwsError::bad_request("ResourceNotFoundException", why));
        }
        match operation {
            "ListUsers" => {
                let filter = input["Filter"].as_str().unwrap_or_default();
                let sub = filter.strip_prefix("sub = \"").and_then(|rest| rest.strip_suffix('"'));
                let odd = || AwsError::bad_request("InvalidParameterException", "only by sub");
                let found = issuer.name_of(sub.ok_or_else(odd)?);
                let users = found.map(|name| json!({ "Username": name, "Enabled": true }));
                Ok(json!({ "Users": users.into_iter().collect::<Vec<_>>() }))
            }
            "AdminUserGlobalSignOut" | "AdminDeleteUser" => {
                let name = input["Username"].as_str().unwrap_or_default();
                match issuer.forget(name, operation == "AdminDeleteUser") {
                    true => Ok(json!({})),
                    false => {
                        let why = "User does not exist.";
                        Err(AwsError::bad_request("UserNotFoundException", why))
                    }
                }
            }
            _ => Err(AwsError::bad_request(
                "InvalidAction",
                format!("{operation} is not stood in for"),
            )),
        }
    }
}
