//! How often somebody may guess a password, and that neither the limit nor what it says tells who has an account.

use std::time::Duration;

use harness::{Client, PASSWORD, Response, Role, Tenant, TestApp, run};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::task::JoinSet;

const WRONG: &str = "not the password 1";
/// As many sign-ins as one document may hold.
const IN_ONE_DOCUMENT: usize = 20;

#[test]
fn a_thousand_guesses_over_many_connections_and_aliases_check_ten_passwords() {
    run(async {
        let app = TestApp::start().await;
        let tenant = app.tenant("guessed").await;
        let before = password_checks(&app.anonymous()).await;
        guess_at_once(&[app.anonymous()], &tenant, 50).await;
        let checked = password_checks(&app.anonymous()).await - before;
        assert!(checked <= 10, "{checked} passwords were checked");

        // Who knows the password waits like everybody, and others do not.
        assert_throttled(&app.anonymous().run("SignIn", tenant.credentials(tenant.owner_email(), PASSWORD)).await, 90);
        app.tenant("not-guessed").await.owner().await.run("Viewer", json!({})).await.data("viewer.role");
    });
}

#[test]
fn who_signs_in_rightly_may_do_so_as_often_as_they_like() {
    run(async {
        let app = TestApp::with().env("SHEQUN_SIGN_INS_PER_ADDRESS", "3/3600").start().await;
        let tenant = app.tenant("often").await;
        for _ in 0..15 {
            tenant.owner().await;
        }
        let client = app.anonymous();
        for _ in 0..3 {
            let wrong = client.run("SignIn", tenant.credentials(tenant.owner_email(), WRONG)).await;
            assert_eq!(wrong.user_error_codes("signIn"), ["CREDENTIALS_INVALID"]);
        }
        assert_eq!(client.run("SignIn", tenant.credentials(tenant.owner_email(), WRONG)).await.status, 429);
    });
}

#[test]
fn nothing_tells_an_account_from_none_before_or_after_the_limit() {
    run(async {
        let app = TestApp::start().await;
        let tenant = app.tenant("enumerated").await;
        // An account is counted by its address, wherever it is tried: each of the three has one of its own.
        let colleague = tenant.invite(Role::Analyst).await;
        let nobody = tenant.credentials("nobody@nowhere.example", WRONG);
        let nowhere = json!({ "tenant": "no-such-tenant", "email": colleague, "password": WRONG });
        let client = app.anonymous();
        let mut statuses = Vec::new();
        for _ in 0..13 {
            let known = client.run("SignIn", tenant.credentials(tenant.owner_email(), WRONG)).await;
            let unknown = client.run("SignIn", nobody.clone()).await;
            let elsewhere = client.run("SignIn", json!({ "input": nowhere })).await;
            for other in [&unknown, &elsewhere] {
                assert_eq!((other.status, comparable(other)), (known.status, comparable(&known)));
                assert_eq!(header_names(other), header_names(&known));
            }
            statuses.push(known.status);
        }
        assert_eq!(statuses[..10], [200; 10]);
        assert_eq!(statuses[10..], [429; 3]);
    });
}

#[test]
fn an_account_is_one_however_it_is_spelled_and_in_whatever_tenant() {
    run(async {
        let app = TestApp::with().env("SHEQUN_SIGN_INS_PER_ACCOUNT", "2/3600").start().await;
        let (acme, beta) = (app.tenant("acme").await, app.tenant("beta").await);
        let client = app.anonymous();
        let email = acme.owner_email();
        for spelling in [email.to_uppercase(), format!(" {email} ")] {
            let wrong = client.run("SignIn", acme.credentials(&spelling, WRONG)).await;
            assert_eq!(wrong.user_error_codes("signIn"), ["CREDENTIALS_INVALID"]);
        }
        let slug = format!(" {} ", acme.slug());
        let input = json!({ "tenant": slug, "email": email, "password": PASSWORD });
        assert_throttled(&client.run("SignIn", json!({ "input": input })).await, 3600);
        assert_throttled(&client.run("SignIn", beta.credentials(email, WRONG)).await, 3600);
        assert_eq!(client.run("SignIn", beta.credentials(beta.owner_email(), WRONG)).await.status, 200);
    });
}

#[test]
fn an_address_is_limited_whatever_the_accounts_and_may_be_named_by_a_trusted_proxy_only() {
    run(async {
        let app = TestApp::with()
            .env("SHEQUN_SIGN_INS_PER_ADDRESS", "4/3600")
            .env("SHEQUN_TRUSTED_PROXIES", "127.0.0.1")
            .start()
            .await;
        let tenant = app.tenant("sprayed").await;
        let client = app.anonymous();
        let from = async |address: &str, email: &str, password: &str| {
            let body =
                json!({ "query": harness::operation("SignIn"), "variables": tenant.credentials(email, password) });
            let request = client.request(Method::POST, "/graphql").header("content-type", "application/json");
            client.send(request.header("x-forwarded-for", address).body(body.to_string())).await
        };
        for number in 0..4 {
            let answer = from("2001:db8::1", &format!("person-{number}@spray.example"), WRONG).await;
            assert_eq!(answer.user_error_codes("signIn"), ["CREDENTIALS_INVALID"]);
        }
        // A neighbour in the same network of 64 bits is the same customer.
        assert_eq!(from("2001:db8::2", tenant.owner_email(), PASSWORD).await.status, 429);
        assert_eq!(from("2001:db8:0:1::1", tenant.owner_email(), PASSWORD).await.status, 200);
        // What a stranger writes before the proxy's own word is not believed.
        assert_eq!(from("192.0.2.9, 2001:db8::3", tenant.owner_email(), PASSWORD).await.status, 429);
    });
}

#[test]
fn after_the_time_that_the_refusal_names_one_more_may_be_tried() {
    run(async {
        let app = TestApp::with().env("SHEQUN_SIGN_INS_PER_ACCOUNT", "2/2").start().await;
        let tenant = app.tenant("refills").await;
        let client = app.anonymous();
        let answer = loop {
            let answer = client.run("SignIn", tenant.credentials(tenant.owner_email(), WRONG)).await;
            if answer.status == 429 {
                break answer;
            }
        };
        tokio::time::sleep(Duration::from_secs(assert_throttled(&answer, 2))).await;
        tenant.owner().await.run("Viewer", json!({})).await.data("viewer.role");
    });
}

/// Sends documents full of wrong passwords for the owner, ten at a time, round the clients; each is refused.
pub async fn guess_at_once(clients: &[Client], tenant: &Tenant<'_>, documents: usize) {
    let fields: String = (0..IN_ONE_DOCUMENT)
        .map(|number| format!("a{number}: signIn(input: $input) {{ userErrors {{ code }} }} "))
        .collect();
    let document = format!("mutation($input: SignInInput!) {{ {fields} }}");
    let variables = tenant.credentials(tenant.owner_email(), WRONG);
    let mut requests = JoinSet::new();
    for client in clients.iter().cycle().take(documents) {
        if requests.len() >= 10 {
            assert_refused(requests.join_next().await);
        }
        let (client, document, variables) = (client.clone(), document.clone(), variables.clone());
        requests.spawn(async move { client.query(&document, variables).await });
    }
    while !requests.is_empty() {
        assert_refused(requests.join_next().await);
    }
}

/// A machine that is too busy says so; it lets nobody in either.
fn assert_refused(answer: Option<Result<Response, tokio::task::JoinError>>) {
    let answer = answer.expect("one is under way").expect("the request ends");
    assert!([429, 503].contains(&answer.status), "{} {}", answer.status, answer.raw);
}

/// Fails unless the answer is a refusal for the time being; gives the seconds until one more may be tried.
pub fn assert_throttled(answer: &Response, at_most: u64) -> u64 {
    answer.expect_request_error("THROTTLED");
    assert_eq!(answer.status, 429, "{}", answer.raw);
    let seconds = answer.body["errors"][0]["extensions"]["retryAfterSeconds"].as_u64().expect("seconds");
    assert!((1..=at_most).contains(&seconds), "{seconds} seconds");
    assert_eq!(answer.headers["retry-after"], seconds.to_string());
    seconds
}

/// How many passwords the process has compared with a hash.
pub async fn password_checks(client: &Client) -> u64 {
    metric(client, "password_checks_total").await
}

/// A number of the process.
pub async fn metric(client: &Client, name: &str) -> u64 {
    let metrics = client.send(client.request(Method::GET, "/metrics")).await;
    let line = metrics.raw.lines().find_map(|line| line.strip_prefix(&format!("shequn_{name} ")));
    line.expect("the metric is there").parse().expect("a number")
}

/// The body without what names the request and the second.
fn comparable(answer: &Response) -> String {
    let id = answer.headers["x-request-id"].to_str().unwrap();
    let seconds = answer.body["errors"][0]["extensions"]["retryAfterSeconds"].clone();
    let text = answer.raw_without_throttle().replace(id, "ID");
    match seconds {
        Value::Null => text,
        seconds => text.replace(&format!("\"retryAfterSeconds\":{seconds}"), ""),
    }
}

fn header_names(answer: &Response) -> Vec<String> {
    let mut names: Vec<_> = answer.headers.keys().map(ToString::to_string).collect();
    names.sort();
    names
}
