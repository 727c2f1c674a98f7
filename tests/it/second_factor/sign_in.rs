//! Signing in with a second factor.

use std::time::Duration;

use harness::{Client, PASSWORD, Role, run};
use serde_json::json;
use tokio::task::JoinSet;

use super::{MINUTE, Person, answered, app, challenged, enrolled, state};

#[test]
fn a_code_is_good_half_a_minute_early_and_late_and_never_after_a_newer_one() {
    run(async {
        let app = app().await;
        let tenant = app.tenant("skew").await;
        let Person { authenticator: phone, .. } = enrolled(&app, &tenant.owner().await).await;
        app.installation().advance_clock(MINUTE * 2);
        let challenge = challenged(&app, &tenant, tenant.owner_email()).await;
        let client = app.anonymous();
        for (steps, refusals) in [
            (-2, vec!["CODE_INVALID"]),
            (2, vec!["CODE_INVALID"]),
            (-1, vec![]),
            (1, vec![]),
            (0, vec!["CODE_INVALID"]),
        ] {
            let answer = answered(&client, &challenge, &phone.code_in(steps, app.installation())).await;
            assert_eq!(answer.user_error_codes("signInConfirm"), refusals, "{steps}: {}", answer.raw);
            if refusals.is_empty() {
                let payload = answer.payload("signInConfirm");
                assert_eq!(payload["viewer"]["user"]["email"], tenant.owner_email());
                client.with_session(payload).run("Viewer", json!({})).await.data("viewer.role");
            }
        }
    });
}

#[test]
fn of_requests_that_bring_the_same_code_at_the_same_time_one_passes() {
    run(async {
        let app = app().await;
        let tenant = app.tenant("parallel").await;
        let person = enrolled(&app, &tenant.owner().await).await;
        let challenge = challenged(&app, &tenant, tenant.owner_email()).await;
        let client = app.anonymous();
        let codes = [person.authenticator.next_code(app.installation()), person.recovery_codes[3].clone()];
        for code in codes {
            assert_eq!(passed(&client, &challenge, &code).await, 1, "{code}");
        }
        assert_eq!(state(&person.client).await["recoveryCodesLeft"], 9);
    });
}

/// How many of two requests pass.
async fn passed(client: &Client, challenge: &str, code: &str) -> usize {
    let mut requests = JoinSet::new();
    for _ in 0..2 {
        let (client, challenge, code) = (client.clone(), challenge.to_owned(), code.to_owned());
        requests.spawn(async move { answered(&client, &challenge, &code).await });
    }
    let answers = requests.join_all().await;
    let is_passed = |errors: Vec<&str>| match errors.as_slice() {
        [] => true,
        ["CODE_INVALID"] => false,
        others => panic!("{others:?}"),
    };
    answers.iter().filter(|answer| is_passed(answer.user_error_codes("signInConfirm"))).count()
}

#[test]
fn a_recovery_code_is_good_once_however_it_is_typed_until_there_are_new_ones() {
    run(async {
        let app = app().await;
        let tenant = app.tenant("recovery").await;
        let person = enrolled(&app, &tenant.owner().await).await;
        let [first, second, ..] = person.recovery_codes.as_slice() else { panic!("no codes") };
        let challenge = challenged(&app, &tenant, tenant.owner_email()).await;
        let typed = format!(" {} ", first.to_uppercase().replace('-', " "));
        answered(&app.anonymous(), &challenge, &typed).await.payload("signInConfirm");
        let again = answered(&app.anonymous(), &challenge, first).await;
        assert_eq!(again.user_errors("signInConfirm"), ["CODE_INVALID at code"]);
        assert_eq!(state(&person.client).await["recoveryCodesLeft"], 9);

        let input = json!({ "input": { "code": person.authenticator.next_code(app.installation()) } });
        let renewed = person.client.run("RecoveryCodesRenew", input.clone()).await;
        let codes = renewed.payload("recoveryCodesRenew")["recoveryCodes"].as_array().unwrap().clone();
        assert_eq!((codes.len(), state(&person.client).await["recoveryCodesLeft"].clone()), (10, json!(10)));
        let again = person.client.run("RecoveryCodesRenew", input).await;
        assert_eq!(again.user_error_codes("recoveryCodesRenew"), ["CODE_INVALID"]);
        let old = answered(&app.anonymous(), &challenge, second).await;
        assert_eq!(old.user_error_codes("signInConfirm"), ["CODE_INVALID"]);
        answered(&app.anonymous(), &challenge, codes[0].as_str().unwrap()).await.payload("signInConfirm");
    });
}

#[test]
fn after_five_wrong_codes_even_the_right_one_waits_and_nobody_else_does() {
    run(async {
        let app = app().await;
        let (tenant, other) = (app.tenant("guessed").await, app.tenant("not-guessed").await);
        other.join(tenant.owner_email(), Role::Analyst).await;
        let (guessed, spared) =
            (enrolled(&app, &tenant.owner().await).await, enrolled(&app, &other.owner().await).await);
        let challenge = challenged(&app, &tenant, tenant.owner_email()).await;
        let client = app.anonymous();
        for _ in 0..5 {
            let wrong = answered(&client, &challenge, "abcde-fghij").await;
            assert_eq!(wrong.user_error_codes("signInConfirm"), ["CODE_INVALID"]);
        }
        // Another challenge, another tenant and a session of the person's own are no way round.
        let elsewhere = challenged(&app, &other, tenant.owner_email()).await;
        let code = guessed.authenticator.next_code(app.installation());
        for challenge in [&challenge, &elsewhere] {
            let waiting = answered(&client, challenge, &code).await;
            assert_eq!((waiting.status, waiting.error_codes()), (429, vec!["THROTTLED"]), "{}", waiting.raw);
            let seconds: u64 = waiting.headers["retry-after"].to_str().unwrap().parse().unwrap();
            assert!((1..=60).contains(&seconds), "{seconds}");
        }
        let step_up = guessed.client.run("StepUp", json!({ "input": { "code": code } })).await;
        assert_eq!(step_up.error_codes(), ["THROTTLED"]);

        let challenge = challenged(&app, &other, other.owner_email()).await;
        let code = spared.authenticator.next_code(app.installation());
        answered(&client, &challenge, &code).await.payload("signInConfirm");
    });
}

#[test]
fn a_challenge_is_good_for_five_minutes_and_for_what_it_was_made_for() {
    run(async {
        let app = app().await;
        let (acme, beta) = (app.tenant("acme").await, app.tenant("beta").await);
        beta.join(acme.owner_email(), Role::Analyst).await;
        let person = enrolled(&app, &acme.owner().await).await;
        let (in_acme, in_beta) =
            (challenged(&app, &acme, acme.owner_email()).await, challenged(&app, &beta, acme.owner_email()).await);
        let client = app.anonymous();

        // The tenant of one, the proof of the other.
        let body = "shq_ch_".len() + 21;
        let mixed = format!("{}{}", &in_beta[..body], &in_acme[body..]);
        let refresh_token = person.client.session().refresh_token.clone();
        for forged in [&mixed, "", "shq_ch_", &in_acme[..in_acme.len() - 4], &refresh_token] {
            let answer = answered(&client, forged, &person.recovery_codes[0]).await;
            assert_eq!(answer.user_errors("signInConfirm"), ["CHALLENGE_INVALID at challengeToken"], "{forged}");
        }

        let code = person.authenticator.next_code(app.installation());
        let answer = answered(&client, &in_beta, &code).await;
        let viewer = &answer.payload("signInConfirm")["viewer"];
        assert_eq!((&viewer["tenant"]["slug"], &viewer["role"]), (&json!(beta.slug()), &json!("ANALYST")));
        // One person, one factor: the code is used in every tenant.
        let replayed = answered(&client, &in_acme, &code).await;
        assert_eq!(replayed.user_error_codes("signInConfirm"), ["CODE_INVALID"]);

        app.installation().advance_clock(MINUTE * 4 + Duration::from_secs(20));
        answered(&client, &in_acme, &person.recovery_codes[1]).await.payload("signInConfirm");
        app.installation().advance_clock(Duration::from_secs(20));
        let late = answered(&client, &in_acme, &person.recovery_codes[2]).await;
        assert_eq!(late.user_error_codes("signInConfirm"), ["CHALLENGE_INVALID"]);
    });
}

#[test]
fn another_password_makes_open_challenges_void() {
    run(async {
        let app = app().await;
        let tenant = app.tenant("void").await;
        let person = enrolled(&app, &tenant.owner().await).await;
        let challenge = challenged(&app, &tenant, tenant.owner_email()).await;
        let input = json!({ "currentPassword": PASSWORD, "newPassword": "heron lantern 12 moss" });
        person.client.run("PasswordChange", json!({ "input": input })).await.payload("passwordChange");
        let void = answered(&app.anonymous(), &challenge, &person.recovery_codes[0]).await;
        assert_eq!(void.user_error_codes("signInConfirm"), ["CHALLENGE_INVALID"]);
    });
}

#[test]
fn a_wrong_password_gets_the_same_bytes_with_a_factor_without_one_and_without_an_account() {
    run(async {
        let app = app().await;
        let tenant = app.tenant("same-bytes").await;
        enrolled(&app, &tenant.owner().await).await;
        let without = tenant.invite(Role::Analyst).await;
        let mut answers = Vec::new();
        for email in [tenant.owner_email(), &without, "nobody@nowhere.example"] {
            let answer = app.anonymous().run("SignIn", tenant.credentials(email, "not the password")).await;
            answers.push((answer.status, answer.raw_without_throttle()));
        }
        assert_eq!(answers[0], answers[1]);
        assert_eq!(answers[0], answers[2]);
    });
}
