//! A key that is restricted to communities does not reach the others, and is told nothing of them.

use harness::{Client, Role, TestApp, absent_id, run, uuid_of};
use serde_json::{Value, json};

use super::super::{entries_of, partner, text, unlimited};
use super::{Circle, told};
use crate::given;
use crate::isolation::comparable;

/// A key for these members alone: they are in a community, and it is restricted to that.
async fn confined(circle: &Circle, places: &[usize]) -> Client {
    let community = given::community(&circle.owner, &format!("Readers {places:?}")).await;
    for place in places {
        given::joined(&circle.owner, &community, &json!({ "id": circle.members[*place] }), "ORDINARY").await;
    }
    partner(&circle.owner, json!({ "communityIds": [community["id"]] })).await
}

#[test]
fn a_restricted_key_moves_points_between_its_own_members_only() {
    run(async {
        let app = TestApp::shared().await;
        let circle = Circle::open(&app.tenant("transfer-confined").await, 3).await;
        for place in 0..3 {
            circle.award(place, 50, json!({})).await;
        }
        let circle = Circle { client: confined(&circle, &[0, 1]).await, ..circle };
        let field = "pointsTransfer";
        assert_eq!(circle.give((0, 2), 5).await.user_errors(field), ["NOT_FOUND at toMemberId"]);
        assert_eq!(circle.give((2, 0), 5).await.user_errors(field), ["NOT_FOUND at fromMemberId"]);
        let transfer = circle.given((0, 1), 5).await;
        assert_eq!(transfer["to"]["id"], circle.members[1]);
        circle.reverse(&transfer["received"][0]["id"]).await.payload("pointsReverse");
        assert_eq!((circle.available(0).await, circle.available(1).await), (50, 50));
    });
}

#[test]
fn who_sees_one_side_of_a_transfer_is_told_nothing_of_the_other_and_does_not_undo_it() {
    run(async {
        let app = TestApp::shared().await;
        let circle = Circle::open(&app.tenant("transfer-sides").await, 2).await;
        circle.award(0, 50, json!({})).await;
        let transfer = circle.given((0, 1), 20).await;
        let [sent, received] = [&transfer["sent"]["id"], &transfer["received"][0]["id"]];
        let giver = json!({ "amount": "20", "from": { "id": circle.members[0] }, "to": null,
            "sent": { "id": sent }, "received": [] });
        let receiver = json!({ "amount": "20", "from": null, "to": { "id": circle.members[1] },
            "sent": null, "received": [{ "id": received }] });
        for (place, own, other, expected) in [(0, sent, received, giver), (1, received, sent, receiver)] {
            let client = confined(&circle, &[place]).await;
            assert_eq!(told(&client, own).await, expected);
            let foreign = client.run("PointsEntry", json!({ "id": other })).await;
            assert_eq!(foreign.data("pointsEntry"), &Value::Null);
            let undo = async |entry: &Value, key: &str| {
                let input = json!({ "entryId": entry, "reason": "Mine", "idempotencyKey": key });
                client.run("PointsReverse", json!({ "input": input })).await.user_errors("pointsReverse")
            };
            assert_eq!(undo(own, "own").await, ["NOT_REVERSIBLE at entryId"]);
            assert_eq!(undo(other, "other").await, ["NOT_FOUND at entryId"]);
        }
        assert_eq!((circle.available(0).await, circle.available(1).await), (30, 20));
        // Whoever sees both does.
        let both = Circle { client: confined(&circle, &[0, 1]).await, ..circle };
        both.reverse(received).await.payload("pointsReverse");
        assert_eq!((both.available(0).await, both.available(1).await), (50, 0));
    });
}

#[test]
fn who_may_write_and_not_read_is_told_what_it_posted() {
    run(async {
        let app = TestApp::shared().await;
        let circle = Circle::open(&app.tenant("transfer-write-only").await, 2).await;
        circle.award(0, 50, json!({})).await;
        let writer = partner(&circle.owner, json!({ "scopes": ["points:write"] })).await;
        let document = "mutation($input: PointsTransferInput!) { pointsTransfer(input: $input) {
            transfer { amount from { id } to { id } sent { id amount } received { id amount } }
            userErrors { code } } }";
        let input = given::with(circle.present((0, 1), 20), json!({ "idempotencyKey": "one" }));
        let mut seen = Vec::new();
        for _ in 0..2 {
            let answer = writer.query(document, json!({ "input": input })).await;
            seen.push(answer.payload("pointsTransfer")["transfer"].clone());
        }
        assert_eq!(seen[0], seen[1]);
        let shown = &seen[0];
        assert_eq!((&shown["amount"], &shown["sent"]["amount"]), (&json!("20"), &json!("20")));
        assert_eq!(shown["received"][0]["amount"], "20");
        // Members are for whoever may read them.
        assert_eq!((&shown["from"], &shown["to"]), (&Value::Null, &Value::Null));
        let id = text(&shown["sent"]["id"]);
        let read = writer.query("query($id: ID!) { pointsEntry(id: $id) { id } }", json!({ "id": id })).await;
        assert_eq!(read.error_codes(), ["FORBIDDEN"]);
        assert_eq!(circle.available(1).await, 20);
    });
}

#[test]
fn whatever_becomes_of_the_other_side_who_sees_one_is_told_the_same() {
    run(async {
        let app = unlimited(TestApp::with()).start().await;
        let circle = Circle::open(&app.tenant("transfer-beyond").await, 2).await;
        circle.award(0, 50, json!({})).await;
        circle.award(1, 50, json!({})).await;
        let transfers = [circle.given((0, 1), 20).await, circle.given((1, 0), 20).await];
        let client = confined(&circle, &[0]).await;
        let undo = async |entry: &Value| {
            let input = json!({ "entryId": entry, "reason": "Mine", "idempotencyKey": absent_id("key") });
            client.run("PointsReverse", json!({ "input": input })).await
        };
        // Nothing is done to those who are out of reach, and whether they are there is not told.
        let tried = async || {
            let entries = entries_of(&circle.client, &circle.members[1]).await;
            let mut told = Vec::new();
            for own in [&transfers[0]["sent"]["id"], &transfers[1]["received"][0]["id"]] {
                let answer = undo(own).await;
                assert_eq!(answer.user_errors("pointsReverse"), ["NOT_REVERSIBLE at entryId"]);
                assert!(!answer.raw.contains(&circle.members[1]), "{}", answer.raw);
                told.push(comparable(&answer));
            }
            let absent = comparable(&undo(&json!(absent_id("pen"))).await);
            for other in [&transfers[0]["received"][0]["id"], &transfers[1]["sent"]["id"]] {
                assert_eq!(comparable(&undo(other).await), absent);
            }
            assert_eq!(entries_of(&circle.client, &circle.members[1]).await, entries);
            told
        };
        let before = tried().await;

        let database = app.database().await;
        let id = database.literal(uuid_of(&circle.members[1]));
        for at in ["posted_at", "NULL"] {
            let sql = format!("UPDATE points_accounts SET frozen_at = {at} WHERE member_id = {id}");
            assert_eq!(database.execute(&sql).await, 1);
            assert_eq!(tried().await, before, "frozen_at = {at}");
        }
        circle.deduct(1, 50).await;
        assert_eq!(tried().await, before, "nothing is left there");
        for transfer in [&transfers[1], &transfers[0]] {
            circle.reverse(&transfer["sent"]["id"]).await.payload("pointsReverse");
        }
        assert_eq!(tried().await, before, "it is undone already");
        assert_eq!((circle.available(0).await, circle.available(1).await), (50, 0));
    });
}

#[test]
fn a_restricted_key_is_not_told_for_whom_a_transfer_waits() {
    run(async {
        let app = TestApp::shared().await;
        let tenant = app.tenant("transfer-asked").await;
        let circle = Circle::open(&tenant, 3).await;
        circle.award(0, 50, json!({})).await;
        circle.award(2, 50, json!({})).await;
        let limit = json!({ "approvalAbove": 0, "idempotencyKey": "limit" });
        circle.owner.run("PointsPolicyUpdate", json!({ "input": limit })).await.payload("pointsPolicyUpdate");
        let ask = async |who: (usize, usize)| text(circle.give(who, 5).await.data("pointsTransfer.approval.id"));
        let (within, out, into) = (ask((0, 1)).await, ask((0, 2)).await, ask((2, 0)).await);
        let stranger = &circle.members[2];
        let shown = async |client: &Client, id: &str| {
            client.run("PointsApprovalGet", json!({ "id": id })).await.data("pointsApproval").clone()
        };
        assert_eq!(shown(&circle.client, &out).await["toMemberId"], *stranger);

        // Of those who are within its reach neither: it would tell the others by leaving them out.
        let client = confined(&circle, &[0, 1]).await;
        for id in [&within, &out] {
            let approval = shown(&client, id).await;
            assert_eq!((&approval["memberId"], &approval["toMemberId"]), (&json!(circle.members[0]), &Value::Null));
        }
        assert_eq!(shown(&client, &into).await, Value::Null);
        let list = async |filter: Value| client.run("PointsApprovalList", json!({ "filter": filter })).await;
        let all = list(json!({})).await;
        let nodes = all.data("pointsApprovals.edges").as_array().unwrap().iter().map(|edge| &edge["node"]);
        assert_eq!(nodes.map(|node| text(&node["id"])).collect::<Vec<_>>(), [out.clone(), within]);
        assert!(!all.raw.contains(stranger), "{}", all.raw);
        let [named, absent] = [stranger.clone(), absent_id("mbr")].map(|member| json!({ "memberId": member }));
        assert_eq!(comparable(&list(named).await), comparable(&list(absent).await));

        // Nor does it ask for points to go there, where it would be told to wait.
        let give = async |to: &str| {
            let input = given::with(circle.present((0, 1), 5), json!({ "toMemberId": to }));
            let input = given::with(input, json!({ "idempotencyKey": absent_id("key") }));
            client.run("PointsTransfer", json!({ "input": input })).await
        };
        let refused = give(stranger).await;
        assert_eq!(refused.user_errors("pointsTransfer"), ["NOT_FOUND at toMemberId"]);
        assert_eq!(comparable(&refused), comparable(&give(&absent_id("mbr")).await));
        let kept = give(&circle.members[1]).await;
        assert_eq!(kept.data("pointsTransfer.approval.memberId"), &json!(circle.members[0]));
        assert_eq!(kept.data("pointsTransfer.approval.toMemberId"), &Value::Null);
        assert_eq!(list(json!({})).await.data("pointsApprovals.totalCount"), 3);

        let second = tenant.staff(Role::Finance).await;
        let input = json!({ "approvalId": out, "idempotencyKey": "yes" });
        second.run("PointsApprovalApprove", json!({ "input": input })).await.payload("pointsApprovalApprove");
        let approval = shown(&client, &out).await;
        assert_eq!((&approval["state"], &approval["toMemberId"]), (&json!("APPROVED"), &Value::Null));
        let document = "query($id: ID!) { pointsEntry(id: $id) {
            kind approval { id toMemberId } transfer { to { id } received { id } } } }";
        let answer = client.query(document, json!({ "id": approval["entry"]["id"] })).await;
        let expected = json!({ "kind": "TRANSFER_OUT", "approval": { "id": out, "toMemberId": null },
            "transfer": { "to": null, "received": [] } });
        assert_eq!(answer.data("pointsEntry"), &expected);
    });
}
