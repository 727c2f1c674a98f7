//! From the first revision to the last word.

use harness::{TestApp, run};
use serde_json::json;

use super::{approve, approved, each, editor, marks, reopen, review, revise, shown, submitted, withdraw};
use crate::given;
use crate::points::{members, text};

#[test]
fn a_submission_is_revised_until_it_is_approved_and_every_word_of_it_stays() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("sub-life").await.owner().await;
        let client = editor(&owner, json!({})).await;
        let (member, community) = (given::member(&owner, "Li Lei").await, given::community(&owner, "Hikers").await);
        given::joined(&owner, &community, &member, "CORE").await;
        let links = json!(["https://mp.example.com/s/walk?x=1#top", "http://例子.example/图"]);
        let changes = json!({ "communityId": community["id"], "kind": "PICTURES", "title": "  A walk ",
            "body": "Up the hill.\r\nAnd down.", "links": links, "reference": "post-1" });
        let made = submitted(&client, &text(&member["id"]), changes).await;
        for (field, value) in [
            ("memberId", member["id"].clone()),
            ("communityId", community["id"].clone()),
            ("kind", json!("PICTURES")),
            ("title", json!("A walk")),
            ("body", json!("Up the hill.\nAnd down.")),
            ("links", links),
            ("reference", json!("post-1")),
            ("state", json!("SUBMITTED")),
            ("revision", json!(1)),
            ("pointsPaid", json!("0")),
            ("qualityScore", json!(null)),
            ("earningEventId", json!(null)),
            ("reviewedAt", json!(null)),
            ("reviews", json!([])),
        ] {
            assert_eq!(made[field], value, "{field}");
        }
        assert_eq!(made["submittedAt"], made["revisedAt"]);

        // Whoever hands in notices a mistake before anybody looks.
        let answer = revise(&client, &made, json!({ "title": "Two walks", "body": "Up." })).await;
        let second = answer.payload("submissionRevise")["submission"].clone();
        assert_eq!((&second["revision"], &second["links"]), (&json!(2), &json!([])));
        let asked = json!({ "note": "Say where.\nAnd when." });
        let answer = review(&client, &second, "REQUEST_CHANGES", asked).await;
        let asked = &answer.payload("submissionReview")["submission"];
        assert_eq!(
            (&asked["state"], &asked["note"], &asked["qualityScore"]),
            (&json!("CHANGES_REQUESTED"), &json!("Say where.\nAnd when."), &json!(null))
        );
        let answer = revise(
            &client,
            asked,
            json!({ "title": "Two walks in Chengdu", "body": null, "links":
            ["https://a.example"] }),
        )
        .await;
        let third = &answer.payload("submissionRevise")["submission"];
        assert_eq!(
            (&third["state"], &third["revision"], &third["body"]),
            (&json!("SUBMITTED"), &json!(3), &json!(null))
        );

        // 40 × 90 + 40 × 70 + 20 × 53, of a hundred.
        let said = json!({ "marks": marks([90, 70, 53]), "note": "Well done." });
        let answer = review(&client, third, "APPROVE", said).await;
        let done = answer.payload("submissionReview")["submission"].clone();
        assert_eq!(
            (&done["state"], &done["qualityScore"], &done["note"]),
            (&json!("APPROVED"), &json!(75), &json!("Well done."))
        );
        assert_eq!(each(&done["revisions"], "revision"), [3, 2, 1]);
        assert_eq!(each(&done["revisions"], "title"), ["Two walks in Chengdu", "Two walks", "A walk"]);
        assert_eq!(each(&done["revisions"], "body"), [json!(null), json!("Up."), json!("Up the hill.\nAnd down.")]);
        assert_eq!(each(&done["reviews"], "decision"), ["APPROVE", "REQUEST_CHANGES"]);
        assert_eq!(each(&done["reviews"], "revision"), [3, 2]);
        let last = &done["reviews"][0];
        let weighed = json!([{ "criterion": "ORIGINALITY", "mark": 90, "weight": 40 },
            { "criterion": "USEFULNESS", "mark": 70, "weight": 40 },
            { "criterion": "PRESENTATION", "mark": 53, "weight": 20 }]);
        assert_eq!((&last["marks"], &last["qualityScore"]), (&weighed, &json!(75)));
        assert_eq!(
            (&last["levelCode"], &last["percent"], &last["programmeVersion"]),
            (&json!("NEWCOMER"), &json!(100), &json!(0))
        );
        assert!(text(&last["reviewedById"]).starts_with("key_"), "{last}");
        assert_eq!(last["reviewedAt"], done["reviewedAt"]);
        // Nobody has a rule, and the event is kept all the same.
        assert_eq!((&done["pointsPaid"], done["earningEventId"].is_string()), (&json!("0"), true));
        assert_eq!(shown(&client, &made).await, done);
    });
}

#[test]
fn what_was_decided_or_withdrawn_is_closed_until_somebody_opens_it_again() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("sub-closed").await.owner().await;
        let client = editor(&owner, json!({})).await;
        let member = members(&owner, 1).await.remove(0);
        let closed = ["CLOSED at submissionId"];
        let mut made = Vec::new();
        for _ in 0..4 {
            made.push(submitted(&client, &member, json!({})).await);
        }
        let (withdrawn, rejected, wanting) = (&made[0], &made[1], &made[2]);
        let answer = withdraw(&client, withdrawn).await;
        assert_eq!(answer.payload("submissionWithdraw")["submission"]["state"], "WITHDRAWN");
        let note = json!({ "note": "Not now" });
        let answer = review(&client, rejected, "REJECT", note.clone()).await;
        assert_eq!(answer.payload("submissionReview")["submission"]["state"], "REJECTED");
        review(&client, wanting, "REQUEST_CHANGES", note.clone()).await.payload("submissionReview");
        approved(&client, &made[3], 50).await;
        for (place, submission) in made.iter().enumerate() {
            let before = shown(&client, submission).await;
            // What waits for a revision has nothing new to be looked at.
            for verdict in ["APPROVE", "REQUEST_CHANGES", "REJECT"] {
                let changes = json!({ "marks": marks([50; 3]), "note": "Once more" });
                let answer = review(&client, submission, verdict, changes).await;
                assert_eq!(answer.user_errors("submissionReview"), closed, "{place} {verdict}");
            }
            if place != 2 {
                let answer = revise(&client, submission, json!({})).await;
                assert_eq!(answer.user_errors("submissionRevise"), closed, "{place}");
                assert_eq!(withdraw(&client, submission).await.user_errors("submissionWithdraw"), closed, "{place}");
            }
            assert_eq!(shown(&client, submission).await, before, "{place}");
        }
        for submission in [withdrawn, wanting] {
            assert_eq!(reopen(&client, submission).await.user_errors("submissionReopen"), closed);
        }
        let answer = withdraw(&client, wanting).await;
        assert_eq!(answer.payload("submissionWithdraw")["submission"]["state"], "WITHDRAWN");
        assert_eq!(reopen(&client, wanting).await.user_errors("submissionReopen"), closed);
        // A rejection was not the last word.
        let answer = reopen(&client, rejected).await;
        let open = answer.payload("submissionReopen")["submission"].clone();
        assert_eq!((&open["state"], &open["note"]), (&json!("SUBMITTED"), &json!("Copied")));
        assert_eq!(each(&open["reviews"], "decision"), ["REOPEN", "REJECT"]);
        assert_eq!(approved(&client, &open, 61).await["qualityScore"], 61);
    });
}

#[test]
fn only_the_latest_revision_is_reviewed() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("sub-latest").await.owner().await;
        let client = editor(&owner, json!({})).await;
        let member = members(&owner, 1).await.remove(0);
        let first = submitted(&client, &member, json!({})).await;
        let answer = revise(&client, &first, json!({})).await;
        let second = answer.payload("submissionRevise")["submission"].clone();
        assert_eq!(
            approve(&client, &first, 80).await.user_errors("submissionReview"),
            ["VERSION_CONFLICT at revision"]
        );
        let third = given::with(second.clone(), json!({ "revision": 3 }));
        assert_eq!(
            approve(&client, &third, 80).await.user_errors("submissionReview"),
            ["VERSION_CONFLICT at revision"]
        );
        assert_eq!(approved(&client, &second, 80).await["reviews"][0]["revision"], 2);
    });
}
