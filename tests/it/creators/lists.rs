//! What is found of what was handed in, page by page.

use harness::{TestApp, absent_id, run};
use serde_json::{Value, json};

use super::{approved, editor, review, submitted, withdraw};
use crate::given;
use crate::points::text;

#[test]
fn submissions_are_found_by_state_member_community_and_kind_the_newest_first() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("sub-found").await.owner().await;
        let client = editor(&owner, json!({})).await;
        let community = given::community(&owner, "Hikers").await["id"].clone();
        let mut ids = Vec::new();
        for name in ["Li Lei", "Han Meimei"] {
            let member = given::member(&owner, name).await;
            given::joined(&owner, &json!({ "id": community }), &member, "ORDINARY").await;
            ids.push(text(&member["id"]));
        }
        let mut made = Vec::new();
        for (whose, kind, place) in [
            (0, "TEXT", json!(null)),
            (0, "VIDEO", community.clone()),
            (1, "TEXT", community.clone()),
            (1, "OTHER", json!(null)),
            (0, "TEXT", community.clone()),
            (1, "VIDEO", json!(null)),
        ] {
            made.push(submitted(&client, &ids[whose], json!({ "kind": kind, "communityId": place })).await);
        }
        let note = json!({ "note": "No" });
        review(&client, &made[0], "REJECT", note.clone()).await.payload("submissionReview");
        review(&client, &made[1], "REQUEST_CHANGES", note).await.payload("submissionReview");
        approved(&client, &made[2], 70).await;
        withdraw(&client, &made[3]).await.payload("submissionWithdraw");
        let listed = async |filter: Value| -> Vec<String> {
            let answer = client.run("SubmissionList", json!({ "filter": filter })).await;
            let edges = answer.data("submissions.edges").as_array().unwrap();
            assert_eq!(answer.data("submissions.totalCount"), edges.len(), "{filter}");
            edges.iter().map(|edge| text(&edge["node"]["id"])).collect()
        };
        let expected = |places: &[usize]| places.iter().map(|place| text(&made[*place]["id"])).collect::<Vec<_>>();
        for (filter, places) in [
            (json!(null), &[5, 4, 3, 2, 1, 0][..]),
            (json!({}), &[5, 4, 3, 2, 1, 0]),
            (json!({ "state": "SUBMITTED" }), &[5, 4]),
            (json!({ "state": "CHANGES_REQUESTED" }), &[1]),
            (json!({ "state": "APPROVED" }), &[2]),
            (json!({ "state": "REJECTED" }), &[0]),
            (json!({ "state": "WITHDRAWN" }), &[3]),
            (json!({ "memberId": ids[0] }), &[4, 1, 0]),
            (json!({ "communityId": community }), &[4, 2, 1]),
            (json!({ "kind": "VIDEO" }), &[5, 1]),
            (json!({ "kind": "AUDIO" }), &[]),
            (json!({ "memberId": ids[0], "communityId": community, "kind": "TEXT", "state": "SUBMITTED" }), &[4]),
            (json!({ "memberId": absent_id("mbr") }), &[]),
            (json!({ "communityId": absent_id("com") }), &[]),
        ] {
            assert_eq!(listed(filter.clone()).await, expected(places), "{filter}");
        }
        let wrong = client.run("SubmissionList", json!({ "filter": { "memberId": "Li Lei" } })).await;
        assert_eq!(wrong.error_codes(), ["ID_INVALID"]);
    });
}

#[test]
fn pages_go_on_where_the_one_before_ended_both_ways() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("sub-pages").await.owner().await;
        let client = editor(&owner, json!({})).await;
        let ids = crate::points::members(&owner, 2).await;
        let mut made = Vec::new();
        for number in 0..7 {
            let whose = usize::from(number == 3);
            made.push(submitted(&client, &ids[whose], json!({ "title": format!("Work {number}") })).await);
        }
        let page = async |variables: Value| {
            let filter = json!({ "filter": { "memberId": ids[0] } });
            let answer = client.run("SubmissionList", given::with(filter, variables)).await;
            answer.data("submissions").clone()
        };
        let titles = |page: &Value| -> Vec<String> {
            super::each(&page["edges"], "node").iter().map(|node| text(&node["title"])).collect()
        };
        let first = page(json!({ "first": 4 })).await;
        assert_eq!(titles(&first), ["Work 6", "Work 5", "Work 4", "Work 2"]);
        assert_eq!((&first["totalCount"], &first["pageInfo"]["hasNextPage"]), (&json!(6), &json!(true)));
        // What comes meanwhile is in front, and moves nothing behind it.
        submitted(&client, &ids[0], json!({})).await;
        let rest = page(json!({ "first": 4, "after": first["pageInfo"]["endCursor"] })).await;
        assert_eq!(titles(&rest), ["Work 1", "Work 0"]);
        assert_eq!(rest["pageInfo"]["hasNextPage"], false);
        let back = page(json!({ "last": 2, "before": rest["pageInfo"]["startCursor"] })).await;
        assert_eq!(titles(&back), ["Work 4", "Work 2"]);
        // The member's own list is the same, and its cursors are its own.
        let asked = json!({ "by": { "id": ids[0] }, "first": 3 });
        let answer = client.run("MemberSubmissions", asked).await;
        let own = answer.data("member.submissions");
        assert_eq!(titles(own), ["A walk", "Work 6", "Work 5"]);
        assert_eq!(own["totalCount"], 7);
        let asked = json!({ "by": { "id": ids[0] }, "first": 5, "after": own["pageInfo"]["endCursor"] });
        let answer = client.run("MemberSubmissions", asked).await;
        assert_eq!(titles(answer.data("member.submissions")), ["Work 4", "Work 2", "Work 1", "Work 0"]);
        let foreign = json!({ "after": own["pageInfo"]["endCursor"] });
        assert_eq!(client.run("SubmissionList", foreign).await.error_codes(), ["CURSOR_INVALID"]);

        let document =
            "query($ids: [ID!]!) { nodes(ids: $ids) { id ... on Submission { title revisions { revision } } } }";
        let asked = json!([made[0]["id"], absent_id("sbm"), made[3]["id"]]);
        let answer = client.query(document, json!({ "ids": asked })).await;
        assert_eq!((answer.data("nodes.0.title"), answer.data("nodes.2.title")), (&json!("Work 0"), &json!("Work 3")));
        assert!(answer.data("nodes.1").is_null());
    });
}
