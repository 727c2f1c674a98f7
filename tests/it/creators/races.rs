//! Many at once: one decides, and nobody decides on what they did not see.

use harness::{Role, TestApp, run};
use serde_json::json;
use tokio::task::JoinSet;

use super::{approve, each, editor, reopen, revise, rule, shown, step, submitted, update};
use crate::points::{balances_of, entries_of, members, number, unlimited, verify};

const ROUNDS: usize = 6;

#[test]
fn of_eight_reviewers_at_once_one_approves_and_is_paid_for() {
    run(async {
        let app = unlimited(TestApp::with()).start().await;
        let tenant = app.tenant("race-review").await;
        let owner = tenant.owner().await;
        let client = editor(&owner, json!({})).await;
        let member = members(&owner, 1).await.remove(0);
        rule(&client, json!({})).await;
        // What is paid is the score, however many were approved before.
        let levels = json!([step("ONLY", (0, 0), 100)]);
        update(&client, json!({ "levels": levels })).await.payload("creatorProgrammeUpdate");
        let mut people = vec![client.clone(), owner.clone()];
        for role in [Role::Admin, Role::Moderator] {
            people.push(tenant.staff(role).await);
        }
        let mut expected = 0;
        for round in 1..=ROUNDS {
            let made = submitted(&client, &member, json!({})).await;
            let mut calls = JoinSet::new();
            for number in 0..8 {
                let (person, made) = (people[number % people.len()].clone(), made.clone());
                calls.spawn(async move { approve(&person, &made, 60 + number as i64).await });
            }
            let (mut won, mut refused) = (Vec::new(), Vec::new());
            for answer in calls.join_all().await {
                match answer.user_errors("submissionReview") {
                    errors if errors.is_empty() => won.push(answer.data("submissionReview.submission").clone()),
                    errors => refused.extend(errors),
                }
            }
            assert_eq!((won.len(), refused.len()), (1, 7), "{refused:?}");
            assert!(refused.iter().all(|why| why == "CLOSED at submissionId"), "{refused:?}");
            let now = shown(&client, &made).await;
            assert_eq!((&now, each(&now["reviews"], "decision").len()), (&won[0], 1));
            assert_eq!(now["pointsPaid"], now["qualityScore"].to_string());
            expected += number(&now["pointsPaid"]);
            assert_eq!(balances_of(&client, &member).await.issued, expected);
            assert_eq!(entries_of(&client, &member).await.len(), round);
        }
        verify(&app).await;
    });
}

#[test]
fn a_revision_that_comes_meanwhile_is_never_approved_unseen() {
    run(async {
        let app = unlimited(TestApp::with()).start().await;
        let owner = app.tenant("race-revise").await.owner().await;
        let client = editor(&owner, json!({})).await;
        let member = members(&owner, 1).await.remove(0);
        for _ in 0..ROUNDS {
            let made = submitted(&client, &member, json!({})).await;
            let (reviewed, revised) = tokio::join!(approve(&client, &made, 70), revise(&client, &made, json!({})));
            let told = (reviewed.user_errors("submissionReview"), revised.user_errors("submissionRevise"));
            let now = shown(&client, &made).await;
            let first = vec!["CLOSED at submissionId".to_owned()];
            let second = vec!["VERSION_CONFLICT at revision".to_owned()];
            match now["state"].as_str() {
                Some("APPROVED") => assert_eq!((told, &now["revision"]), ((vec![], first), &json!(1))),
                _ => assert_eq!((told, &now["revision"]), ((second, vec![]), &json!(2))),
            }
        }
    });
}

#[test]
fn what_many_open_again_at_once_is_taken_back_once() {
    run(async {
        let app = unlimited(TestApp::with()).start().await;
        let owner = app.tenant("race-reopen").await.owner().await;
        let client = editor(&owner, json!({})).await;
        let member = members(&owner, 1).await.remove(0);
        rule(&client, json!({})).await;
        super::given_by_hand(&client, &member, 1_000).await;
        let done = super::another(&client, &member, 80).await;
        let mut calls = JoinSet::new();
        for _ in 0..8 {
            let (client, done) = (client.clone(), done.clone());
            calls.spawn(async move { reopen(&client, &done).await.user_errors("submissionReopen") });
        }
        let mut answers = calls.join_all().await;
        answers.sort();
        assert_eq!(answers[0], Vec::<String>::new());
        assert!(answers[1..].iter().all(|errors| *errors == ["CLOSED at submissionId"]), "{answers:?}");
        assert_eq!(balances_of(&client, &member).await.available, 1_000);
        assert_eq!(each(&shown(&client, &done).await["reviews"], "decision"), ["REOPEN", "APPROVE"]);
        verify(&app).await;
    });
}
