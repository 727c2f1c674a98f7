//! Importing members: a list through GraphQL, files from the command line.

mod files;
mod killed;
mod roster;

use harness::{Client, Response, Role, TestApp, absent_id, run};
use serde_json::{Value, json};
use tokio::sync::Mutex;

use crate::given;

/// Held by a test whose one transaction lasts seconds, and by one that measures how soon the outbox is read: on
/// PostgreSQL an event waits for every older transaction of the server, whichever database it is in.
pub static LONG_TRANSACTION: Mutex<()> = Mutex::const_new(());

async fn import(client: &Client, rows: Vec<Value>) -> Response {
    client.run("MembersImport", json!({ "input": { "rows": rows } })).await
}

/// `STATUS` of each row, with `CODE at field` of what was wrong.
fn outcomes(answer: &Response) -> Vec<String> {
    let outcomes = answer.payload("membersImport")["outcomes"].as_array().unwrap();
    let error = |error: &Value| {
        let field: Vec<_> = error["field"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        format!(" {} at {}", error["code"].as_str().unwrap(), field.join("."))
    };
    let outcome = |(place, outcome): (usize, &Value)| {
        assert_eq!(outcome["row"], place);
        assert_eq!(outcome["memberId"].is_null(), outcome["status"] == "REFUSED");
        let errors: String = outcome["errors"].as_array().unwrap().iter().map(error).collect();
        format!("{}{errors}", outcome["status"].as_str().unwrap())
    };
    outcomes.iter().enumerate().map(outcome).collect()
}

fn row(reference: &str, changes: Value) -> Value {
    given::with(json!({ "externalRef": reference, "displayName": "Li Lei" }), changes)
}

fn identity(value: &str) -> Value {
    json!([{ "kind": "OPENID", "platform": "WECHAT", "appId": "wx1", "value": value }])
}

#[test]
fn each_row_has_its_own_outcome_and_a_refused_one_stops_no_other() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("outcomes").await.owner().await;
        let community = given::community(&owner, "Readers").await;
        let answer = import(
            &owner,
            vec![
                row("r-1", json!({ "phone": "13800138000", "communityId": community["id"], "tier": "CORE" })),
                row("r-2", json!({ "phone": "12345" })),
                row("r-3", json!({ "displayName": " " })),
                row(" ", json!({})),
                row("r-5", json!({ "communityId": absent_id("com") })),
                row("r-6", json!({ "communityId": "com_nonsense" })),
                row("r-7", json!({ "joinedAt": "2999-01-01T00:00:00Z" })),
                row("r-8", json!({ "tags": ["vip"], "city": "杭州", "identities": identity("o-8") })),
            ],
        )
        .await;
        let expected = [
            "CREATED",
            "REFUSED PHONE_INVALID at phone",
            "REFUSED REQUIRED at displayName",
            "REFUSED REQUIRED at externalRef",
            "REFUSED NOT_FOUND at community",
            "REFUSED INVALID at communityId",
            "REFUSED INVALID at joinedAt",
            "CREATED",
        ];
        assert_eq!(outcomes(&answer), expected, "{}", answer.raw);
        assert_eq!(owner.run("MemberList", json!({})).await.data("members.totalCount"), 2);
        let list = owner.run("CommunityMemberList", json!({ "id": community["id"] })).await;
        assert_eq!(list.data("community.members.edges.0.tier"), "CORE");
    });
}

#[test]
fn a_known_reference_is_filled_in_and_what_a_row_leaves_out_stays() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("filled").await.owner().await;
        let first = row("r-1", json!({ "phone": "13800138000", "realName": "李雷", "identities": identity("o-1") }));
        assert_eq!(outcomes(&import(&owner, vec![first.clone()]).await), ["CREATED"]);
        let again = row("r-1", json!({ "displayName": "Lei", "tags": ["vip"], "identities": identity("o-1") }));
        assert_eq!(outcomes(&import(&owner, vec![again]).await), ["UPDATED"]);
        let member = owner.run("MemberPersonalData", json!({ "by": { "externalRef": "r-1" } })).await;
        assert_eq!(member.data("member.phone"), "+8613800138000");
        assert_eq!(member.data("member.realName"), "李雷");
        let member = owner.run("MemberGet", json!({ "by": { "phone": "13800138000" } })).await;
        assert_eq!(member.data("member.displayName"), "Lei");
        assert_eq!(member.data("member.tags"), &json!(["vip"]));
    });
}

#[test]
fn of_rows_that_claim_the_same_the_first_has_it() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("claims").await.owner().await;
        let answer = import(
            &owner,
            vec![
                row("r-1", json!({ "phone": "13800138000", "identities": identity("o-1") })),
                row("r-1", json!({})),
                row("r-2", json!({ "phone": "+86 138 0013 8000" })),
                row("r-3", json!({ "identities": identity("o-1") })),
                row("r-4", json!({ "identities": identity("O-1") })),
            ],
        )
        .await;
        let expected = [
            "CREATED",
            "REFUSED EXTERNAL_REF_TAKEN at externalRef",
            "REFUSED PHONE_TAKEN at phone",
            "REFUSED IDENTITY_TAKEN at identities",
            "CREATED",
        ];
        assert_eq!(outcomes(&answer), expected);
    });
}

#[test]
fn what_another_member_has_is_refused_and_an_archived_one_is_not_filled_in() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("taken").await.owner().await;
        let rows = vec![
            row("r-1", json!({ "phone": "13800138000", "identities": identity("o-1") })),
            row("r-2", json!({ "phone": "13800138002" })),
        ];
        let ids = given::imported(&owner, rows).await;
        owner.run("MemberArchive", json!({ "input": { "id": ids[1] } })).await.payload("memberArchive");
        let answer = import(
            &owner,
            vec![
                row("r-3", json!({ "phone": "13800138000" })),
                row("r-4", json!({ "identities": identity("o-1") })),
                row("r-2", json!({ "displayName": "Nobody" })),
                row("r-5", json!({ "phone": "13800138002" })),
            ],
        )
        .await;
        let expected = [
            "REFUSED PHONE_TAKEN at phone",
            "REFUSED IDENTITY_TAKEN at identities",
            "REFUSED ARCHIVED at externalRef",
            "CREATED",
        ];
        assert_eq!(outcomes(&answer), expected);
    });
}

#[test]
fn a_thousand_rows_of_the_largest_kind_go_in_and_one_more_does_not() {
    run(async {
        let app = TestApp::shared().await;
        let tenant = app.tenant("thousand").await;
        let owner = tenant.owner().await;
        let tags: Vec<_> = (0..25).map(|tag| tag.to_string()).collect();
        let large = |number: usize| {
            let identities: Vec<_> = (0..8).map(|place| identity(&format!("{number}-{place}"))[0].clone()).collect();
            row(&format!("r-{number}"), json!({ "tags": tags, "identities": identities }))
        };
        let mut rows: Vec<_> = (0..1_000).map(large).collect();
        let long = LONG_TRANSACTION.lock().await;
        let answer = import(&owner, rows.clone()).await;
        drop(long);
        assert!(outcomes(&answer).iter().all(|outcome| outcome == "CREATED"));
        let database = app.database().await;
        let uuid = tenant.uuid(&database).await;
        assert_eq!(database.count("member_identities", uuid).await, 8_000);
        assert_eq!(database.count("member_tags", uuid).await, 25_000);
        let before = database.snapshot(uuid).await.without("audit_events");
        rows.push(row("r-more", json!({})));
        let small = |row: Value| json!({ "externalRef": row["externalRef"], "displayName": "x" });
        let answer = import(&owner, rows.into_iter().map(small).collect()).await;
        answer.expect_request_error("INPUT_INVALID");
        database.snapshot(uuid).await.without("audit_events").must_equal(&before);
    });
}

#[test]
fn those_who_may_not_write_members_import_nothing() {
    run(async {
        let app = TestApp::shared().await;
        let tenant = app.tenant("import-denied").await;
        let rows = vec![row("r-1", json!({}))];
        let database = app.database().await;
        let uuid = tenant.uuid(&database).await;
        for role in [Role::Finance, Role::Analyst] {
            let client = tenant.staff(role).await;
            let before = database.snapshot(uuid).await.without("audit_events");
            let answer = import(&client, rows.clone()).await;
            assert_eq!(answer.error_codes(), ["FORBIDDEN"], "{role:?}");
            database.snapshot(uuid).await.without("audit_events").must_equal(&before);
        }
        let answer = import(&app.anonymous(), rows).await;
        assert_eq!(answer.error_codes(), ["UNAUTHENTICATED"]);
        assert_eq!(database.count("members", uuid).await, 0);
    });
}

#[test]
fn an_import_repeated_under_its_key_answers_the_same_and_changes_nothing() {
    run(async {
        let app = TestApp::shared().await;
        let tenant = app.tenant("import-once").await;
        let owner = tenant.owner().await;
        let community = given::community(&owner, "Readers").await;
        let rows = [row("r-1", json!({ "communityId": community["id"] })), row("r-2", json!({ "phone": "1" }))];
        let input = json!({ "input": { "rows": rows, "idempotencyKey": "roster-1" } });
        let first = owner.run("MembersImport", input.clone()).await;
        assert_eq!(outcomes(&first), ["CREATED", "REFUSED PHONE_INVALID at phone"]);
        let database = app.database().await;
        let uuid = tenant.uuid(&database).await;
        let before = database.snapshot(uuid).await.without("audit_events");
        let replay = owner.run("MembersImport", input).await;
        assert_eq!(replay.payload("membersImport"), first.payload("membersImport"));
        assert_eq!(replay.body["extensions"]["idempotentReplay"], true);
        database.snapshot(uuid).await.without("audit_events").must_equal(&before);
    });
}
