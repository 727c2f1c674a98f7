//! One's own account: forgotten passwords, and one person in many tenants.

use std::time::Duration;

use harness::{Client, PASSWORD, Response, Role, TestApp, run};
use serde_json::{Value, json};

use crate::session::assert_signed_out;

const NEW: &str = "lantern river 93 basalt";

#[test]
fn a_forgotten_password_is_set_anew_by_the_letters_link_and_ends_every_session() {
    run(async {
        let app = TestApp::shared().await;
        let (acme, beta) = (app.tenant("acme").await, app.tenant("beta").await);
        let email = acme.invite(Role::Analyst).await;
        beta.join(&email, Role::Operator).await;
        let (here, there) = (acme.sign_in(&email).await, beta.sign_in(&email).await);
        let bystander = acme.owner().await;

        assert_eq!(request(app, &email).await.payload("passwordResetRequest")["accepted"], true);
        let token = app.letter_to(&email).await.secret("reset");
        let common = reset(app, &token, "password1").await;
        assert_eq!(common.user_errors("passwordReset"), ["INVALID at newPassword"]);
        assert_eq!(reset(app, &token, NEW).await.payload("passwordReset")["changed"], true);

        assert_signed_out(&here).await;
        assert_signed_out(&there).await;
        bystander.run("Viewer", json!({})).await.data("viewer.role");
        let old = app.anonymous().run("SignIn", acme.credentials(&email, PASSWORD)).await;
        assert_eq!(old.user_error_codes("signIn"), ["CREDENTIALS_INVALID"]);
        app.anonymous().run("SignIn", beta.credentials(&email, NEW)).await.payload("signIn");

        let again = reset(app, &token, "meadow copper 15 violin").await;
        assert_eq!(again.user_errors("passwordReset"), ["LINK_INVALID at token"]);
    });
}

#[test]
fn a_resets_link_works_once_even_when_it_is_used_twice_at_the_same_time() {
    run(async {
        let app = TestApp::shared().await;
        let tenant = app.tenant("raced-reset").await;
        request(app, tenant.owner_email()).await.payload("passwordResetRequest");
        let token = app.letter_to(tenant.owner_email()).await.secret("reset");
        let (one, other) = tokio::join!(reset(app, &token, NEW), reset(app, &token, "meadow copper 15 violin"));
        let mut outcomes = [one.user_errors("passwordReset"), other.user_errors("passwordReset")];
        outcomes.sort();
        assert_eq!(outcomes, [vec![], vec!["LINK_INVALID at token".to_owned()]]);
    });
}

#[test]
fn a_resets_link_is_void_after_half_an_hour_and_after_any_other_change() {
    run(async {
        let app = TestApp::with().with_movable_clock().start().await;
        let tenant = app.tenant("old-reset").await;
        let email = tenant.owner_email();
        request(&app, email).await.payload("passwordResetRequest");
        let first = app.letter_to(email).await.secret("reset");
        app.installation().advance_clock(Duration::from_secs(30 * 60));
        assert_eq!(reset(&app, &first, NEW).await.user_errors("passwordReset"), ["LINK_INVALID at token"]);

        request(&app, email).await.payload("passwordResetRequest");
        let second = app.letters_to(email, 2).await.pop().unwrap().secret("reset");
        let owner = tenant.owner().await;
        let change = json!({ "input": { "currentPassword": PASSWORD, "newPassword": NEW } });
        let document = "mutation($input: PasswordChangeInput!) {
            passwordChange(input: $input) { userErrors { code } } }";
        owner.query(document, change).await.payload("passwordChange");
        let late = reset(&app, &second, "meadow copper 15 violin").await;
        assert_eq!(late.user_errors("passwordReset"), ["LINK_INVALID at token"]);
        for forged in
            ["", "shq_pwr_", &first.replace("shq_pwr_", "shq_inv_"), &format!("{}AAAA", &second[..second.len() - 4])]
        {
            assert_eq!(reset(&app, forged, NEW).await.user_errors("passwordReset"), ["LINK_INVALID at token"]);
        }
    });
}

#[test]
fn asking_for_a_new_password_answers_the_same_for_every_address() {
    run(async {
        let app = TestApp::start().await;
        let tenant = app.tenant("asked").await;
        let gone = tenant.invite(Role::Analyst).await;
        let owner = tenant.owner().await;
        let staff = crate::invitations::nodes(&owner.run("StaffList", json!({})).await, "staff");
        let id = &staff.iter().find(|person| person["email"] == json!(gone)).unwrap()["id"];
        owner.run("StaffRemove", json!({ "input": { "id": id } })).await.payload("staffRemove");

        let known = tenant.owner_email().to_owned();
        let asked = [known.as_str(), "nobody@nowhere.example", &gone, "no address at all", ""];
        let mut answers: Vec<(u16, String)> = Vec::new();
        for email in asked {
            let answer = request(&app, email).await;
            answers.push((answer.status, answer.raw_without_throttle()));
        }
        assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
        app.letter_to(&known).await;
        // And it is refused the same, after as many.
        for email in [known.as_str(), "nobody@nowhere.example"] {
            let codes: Vec<_> = [request(&app, email).await, request(&app, email).await, request(&app, email).await]
                .iter()
                .map(|answer| answer.error_codes().join(" "))
                .collect();
            assert_eq!(codes, ["", "", "THROTTLED"], "{email}");
        }
        assert!(app.installation().letters_to(&gone).is_empty());
        assert!(app.installation().letters_to("nobody@nowhere.example").is_empty());
    });
}

#[test]
fn a_person_goes_from_tenant_to_tenant_without_a_password() {
    run(async {
        let app = TestApp::shared().await;
        let (acme, beta, other) = (app.tenant("acme").await, app.tenant("beta").await, app.tenant("other").await);
        let email = acme.invite(Role::Operator).await;
        beta.join(&email, Role::Analyst).await;
        let here = acme.sign_in(&email).await;
        let tenants = here.run("ViewerTenants", json!({})).await;
        let tenants: Vec<_> = tenants.data("viewer.tenants").as_array().unwrap().iter().map(place).collect();
        assert_eq!(
            tenants,
            [(acme.slug(), "OPERATOR"), (beta.slug(), "ANALYST")].map(|(a, b)| (a.to_owned(), b.to_owned()))
        );

        let answer = switch(&here, beta.slug()).await;
        assert_eq!(answer.payload("tenantSwitch")["viewer"]["role"], "ANALYST");
        let there = here.with_session(answer.payload("tenantSwitch"));
        assert_eq!(there.run("Viewer", json!({})).await.data("viewer.tenant.slug"), beta.slug());
        assert_eq!(here.run("Viewer", json!({})).await.data("viewer.tenant.slug"), acme.slug());

        let refused = switch(&here, other.slug()).await;
        let unknown = switch(&here, "no-such-tenant").await;
        assert_eq!(refused.user_errors("tenantSwitch"), ["NOT_FOUND at tenant"]);
        assert_eq!((refused.status, refused.raw_without_throttle()), (unknown.status, unknown.raw_without_throttle()));
        assert_eq!(switch(&app.anonymous(), beta.slug()).await.error_codes(), ["UNAUTHENTICATED"]);
    });
}

#[test]
fn who_was_removed_from_a_tenant_cannot_go_there_any_more() {
    run(async {
        let app = TestApp::shared().await;
        let (acme, beta) = (app.tenant("acme").await, app.tenant("beta").await);
        let email = acme.invite(Role::Operator).await;
        beta.join(&email, Role::Analyst).await;
        let here = acme.sign_in(&email).await;
        let owner = beta.owner().await;
        let staff = crate::invitations::nodes(&owner.run("StaffList", json!({})).await, "staff");
        let id = &staff.iter().find(|person| person["email"] == json!(email)).unwrap()["id"];
        owner.run("StaffRemove", json!({ "input": { "id": id } })).await.payload("staffRemove");
        assert_eq!(switch(&here, beta.slug()).await.user_errors("tenantSwitch"), ["NOT_FOUND at tenant"]);
        let tenants = here.run("ViewerTenants", json!({})).await;
        assert_eq!(tenants.data("viewer.tenants").as_array().unwrap().len(), 1);
    });
}

fn place(value: &Value) -> (String, String) {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    (text(&value["tenant"]["slug"]), text(&value["role"]))
}

async fn request(app: &TestApp, email: &str) -> Response {
    app.anonymous().run("PasswordResetRequest", json!({ "input": { "email": email } })).await
}

async fn reset(app: &TestApp, token: &str, new: &str) -> Response {
    let input = json!({ "token": token, "newPassword": new });
    app.anonymous().run("PasswordReset", json!({ "input": input })).await
}

async fn switch(client: &Client, slug: &str) -> Response {
    client.run("TenantSwitch", json!({ "input": { "tenant": slug } })).await
}
