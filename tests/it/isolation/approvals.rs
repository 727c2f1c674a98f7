//! The cases about points by hand that wait for a second person.

use harness::Client;
use serde_json::{Value, json};

use super::cases::{Case, Promise, case, input, mutation};
use super::maker::{Maker, next_number, text};
use super::things::Things;

/// All of a request that rows are read for.
const APPROVAL: &str =
    "id state kind memberId toMemberId amount reason askedById decidedById decision entry { id reason }";

/// Those that name nothing.
pub(super) fn roots() -> Vec<Case> {
    let list = format!("totalCount pageInfo {{ hasNextPage }} nodes {{ {APPROVAL} }}");
    [("pointsPolicy", "lifetimeMonths source approvalAbove transfersEnabled".to_owned()), ("pointsApprovals", list)]
        .map(|(operation, selection)| Case {
            promise: Promise::OwnOnly,
            ..case(operation, format!("query {{ answer: {operation} {{ {selection} }} }}"), |_| json!({}))
        })
        .into()
}

pub(super) fn of_approvals() -> Vec<Case> {
    let deciding = |operation| mutation(operation, &format!("approval {{ {APPROVAL} }}"));
    vec![
        case(
            "pointsApproval",
            format!("query($id: ID!) {{ answer: pointsApproval(id: $id) {{ {APPROVAL} }} }}"),
            |things| json!({ "id": things.approval }),
        ),
        case(
            "pointsApprovals",
            "query($id: ID!) { answer: pointsApprovals(filter: { memberId: $id }) { totalCount nodes { id reason } } }"
                .to_owned(),
            |things| json!({ "id": things.member }),
        ),
        case(
            "pointsApprovals",
            format!("query($after: String!) {{ answer: pointsApprovals(after: $after) {{ nodes {{ {APPROVAL} }} }} }}"),
            |things| json!({ "after": things.approvals_cursor }),
        ),
        case("pointsApprovalApprove", deciding("pointsApprovalApprove"), |things| input(things, named(things))),
        case("pointsApprovalReject", deciding("pointsApprovalReject"), |things| {
            input(things, json!({ "approvalId": things.approval, "reason": "Both like it" }))
        }),
        case("pointsApprovalWithdraw", deciding("pointsApprovalWithdraw"), |things| {
            input(things, json!({ "approvalId": things.own_approval }))
        }),
        // It names nothing: whoever changes a policy changes their own.
        case("pointsPolicyUpdate", mutation("pointsPolicyUpdate", "pointsPolicy { approvalAbove }"), |things| {
            input(things, json!({ "approvalAbove": 77_777 }))
        }),
    ]
}

fn named(things: &Things) -> Value {
    json!({ "approvalId": things.approval })
}

impl Maker {
    /// Points that wait for a second person: more than others are given, and too few to move the member by.
    pub(super) async fn asked_for(&self, things: Things) -> Things {
        let limit = json!({ "approvalAbove": 200, "idempotencyKey": format!("limit {}", next_number()) });
        self.client.run("PointsPolicyUpdate", json!({ "input": limit })).await.payload("pointsPolicyUpdate");
        let approval = self.ask(&self.client, &things).await;
        let document = "{ list: pointsApprovals(first: 1) { pageInfo { endCursor } } }";
        Things { approval, approvals_cursor: self.cursor(document, "list").await, ..things }
    }

    /// The same, by the person of the cases, in a session that ends at once: they have others.
    pub(super) async fn asked_for_by_the_person(&self, things: Things) -> Things {
        let person = self.sign_in(&self.person).await;
        let own_approval = self.ask(&person, &things).await;
        person.run("SignOut", json!({ "input": {} })).await;
        Things { own_approval, ..things }
    }

    async fn ask(&self, client: &Client, things: &Things) -> String {
        let document = "mutation($input: PointsAwardInput!) { pointsAward(input: $input) { approval { id } } }";
        let key = format!("{} asks {}", self.mark, next_number());
        let input = json!({ "memberId": things.member, "amount": 300, "reason": key, "idempotencyKey": key });
        text(client.query(document, json!({ "input": input })).await.data("pointsAward.approval.id"))
    }
}
