//! Seeing and ending sessions.

use harness::{Client, Role, TestApp, absent_id, run};
use serde_json::{Value, json};

use super::{assert_refused, assert_signed_out, refreshed};

#[test]
fn a_person_sees_where_they_are_signed_in() {
    run(async {
        let app = TestApp::shared().await;
        let tenant = app.tenant("where").await;
        let laptop = app.anonymous().calling_itself("Laptop/1.0");
        let laptop = tenant.sign_in_from(&laptop, tenant.owner_email()).await;
        let phone = app.anonymous().calling_itself(&"Telefon ".repeat(40));
        let phone = tenant.sign_in_from(&phone, tenant.owner_email()).await;
        tenant.staff(Role::Admin).await;

        let sessions = list(&laptop).await;
        assert_eq!(sessions.len(), 2, "one's own only: {sessions:?}");
        assert_eq!(sessions[1]["client"], "Laptop/1.0");
        assert_eq!(sessions[0]["client"].as_str().unwrap().chars().count(), 200);
        assert_eq!((&sessions[1]["isCurrent"], &sessions[0]["isCurrent"]), (&json!(true), &json!(false)));
        for session in &sessions {
            assert_eq!(session["address"], "127.0.0.1");
            assert_eq!(session["createdAt"], session["lastUsedAt"]);
            assert!(session["expiresAt"].as_str() > session["createdAt"].as_str());
        }
        assert_eq!(list(&phone).await[0]["isCurrent"], true);
    });
}

#[test]
fn a_refresh_notes_where_the_session_was_used_last() {
    run(async {
        let app = TestApp::shared().await;
        let tenant = app.tenant("moves").await;
        let first = tenant.sign_in_from(&app.anonymous().calling_itself("Tablet/1"), tenant.owner_email()).await;
        let newer = tenant.owner().await;
        let moved = refreshed(&first.calling_itself("Tablet/2")).await;
        let sessions = list(&moved).await;
        assert_eq!(sessions[0]["client"], "Tablet/2");
        assert_eq!(sessions[0]["isCurrent"], true);
        assert!(sessions[0]["lastUsedAt"].as_str() > sessions[0]["createdAt"].as_str());
        assert_eq!(sessions[1]["client"], Value::Null);
        newer.run("Viewer", json!({})).await.data("viewer.role");
    });
}

#[test]
fn the_answer_to_a_sign_in_may_list_the_sessions_too() {
    run(async {
        let app = TestApp::shared().await;
        let tenant = app.tenant("at-sign-in").await;
        let document = "mutation($input: SignInInput!) { signIn(input: $input) {
            viewer { sessions { isCurrent } } userErrors { code } } }";
        let credentials = tenant.credentials(tenant.owner_email(), harness::PASSWORD);
        let answer = app.anonymous().query(document, credentials).await;
        assert_eq!(answer.payload("signIn")["viewer"]["sessions"], json!([{ "isCurrent": true }]));
    });
}

#[test]
fn ending_a_session_ends_both_of_its_tokens_and_no_other_session() {
    run(async {
        let app = TestApp::shared().await;
        let tenant = app.tenant("end-one").await;
        let (here, lost) = (tenant.owner().await, tenant.owner().await);
        let id = own_id(&lost).await;
        assert_eq!(revoke(&here, &id).await, Ok(id.clone()));
        assert_signed_out(&lost).await;
        assert_refused(&lost).await;
        assert_eq!(list(&here).await.len(), 1);
        assert_eq!(revoke(&here, &id).await, Ok(id), "what is over stays so");
    });
}

#[test]
fn a_colleagues_session_is_ended_by_an_administrator_and_is_nothing_to_others() {
    run(async {
        let app = TestApp::shared().await;
        let tenant = app.tenant("colleagues").await;
        let (admin, analyst) = (tenant.staff(Role::Admin).await, tenant.staff(Role::Analyst).await);
        let other = tenant.staff(Role::Operator).await;
        let ids = (own_id(&admin).await, own_id(&analyst).await);
        assert_eq!(revoke(&other, &ids.0).await, Err("NOT_FOUND at id".to_owned()));
        assert_eq!(revoke(&other, &ids.1).await, Err("NOT_FOUND at id".to_owned()));
        analyst.run("Viewer", json!({})).await.data("viewer.role");
        assert_eq!(revoke(&admin, &ids.1).await, Ok(ids.1.clone()));
        assert_signed_out(&analyst).await;
        admin.run("Viewer", json!({})).await.data("viewer.role");
    });
}

#[test]
fn ending_what_is_not_there_or_not_an_id_is_refused() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("no-such-session").await.owner().await;
        assert_eq!(revoke(&owner, &absent_id("ses")).await, Err("NOT_FOUND at id".to_owned()));
        assert_eq!(revoke(&owner, &absent_id("com")).await, Err("INVALID at id".to_owned()));
        for operation in ["SessionRevoke", "SessionRevokeOthers"] {
            let answer = app.anonymous().run(operation, json!({ "input": { "id": absent_id("ses") } })).await;
            assert!(!answer.error_codes().is_empty(), "{}", answer.raw);
        }
        let answer = app.anonymous().run("SessionRevokeOthers", json!({})).await;
        assert_eq!(answer.error_codes(), ["UNAUTHENTICATED"], "{}", answer.raw);
    });
}

#[test]
fn ending_the_others_leaves_the_session_that_asks_and_those_in_other_tenants() {
    run(async {
        let app = TestApp::shared().await;
        let (acme, beta) = (app.tenant("others").await, app.tenant("others-elsewhere").await);
        beta.join(acme.owner_email(), Role::Owner).await;
        let elsewhere = beta.sign_in(acme.owner_email()).await;
        let colleague = acme.staff(Role::Owner).await;
        let (here, one, two) = (acme.owner().await, acme.owner().await, acme.owner().await);
        let input = json!({ "input": { "idempotencyKey": "once" } });
        let answer = here.run("SessionRevokeOthers", input.clone()).await;
        let mut ended = ids(&answer.payload("sessionRevokeOthers")["revokedSessionIds"]);
        ended.sort();
        assert_eq!(ended.len(), 2);
        for client in [&one, &two] {
            assert_signed_out(client).await;
            assert_refused(client).await;
        }
        for client in [&here, &colleague, &elsewhere] {
            client.run("Viewer", json!({})).await.data("viewer.role");
        }
        assert_eq!(list(&here).await.len(), 1);

        let newer = acme.owner().await;
        let replay = here.run("SessionRevokeOthers", input).await;
        let mut again = ids(&replay.payload("sessionRevokeOthers")["revokedSessionIds"]);
        again.sort();
        assert_eq!(again, ended);
        newer.run("Viewer", json!({})).await.data("viewer.role");
        let none = here.run("SessionRevokeOthers", json!({ "input": {} })).await;
        assert_eq!(ids(&none.payload("sessionRevokeOthers")["revokedSessionIds"]).len(), 1);
    });
}

/// The sessions that a person sees.
pub async fn list(client: &Client) -> Vec<Value> {
    let answer = client.run("SessionList", json!({})).await;
    answer.data("viewer.sessions").as_array().unwrap().clone()
}

/// The id of a client's own session.
pub async fn own_id(client: &Client) -> String {
    let sessions = list(client).await;
    let own = sessions.iter().find(|session| session["isCurrent"] == true).unwrap();
    own["id"].as_str().unwrap().to_owned()
}

/// Gives the id that the answer says is over, or the refusal.
async fn revoke(client: &Client, id: &str) -> Result<String, String> {
    let answer = client.run("SessionRevoke", json!({ "input": { "id": id } })).await;
    match answer.data("sessionRevoke.revokedSessionId").as_str() {
        Some(id) => Ok(id.to_owned()),
        None => Err(answer.user_errors("sessionRevoke").join(", ")),
    }
}

fn ids(list: &Value) -> Vec<String> {
    list.as_array().unwrap().iter().map(|id| id.as_str().unwrap().to_owned()).collect()
}
