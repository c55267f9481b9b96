//! Dependencies point downwards only (ARCHITECTURE.md): each row is what a crate must not see,
//! however indirectly.

use std::process::Command;

#[track_caller]
fn depends_on_none_of(package: &str, forbidden: &[&str]) {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let tree = Command::new(cargo)
        .args(["tree", "--offline", "--locked", "-e", "normal", "--prefix", "none", "-p", package])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    assert!(tree.status.success(), "{}", String::from_utf8_lossy(&tree.stderr));
    let tree = String::from_utf8(tree.stdout).expect("text");
    let seen: Vec<&str> = tree.lines().skip(1).filter_map(|l| l.split(' ').next()).collect();
    assert!(!seen.is_empty(), "`cargo tree -p {package}` shows nothing");
    let bad = |name: &&&str| forbidden.iter().any(|f| name.starts_with(f));
    let bad: Vec<_> = seen.iter().filter(bad).collect();
    assert!(bad.is_empty(), "{package} must not depend on {bad:?}");
}

const OUTSIDE: [&str; 6] = ["aws", "lambda_", "hyper", "axum", "dynoxide", "s3s"];

#[test]
fn the_rules_do_no_io() {
    depends_on_none_of("domain", &["tokio", "platform", "protocol", "tracing", "rand", "async-"]);
    depends_on_none_of("domain", &OUTSIDE);
}

#[test]
fn the_wire_knows_only_the_rules() {
    depends_on_none_of("protocol", &["tokio", "platform", "control-plane", "gateway-client"]);
    depends_on_none_of("protocol", &OUTSIDE);
}

#[test]
fn use_cases_see_ports_and_never_aws() {
    depends_on_none_of("control-plane", &["platform-", "gateway-client", "bridge", "local-stack"]);
    depends_on_none_of("control-plane", &OUTSIDE);
}

#[test]
fn ports_know_no_implementation() {
    depends_on_none_of("platform", &["platform-", "control-plane", "bridge"]);
    depends_on_none_of("platform", &OUTSIDE);
    depends_on_none_of("platform-sim", &["platform-aws", "control-plane", "bridge"]);
    depends_on_none_of("platform-sim", &OUTSIDE);
}

#[test]
fn the_gateway_protocol_knows_nothing_of_us() {
    let ours = ["domain", "protocol", "platform", "control-plane", "bridge", "aws"];
    depends_on_none_of("gateway-client", &ours);
}

#[test]
fn the_bot_api_knows_nothing_of_us() {
    depends_on_none_of("telegram", &["domain", "protocol", "platform", "control-plane", "aws-sdk"]);
    depends_on_none_of("telegram", &["reqwest", "ring", "openssl-sys", "native-tls"]);
}

/// It does to users what the API does, by the API's own parts.
#[test]
fn the_operators_tool_carries_nothing_of_the_laptop() {
    let laptop = ["local-stack", "dynoxide", "s3s", "platform-sim", "simulation", "bridge"];
    depends_on_none_of("ops", &laptop);
}

#[test]
fn what_runs_in_aws_carries_nothing_of_the_laptop() {
    let laptop = ["local-stack", "dynoxide", "s3s", "platform-sim", "simulation"];
    let lambdas = [
        "ws-connect",
        "ws-message",
        "ws-disconnect",
        "api",
        "telegram-webhook",
        "watchdog",
        "prewarm",
        "scheduled-message",
    ];
    for package in lambdas.into_iter().chain(["bridge"]) {
        depends_on_none_of(package, &laptop);
    }
    depends_on_none_of("bridge", &["control-plane", "lambda_"]);
    depends_on_none_of("platform-aws", &["control-plane", "bridge", "lambda_", "local-stack"]);
}
