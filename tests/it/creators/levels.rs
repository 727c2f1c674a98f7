//! Where members stand as creators: by what was approved of late, and how good it was.

use harness::{Client, Tenant, TestApp, run};
use serde_json::{Value, json};

use super::{another, creator, editor, level, rule, step, submitted, update};
use crate::growth::time::{later, now, pass};
use crate::points::{members, unlimited, verify};

const DAY: i64 = 24 * 60 * 60;

/// An editor whose key outlives the leaps of the clock, and members.
async fn lasting(app: &TestApp, tenant: &Tenant<'_>, count: usize) -> (Client, Vec<String>) {
    let owner = tenant.owner().await;
    let ends = format!("{}T00:00:00Z", later(now(app).date_naive(), 340));
    (editor(&owner, json!({ "expiresAt": ends })).await, members(&owner, count).await)
}

/// The level's code, how many approvals make it, and their average score.
async fn stands(client: &Client, member: &str) -> (Value, Value, Value) {
    let told = creator(client, member).await;
    (told["level"]["code"].clone(), told["approved"].clone(), told["averageScore"].clone())
}

#[test]
fn a_level_comes_with_number_and_quality_of_approvals_and_goes_with_their_days() {
    run(async {
        let app = unlimited(TestApp::with().with_movable_clock()).start().await;
        let (client, ids) = lasting(&app, &app.tenant("levels").await, 3).await;
        let (good, poor, new) = (&ids[0], &ids[1], &ids[2]);
        rule(&client, json!({})).await;
        for approved in 0..3 {
            assert_eq!(stands(&client, good).await.0, "NEWCOMER", "{approved}");
            assert_eq!(another(&client, good, 80).await["pointsPaid"], "80");
            another(&client, poor, 59).await;
        }
        assert_eq!(stands(&client, good).await, (json!("CONTRIBUTOR"), json!(3), json!(80.0)));
        let told = creator(&client, good).await;
        assert_eq!(told["nextLevel"]["code"], "CREATOR");
        assert_eq!(
            (&told["level"]["minApproved"], &told["level"]["minAverageScore"], &told["level"]["percent"]),
            (&json!(3), &json!(60), &json!(110))
        );
        assert_eq!(stands(&client, poor).await, (json!("NEWCOMER"), json!(3), json!(59.0)));
        assert_eq!(stands(&client, new).await, (json!("NEWCOMER"), json!(0), json!(null)));
        // One better work is enough for the average.
        another(&client, poor, 63).await;
        assert_eq!(stands(&client, poor).await, (json!("CONTRIBUTOR"), json!(4), json!(60.0)));

        pass(&app, 60 * DAY);
        let late = another(&client, good, 90).await;
        assert_eq!(
            (&late["pointsPaid"], &late["reviews"][0]["levelCode"], &late["reviews"][0]["percent"]),
            (&json!("99"), &json!("CONTRIBUTOR"), &json!(110))
        );
        assert_eq!(stands(&client, good).await, (json!("CONTRIBUTOR"), json!(4), json!(82.5)));
        pass(&app, 29 * DAY);
        assert_eq!(stands(&client, good).await.1, 4, "still in the window");
        pass(&app, 2 * DAY);
        assert_eq!(stands(&client, good).await, (json!("NEWCOMER"), json!(1), json!(90.0)));
        // The level before what is approved now is what is paid by.
        assert_eq!(another(&client, good, 90).await["pointsPaid"], "90");
        pass(&app, 91 * DAY);
        assert_eq!(stands(&client, good).await, (json!("NEWCOMER"), json!(0), json!(null)));
        verify(&app).await;
    });
}

#[test]
fn another_window_or_other_levels_count_at_once_and_change_nothing_that_was_paid() {
    run(async {
        let app = unlimited(TestApp::with().with_movable_clock()).start().await;
        let (client, ids) = lasting(&app, &app.tenant("levels-anew").await, 1).await;
        let member = &ids[0];
        rule(&client, json!({})).await;
        another(&client, member, 70).await;
        pass(&app, 10 * DAY);
        another(&client, member, 80).await;
        let levels = json!([step("LOW", (0, 0), 50), step("MIDDLE", (1, 60), 100), step("HIGH", (2, 75), 200)]);
        update(&client, json!({ "levels": levels })).await.payload("creatorProgrammeUpdate");
        assert_eq!(stands(&client, member).await, (json!("HIGH"), json!(2), json!(75.0)));
        assert!(creator(&client, member).await["nextLevel"].is_null());
        update(&client, json!({ "windowDays": 9 })).await.payload("creatorProgrammeUpdate");
        assert_eq!(stands(&client, member).await, (json!("MIDDLE"), json!(1), json!(80.0)));
        assert_eq!(creator(&client, member).await["nextLevel"]["code"], "HIGH");
        update(&client, json!({ "windowDays": 366 })).await.payload("creatorProgrammeUpdate");
        assert_eq!(level(&client, member).await, "HIGH");
        assert_eq!(another(&client, member, 60).await["pointsPaid"], "120");
        // 210 of three is too little for the highest.
        assert_eq!(stands(&client, member).await, (json!("MIDDLE"), json!(3), json!(70.0)));
        verify(&app).await;
    });
}

#[test]
fn of_many_members_at_once_each_has_their_own_level() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("levels-many").await.owner().await;
        let client = editor(&owner, json!({})).await;
        let ids = members(&owner, 4).await;
        let levels = json!([step("A", (0, 0), 100), step("B", (1, 0), 100), step("C", (2, 0), 100)]);
        update(&client, json!({ "levels": levels })).await.payload("creatorProgrammeUpdate");
        for (place, member) in ids.iter().enumerate() {
            for _ in 0..place {
                another(&client, member, 50).await;
            }
            // What waits is nobody's level.
            submitted(&client, member, json!({})).await;
        }
        let document = "query($ids: [ID!]!) { nodes(ids: $ids) { ... on Member {
            creator { level { code } nextLevel { code } approved averageScore } } } }";
        let answer = client.query(document, json!({ "ids": ids })).await;
        let told = |place: usize, field: &str| answer.data(&format!("nodes.{place}.creator.{field}")).clone();
        for (place, code) in ["A", "B", "C", "C"].iter().enumerate() {
            assert_eq!((told(place, "level.code"), told(place, "approved")), (json!(code), json!(place)));
        }
        assert_eq!(told(1, "nextLevel.code"), "C");
        assert!(told(0, "averageScore").is_null() && told(3, "nextLevel").is_null());
    });
}
