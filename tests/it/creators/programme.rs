//! By what work is marked, and what levels are worth: versions, of which none is ever changed.

use harness::{TestApp, run};
use serde_json::{Value, json};

use super::{approved, each, editor, programme, review, shown, step, submitted, update};
use crate::given;
use crate::points::members;

fn criterion(code: &str, weight: i64) -> Value {
    json!({ "code": code, "name": "What it says", "weight": weight })
}

#[test]
fn a_tenant_begins_with_the_usual_programme_and_each_change_is_a_version() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("programme").await.owner().await;
        let client = editor(&owner, json!({})).await;
        let usual = programme(&client).await;
        assert_eq!(
            (&usual["version"], &usual["minimumScore"], &usual["windowDays"]),
            (&json!(0), &json!(0), &json!(90))
        );
        assert_eq!(each(&usual["criteria"], "code"), super::CRITERIA);
        assert_eq!(each(&usual["criteria"], "weight"), [40, 40, 20]);
        assert_eq!(each(&usual["levels"], "code"), ["NEWCOMER", "CONTRIBUTOR", "CREATOR", "EXPERT", "STAR"]);
        assert_eq!(each(&usual["levels"], "minApproved"), [0, 3, 10, 25, 50]);
        assert_eq!(each(&usual["levels"], "minAverageScore"), [0, 60, 70, 80, 85]);
        assert_eq!(each(&usual["levels"], "percent"), [100, 110, 120, 140, 160]);

        let wanted = json!({ "criteria": [criterion("TASTE", 1), criterion("COST_2", 100)], "minimumScore": 50,
            "windowDays": 366, "levels": [step("ONE", (0, 0), 0), step("TWO", (1, 0), 1_000)] });
        let answer = update(&client, wanted.clone()).await;
        let made = &answer.payload("creatorProgrammeUpdate")["creatorProgramme"];
        assert_eq!(*made, given::with(wanted, json!({ "version": 1 })));
        assert_eq!(programme(&client).await, *made);
        for version in [0, 2, -1] {
            let answer = update(&client, json!({ "version": version, "windowDays": 7 })).await;
            assert_eq!(answer.user_errors("creatorProgrammeUpdate"), ["VERSION_CONFLICT at version"]);
            assert!(answer.data("creatorProgrammeUpdate.creatorProgramme").is_null());
        }
        let input = given::with(programme(&client).await, json!({ "windowDays": 7, "idempotencyKey": "one" }));
        for is_replay in [false, true] {
            let answer = client.run("CreatorProgrammeUpdate", json!({ "input": input })).await;
            assert_eq!(answer.payload("creatorProgrammeUpdate")["creatorProgramme"]["version"], 2);
            assert_eq!(answer.body["extensions"]["idempotentReplay"] == true, is_replay);
        }
        // Somebody else's is their own.
        let other = app.tenant("programme-2").await.owner().await;
        assert_eq!(programme(&other).await, usual);
    });
}

#[test]
fn of_those_who_change_the_programme_at_once_one_does() {
    run(async {
        let app = crate::points::unlimited(TestApp::with()).start().await;
        let owner = app.tenant("programme-race").await.owner().await;
        let client = editor(&owner, json!({})).await;
        let read = programme(&client).await;
        let mut calls = tokio::task::JoinSet::new();
        for days in 1..=8 {
            let (client, input) = (client.clone(), super::keyed(read.clone(), json!({ "windowDays": days })));
            calls.spawn(async move {
                super::insist(&client, "CreatorProgrammeUpdate", input).await.user_errors("creatorProgrammeUpdate")
            });
        }
        let mut answers = calls.join_all().await;
        answers.sort();
        assert_eq!(answers[0], Vec::<String>::new());
        assert!(answers[1..].iter().all(|errors| *errors == ["VERSION_CONFLICT at version"]), "{answers:?}");
        assert_eq!(programme(&client).await["version"], 1);
    });
}

#[test]
fn everything_that_is_wrong_with_a_programme_is_named_by_its_field() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("programme-wrong").await.owner().await;
        let client = editor(&owner, json!({})).await;
        let numbered = |count: usize| (0..count).map(|number| criterion(&format!("C{number}"), 1)).collect::<Value>();
        let second = |level: Value| json!({ "levels": [step("A", (0, 0), 100), level] });
        let stairs =
            |count: i64| (0..count).map(|place| step(&format!("L{place}"), (place, 0), 100)).collect::<Value>();
        let named = |name: &str| json!([{ "code": "A", "name": name, "weight": 1 }]);
        for (changes, expected) in [
            (json!({ "criteria": [] }), "INVALID at criteria"),
            (json!({ "criteria": numbered(11) }), "INVALID at criteria"),
            (json!({ "levels": [] }), "INVALID at levels"),
            (json!({ "levels": stairs(11) }), "INVALID at levels"),
            (json!({ "minimumScore": -1 }), "INVALID at minimumScore"),
            (json!({ "minimumScore": 101 }), "INVALID at minimumScore"),
            (json!({ "windowDays": 0 }), "INVALID at windowDays"),
            (json!({ "windowDays": 367 }), "INVALID at windowDays"),
            (json!({ "criteria": [criterion("taste", 1)] }), "INVALID at criteria.0.code"),
            (json!({ "criteria": [criterion("1ST", 1)] }), "INVALID at criteria.0.code"),
            (json!({ "criteria": [criterion(&"A".repeat(41), 1)] }), "INVALID at criteria.0.code"),
            (json!({ "criteria": [criterion("A", 1), criterion("A", 2)] }), "INVALID at criteria.1.code"),
            (json!({ "criteria": [criterion("A", 0)] }), "INVALID at criteria.0.weight"),
            (json!({ "criteria": [criterion("A", 101)] }), "INVALID at criteria.0.weight"),
            (json!({ "criteria": named(" ") }), "REQUIRED at criteria.0.name"),
            (json!({ "criteria": named(&"x".repeat(61)) }), "TOO_LONG at criteria.0.name"),
            (json!({ "levels": [step("A", (1, 0), 100)] }), "INVALID at levels.0.minApproved"),
            (json!({ "levels": [step("A", (0, 1), 100)] }), "INVALID at levels.0.minAverageScore"),
            (second(step("A", (1, 0), 100)), "INVALID at levels.1.code"),
            (second(step("B", (0, 0), 100)), "INVALID at levels.1.minApproved"),
            (second(step("B", (1, 101), 100)), "INVALID at levels.1.minAverageScore"),
            (second(step("B", (1, 0), -1)), "INVALID at levels.1.percent"),
            (second(step("B", (1, 0), 1_001)), "INVALID at levels.1.percent"),
            (
                json!({ "levels": [step("A", (0, 0), 100), step("B", (1, 50), 100), step("C", (2, 49), 100)] }),
                "INVALID at levels.2.minAverageScore",
            ),
        ] {
            let answer = update(&client, changes.clone()).await;
            assert_eq!(answer.user_errors("creatorProgrammeUpdate"), [expected], "{changes}");
        }
        assert_eq!(programme(&client).await["version"], 0);
        let most = json!({ "criteria": numbered(10), "levels": stairs(10), "minimumScore": 100, "windowDays": 1 });
        update(&client, most).await.payload("creatorProgrammeUpdate");
    });
}

#[test]
fn work_is_marked_by_the_programme_of_its_day_and_older_reviews_keep_theirs() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("programme-older").await.owner().await;
        let client = editor(&owner, json!({})).await;
        let member = members(&owner, 1).await.remove(0);
        let (old, waiting) =
            (submitted(&client, &member, json!({})).await, submitted(&client, &member, json!({})).await);
        let old = approved(&client, &old, 80).await;
        let criteria = json!([criterion("TASTE", 1), criterion("SMELL", 1)]);
        let levels = json!([step("GUEST", (0, 0), 100), step("COOK", (1, 0), 100)]);
        let changes = json!({ "criteria": criteria, "levels": levels, "minimumScore": 70 });
        update(&client, changes).await.payload("creatorProgrammeUpdate");
        // Marks by what is no longer asked are none.
        let answer = super::approve(&client, &waiting, 90).await;
        let wrong = [0, 1, 2].map(|place| format!("INVALID at marks.{place}.criterion"));
        assert_eq!(answer.user_errors("submissionReview"), wrong);
        let marks = |taste: i64, smell: i64| json!({ "marks": [{ "criterion": "SMELL", "mark": smell }, { "criterion": "TASTE", "mark": taste }] });
        // 69 is too little; 69.5 is 70.
        let answer = review(&client, &waiting, "APPROVE", marks(68, 70)).await;
        assert_eq!(answer.user_errors("submissionReview"), ["INVALID at marks"]);
        let answer = review(&client, &waiting, "APPROVE", marks(69, 70)).await;
        let new = answer.payload("submissionReview")["submission"].clone();
        assert_eq!(new["qualityScore"], 70);
        let last = &new["reviews"][0];
        assert_eq!((&last["programmeVersion"], &last["levelCode"]), (&json!(1), &json!("COOK")));
        assert_eq!(each(&last["marks"], "weight"), [1, 1]);

        assert_eq!(shown(&client, &old).await, old);
        let first = &old["reviews"][0];
        assert_eq!((&first["programmeVersion"], &first["levelCode"]), (&json!(0), &json!("NEWCOMER")));
        assert_eq!(each(&first["marks"], "weight"), [40, 40, 20]);
        // Opened again, it is marked by what is asked now.
        let answer = super::reopen(&client, &old).await;
        let open = answer.payload("submissionReopen")["submission"].clone();
        let answer = review(&client, &open, "APPROVE", marks(100, 99)).await;
        let again = &answer.payload("submissionReview")["submission"];
        assert_eq!(each(&again["reviews"], "programmeVersion"), [1, 1, 0]);
        assert_eq!((&again["qualityScore"], &again["reviews"][2]), (&json!(100), first));
    });
}
