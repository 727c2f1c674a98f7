//! The audit trail: every mutation leaves one event, which says who did what and holds no value; what is done to the
//! trail is found.

mod sealing;
mod tampering;
mod trail;

use std::time::Duration;

use harness::{Client, Role, Tenant, TestApp, eventually, run};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::given;
use crate::isolation::cases::{self, Case};
use crate::isolation::maker::Maker;
use trail::{Row, Trail};

/// Changes nothing, belongs to no tenant, and answers the same for every address.
const ASKS_FOR_A_LETTER: &str = "passwordResetRequest";
/// Only whoever asked may, who is not the caller here.
const WITHDRAWS: &str = "pointsApprovalWithdraw";

#[test]
fn every_mutation_leaves_one_event_that_says_who_did_what_to_which_thing() {
    run(async {
        let court = Court::begin(TestApp::shared().await, "events").await;
        for case in cases::all().iter().filter(|case| case.is_mutation()) {
            if ASKS_FOR_A_LETTER == case.operation {
                continue;
            }
            let things = court.maker.make_for(case).await;
            let event = court.one_event(case, &court.owner, (case.arguments)(&things)).await;
            // Made to be refused: what they are for would end the caller, or needs a letter.
            let (outcome, codes) = match case.operation {
                "passwordChange" => ("REFUSED", json!(["CREDENTIALS_INVALID"])),
                "signInConfirm" => ("REFUSED", json!(["CHALLENGE_INVALID"])),
                "stepUp" | "secondFactorEnrol" => ("REFUSED", json!(["CREDENTIALS_INVALID"])),
                "secondFactorConfirm" | "secondFactorRemove" | "recoveryCodesRenew" => {
                    ("REFUSED", json!(["SECOND_FACTOR_INACTIVE"]))
                }
                "passwordReset" => ("REFUSED", json!(["LINK_INVALID"])),
                "tenantSwitch" => ("REFUSED", json!(["NOT_FOUND"])),
                // Asked for by the colleague.
                WITHDRAWS => ("REFUSED", json!(["ASKED_BY_ANOTHER"])),
                _ => ("SUCCEEDED", json!([])),
            };
            assert_eq!((event.outcome.as_str(), &event.codes), (outcome, &codes), "{case}: {event:?}");
            assert_eq!(event.actor_kind, "USER", "{case}: {event:?}");
            assert!(event.actor_id.as_deref().is_some_and(|id| id.starts_with("usr_")), "{case}: {event:?}");
            assert!(event.via_id.as_deref().is_some_and(|id| id.starts_with("ses_")), "{case}: {event:?}");
            assert_eq!(event.address, "127.0.0.1", "{case}");
            assert!(event.request_id.starts_with("req_"), "{case}: {event:?}");
            let of_many = [
                "tenantPolicyUpdate",
                "tenantTimezoneSet",
                "membersImport",
                "sessionRevokeOthers",
                "pointsAwardBulk",
                "earningEventRecordBulk",
                "growthPathUpdate",
                "creatorProgrammeUpdate",
            ];
            let is_refused_unnamed = outcome == "REFUSED" && case.operation != WITHDRAWS;
            let names_nothing = of_many.contains(&case.operation) || is_refused_unnamed;
            assert_eq!(event.object_id.is_none(), names_nothing, "{case}: {event:?}");
        }
    });
}

#[test]
fn no_value_of_an_input_is_in_the_trail() {
    run(async {
        let court = Court::begin(TestApp::shared().await, "values").await;
        for case in cases::all().iter().filter(|case| case.is_mutation() && case.operation != ASKS_FOR_A_LETTER) {
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
            let things = court.maker.lasting_for(case).await;
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
fn a_sign_in_that_failed_is_in_the_trail_of_the_tenant_that_was_named() {
    run(async {
        let app = TestApp::shared().await;
        let tenant = app.tenant("failed-sign-in").await;
        let court = Court::of(app, &tenant).await;
        let before = court.trail.count().await;
        let attempt = async |email: &str| {
            let answer = app.anonymous().run("SignIn", tenant.credentials(email, "not the password")).await;
            assert_eq!(answer.user_error_codes("signIn"), ["CREDENTIALS_INVALID"]);
        };
        attempt(tenant.owner_email()).await;
        attempt("nobody@absent.example").await;
        eventually("both are recorded", Duration::from_secs(3), || async { court.trail.count().await == before + 2 })
            .await;
        let mut rows = court.trail.rows().await.split_off(before);
        rows.sort_by_key(|row| row.object_id.is_none());
        for row in &rows {
            assert_eq!((row.operation.as_str(), row.actor_kind.as_str()), ("signIn", "ANONYMOUS"), "{row:?}");
            assert_eq!((row.outcome.as_str(), &row.codes), ("REFUSED", &json!(["CREDENTIALS_INVALID"])), "{row:?}");
            assert_eq!(row.changed_fields, json!(["email", "password", "tenant"]));
            assert!(!row.text().contains("example"), "{row:?}");
        }
        // Whose account it was is known to the tenant, where it is one of theirs.
        assert!(rows[0].object_id.as_deref().is_some_and(|id| id.starts_with("usr_")), "{rows:?}");
        assert_eq!(rows[1].object_id, None, "{rows:?}");
    });
}

#[test]
fn a_refresh_token_that_came_back_is_in_the_trail() {
    run(async {
        let court = Court::begin(TestApp::shared().await, "reused").await;
        let token = court.owner.session().refresh_token.clone();
        let refresh = async || {
            let input = json!({ "input": { "refreshToken": token } });
            court.owner.run_anonymously("SessionRefresh", input).await
        };
        let newest = refresh().await.payload("sessionRefresh")["session"]["refreshToken"].clone();
        let input = json!({ "input": { "refreshToken": newest } });
        court.owner.run_anonymously("SessionRefresh", input).await.payload("sessionRefresh");
        assert_eq!(refresh().await.user_error_codes("sessionRefresh"), ["SESSION_INVALID"]);
        let event = court.trail.last().await;
        assert_eq!((event.outcome.as_str(), &event.codes), ("REFUSED", &json!(["SESSION_INVALID"])), "{event:?}");
        assert_eq!((event.object_id, event.actor_kind.as_str()), (event.via_id, "USER"));
    });
}

#[test]
fn the_trail_is_read_newest_first_and_by_what_is_looked_for() {
    run(async {
        let app = TestApp::shared().await;
        let tenant = app.tenant("reading").await;
        let owner = tenant.owner().await;
        let mut communities = Vec::new();
        for number in 0..5 {
            communities.push(given::community(&owner, &format!("Readers {number}")).await["id"].clone());
        }
        let member = given::member(&owner, "Li Lei").await;
        let community = json!({ "id": communities[2] });
        given::joined(&owner, &community, &member, "CORE").await;
        owner.run("CommunityArchive", json!({ "input": { "id": harness::absent_id("com") } })).await;
        let read = async |variables: Value| owner.run("AuditEventList", variables).await.data("auditEvents").clone();
        let all = read(json!({})).await;
        let operations = |page: &Value| -> Vec<String> {
            let edges = page["edges"].as_array().unwrap();
            edges.iter().map(|edge| edge["node"]["operation"].as_str().unwrap().to_owned()).collect()
        };
        let created = ["communityCreate"; 5];
        let expected =
            [&["communityArchive", "communityMemberAdd", "memberCreate"], &created[..], &["signIn", "tenant create"]]
                .concat();
        assert_eq!(operations(&all), expected);
        assert_eq!(all["totalCount"], 10);

        let first = read(json!({ "first": 4 })).await;
        let rest = read(json!({ "first": 100, "after": first["pageInfo"]["endCursor"] })).await;
        assert_eq!([operations(&first), operations(&rest)].concat(), expected);
        let joined = &all["edges"][1]["node"];
        assert_eq!(joined["object"], json!({ "type": "Member", "id": member["id"] }));
        assert_eq!(joined["within"], json!({ "type": "Community", "id": communities[2] }));
        assert_eq!(joined["actor"]["kind"], "USER");
        let user = &joined["actor"]["id"];
        for (filter, count) in [
            (json!({ "actor": user }), 9),
            (json!({ "operation": "communityCreate" }), 5),
            (json!({ "object": communities[2] }), 1),
            (json!({ "within": communities[2] }), 1),
            (json!({ "outcome": "REFUSED" }), 1),
            (json!({ "outcome": "SUCCEEDED" }), 9),
            (json!({ "actor": user, "operation": "communityCreate", "outcome": "SUCCEEDED" }), 5),
            (json!({ "from": joined["occurredAt"] }), 2),
            (json!({ "to": joined["occurredAt"] }), 8),
            (json!({ "operation": "memberUpdate" }), 0),
        ] {
            let page = read(json!({ "filter": filter })).await;
            assert_eq!(
                (page["totalCount"].as_i64(), operations(&page).len()),
                (Some(count), count as usize),
                "{filter}"
            );
        }
        let wrong = owner.run("AuditEventList", json!({ "filter": { "object": "13800138000" } })).await;
        assert_eq!(wrong.error_codes(), ["ID_INVALID"]);
    });
}

#[test]
fn the_trail_costs_a_mutation_one_statement_and_a_query_none() {
    run(async {
        let app = TestApp::with().statement_log().start().await;
        let owner = app.tenant("statements").await.owner().await;
        let written = |log: &str| log.lines().filter(|line| line.contains("INSERT INTO \\\"audit_events")).count();
        let before = written(&app.server().log());
        given::community(&owner, "Readers").await;
        assert_eq!(written(&app.server().log()), before + 1);
        owner.run("CommunityList", json!({})).await.data("communities");
        assert_eq!(written(&app.server().log()), before + 1);
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
        // Somebody else than the owner, who ends their own sessions among other things.
        let colleague = tenant.invite(Role::Owner).await;
        Self {
            owner: tenant.owner().await,
            maker: Maker::new(app, tenant, &colleague, elsewhere.owner_email(), "Audited").await,
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
