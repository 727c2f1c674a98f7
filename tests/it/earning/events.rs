//! What happened: what of it is let in, what is paid for it, and that it counts once.

use harness::{TestApp, absent_id, run};
use serde_json::{Value, json};

use super::{definition, freeze, given_by_hand, keeper, paid, record, rule, send, shown, unfreeze};
use crate::given;
use crate::points::{balances_of, entries_of, members, partner, proof, text, unlimited, verify};

/// Asks why an entry was made.
const WHY: &str = "query($id: ID!) { pointsEntry(id: $id) { source reason reference
    earning { rule { id name } ruleVersion outcome amount event { id event memberId points } } } }";

#[test]
fn everything_that_is_wrong_with_an_event_is_named_by_its_field() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("event-wrong").await.owner().await;
        let client = keeper(&owner, json!({})).await;
        let ids = members(&owner, 2).await;
        let (member, archived) = (&ids[0], &ids[1]);
        owner.run("MemberArchive", json!({ "input": { "id": archived } })).await.payload("memberArchive");
        let (early, late) = (super::property::from_now(-31 * 24 * 60 - 1), super::property::from_now(6));
        for (changes, expected) in [
            (json!({ "memberId": absent_id("mbr") }), "NOT_FOUND at memberId"),
            (json!({ "memberId": "mbr_" }), "INVALID at memberId"),
            (json!({ "memberId": archived }), "ARCHIVED at memberId"),
            (json!({ "event": "order" }), "INVALID at event"),
            (json!({ "event": "CHECK_IN" }), "RESERVED at event"),
            (json!({ "event": "COMMUNITY_JOINED" }), "RESERVED at event"),
            (json!({ "event": "MEMBER_INVITED" }), "RESERVED at event"),
            (json!({ "event": "SUBMISSION_APPROVED" }), "RESERVED at event"),
            (json!({ "quantity": -1 }), "INVALID at quantity"),
            (json!({ "quantity": 1_000_000_000_001_i64 }), "INVALID at quantity"),
            (json!({ "communityId": absent_id("com") }), "NOT_FOUND at communityId"),
            (json!({ "occurredAt": early }), "INVALID at occurredAt"),
            (json!({ "occurredAt": late }), "INVALID at occurredAt"),
            (json!({ "reference": "x".repeat(129) }), "TOO_LONG at reference"),
            (json!({ "reference": " " }), "REQUIRED at reference"),
        ] {
            let answer = send(&client, member, "ORDER_PAID", changes.clone()).await;
            assert_eq!(answer.user_errors("earningEventRecord"), [expected], "{changes}");
        }
        let many = json!({ "event": "x", "quantity": -1, "occurredAt": early });
        let answer = send(&client, member, "ORDER_PAID", many).await;
        let expected = ["INVALID at event", "INVALID at quantity", "INVALID at occurredAt"];
        assert_eq!(answer.user_errors("earningEventRecord"), expected);
        for fits in [
            json!({ "quantity": 0, "occurredAt": super::property::from_now(-31 * 24 * 60 + 1) }),
            json!({ "quantity": "1000000000000", "occurredAt": super::property::from_now(4) }),
            json!({ "event": "A".repeat(40), "reference": "x".repeat(128) }),
        ] {
            record(&client, member, "ORDER_PAID", fits).await;
        }
    });
}

#[test]
fn units_tiers_and_limits_make_the_amount() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("event-amounts").await.owner().await;
        let client = keeper(&owner, json!({})).await;
        let member = given::member(&owner, "Li Lei").await;
        let (inside, outside) = (given::community(&owner, "In").await, given::community(&owner, "Out").await);
        given::joined(&owner, &inside, &member, "CORE").await;
        let id = text(&member["id"]);
        let tiers = json!([{ "tier": "CORE", "percent": 150 }, { "tier": "ADMIN", "percent": 300 }]);
        let by_unit = json!({ "points": 1, "perUnit": { "quantity": 100, "points": 3 }, "tierMultipliers": tiers });
        rule(&client, "A", "ORDER_PAID", definition(by_unit)).await;
        let only_inside = json!({ "communityIds": [inside["id"]], "streakBonuses": [{ "days": 1, "points": 7 }] });
        rule(&client, "B", "ORDER_PAID", definition(only_inside)).await;
        let (inside, outside) = (&inside["id"], &outside["id"]);
        for (input, expected) in [
            (json!({ "quantity": 99 }), vec!["PAID 1"]),
            (json!({ "quantity": 100 }), vec!["PAID 4"]),
            (json!({}), vec!["PAID 1"]),
            (json!({ "quantity": 250, "communityId": outside }), vec!["PAID 7"]),
            // 7 × 1.5 is 10.5, of which the whole points are paid.
            (json!({ "quantity": 250, "communityId": inside }), vec!["PAID 10", "PAID 10"]),
        ] {
            let event = record(&client, &id, "ORDER_PAID", input.clone()).await;
            assert_eq!(paid(&event), expected, "{input}");
            assert_eq!(event["tier"].is_null(), input["communityId"] != *inside, "{event}");
        }
        let nothing = json!({ "points": 0, "perUnit": { "quantity": 1, "points": 1_000_000 },
            "tierMultipliers": [{ "tier": "CORE", "percent": 1000 }] });
        rule(&client, "C", "JACKPOT", definition(nothing)).await;
        let none = record(&client, &id, "JACKPOT", json!({ "quantity": 0 })).await;
        assert_eq!((paid(&none), &none["points"]), (vec![], &json!("0")));
        // What would be 10^19 is the most that one event brings.
        let most = json!({ "quantity": "1000000000000", "communityId": inside });
        assert_eq!(paid(&record(&client, &id, "JACKPOT", most).await), ["PAID 1000000000"]);
        assert_eq!(balances_of(&client, &id).await.issued, 1 + 4 + 1 + 7 + 20 + 1_000_000_000);
    });
}

#[test]
fn a_reference_is_recorded_once_for_each_kind_of_event_in_the_tenant() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("event-reference").await.owner().await;
        let client = keeper(&owner, json!({})).await;
        let ids = members(&owner, 2).await;
        for event in ["ORDER_PAID", "SHARE"] {
            rule(&client, event, event, definition(json!({}))).await;
        }
        let order = json!({ "reference": "order-1" });
        record(&client, &ids[0], "ORDER_PAID", order.clone()).await;
        for member in &ids {
            let answer = send(&client, member, "ORDER_PAID", order.clone()).await;
            assert_eq!(answer.user_errors("earningEventRecord"), ["ALREADY_RECORDED at reference"], "{member}");
            assert!(answer.data("earningEventRecord.earningEvent").is_null());
        }
        assert_eq!(paid(&record(&client, &ids[0], "SHARE", order).await), ["PAID 10"]);
        assert_eq!(balances_of(&client, &ids[0]).await.available, 20);
        assert_eq!(balances_of(&client, &ids[1]).await.available, 0);
        let stranger = app.tenant("event-reference-2").await.owner().await;
        let elsewhere = members(&stranger, 1).await.remove(0);
        record(&stranger, &elsewhere, "ORDER_PAID", json!({ "reference": "order-1" })).await;
    });
}

#[test]
fn a_reference_sent_by_many_at_once_is_paid_once() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("event-race").await.owner().await;
        let client = keeper(&owner, json!({})).await;
        let ids = members(&owner, 2).await;
        rule(&client, "Orders", "ORDER_PAID", definition(json!({}))).await;
        let mut requests = tokio::task::JoinSet::new();
        for number in 0..32 {
            let (client, member) = (client.clone(), ids[number % 2].clone());
            let order = json!({ "reference": "order-1" });
            requests.spawn(async move {
                send(&client, &member, "ORDER_PAID", order).await.user_errors("earningEventRecord")
            });
        }
        let answers = requests.join_all().await;
        assert_eq!(answers.iter().filter(|errors| errors.is_empty()).count(), 1, "{answers:?}");
        let refused = answers.iter().filter(|errors| **errors == ["ALREADY_RECORDED at reference"]).count();
        assert_eq!(refused, 31, "{answers:?}");
        assert_eq!(proof(&client).await["issued"], "10");
    });
}

#[test]
fn a_key_has_one_effect_and_nothing_is_recorded_without_one() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("event-replay").await.owner().await;
        let client = keeper(&owner, json!({})).await;
        let member = members(&owner, 1).await.remove(0);
        let id = rule(&client, "Orders", "ORDER_PAID", definition(json!({}))).await;
        let input = json!({ "memberId": member, "event": "ORDER_PAID", "idempotencyKey": "one" });
        let first = client.run("EarningEventRecord", json!({ "input": input })).await;
        let first = first.payload("earningEventRecord")["earningEvent"].clone();
        // Whatever the rules are by then.
        super::set_state(&client, &json!(id), "PAUSED").await.payload("earningRuleStateSet");
        let again = client.run("EarningEventRecord", json!({ "input": input })).await;
        assert_eq!(again.payload("earningEventRecord")["earningEvent"], first);
        assert_eq!(again.body["extensions"]["idempotentReplay"], true);
        let other = given::with(input.clone(), json!({ "quantity": 1 }));
        let other = client.run("EarningEventRecord", json!({ "input": other })).await;
        assert_eq!(other.error_codes(), ["IDEMPOTENCY_KEY_REUSED"]);
        let keyless = given::with(input.clone(), json!({ "idempotencyKey": null }));
        client.run("EarningEventRecord", json!({ "input": keyless })).await.expect_request_error("VALIDATION_FAILED");
        let row = json!({ "memberId": member, "event": "ORDER_PAID" });
        let keyless = client.run("EarningEventRecordBulk", json!({ "input": { "events": [row] } })).await;
        keyless.expect_request_error("VALIDATION_FAILED");
        assert_eq!(entries_of(&client, &member).await.len(), 1);
    });
}

#[test]
fn of_many_events_each_is_recorded_or_refused_for_itself() {
    run(async {
        let app = unlimited(TestApp::with()).start().await;
        let owner = app.tenant("event-bulk").await.owner().await;
        let client = keeper(&owner, json!({})).await;
        let ids = members(&owner, 2).await;
        rule(&client, "Orders", "ORDER_PAID", definition(json!({}))).await;
        let row =
            |member: &str, changes: Value| given::with(json!({ "memberId": member, "event": "ORDER_PAID" }), changes);
        let events = [
            row(&ids[0], json!({ "reference": "a" })),
            row(&absent_id("mbr"), json!({})),
            row(&ids[1], json!({ "reference": "a" })),
            row(&ids[1], json!({ "quantity": -1 })),
            row(&ids[1], json!({ "event": "CHECK_IN" })),
            row(&ids[0], json!({})),
        ];
        let input = json!({ "input": { "events": events, "idempotencyKey": "bulk" } });
        for is_replay in [false, true] {
            let answer = client.run("EarningEventRecordBulk", input.clone()).await;
            let outcomes = answer.payload("earningEventRecordBulk")["outcomes"].as_array().unwrap();
            let codes: Vec<_> = outcomes.iter().map(|outcome| outcome["userErrors"][0]["code"].clone()).collect();
            let refusals = ["NOT_FOUND", "ALREADY_RECORDED", "INVALID", "RESERVED"].map(|code| json!(code));
            assert_eq!(codes[1..5], refusals, "{}", answer.raw);
            for outcome in [&outcomes[0], &outcomes[5]] {
                assert_eq!((&outcome["points"], &outcome["userErrors"]), (&json!("10"), &json!([])));
                assert!(outcome["earningEventId"].is_string());
            }
            assert_eq!(answer.body["extensions"]["idempotentReplay"] == true, is_replay);
        }
        assert_eq!(balances_of(&client, &ids[0]).await.available, 20);
        let bulk = |events: Value| json!({ "input": { "events": events, "idempotencyKey": absent_id("key") } });
        let too_many = vec![row(&ids[0], json!({})); 1001];
        // As it is with every list.
        let answer = client.run("EarningEventRecordBulk", bulk(json!(too_many))).await;
        answer.expect_request_error("INPUT_INVALID");
        for (events, expected) in [
            (json!([]), "REQUIRED at events"),
            (json!([row(&ids[0], json!({})), row("x", json!({}))]), "INVALID at events.1.memberId"),
        ] {
            let answer = client.run("EarningEventRecordBulk", bulk(events)).await;
            assert_eq!(answer.user_errors("earningEventRecordBulk"), [expected]);
        }
        let thousand = bulk(json!(vec![row(&ids[1], json!({})); 1000]));
        client.run("EarningEventRecordBulk", thousand).await.payload("earningEventRecordBulk");
        assert_eq!(balances_of(&client, &ids[1]).await.available, 10_000);
        verify(&app).await;
    });
}

#[test]
fn an_award_says_which_rule_made_it_and_for_what() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("event-why").await.owner().await;
        let client = keeper(&owner, json!({})).await;
        let member = members(&owner, 1).await.remove(0);
        let by_hand = given_by_hand(&client, &member, 5).await;
        let id = rule(&client, "For every order", "ORDER_PAID", definition(json!({ "source": "PURCHASE" }))).await;
        let event = record(&client, &member, "ORDER_PAID", json!({ "reference": "order-7" })).await;
        let entry = &event["payments"][0]["entry"];
        let answer = client.query(WHY, json!({ "id": entry["id"] })).await;
        let why = answer.data("pointsEntry");
        let words = [&why["source"], &why["reason"], &why["reference"]];
        assert_eq!(words, ["PURCHASE", "For every order", "order-7"]);
        let earning = json!({
            "rule": { "id": id, "name": "For every order" }, "ruleVersion": 1, "outcome": "PAID", "amount": "10",
            "event": { "id": event["id"], "event": "ORDER_PAID", "memberId": member, "points": "10" }
        });
        assert_eq!(why["earning"], earning);
        let answer = client.query(WHY, json!({ "id": by_hand["id"] })).await;
        assert!(answer.data("pointsEntry.earning").is_null());
        // Neither is it what undid it.
        let undo = json!({ "entryId": entry["id"], "reason": "Returned", "idempotencyKey": "undo" });
        let undone = client.run("PointsReverse", json!({ "input": undo })).await;
        let undone = &undone.payload("pointsReverse")["entry"]["id"];
        assert!(client.query(WHY, json!({ "id": undone })).await.data("pointsEntry.earning").is_null());
        let told = shown(&client, &event).await;
        assert_eq!((&told["points"], &told["payments"][0]["entry"]["reversedById"]), (&json!("10"), undone));
    });
}

#[test]
fn a_frozen_account_is_paid_nothing_and_the_event_is_kept() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("event-frozen").await.owner().await;
        let client = keeper(&owner, json!({})).await;
        let ids = members(&owner, 2).await;
        let capped = json!({ "caps": { "perMember": 15 } });
        rule(&client, "Orders", "ORDER_PAID", definition(capped)).await;
        given_by_hand(&client, &ids[0], 5).await;
        freeze(app, &ids[0]).await;
        let event = record(&client, &ids[0], "ORDER_PAID", json!({ "reference": "order-1" })).await;
        assert_eq!(paid(&event), ["WITHHELD 0"]);
        assert!(event["payments"][0]["entry"].is_null());
        let row = |member: &String| json!({ "memberId": member, "event": "ORDER_PAID" });
        let bulk = json!({ "events": [row(&ids[0]), row(&ids[1])], "idempotencyKey": "both" });
        let answer = client.run("EarningEventRecordBulk", json!({ "input": bulk })).await;
        let outcomes = answer.payload("earningEventRecordBulk")["outcomes"].as_array().unwrap();
        assert_eq!([&outcomes[0]["points"], &outcomes[1]["points"]], ["0", "10"], "{}", answer.raw);
        unfreeze(&owner, &ids[0]).await;
        // Nothing is scored anew, and nothing of the cap was spent.
        assert_eq!(paid(&shown(&client, &event).await), ["WITHHELD 0"]);
        let again = send(&client, &ids[0], "ORDER_PAID", json!({ "reference": "order-1" })).await;
        assert_eq!(again.user_errors("earningEventRecord"), ["ALREADY_RECORDED at reference"]);
        assert_eq!(paid(&record(&client, &ids[0], "ORDER_PAID", json!({})).await), ["PAID 10"]);
        assert_eq!(paid(&record(&client, &ids[0], "ORDER_PAID", json!({})).await), ["CAPPED 5"]);
        assert_eq!(balances_of(&client, &ids[0]).await.available, 20);
    });
}

#[test]
fn a_restricted_key_records_what_its_own_members_did() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("event-restricted").await.owner().await;
        let community = given::community(&owner, "Readers").await;
        let elsewhere = given::community(&owner, "Others").await["id"].clone();
        let (inside, outside) = (given::member(&owner, "Li Lei").await, given::member(&owner, "Han Meimei").await);
        given::joined(&owner, &community, &inside, "ORDINARY").await;
        let client = keeper(&owner, json!({})).await;
        rule(&client, "Orders", "ORDER_PAID", definition(json!({}))).await;
        let scopes = json!(["points:read", "points:write"]);
        let restricted = partner(&owner, json!({ "scopes": scopes, "communityIds": [community["id"]] })).await;
        let (inside, outside) = (text(&inside["id"]), text(&outside["id"]));
        let told = record(&restricted, &inside, "ORDER_PAID", json!({ "communityId": community["id"] })).await;
        assert_eq!(told["points"], "10");
        let answer = send(&restricted, &outside, "ORDER_PAID", json!({})).await;
        assert_eq!(answer.user_errors("earningEventRecord"), ["NOT_FOUND at memberId"]);
        let answer = send(&restricted, &inside, "ORDER_PAID", json!({ "communityId": elsewhere })).await;
        assert_eq!(answer.user_errors("earningEventRecord"), ["NOT_FOUND at communityId"]);
        let foreign = record(&client, &outside, "ORDER_PAID", json!({})).await;
        let answer = restricted.run("EarningEventGet", json!({ "id": foreign["id"] })).await;
        assert!(answer.data("earningEvent").is_null());
    });
}
