//! Registries that watch, and those that let nothing else run.

use std::time::Duration;

use harness::{Client, PASSWORD, Response, Role, TestApp, eventually, run};
use reqwest::Method;
use serde_json::{Value, json};

use super::{VIEWER, publish, published, remove};
use crate::given;
use crate::partner_keys::{Made, key};
use crate::session::refreshed;

const MINUTE: Duration = Duration::from_secs(60);
const COUNT: &str = "{ members { totalCount } }";

#[test]
fn where_it_is_enforced_only_registered_documents_run_by_id_or_as_text() {
    run(async {
        let app = TestApp::start().await;
        let owner = app.tenant("enforced").await.owner().await;
        published(&owner, &json!({ "viewer": VIEWER }).to_string()).await;
        set(&owner, json!({ "mode": "ENFORCE" })).await.payload("documentRegistryModeSet");

        assert_eq!(owner.post(json!({ "documentId": "viewer" })).await.data("viewer.role"), "OWNER");
        assert_eq!(owner.query(VIEWER, json!({})).await.data("viewer.role"), "OWNER");
        let forged = json!({ "input": { "refreshToken": format!("shq_rt_{}", "A".repeat(91)) } });
        let nobody = owner.run_anonymously("SignOut", forged).await;
        assert_eq!(nobody.user_error_codes("signOut"), ["SESSION_INVALID"], "what needs no session has no registry");
        for document in [
            "{ viewer { role } } ",
            "{ viewer { displayName } }",
            "{ __typename }",
            "{ __schema { queryType { name } } }",
            "mutation { memberCreate(input: { displayName: \"A\" }) { userErrors { code } } }",
            "{ communities(first: 100) { nodes { members(first: 100) { nodes { id } } } } }",
        ] {
            let answer = owner.query(document, json!({})).await;
            refused(&answer);
            assert!(answer.body.get("extensions").is_none(), "it has no price: {}", answer.raw);
        }
        let got = owner.send(owner.request(Method::GET, "/graphql?query=%7B__typename%7D")).await;
        assert_eq!((got.status, got.error_codes()), (403, vec!["DOCUMENT_NOT_TRUSTED"]));
        assert_eq!(counter(&app, "ENFORCE").await, 7);
        set(&owner, json!({ "mode": "OPEN" })).await.payload("documentRegistryModeSet");
        assert_eq!(owner.query(COUNT, json!({})).await.data("members.totalCount"), 0, "nothing was run");
    });
}

#[test]
fn where_it_is_watched_other_documents_run_and_are_logged_and_counted_without_their_text() {
    run(async {
        let app = TestApp::start().await;
        let owner = app.tenant("watched").await.owner().await;
        published(&owner, &json!({ "viewer": VIEWER }).to_string()).await;
        set(&owner, json!({ "mode": "LOG" })).await.payload("documentRegistryModeSet");
        let document = "query Peculiar($phone: String!) { member(by: { phone: $phone }) { id } }";
        let answer = owner.query(document, json!({ "phone": "+8613800138999" })).await;
        assert!(answer.data("member").is_null());
        owner.query(VIEWER, json!({})).await.data("viewer.role");

        let log = app.server().log();
        let lines: Vec<&str> = log.lines().filter(|line| line.contains("document.not_trusted")).collect();
        let [line] = lines.as_slice() else { panic!("{lines:#?}") };
        let line: Value = serde_json::from_str(line).unwrap();
        assert_eq!((&line["operation.name"], &line["mode"]), (&json!("Peculiar"), &json!("LOG")));
        assert!(line["document.hash"].as_str().unwrap().starts_with("sha256:"));
        assert!(line["tenant"].as_str().unwrap().starts_with("ten_"));
        assert!(line["registry"].as_str().unwrap().starts_with("reg_"));
        assert!(!log.contains("13800138999") && !log.contains("$phone"), "a text or a variable is in the log");
        assert_eq!(counter(&app, "LOG").await, 1);
    });
}

#[test]
fn a_key_goes_by_its_own_mode_or_by_the_tenants_and_its_members_with_it() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("modes-of-keys").await.owner().await;
        let scopes = json!({ "scopes": ["members:read", "members:token"] });
        let (with, without) = (key(&owner, scopes.clone()).await, key(&owner, scopes).await);
        let member = given::member(&owner, "Li Lei").await;
        let token = |made: &Made| {
            let client = owner.with_token(&made.secret);
            let input = json!({ "input": { "memberId": member["id"] } });
            async move {
                let answer = client.run("MemberTokenCreate", input).await;
                answer.payload("memberTokenCreate")["token"].as_str().unwrap().to_owned()
            }
        };
        let (member_with, member_without) = (token(&with).await, token(&without).await);
        let (with, without) = ((owner.with_token(&with.secret), with.id), owner.with_token(&without.secret));
        let (member_with, member_without) = (owner.with_token(&member_with), owner.with_token(&member_without));
        let me = "{ me { displayName } }";

        set(&owner, json!({ "mode": "ENFORCE" })).await.payload("documentRegistryModeSet");
        refused(&with.0.query(COUNT, json!({})).await);
        refused(&without.query(COUNT, json!({})).await);
        refused(&member_with.query(me, json!({})).await);
        set(&owner, json!({ "mode": "OPEN" })).await.payload("documentRegistryModeSet");

        let manifest = json!({ "me": me, "count": COUNT }).to_string();
        publish(&owner, json!({ "partnerKeyId": with.1, "manifest": manifest }))
            .await
            .payload("trustedDocumentsPublish");
        set(&owner, json!({ "partnerKeyId": with.1, "mode": "ENFORCE" })).await.payload("documentRegistryModeSet");
        assert_eq!(with.0.query(COUNT, json!({})).await.data("members.totalCount"), 1);
        assert_eq!(with.0.post(json!({ "documentId": "count" })).await.data("members.totalCount"), 1);
        refused(&with.0.query("{ members { nodes { id } } }", json!({})).await);
        assert_eq!(member_with.post(json!({ "documentId": "me" })).await.data("me.displayName"), "Li Lei");
        refused(&member_with.query("{ me { id } }", json!({})).await);
        for client in [&without, &owner] {
            client.query("{ members { nodes { id } } }", json!({})).await.data("members.nodes");
        }
        assert_eq!(member_without.query("{ me { id } }", json!({})).await.data("me.id"), &member["id"]);
    });
}

#[test]
fn a_key_cannot_get_itself_out() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("no-way-out").await.owner().await;
        let made = key(&owner, json!({ "scopes": ["documents:read", "documents:write", "members:read"] })).await;
        let partner = owner.with_token(&made.secret);
        for mode in ["LOG", "OPEN"] {
            let denied = set(&partner, json!({ "mode": mode })).await;
            assert_eq!(denied.error_codes(), ["FORBIDDEN"], "{}", denied.raw);
        }
        let text = harness::operation("TrustedDocumentsPublish");
        published(&owner, &json!({ "publish": text }).to_string()).await;
        set(&owner, json!({ "mode": "ENFORCE" })).await.payload("documentRegistryModeSet");
        refused(&set(&partner, json!({ "mode": "OPEN" })).await);
        refused(&partner.run("StepUp", json!({ "input": { "password": PASSWORD } })).await);
        // It may publish, for itself too: its new registry is as strict as the tenant's.
        let own = json!({ "partnerKeyId": made.id, "manifest": json!({ "publish": text }).to_string() });
        let answer = publish(&partner, own).await;
        assert_eq!(answer.payload("trustedDocumentsPublish")["documentRegistry"]["mode"], "ENFORCE");
        refused(&partner.query(COUNT, json!({})).await);
    });
}

#[test]
fn nobody_is_locked_out_and_leaving_takes_a_fresh_proof() {
    run(async {
        let app = TestApp::with().with_movable_clock().start().await;
        let tenant = app.tenant("lock-out").await;
        let owner = tenant.owner().await;
        let analyst = tenant.staff(Role::Analyst).await;
        set(&owner, json!({ "mode": "ENFORCE" })).await.payload("documentRegistryModeSet");
        refused(&owner.run("Viewer", json!({})).await);
        // The way out is for whoever may go it, and leads nowhere else.
        assert_eq!(set(&analyst, json!({ "mode": "OPEN" })).await.error_codes(), ["FORBIDDEN"]);
        for more in [
            "mutation { documentRegistryModeSet(input: { mode: OPEN }) { userErrors { code } }
                memberCreate(input: { displayName: \"A\" }) { userErrors { code } } }",
            "mutation Set { documentRegistryModeSet(input: { mode: OPEN }) { userErrors { code } } }
                query Set2 { viewer { role } }",
        ] {
            refused(&owner.query(more, json!({})).await);
        }
        app.installation().advance_clock(MINUTE * 6);
        let stale = set(&owner, json!({ "mode": "LOG" })).await;
        assert_eq!(stale.error_codes(), ["STEP_UP_REQUIRED"], "{}", stale.raw);
        set(&owner, json!({ "mode": "ENFORCE" })).await.payload("documentRegistryModeSet");
        owner.run("StepUp", json!({ "input": { "password": PASSWORD } })).await.payload("stepUp");
        let open = set(&owner, json!({ "mode": "OPEN" })).await;
        assert_eq!(open.payload("documentRegistryModeSet")["documentRegistry"]["mode"], "OPEN");
        owner.run("Viewer", json!({})).await.data("viewer.role");
        app.installation().advance_clock(MINUTE * 6);
        let owner = refreshed(&owner).await;
        set(&owner, json!({ "mode": "LOG" })).await.payload("documentRegistryModeSet");
    });
}

#[test]
fn somebody_who_lacks_the_second_factor_gets_it_where_it_is_enforced() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("factor-first").await.owner().await;
        set(&owner, json!({ "mode": "ENFORCE" })).await.payload("documentRegistryModeSet");
        let rule = "mutation { tenantPolicyUpdate(input: { requireSecondFactor: true }) { userErrors { code } } }";
        refused(&owner.query(rule, json!({})).await);
        set(&owner, json!({ "mode": "OPEN" })).await.payload("documentRegistryModeSet");
        owner.query(rule, json!({})).await.payload("tenantPolicyUpdate");
        assert_eq!(set(&owner, json!({ "mode": "ENFORCE" })).await.error_codes(), ["SECOND_FACTOR_REQUIRED"]);
        let enrolled = owner.run("SecondFactorEnrol", json!({ "input": { "password": PASSWORD } })).await;
        enrolled.payload("secondFactorEnrol");
    });
}

#[test]
fn a_removed_document_stops_running_where_it_is_enforced() {
    run(async {
        let owner = TestApp::shared().await.tenant("stops").await.owner().await;
        let remove_text = harness::operation("TrustedDocumentsRemove");
        published(&owner, &json!({ "viewer": VIEWER, "remove": remove_text }).to_string()).await;
        set(&owner, json!({ "mode": "ENFORCE" })).await.payload("documentRegistryModeSet");
        owner.query(VIEWER, json!({})).await.data("viewer.role");
        remove(&owner, json!({ "documentIds": ["viewer"] })).await.payload("trustedDocumentsRemove");
        refused(&owner.query(VIEWER, json!({})).await);
        owner.post(json!({ "documentId": "viewer" })).await.expect_request_error("DOCUMENT_NOT_FOUND");
    });
}

#[test]
fn what_another_process_changed_is_seen_within_two_seconds() {
    run(async {
        let app = TestApp::start().await;
        let tenant = app.tenant("elsewhere").await;
        let owner = tenant.owner().await;
        let database = app.database().await;
        let uuid = database.literal(tenant.uuid(&database).await);
        set(&owner, json!({ "mode": "LOG" })).await.payload("documentRegistryModeSet");
        owner.query(VIEWER, json!({})).await.data("viewer.role");
        // As the other process leaves it.
        let change = |mode: &str| {
            format!("UPDATE document_registries SET mode = '{mode}', version = version + 1 WHERE tenant_id = {uuid}")
        };
        for (mode, expected) in [("ENFORCE", 403), ("OPEN", 200)] {
            assert_eq!(database.execute(&change(mode)).await, 1);
            eventually("the change is seen", Duration::from_millis(2_500), || async {
                owner.query(VIEWER, json!({})).await.status == expected
            })
            .await;
        }
    });
}

#[test]
fn an_open_registry_is_read_once_in_two_seconds() {
    run(async {
        let app = TestApp::with().statement_log().start().await;
        let owner = app.tenant("hot-path").await.owner().await;
        let start = std::time::Instant::now();
        let before = app.server().log().len();
        for _ in 0..60 {
            owner.query(VIEWER, json!({})).await.data("viewer.role");
        }
        let expected = 1 + start.elapsed().as_secs() / 2;
        let log = app.server().log()[before..].to_owned();
        let reads = log.matches(r#"FROM \"document_registries\""#).count();
        assert!(reads > 0 && reads as u64 <= expected, "{reads} reads, {expected} expected");
        assert_eq!(log.matches("trusted_documents").count(), 0, "nobody has to know which documents there are");

        published(&owner, &json!({ "viewer": VIEWER }).to_string()).await;
        let before = app.server().log().len();
        for _ in 0..60 {
            owner.post(json!({ "documentId": "viewer" })).await.data("viewer.role");
        }
        let log = app.server().log()[before..].to_owned();
        let reads: Vec<_> = log.lines().filter(|line| line.contains("trusted_documents")).collect();
        assert!(reads.len() <= 2, "the hashes once, and the text if it is not in memory: {reads:#?}");
    });
}

async fn set(client: &Client, input: Value) -> Response {
    client.run("DocumentRegistryModeSet", json!({ "input": input })).await
}

fn refused(answer: &Response) {
    assert_eq!(answer.status, 403, "{}", answer.raw);
    answer.expect_request_error("DOCUMENT_NOT_TRUSTED");
}

/// How many documents were not trusted in this mode.
async fn counter(app: &TestApp, mode: &str) -> u64 {
    let client = app.anonymous();
    let metrics = client.send(client.request(Method::GET, "/metrics")).await;
    let name = format!("shequn_untrusted_documents_total{{mode=\"{mode}\"}} ");
    let line = metrics.raw.lines().find_map(|line| line.strip_prefix(&name).map(str::to_owned));
    line.unwrap_or_else(|| panic!("no {name}: {}", metrics.raw)).parse().unwrap()
}
