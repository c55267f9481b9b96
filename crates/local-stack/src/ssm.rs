//! SSM Parameter Store, as much of it as the product uses, in one private file.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Mutex,
};

use anyhow::Context;
use axum::http::StatusCode;
use data_encoding::BASE64;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::{
    aws_error::{AwsError, AwsResult},
    clock,
    config::{ACCOUNT, Parameter, REGION},
    private_file,
};

/// The standard tier's limit, in bytes.
const LONGEST_VALUE: usize = 4096;
const PAGE: usize = 10;

#[derive(Debug)]
pub(crate) struct Ssm {
    path: PathBuf,
    stored: Mutex<BTreeMap<String, Stored>>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Stored {
    value: String,
    #[serde(rename = "type")]
    kind: String,
    version: i64,
    modified_ms: i64,
}

impl Ssm {
    pub(crate) fn open(data: &Path, parameters: &[Parameter]) -> anyhow::Result<Self> {
        let path = data.join("ssm.json");
        let stored = match private_file::read(&path)? {
            Some(json) => serde_json::from_slice(&json)
                .with_context(|| format!("{} is not what this stack wrote", path.display()))?,
            None => BTreeMap::new(),
        };
        let ssm = Self { path, stored: Mutex::new(stored) };
        ssm.put_all(parameters)?;
        Ok(ssm)
    }

    pub(crate) fn put_all(&self, parameters: &[Parameter]) -> anyhow::Result<()> {
        for Parameter { name, value, secure } in parameters {
            let kind = if *secure { "SecureString" } else { "String" };
            self.put(&json!({"Name": name, "Value": value, "Type": kind, "Overwrite": true}))
                .map_err(|error| anyhow::anyhow!("parameter `{name}`: {}", error.message))?;
        }
        Ok(())
    }

    pub(crate) fn call(&self, operation: &str, input: &Value) -> AwsResult {
        match operation {
            "GetParameter" => self.get(input),
            "GetParameters" => Ok(self.get_many(input)),
            "GetParametersByPath" => self.by_path(input),
            "PutParameter" => self.put(input),
            other => Err(AwsError::bad_request(
                "UnknownOperationException",
                format!("the local stack has no ssm:{other}"),
            )),
        }
    }

    fn get(&self, input: &Value) -> AwsResult {
        let name = text(input, "Name")?;
        let stored = self.stored.lock().expect("reading parameters does not panic");
        let found =
            stored.get(&name).ok_or_else(|| AwsError::bad_request("ParameterNotFound", ""))?;
        Ok(json!({"Parameter": describe(&name, found, decrypts(input))}))
    }

    fn get_many(&self, input: &Value) -> Value {
        let stored = self.stored.lock().expect("reading parameters does not panic");
        let names = input["Names"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let (mut found, mut invalid) = (Vec::new(), Vec::new());
        for name in names {
            match stored.get(name) {
                Some(parameter) => found.push(describe(name, parameter, decrypts(input))),
                None => invalid.push(name),
            }
        }
        json!({"Parameters": found, "InvalidParameters": invalid})
    }

    fn by_path(&self, input: &Value) -> AwsResult {
        let mut prefix = text(input, "Path")?;
        if !prefix.ends_with('/') {
            prefix.push('/');
        }
        let recursive = input["Recursive"].as_bool().unwrap_or(false);
        let size = input["MaxResults"].as_u64().map_or(PAGE, |most| (most as usize).clamp(1, PAGE));
        let after = input["NextToken"].as_str().unwrap_or_default();
        let stored = self.stored.lock().expect("reading parameters does not panic");
        let mut matching = stored
            .iter()
            .filter(|(name, _)| {
                let below = name.strip_prefix(&prefix);
                below.is_some_and(|rest| recursive || !rest.contains('/'))
            })
            .filter(|(name, _)| name.as_str() > after);
        let page: Vec<_> = matching.by_ref().take(size).collect();
        let more = matching.next().is_some();
        let parameters: Vec<Value> =
            page.iter().map(|(name, found)| describe(name, found, decrypts(input))).collect();
        let mut answer = json!({"Parameters": parameters});
        if let (true, Some((last, _))) = (more, page.last()) {
            answer["NextToken"] = json!(last);
        }
        Ok(answer)
    }

    fn put(&self, input: &Value) -> AwsResult {
        let (name, value) = (text(input, "Name")?, text(input, "Value")?);
        check_value(&value)?;
        let mut stored = self.stored.lock().expect("writing parameters does not panic");
        let before = stored.get(&name);
        if before.is_some() && !input["Overwrite"].as_bool().unwrap_or(false) {
            return Err(AwsError::bad_request(
                "ParameterAlreadyExists",
                "The parameter already exists. To overwrite this value, set the overwrite option \
                 in the request to true.",
            ));
        }
        let kind = input["Type"].as_str().or(before.map(|before| before.kind.as_str()));
        let kind = kind.ok_or_else(|| validation("A parameter type is required"))?.to_owned();
        let version = before.map_or(1, |before| before.version + 1);
        let modified_ms = clock::now_ms();
        stored.insert(name, Stored { value, kind, version, modified_ms });
        self.save(&stored)?;
        Ok(json!({"Version": version, "Tier": "Standard"}))
    }

    fn save(&self, stored: &BTreeMap<String, Stored>) -> Result<(), AwsError> {
        let json = serde_json::to_vec_pretty(stored).expect("strings serialize");
        private_file::write(&self.path, &json).map_err(|error| {
            tracing::error!(%error, "could not save the parameters");
            AwsError::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "InternalServerError",
                error.to_string(),
            )
        })
    }
}

fn check_value(value: &str) -> Result<(), AwsError> {
    match value.len() {
        0 => Err(validation("Member must have length greater than or equal to 1")),
        length if length > LONGEST_VALUE => Err(validation(&format!(
            "Standard tier parameters support a maximum parameter value of {LONGEST_VALUE} \
             characters; this one has {length}."
        ))),
        _ => Ok(()),
    }
}

fn describe(name: &str, found: &Stored, decrypt: bool) -> Value {
    let secret = found.kind == "SecureString" && !decrypt;
    let value = if secret { ciphertext(&found.value) } else { found.value.clone() };
    json!({
        "Name": name, "Type": found.kind, "Value": value, "Version": found.version,
        "LastModifiedDate": found.modified_ms as f64 / 1000.0, "DataType": "text",
        "ARN": format!("arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/{}", name.trim_start_matches('/')),
    })
}

/// Whoever forgets `WithDecryption` must notice here, not in production.
fn ciphertext(value: &str) -> String {
    BASE64.encode(&Sha256::digest(value.as_bytes()))
}

fn decrypts(input: &Value) -> bool {
    input["WithDecryption"].as_bool().unwrap_or(false)
}

fn text(input: &Value, field: &str) -> Result<String, AwsError> {
    let found = input[field].as_str();
    found.map(str::to_owned).ok_or_else(|| validation(&format!("`{field}` is required")))
}

fn validation(message: &str) -> AwsError {
    AwsError::bad_request("ValidationException", message)
}
