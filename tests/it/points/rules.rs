//! What is let in, what is refused, and what members see of it.

use std::time::Duration;

use harness::{TestApp, absent_id, run};
use serde_json::{Value, json};

use super::{balances_of, entries_of, members, now, number, partner};
use crate::given;

fn award(member: &Value, amount: i64, key: &str) -> Value {
    json!({ "input": { "memberId": member, "amount": amount, "reason": "Thanks", "idempotencyKey": key } })
}

#[test]
fn everything_that_is_wrong_with_an_award_is_named_by_its_field() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("award-wrong").await.owner().await;
        let member = given::member(&owner, "Li Lei").await;
        let wrong = json!({
            "memberId": member["id"], "amount": "0", "reason": " ", "reference": "x".repeat(129),
            "availableAt": "2999-01-01T00:00:00Z", "expiresOn": "2020-01-01", "idempotencyKey": "a"
        });
        let answer = owner.run("PointsAward", json!({ "input": wrong })).await;
        let expected = [
            "INVALID at amount",
            "REQUIRED at reason",
            "TOO_LONG at reference",
            "INVALID at availableAt",
            "INVALID at expiresOn",
            "INVALID at availableAt",
        ];
        assert_eq!(answer.user_errors("pointsAward"), expected);
        for (amount, fits) in [("1000000000", true), ("1000000001", false), ("-1", false)] {
            let key = format!("a{amount}");
            let input = json!({ "memberId": member["id"], "amount": amount, "reason": "x", "idempotencyKey": key });
            let answer = owner.run("PointsAward", json!({ "input": input })).await;
            assert_eq!(answer.user_errors("pointsAward").is_empty(), fits, "{amount}");
        }
        for amount in [json!("1.5"), json!("01"), json!(1.5), json!("9223372036854775808"), json!(true)] {
            let input = json!({ "memberId": member["id"], "amount": amount, "reason": "x", "idempotencyKey": "b" });
            owner.run("PointsAward", json!({ "input": input })).await.expect_request_error("VALIDATION_FAILED");
        }
        assert_eq!(balances_of(&owner, member["id"].as_str().unwrap()).await.issued, 1_000_000_000);
    });
}

#[test]
fn nobody_is_given_points_who_is_not_there_or_archived_and_what_they_have_can_be_taken() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("award-whom").await.owner().await;
        let member = given::member(&owner, "Li Lei").await;
        owner.run("PointsAward", award(&member["id"], 10, "a")).await.payload("pointsAward");
        owner.run("MemberArchive", json!({ "input": { "id": member["id"] } })).await.payload("memberArchive");
        let answer = owner.run("PointsAward", award(&member["id"], 10, "b")).await;
        assert_eq!(answer.user_errors("pointsAward"), ["ARCHIVED at memberId"]);
        let answer = owner.run("PointsHoldCreate", award(&member["id"], 10, "c")).await;
        assert_eq!(answer.user_errors("pointsHoldCreate"), ["ARCHIVED at memberId"]);
        owner.run("PointsDeduct", award(&member["id"], 4, "d")).await.payload("pointsDeduct");
        let absent = json!(absent_id("mbr"));
        for (operation, field) in
            [("PointsAward", "pointsAward"), ("PointsDeduct", "pointsDeduct"), ("PointsHoldCreate", "pointsHoldCreate")]
        {
            let answer = owner.run(operation, award(&absent, 10, "e")).await;
            assert_eq!(answer.user_errors(field), ["NOT_FOUND at memberId"], "{operation}");
            let answer = owner.run(operation, award(&json!("mbr_"), 10, "f")).await;
            assert_eq!(answer.user_errors(field), ["INVALID at memberId"], "{operation}");
        }
        assert_eq!(balances_of(&owner, member["id"].as_str().unwrap()).await.available, 6);
    });
}

#[test]
fn of_many_awards_each_is_given_or_refused_for_itself() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("bulk").await.owner().await;
        let known = members(&owner, 2).await;
        let row = |member: &str, amount: i64| json!({ "memberId": member, "amount": amount, "reason": "Campaign" });
        let absent = absent_id("mbr");
        let awards = [row(&known[0], 5), row(&absent, 5), row(&known[1], 0), row(&known[0], 7), row(&known[1], 3)];
        let input = json!({ "input": { "awards": awards, "idempotencyKey": "bulk" } });
        for _ in 0..2 {
            let answer = owner.run("PointsAwardBulk", input.clone()).await;
            let outcomes = answer.payload("pointsAwardBulk")["outcomes"].as_array().unwrap().clone();
            let codes: Vec<_> = outcomes.iter().map(|outcome| outcome["userErrors"][0]["code"].clone()).collect();
            assert_eq!(codes, [json!(null), json!("NOT_FOUND"), json!("INVALID"), json!(null), json!(null)]);
            assert!(
                outcomes.iter().all(|outcome| outcome["entryId"].is_null() == outcome["userErrors"][0].is_object())
            );
        }
        // Both of one member in one statement: each goes on from the one before.
        let entries = entries_of(&owner, &known[0]).await;
        let seen: Vec<_> = entries
            .iter()
            .map(|entry| (number(&entry["amount"]), number(&entry["balanceAfter"]["available"])))
            .collect();
        assert_eq!(seen, [(5, 5), (7, 12)]);
        let none = json!({ "input": { "awards": [], "idempotencyKey": "none" } });
        assert_eq!(owner.run("PointsAwardBulk", none).await.user_errors("pointsAwardBulk"), ["REQUIRED at awards"]);
        let wrong = json!({ "input": { "awards": [row(&known[0], 1), row("x", 1)], "idempotencyKey": "wrong" } });
        let answer = owner.run("PointsAwardBulk", wrong).await;
        assert_eq!(answer.user_errors("pointsAwardBulk"), ["INVALID at awards.1.memberId"]);
        assert_eq!(balances_of(&owner, &known[0]).await.available, 12);
    });
}

#[test]
fn a_key_that_may_only_write_is_told_what_it_posted_and_a_member_has_a_hundred_holds_at_most() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("write-only").await.owner().await;
        let member = given::member(&owner, "Li Lei").await;
        let writer = partner(&owner, json!({ "scopes": ["points:write"] })).await;
        let document = "mutation($input: PointsAwardInput!) { pointsAward(input: $input) {
            entry { id amount } userErrors { code } } }";
        let answer = writer.query(document, award(&member["id"], 200, "a")).await;
        let entry = answer.payload("pointsAward")["entry"].clone();
        assert_eq!(entry["amount"], "200");
        let read = writer.query("query($id: ID!) { pointsEntry(id: $id) { id } }", json!({ "id": entry["id"] })).await;
        assert_eq!(read.error_codes(), ["FORBIDDEN"]);
        let document = "mutation($input: PointsHoldCreateInput!) { pointsHoldCreate(input: $input) {
            hold { id } userErrors { code field } } }";
        let mut last = Value::Null;
        for number in 0..100 {
            let answer = writer.query(document, award(&member["id"], 1, &format!("h{number}"))).await;
            last = answer.payload("pointsHoldCreate")["hold"]["id"].clone();
        }
        let answer = writer.query(document, award(&member["id"], 1, "one more")).await;
        assert_eq!(answer.user_errors("pointsHoldCreate"), ["TOO_MANY_HOLDS at memberId"]);
        let release = "mutation($input: PointsHoldReleaseInput!) { pointsHoldRelease(input: $input) {
            hold { state } userErrors { code } } }";
        let input = json!({ "input": { "holdId": last, "idempotencyKey": "r" } });
        assert_eq!(writer.query(release, input).await.payload("pointsHoldRelease")["hold"]["state"], "RELEASED");
        writer.query(document, award(&member["id"], 1, "and one")).await.payload("pointsHoldCreate");
    });
}

#[test]
fn a_person_gives_points_with_a_fresh_proof_only_and_a_key_at_any_time() {
    run(async {
        let app = TestApp::with().with_movable_clock().start().await;
        let tenant = app.tenant("fresh").await;
        let owner = tenant.owner().await;
        let member = given::member(&owner, "Li Lei").await;
        let key = partner(&owner, json!({})).await;
        let first = owner.run("PointsAward", award(&member["id"], 10, "a")).await;
        let entry = first.payload("pointsAward")["entry"]["id"].clone();
        app.installation().advance_clock(Duration::from_secs(6 * 60));
        let reversal = json!({ "input": { "entryId": entry, "reason": "Wrong", "idempotencyKey": "d" } });
        for (operation, input) in [
            ("PointsAward", award(&member["id"], 10, "b")),
            ("PointsDeduct", award(&member["id"], 10, "c")),
            ("PointsReverse", reversal),
        ] {
            assert_eq!(owner.run(operation, input).await.error_codes(), ["STEP_UP_REQUIRED"], "{operation}");
        }
        key.run("PointsAward", award(&member["id"], 10, "e")).await.payload("pointsAward");
        assert_eq!(balances_of(&owner, member["id"].as_str().unwrap()).await.available, 20);
    });
}

#[test]
fn a_restricted_key_reaches_the_points_of_its_own_members_only() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("restricted-points").await.owner().await;
        let community = given::community(&owner, "Readers").await;
        let (inside, outside) = (given::member(&owner, "Li Lei").await, given::member(&owner, "Han Meimei").await);
        given::joined(&owner, &community, &inside, "ORDINARY").await;
        let restricted = partner(&owner, json!({ "communityIds": [community["id"]] })).await;
        let given = owner.run("PointsAward", award(&outside["id"], 9, "a")).await;
        let entry = given.payload("pointsAward")["entry"]["id"].clone();
        let hold = owner.run("PointsHoldCreate", award(&outside["id"], 3, "b")).await;
        let hold = hold.payload("pointsHoldCreate")["hold"]["id"].clone();
        restricted.run("PointsAward", award(&inside["id"], 5, "c")).await.payload("pointsAward");
        let answer = restricted.run("PointsAward", award(&outside["id"], 5, "d")).await;
        assert_eq!(answer.user_errors("pointsAward"), ["NOT_FOUND at memberId"]);
        let capture = json!({ "input": { "holdId": hold, "idempotencyKey": "e" } });
        let answer = restricted.run("PointsHoldCapture", capture).await;
        assert_eq!(answer.user_errors("pointsHoldCapture"), ["NOT_FOUND at holdId"]);
        let reversal = json!({ "input": { "entryId": entry, "reason": "Mine", "idempotencyKey": "f" } });
        let answer = restricted.run("PointsReverse", reversal).await;
        assert_eq!(answer.user_errors("pointsReverse"), ["NOT_FOUND at entryId"]);
        assert!(restricted.run("PointsEntry", json!({ "id": entry })).await.data("pointsEntry").is_null());
        assert_eq!(restricted.run("PointsLiability", json!({})).await.data("pointsLiability.total"), "5");
        let proof = restricted.run("LedgerProof", json!({})).await;
        assert_eq!(proof.error_code(0), "FORBIDDEN");
        assert_eq!(owner.run("PointsLiability", json!({})).await.data("pointsLiability.total"), "14");
    });
}

#[test]
fn entries_are_paged_both_ways_and_the_balance_at_a_time_is_what_they_said_then() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("pages").await.owner().await;
        let member = members(&owner, 1).await.remove(0);
        let rows: Vec<_> =
            (1..=25).map(|amount| json!({ "memberId": member, "amount": amount, "reason": "Campaign" })).collect();
        owner
            .run("PointsAwardBulk", json!({ "input": { "awards": rows, "idempotencyKey": "a" } }))
            .await
            .payload("pointsAwardBulk");
        let mut numbers = Vec::new();
        let mut after = Value::Null;
        loop {
            let page = json!({ "by": { "id": member }, "at": "2020-01-01T00:00:00Z", "first": 10, "after": after });
            let answer = owner.run("MemberPoints", page).await;
            let page = answer.data("member.points.entries");
            let edges = page["edges"].as_array().unwrap();
            numbers.extend(edges.iter().map(|edge| number(&edge["node"]["number"])));
            after = page["pageInfo"]["endCursor"].clone();
            if page["pageInfo"]["hasNextPage"] == false {
                break;
            }
        }
        assert_eq!(numbers, (1..=25).rev().collect::<Vec<_>>());
        assert_eq!(entries_of(&owner, &member).await.len(), 25);
        let at = |at: &str| json!({ "by": { "id": member }, "at": at });
        let answer = owner.run("MemberPoints", at("2020-01-01T00:00:00Z")).await;
        assert_eq!(answer.data("member.points.balance.available"), "0");
        let answer = owner.run("MemberPoints", at(&now())).await;
        assert_eq!(answer.data("member.points.balance.available"), "325");
        // What will be then nobody knows: it is not what is now.
        let answer = owner.run("MemberPoints", at("2100-01-01T00:00:00Z")).await;
        assert_eq!(answer.error_codes(), ["INPUT_INVALID"]);
        assert_eq!(answer.body["errors"][0]["extensions"]["argument"], "at");
        assert!(answer.partial("member.points.balance").is_null(), "{}", answer.raw);
        assert_eq!(answer.partial("member.points.available"), "325");
    });
}
