//! Roles, and the end of somebody's work.

use std::time::Duration;

use harness::{Client, Response, Role, Tenant, TestApp, absent_id, eventually, run};
use serde_json::{Value, json};

use crate::invitations::{accept, address, assert_void, invited, nodes};
use crate::session::{assert_signed_out, refreshed};

#[test]
fn who_may_give_which_role_to_whom_is_a_table() {
    run(async {
        let app = TestApp::shared().await;
        let tenant = app.tenant("table").await;
        // Another owner, so that the last one is not in the way.
        tenant.invite(Role::Owner).await;
        for actor in [Role::Owner, Role::Admin, Role::Operator, Role::Analyst] {
            let client = tenant.staff(actor).await;
            for (from, to) in [
                (Role::Analyst, Role::Operator),
                (Role::Analyst, Role::Admin),
                (Role::Admin, Role::Analyst),
                (Role::Analyst, Role::Owner),
                (Role::Owner, Role::Admin),
            ] {
                let id = new_person(&tenant, &client, from).await;
                let answer = set_role(&client, &id, to).await;
                let case = format!("{actor:?} makes {from:?} {to:?}: {}", answer.raw);
                match (actor, from, to) {
                    (Role::Owner, ..) => {
                        assert_eq!(answer.payload("staffRoleSet")["staffMember"]["role"], to.name(), "{case}");
                    }
                    (Role::Admin, _, Role::Owner) => {
                        assert_eq!(answer.user_errors("staffRoleSet"), ["ROLE_ABOVE_OWN at role"], "{case}");
                    }
                    (Role::Admin, Role::Owner, _) => {
                        assert_eq!(answer.user_errors("staffRoleSet"), ["ROLE_ABOVE_OWN at id"], "{case}");
                    }
                    (Role::Admin, ..) => {
                        assert_eq!(answer.payload("staffRoleSet")["staffMember"]["role"], to.name(), "{case}");
                    }
                    _ => assert_eq!(answer.error_codes(), ["FORBIDDEN"], "{case}"),
                }
            }
        }
    });
}

#[test]
fn the_last_owner_stays_one() {
    run(async {
        let app = TestApp::shared().await;
        let tenant = app.tenant("last").await;
        let owner = tenant.owner().await;
        let own = id_of(&owner, tenant.owner_email()).await;
        assert_eq!(set_role(&owner, &own, Role::Admin).await.user_errors("staffRoleSet"), ["LAST_OWNER at id"]);
        assert_eq!(remove(&owner, &own).await.user_errors("staffRemove"), ["LAST_OWNER at id"]);
        let second = new_person(&tenant, &owner, Role::Owner).await;
        set_role(&owner, &own, Role::Admin).await.payload("staffRoleSet");
        assert_eq!(role_of(&tenant.owner().await).await, "ADMIN");
        let left = tenant.owner().await;
        assert_eq!(remove(&left, &second).await.user_errors("staffRemove"), ["ROLE_ABOVE_OWN at id"]);
    });
}

#[test]
fn of_two_owners_who_remove_each_other_one_stays() {
    run(async {
        let app = TestApp::shared().await;
        for round in 0..5 {
            let tenant = app.tenant("duel").await;
            let one = tenant.owner().await;
            let other_email = tenant.invite(Role::Owner).await;
            let other = tenant.sign_in(&other_email).await;
            let ids = (id_of(&one, tenant.owner_email()).await, id_of(&one, &other_email).await);
            let (first, second) = if round % 2 == 0 {
                tokio::join!(remove(&one, &ids.1), remove(&other, &ids.0))
            } else {
                tokio::join!(set_role(&one, &ids.1, Role::Analyst), set_role(&other, &ids.0, Role::Analyst))
            };
            let succeeded = [&first, &second].iter().filter(|answer| is_success(answer)).count();
            assert_eq!(succeeded, 1, "{}\n{}", first.raw, second.raw);
            let database = app.database().await;
            let tenant = database.literal(tenant.uuid(&database).await);
            let owners = format!(
                "SELECT count(*) FROM tenant_memberships \
                 WHERE tenant_id = {tenant} AND role = 'OWNER' AND status = 'ACTIVE'"
            );
            assert_eq!(database.number(&owners).await, 1);
        }
    });
}

#[test]
fn another_role_counts_within_a_second_and_the_session_goes_on_with_it() {
    run(async {
        let app = TestApp::shared().await;
        let tenant = app.tenant("promoted").await;
        let owner = tenant.owner().await;
        let email = tenant.invite(Role::Operator).await;
        let person = tenant.sign_in(&email).await;
        person.run("CommunityList", json!({})).await.data("communities.totalCount");
        let id = id_of(&owner, &email).await;
        set_role(&owner, &id, Role::Analyst).await.payload("staffRoleSet");
        assert_signed_out(&person).await;
        let person = refreshed(&person).await;
        assert_eq!(role_of(&person).await, "ANALYST");
        // The same role again touches nothing.
        set_role(&owner, &id, Role::Analyst).await.payload("staffRoleSet");
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert_eq!(role_of(&person).await, "ANALYST");
    });
}

#[test]
fn who_is_removed_is_signed_out_here_and_not_elsewhere_and_may_come_back() {
    run(async {
        let app = TestApp::shared().await;
        let (tenant, other) = (app.tenant("removed").await, app.tenant("elsewhere").await);
        let owner = tenant.owner().await;
        let email = tenant.invite(Role::Operator).await;
        other.join(&email, Role::Analyst).await;
        let (here, there) = (tenant.sign_in(&email).await, other.sign_in(&email).await);
        let id = id_of(&owner, &email).await;
        let removed = remove(&owner, &id).await;
        assert_eq!(removed.payload("staffRemove")["staffMember"]["status"], "ENDED");
        assert_signed_out(&here).await;
        let variables = json!({ "input": { "refreshToken": here.session().refresh_token } });
        let refresh = here.run_anonymously("SessionRefresh", variables).await;
        assert_eq!(refresh.user_error_codes("sessionRefresh"), ["SESSION_INVALID"]);
        let again = app.anonymous().run("SignIn", tenant.credentials(&email, harness::PASSWORD)).await;
        assert_eq!(again.user_error_codes("signIn"), ["CREDENTIALS_INVALID"]);
        assert_eq!(role_of(&there).await, "ANALYST");

        assert_eq!(remove(&owner, &id).await.user_errors("staffRemove"), ["STAFF_ENDED at id"]);
        assert_eq!(set_role(&owner, &id, Role::Admin).await.user_errors("staffRoleSet"), ["STAFF_ENDED at id"]);
        let restored = restore(&owner, &id).await;
        assert_eq!(restored.payload("staffRestore")["staffMember"]["role"], "OPERATOR");
        assert_eq!(restore(&owner, &id).await.user_errors("staffRestore"), ["ALREADY_STAFF at id"]);
        assert_eq!(role_of(&tenant.sign_in(&email).await).await, "OPERATOR");
        assert_signed_out(&here).await;
    });
}

#[test]
fn what_somebody_invited_to_is_void_once_they_may_not_invite_any_more() {
    run(async {
        let app = TestApp::shared().await;
        let tenant = app.tenant("inviters").await;
        let owner = tenant.owner().await;
        let kept = address(&tenant, "kept");
        invited(&owner, &kept, "ANALYST").await;
        for is_removed in [true, false] {
            let inviter = tenant.invite(Role::Admin).await;
            let email = address(&tenant, if is_removed { "removed" } else { "demoted" });
            invited(&tenant.sign_in(&inviter).await, &email, "ADMIN").await;
            let token = app.letter_to(&email).await.secret("invitation");
            let id = id_of(&owner, &inviter).await;
            if is_removed {
                remove(&owner, &id).await.payload("staffRemove");
            } else {
                set_role(&owner, &id, Role::Operator).await.payload("staffRoleSet");
            }
            assert_void(app, &token).await;
        }
        let token = app.letter_to(&kept).await.secret("invitation");
        accept(app, &token, json!({ "password": harness::PASSWORD })).await.payload("invitationAccept");
    });
}

#[test]
fn who_was_removed_comes_back_by_an_invitation_in_its_role() {
    run(async {
        let app = TestApp::shared().await;
        let tenant = app.tenant("returned").await;
        let owner = tenant.owner().await;
        let email = tenant.invite(Role::Operator).await;
        let id = id_of(&owner, &email).await;
        remove(&owner, &id).await.payload("staffRemove");
        invited(&owner, &email, "ANALYST").await;
        let token = app.letter_to(&email).await.secret("invitation");
        accept(app, &token, json!({ "password": harness::PASSWORD })).await.payload("invitationAccept");
        assert_eq!(id_of(&owner, &email).await, id);
        assert_eq!(role_of(&tenant.sign_in(&email).await).await, "ANALYST");
    });
}

#[test]
fn a_token_from_before_ones_own_removal_changes_nobody() {
    run(async {
        let app = TestApp::start().await;
        let tenant = app.tenant("late-revenge").await;
        let owner = tenant.owner().await;
        let email = tenant.invite(Role::Admin).await;
        let admin = tenant.sign_in(&email).await;
        let victim = new_person(&tenant, &owner, Role::Analyst).await;
        let own = id_of(&owner, &email).await;
        let (removed, revenge) = tokio::join!(remove(&owner, &own), remove(&admin, &victim));
        removed.payload("staffRemove");
        // Before or after, but never by somebody who is nobody any more.
        eventually("the administrator is out", Duration::from_secs(2), || async {
            remove(&admin, &victim).await.error_codes() == ["UNAUTHENTICATED"]
        })
        .await;
        assert!(is_success(&revenge) || revenge.error_codes() == ["UNAUTHENTICATED"], "{}", revenge.raw);
    });
}

#[test]
fn ids_of_nobody_and_of_other_kinds_are_refused() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("nobody").await.owner().await;
        assert_eq!(remove(&owner, &absent_id("tmb")).await.user_errors("staffRemove"), ["NOT_FOUND at id"]);
        assert_eq!(remove(&owner, &absent_id("usr")).await.user_errors("staffRemove"), ["INVALID at id"]);
    });
}

/// Somebody with this role, by the membership's id.
async fn new_person(tenant: &Tenant<'_>, reader: &Client, role: Role) -> String {
    let email = tenant.invite(role).await;
    if is_success(&reader.run("StaffList", json!({ "first": 1 })).await) {
        return id_of(reader, &email).await;
    }
    id_of(&tenant.owner().await, &email).await
}

async fn id_of(client: &Client, email: &str) -> String {
    let staff = nodes(&client.run("StaffList", json!({ "last": 100 })).await, "staff");
    let person = staff.iter().find(|person| person["email"] == email);
    person.unwrap_or_else(|| panic!("{email} is not of the staff"))["id"].as_str().unwrap().to_owned()
}

async fn role_of(client: &Client) -> Value {
    client.run("Viewer", json!({})).await.data("viewer.role").clone()
}

async fn set_role(client: &Client, id: &str, role: Role) -> Response {
    client.run("StaffRoleSet", json!({ "input": { "id": id, "role": role.name() } })).await
}

async fn remove(client: &Client, id: &str) -> Response {
    client.run("StaffRemove", json!({ "input": { "id": id } })).await
}

async fn restore(client: &Client, id: &str) -> Response {
    client.run("StaffRestore", json!({ "input": { "id": id } })).await
}

/// No errors of either kind.
fn is_success(answer: &Response) -> bool {
    let payload = answer.body["data"].as_object().and_then(|data| data.values().next());
    answer.body.get("errors").is_none()
        && payload.is_some_and(|payload| payload["userErrors"].as_array().is_none_or(Vec::is_empty))
}
