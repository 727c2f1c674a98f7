//! Inviting people to work for a tenant, and accepting.

use std::time::Duration;

use harness::{Client, PASSWORD, Response, Role, Storage, Tenant, TestApp, absent_id, run};
use serde_json::{Value, json};

use crate::given;

const WEEK: Duration = Duration::from_secs(7 * 24 * 3600);

#[test]
fn somebody_new_joins_by_the_letters_link_and_signs_in() {
    run(async {
        let app = TestApp::shared().await;
        let tenant = app.tenant("joining").await;
        let owner = tenant.owner().await;
        let email = address(&tenant, "lin");
        let invitation = invited(&owner, &email, "OPERATOR").await;
        assert_eq!(invitation["status"], "OPEN");
        assert_eq!(invitation["email"], email);

        let letter = app.letter_to(&email).await;
        assert!(letter.text.contains(tenant.slug()) && letter.text.contains("运营"), "{}", letter.text);
        let answer = accept(app, &letter.secret("invitation"), json!({ "password": PASSWORD })).await;
        assert_eq!(answer.payload("invitationAccept")["tenant"]["slug"], tenant.slug());

        let newcomer = tenant.sign_in(&email).await;
        let viewer = newcomer.run("Viewer", json!({})).await;
        assert_eq!(viewer.data("viewer.role"), "OPERATOR");
        assert_eq!(invitations(&owner).await[0]["status"], "ACCEPTED");
        let staff = owner.run("StaffList", json!({})).await;
        let emails: Vec<_> = nodes(&staff, "staff").into_iter().map(|node| node["email"].clone()).collect();
        assert_eq!(emails, [json!(tenant.owner_email()), json!(email)]);
        assert_eq!(nodes(&staff, "staff")[1]["displayName"], "Lin");
        assert!(nodes(&staff, "staff")[1]["lastSignInAt"].is_string());
    });
}

#[test]
fn a_letter_in_english_is_sent_where_asked() {
    run(async {
        let app = TestApp::shared().await;
        let tenant = app.tenant("english").await;
        let email = address(&tenant, "ann");
        let input = json!({ "email": email, "displayName": "Ann", "role": "FINANCE", "locale": "EN" });
        tenant.owner().await.run("StaffInvite", json!({ "input": input })).await.payload("staffInvite");
        let letter = app.letter_to(&email).await;
        assert!(letter.text.starts_with("Hello Ann,"), "{}", letter.text);
        assert!(letter.text.contains("as finance"), "{}", letter.text);
    });
}

#[test]
fn an_owner_of_an_account_proves_it_by_its_password_or_by_being_signed_in() {
    run(async {
        let app = TestApp::shared().await;
        let (acme, beta) = (app.tenant("acme").await, app.tenant("beta").await);
        let owner = acme.owner().await;

        invited(&owner, beta.owner_email(), "ANALYST").await;
        let token = app.letter_to(beta.owner_email()).await.secret("invitation");
        for wrong in [json!({}), json!({ "password": "not the password 1" })] {
            let answer = accept(app, &token, wrong).await;
            assert_eq!(answer.user_errors("invitationAccept"), ["CREDENTIALS_INVALID at password"]);
        }
        accept(app, &token, json!({ "password": PASSWORD })).await.payload("invitationAccept");
        let there = acme.sign_in(beta.owner_email()).await.run("Viewer", json!({})).await;
        assert_eq!(there.data("viewer.role"), "ANALYST");

        let other = beta.invite(Role::Moderator).await;
        invited(&owner, &other, "OPERATOR").await;
        let token = app.letter_to(&other).await.secret("invitation");
        // Being signed in as somebody else proves nothing.
        let stranger = beta.owner().await;
        let answer = accept_as(&stranger, &token).await;
        assert_eq!(answer.user_errors("invitationAccept"), ["CREDENTIALS_INVALID at password"]);
        accept_as(&beta.sign_in(&other).await, &token).await.payload("invitationAccept");
        acme.sign_in(&other).await.run("Viewer", json!({})).await.data("viewer.role");
    });
}

#[test]
fn a_link_works_once_even_when_it_is_used_twice_at_the_same_time() {
    run(async {
        let app = TestApp::shared().await;
        let tenant = app.tenant("once").await;
        let email = address(&tenant, "twice");
        invited(&tenant.owner().await, &email, "ANALYST").await;
        let token = app.letter_to(&email).await.secret("invitation");
        let with = || json!({ "password": PASSWORD });
        let (one, other) = tokio::join!(accept(app, &token, with()), accept(app, &token, with()));
        let mut outcomes = [one.user_errors("invitationAccept"), other.user_errors("invitationAccept")];
        outcomes.sort();
        assert_eq!(outcomes, [vec![], vec!["LINK_INVALID at token".to_owned()]]);
        let again = accept(app, &token, with()).await;
        assert_eq!(again.user_errors("invitationAccept"), ["LINK_INVALID at token"]);
    });
}

#[test]
fn one_new_address_accepted_for_two_tenants_at_once_is_one_person() {
    run(async {
        let app = TestApp::shared().await;
        let (acme, beta) = (app.tenant("acme").await, app.tenant("beta").await);
        let email = address(&acme, "both");
        invited(&acme.owner().await, &email, "ANALYST").await;
        invited(&beta.owner().await, &email, "ANALYST").await;
        let tokens = app.letters_to(&email, 2).await;
        let tokens: Vec<_> = tokens.iter().map(|letter| letter.secret("invitation")).collect();
        let with = || json!({ "password": PASSWORD });
        let (one, other) = tokio::join!(accept(app, &tokens[0], with()), accept(app, &tokens[1], with()));
        one.payload("invitationAccept");
        other.payload("invitationAccept");
        let id = |answer: Response| answer.data("viewer.user.id").clone();
        let in_acme = id(acme.sign_in(&email).await.run("Viewer", json!({})).await);
        let in_beta = id(beta.sign_in(&email).await.run("Viewer", json!({})).await);
        assert_eq!(in_acme, in_beta);
    });
}

#[test]
fn a_link_is_void_once_revoked_replaced_or_a_week_old() {
    run(async {
        let app = TestApp::with().with_movable_clock().start().await;
        let tenant = app.tenant("void").await;
        let owner = tenant.owner().await;
        let email = address(&tenant, "late");
        let invitation = invited(&owner, &email, "ANALYST").await;
        let first = app.letter_to(&email).await.secret("invitation");

        let id = json!({ "input": { "id": invitation["id"] } });
        owner.run("InvitationResend", id.clone()).await.payload("invitationResend");
        let second = app.letters_to(&email, 2).await.pop().unwrap().secret("invitation");
        assert_ne!(first, second);
        assert_void(&app, &first).await;

        app.installation().advance_clock(WEEK);
        let owner = tenant.owner().await;
        assert_void(&app, &second).await;
        assert_eq!(invitations(&owner).await[0]["status"], "EXPIRED");

        owner.run("InvitationResend", id.clone()).await.payload("invitationResend");
        let third = app.letters_to(&email, 3).await.pop().unwrap().secret("invitation");
        let revoked = owner.run("InvitationRevoke", id.clone()).await;
        assert_eq!(revoked.payload("invitationRevoke")["invitation"]["status"], "REVOKED");
        assert_void(&app, &third).await;
        for operation in ["InvitationResend", "InvitationRevoke"] {
            let answer = owner.run(operation, id.clone()).await;
            let field = format!("i{}", &operation[1..]);
            assert_eq!(answer.user_errors(&field), ["INVITATION_CLOSED at id"]);
        }
    });
}

#[test]
fn links_that_were_never_sent_are_refused() {
    run(async {
        let app = TestApp::shared().await;
        let tenant = app.tenant("forged").await;
        let email = address(&tenant, "forger");
        invited(&tenant.owner().await, &email, "ANALYST").await;
        let token = app.letter_to(&email).await.secret("invitation");
        let altered = format!("{}{}", &token[..token.len() - 8], "AAAAAAAA");
        for wrong in ["", "x", "shq_inv_", &altered, &token.replace("shq_inv_", "shq_rt_")] {
            assert_void(app, wrong).await;
        }
    });
}

#[test]
fn inviting_tells_nothing_of_who_has_an_account_elsewhere() {
    run(async {
        let app = TestApp::shared().await;
        let (acme, beta) = (app.tenant("acme").await, app.tenant("beta").await);
        let owner = acme.owner().await;
        let known = beta.invite(Role::Analyst).await;
        let unknown = known.replace("analyst", "nobodys");
        assert_eq!(known.len(), unknown.len());
        let answers = [&known, &unknown].map(|email| {
            let input = json!({ "email": email, "displayName": "Same", "role": "ANALYST" });
            owner.run("StaffInvite", json!({ "input": input }))
        });
        let [one, other] = answers;
        let (one, other) = (one.await, other.await);
        let same = |answer: &Response, email: &str| {
            let invitation = &answer.payload("staffInvite")["invitation"];
            let raw = answer.raw_without_throttle().replace(email, "an address");
            let raw = raw.replace(invitation["id"].as_str().unwrap(), "an id");
            (answer.status, raw.replace(invitation["expiresAt"].as_str().unwrap(), "a time"))
        };
        assert_eq!(same(&one, &known), same(&other, &unknown));
        // The letters differ in names and links only: what each may do with the account is asked later.
        let (one, other) = (app.letter_to(&known).await, app.letter_to(&unknown).await);
        let plain = |letter: &harness::Letter| letter.text.replace(&letter.secret("invitation"), "");
        assert_eq!(plain(&one), plain(&other));
    });
}

#[test]
fn nobody_invites_above_their_own_role_and_few_invite_at_all() {
    run(async {
        let app = TestApp::shared().await;
        let tenant = app.tenant("ranks").await;
        for inviter in Role::ALL {
            let client = tenant.staff(inviter).await;
            for role in Role::ALL {
                let email = address(&tenant, &format!("{}-by-{}", role.name(), inviter.name()).to_lowercase());
                let input = json!({ "email": email, "displayName": "Somebody", "role": role.name() });
                let answer = client.run("StaffInvite", json!({ "input": input })).await;
                let case = format!("{inviter:?} invites {role:?}: {}", answer.raw);
                match (inviter, role) {
                    (Role::Owner, _) => drop(answer.payload("staffInvite").clone()),
                    (Role::Admin, Role::Owner) => {
                        assert_eq!(answer.user_errors("staffInvite"), ["ROLE_ABOVE_OWN at role"], "{case}");
                    }
                    (Role::Admin, _) => drop(answer.payload("staffInvite").clone()),
                    _ => assert_eq!(answer.error_codes(), ["FORBIDDEN"], "{case}"),
                }
            }
        }
    });
}

#[test]
fn an_administrator_leaves_an_owners_invitation_alone() {
    run(async {
        let app = TestApp::shared().await;
        let tenant = app.tenant("above").await;
        let invitation = invited(&tenant.owner().await, &address(&tenant, "second-owner"), "OWNER").await;
        let admin = tenant.staff(Role::Admin).await;
        for operation in ["InvitationResend", "InvitationRevoke"] {
            let answer = admin.run(operation, json!({ "input": { "id": invitation["id"] } })).await;
            assert_eq!(answer.user_errors(&format!("i{}", &operation[1..])), ["ROLE_ABOVE_OWN at id"]);
        }
        assert_eq!(invitations(&admin).await[0]["status"], "OPEN");
    });
}

#[test]
fn what_makes_no_invitation_is_refused_by_field() {
    run(async {
        let app = TestApp::shared().await;
        let tenant = app.tenant("fields").await;
        let owner = tenant.owner().await;
        let refused = |changes: Value| {
            let input = given::with(
                json!({ "email": address(&tenant, "x"), "displayName": "Somebody", "role": "ANALYST" }),
                changes,
            );
            let owner = owner.clone();
            async move { owner.run("StaffInvite", json!({ "input": input })).await.user_errors("staffInvite") }
        };
        assert_eq!(refused(json!({ "email": "nobody" })).await, ["INVALID at email"]);
        assert_eq!(refused(json!({ "email": "a..b@example.com" })).await, ["INVALID at email"]);
        assert_eq!(refused(json!({ "displayName": " " })).await, ["REQUIRED at displayName"]);
        assert_eq!(refused(json!({ "displayName": "社".repeat(81) })).await, ["TOO_LONG at displayName"]);
        let here = tenant.owner_email().to_uppercase();
        assert_eq!(refused(json!({ "email": here })).await, ["ALREADY_STAFF at email"]);
        assert_eq!(refused(json!({})).await, Vec::<String>::new());
        assert_eq!(refused(json!({})).await, ["ALREADY_INVITED at email"]);
        let unknown = owner.run("InvitationRevoke", json!({ "input": { "id": absent_id("inv") } })).await;
        assert_eq!(unknown.user_errors("invitationRevoke"), ["NOT_FOUND at id"]);
    });
}

#[test]
fn two_invitations_of_one_address_at_once_are_one() {
    run(async {
        let app = TestApp::shared().await;
        let tenant = app.tenant("race").await;
        let owner = tenant.owner().await;
        let input = json!({ "email": address(&tenant, "raced"), "displayName": "Raced", "role": "ANALYST" });
        let invite = || owner.run("StaffInvite", json!({ "input": input }));
        let (one, other) = tokio::join!(invite(), invite());
        let mut outcomes = [one.user_errors("staffInvite"), other.user_errors("staffInvite")];
        outcomes.sort();
        assert_eq!(outcomes, [vec![], vec!["ALREADY_INVITED at email".to_owned()]]);
    });
}

#[test]
fn one_idempotency_key_is_one_invitation_and_one_letter() {
    run(async {
        let app = TestApp::shared().await;
        let tenant = app.tenant("repeated").await;
        let owner = tenant.owner().await;
        let email = address(&tenant, "repeated");
        let input = json!({ "email": email, "displayName": "A", "role": "ANALYST", "idempotencyKey": "one" });
        let first = owner.run("StaffInvite", json!({ "input": input })).await;
        let second = owner.run("StaffInvite", json!({ "input": input })).await;
        assert_eq!(first.payload("staffInvite"), second.payload("staffInvite"));
        app.letter_to(&email).await;
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert_eq!(app.installation().letters_to(&email).len(), 1);
    });
}

#[test]
fn no_address_and_no_secret_lies_readable_in_the_storage_or_the_log() {
    run(async {
        let app = TestApp::start().await;
        let tenant = app.tenant("sealed").await;
        let email = address(&tenant, "secretive");
        invited(&tenant.owner().await, &email, "ANALYST").await;
        let secret = app.letter_to(&email).await.secret("invitation");
        let database = app.database().await;
        for table in ["invitations", "mails", "outbox", "idempotency_records", "users"] {
            let row = match Storage::of_this_run() {
                Storage::PostgresRedis => "t::text".to_owned(),
                Storage::Embedded => {
                    let columns = database.columns(table).await;
                    columns.iter().map(|name| format!("quote(\"{name}\")")).collect::<Vec<_>>().join(" || ',' || ")
                }
            };
            for row in database.texts(&format!("SELECT {row} FROM {table} t")).await {
                assert!(!row.contains("secretive") && !row.contains(&secret), "{table}: {row}");
            }
        }
        let log = app.server().log();
        assert!(log.contains("mail.sent"), "{log}");
        assert!(!log.contains("secretive") && !log.contains(&secret), "{log}");
    });
}

#[test]
fn the_list_pages_and_filters() {
    run(async {
        let app = TestApp::shared().await;
        let tenant = app.tenant("pages").await;
        let owner = tenant.owner().await;
        for number in 0..3 {
            invited(&owner, &address(&tenant, &format!("n{number}")), "ANALYST").await;
            tenant.invite(Role::Analyst).await;
        }
        let first = owner.run("InvitationList", json!({ "first": 2 })).await;
        assert_eq!(first.data("invitations.totalCount"), 3);
        let after = first.data("invitations.pageInfo.endCursor").clone();
        let rest = owner.run("InvitationList", json!({ "first": 2, "after": after })).await;
        assert_eq!(nodes(&rest, "invitations").len(), 1);
        assert_eq!(nodes(&rest, "invitations")[0]["email"], address(&tenant, "n0"));
        for (status, count) in [("OPEN", 3), ("ACCEPTED", 0), ("REVOKED", 0), ("EXPIRED", 0)] {
            let answer = owner.run("InvitationList", json!({ "filter": { "status": status } })).await;
            assert_eq!(answer.data("invitations.totalCount"), count, "{status}");
        }
        let analysts = owner.run("StaffList", json!({ "filter": { "role": "ANALYST" } })).await;
        assert_eq!(analysts.data("staff.totalCount"), 3);
        let last = owner.run("StaffList", json!({ "last": 1 })).await;
        assert_eq!(nodes(&last, "staff")[0]["role"], "ANALYST");
        let ended = owner.run("StaffList", json!({ "filter": { "status": "ENDED" } })).await;
        assert_eq!(ended.data("staff.totalCount"), 0);
    });
}

/// An address of this tenant's domain.
pub fn address(tenant: &Tenant<'_>, name: &str) -> String {
    format!("{name}@{}.example", tenant.slug())
}

/// A new invitation; gives the payload's object.
pub async fn invited(inviter: &Client, email: &str, role: &str) -> Value {
    let name = email.split('@').next().unwrap();
    let display_name = format!("{}{}", name[..1].to_uppercase(), &name[1..]);
    let input = json!({ "email": email, "displayName": display_name, "role": role });
    let answer = inviter.run("StaffInvite", json!({ "input": input })).await;
    answer.payload("staffInvite")["invitation"].clone()
}

/// What a reader of the letter who is not signed in is answered.
pub async fn accept(app: &TestApp, token: &str, fields: Value) -> Response {
    let input = given::with(json!({ "token": token }), fields);
    app.anonymous().run("InvitationAccept", json!({ "input": input })).await
}

async fn accept_as(client: &Client, token: &str) -> Response {
    client.run("InvitationAccept", json!({ "input": { "token": token } })).await
}

pub async fn assert_void(app: &TestApp, token: &str) {
    let answer = accept(app, token, json!({ "password": PASSWORD })).await;
    assert_eq!(answer.user_errors("invitationAccept"), ["LINK_INVALID at token"], "{token}");
}

async fn invitations(client: &Client) -> Vec<Value> {
    nodes(&client.run("InvitationList", json!({})).await, "invitations")
}

/// The nodes of a connection.
pub fn nodes(answer: &Response, field: &str) -> Vec<Value> {
    let edges = answer.data(field)["edges"].as_array().unwrap_or_else(|| panic!("{}", answer.raw));
    edges.iter().map(|edge| edge["node"].clone()).collect()
}
