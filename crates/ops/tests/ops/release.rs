//! `ops release` on a local stack.

use serde_json::json;

use crate::world::World;

fn arn(revision: u32) -> String {
    format!("arn:aws:ecs:eu-west-1:123456789012:task-definition/claw:{revision}")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_is_offered_promoted_and_taken_back() {
    let world = World::start().await;
    let begin = async |revision: u32, share: &str| {
        world.local(&["release", "begin", "--candidate", &arn(revision), "--share", share]).await
    };
    let show = async || world.local(&["release", "show", "--json"]).await.well().json();
    let none = world.local(&["release", "show"]).await.well().out;
    assert!(none.contains("the newest revision of the family"), "{none}");
    world.local(&["release", "promote"]).await.fails(1, "there is no candidate");
    world.local(&["release", "rollback"]).await.fails(1, "no version before this one");

    // The first is everybody's at once.
    assert!(begin(1, "25").await.well().out.contains("claw:1 is what is launched from now on"));
    assert_eq!(show().await["current"], arn(1));
    assert!(begin(2, "25").await.well().out.contains("claw:2 gets 25 % of the launches"));
    let said = show().await;
    assert_eq!((&said["candidate"], &said["share"]), (&json!(arn(2)), &json!(25)));
    assert_eq!((&said["ready"], &said["failed"]), (&json!(0), &json!(0)));
    let status = world.local(&["status"]).await.well().out;
    assert!(status.contains("claw:1, and the candidate claw:2 for 25 %"), "{status}");

    let back = world.local(&["release", "rollback"]).await.well().out;
    assert!(back.contains("the candidate claw:2 is withdrawn; every launch gets claw:1"), "{back}");
    assert_eq!(show().await["withdrawn"], arn(2));
    begin(3, "50").await.well();
    let promoted = world.local(&["release", "promote"]).await.well().out;
    assert!(promoted.contains("claw:3 is everybody's"), "{promoted}");
    let said = show().await;
    assert_eq!((&said["current"], &said["previous"]), (&json!(arn(3)), &json!(arn(1))));
    let back = world.local(&["release", "rollback"]).await.well().out;
    assert!(back.contains("every launch gets claw:1 again"), "{back}");

    begin(4, "0").await.fails(2, "1 to 100");
    let name = ["release", "begin", "--candidate", "claw:4", "--share", "5"];
    world.local(&name).await.fails(2, "ARN of a task definition");
}
