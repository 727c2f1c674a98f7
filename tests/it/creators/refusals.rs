//! What is refused, and which field is told.

use std::collections::BTreeSet;

use harness::{TestApp, absent_id, run};
use serde_json::{Value, json};

use super::{approve, editor, keyed, marks, review, revise, shown, submit, submitted, withdraw};
use crate::given;
use crate::points::members;

#[test]
fn everything_that_is_wrong_with_a_submission_is_named_by_its_field() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("sub-wrong").await.owner().await;
        let client = editor(&owner, json!({})).await;
        let ids = members(&owner, 2).await;
        let (member, archived) = (&ids[0], &ids[1]);
        owner.run("MemberArchive", json!({ "input": { "id": archived } })).await.payload("memberArchive");
        let (elsewhere, past) = (given::community(&owner, "Others").await, given::community(&owner, "Past").await);
        given::joined(&owner, &past, &json!({ "id": member }), "CORE").await;
        owner.run("CommunityArchive", json!({ "input": { "id": past["id"] } })).await.payload("communityArchive");
        submitted(&client, member, json!({ "reference": "post-1" })).await;
        let link = |length: usize| format!("https://a.example/{}", "x".repeat(length - 18));
        for (changes, expected) in [
            (json!({ "memberId": absent_id("mbr") }), "NOT_FOUND at memberId"),
            (json!({ "memberId": "mbr_" }), "INVALID at memberId"),
            (json!({ "memberId": archived }), "ARCHIVED at memberId"),
            (json!({ "communityId": absent_id("com") }), "NOT_FOUND at communityId"),
            (json!({ "communityId": "com" }), "INVALID at communityId"),
            (json!({ "communityId": elsewhere["id"] }), "NOT_MEMBER at memberId"),
            (json!({ "communityId": past["id"] }), "ARCHIVED at communityId"),
            (json!({ "title": " " }), "REQUIRED at title"),
            (json!({ "title": "x".repeat(121) }), "TOO_LONG at title"),
            (json!({ "body": "x".repeat(10_001) }), "TOO_LONG at body"),
            (json!({ "body": " " }), "REQUIRED at body"),
            (json!({ "body": null, "links": [] }), "REQUIRED at body"),
            (json!({ "links": vec!["https://a.example"; 11] }), "TOO_LONG at links"),
            (json!({ "links": ["https://a.example", "ftp://a.example"] }), "INVALID at links.1"),
            (json!({ "links": ["javascript:alert(1)"] }), "INVALID at links.0"),
            (json!({ "links": [link(2_001)] }), "INVALID at links.0"),
            (json!({ "reference": " " }), "REQUIRED at reference"),
            (json!({ "reference": "x".repeat(129) }), "TOO_LONG at reference"),
            (json!({ "reference": "post-1" }), "ALREADY_EXISTS at reference"),
        ] {
            let answer = submit(&client, member, changes.clone()).await;
            assert_eq!(answer.user_errors("submissionCreate"), [expected], "{changes}");
            assert!(answer.data("submissionCreate.submission").is_null());
        }
        let many = submit(&client, member, json!({ "title": "", "body": "", "reference": "" })).await;
        let named: BTreeSet<_> = many.user_errors("submissionCreate").into_iter().collect();
        assert_eq!(named, ["title", "body", "reference"].map(|field| format!("REQUIRED at {field}")).into());
        assert_eq!(client.run("SubmissionList", json!({})).await.data("submissions.totalCount"), 1);
        for fits in [
            json!({ "title": "诗".repeat(120), "body": "诗".repeat(10_000), "reference": "x".repeat(128) }),
            json!({ "body": null, "links": vec![link(2_000); 10], "kind": "AUDIO" }),
        ] {
            submitted(&client, member, fits).await;
        }
    });
}

#[test]
fn a_member_has_twenty_that_wait_and_a_submission_twenty_revisions() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("sub-many").await.owner().await;
        let client = editor(&owner, json!({})).await;
        let ids = members(&owner, 2).await;
        let mut made = Vec::new();
        for _ in 0..20 {
            made.push(submitted(&client, &ids[0], json!({})).await);
        }
        let full = ["LIMIT_REACHED at memberId"];
        assert_eq!(submit(&client, &ids[0], json!({})).await.user_errors("submissionCreate"), full);
        submitted(&client, &ids[1], json!({})).await;
        // What waits for its revision waits, too.
        let asked = json!({ "note": "More" });
        review(&client, &made[0], "REQUEST_CHANGES", asked.clone()).await.payload("submissionReview");
        assert_eq!(submit(&client, &ids[0], json!({})).await.user_errors("submissionCreate"), full);
        for (place, submission) in made.iter().enumerate().skip(1).take(3) {
            let (answer, field) = match place {
                1 => (withdraw(&client, submission).await, "submissionWithdraw"),
                2 => (review(&client, submission, "REJECT", asked.clone()).await, "submissionReview"),
                _ => (approve(&client, submission, 50).await, "submissionReview"),
            };
            answer.payload(field);
            submitted(&client, &ids[0], json!({})).await;
            assert_eq!(submit(&client, &ids[0], json!({})).await.user_errors("submissionCreate"), full);
        }

        for revision in 2..=20 {
            let answer = revise(&client, &made[0], json!({})).await;
            assert_eq!(answer.payload("submissionRevise")["submission"]["revision"], revision);
        }
        let answer = revise(&client, &made[0], json!({})).await;
        assert_eq!(answer.user_errors("submissionRevise"), ["LIMIT_REACHED at submissionId"]);
        let last = shown(&client, &made[0]).await;
        assert_eq!(last["revisions"].as_array().unwrap().len(), 20);
        // There would be nothing to be done about what is asked for.
        let answer = review(&client, &last, "REQUEST_CHANGES", asked).await;
        assert_eq!(answer.user_errors("submissionReview"), ["LIMIT_REACHED at submissionId"]);
        super::approved(&client, &last, 70).await;

        for _ in 1..50 {
            let taken = submitted(&client, &ids[1], json!({})).await;
            super::withdraw(&client, &taken).await.payload("submissionWithdraw");
        }
        assert_eq!(submit(&client, &ids[1], json!({})).await.user_errors("submissionCreate"), full);
    });
}

#[test]
fn of_an_archived_member_nothing_is_revised_taken_back_or_approved() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("sub-archived").await.owner().await;
        let client = editor(&owner, json!({})).await;
        let ids = members(&owner, 1).await;
        let made = submitted(&client, &ids[0], json!({})).await;
        owner.run("MemberArchive", json!({ "input": { "id": ids[0] } })).await.payload("memberArchive");
        for (answer, field) in [
            (revise(&client, &made, json!({})).await, "submissionRevise"),
            (super::withdraw(&client, &made).await, "submissionWithdraw"),
            (approve(&client, &made, 80).await, "submissionReview"),
        ] {
            assert_eq!(answer.user_errors(field), ["ARCHIVED at submissionId"]);
        }
        review(&client, &made, "REJECT", json!({ "note": "Gone" })).await.payload("submissionReview");
    });
}

#[test]
fn everything_that_is_wrong_with_a_review_is_named_and_nothing_is_decided() {
    run(async {
        let app = TestApp::shared().await;
        let tenant = app.tenant("review-wrong").await;
        let owner = tenant.owner().await;
        let client = editor(&owner, json!({})).await;
        let member = members(&owner, 1).await.remove(0);
        super::rule(&client, json!({})).await;
        super::update(&client, json!({ "minimumScore": 60 })).await.payload("creatorProgrammeUpdate");
        let made = submitted(&client, &member, json!({})).await;
        let mark = |criterion: &str, mark: i64| json!({ "criterion": criterion, "mark": mark });
        let all = |third: Value| json!([mark("ORIGINALITY", 70), mark("USEFULNESS", 70), third]);
        let database = app.database().await;
        let uuid = tenant.uuid(&database).await;
        let snapshot = async || {
            let all = database.snapshot(uuid).await.without("idempotency_records").without("audit_events");
            all.without("partner_keys")
        };
        let before = snapshot().await;
        for (verdict, changes, expected) in [
            ("APPROVE", json!({ "submissionId": absent_id("sbm") }), "NOT_FOUND at submissionId"),
            ("APPROVE", json!({ "submissionId": "sbm_" }), "INVALID at submissionId"),
            ("APPROVE", json!({ "revision": 2, "marks": marks([70; 3]) }), "VERSION_CONFLICT at revision"),
            ("APPROVE", json!({}), "REQUIRED at marks"),
            ("APPROVE", json!({ "marks": [mark("ORIGINALITY", 70), mark("USEFULNESS", 70)] }), "REQUIRED at marks"),
            ("APPROVE", json!({ "marks": all(mark("PRESENTATION", 101)) }), "INVALID at marks.2.mark"),
            ("APPROVE", json!({ "marks": all(mark("PRESENTATION", -1)) }), "INVALID at marks.2.mark"),
            ("APPROVE", json!({ "marks": all(mark("BEAUTY", 70)) }), "INVALID at marks.2.criterion"),
            ("APPROVE", json!({ "marks": all(mark("USEFULNESS", 70)) }), "INVALID at marks.2.criterion"),
            ("APPROVE", json!({ "marks": marks([60, 60, 57]) }), "INVALID at marks"),
            ("APPROVE", json!({ "marks": marks([70; 3]), "note": "x".repeat(1_001) }), "TOO_LONG at note"),
            ("REQUEST_CHANGES", json!({}), "REQUIRED at note"),
            ("REJECT", json!({ "note": " " }), "REQUIRED at note"),
            ("REJECT", json!({ "note": "No", "marks": [mark("BEAUTY", 70)] }), "INVALID at marks.0.criterion"),
        ] {
            let answer = review(&client, &made, verdict, changes.clone()).await;
            assert_eq!(answer.user_errors("submissionReview"), [expected], "{verdict} {changes}");
            assert!(answer.data("submissionReview.submission").is_null());
        }
        for (changes, expected) in [
            (json!({ "submissionId": absent_id("sbm") }), "NOT_FOUND at submissionId"),
            (json!({ "reason": " " }), "REQUIRED at reason"),
            (json!({ "reason": "x".repeat(201) }), "TOO_LONG at reason"),
        ] {
            let order = json!({ "submissionId": made["id"], "reason": "Copied" });
            let answer = super::insist(&client, "SubmissionReopen", keyed(order, changes.clone())).await;
            assert_eq!(answer.user_errors("submissionReopen"), [expected], "{changes}");
        }
        for (operation, field) in
            [("SubmissionRevise", "submissionRevise"), ("SubmissionWithdraw", "submissionWithdraw")]
        {
            let words = if operation == "SubmissionRevise" { json!({ "title": "A", "body": "B" }) } else { json!({}) };
            let order = given::with(json!({ "submissionId": absent_id("sbm") }), words);
            let answer = super::insist(&client, operation, keyed(order, json!({}))).await;
            assert_eq!(answer.user_errors(field), ["NOT_FOUND at submissionId"]);
        }
        let blank = revise(&client, &made, json!({ "title": " ", "body": " " })).await;
        assert_eq!(blank.user_errors("submissionRevise"), ["REQUIRED at title", "REQUIRED at body"]);
        snapshot().await.must_equal(&before);

        owner.run("MemberArchive", json!({ "input": { "id": member } })).await.payload("memberArchive");
        assert_eq!(approve(&client, &made, 80).await.user_errors("submissionReview"), ["ARCHIVED at submissionId"]);
        owner.run("MemberRestore", json!({ "input": { "id": member } })).await.payload("memberRestore");
        // 59.4 was too little, 59.6 is a 60.
        let answer = review(&client, &made, "APPROVE", json!({ "marks": marks([60, 60, 58]) })).await;
        let done = &answer.payload("submissionReview")["submission"];
        assert_eq!((&done["state"], &done["qualityScore"]), (&json!("APPROVED"), &json!(60)));
    });
}
