//! A key that is restricted to communities does not reach the others, and is told nothing of them.

use harness::{Client, TestApp, run};
use serde_json::{Value, json};

use super::super::{partner, text};
use super::{Circle, told};
use crate::given;

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
