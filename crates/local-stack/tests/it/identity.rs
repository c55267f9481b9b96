use data_encoding::BASE64URL_NOPAD;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, jwk::JwkSet};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::support::{Answer, World, get, post_form, send};

const VERIFIER: &str = "a-verifier-of-at-least-forty-three-characters-in-length";
const CALLBACK: &str = "http%3A%2F%2Flocalhost%3A5173%2Fcallback";

fn query() -> String {
    let challenge = BASE64URL_NOPAD.encode(&Sha256::digest(VERIFIER));
    format!(
        "response_type=code&client_id=openclaw-web&redirect_uri={CALLBACK}&scope=openid&state=s%26t\
         &nonce=n1&code_challenge={challenge}&code_challenge_method=S256"
    )
}

/// Signs in through the form and returns the redirect.
async fn sign_in(world: &World, name: &str) -> Answer {
    post_form(&world.url("/oidc/authorize"), &format!("{}&name={name}", query())).await
}

fn code(redirect: &Answer) -> String {
    let location = &redirect.headers["location"];
    let code = location.split(['?', '&']).find_map(|pair| pair.strip_prefix("code="));
    code.unwrap_or_else(|| panic!("no code in {redirect:?}")).to_owned()
}

async fn redeem(world: &World, code: &str, verifier: &str) -> Answer {
    let form = format!(
        "grant_type=authorization_code&client_id=openclaw-web&code={code}&redirect_uri={CALLBACK}\
         &code_verifier={verifier}"
    );
    post_form(&world.url("/oidc/token"), &form).await
}

/// As the API asks Cognito.
async fn sign_out_everywhere(world: &World, name: &str) -> u16 {
    let target = "AWSCognitoIdentityProviderService.AdminUserGlobalSignOut";
    let whom = serde_json::json!({ "UserPoolId": "local_users", "Username": name });
    let endpoint = world.stack.aws.endpoint();
    send("POST", endpoint, &[("x-amz-target", target)], whom.to_string()).await.status
}

/// Verifies a token as any client would: by the published keys.
async fn verified(world: &World, token: &str) -> Value {
    let keys: JwkSet =
        serde_json::from_value(get(&world.url("/oidc/jwks")).await.json()).expect("keys");
    let header = jsonwebtoken::decode_header(token).expect("a header");
    let key = keys.find(header.kid.as_deref().expect("a key id")).expect("a published key");
    let mut validation = Validation::new(Algorithm::RS256);
    validation.validate_aud = false;
    validation.set_issuer(&[&world.stack.urls.issuer]);
    let key = DecodingKey::from_jwk(key).expect("an RSA key");
    jsonwebtoken::decode::<Value>(token, &key, &validation).expect("verifies").claims
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_with_pkce_ends_in_cognitos_tokens() {
    let world = World::start().await;
    let redirect = sign_in(&world, "Ana").await;
    assert_eq!(redirect.status, 303);
    let location = &redirect.headers["location"];
    assert!(location.starts_with("http://localhost:5173/callback?code="), "{location}");
    assert!(location.ends_with("&state=s%26t"), "{location}");
    let tokens = redeem(&world, &code(&redirect), VERIFIER).await;
    assert_eq!(tokens.status, 200, "{tokens:?}");
    let tokens = tokens.json();
    let access = verified(&world, tokens["access_token"].as_str().expect("a token")).await;
    assert_eq!(
        (&access["client_id"], &access["token_use"]),
        (&"openclaw-web".into(), &"access".into())
    );
    assert_eq!(access["scope"], "openid profile");
    assert_eq!(access["exp"].as_i64().expect("exp") - access["iat"].as_i64().expect("iat"), 900);
    assert!(access.get("aud").is_none(), "Cognito's access tokens have no audience");
    let identity = verified(&world, tokens["id_token"].as_str().expect("a token")).await;
    assert_eq!((&identity["aud"], &identity["nonce"]), (&"openclaw-web".into(), &"n1".into()));
    assert_eq!(identity["cognito:username"], "Ana");
    assert_eq!(identity["sub"], access["sub"]);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_good_once_and_only_with_its_verifier() {
    let world = World::start().await;
    let first = code(&sign_in(&world, "ana").await);
    let wrong = redeem(&world, &first, "another-verifier").await;
    assert_eq!((wrong.status, &wrong.json()["error"]), (400, &"invalid_grant".into()));
    let spent = redeem(&world, &first, VERIFIER).await;
    assert_eq!(spent.status, 400, "an attempt uses the code up");
    let second = code(&sign_in(&world, "ana").await);
    assert_eq!(redeem(&world, &second, VERIFIER).await.status, 200);
    assert_eq!(redeem(&world, &second, VERIFIER).await.status, 400);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn refresh_tokens_rotate_and_survive_a_restart() {
    let world = World::start().await;
    let tokens = redeem(&world, &code(&sign_in(&world, "ana").await), VERIFIER).await.json();
    let refresh = |token: &Value| {
        let token = token.as_str().expect("a token");
        format!("grant_type=refresh_token&client_id=openclaw-web&refresh_token={token}")
    };
    let form = refresh(&tokens["refresh_token"]);
    let before = verified(&world, tokens["access_token"].as_str().expect("a token")).await;
    let world = World::on(world.stop().await, |_| {}).await;
    let renewed = post_form(&world.url("/oidc/token"), &form).await;
    assert_eq!(renewed.status, 200, "{renewed:?}");
    let renewed = renewed.json();
    assert_ne!(renewed["refresh_token"], tokens["refresh_token"]);
    let after = verified(&world, renewed["access_token"].as_str().expect("a token")).await;
    assert_eq!((&before["sub"], &before["origin_jti"]), (&after["sub"], &after["origin_jti"]));
    assert_ne!(before["jti"], after["jti"]);
    let unknown = post_form(&world.url("/oidc/token"), &refresh(&"x".into())).await;
    assert_eq!(unknown.json()["error"], "invalid_grant");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn scripts_get_a_token_by_name() {
    let world = World::start().await;
    let token = |name: &'static str| {
        let world = &world;
        async move { verified(world, &world.access_token(name).await).await }
    };
    let (ana, again, bob) = (token("ana").await, token("ANA").await, token("bob").await);
    assert_eq!(ana["sub"], again["sub"]);
    assert_ne!(ana["sub"], bob["sub"]);
    let bad = post_form(&world.url("/oidc/token"), "grant_type=password&username=a%20b").await;
    assert_eq!((bad.status, &bad.json()["error"]), (400, &"invalid_grant".into()));
    let odd = post_form(&world.url("/oidc/token"), "grant_type=magic&client_id=openclaw-web").await;
    assert_eq!(odd.json()["error"], "unsupported_grant_type");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_signed_in_is_remembered() {
    let world = World::start().await;
    let cookie = sign_in(&world, "%EB%AF%BC%EC%88%98").await.headers["set-cookie"].clone();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
    let cookie = cookie.split(';').next().expect("a pair").to_owned();
    let authorize = world.url(&format!("/oidc/authorize?{}", query()));
    let page = send("GET", &authorize, &[("cookie", &cookie)], "").await;
    assert!(page.body.contains("Continue as 민수"), "{}", page.body);
    let policy = &page.headers["content-security-policy"];
    assert!(policy.contains("form-action 'self' http://localhost:5173"), "{policy}");
    let silent = format!("{authorize}&prompt=none");
    let known = send("GET", &silent, &[("cookie", &cookie)], "").await;
    assert!(known.headers["location"].contains("?code="), "{known:?}");
    let stranger = get(&silent).await;
    assert!(stranger.headers["location"].contains("error=login_required"), "{stranger:?}");
    let logout = world.url(&format!("/oidc/logout?post_logout_redirect_uri={CALLBACK}"));
    let out = send("GET", &logout, &[("cookie", &cookie)], "").await;
    assert_eq!(out.headers["location"], "http://localhost:5173/callback");
    assert!(out.headers["set-cookie"].contains("Max-Age=0"));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_signed_out_everywhere_has_no_session_and_no_browser_left() {
    let world = World::start().await;
    let redirect = sign_in(&world, "ana").await;
    let cookie = redirect.headers["set-cookie"].split(';').next().expect("a pair").to_owned();
    let tokens = redeem(&world, &code(&redirect), VERIFIER).await.json();
    let bens = redeem(&world, &code(&sign_in(&world, "ben").await), VERIFIER).await.json();
    let renew = async |tokens: &Value| {
        let token = tokens["refresh_token"].as_str().expect("a token");
        let form = format!("grant_type=refresh_token&client_id=openclaw-web&refresh_token={token}");
        post_form(&world.url("/oidc/token"), &form).await.status
    };
    assert_eq!(sign_out_everywhere(&world, "ana").await, 200);
    assert_eq!(sign_out_everywhere(&world, "nobody").await, 400);
    assert_eq!((renew(&tokens).await, renew(&bens).await), (400, 200));
    let silent = world.url(&format!("/oidc/authorize?{}&prompt=none", query()));
    let again = send("GET", &silent, &[("cookie", &cookie)], "").await;
    assert!(again.headers["location"].contains("error=login_required"), "{again:?}");
    let anew = sign_in(&world, "ana").await;
    let cookie = anew.headers["set-cookie"].split(';').next().expect("a pair").to_owned();
    let known = send("GET", &silent, &[("cookie", &cookie)], "").await;
    assert!(known.headers["location"].contains("?code="), "{known:?}");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_request_is_explained_or_sent_back() {
    let world = World::start().await;
    let at = |query: String| {
        let url = world.url(&format!("/oidc/authorize?{query}"));
        async move { get(&url).await }
    };
    let foreign = at(query().replace("localhost%3A5173", "evil.example")).await;
    assert_eq!((foreign.status, foreign.headers.get("location")), (400, None));
    let client = at(query().replace("openclaw-web", "other")).await;
    assert_eq!((client.status, client.headers.get("location")), (400, None));
    let plain = at(query().replace("S256", "plain")).await;
    assert!(plain.headers["location"].contains("error=invalid_request"), "{plain:?}");
    let form = format!("{}&name=ana", query());
    let headers =
        [("content-type", "application/x-www-form-urlencoded"), ("origin", "https://evil.example")];
    let planted = send("POST", &world.url("/oidc/authorize"), &headers, form).await;
    assert_eq!(planted.status, 400);
    let name = sign_in(&world, "a%3Cb").await;
    assert!(name.status == 200 && name.body.contains("role=\"alert\""), "{name:?}");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn discovery_leads_everywhere() {
    let world = World::start().await;
    let found = get(&world.url("/oidc/.well-known/openid-configuration")).await.json();
    assert_eq!(found["issuer"], world.stack.urls.issuer.as_str());
    assert_eq!(found["jwks_uri"], world.stack.urls.jwks.as_str());
    let userinfo = found["userinfo_endpoint"].as_str().expect("an endpoint");
    assert_eq!(get(userinfo).await.status, 401);
    let token = format!("Bearer {}", world.access_token("ana").await);
    let info = send("GET", userinfo, &[("authorization", &token)], "").await.json();
    assert_eq!(info["username"], "ana");
    world.stop().await;
}
