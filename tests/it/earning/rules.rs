//! Rules: what of them is let in, who may change them, and from when a change holds.

use std::time::Duration;

use harness::{Client, Role, TestApp, absent_id, run};
use serde_json::{Value, json};

use super::{definition, draft, keeper, paid, record, rule, set_state, shown, update};
use crate::given;
use crate::points::{balances_of, members, partner, text, unlimited};

/// An input, and all that is wrong with it.
type Wrong = (Value, &'static [&'static str]);

async fn create(client: &Client, changes: Value) -> harness::Response {
    let input = json!({ "name": "Rule", "event": "ORDER_PAID", "definition": definition(json!({})),
        "idempotencyKey": absent_id("key") });
    client.run("EarningRuleCreate", json!({ "input": given::with(input, changes) })).await
}

#[test]
fn everything_that_is_wrong_with_a_rule_is_named_by_its_field() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("rule-wrong").await.owner().await;
        let long = "x".repeat(121);
        let names: [Wrong; 8] = [
            (json!({ "name": " " }), &["REQUIRED at name"]),
            (json!({ "name": long }), &["TOO_LONG at name"]),
            (json!({ "event": "" }), &["INVALID at event"]),
            (json!({ "event": "order" }), &["INVALID at event"]),
            (json!({ "event": "1ST" }), &["INVALID at event"]),
            (json!({ "event": "A-B" }), &["INVALID at event"]),
            (json!({ "event": "A".repeat(41) }), &["INVALID at event"]),
            (json!({ "name": "", "event": "_" }), &["REQUIRED at name", "INVALID at event"]),
        ];
        for (changes, expected) in names {
            let answer = create(&owner, changes.clone()).await;
            assert_eq!(answer.user_errors("earningRuleCreate"), expected, "{changes}");
        }
        for (changes, expected) in wrong_definitions() {
            let answer = create(&owner, json!({ "definition": definition(changes.clone()) })).await;
            assert_eq!(answer.user_errors("earningRuleCreate"), expected, "{changes}");
        }
        let listed = owner.run("EarningRuleList", json!({})).await;
        assert_eq!(listed.data("earningRules.totalCount"), 0);
    });
}

fn wrong_definitions() -> Vec<Wrong> {
    let bonus = |days: i64, points: i64| json!({ "days": days, "points": points });
    let bonuses: Vec<_> = (1..=11).map(|days| bonus(days, 1)).collect();
    let communities: Vec<_> = (0..51).map(|_| absent_id("com")).collect();
    let (start, end) = ("2026-01-02T00:00:00Z", "2026-01-02T00:00:00Z");
    vec![
        (json!({ "points": -1 }), &["INVALID at definition.points"]),
        (json!({ "points": 1_000_001 }), &["INVALID at definition.points"]),
        (json!({ "perUnit": { "quantity": 0, "points": 1 } }), &["INVALID at definition.perUnit.quantity"]),
        (
            json!({ "perUnit": { "quantity": 1_000_000_000_001_i64, "points": 1 } }),
            &["INVALID at definition.perUnit.quantity"],
        ),
        (json!({ "perUnit": { "quantity": 1, "points": -1 } }), &["INVALID at definition.perUnit.points"]),
        (json!({ "perUnit": { "quantity": 1, "points": 1_000_001 } }), &["INVALID at definition.perUnit.points"]),
        (json!({ "streakBonuses": [bonus(0, 1)] }), &["INVALID at definition.streakBonuses.0.days"]),
        (json!({ "streakBonuses": [bonus(1, 1), bonus(367, 1)] }), &["INVALID at definition.streakBonuses.1.days"]),
        (json!({ "streakBonuses": [bonus(1, 1_000_001)] }), &["INVALID at definition.streakBonuses.0.points"]),
        (json!({ "streakBonuses": [bonus(1, 1), bonus(1, 2)] }), &["INVALID at definition.streakBonuses"]),
        (json!({ "streakBonuses": bonuses }), &["INVALID at definition.streakBonuses"]),
        (
            json!({ "tierMultipliers": [{ "tier": "CORE", "percent": 1001 }] }),
            &["INVALID at definition.tierMultipliers.0.percent"],
        ),
        (
            json!({ "tierMultipliers": [{ "tier": "CORE", "percent": -1 }] }),
            &["INVALID at definition.tierMultipliers.0.percent"],
        ),
        (
            json!({ "tierMultipliers": [{ "tier": "CORE", "percent": 1 }, { "tier": "CORE", "percent": 2 }] }),
            &["INVALID at definition.tierMultipliers"],
        ),
        (json!({ "communityIds": communities }), &["INVALID at definition.communityIds"]),
        (json!({ "communityIds": ["mbr_"] }), &["INVALID at definition.communityIds.0"]),
        (json!({ "communityIds": [absent_id("com")] }), &["NOT_FOUND at definition.communityIds.0"]),
        (json!({ "caps": { "perDay": 0 } }), &["INVALID at definition.caps.perDay"]),
        (json!({ "caps": { "perMonth": -5 } }), &["INVALID at definition.caps.perMonth"]),
        (json!({ "caps": { "perMember": 0 } }), &["INVALID at definition.caps.perMember"]),
        (json!({ "startsAt": start, "endsAt": end }), &["INVALID at definition.endsAt"]),
        (json!({ "pendingDays": -1 }), &["INVALID at definition.pendingDays"]),
        (json!({ "pendingDays": 366 }), &["INVALID at definition.pendingDays"]),
        (json!({ "clawbackDays": 7 }), &["INVALID at definition.clawbackDays"]),
        (
            json!({ "points": -1, "pendingDays": 366 }),
            &["INVALID at definition.points", "INVALID at definition.pendingDays"],
        ),
    ]
}

#[test]
fn a_rule_at_its_limits_is_kept_as_it_was_given() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("rule-limits").await.owner().await;
        let community = given::community(&owner, "Readers").await["id"].clone();
        let whole = json!({
            "source": "INVITE", "points": "1000000", "perUnit": { "quantity": "1000000000000", "points": "1000000" },
            "streakBonuses": [{ "days": 1, "points": "0" }, { "days": 366, "points": "1000000" }],
            "tierMultipliers": [{ "tier": "CORE", "percent": 0 }, { "tier": "ADMIN", "percent": 1000 }],
            "communityIds": [community], "caps": { "perDay": "1", "perMonth": "9000000000000000000", "perMember": "1" },
            "startsAt": "2026-01-02T00:00:00Z", "endsAt": "2026-01-02T00:00:01Z",
            "pendingDays": 365, "clawbackDays": 365
        });
        let name = "x".repeat(120);
        let made = create(&owner, json!({ "name": name, "event": "MEMBER_INVITED", "definition": whole })).await;
        let made = &made.payload("earningRuleCreate")["rule"];
        assert_eq!((&made["state"], &made["version"], &made["name"]), (&json!("DRAFT"), &json!(1), &json!(name)));
        assert_eq!(without_fractions(&made["definition"]), without_fractions(&whole));
        let answer = owner.run("EarningRuleGet", json!({ "id": made["id"] })).await;
        let read = answer.data("earningRule");
        assert_eq!(read["definition"], made["definition"]);
        assert_eq!(read["versions"].as_array().unwrap().len(), 1);
        assert_eq!(read["versions"][0]["definition"], made["definition"]);
        // What is left out is nothing.
        let least = create(&owner, json!({ "event": "A" })).await;
        let least = &least.payload("earningRuleCreate")["rule"]["definition"];
        let nothing = [&least["perUnit"], &least["caps"]["perDay"], &least["startsAt"], &least["endsAt"]];
        assert_eq!(nothing, [&Value::Null; 4]);
        assert_eq!([&least["pendingDays"], &least["clawbackDays"]], [&json!(0); 2]);
        let none = [&least["streakBonuses"], &least["tierMultipliers"], &least["communityIds"]];
        assert_eq!(none, [&json!([]); 3]);
    });
}

/// Times as one spells them who counts whole seconds.
fn without_fractions(definition: &Value) -> Value {
    let mut definition = definition.clone();
    for field in ["startsAt", "endsAt"] {
        let time = text(&definition[field]);
        definition[field] = json!(time.replace(".000000", "").replace(".000", ""));
    }
    definition
}

#[test]
fn a_rule_that_somebody_else_changed_is_not_overwritten() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("rule-versions").await.owner().await;
        let id = text(&draft(&owner, "Orders", "ORDER_PAID", definition(json!({}))).await["id"]);
        let answer = update(&owner, &id, 1, definition(json!({ "points": 20 }))).await;
        let second = &answer.payload("earningRuleUpdate")["rule"];
        assert_eq!((&second["version"], &second["definition"]["points"]), (&json!(2), &json!("20")));
        for stale in [1, 3, 0] {
            let answer = update(&owner, &id, stale, definition(json!({ "points": 30 }))).await;
            assert_eq!(answer.user_errors("earningRuleUpdate"), ["VERSION_CONFLICT at version"], "{stale}");
        }
        let wrong = update(&owner, &id, 2, definition(json!({ "points": -1 }))).await;
        assert_eq!(wrong.user_errors("earningRuleUpdate"), ["INVALID at definition.points"]);
        let absent = update(&owner, &absent_id("erl"), 1, definition(json!({}))).await;
        assert_eq!(absent.user_errors("earningRuleUpdate"), ["NOT_FOUND at ruleId"]);
        let answer = owner.run("EarningRuleGet", json!({ "id": id })).await;
        let versions = answer.data("earningRule.versions").as_array().unwrap();
        let told: Vec<_> = versions.iter().map(|one| (&one["version"], &one["definition"]["points"])).collect();
        assert_eq!(told, [(&json!(2), &json!("20")), (&json!(1), &json!("10"))]);
    });
}

#[test]
fn of_two_who_change_a_rule_at_once_one_is_refused() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("rule-race").await.owner().await;
        let id = text(&draft(&owner, "Orders", "ORDER_PAID", definition(json!({}))).await["id"]);
        let mut changes = tokio::task::JoinSet::new();
        for points in 0..8 {
            let (owner, id) = (owner.clone(), id.clone());
            changes.spawn(async move {
                let answer = update(&owner, &id, 1, definition(json!({ "points": points }))).await;
                answer.user_errors("earningRuleUpdate")
            });
        }
        let mut answers = changes.join_all().await;
        answers.sort();
        assert_eq!(answers[0], Vec::<String>::new());
        assert!(answers[1..].iter().all(|errors| *errors == ["VERSION_CONFLICT at version"]), "{answers:?}");
        let answer = owner.run("EarningRuleGet", json!({ "id": id })).await;
        assert_eq!(answer.data("earningRule.version"), 2);
        assert_eq!(answer.data("earningRule.versions").as_array().unwrap().len(), 2);
    });
}

#[test]
fn a_rule_pays_while_it_is_active_and_an_archived_one_never_again() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("rule-states").await.owner().await;
        let client = keeper(&owner, json!({})).await;
        let member = members(&owner, 1).await.remove(0);
        let id = draft(&client, "Orders", "ORDER_PAID", definition(json!({}))).await["id"].clone();
        assert_eq!(paid(&record(&client, &member, "ORDER_PAID", json!({})).await), Vec::<String>::new());
        for (state, expected) in
            [("ACTIVE", vec!["PAID 10"]), ("PAUSED", vec![]), ("ACTIVE", vec!["PAID 10"]), ("ARCHIVED", vec![])]
        {
            let answer = set_state(&client, &id, state).await;
            assert_eq!(answer.payload("earningRuleStateSet")["rule"]["state"], state);
            if state != "ARCHIVED" {
                let answer = set_state(&client, &id, "DRAFT").await;
                assert_eq!(answer.user_errors("earningRuleStateSet"), ["INVALID at state"]);
            }
            assert_eq!(paid(&record(&client, &member, "ORDER_PAID", json!({})).await), expected, "{state}");
        }
        for state in ["ACTIVE", "PAUSED", "DRAFT"] {
            let answer = set_state(&client, &id, state).await;
            assert_eq!(answer.user_errors("earningRuleStateSet"), ["ARCHIVED at ruleId"], "{state}");
        }
        let changed = update(&client, id.as_str().unwrap(), 1, definition(json!({}))).await;
        assert_eq!(changed.user_errors("earningRuleUpdate"), ["ARCHIVED at ruleId"]);
        let absent = set_state(&client, &json!(absent_id("erl")), "ACTIVE").await;
        assert_eq!(absent.user_errors("earningRuleStateSet"), ["NOT_FOUND at ruleId"]);
        assert_eq!(balances_of(&client, &member).await.available, 20);
    });
}

#[test]
fn an_edit_scores_nothing_anew() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("rule-edit").await.owner().await;
        let client = keeper(&owner, json!({})).await;
        let member = members(&owner, 1).await.remove(0);
        let id = rule(&client, "Orders", "ORDER_PAID", definition(json!({}))).await;
        let before = record(&client, &member, "ORDER_PAID", json!({ "quantity": 5 })).await;
        let dearer = json!({ "points": 40, "perUnit": { "quantity": 1, "points": 2 } });
        update(&client, &id, 1, definition(dearer)).await.payload("earningRuleUpdate");
        let after = record(&client, &member, "ORDER_PAID", json!({ "quantity": 5 })).await;
        let told = |event: &Value| (event["points"].clone(), event["payments"][0]["ruleVersion"].clone());
        assert_eq!(told(&shown(&client, &before).await), (json!("10"), json!(1)));
        assert_eq!(told(&after), (json!("50"), json!(2)));
        set_state(&client, &json!(id), "ARCHIVED").await.payload("earningRuleStateSet");
        assert_eq!(told(&shown(&client, &before).await), (json!("10"), json!(1)));
        assert_eq!(balances_of(&client, &member).await.available, 60);
    });
}

#[test]
fn rules_are_changed_by_those_who_may_and_events_recorded_by_those_who_may_that() {
    run(async {
        let app = TestApp::shared().await;
        let tenant = app.tenant("rule-scopes").await;
        let owner = tenant.owner().await;
        let member = members(&owner, 1).await.remove(0);
        let id = draft(&owner, "Orders", "ORDER_PAID", definition(json!({}))).await["id"].clone();
        let denied = |scopes: &[&str], code: &str, answer: &harness::Response| {
            assert_eq!(answer.error_codes(), ["FORBIDDEN"], "{}", answer.raw);
            assert_eq!(answer.body["errors"][0]["extensions"]["requiredScopes"], json!([code]), "{scopes:?}");
        };
        let reader = partner(&owner, json!({ "scopes": ["points:read"] })).await;
        assert_eq!(reader.run("EarningRuleGet", json!({ "id": id })).await.data("earningRule.id"), &id);
        denied(&["points:read"], "points:write", &super::send(&reader, &member, "ORDER_PAID", json!({})).await);
        denied(&["points:read"], "points:rules", &set_state(&reader, &id, "ACTIVE").await);
        let writer = partner(&owner, json!({ "scopes": ["points:write"] })).await;
        denied(&["points:write"], "points:rules", &create(&writer, json!({})).await);
        denied(&["points:write"], "points:read", &writer.run("EarningRuleList", json!({})).await);
        let document = "mutation($input: EarningEventRecordInput!) { earningEventRecord(input: $input) {
            earningEvent { points } userErrors { code } } }";
        let input = json!({ "memberId": member, "event": "ORDER_PAID", "idempotencyKey": "a" });
        let answer = writer.query(document, json!({ "input": input })).await;
        assert_eq!(answer.payload("earningEventRecord")["earningEvent"]["points"], "0");
        for role in [Role::Admin, Role::Operator] {
            create(&tenant.staff(role).await, json!({})).await.payload("earningRuleCreate");
        }
        for role in [Role::Moderator, Role::Finance, Role::Analyst] {
            denied(&[role.name()], "points:rules", &create(&tenant.staff(role).await, json!({})).await);
        }
    });
}

#[test]
fn a_person_changes_rules_with_a_fresh_proof_only_and_records_events_without() {
    run(async {
        let app = TestApp::with().with_movable_clock().start().await;
        let owner = app.tenant("rule-fresh").await.owner().await;
        let member = members(&owner, 1).await.remove(0);
        let client = keeper(&owner, json!({})).await;
        let id = draft(&owner, "Orders", "ORDER_PAID", definition(json!({}))).await["id"].clone();
        app.installation().advance_clock(Duration::from_secs(6 * 60));
        for answer in [
            create(&owner, json!({})).await,
            update(&owner, id.as_str().unwrap(), 1, definition(json!({}))).await,
            set_state(&owner, &id, "ACTIVE").await,
        ] {
            assert_eq!(answer.error_codes(), ["STEP_UP_REQUIRED"], "{}", answer.raw);
        }
        set_state(&client, &id, "ACTIVE").await.payload("earningRuleStateSet");
        assert_eq!(paid(&record(&owner, &member, "ORDER_PAID", json!({})).await), ["PAID 10"]);
    });
}

#[test]
fn a_rule_is_made_once_under_its_key_and_changed_once() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("rule-replay").await.owner().await;
        let input = json!({ "idempotencyKey": "one" });
        let first = create(&owner, input.clone()).await.payload("earningRuleCreate")["rule"].clone();
        let again = create(&owner, input.clone()).await;
        assert_eq!(again.payload("earningRuleCreate")["rule"]["id"], first["id"]);
        assert_eq!(again.body["extensions"]["idempotentReplay"], true);
        let other = create(&owner, given::with(input, json!({ "name": "Another" }))).await;
        assert_eq!(other.error_codes(), ["IDEMPOTENCY_KEY_REUSED"]);
        let change = json!({ "ruleId": first["id"], "version": 1, "name": "Changed",
            "definition": definition(json!({ "points": 11 })), "idempotencyKey": "two" });
        for _ in 0..2 {
            let answer = owner.run("EarningRuleUpdate", json!({ "input": change })).await;
            assert_eq!(answer.payload("earningRuleUpdate")["rule"]["version"], 2);
        }
        let listed = owner.run("EarningRuleList", json!({})).await;
        assert_eq!(listed.data("earningRules.totalCount"), 1);
    });
}

#[test]
fn a_tenant_has_two_hundred_rules_that_are_not_archived_at_most() {
    run(async {
        let app = unlimited(TestApp::with()).start().await;
        let owner = app.tenant("rule-many").await.owner().await;
        let client = keeper(&owner, json!({})).await;
        for number in 0..200 {
            draft(&client, &format!("Rule {number}"), "ORDER_PAID", definition(json!({}))).await;
        }
        let answer = create(&client, json!({})).await;
        assert_eq!(answer.user_error_codes("earningRuleCreate"), ["TOO_MANY_RULES"]);
        let listed = client.run("EarningRuleList", json!({ "first": 1 })).await;
        let id = &listed.data("earningRules.edges")[0]["node"]["id"];
        set_state(&client, id, "ARCHIVED").await.payload("earningRuleStateSet");
        create(&client, json!({})).await.payload("earningRuleCreate");
        let answer = create(&client, json!({})).await;
        assert_eq!(answer.user_error_codes("earningRuleCreate"), ["TOO_MANY_RULES"]);
    });
}

#[test]
fn rules_are_listed_by_state_and_event_page_by_page() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("rule-list").await.owner().await;
        for number in 0..5 {
            let event = ["ORDER_PAID", "SHARE"][number % 2];
            let made = draft(&owner, &format!("Rule {number}"), event, definition(json!({}))).await;
            if number > 1 {
                set_state(&owner, &made["id"], "ACTIVE").await.payload("earningRuleStateSet");
            }
        }
        let names = |answer: &harness::Response| -> Vec<String> {
            let edges = answer.data("earningRules.edges").as_array().unwrap();
            edges.iter().map(|edge| text(&edge["node"]["name"])).collect()
        };
        for (filter, expected) in [
            (json!({}), vec!["Rule 4", "Rule 3", "Rule 2", "Rule 1", "Rule 0"]),
            (json!({ "state": "ACTIVE" }), vec!["Rule 4", "Rule 3", "Rule 2"]),
            (json!({ "state": "ARCHIVED" }), vec![]),
            (json!({ "event": "SHARE" }), vec!["Rule 3", "Rule 1"]),
            (json!({ "event": "SHARE", "state": "DRAFT" }), vec!["Rule 1"]),
        ] {
            let answer = owner.run("EarningRuleList", filter.clone()).await;
            assert_eq!(names(&answer), expected, "{filter}");
            assert_eq!(answer.data("earningRules.totalCount"), expected.len(), "{filter}");
        }
        let first = owner.run("EarningRuleList", json!({ "first": 3 })).await;
        let after = first.data("earningRules.pageInfo.endCursor");
        let second = owner.run("EarningRuleList", json!({ "first": 3, "after": after })).await;
        assert_eq!((names(&first).len(), names(&second)), (3, vec!["Rule 1".to_owned(), "Rule 0".to_owned()]));
        let absent = owner.run("EarningRuleGet", json!({ "id": absent_id("erl") })).await;
        assert!(absent.data("earningRule").is_null());
    });
}
