//! Who hands in, who reviews, and who is told what.

use std::time::Duration;

use harness::{Response, Role, TestApp, run};
use serde_json::{Value, json};

use super::{SCOPES, approve, approved, creator, editor, keyed, reopen, rule, shown, submit, submitted};
use crate::given;
use crate::points::{partner, text};

fn denied(answer: &Response, scope: &str) {
    assert_eq!(answer.error_codes(), ["FORBIDDEN"], "{}", answer.raw);
    assert_eq!(answer.body["errors"][0]["extensions"]["requiredScopes"], json!([scope]), "{}", answer.raw);
}

#[test]
fn a_moderator_reviews_and_who_only_looks_decides_nothing() {
    run(async {
        let app = TestApp::shared().await;
        let tenant = app.tenant("sub-roles").await;
        let owner = tenant.owner().await;
        let client = editor(&owner, json!({})).await;
        let member = text(&given::member(&owner, "Li Lei").await["id"]);
        let moderator = tenant.staff(Role::Moderator).await;
        let made = submitted(&moderator, &member, json!({})).await;
        for role in [Role::Finance, Role::Analyst] {
            let person = tenant.staff(role).await;
            denied(&submit(&person, &member, json!({})).await, "submissions:write");
            denied(&approve(&person, &made, 80).await, "submissions:review");
            denied(&reopen(&person, &made).await, "submissions:review");
            denied(&super::update(&person, json!({})).await, "points:rules");
            assert_eq!(shown(&person, &made).await, made);
        }
        let done = approved(&moderator, &made, 80).await;
        assert!(text(&done["reviews"][0]["reviewedById"]).starts_with("usr_"), "{done}");
        denied(&super::update(&moderator, json!({})).await, "points:rules");

        let writer = partner(&owner, json!({ "scopes": ["submissions:write"] })).await;
        denied(&writer.run("SubmissionList", json!({})).await, "creators:read");
        denied(&writer.run("CreatorProgramme", json!({})).await, "creators:read");
        denied(&approve(&writer, &made, 80).await, "submissions:review");
        // Whoever hands in is told what they made.
        let document = "mutation($input: SubmissionCreateInput!) { submissionCreate(input: $input) {
            submission { id state } userErrors { code } } }";
        let work = json!({ "memberId": member, "kind": "TEXT", "title": "A walk", "body": "Up." });
        let answer = writer.query(document, json!({ "input": keyed(work, json!({})) })).await;
        let made = answer.payload("submissionCreate")["submission"].clone();
        assert_eq!(made["state"], "SUBMITTED");
        let reviewer = partner(&owner, json!({ "scopes": ["creators:read", "submissions:review"] })).await;
        denied(&super::withdraw(&reviewer, &made).await, "submissions:write");
        approved(&reviewer, &shown(&client, &made).await, 70).await;
    });
}

#[test]
fn a_person_changes_the_programme_with_a_fresh_proof_only_and_reviews_without() {
    run(async {
        let app = TestApp::with().with_movable_clock().start().await;
        let owner = app.tenant("sub-fresh").await.owner().await;
        let member = text(&given::member(&owner, "Li Lei").await["id"]);
        super::update(&owner, json!({ "windowDays": 30 })).await.payload("creatorProgrammeUpdate");
        app.installation().advance_clock(Duration::from_secs(6 * 60));
        let answer = super::update(&owner, json!({ "windowDays": 31 })).await;
        assert_eq!(answer.error_codes(), ["STEP_UP_REQUIRED"]);
        assert_eq!(super::programme(&owner).await["windowDays"], 30);
        let done = approved(&owner, &submitted(&owner, &member, json!({})).await, 80).await;
        reopen(&owner, &done).await.payload("submissionReopen");
        given::proved_anew(&owner).await;
        super::update(&owner, json!({ "windowDays": 31 })).await.payload("creatorProgrammeUpdate");
    });
}

#[test]
fn a_restricted_key_reaches_the_work_of_its_own_members() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("sub-restricted").await.owner().await;
        let whole = editor(&owner, json!({})).await;
        let (ours, theirs) = (given::community(&owner, "Ours").await, given::community(&owner, "Theirs").await);
        let (shared, stranger) = (given::member(&owner, "Shared").await, given::member(&owner, "Stranger").await);
        for (community, member) in [(&ours, &shared), (&theirs, &shared), (&theirs, &stranger)] {
            given::joined(&owner, community, member, "ORDINARY").await;
        }
        let (shared, stranger) = (text(&shared["id"]), text(&stranger["id"]));
        rule(&whole, json!({})).await;
        let seen = submitted(&whole, &shared, json!({})).await;
        let mut hidden = Vec::new();
        for member in [&stranger, &shared] {
            hidden.push(submitted(&whole, member, json!({ "communityId": theirs["id"] })).await);
        }

        let key = editor(&owner, json!({ "scopes": SCOPES, "communityIds": [ours["id"]] })).await;
        let listed = key.run("SubmissionList", json!({})).await;
        assert_eq!(listed.data("submissions.totalCount"), 1);
        assert_eq!(listed.data("submissions.edges.0.node.id"), &seen["id"]);
        for hidden in &hidden {
            assert!(key.run("SubmissionGet", json!({ "id": hidden["id"] })).await.data("submission").is_null());
            for (answer, field) in [
                (approve(&key, hidden, 80).await, "submissionReview"),
                (reopen(&key, hidden).await, "submissionReopen"),
                (super::revise(&key, hidden, json!({})).await, "submissionRevise"),
                (super::withdraw(&key, hidden).await, "submissionWithdraw"),
            ] {
                assert_eq!(answer.user_errors(field), ["NOT_FOUND at submissionId"]);
            }
        }
        for (member, changes, expected) in [
            (&stranger, json!({}), "NOT_FOUND at memberId"),
            (&shared, json!({ "communityId": theirs["id"] }), "NOT_FOUND at communityId"),
        ] {
            assert_eq!(submit(&key, member, changes).await.user_errors("submissionCreate"), [expected]);
        }
        // What rules of the whole tenant pay, they pay also when such a key approves; and it is taken back.
        let done = approved(&key, &seen, 80).await;
        assert_eq!(done["pointsPaid"], "80");
        assert_eq!(creator(&key, &shared).await["approved"], 1);
        let open = reopen(&key, &done).await;
        assert_eq!(open.payload("submissionReopen")["submission"]["reviews"][0]["pointsPaid"], "-80");
        approved(&key, &open.data("submissionReopen.submission").clone(), 70).await;
        assert_eq!(super::programme(&key).await["criteria"].as_array().unwrap().len(), 3);
        let refused = super::update(&key, json!({})).await;
        assert_eq!(refused.error_codes(), ["FORBIDDEN"]);
        assert!(text(&refused.body["errors"][0]["message"]).contains("restricted"), "{}", refused.raw);
        let days: Value = json!({ "from": super::stats::day(-1), "to": super::stats::day(1) });
        let stats = key.run("SubmissionStats", days.clone()).await;
        assert_eq!(
            (stats.data("submissionStats.submitted"), stats.data("submissionStats.approved")),
            (&json!(1), &json!(1))
        );
        assert_eq!(whole.run("SubmissionStats", days).await.data("submissionStats.submitted"), 3);
    });
}
