//! A deployment says itself where everything is.

use serde_json::json;

use crate::stand_in::Deployed;
use crate::world::run;

#[tokio::test(flavor = "multi_thread")]
async fn a_deployment_is_found_by_its_name() {
    let deployed = Deployed::start().await;
    let ran = deployed.ops(&["status"]).await.well();
    assert!(ran.out.contains("0 running"), "{ran:?}");

    // The environment's own word wins: there is no such table.
    let other = [("TABLE_TASK_STATE", "")];
    deployed.ops_with(&["status"], &other).await.well();
    let other = [("OIDC_ISSUER", "http://127.0.0.1:1/elsewhere")];
    let ran = deployed.ops_with(&["doctor"], &other).await;
    assert!(ran.out.contains("127.0.0.1 cannot be reached"), "{ran:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deployment_that_is_not_there_or_odd_is_said_so() {
    let deployed = Deployed::start().await;
    let nobody = [("AWS_REGION", "eu-west-1".to_owned())];
    run(&["--deployment", "claw", "--local", "x", "status"], &nobody).await.fails(2, "--local");
    run(&["--deployment", "Claw", "status"], &nobody).await.fails(2, "1 to 20 of a-z");
    run(&["--deployment", "claw", "status"], &[]).await.fails(2, "AWS_REGION is not set");

    deployed.change("GetParameter /claw/deployment", |it| {
        it["Parameter"]["Value"] = json!("{}");
    });
    deployed.ops(&["status"]).await.fails(2, "TABLE_");
    deployed.change("GetParameter /claw/deployment", |it| {
        it["Parameter"]["Value"] = json!("[]");
    });
    deployed.ops(&["status"]).await.fails(1, "make deploy");
    deployed.refuse("GetParameter /claw/deployment", "ParameterNotFound");
    deployed.ops(&["status"]).await.fails(2, "no deployment `claw` is known in eu-west-1");
    deployed.refuse("GetParameter /claw/deployment", "AccessDeniedException");
    deployed.ops(&["status"]).await.fails(1, "cannot read the parameter /claw/deployment");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_is_found_by_his_address() {
    let deployed = Deployed::start().await;
    let ran = deployed.ops(&["user", "show", "ana@example.com"]).await.well();
    for words in ["user           5f1c", "ana@example.com, CONFIRMED", "never started"] {
        assert!(ran.out.contains(words), "{words}: {ran:?}");
    }
    deployed.set("ListUsers", 200, json!({ "Users": [] }));
    let none = deployed.ops(&["user", "show", "bob@example.com"]).await;
    none.fails(1, "nobody signs in with `bob@example.com`");
    deployed.refuse("ListUsers", "NotAuthorizedException");
    deployed.ops(&["user", "show", "a@b.c"]).await.fails(1, "cognito-idp refused");
    deployed.ops(&["user", "show", "a\"@b.c"]).await.fails(2, "no e-mail address");
}
