//! Second factors: getting one, signing in with it, proving again who one is, and tenants that ask for it.

mod enrolment;
mod rule;
mod sign_in;
mod step_up;

use std::time::Duration;

use harness::{Authenticator, Client, PASSWORD, Response, Tenant, TestApp};
use serde_json::{Value, json};

const MINUTE: Duration = Duration::from_secs(60);
/// As every process knows within with Redis, and without.
const SOON: Duration = Duration::from_secs(5);

/// Somebody with a second factor, signed in.
struct Person {
    client: Client,
    authenticator: Authenticator,
    recovery_codes: Vec<String>,
}

async fn app() -> TestApp {
    TestApp::with().with_movable_clock().start().await
}

/// Gets this signed-in person a second factor.
async fn enrolled(app: &TestApp, client: &Client) -> Person {
    let answer = client.run("SecondFactorEnrol", json!({})).await;
    let authenticator = authenticator(&answer);
    let answer = confirm(client, &authenticator.next_code(app.installation())).await;
    let payload = answer.payload("secondFactorConfirm");
    let recovery_codes = payload["recoveryCodes"].as_array().unwrap().iter().map(text).collect();
    Person { client: client.with_session(payload), authenticator, recovery_codes }
}

fn authenticator(enrolment: &Response) -> Authenticator {
    Authenticator::new(&text(&enrolment.payload("secondFactorEnrol")["enrolment"]["secret"]))
}

async fn confirm(client: &Client, code: &str) -> Response {
    client.run("SecondFactorConfirm", json!({ "input": { "code": code } })).await
}

async fn state(client: &Client) -> Value {
    client.run("SecondFactor", json!({})).await.data("viewer.user.secondFactor").clone()
}

/// The right password; gives the challenge's token.
async fn challenged(app: &TestApp, tenant: &Tenant<'_>, email: &str) -> String {
    let answer = app.anonymous().run("SignIn", tenant.credentials(email, PASSWORD)).await;
    let payload = answer.payload("signIn");
    assert!(payload["session"].is_null() && payload["viewer"].is_null(), "{}", answer.raw);
    text(&payload["challenge"]["token"])
}

async fn answered(client: &Client, challenge: &str, code: &str) -> Response {
    client.run("SignInConfirm", json!({ "input": { "challengeToken": challenge, "code": code } })).await
}

/// Changes the rule that everybody needs a second factor.
async fn require_factor(client: &Client, is_required: bool) -> Response {
    client.run("TenantPolicyUpdate", json!({ "input": { "requireSecondFactor": is_required } })).await
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_owned()
}
