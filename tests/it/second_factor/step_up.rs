//! Proving again who one is.

use harness::{PASSWORD, run};
use serde_json::json;

use super::{MINUTE, answered, app, challenged, enrolled, require_factor};
use crate::session::refreshed;

#[test]
fn without_a_factor_the_password_is_the_proof_for_five_minutes() {
    run(async {
        let app = app().await;
        let owner = app.tenant("by-password").await.owner().await;
        require_factor(&owner, false).await.payload("tenantPolicyUpdate");
        app.installation().advance_clock(MINUTE * 5);
        // Going on with the session proves nothing, and what is not dangerous goes on.
        let owner = refreshed(&owner).await;
        let stale = require_factor(&owner, true).await;
        assert_eq!(stale.error_codes(), ["STEP_UP_REQUIRED"], "{}", stale.raw);
        require_factor(&owner, false).await.payload("tenantPolicyUpdate");

        let step_up = async |input| owner.run("StepUp", json!({ "input": input })).await;
        let wrong = step_up(json!({ "password": "not the password" })).await;
        assert_eq!(wrong.user_errors("stepUp"), ["CREDENTIALS_INVALID at password"]);
        let no_factor = step_up(json!({ "code": "123456" })).await;
        assert_eq!(no_factor.user_error_codes("stepUp"), ["SECOND_FACTOR_INACTIVE"]);
        let neither = step_up(json!({})).await;
        assert_eq!(neither.user_errors("stepUp"), ["REQUIRED at code"]);
        let both = step_up(json!({ "code": "123456", "password": PASSWORD })).await;
        assert_eq!(both.user_errors("stepUp"), ["INVALID at password"]);
        assert_eq!(require_factor(&owner, true).await.error_codes(), ["STEP_UP_REQUIRED"]);

        assert!(step_up(json!({ "password": PASSWORD })).await.payload("stepUp")["expiresAt"].is_string());
        require_factor(&owner, true).await.payload("tenantPolicyUpdate");
    });
}

#[test]
fn with_a_factor_the_code_is_the_proof_and_is_good_once() {
    run(async {
        let app = app().await;
        let tenant = app.tenant("by-code").await;
        let person = enrolled(&app, &tenant.owner().await).await;
        let owner = &person.client;
        require_factor(owner, true).await.payload("tenantPolicyUpdate");
        app.installation().advance_clock(MINUTE * 5);
        assert_eq!(require_factor(owner, false).await.error_codes(), ["STEP_UP_REQUIRED"]);

        let step_up = async |input| owner.run("StepUp", json!({ "input": input })).await;
        let by_password = step_up(json!({ "password": PASSWORD })).await;
        assert_eq!(by_password.user_errors("stepUp"), ["REQUIRED at code"]);
        let code = person.authenticator.code(app.installation());
        step_up(json!({ "code": code })).await.payload("stepUp");
        assert_eq!(step_up(json!({ "code": code })).await.user_error_codes("stepUp"), ["CODE_INVALID"]);
        require_factor(owner, false).await.payload("tenantPolicyUpdate");

        // It is the session's, and another's sign-in has its own.
        let challenge = challenged(&app, &tenant, tenant.owner_email()).await;
        let answer = answered(&app.anonymous(), &challenge, &person.recovery_codes[0]).await;
        let other = app.anonymous().with_session(answer.payload("signInConfirm"));
        app.installation().advance_clock(MINUTE * 4);
        require_factor(&other, true).await.payload("tenantPolicyUpdate");
        app.installation().advance_clock(MINUTE);
        assert_eq!(require_factor(&other, false).await.error_codes(), ["STEP_UP_REQUIRED"]);
    });
}

#[test]
fn nobody_signed_in_proves_nothing() {
    run(async {
        let app = app().await;
        for input in [json!({}), json!({ "password": PASSWORD }), json!({ "code": "123456" })] {
            let answer = app.anonymous().run("StepUp", json!({ "input": input })).await;
            assert_eq!(answer.error_codes(), ["UNAUTHENTICATED"], "{}", answer.raw);
        }
    });
}
