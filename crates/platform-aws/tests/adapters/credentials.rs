//! Where requests get their signature from. The SDK reads the process's environment for it, so
//! each case is a process of its own: this test binary again.

use std::process::Command;

use platform_aws::{Aws, Parameters};
use serde_json::json;

use crate::support::{Answer, Answers};

/// Asks for one parameter, as a binary does, in an environment with only `variables`.
fn ask_with(server: &Answers, variables: &[(&str, &str)]) {
    let program = std::env::current_exe().expect("a test binary");
    let asking = Command::new(program)
        .args(["credentials::ask", "--exact", "--ignored"])
        .env_clear()
        .envs([("AWS_REGION", "eu-west-1"), ("AWS_ENDPOINT_URL", server.url())])
        .envs(variables.iter().copied())
        .output()
        .expect("runs");
    assert!(asking.status.success(), "{}", String::from_utf8_lossy(&asking.stdout));
}

#[tokio::test]
#[ignore = "the other process of the tests below"]
async fn ask() {
    let environment = |name: &str| std::env::var(name).ok();
    let aws = Aws::from_lookup(&environment).expect("complete");
    Parameters::of(&aws).get("/openclaw/model").await.expect("answers");
}

fn parameters() -> Answers {
    Answers::start([Answer::ok(json!({ "Parameter": { "Value": "v" } }))])
}

#[test]
fn a_lambda_signs_with_the_keys_in_its_environment() {
    let server = parameters();
    let keys = [("AWS_ACCESS_KEY_ID", "AKIALAMBDA"), ("AWS_SECRET_ACCESS_KEY", "secret")];
    ask_with(&server, &keys);
    let authorization = server.asked()[0].authorization.clone();
    assert!(authorization.contains("Credential=AKIALAMBDA/"), "{authorization}");
}

#[test]
fn a_task_signs_with_the_keys_of_its_role() {
    let server = parameters();
    let role = Answers::start([Answer::ok(json!({
        "AccessKeyId": "ASIAROLE",
        "SecretAccessKey": "secret",
        "Token": "token",
        "Expiration": "2099-01-01T00:00:00Z",
    }))]);
    let endpoint = format!("{}/v2/credentials/1", role.url());
    ask_with(&server, &[("AWS_CONTAINER_CREDENTIALS_FULL_URI", &endpoint)]);
    assert_eq!(role.asked()[0].path, "/v2/credentials/1");
    let authorization = server.asked()[0].authorization.clone();
    assert!(authorization.contains("Credential=ASIAROLE/"), "{authorization}");
}
