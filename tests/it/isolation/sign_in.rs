//! The cases about signing in and out, and about second factors.

use harness::PASSWORD;
use serde_json::{Value, json};

use super::cases::{Case, Promise, case, input, mutation, unkeyed};
use super::things::Things;

/// Whoever holds a refresh token is its session's owner, so another tenant can try forged ones only.
pub(super) fn sessions() -> Vec<Case> {
    let refresh_token = |things: &Things| json!({ "input": { "refreshToken": things.refresh_token } });
    let forged =
        |things: &Things, _: &Things| vec![json!({ "input": { "refreshToken": things.forged_refresh_token } })];
    vec![
        case("signIn", mutation("signIn", "viewer { tenant { slug } }"), |things| {
            credentials(things, &things.person, PASSWORD)
        })
        .tried_as(|things, _| {
            vec![
                credentials(things, &things.stranger, PASSWORD),
                credentials(things, &things.person, "not the password"),
            ]
        }),
        case("sessionRefresh", mutation("sessionRefresh", "session { expiresAt }"), refresh_token).tried_as(forged),
        case("signOut", mutation("signOut", "signedOut"), refresh_token).tried_as(forged),
        case("sessionRevoke", mutation("sessionRevoke", "revokedSessionId"), |things| {
            input(things, json!({ "id": things.session }))
        }),
        case("sessionRevokeOthers", mutation("sessionRevokeOthers", "revokedSessionIds"), |things| {
            input(things, json!({}))
        })
        .tried_as(|things, _| vec![input(things, json!({}))]),
        Case { promise: Promise::OfThePerson, ..password_change() },
        Case {
            promise: Promise::OfThePerson,
            ..case("passwordReset", mutation("passwordReset", "changed"), |_| {
                unkeyed(json!({ "token": "shq_pwr_", "newPassword": "heron lantern 12 moss" }))
            })
        },
        Case {
            promise: Promise::OfThePerson,
            ..case("tenantSwitch", mutation("tenantSwitch", "viewer { role }"), |_| {
                unkeyed(json!({ "tenant": "where-nobody-works" }))
            })
        },
        Case {
            promise: Promise::TellsNothing,
            ..case("passwordResetRequest", mutation("passwordResetRequest", "accepted"), |things| {
                unkeyed(json!({ "email": things.invited }))
            })
        },
    ]
}

/// Refused, each of them: what they do is about the person, in every tenant.
pub(super) fn second_factors() -> Vec<Case> {
    let wrong_password = |_: &Things| unkeyed(json!({ "password": "not the password" }));
    let wrong_code = |_: &Things| unkeyed(json!({ "code": "000000" }));
    [
        case("signInConfirm", mutation("signInConfirm", "viewer { tenant { slug } }"), |_| {
            unkeyed(json!({ "challengeToken": format!("shq_ch_{}", "A".repeat(144)), "code": "000000" }))
        }),
        case("stepUp", mutation("stepUp", "expiresAt"), wrong_password),
        case("secondFactorEnrol", mutation("secondFactorEnrol", "enrolment { uri }"), wrong_password),
        case("secondFactorConfirm", mutation("secondFactorConfirm", "session { expiresAt }"), wrong_code),
        case("secondFactorRemove", mutation("secondFactorRemove", "session { expiresAt }"), wrong_code),
        case("recoveryCodesRenew", mutation("recoveryCodesRenew", "recoveryCodes"), wrong_code),
    ]
    .into_iter()
    .map(|case| Case { promise: Promise::OfThePerson, ..case })
    .collect()
}

fn password_change() -> Case {
    case("passwordChange", mutation("passwordChange", "session { expiresAt }"), |_| {
        unkeyed(json!({ "currentPassword": "not the password", "newPassword": "heron lantern 12 moss" }))
    })
}

fn credentials(things: &Things, email: &str, password: &str) -> Value {
    json!({ "input": { "tenant": things.slug, "email": email, "password": password } })
}
