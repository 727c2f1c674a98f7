//! Getting a second factor and losing it.

use harness::{PASSWORD, Role, run};
use serde_json::{Value, json};

use super::{MINUTE, answered, app, authenticator, challenged, confirm, enrolled, state, text};
use crate::session::{assert_signed_out, refreshed};

#[test]
fn a_factor_is_in_force_after_its_first_code_and_not_before() {
    run(async {
        let app = app().await;
        let tenant = app.tenant("enrol").await;
        let owner = tenant.owner().await;
        assert_eq!(
            state(&owner).await,
            json!({ "isActive": false, "confirmedAt": null, "recoveryCodesLeft": 0, "isRequired": false })
        );

        let enrolment = owner.run("SecondFactorEnrol", json!({})).await;
        let uri = text(&enrolment.payload("secondFactorEnrol")["enrolment"]["uri"]);
        let email = tenant.owner_email().replace('@', "%40");
        assert!(uri.starts_with(&format!("otpauth://totp/Shequn:{email}?secret=")), "{uri}");
        let phone = authenticator(&enrolment);
        for wrong in ["000000x", "", "abcde-fghij", &phone.code_in(9, app.installation())] {
            assert_eq!(confirm(&owner, wrong).await.user_errors("secondFactorConfirm"), ["CODE_INVALID at code"]);
        }
        assert_eq!(state(&owner).await["isActive"], false);
        tenant.owner().await;

        let confirmed = confirm(&owner, &phone.code(app.installation())).await;
        let codes = confirmed.payload("secondFactorConfirm")["recoveryCodes"].as_array().unwrap().clone();
        assert!(codes.len() == 10 && codes.iter().all(|code| is_recovery_code(&text(code))), "{codes:?}");
        let owner = owner.with_session(confirmed.payload("secondFactorConfirm"));
        let now = state(&owner).await;
        assert_eq!((&now["isActive"], &now["recoveryCodesLeft"]), (&Value::Bool(true), &json!(10)));
        assert!(now["confirmedAt"].is_string());
        challenged(&app, &tenant, tenant.owner_email()).await;

        let again = owner.run("SecondFactorEnrol", json!({})).await;
        assert_eq!(again.user_error_codes("secondFactorEnrol"), ["SECOND_FACTOR_ACTIVE"]);
        let again = confirm(&owner, &phone.next_code(app.installation())).await;
        assert_eq!(again.user_error_codes("secondFactorConfirm"), ["SECOND_FACTOR_ACTIVE"]);
    });
}

fn is_recovery_code(code: &str) -> bool {
    let signs = |part: &str| part.len() == 5 && part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    code.split_once('-').is_some_and(|(first, second)| signs(first) && signs(second))
}

#[test]
fn confirming_ends_the_sessions_that_never_proved_it_in_all_tenants() {
    run(async {
        let app = app().await;
        let (acme, beta) = (app.tenant("acme").await, app.tenant("beta").await);
        beta.join(acme.owner_email(), Role::Analyst).await;
        let (other, elsewhere) = (acme.owner().await, beta.sign_in(acme.owner_email()).await);
        let colleague = acme.staff(Role::Owner).await;
        let before = acme.owner().await;
        let person = enrolled(&app, &before).await;
        for ended in [&other, &elsewhere, &before] {
            assert_signed_out(ended).await;
        }
        person.client.run("Viewer", json!({})).await.data("viewer.role");
        refreshed(&person.client).await.run("Viewer", json!({})).await.data("viewer.role");
        colleague.run("Viewer", json!({})).await.data("viewer.role");
    });
}

#[test]
fn an_enrolment_needs_a_fresh_proof_and_waits_a_quarter_of_an_hour() {
    run(async {
        let app = app().await;
        let owner = app.tenant("stale").await.owner().await;
        app.installation().advance_clock(MINUTE * 5);
        let stale = owner.run("SecondFactorEnrol", json!({})).await;
        assert_eq!(stale.error_codes(), ["STEP_UP_REQUIRED"], "{}", stale.raw);
        let enrol = async |password| owner.run("SecondFactorEnrol", json!({ "input": { "password": password } })).await;
        let wrong = enrol("not the password").await;
        assert_eq!(wrong.user_errors("secondFactorEnrol"), ["CREDENTIALS_INVALID at password"]);

        let phone = authenticator(&enrol(PASSWORD).await);
        let owner = refreshed(&owner).await;
        app.installation().advance_clock(MINUTE * 9);
        let owner = refreshed(&owner).await;
        app.installation().advance_clock(MINUTE * 6);
        let late = confirm(&owner, &phone.code(app.installation())).await;
        assert_eq!(late.user_error_codes("secondFactorConfirm"), ["SECOND_FACTOR_INACTIVE"]);
    });
}

#[test]
fn a_second_enrolment_takes_the_place_of_one_that_waits() {
    run(async {
        let app = app().await;
        let owner = app.tenant("twice").await.owner().await;
        let first = authenticator(&owner.run("SecondFactorEnrol", json!({})).await);
        let second = authenticator(&owner.run("SecondFactorEnrol", json!({})).await);
        let answer = confirm(&owner, &first.code(app.installation())).await;
        assert_eq!(answer.user_error_codes("secondFactorConfirm"), ["CODE_INVALID"]);
        confirm(&owner, &second.code(app.installation())).await.payload("secondFactorConfirm");
    });
}

#[test]
fn removing_needs_a_code_and_then_the_password_alone_signs_in() {
    run(async {
        let app = app().await;
        let tenant = app.tenant("remove").await;
        let person = enrolled(&app, &tenant.owner().await).await;
        let remove =
            async |code: &str| person.client.run("SecondFactorRemove", json!({ "input": { "code": code } })).await;
        assert_eq!(remove("123456").await.user_errors("secondFactorRemove"), ["CODE_INVALID at code"]);
        let used = person.authenticator.code(app.installation());
        assert_eq!(remove(&used).await.user_error_codes("secondFactorRemove"), ["CODE_INVALID"]);

        let challenge = challenged(&app, &tenant, tenant.owner_email()).await;
        let answer = answered(&app.anonymous(), &challenge, &person.authenticator.next_code(app.installation())).await;
        let other = app.anonymous().with_session(answer.payload("signInConfirm"));
        let open = challenged(&app, &tenant, tenant.owner_email()).await;
        let removed = remove(&person.recovery_codes[0]).await;
        let after = person.client.with_session(removed.payload("secondFactorRemove"));
        assert_signed_out(&other).await;
        assert_eq!(state(&after).await["recoveryCodesLeft"], 0);
        let code = person.authenticator.next_code(app.installation());
        let void = answered(&app.anonymous(), &open, &code).await;
        assert_eq!(void.user_error_codes("signInConfirm"), ["CHALLENGE_INVALID"]);
        tenant.owner().await.run("Viewer", json!({})).await.data("viewer.role");
    });
}

#[test]
fn the_operator_helps_whoever_lost_phone_and_codes() {
    run(async {
        let app = app().await;
        let tenant = app.tenant("lost").await;
        let person = enrolled(&app, &tenant.owner().await).await;
        let reset = ["staff", "reset-second-factor", "--email", tenant.owner_email()];
        let output = app.installation().cli(&reset, &[]).await.expect_success();
        assert_eq!(output.stdout, "reset; 1 sessions ended\n");
        crate::session::assert_refused(&person.client).await;
        tenant.owner().await.run("Viewer", json!({})).await.data("viewer.role");
        assert_eq!(app.installation().cli(&reset, &[]).await.expect_success().stdout, "there was none\n");
    });
}
