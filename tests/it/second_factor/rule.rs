//! A tenant that asks everybody for a second factor.

use harness::{Client, PASSWORD, Role, eventually, run};
use serde_json::json;

use super::{SOON, app, enrolled, require_factor, state};
use crate::session::{assert_signed_out, refreshed};

#[test]
fn whoever_lacks_the_factor_that_the_tenant_asks_for_may_get_it_and_do_nothing_else() {
    run(async {
        let app = app().await;
        let (tenant, other) = (app.tenant("strict").await, app.tenant("easy").await);
        let email = tenant.invite(Role::Analyst).await;
        other.join(&email, Role::Analyst).await;
        let (analyst, elsewhere) = (tenant.sign_in(&email).await, other.sign_in(&email).await);
        may(&analyst).await;
        let owner = enrolled(&app, &tenant.owner().await).await.client;
        let updated = require_factor(&owner, true).await;
        assert_eq!(updated.payload("tenantPolicyUpdate")["tenantPolicy"]["requireSecondFactor"], true);

        eventually("a session that was there notices", SOON, || async { is_held_back(&analyst).await }).await;
        may(&owner).await;
        may(&elsewhere).await;
        let signed_in_now = tenant.sign_in(&email).await;
        assert!(is_held_back(&signed_in_now).await);
        assert_eq!(state(&analyst).await["isRequired"], true);
        let write = analyst.run("CommunityCreate", json!({ "input": crate::given::community_input("No") })).await;
        assert_eq!(write.error_codes(), ["SECOND_FACTOR_REQUIRED"], "{}", write.raw);
        let password = json!({ "currentPassword": PASSWORD, "newPassword": "heron lantern 12 moss" });
        let write = analyst.run("PasswordChange", json!({ "input": password })).await;
        assert_eq!(write.error_codes(), ["SECOND_FACTOR_REQUIRED"]);

        let analyst = refreshed(&analyst).await;
        analyst.run("StepUp", json!({ "input": { "password": PASSWORD } })).await.payload("stepUp");
        let analyst = enrolled(&app, &analyst).await.client;
        may(&analyst).await;
    });
}

#[test]
fn signing_out_is_open_to_those_without_the_factor_and_so_is_everything_once_the_rule_is_gone() {
    run(async {
        let app = app().await;
        let tenant = app.tenant("again-easy").await;
        let owner = enrolled(&app, &tenant.owner().await).await.client;
        require_factor(&owner, true).await.payload("tenantPolicyUpdate");
        let email = tenant.invite(Role::Operator).await;
        let (leaving, staying) = (tenant.sign_in(&email).await, tenant.sign_in(&email).await);
        assert!(is_held_back(&leaving).await && is_held_back(&staying).await);
        leaving.run("SignOut", json!({ "input": {} })).await.payload("signOut");
        assert_signed_out(&leaving).await;

        require_factor(&owner, false).await.payload("tenantPolicyUpdate");
        eventually("a session that was there notices", SOON, || async { !is_held_back(&staying).await }).await;
    });
}

async fn may(client: &Client) {
    client.run("CommunityList", json!({})).await.data("communities.totalCount");
}

/// Whether nothing is shown but who one is.
async fn is_held_back(client: &Client) -> bool {
    client.run("Viewer", json!({})).await.data("viewer.role");
    let answer = client.run("CommunityList", json!({})).await;
    match answer.error_codes().as_slice() {
        [] => false,
        ["SECOND_FACTOR_REQUIRED"] => answer.partial("communities").is_null(),
        _ => panic!("{}", answer.raw),
    }
}
