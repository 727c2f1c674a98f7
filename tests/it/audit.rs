//! The audit trail: every mutation leaves one event, which says who did what and holds no value; what is done to the
//! trail is found.

mod trail;

use harness::{Client, Role, Tenant, TestApp, run};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::given;
use crate::isolation::cases::{self, Case};
use crate::isolation::things::Maker;
use trail::{Row, Trail};

#[test]
fn every_mutation_leaves_one_event_that_says_who_did_what_to_which_thing() {
    run(async {
        let court = Court::begin(TestApp::shared().await, "events").await;
        for case in cases::all().iter().filter(|case| case.is_mutation() && case.needs_a_scope()) {
            let things = court.maker.make_for(case).await;
            let event = court.one_event(case, &court.owner, (case.arguments)(&things)).await;
            assert_eq!(event.outcome, "SUCCEEDED", "{case}: {event:?}");
            assert_eq!(event.codes, json!([]), "{case}");
            assert_eq!(event.actor_kind, "USER", "{case}: {event:?}");
            assert!(event.actor_id.as_deref().is_some_and(|id| id.starts_with("usr_")), "{case}: {event:?}");
            assert!(event.via_id.as_deref().is_some_and(|id| id.starts_with("ses_")), "{case}: {event:?}");
            assert_eq!(event.address, "127.0.0.1", "{case}");
            assert!(event.request_id.starts_with("req_"), "{case}: {event:?}");
            let names_nothing = ["tenantPolicyUpdate", "membersImport"].contains(&case.operation);
            assert_eq!(event.object_id.is_none(), names_nothing, "{case}: {event:?}");
        }
    });
}

#[test]
fn no_value_of_an_input_is_in_the_trail() {
    run(async {
        let court = Court::begin(TestApp::shared().await, "values").await;
        for case in cases::all().iter().filter(|case| case.is_mutation() && case.needs_a_scope()) {
            let things = court.maker.make_for(case).await;
            let arguments = (case.arguments)(&things);
            let mut values = Vec::new();
            collect_values(&arguments, &mut values);
            let event = court.one_event(case, &court.owner, arguments).await;
            let row = event.text().to_lowercase();
            for value in values {
                assert!(!row.contains(&value.to_lowercase()), "{case}: {value} in {row}");
            }
        }
    });
}

#[test]
fn the_fields_that_were_given_are_named_null_and_nested_ones_too() {
    run(async {
        let court = Court::begin(TestApp::shared().await, "fields").await;
        let member = given::member(&court.owner, "Li Lei").await;
        let input = json!({ "id": member["id"], "phone": null, "tags": ["reader"], "idempotencyKey": "fields" });
        court.owner.run("MemberUpdate", json!({ "input": input })).await.payload("memberUpdate");
        let event = court.trail.last().await;
        assert_eq!(event.changed_fields, json!(["id", "phone", "tags"]));
        assert_eq!(event.object_id.as_deref(), member["id"].as_str());

        let row =
            |reference: &str, more: Value| given::with(json!({ "externalRef": reference, "displayName": "A" }), more);
        let identity = json!({ "kind": "UNIONID", "platform": "WECHAT", "value": "u-1" });
        let rows = vec![row("a", json!({ "city": "Chengdu" })), row("b", json!({ "identities": [identity] }))];
        given::imported(&court.owner, rows).await;
        let fields =
            ["city", "displayName", "externalRef", "identities.kind", "identities.platform", "identities.value"];
        let fields: Vec<String> = fields.iter().map(|field| format!("rows.{field}")).collect();
        assert_eq!(court.trail.last().await.changed_fields, json!(fields));

        let document = r#"mutation($name: String!) { a: communityCreate(input: { name: $name, type: INTEREST,
            positioning: INTEREST_SOCIAL, platform: WECHAT, valueProposition: "x", quota: { adminPercent: 5 } }) {
            userErrors { code } } }"#;
        court.owner.query(document, json!({ "name": "Readers" })).await;
        let fields = court.trail.last().await.changed_fields;
        assert_eq!(
            fields,
            json!(["name", "platform", "positioning", "quota.adminPercent", "type", "valueProposition"])
        );
    });
}

#[test]
fn a_refused_call_is_in_the_trail_with_its_codes() {
    run(async {
        let court = Court::begin(TestApp::shared().await, "refused").await;
        for key in [Value::Null, json!("refused")] {
            let before = court.trail.count().await;
            let community = harness::absent_id("com");
            let input = json!({ "input": { "id": community, "idempotencyKey": key } });
            court.owner.run("CommunityArchive", input.clone()).await;
            let event = court.trail.last().await;
            assert_eq!((event.outcome.as_str(), &event.codes), ("REFUSED", &json!(["NOT_FOUND"])), "{event:?}");
            assert_eq!(event.object_id, Some(community));
            assert_eq!(court.trail.count().await, before + 1);
        }
        // Before any use case runs, for its form alone.
        court.owner.run("CommunityArchive", json!({ "input": { "id": "+8613800138000" } })).await;
        let event = court.trail.last().await;
        assert_eq!((event.outcome.as_str(), &event.codes), ("REFUSED", &json!(["INVALID"])), "{event:?}");
        assert_eq!(event.object_id, None, "what is no id is a value");
    });
}

#[test]
fn a_denied_attempt_at_every_mutation_is_in_the_trail() {
    run(async {
        let app = TestApp::shared().await;
        let tenant = app.tenant("denied").await;
        let court = Court::of(app, &tenant).await;
        let analyst = tenant.staff(Role::Analyst).await;
        for case in cases::all().iter().filter(|case| case.is_mutation() && case.needs_a_scope()) {
            let things = court.maker.make_for(case).await;
            let event = court.one_event(case, &analyst, (case.arguments)(&things)).await;
            assert_eq!((event.outcome.as_str(), &event.codes), ("DENIED", &json!(["FORBIDDEN"])), "{case}: {event:?}");
        }
    });
}

#[test]
fn a_failed_call_is_in_the_trail_with_its_code() {
    run(async {
        let court = Court::begin(TestApp::shared().await, "failed").await;
        let input = |name: &str| json!({ "input": given::with(given::community_input(name), json!({ "idempotencyKey": "k" })) });
        court.owner.run("CommunityCreate", input("One")).await.payload("communityCreate");
        let before = court.trail.count().await;
        let answer = court.owner.run("CommunityCreate", input("Another")).await;
        assert_eq!(answer.error_codes(), ["IDEMPOTENCY_KEY_REUSED"]);
        let event = court.trail.last().await;
        assert_eq!((event.outcome.as_str(), &event.codes), ("FAILED", &json!(["IDEMPOTENCY_KEY_REUSED"])));
        assert_eq!(court.trail.count().await, before + 1);
    });
}

#[test]
fn a_replayed_call_is_in_the_trail_once() {
    run(async {
        let court = Court::begin(TestApp::shared().await, "replayed").await;
        let input = given::with(given::community_input("Readers"), json!({ "idempotencyKey": "once" }));
        let before = court.trail.count().await;
        for _ in 0..3 {
            court.owner.run("CommunityCreate", json!({ "input": input })).await.payload("communityCreate");
        }
        assert_eq!(court.trail.count().await, before + 1);
    });
}

#[test]
fn fifty_calls_at_once_leave_fifty_events() {
    run(async {
        let court = Court::begin(TestApp::shared().await, "parallel").await;
        let before = court.trail.count().await;
        let mut calls = JoinSet::new();
        for number in 0..50 {
            let owner = court.owner.clone();
            calls.spawn(async move { given::member(&owner, &format!("Member {number}")).await["id"].clone() });
        }
        let made = calls.join_all().await;
        let mut members: Vec<String> = made.into_iter().map(|id| id.as_str().unwrap().to_owned()).collect();
        let mut recorded: Vec<String> =
            court.trail.rows().await.into_iter().skip(before).map(|row| row.object_id.unwrap()).collect();
        members.sort();
        recorded.sort();
        assert_eq!(recorded, members);
    });
}

/// A tenant whose trail is looked at.
struct Court {
    owner: Client,
    maker: Maker,
    trail: Trail,
}

impl Court {
    async fn begin(app: &TestApp, name: &str) -> Self {
        Self::of(app, &app.tenant(name).await).await
    }

    async fn of(app: &TestApp, tenant: &Tenant<'_>) -> Self {
        let elsewhere = app.tenant("elsewhere").await;
        let database = app.database().await;
        Self {
            owner: tenant.owner().await,
            maker: Maker::new(app, tenant, tenant.owner_email(), elsewhere.owner_email(), "Audited").await,
            trail: Trail { tenant: tenant.uuid(&database).await, database },
        }
    }

    /// The one event of a call.
    async fn one_event(&self, case: &Case, client: &Client, arguments: Value) -> Row {
        let before = self.trail.count().await;
        let answer = case.run(client, arguments).await;
        let mut rows = self.trail.rows().await.split_off(before);
        assert_eq!(rows.len(), 1, "{case}: {rows:?} after {}", answer.raw);
        let row = rows.remove(0);
        assert_eq!(row.operation, case.operation, "{case}: {row:?}");
        row
    }
}

/// The texts and numbers of an input that could be recognised; ids are what the trail is about.
fn collect_values(value: &Value, values: &mut Vec<String>) {
    match value {
        Value::Object(fields) => fields.values().for_each(|value| collect_values(value, values)),
        Value::Array(items) => items.iter().for_each(|value| collect_values(value, values)),
        Value::String(text) if text.len() > 3 && !crate::isolation::is_id(text) => values.push(text.clone()),
        _ => {}
    }
}
