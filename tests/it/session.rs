//! Signing in, staying signed in, signing out.

mod keys;
mod lifetime;
pub mod list;
mod password;
mod rotation;

use std::time::Duration;

use harness::{Client, PASSWORD, Role, TestApp, eventually, run};
use serde_json::json;

#[test]
fn signing_in_tells_who_one_is() {
    run(async {
        let app = TestApp::shared().await;
        let tenant = app.tenant("who").await;
        let answer = app.anonymous().run("SignIn", tenant.credentials(tenant.owner_email(), PASSWORD)).await;
        let viewer = &answer.payload("signIn")["viewer"];
        assert_eq!(viewer["role"], "OWNER");
        assert_eq!(viewer["user"]["email"], tenant.owner_email());
        assert_eq!(viewer["tenant"]["slug"], tenant.slug());
        let owner = tenant.owner().await;
        assert_eq!(owner.run("Viewer", json!({})).await.data("viewer"), viewer);
    });
}

#[test]
fn each_role_signs_in_with_its_own_scopes() {
    run(async {
        let app = TestApp::shared().await;
        let tenant = app.tenant("roles").await;
        for (role, may_write, may_see_personal_data) in [
            (Role::Owner, true, true),
            (Role::Admin, true, true),
            (Role::Operator, true, true),
            (Role::Moderator, false, false),
            (Role::Finance, false, false),
            (Role::Analyst, false, false),
        ] {
            let answer = tenant.staff(role).await.run("Viewer", json!({})).await;
            assert_eq!(answer.data("viewer.role"), role.name());
            let scopes = answer.data("viewer.scopes").as_array().unwrap();
            assert_eq!(scopes.contains(&json!("communities:write")), may_write, "{role:?} {scopes:?}");
            assert_eq!(scopes.contains(&json!("members:pii")), may_see_personal_data, "{role:?} {scopes:?}");
        }
    });
}

#[test]
fn wrong_password_unknown_person_and_unknown_tenant_get_the_same_bytes() {
    run(async {
        let app = TestApp::shared().await;
        let tenant = app.tenant("same-bytes").await;
        let client = app.anonymous();
        let wrong = client.run("SignIn", tenant.credentials(tenant.owner_email(), "not the password 1")).await;
        assert_eq!(wrong.user_error_codes("signIn"), ["CREDENTIALS_INVALID"]);
        assert!(wrong.data("signIn.session").is_null() && wrong.data("signIn.viewer").is_null());

        let person = client.run("SignIn", tenant.credentials("nobody@nowhere.example", PASSWORD)).await;
        let input = json!({ "tenant": "no-such-tenant", "email": tenant.owner_email(), "password": PASSWORD });
        let nowhere = client.run("SignIn", json!({ "input": input })).await;
        for other in [person, nowhere] {
            assert_eq!((other.status, other.raw_without_throttle()), (wrong.status, wrong.raw_without_throttle()));
        }
    });
}

#[test]
fn a_person_of_another_tenant_cannot_sign_in_here() {
    run(async {
        let app = TestApp::shared().await;
        let acme = app.tenant("acme").await;
        let beta = app.tenant("beta").await;
        let answer = app.anonymous().run("SignIn", beta.credentials(acme.owner_email(), PASSWORD)).await;
        assert_eq!(answer.user_error_codes("signIn"), ["CREDENTIALS_INVALID"]);
    });
}

#[test]
fn one_person_may_work_in_two_tenants_with_a_role_in_each() {
    run(async {
        let app = TestApp::shared().await;
        let acme = app.tenant("acme").await;
        let beta = app.tenant("beta").await;
        beta.join(acme.owner_email(), Role::Analyst).await;
        let in_beta = beta.sign_in(acme.owner_email()).await.run("Viewer", json!({})).await;
        assert_eq!(in_beta.data("viewer.role"), "ANALYST");
        assert_eq!(in_beta.data("viewer.tenant.slug"), beta.slug());
        let in_acme = acme.owner().await.run("Viewer", json!({})).await;
        assert_eq!(in_acme.data("viewer.role"), "OWNER");
        assert_eq!(in_acme.data("viewer.user.id"), in_beta.data("viewer.user.id"));
    });
}

#[test]
fn a_token_that_is_not_ours_is_refused() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("tokens").await.owner().await;
        let token = owner.session().access_token.clone();
        let (head, rest) = token.split_once('.').unwrap();
        let (payload, signature) = rest.split_once('.').unwrap();
        // {"alg":"none","typ":"JWT"}
        let unsigned = format!("eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.{payload}.");
        let stripped = format!("{head}.{payload}.");
        let refresh = owner.session().refresh_token.clone();
        let altered = format!("{head}.{payload}.{}", signature.chars().rev().collect::<String>());
        for forged in ["x", "a.b.c", &unsigned, &stripped, &altered, &refresh] {
            let answer = app.anonymous().with_token(forged).run("CommunityList", json!({})).await;
            assert!(answer.error_codes().contains(&"UNAUTHENTICATED"), "{forged}: {}", answer.raw);
            assert!(answer.partial("communities").is_null());
        }
        owner.run("CommunityList", json!({})).await.data("communities");
    });
}

#[test]
fn a_refresh_token_gives_a_new_pair_and_the_session_goes_on() {
    run(async {
        let app = TestApp::shared().await;
        let first = app.tenant("refresh").await.owner().await;
        let second = refreshed(&first).await;
        assert_ne!(second.session().refresh_token, first.session().refresh_token);
        second.run("Viewer", json!({})).await.data("viewer.role");
        let third = refreshed(&second).await;
        third.run("Viewer", json!({})).await.data("viewer.role");
    });
}

#[test]
fn a_lost_answer_to_a_refresh_may_be_asked_for_again() {
    run(async {
        let app = TestApp::shared().await;
        let first = app.tenant("lost-answer").await.owner().await;
        let lost = refreshed(&first).await;
        let again = refreshed(&first).await;
        assert_eq!(again.session().refresh_token, lost.session().refresh_token);
        refreshed(&again).await.run("Viewer", json!({})).await.data("viewer.role");
    });
}

#[test]
fn a_refresh_token_used_twice_ends_the_session() {
    run(async {
        let app = TestApp::shared().await;
        let tenant = app.tenant("replay").await;
        let first = tenant.owner().await;
        let second = refreshed(&first).await;
        let third = refreshed(&second).await;
        assert_refused(&first).await;
        // The revocation stays although the request that caused it was refused.
        assert_refused(&third).await;
        assert_signed_out(&third).await;
        tenant.owner().await.run("Viewer", json!({})).await.data("viewer.role");
    });
}

#[test]
fn refresh_tokens_that_were_never_given_are_refused() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("made-up").await.owner().await;
        let altered = owner.session().refresh_token.chars().rev().collect::<String>();
        for token in ["", "x", &altered, &owner.session().access_token] {
            let variables = json!({ "input": { "refreshToken": token } });
            let answer = app.anonymous().run("SessionRefresh", variables).await;
            assert_eq!(answer.user_error_codes("sessionRefresh"), ["SESSION_INVALID"], "{token}");
        }
        refreshed(&owner).await;
    });
}

#[test]
fn after_signing_out_both_tokens_are_refused() {
    run(async {
        let app = TestApp::shared().await;
        let tenant = app.tenant("sign-out").await;
        let owner = tenant.owner().await;
        let elsewhere = tenant.owner().await;
        owner.run("SignOut", json!({ "input": {} })).await.payload("signOut");
        assert_signed_out(&owner).await;
        assert_refused(&owner).await;
        elsewhere.run("Viewer", json!({})).await.data("viewer.role");
    });
}

#[test]
fn a_session_outlives_a_restart_and_a_sign_out_does_too() {
    run(async {
        let app = TestApp::start().await;
        let tenant = app.tenant("restart").await;
        let stays = tenant.owner().await;
        let leaves = tenant.owner().await;
        leaves.run("SignOut", json!({ "input": {} })).await.payload("signOut");
        app.server().kill9();
        app.server().start_again().await;
        stays.run("Viewer", json!({})).await.data("viewer.role");
        assert_signed_out(&leaves).await;
    });
}

/// The client with the next pair of tokens.
pub async fn refreshed(client: &Client) -> Client {
    let variables = json!({ "input": { "refreshToken": client.session().refresh_token } });
    let answer = client.run_anonymously("SessionRefresh", variables).await;
    client.with_session(answer.payload("sessionRefresh"))
}

/// Fails unless the refresh token is refused.
pub async fn assert_refused(client: &Client) {
    let variables = json!({ "input": { "refreshToken": client.session().refresh_token } });
    let answer = client.run_anonymously("SessionRefresh", variables).await;
    assert_eq!(answer.user_error_codes("sessionRefresh"), ["SESSION_INVALID"]);
}

/// Fails unless the access token is refused within a second.
pub async fn assert_signed_out(client: &Client) {
    eventually("the access token is refused", Duration::from_secs(1), || async {
        client.run("CommunityList", json!({})).await.error_codes() == ["UNAUTHENTICATED"]
    })
    .await;
}
