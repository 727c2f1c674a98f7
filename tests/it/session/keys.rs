//! The keys that sign access tokens: published, changed every month, changed at once when need be.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use harness::{Client, TestApp, run};
use reqwest::Method;
use serde_json::{Value, json};

use super::{assert_signed_out, refreshed};

const PERIOD: u64 = 30 * 24 * 3600;

#[test]
fn a_published_key_verifies_an_access_token() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("jwks").await.owner().await;
        let answer = app.anonymous().send(app.anonymous().request(Method::GET, "/.well-known/jwks.json")).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.media_type(), "application/jwk-set+json");
        assert_eq!(answer.headers["cache-control"], "public, max-age=300");
        let token = &owner.session().access_token;
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let header: Value = serde_json::from_slice(&decode(signed.split('.').next().unwrap())).unwrap();
        assert_eq!(header["alg"], "EdDSA");
        let keys = answer.body["keys"].as_array().unwrap();
        let key = keys.iter().find(|key| key["kid"] == header["kid"]).unwrap();
        assert_eq!((&key["kty"], &key["crv"], &key["use"]), (&json!("OKP"), &json!("Ed25519"), &json!("sig")));
        assert!(keys.iter().all(|key| key.get("d").is_none()), "no private part: {}", answer.raw);
        let public = UnparsedPublicKey::new(&ED25519, decode(key["x"].as_str().unwrap()));
        public.verify(signed.as_bytes(), &decode(signature)).unwrap();
        let claims: Value = serde_json::from_slice(&decode(signed.split('.').nth(1).unwrap())).unwrap();
        assert!(claims["tid"].is_string() && claims["sid"].is_string() && claims["epoch"] == 1, "{claims}");
    });
}

#[test]
fn a_new_period_has_a_new_key_and_tokens_of_the_old_one_live_out_their_minutes() {
    run(async {
        let app = TestApp::with().with_movable_clock().start().await;
        let tenant = app.tenant("periods").await;
        let clock = app.installation();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let left = PERIOD - now % PERIOD;
        if left > 26 * 3600 {
            clock.advance_clock(Duration::from_secs(left - 25 * 3600));
            assert_eq!(published(&app).await.len(), 1, "25 hours ahead the next key is not known");
            clock.advance_clock(Duration::from_secs(25 * 3600 - 60));
        } else {
            clock.advance_clock(Duration::from_secs(left + PERIOD - 60));
        }
        let old = tenant.owner().await;
        let [current, next] = published(&app).await.try_into().unwrap();
        assert_eq!(key_of(&old), current);

        clock.advance_clock(Duration::from_secs(60));
        let new = tenant.owner().await;
        assert_eq!(key_of(&new), next);
        assert_eq!(published(&app).await, [next.clone(), current.clone()]);
        old.run("Viewer", json!({})).await.data("viewer.role");

        clock.advance_clock(Duration::from_secs(660));
        assert_signed_out(&old).await;
        // Members' tokens live an hour.
        clock.advance_clock(Duration::from_secs(3000));
        assert_eq!(published(&app).await, std::slice::from_ref(&next));
        assert_eq!(key_of(&refreshed(&old).await), next);
    });
}

#[test]
fn a_higher_generation_ends_every_access_token_and_no_session() {
    run(async {
        let settings = std::env::temp_dir().join(format!("shequn-generation-{}.toml", std::process::id()));
        std::fs::write(&settings, "token_generation = 1\n").unwrap();
        let app = TestApp::with().env("SHEQUN_CONFIG", &settings.display().to_string()).start().await;
        let owner = app.tenant("generation").await.owner().await;
        owner.run("Viewer", json!({})).await.data("viewer.role");
        let before = published(&app).await;

        std::fs::write(&settings, "token_generation = 2\n").unwrap();
        app.server().kill9();
        app.server().start_again().await;
        std::fs::remove_file(&settings).unwrap();
        assert_signed_out(&owner).await;
        let owner = refreshed(&owner).await;
        owner.run("Viewer", json!({})).await.data("viewer.role");
        assert!(published(&app).await.contains(&key_of(&owner)));
        assert!(!before.contains(&key_of(&owner)));
    });
}

/// The ids of the published keys, in order.
async fn published(app: &TestApp) -> Vec<String> {
    let answer = app.anonymous().send(app.anonymous().request(Method::GET, "/.well-known/jwks.json")).await;
    answer.body["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

/// The id of the key that signed the client's access token.
fn key_of(client: &Client) -> String {
    let token = client.session().access_token;
    let header = token.split('.').next().unwrap();
    let header: Value = serde_json::from_slice(&decode(header)).unwrap();
    header["kid"].as_str().unwrap().to_owned()
}

fn decode(text: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text).unwrap()
}
