//! Cards, and the days that they make up.

use harness::{Database, run};
use serde_json::json;
use tokio::task::JoinSet;

use super::{AHEAD, Calendar, DAY, HOUR, check_in, grant, make_up, records_agree, shown};
use crate::given;

#[test]
fn a_day_that_is_made_up_joins_the_runs_on_both_sides() {
    run(async {
        let calendar = Calendar::open().await;
        let tenant = calendar.0.tenant("joined-runs").await;
        let client = calendar.partner(&tenant).await;
        let member = given::member(&client, "Li Lei").await["id"].clone();
        calendar.pass_to(HOUR, AHEAD);
        // Three days, a gap, two days.
        for is_there in [true, true, true, false, true, true] {
            if is_there {
                check_in(&client, &member).await.payload("checkIn");
            }
            calendar.pass(DAY);
        }
        let range = (calendar.day(-6), calendar.day(0));
        let range = (range.0.as_str(), range.1.as_str());
        assert_eq!(shown(&client, &member, range).await["streak"], 2);
        let day = calendar.day(-3);
        assert_eq!(make_up(&client, &member, &day).await.user_errors("checkInMakeUp"), ["NO_CARDS at memberId"]);
        grant(&client, &member, 2).await.payload("checkInCardsGrant");
        let made_up = make_up(&client, &member, &day).await.payload("checkInMakeUp").clone();
        assert_eq!((&made_up["checkIn"]["streak"], &made_up["checkIn"]["kind"]), (&json!(4), &json!("MADE_UP")));
        let stands = json!({ "streak": 6, "longestStreak": 6, "total": 6, "lastDay": calendar.day(-1), "cards": 1,
            "checkedInToday": false });
        assert_eq!(made_up["member"]["checkIns"], stands);
        let shown = shown(&client, &member, range).await;
        let days = shown["days"].as_array().unwrap().iter();
        let days: Vec<_> = days.map(|day| (day["day"].clone(), day["streak"].clone())).collect();
        let expected: Vec<_> = (0..6).map(|day| (json!(calendar.day(day - 6)), json!(day + 1))).collect();
        assert_eq!(days, expected);
        check_in(&client, &member).await.payload("checkIn");

        let before_the_first = calendar.day(-7);
        for (day, refusal) in [
            (calendar.day(0), "INVALID at day"),
            (calendar.day(1), "INVALID at day"),
            (day, "ALREADY_CHECKED_IN at day"),
            (calendar.day(-6), "ALREADY_CHECKED_IN at day"),
            (before_the_first, "INVALID at day"),
        ] {
            assert_eq!(make_up(&client, &member, &day).await.user_errors("checkInMakeUp"), [refusal], "{day}");
        }
        records_agree(&calendar.0.database().await).await;
    });
}

#[test]
fn five_cards_make_five_days_up_however_many_ask_at_a_time() {
    run(async {
        let calendar = Calendar::open().await;
        let tenant = calendar.0.tenant("five-cards").await;
        let policy = json!({ "input": { "checkIn": { "makeUpWithinDays": 31, "source": "Our own" } } });
        tenant.owner().await.run("TenantPolicyUpdate", policy).await.payload("tenantPolicyUpdate");
        let client = calendar.partner(&tenant).await;
        let member = given::member(&client, "Li Lei").await["id"].clone();
        calendar.pass_to(HOUR, AHEAD);
        check_in(&client, &member).await.payload("checkIn");
        grant(&client, &member, 5).await.payload("checkInCardsGrant");
        calendar.pass(25 * DAY);
        let mut requests = JoinSet::new();
        for ago in 1..=20 {
            let (client, member, day) = (client.clone(), member.clone(), calendar.day(-ago));
            requests.spawn(async move { make_up(&client, &member, &day).await.user_errors("checkInMakeUp") });
        }
        let answers = requests.join_all().await;
        let refused = answers.iter().filter(|errors| **errors == ["NO_CARDS at memberId"]).count();
        assert_eq!((answers.iter().filter(|errors| errors.is_empty()).count(), refused), (5, 15), "{answers:?}");
        let shown = shown(&client, &member, (&calendar.day(-30), &calendar.day(0))).await;
        assert_eq!((&shown["cards"], &shown["total"]), (&json!(0), &json!(6)));
        records_agree(&calendar.0.database().await).await;
    });
}

#[test]
fn cards_are_given_up_to_a_hundred_at_a_time_with_a_reason_and_their_moves_stay_as_they_are() {
    run(async {
        let calendar = Calendar::open().await;
        let tenant = calendar.0.tenant("cards").await;
        let client = calendar.partner(&tenant).await;
        let member = given::member(&client, "Li Lei").await["id"].clone();
        let input = json!({ "memberId": member, "count": 0, "reason": " ", "idempotencyKey": "wrong" });
        let wrong = client.run("CheckInCardsGrant", json!({ "input": input })).await;
        assert_eq!(wrong.user_errors("checkInCardsGrant"), ["INVALID at count", "REQUIRED at reason"]);
        assert_eq!(grant(&client, &member, 101).await.user_errors("checkInCardsGrant"), ["INVALID at count"]);
        let input = json!({ "memberId": member, "count": 100, "reason": "Thanks", "idempotencyKey": "right" });
        for _ in 0..2 {
            let given = client.run("CheckInCardsGrant", json!({ "input": input })).await;
            assert_eq!(given.payload("checkInCardsGrant")["member"]["checkIns"]["cards"], 100);
        }
        let database = calendar.0.database().await;
        records_agree(&database).await;
        for verb in ["UPDATE", "DELETE"] {
            assert!(is_refused(&database, verb).await, "{verb}");
        }
        assert!(
            database.refusal("UPDATE check_in_members SET cards = -1").await.contains("check_in_members_cards_check")
        );
    });
}

/// Whether moves of cards may not be changed so: by nobody, or on PostgreSQL by neither role.
async fn is_refused(database: &Database, verb: &str) -> bool {
    if let Database::Sqlite(_) = database {
        let what = if verb == "UPDATE" {
            "UPDATE check_in_card_moves SET cards = 1"
        } else {
            "DELETE FROM check_in_card_moves"
        };
        return database.refusal(what).await.contains("never");
    }
    let may = |role: &str| format!("has_table_privilege('{role}', 'check_in_card_moves', '{verb}')");
    let roles = format!("{} OR {}", may("shequn_app"), may("shequn_system"));
    database.number(&format!("SELECT CAST(CASE WHEN {roles} THEN 1 ELSE 0 END AS bigint)")).await == 0
}
