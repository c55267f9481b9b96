//! A Telegram account is linked by a code that the page asks for.

use domain::{LinkCode, TelegramUser};
use platform::{Clock, RedeemOutcome, Redemption};
use platform_sim::World;
use serde_json::{Value, json};

use crate::support::ask;

async fn says(world: &World, code: &Value) -> RedeemOutcome {
    let code = code.as_str().and_then(LinkCode::parse).expect("six digits");
    let (person, name) = (TelegramUser(501), "Ana A".to_owned());
    let said = Redemption { code, person, name, chat: 501, now: world.clock().now() };
    world.links().redeem(&said).await.expect("writes")
}

#[tokio::test]
async fn a_code_is_issued_redeemed_shown_and_revoked() {
    let world = World::default();
    let (status, nothing) = ask(&world, "GET", "/link/status", None).await;
    assert_eq!((status, nothing), (200, json!({ "linked": false, "accounts": [] })));

    let (status, issued) = ask(&world, "POST", "/link/generate-otp", None).await;
    assert_eq!(status, 200, "{issued}");
    let link = format!("https://t.me/claw_bot?start={}", issued["code"].as_str().expect("text"));
    assert_eq!((&issued["botUsername"], &issued["deepLink"]), (&json!("claw_bot"), &json!(link)));
    let (_, waiting) = ask(&world, "GET", "/link/status", None).await;
    assert_eq!(waiting["codeExpiresAt"], issued["expiresAt"]);
    assert!(!waiting.to_string().contains(issued["code"].as_str().expect("text")), "{waiting}");

    assert!(matches!(says(&world, &issued["code"]).await, RedeemOutcome::Linked(_)));
    let (_, linked) = ask(&world, "GET", "/link/status", None).await;
    let since = world.clock().now().millis();
    let account = json!({ "telegramId": 501, "name": "Ana A", "since": since });
    assert_eq!(linked, json!({ "linked": true, "accounts": [account] }));

    for expected in [true, false] {
        let (status, gone) = ask(&world, "POST", "/link/unlink", None).await;
        assert_eq!((status, gone), (200, json!({ "unlinked": expected })));
    }
    let (_, nothing) = ask(&world, "GET", "/link/status", None).await;
    assert_eq!(nothing, json!({ "linked": false, "accounts": [] }));
}

#[tokio::test]
async fn what_cannot_be_kept_is_told_as_such() {
    let world = World::default();
    for (port, method, path) in [
        ("links.issue", "POST", "/link/generate-otp"),
        ("links.of", "GET", "/link/status"),
        ("links.unlink", "POST", "/link/unlink"),
    ] {
        world.fail_next(port, 1);
        let (status, problem) = ask(&world, method, path, None).await;
        assert_eq!((status, &problem["code"]), (503, &json!("unavailable")), "{path}: {problem}");
    }
}
