//! The cases about points.

use harness::absent_id;
use serde_json::{Value, json};

use super::cases::{Case, Promise, case, input, mutation, unkeyed};
use super::maker::{Maker, text};
use super::things::Things;
use crate::given;

/// Stands for when the document is sent: there is no balance of a time to come.
pub(super) const NOW: &str = "\"NOW\"";

/// All of a member's points that rows are read for.
pub(crate) const POINTS: &str =
    "pointsBalance points { issued pending available held transferred lots { id amount source } holds { id reason }
    entries(first: 3) { totalCount nodes { id reason lots { lotId } reversedById } }
    balance(at: \"NOW\") { available } }";

/// All of a transfer that rows are read for.
const TRANSFER: &str = "amount from { id displayName pointsBalance } to { id displayName pointsBalance }
    sent { id reason } received { id reason lots { lotId } reversedById }";

/// Those that name nothing.
pub(super) fn roots() -> Vec<Case> {
    [
        ("pointsLiability", "total months { month amount }"),
        ("ledgerProof", "isBalanced accounts entries issued available held transferred smallestBalance"),
    ]
    .map(|(operation, selection)| Case {
        promise: Promise::OwnOnly,
        ..case(operation, format!("query {{ answer: {operation} {{ {selection} }} }}"), |_| json!({}))
    })
    .into()
}

pub(super) fn of_points() -> Vec<Case> {
    let entry = |operation| mutation(operation, "entry { id amount } member { id pointsBalance }");
    let hold = |operation| mutation(operation, "hold { id amount state } member { id pointsBalance }");
    vec![
        case(
            "pointsEntry",
            "query($id: ID!) { answer: pointsEntry(id: $id) { id memberId amount reason lots { lotId } } }".to_owned(),
            |things| json!({ "id": things.award }),
        ),
        case(
            "pointsEntry",
            format!("query($id: ID!) {{ answer: pointsEntry(id: $id) {{ id transferId transfer {{ {TRANSFER} }} }} }}"),
            |things| json!({ "id": things.transfer }),
        ),
        case(
            "member",
            "query($by: MemberBy!) { answer: member(by: $by) { id points { lots { id entryId entry { id memberId reason } } } } }"
                .to_owned(),
            |things| json!({ "by": { "id": things.member } }),
        ),
        case(
            "pointsHold",
            "query($id: ID!) { answer: pointsHold(id: $id) { id memberId amount reason } }".to_owned(),
            |things| json!({ "id": things.hold }),
        ),
        case("pointsAward", entry("pointsAward"), |things| input(things, moving(things))),
        case(
            "pointsAwardBulk",
            mutation("pointsAwardBulk", "outcomes { entryId userErrors { field code } }"),
            |things| input(things, json!({ "awards": [moving(things)] })),
        ),
        case("pointsDeduct", entry("pointsDeduct"), |things| input(things, moving(things))),
        case("pointsTransfer", mutation("pointsTransfer", &format!("transfer {{ {TRANSFER} }}")), |things| {
            input(things, giving(things, things))
        })
        .tried_as(|things, own| mixed(things, own, giving)),
        case("pointsReverse", entry("pointsReverse"), |things| {
            input(things, json!({ "entryId": things.deduction, "reason": "Taken by mistake" }))
        }),
        case("pointsReverse", entry("pointsReverse"), |things| {
            let key = format!("{} again", things.idempotency_key);
            unkeyed(json!({ "entryId": things.transfer, "reason": "Given by mistake", "idempotencyKey": key }))
        }),
        case("pointsHoldCreate", hold("pointsHoldCreate"), |things| input(things, moving(things))),
        case("pointsHoldCapture", hold("pointsHoldCapture"), |things| input(things, json!({ "holdId": things.hold }))),
        case("pointsHoldRelease", hold("pointsHoldRelease"), |things| input(things, json!({ "holdId": things.hold }))),
        case("pointsUnfreeze", mutation("pointsUnfreeze", "member { id pointsBalance }"), |things| {
            input(things, json!({ "memberId": things.member }))
        }),
    ]
}

/// The giver is of one tenant, the other of the same or another one.
fn giving(giver: &Things, other: &Things) -> Value {
    json!({ "fromMemberId": giver.member, "toMemberId": other.loner, "amount": 5, "reason": "Both like it" })
}

/// Both of the other tenant, and each with one's own. Each has a key of its own, or all but one were refused for that.
fn mixed(things: &Things, own: &Things, fields: fn(&Things, &Things) -> Value) -> Vec<Value> {
    let keyed = |fields: Value| json!({ "input": given::with(fields, json!({ "idempotencyKey": absent_id("key") })) });
    vec![input(things, fields(things, things)), keyed(fields(own, things)), keyed(fields(things, own))]
}

fn moving(things: &Things) -> Value {
    json!({ "memberId": things.member, "amount": 5, "reason": "Both like it" })
}

impl Maker {
    /// Gives points to the member, takes some and sets some aside; gives the ids of what did so.
    pub(super) async fn points(&self, reason: &str, member: &Value) -> (String, String, String) {
        let input = |amount: i64| {
            let key = format!("{reason}-{amount}");
            json!({ "input": { "memberId": member["id"], "amount": amount, "reason": reason, "idempotencyKey": key } })
        };
        let award = self.client.run("PointsAward", input(100)).await;
        let deduction = self.client.run("PointsDeduct", input(20)).await;
        let hold = self.client.run("PointsHoldCreate", input(30)).await;
        let id = |thing: &Value| text(&thing["id"]);
        (
            id(&award.payload("pointsAward")["entry"]),
            id(&deduction.payload("pointsDeduct")["entry"]),
            id(&hold.payload("pointsHoldCreate")["hold"]),
        )
    }

    /// Lets the member give the other one a few points; gives the id of the giver's entry.
    pub(super) async fn transferred(&self, reason: &str, (member, other): (&Value, &Value)) -> String {
        self.send("PointsPolicyUpdate", json!({ "transfersEnabled": true }), reason).await;
        let present = json!({ "fromMemberId": member["id"], "toMemberId": other["id"], "amount": 2, "reason": reason });
        text(&self.send("PointsTransfer", present, reason).await["transfer"]["sent"]["id"])
    }

    /// As the checker does with an account that does not add up; this one does.
    pub(super) async fn freeze(&self, member: &str) {
        let database = self.installation.database().await;
        let id = database.literal(harness::uuid_of(member));
        let frozen = "UPDATE points_accounts SET frozen_at = posted_at WHERE member_id = ";
        assert_eq!(database.execute(&format!("{frozen}{id}")).await, 1);
    }
}
