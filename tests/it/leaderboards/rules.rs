//! Who sees a board, and what is refused.

use harness::{TestApp, absent_id, run};
use serde_json::{Value, json};

use super::Club;
use crate::given;
use crate::partner_keys::key;

#[test]
fn a_community_that_is_not_there_or_is_anothers_has_no_board() {
    run(async {
        let app = TestApp::shared().await;
        let (club, other) = (Club::open(app, "board-own", 1).await, Club::open(app, "board-foreign", 1).await);
        club.award(0, 5).await;
        club.shows(("DAY", None), &[(0, 5)]).await;
        for id in [json!(absent_id("com")), other.community["id"].clone()] {
            let answer = club.client.run("Leaderboard", json!({ "communityId": id, "period": "DAY" })).await;
            assert_eq!(answer.data("leaderboard"), &Value::Null);
        }
        for member in [absent_id("mbr"), other.members[0].clone()] {
            assert!(club.standing("DAY", None, &member).await.is_null());
        }
        let answer = club.client.run("Leaderboard", json!({ "communityId": "com_1", "period": "DAY" })).await;
        assert_eq!(answer.error_codes(), ["ID_INVALID"]);
        // A cursor is of one board.
        let page = club.page("DAY", None, json!({})).await;
        let after = page["entries"]["pageInfo"]["endCursor"].clone();
        let which = json!({ "communityId": club.community["id"], "period": "WEEK", "after": after });
        let answer = club.client.run("Leaderboard", which).await;
        assert_eq!(answer.error_codes(), ["CURSOR_INVALID"]);
    });
}

#[test]
fn a_restricted_key_sees_the_boards_of_its_communities_whole() {
    run(async {
        let app = TestApp::shared().await;
        let club = Club::open(app, "board-restricted", 3).await;
        for place in 0..3 {
            club.award(place, 30 - place as i64).await;
        }
        let other = given::community(&club.owner, "Elsewhere").await;
        given::joined(&club.owner, &other, &json!({ "id": club.members[0] }), "ORDINARY").await;
        let scopes = json!({ "scopes": ["points:read"], "communityIds": [club.community["id"]] });
        let restricted = club.owner.with_token(&key(&club.owner, scopes).await.secret);
        let seen =
            Club { client: restricted.clone(), owner: club.owner, community: club.community, members: club.members };
        let expected = [(0, 30), (1, 29), (2, 28)];
        seen.shows(("MONTH", None), &expected).await;
        let answer = restricted.run("Leaderboard", json!({ "communityId": other["id"], "period": "MONTH" })).await;
        assert_eq!(answer.data("leaderboard"), &Value::Null);
        // Who may read points and not members sees ids.
        let which = json!({ "communityId": seen.community["id"], "period": "MONTH", "memberId": seen.members[1] });
        let answer = restricted.run("LeaderboardStanding", which).await;
        assert_eq!(answer.error_codes(), ["FORBIDDEN"]);
        let standing = answer.partial("leaderboard.standing");
        assert_eq!((&standing["rank"], &standing["member"]), (&json!(2), &Value::Null));
        assert_eq!(standing["memberId"], seen.members[1]);
    });
}

#[test]
fn a_board_is_of_its_time_when_nothing_waits_to_be_counted() {
    run(async {
        let app = TestApp::shared().await;
        let club = Club::open(app, "board-time", 1).await;
        let before = club.page("DAY", None, json!({})).await["asOf"].clone();
        club.award(0, 5).await;
        let board = club.shows(("DAY", None), &[(0, 5)]).await;
        let after = club.page("DAY", None, json!({})).await["asOf"].clone();
        assert!(before.as_str() < board[0]["reachedAt"].as_str() && board[0]["reachedAt"].as_str() < after.as_str());
    });
}
