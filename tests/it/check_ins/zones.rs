//! What becomes of days and streaks when the tenant moves to another time zone.

use harness::{Role, Tenant, run};
use serde_json::json;

use super::{Calendar, DAY, HOUR, check_in, make_up, shown};
use crate::given;

async fn moved(tenant: &Tenant<'_>, zone: &str) {
    let answer = tenant.owner().await.run("TenantTimezoneSet", json!({ "input": { "timezone": zone } })).await;
    assert_eq!(answer.payload("tenantTimezoneSet")["timezone"], zone);
}

#[test]
fn who_moves_west_has_the_day_twice_and_checks_in_once_until_the_next_new_day() {
    run(async {
        let calendar = Calendar::open().await;
        let tenant = calendar.0.tenant("west").await;
        let client = calendar.partner(&tenant).await;
        let member = given::member(&client, "Li Lei").await["id"].clone();
        // Ten in the morning in Shanghai, the evening before in Honolulu, 18 hours behind.
        calendar.pass_to(10 * HOUR, 8 * HOUR);
        let today = calendar.day(0);
        check_in(&client, &member).await.payload("checkIn");
        moved(&tenant, "Pacific/Honolulu").await;
        let refused = ["ALREADY_CHECKED_IN at memberId"];
        assert_eq!(check_in(&client, &member).await.user_errors("checkIn"), refused);
        let now = shown(&client, &member, (&today, &today)).await;
        assert_eq!((&now["checkedInToday"], &now["streak"]), (&json!(true), &json!(1)));
        // The day comes again.
        calendar.pass(12 * HOUR);
        assert_eq!(check_in(&client, &member).await.user_errors("checkIn"), refused);
        assert_eq!(make_up(&client, &member, &today).await.user_errors("checkInMakeUp"), ["INVALID at day"]);
        calendar.pass(24 * HOUR);
        let made = check_in(&client, &member).await.payload("checkIn")["checkIn"].clone();
        assert_eq!((&made["day"], &made["streak"]), (&json!(next(&today)), &json!(2)));
    });
}

#[test]
fn who_moves_east_and_loses_a_day_keeps_the_streak_for_two_days() {
    run(async {
        let calendar = Calendar::open().await;
        let tenant = calendar.0.tenant("east").await;
        moved(&tenant, "Pacific/Honolulu").await;
        let client = calendar.partner(&tenant).await;
        let (prompt, late) = (given::member(&client, "Li Lei").await, given::member(&client, "Han Meimei").await);
        let (prompt, late) = (prompt["id"].clone(), late["id"].clone());
        // Eight in the evening in Honolulu: ten hours on it is the day after next in Kiritimati, 24 hours ahead of it.
        calendar.pass_to(20 * HOUR, -10 * HOUR);
        let first = check_in(&client, &prompt).await.payload("checkIn")["checkIn"]["day"].clone();
        check_in(&client, &late).await.payload("checkIn");
        calendar.pass(10 * HOUR);
        moved(&tenant, "Pacific/Kiritimati").await;
        let first = first.as_str().unwrap();
        assert_eq!(shown(&client, &prompt, (first, first)).await["streak"], 1);
        let made = check_in(&client, &prompt).await.payload("checkIn")["checkIn"].clone();
        assert_eq!((&made["day"], &made["streak"]), (&json!(next(&next(first))), &json!(2)));
        // Later than that, and they have missed a day themselves.
        calendar.pass(2 * DAY);
        assert_eq!(shown(&client, &late, (first, first)).await["streak"], 0);
        assert_eq!(check_in(&client, &late).await.payload("checkIn")["checkIn"]["streak"], 1);
        assert_eq!(check_in(&client, &prompt).await.payload("checkIn")["checkIn"]["streak"], 1, "nobody moved since");
    });
}

#[test]
fn only_owners_and_admins_with_a_fresh_proof_move_the_tenant_and_only_to_a_zone_that_there_is() {
    run(async {
        let calendar = Calendar::open().await;
        let tenant = calendar.0.tenant("moving").await;
        let input = |zone: &str| json!({ "input": { "timezone": zone } });
        let owner = tenant.owner().await;
        for zone in ["Asia/Atlantis", "", "asia/shanghai", "UTC+8"] {
            let answer = owner.run("TenantTimezoneSet", input(zone)).await;
            assert_eq!(answer.user_errors("tenantTimezoneSet"), ["INVALID at timezone"], "{zone}");
        }
        for role in Role::ALL {
            let answer = tenant.staff(role).await.run("TenantTimezoneSet", input("Asia/Urumqi")).await;
            if matches!(role, Role::Owner | Role::Admin) {
                assert_eq!(answer.payload("tenantTimezoneSet")["timezone"], "Asia/Urumqi");
            } else {
                assert_eq!(answer.error_codes(), ["FORBIDDEN"], "{role:?}");
            }
        }
        calendar.pass(6 * 60);
        assert_eq!(owner.run("TenantTimezoneSet", input("Asia/Tokyo")).await.error_codes(), ["STEP_UP_REQUIRED"]);
    });
}

fn next(day: &str) -> String {
    let noon = format!("{day}T12:00:00Z").parse::<sqlx::types::chrono::DateTime<sqlx::types::chrono::Utc>>().unwrap();
    super::spelt(noon.timestamp().div_euclid(DAY) + 1)
}
