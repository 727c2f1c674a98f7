//! What members hand in for themselves, and see of what became of it.

use harness::{Client, Response, TestApp, absent_id, run};
use serde_json::{Value, json};

use super::token_by;
use crate::given;
use crate::points::{partner, text};

/// All that a system needs whose members hand in for themselves.
const SCOPES: [&str; 7] = [
    "members:token",
    "members:read",
    "members:write",
    "communities:read",
    "creators:read",
    "submissions:write",
    "submissions:review",
];

async fn editor(owner: &Client, changes: Value) -> Client {
    partner(owner, given::with(json!({ "scopes": SCOPES }), changes)).await
}

/// A client that acts as the member, and may hand in.
async fn oneself(editor: &Client, member: &Value) -> Client {
    editor.with_token(&token_by(editor, member, json!({ "scopes": ["submissions:write"] })).await)
}

async fn submit(client: &Client, key: &str, changes: Value) -> Response {
    let work = json!({ "kind": "TEXT", "title": "A walk", "body": "Up.\nAnd down.", "idempotencyKey": key });
    client.run("MySubmissionCreate", json!({ "input": given::with(work, changes) })).await
}

async fn work_of(client: &Client) -> Value {
    client.run("MeInFull", json!({ "first": 10 })).await.data("me").clone()
}

#[test]
fn members_hand_in_revise_and_take_back_for_themselves() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("own-work").await.owner().await;
        let editor = editor(&owner, json!({})).await;
        let (li, han) = (given::member(&owner, "Li Lei").await, given::member(&owner, "Han Meimei").await);
        let (first, second) = (oneself(&editor, &li).await, oneself(&editor, &han).await);

        let made = submit(&first, "walk", json!({})).await.payload("mySubmissionCreate").clone();
        assert_eq!(
            (&made["submission"]["state"], &made["me"]["submissions"]["totalCount"]),
            (&json!("SUBMITTED"), &json!(1))
        );
        let again = submit(&first, "walk", json!({})).await.payload("mySubmissionCreate").clone();
        assert_eq!(again["submission"]["id"], made["submission"]["id"], "one key has one effect");
        let id = text(&made["submission"]["id"]);

        let revision = |key: &str| json!({ "input": { "submissionId": id, "title": "A longer walk", "body": "Further.", "idempotencyKey": key } });
        let input = json!({ "submissionId": id, "revision": 1, "decision": "REQUEST_CHANGES", "note": "Longer", "idempotencyKey": "r1" });
        editor.run("SubmissionReview", json!({ "input": input })).await.payload("submissionReview");
        let revised = first.run("MySubmissionRevise", revision("longer")).await.payload("mySubmissionRevise").clone();
        assert_eq!(
            (&revised["submission"]["revision"], &revised["submission"]["state"]),
            (&json!(2), &json!("SUBMITTED"))
        );

        // What is another member's is not there.
        let back = |key: &str| json!({ "input": { "submissionId": id, "idempotencyKey": key } });
        let refused = second.run("MySubmissionRevise", revision("stranger")).await;
        assert_eq!(refused.user_errors("mySubmissionRevise"), ["NOT_FOUND at submissionId"]);
        let refused = second.run("MySubmissionWithdraw", back("stranger")).await;
        assert_eq!(refused.user_errors("mySubmissionWithdraw"), ["NOT_FOUND at submissionId"]);
        assert_eq!(work_of(&second).await["submissions"]["totalCount"], 0);

        let marks: Vec<_> = ["ORIGINALITY", "USEFULNESS", "PRESENTATION"]
            .map(|criterion| json!({ "criterion": criterion, "mark": 90 }))
            .into();
        let input = json!({ "submissionId": id, "revision": 2, "decision": "APPROVE", "marks": marks, "note": "Good", "idempotencyKey": "r2" });
        editor.run("SubmissionReview", json!({ "input": input })).await.payload("submissionReview");
        let me = work_of(&first).await;
        let work = &me["submissions"]["nodes"][0];
        assert_eq!(
            (&work["state"], &work["qualityScore"], &work["note"]),
            (&json!("APPROVED"), &json!(90), &json!("Good"))
        );
        assert_eq!((&work["title"], &work["body"]), (&json!("A longer walk"), &json!("Further.")));
        assert_eq!((&me["creator"]["approved"], &me["creator"]["averageScore"]), (&json!(1), &json!(90.0)));
        assert_eq!(me["creator"]["nextLevel"]["code"], "CONTRIBUTOR");
        let closed = first.run("MySubmissionWithdraw", back("late")).await;
        assert_eq!(closed.user_errors("mySubmissionWithdraw"), ["CLOSED at submissionId"]);

        let other = text(&submit(&first, "other", json!({})).await.payload("mySubmissionCreate")["submission"]["id"]);
        let input = json!({ "input": { "submissionId": other, "idempotencyKey": "back" } });
        let back = first.run("MySubmissionWithdraw", input).await.payload("mySubmissionWithdraw").clone();
        assert_eq!(back["submission"]["state"], "WITHDRAWN");
    });
}

#[test]
fn a_token_hands_in_what_it_was_made_for_and_where_its_key_reaches() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("own-work-places").await.owner().await;
        let (ours, theirs) = (given::community(&owner, "Ours").await, given::community(&owner, "Theirs").await);
        let member = given::member(&owner, "Li Lei").await;
        for community in [&ours, &theirs] {
            given::joined(&owner, community, &member, "CORE").await;
        }
        let confined = editor(&owner, json!({ "communityIds": [ours["id"]] })).await;
        let client = oneself(&confined, &member).await;
        submit(&client, "ours", json!({ "communityId": ours["id"] })).await.payload("mySubmissionCreate");
        let refused = submit(&client, "theirs", json!({ "communityId": theirs["id"] })).await;
        assert_eq!(refused.user_errors("mySubmissionCreate"), ["NOT_FOUND at communityId"]);
        let blank = submit(&client, "blank", json!({ "title": " ", "body": null })).await;
        assert_eq!(blank.user_errors("mySubmissionCreate"), ["REQUIRED at title", "REQUIRED at body"]);

        let looking = confined.with_token(&token_by(&confined, &member, json!({})).await);
        let answer = submit(&looking, "looking", json!({})).await;
        assert_eq!(answer.body["errors"][0]["extensions"]["requiredScopes"], json!(["submissions:write"]));
        for stranger in [&owner, &confined] {
            assert_eq!(submit(stranger, "stranger", json!({})).await.error_codes(), ["FORBIDDEN"]);
        }
        let input = json!({ "input": { "submissionId": absent_id("sbm"), "idempotencyKey": "absent" } });
        let absent = client.run("MySubmissionWithdraw", input).await;
        assert_eq!(absent.user_errors("mySubmissionWithdraw"), ["NOT_FOUND at submissionId"]);
    });
}
