//! Who is a second person, and who is not.

use std::time::Duration;

use harness::{Client, Role, TestApp, absent_id, run};
use serde_json::{Value, json};

use super::super::{balances_of, members, unlimited};
use super::{approved, asked, decided, limited, shown};
use crate::given;
use crate::partner_keys::key;

const ONLY_WRITES: [&str; 3] = ["points:read", "points:write", "members:read"];

/// Neither lets the client approve nor reject, for this reason.
async fn decides_nothing(client: &Client, approval: &str, expected: &str) {
    for (verb, field) in [("Approve", "pointsApprovalApprove"), ("Reject", "pointsApprovalReject")] {
        let answer = decided(client, verb, approval, &format!("{expected} {verb} {approval}")).await;
        match answer.error_codes().as_slice() {
            [] => assert_eq!(answer.user_errors(field), [format!("{expected} at approvalId")], "{verb}"),
            codes => assert_eq!(codes, [expected], "{verb}: {}", answer.raw),
        }
    }
    assert_eq!(shown(client, approval).await["state"], "PENDING");
}

#[test]
fn nobody_is_their_own_second_person_not_even_behind_a_key() {
    run(async {
        let app = unlimited(TestApp::with()).start().await;
        let tenant = app.tenant("second-person").await;
        let (owner, maker) = (tenant.owner().await, tenant.staff(Role::Owner).await);
        let (first, second) = (tenant.staff(Role::Admin).await, tenant.staff(Role::Admin).await);
        let member = members(&owner, 1).await.remove(0);
        limited(&owner, json!(10)).await;

        let own = asked(&owner, &member, 11, "own").await;
        decides_nothing(&owner, &own, "SELF_APPROVAL").await;

        // Whoever makes a key or gives it another secret can use it.
        let made = key(&maker, json!({ "scopes": ONLY_WRITES })).await;
        let by_key = asked(&maker.with_token(&made.secret), &member, 12, "key").await;
        decides_nothing(&maker, &by_key, "SELF_APPROVAL").await;
        let rotate = async |client: &Client| {
            let answer = client.run("PartnerKeyRotate", json!({ "input": { "id": made.id } })).await;
            client.with_token(answer.payload("partnerKeyRotate")["secret"].as_str().unwrap())
        };
        let first_secret = rotate(&first).await;
        let by_first = asked(&first_secret, &member, 13, "rotated").await;
        decides_nothing(&first, &by_first, "SELF_APPROVAL").await;
        decides_nothing(&maker, &by_first, "SELF_APPROVAL").await;
        let second_secret = rotate(&second).await;
        // The secret before is good for a day.
        let by_old = asked(&first_secret, &member, 14, "old").await;
        let by_new = asked(&second_secret, &member, 15, "new").await;
        for approval in [&by_old, &by_new] {
            decides_nothing(&first, approval, "SELF_APPROVAL").await;
            decides_nothing(&second, approval, "SELF_APPROVAL").await;
        }
        assert_eq!(shown(&owner, &by_new).await["askedById"], made.id);
        assert_eq!(balances_of(&owner, &member).await.issued, 0);

        // Others are; whoever rotated later had no secret when the first of them was asked for.
        approved(&first, &by_key, "yes").await.payload("pointsApprovalApprove");
        approved(&second, &by_first, "yes").await.payload("pointsApprovalApprove");
        approved(&owner, &by_old, "yes").await.payload("pointsApprovalApprove");
        approved(&maker, &own, "yes").await.payload("pointsApprovalApprove");
        let rejected = decided(&owner, "Reject", &by_new, "no").await;
        let rejected = rejected.payload("pointsApprovalReject")["approval"].clone();
        assert_eq!((&rejected["state"], &rejected["decision"]), (&json!("REJECTED"), &json!("Too many")));
        assert_eq!(rejected["entry"], Value::Null);
        assert_eq!(balances_of(&owner, &member).await.issued, 11 + 12 + 13 + 14);
    });
}

#[test]
fn only_people_who_may_and_have_just_proved_who_they_are_decide() {
    run(async {
        let app = unlimited(TestApp::with().with_movable_clock()).start().await;
        let tenant = app.tenant("who-decides").await;
        let (owner, finance) = (tenant.owner().await, tenant.staff(Role::Finance).await);
        let member = members(&owner, 1).await.remove(0);
        limited(&owner, json!(10)).await;
        let approval = asked(&owner, &member, 11, "ask").await;
        for role in [Role::Operator, Role::Moderator, Role::Analyst] {
            decides_nothing(&tenant.staff(role).await, &approval, "FORBIDDEN").await;
        }
        let partner = key(&owner, json!({ "scopes": ONLY_WRITES })).await;
        decides_nothing(&owner.with_token(&partner.secret), &approval, "FORBIDDEN").await;
        let input = json!({ "name": "Approver", "scopes": ["points:approve"] });
        let answer = owner.run("PartnerKeyCreate", json!({ "input": input })).await;
        assert_eq!(answer.user_errors("partnerKeyCreate"), ["INVALID at scopes.0"]);
        app.installation().advance_clock(Duration::from_secs(6 * 60));
        decides_nothing(&finance, &approval, "STEP_UP_REQUIRED").await;
        given::proved_anew(&finance).await;
        for (id, expected) in [(absent_id("apr"), "NOT_FOUND"), ("apr_".to_owned(), "INVALID")] {
            let answer = approved(&finance, &id, expected).await;
            assert_eq!(answer.user_errors("pointsApprovalApprove"), [format!("{expected} at approvalId")]);
        }
        approved(&finance, &approval, "yes").await.payload("pointsApprovalApprove");
    });
}

#[test]
fn only_whoever_asked_takes_a_request_back_and_a_confined_key_sees_those_of_its_communities() {
    run(async {
        let app = TestApp::shared().await;
        let tenant = app.tenant("take-back").await;
        let (owner, other) = (tenant.owner().await, tenant.staff(Role::Owner).await);
        let ids = members(&owner, 2).await;
        limited(&owner, json!(0)).await;
        let community = given::community(&owner, "Readers").await;
        given::joined(&owner, &community, &json!({ "id": ids[0] }), "ORDINARY").await;
        let confined = key(&owner, json!({ "scopes": ONLY_WRITES, "communityIds": [community["id"]] })).await;
        let confined = owner.with_token(&confined.secret);
        let (inside, outside) = (asked(&confined, &ids[0], 1, "a").await, asked(&owner, &ids[1], 1, "b").await);
        let answer = super::award(&confined, &ids[1], 1, "c").await;
        assert_eq!(answer.user_errors("pointsAward"), ["NOT_FOUND at memberId"]);
        let list = confined.run("PointsApprovalList", json!({})).await;
        assert_eq!(list.data("pointsApprovals.totalCount"), 1);
        assert_eq!(list.data("pointsApprovals.edges.0.node.id"), &json!(inside));
        assert_eq!(shown(&confined, &outside).await, Value::Null);

        for (client, approval, expected) in [
            (&owner, &inside, "ASKED_BY_ANOTHER"),
            (&other, &outside, "ASKED_BY_ANOTHER"),
            (&confined, &outside, "NOT_FOUND"),
        ] {
            let answer = decided(client, "Withdraw", approval, expected).await;
            assert_eq!(answer.user_errors("pointsApprovalWithdraw"), [format!("{expected} at approvalId")]);
        }
        for (client, approval) in [(&confined, &inside), (&owner, &outside)] {
            let answer = decided(client, "Withdraw", approval, "mine").await;
            let shown = &answer.payload("pointsApprovalWithdraw")["approval"];
            assert_eq!(shown["state"], "WITHDRAWN");
            assert_eq!(shown["decidedById"], shown["askedById"]);
            let answer = approved(&other, approval, &format!("late {approval}")).await;
            assert_eq!(answer.user_errors("pointsApprovalApprove"), ["CLOSED at approvalId"]);
        }
    });
}
