//! Access tokens: the good one, and everything that looks like one.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use async_trait::async_trait;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use data_encoding::BASE64URL_NOPAD;
use domain::{Timestamp, UserId};
use platform::Unavailable;
use platform_aws::config::Oidc;
use platform_aws::{AccessTokens, FetchKeys, HttpKeys, TokenError};
use serde_json::{Value, json};

use crate::support::{Answer, Answers};

const ISSUER: &str = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_pool";
const NOW: Timestamp = Timestamp(1_900_000_000_000);
const SECOND: u64 = 1_900_000_000;

static KEY: LazyLock<KeyPair> =
    LazyLock::new(|| KeyPair::generate(KeySize::Rsa2048).expect("generates"));
static OTHER_KEY: LazyLock<KeyPair> =
    LazyLock::new(|| KeyPair::generate(KeySize::Rsa2048).expect("generates"));

fn key_set() -> Value {
    let public = KEY.public_key();
    let n = BASE64URL_NOPAD.encode(public.modulus().big_endian_without_leading_zero());
    let e = BASE64URL_NOPAD.encode(public.exponent().big_endian_without_leading_zero());
    json!({ "keys": [
        { "kid": "elliptic", "kty": "EC", "crv": "P-256", "x": "AA", "y": "AA" },
        { "kid": "k1", "kty": "RSA", "alg": "RS256", "use": "sig", "n": n, "e": e },
    ] })
}

fn claims() -> Value {
    json!({
        "sub": "local:ana", "iss": ISSUER, "client_id": "openclaw-web", "token_use": "access",
        "exp": SECOND + 300, "iat": SECOND, "scope": "openid",
    })
}

fn with(name: &str, value: Value) -> Value {
    let mut claims = claims();
    claims[name] = value;
    claims
}

fn signed(header: &Value, claims: &Value, key: &KeyPair) -> String {
    let part = |value: &Value| BASE64URL_NOPAD.encode(value.to_string().as_bytes());
    let message = format!("{}.{}", part(header), part(claims));
    let mut signature = vec![0; key.public_modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message.as_bytes(), &mut signature)
        .expect("signs");
    format!("{message}.{}", BASE64URL_NOPAD.encode(&signature))
}

fn token(claims: &Value) -> String {
    signed(&json!({ "alg": "RS256", "kid": "k1" }), claims, &KEY)
}

/// Counts how often it is asked, and fails the first `failing` times.
#[derive(Clone, Default)]
struct Counted {
    fetched: Arc<AtomicUsize>,
    failing: usize,
}

#[async_trait]
impl FetchKeys for Counted {
    async fn fetch(&self, url: &str) -> Result<Vec<u8>, Unavailable> {
        assert_eq!(url, format!("{ISSUER}/.well-known/jwks.json"));
        tokio::task::yield_now().await;
        if self.fetched.fetch_add(1, Ordering::SeqCst) < self.failing {
            return Err(Unavailable::new("keys.fetch", "no route"));
        }
        Ok(key_set().to_string().into_bytes())
    }
}

fn verifier(source: &Counted) -> AccessTokens {
    let oidc = Oidc { issuer: ISSUER.into(), client_id: "openclaw-web".into() };
    AccessTokens::new(oidc, Box::new(source.clone()))
}

async fn refused(token: &str) -> TokenError {
    verifier(&Counted::default()).verify(token, NOW).await.expect_err("refused")
}

#[tokio::test]
async fn a_good_token_names_its_user_and_its_end() {
    let verified = verifier(&Counted::default()).verify(&token(&claims()), NOW).await;
    let verified = verified.expect("good");
    assert_eq!(verified.user, UserId::new("local:ana").expect("valid"));
    assert_eq!(verified.expires_at, NOW + Duration::from_secs(300));
}

#[tokio::test]
async fn a_token_ends_a_minute_after_its_time_because_clocks_differ() {
    let tokens = verifier(&Counted::default());
    let exp = |second: u64| token(&with("exp", second.into()));
    tokens.verify(&exp(SECOND - 59), NOW).await.expect("just within");
    let ended = tokens.verify(&exp(SECOND - 60), NOW).await;
    assert!(matches!(ended, Err(TokenError::Expired)), "{ended:?}");
    let nbf = |second: u64| token(&with("nbf", second.into()));
    tokens.verify(&nbf(SECOND + 60), NOW).await.expect("just within");
    let early = tokens.verify(&nbf(SECOND + 61), NOW).await;
    assert!(matches!(early, Err(TokenError::NotYetValid)), "{early:?}");
}

#[tokio::test]
async fn a_token_of_another_issuer_client_or_use_is_refused() {
    let error = refused(&token(&with("iss", format!("{ISSUER}x").into()))).await;
    assert!(matches!(error, TokenError::WrongIssuer), "{error:?}");
    for client in ["other".into(), Value::Null] {
        let error = refused(&token(&with("client_id", client))).await;
        assert!(matches!(error, TokenError::WrongClient), "{error:?}");
    }
    for usage in ["id".into(), Value::Null] {
        let error = refused(&token(&with("token_use", usage))).await;
        assert!(matches!(error, TokenError::NotAnAccessToken), "{error:?}");
    }
}

#[tokio::test]
async fn a_token_without_a_usable_user_or_end_is_refused() {
    for (name, value) in [("sub", json!("a#b")), ("sub", json!("")), ("exp", Value::Null)] {
        let error = refused(&token(&with(name, value.clone()))).await;
        assert!(matches!(error, TokenError::Malformed), "{name} {value}: {error:?}");
    }
}

#[tokio::test]
async fn only_rs256_is_an_algorithm() {
    for algorithm in ["none", "HS256", "RS512", "PS256", "nonsense"] {
        let header = json!({ "alg": algorithm, "kid": "k1" });
        let error = refused(&signed(&header, &claims(), &KEY)).await;
        assert!(matches!(error, TokenError::WrongAlgorithm), "{algorithm}: {error:?}");
    }
}

#[tokio::test]
async fn a_signature_by_another_key_or_over_other_words_is_refused() {
    let header = json!({ "alg": "RS256", "kid": "k1" });
    let error = refused(&signed(&header, &claims(), &OTHER_KEY)).await;
    assert!(matches!(error, TokenError::WrongSignature), "{error:?}");
    let good = token(&claims());
    let parts: Vec<&str> = good.split('.').collect();
    let other = BASE64URL_NOPAD.encode(with("sub", "local:eve".into()).to_string().as_bytes());
    let error = refused(&format!("{}.{other}.{}", parts[0], parts[2])).await;
    assert!(matches!(error, TokenError::WrongSignature), "{error:?}");
}

#[tokio::test]
async fn nonsense_is_malformed() {
    for text in ["", "a", "a.b.c", "..", "eyJhbGciOiJSUzI1NiJ9"] {
        let error = refused(text).await;
        assert!(matches!(error, TokenError::Malformed), "`{text}`: {error:?}");
    }
}

#[tokio::test]
async fn keys_are_fetched_once_for_many_tokens() {
    let source = Counted::default();
    let tokens = verifier(&source);
    let token = token(&claims());
    let outcomes = tokio::join!(
        tokens.verify(&token, NOW),
        tokens.verify(&token, NOW),
        tokens.verify(&token, NOW),
    );
    assert!(outcomes.0.is_ok() && outcomes.1.is_ok() && outcomes.2.is_ok());
    assert_eq!(source.fetched.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_storm_of_unknown_keys_fetches_once_a_minute() {
    let source = Counted::default();
    let tokens = verifier(&source);
    let storm = async |now: Timestamp| {
        for n in 0..50 {
            let header = json!({ "alg": "RS256", "kid": format!("forged-{n}") });
            let forged = signed(&header, &claims(), &OTHER_KEY);
            let outcome = tokens.verify(&forged, now).await;
            assert!(matches!(outcome, Err(TokenError::UnknownKey)), "{outcome:?}");
        }
        source.fetched.load(Ordering::SeqCst)
    };
    assert_eq!(storm(NOW).await, 1);
    assert_eq!(storm(NOW + Duration::from_secs(59)).await, 1);
    assert_eq!(storm(NOW + Duration::from_secs(60)).await, 2);
}

#[tokio::test]
async fn an_issuer_that_cannot_be_reached_says_nothing_about_the_token() {
    let source = Counted { failing: 1, ..Counted::default() };
    let tokens = verifier(&source);
    let outcome = tokens.verify(&token(&claims()), NOW).await;
    assert!(matches!(outcome, Err(TokenError::Unavailable(_))), "{outcome:?}");
    tokens.verify(&token(&claims()), NOW).await.expect("reached at the second try");
}

#[tokio::test]
async fn keys_are_read_from_an_issuer_on_this_machine() {
    let server = Answers::start([Answer::ok(key_set())]);
    let issuer = format!("{}/oidc", server.url());
    let oidc = Oidc { issuer: issuer.clone(), client_id: "openclaw-web".into() };
    let tokens = AccessTokens::new(oidc, Box::<HttpKeys>::default());
    tokens.verify(&token(&with("iss", issuer.into())), NOW).await.expect("good");
    let asked: Vec<String> = server.asked().into_iter().map(|asked| asked.path).collect();
    assert_eq!(asked, ["/oidc/.well-known/jwks.json"]);
}

#[tokio::test]
async fn an_issuer_that_answers_badly_is_unavailable() {
    let bad = [Answer { status: 500, body: key_set() }, Answer::ok(json!({ "error": "no keys" }))];
    for answer in bad {
        let server = Answers::start([answer]);
        let oidc = Oidc { issuer: server.url().into(), client_id: "openclaw-web".into() };
        let tokens = AccessTokens::new(oidc, Box::<HttpKeys>::default());
        let outcome = tokens.verify(&token(&claims()), NOW).await;
        assert!(matches!(outcome, Err(TokenError::Unavailable(_))), "{outcome:?}");
    }
}
