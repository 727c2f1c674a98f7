//! Who stands before whom, and what counts.

use harness::{TestApp, run};
use serde_json::json;

use super::{Club, unique};
use crate::given;
use crate::growth::reversed;
use crate::growth::time::pass;
use crate::points::{entries_of, unlimited};

const MONTH: (&str, Option<&str>) = ("MONTH", None);

#[test]
fn more_points_stand_first_and_of_as_many_those_that_were_there_first() {
    run(async {
        let app = unlimited(TestApp::with().with_movable_clock()).start().await;
        let club = Club::lasting(&app, &app.tenant("board-order").await, 5).await;
        club.award(0, 10).await;
        pass(&app, 1);
        club.award(1, 10).await;
        club.award(2, 20).await;
        club.shows(MONTH, &[(2, 20), (0, 10), (1, 10)]).await;
        pass(&app, 1);
        let last = club.award(0, 10).await;
        let board = club.shows(MONTH, &[(2, 20), (0, 20), (1, 10)]).await;
        let entries = entries_of(&club.client, &club.members[0]).await;
        assert_eq!(entries[1]["id"], last);
        assert_eq!(board[1]["reachedAt"], entries[1]["postedAt"]);

        // Given at one moment: the smaller id first.
        let awards = [3, 4].map(|place| json!({ "memberId": club.members[place], "amount": 15, "reason": "Thanks" }));
        let input = json!({ "awards": awards, "idempotencyKey": unique() });
        club.client.run("PointsAwardBulk", json!({ "input": input })).await.payload("pointsAwardBulk");
        let (first, second) = if club.members[3] < club.members[4] { (3, 4) } else { (4, 3) };
        club.shows(MONTH, &[(2, 20), (0, 20), (first, 15), (second, 15), (1, 10)]).await;

        // What is left after a reversal was reached by the reversal.
        pass(&app, 1);
        reversed(&club.client, &last).await;
        let board = club.shows(MONTH, &[(2, 20), (first, 15), (second, 15), (1, 10), (0, 10)]).await;
        let entries = entries_of(&club.client, &club.members[0]).await;
        assert_eq!(board[4]["reachedAt"], entries[2]["postedAt"]);
        for (rank, entry) in (1..).zip(&board) {
            let standing = club.standing("MONTH", None, entry["memberId"].as_str().unwrap()).await;
            assert_eq!((&standing["rank"], &standing["points"]), (&json!(rank), &entry["points"]));
            assert_eq!(standing["member"]["id"], entry["memberId"]);
        }
    });
}

#[test]
fn what_is_earned_counts_also_while_it_is_pending_and_nothing_that_is_spent_or_taken() {
    run(async {
        let app = TestApp::shared().await;
        let club = Club::open(app, "board-earned", 4).await;
        for place in 0..3 {
            club.award(place, 50 + place as i64).await;
        }
        let input = |more| given::with(json!({ "memberId": club.members[0], "idempotencyKey": unique() }), more);
        let run = async |operation: &str, field: &str, more| {
            club.client.run(operation, json!({ "input": input(more) })).await.payload(field).clone()
        };
        let taken = json!({ "amount": 20, "reason": "Taken" });
        let deduction = run("PointsDeduct", "pointsDeduct", taken.clone()).await["entry"]["id"].clone();
        let hold = run("PointsHoldCreate", "pointsHoldCreate", taken).await["hold"]["id"].clone();
        let input = json!({ "input": { "holdId": hold, "idempotencyKey": unique() } });
        club.client.run("PointsHoldCapture", input).await.payload("pointsHoldCapture");
        reversed(&club.client, &deduction).await;
        let later =
            json!({ "amount": 7, "reason": "Later", "availableAt": "2040-01-01T00:00:00Z", "expiresOn": "2041-01-01" });
        run("PointsAward", "pointsAward", later).await;
        let all = club.award(2, 1).await;
        reversed(&club.client, &all).await;
        for period in ["DAY", "WEEK", "MONTH"] {
            club.shows((period, None), &[(0, 57), (2, 52), (1, 51)]).await;
            assert!(club.standing(period, None, &club.members[3]).await.is_null(), "who has none is not on the board");
        }
    });
}

#[test]
fn who_leaves_is_off_the_board_and_who_comes_back_is_where_they_were() {
    run(async {
        let app = TestApp::shared().await;
        let club = Club::open(app, "board-leaving", 3).await;
        for place in 0..3 {
            club.award(place, 30 - place as i64).await;
        }
        club.shows(MONTH, &[(0, 30), (1, 29), (2, 28)]).await;
        let member = json!({ "communityId": club.community["id"], "memberId": club.members[0] });
        club.owner.run("CommunityMemberRemove", json!({ "input": member })).await.payload("communityMemberRemove");
        // At once: who belongs to a community is asked when the board is read.
        let board = club.board("MONTH", None, 100).await;
        assert_eq!(board.iter().map(super::place).collect::<Vec<_>>()[0], (club.members[1].clone(), 29));
        assert_eq!(board.len(), 2);
        assert!(club.standing("MONTH", None, &club.members[0]).await.is_null());
        club.award(0, 1).await;
        given::joined(&club.owner, &club.community, &json!({ "id": club.members[0] }), "CORE").await;
        club.shows(MONTH, &[(0, 31), (1, 29), (2, 28)]).await;

        // A board is of a community, and points are the tenant's: in another one they count too.
        let other = given::community(&club.owner, "Elsewhere").await;
        given::joined(&club.owner, &other, &json!({ "id": club.members[2] }), "ORDINARY").await;
        let elsewhere = Club { community: other, ..club };
        elsewhere.shows(MONTH, &[(2, 28)]).await;
    });
}
