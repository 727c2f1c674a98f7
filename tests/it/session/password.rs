//! Another password, another role, an operator's order: what ends sessions and tokens.

use std::time::Duration;

use harness::{Client, PASSWORD, Role, Storage, TestApp, eventually, run};
use serde_json::json;
use tokio::task::JoinSet;

use super::list::list;
use super::{assert_refused, assert_signed_out, refreshed};

const NEW: &str = "heron lantern 12 moss";

#[test]
fn another_password_ends_every_session_of_the_person_but_the_one_that_asked() {
    run(async {
        let app = TestApp::shared().await;
        let (acme, beta) = (app.tenant("password").await, app.tenant("password-elsewhere").await);
        beta.join(acme.owner_email(), Role::Analyst).await;
        let elsewhere = beta.sign_in(acme.owner_email()).await;
        let (colleague, other) = (acme.staff(Role::Owner).await, acme.owner().await);
        let before = acme.owner().await;

        let after = before.with_session(change(&before, PASSWORD, NEW).await.payload("passwordChange"));
        for client in [&elsewhere, &other] {
            assert_signed_out(client).await;
            assert_refused(client).await;
        }
        assert_signed_out(&before).await;
        after.run("Viewer", json!({})).await.data("viewer.role");
        colleague.run("Viewer", json!({})).await.data("viewer.role");
        assert_eq!(list(&refreshed(&after).await).await.len(), 1);

        for (tenant, password, refusals) in
            [(&acme, PASSWORD, vec!["CREDENTIALS_INVALID"]), (&acme, NEW, vec![]), (&beta, NEW, vec![])]
        {
            let answer = app.anonymous().run("SignIn", tenant.credentials(acme.owner_email(), password)).await;
            assert_eq!(answer.user_error_codes("signIn"), refusals);
        }
    });
}

#[test]
fn the_refresh_token_from_before_the_change_is_good_for_nothing() {
    run(async {
        let app = TestApp::shared().await;
        let before = app.tenant("password-stolen").await.owner().await;
        let after = before.with_session(change(&before, PASSWORD, NEW).await.payload("passwordChange"));
        let variables = json!({ "input": { "refreshToken": before.session().refresh_token } });
        let stolen = before.run_anonymously("SessionRefresh", variables).await;
        assert_eq!(stolen.user_error_codes("sessionRefresh"), ["SESSION_INVALID"]);
        // Somebody has a copy: the session is over for both.
        assert_signed_out(&after).await;
    });
}

#[test]
fn a_wrong_current_or_an_unfit_new_password_changes_nothing() {
    run(async {
        let app = TestApp::shared().await;
        let tenant = app.tenant("password-refused").await;
        let (owner, other) = (tenant.owner().await, tenant.owner().await);
        let database = app.database().await;
        let uuid = tenant.uuid(&database).await;
        let before = database.snapshot(uuid).await.without("audit_events");
        let refusals = [
            ("not the password", NEW, "CREDENTIALS_INVALID at currentPassword"),
            (PASSWORD, "short", "INVALID at newPassword"),
            (PASSWORD, "password123", "INVALID at newPassword"),
            (PASSWORD, &"long".repeat(40), "INVALID at newPassword"),
        ];
        for (current, new, refusal) in refusals {
            let answer = change(&owner, current, new).await;
            assert_eq!(answer.user_errors("passwordChange"), [refusal]);
            assert!(answer.data("passwordChange.session").is_null());
        }
        let anonymous = change(&app.anonymous(), PASSWORD, NEW).await;
        assert_eq!(anonymous.error_codes(), ["UNAUTHENTICATED"]);
        database.snapshot(uuid).await.without("audit_events").must_equal(&before);
        other.run("Viewer", json!({})).await.data("viewer.role");
    });
}

#[test]
fn no_sign_in_with_the_old_password_outlives_the_change() {
    run(async {
        let app = TestApp::start().await;
        let tenant = app.tenant("password-race").await;
        let owner = tenant.owner().await;
        let mut sign_ins = JoinSet::new();
        for _ in 0..8 {
            let (client, variables) = (app.anonymous(), tenant.credentials(tenant.owner_email(), PASSWORD));
            sign_ins.spawn(async move { client.run("SignIn", variables).await });
        }
        let after = owner.with_session(change(&owner, PASSWORD, NEW).await.payload("passwordChange"));
        sign_ins.join_all().await;
        assert_eq!(list(&after).await.len(), 1);
    });
}

#[test]
fn another_role_holds_within_seconds_and_the_session_goes_on_with_it() {
    run(async {
        let app = TestApp::start().await;
        let tenant = app.tenant("role").await;
        let person = tenant.invite(Role::Admin).await;
        let before = tenant.sign_in(&person).await;
        before.run("Viewer", json!({})).await.data("viewer.role");
        let command = ["tenant", "role", "--tenant", tenant.slug(), "--email", &person, "--role", "ANALYST"];
        app.installation().cli(&command, &[]).await.expect_success();
        refused_after_a_command(&before).await;
        let after = refreshed(&before).await;
        assert_eq!(after.run("Viewer", json!({})).await.data("viewer.role"), "ANALYST");
        let input = json!({ "input": crate::given::community_input("Readers") });
        assert_eq!(after.run("CommunityCreate", input).await.error_codes(), ["FORBIDDEN"]);
    });
}

#[test]
fn an_operator_ends_the_sessions_of_a_person_in_one_tenant_or_in_all() {
    run(async {
        let app = TestApp::start().await;
        let (acme, beta) = (app.tenant("operator").await, app.tenant("operator-elsewhere").await);
        let person = acme.owner_email();
        beta.join(person, Role::Owner).await;
        let (here, there) = (acme.owner().await, beta.sign_in(person).await);
        let command = ["session", "end", "--email", person, "--tenant", beta.slug()];
        assert_eq!(app.installation().cli(&command, &[]).await.expect_success().stdout, "1 ended\n");
        refused_after_a_command(&there).await;
        assert_refused(&there).await;
        here.run("Viewer", json!({})).await.data("viewer.role");
        let again = beta.sign_in(person).await;

        assert_eq!(app.installation().cli(&command[..4], &[]).await.expect_success().stdout, "2 ended\n");
        for client in [&here, &again] {
            refused_after_a_command(client).await;
            assert_refused(client).await;
        }
        assert_eq!(app.installation().cli(&["session", "end", "--email", "a@b.example"], &[]).await.code, Some(1));
    });
}

async fn change(client: &Client, current: &str, new: &str) -> harness::Response {
    let input = json!({ "currentPassword": current, "newPassword": new });
    client.run("PasswordChange", json!({ "input": input })).await
}

/// The command line is a process of its own: on one that shares no Redis with the server, the server finds out from
/// the database.
async fn refused_after_a_command(client: &Client) {
    let limit = match Storage::of_this_run() {
        Storage::Embedded => Duration::from_secs(5),
        Storage::PostgresRedis => Duration::from_secs(1),
    };
    eventually("the access token is refused", limit, || async {
        client.run("CommunityList", json!({})).await.error_codes() == ["UNAUTHENTICATED"]
    })
    .await;
}
