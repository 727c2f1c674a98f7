//! The cases about check-ins.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use sqlx::types::chrono::DateTime;

use super::cases::{Case, case, input, mutation};
use super::maker::Maker;
use crate::given;

/// All of a member's check-ins that rows are read for.
pub(super) fn check_ins() -> String {
    let (from, to) = (days_ago(9), days_ago(0));
    format!(
        "checkIns {{ streak longestStreak total lastDay cards checkedInToday
        days(from: \"{from}\", to: \"{to}\") {{ id day kind streak communityId }} }}"
    )
}

/// A day in Asia/Shanghai, where tenants are; it is eight hours ahead all year.
pub(super) fn days_ago(days: i64) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() as i64;
    let at = now + 8 * 60 * 60 - days * 24 * 60 * 60;
    DateTime::from_timestamp(at, 0).unwrap().format("%Y-%m-%d").to_string()
}

pub(super) fn of_check_ins() -> Vec<Case> {
    let made = |operation| mutation(operation, "checkIn { id day streak } member { id checkIns { total cards } }");
    vec![
        case("checkIn", made("checkIn"), |things| {
            input(things, json!({ "memberId": things.member, "communityId": things.community }))
        })
        .tried_as(|things, own| {
            let mixed = [(&things.member, &things.community), (&own.member, &things.community)];
            let named = |(member, community)| json!({ "memberId": member, "communityId": community });
            mixed.map(|ids| input(things, named(ids))).into()
        }),
        case("checkInCardsGrant", mutation("checkInCardsGrant", "member { id checkIns { cards } }"), |things| {
            input(things, json!({ "memberId": things.member, "count": 2, "reason": "Both like it" }))
        }),
        case("checkInMakeUp", made("checkInMakeUp"), |things| {
            input(things, json!({ "memberId": things.member, "day": things.missed_day }))
        }),
    ]
}

impl Maker {
    /// Checks the member in, five days ago, and gives them a card.
    pub(super) async fn checked_in(&self, reason: &str, member: &Value) {
        let input = |fields: Value| json!({ "input": given::with(fields, json!({ "memberId": member["id"], "idempotencyKey": reason })) });
        self.client.run("CheckIn", input(json!({}))).await.payload("checkIn");
        let cards = json!({ "count": 1, "reason": reason });
        self.client.run("CheckInCardsGrant", input(cards)).await.payload("checkInCardsGrant");
        let database = self.installation.database().await;
        let id = database.literal(harness::uuid_of(member["id"].as_str().unwrap()));
        let day = days_ago(5);
        for (table, column) in [("check_ins", "day"), ("check_in_members", "last_day")] {
            let sql = format!("UPDATE {table} SET {column} = '{day}' WHERE member_id = {id}");
            assert_eq!(database.execute(&sql).await, 1, "{sql}");
        }
    }
}
