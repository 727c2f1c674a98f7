//! Check-ins: once a day by the server's clock, streaks that are right whatever happens, and cards for missed days.

mod cards;
mod midnight;
mod rules;
mod streaks;
mod zones;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use harness::{Client, Database, Response, Tenant, TestApp};
use serde_json::{Value, json};
use sqlx::types::chrono::DateTime;

use crate::given;
use crate::partner_keys::key;
use crate::points::unlimited;

const HOUR: i64 = 60 * 60;
const DAY: i64 = 24 * HOUR;
/// Tenants are in Asia/Shanghai, which is eight hours ahead all year.
const AHEAD: i64 = 8 * HOUR;

/// An installation whose clock is moved.
struct Calendar(TestApp);

impl Calendar {
    async fn open() -> Self {
        Self(unlimited(TestApp::with().with_movable_clock()).start().await)
    }

    /// By its clock, in seconds since 1970.
    fn now(&self) -> i64 {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap() + self.0.installation().clock_ahead();
        now.as_secs() as i64
    }

    fn pass(&self, seconds: i64) {
        self.0.installation().advance_clock(Duration::from_secs(seconds.unsigned_abs()));
    }

    /// Goes on to the next time at which it is so late somewhere, in seconds of the day.
    fn pass_to(&self, late: i64, ahead: i64) {
        self.pass((late - self.now() - ahead).rem_euclid(DAY));
    }

    /// The day in Shanghai, counted from today.
    fn day(&self, days: i64) -> String {
        spelt((self.now() + AHEAD).div_euclid(DAY) + days)
    }

    /// A partner system that checks members in, by a key that lasts as long as these tests' clocks go.
    async fn partner(&self, tenant: &Tenant<'_>) -> Client {
        let ends = DateTime::from_timestamp(self.now() + 364 * DAY, 0).unwrap().to_rfc3339();
        partner(&tenant.owner().await, json!({ "expiresAt": ends })).await
    }
}

/// A day by its number since 1970.
fn spelt(day: i64) -> String {
    DateTime::from_timestamp(day * DAY, 0).unwrap().format("%Y-%m-%d").to_string()
}

async fn partner(owner: &Client, changes: Value) -> Client {
    let scopes = json!({ "scopes": ["engagement:read", "engagement:write", "members:read", "members:write"] });
    let made = key(owner, given::with(scopes, changes)).await;
    owner.with_token(&made.secret)
}

fn unique() -> String {
    static NUMBER: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
    format!("key-{}", NUMBER.fetch_add(1, std::sync::atomic::Ordering::Relaxed))
}

async fn check_in(client: &Client, member: &Value) -> Response {
    answered(client, "CheckIn", json!({ "memberId": member, "idempotencyKey": unique() })).await
}

async fn make_up(client: &Client, member: &Value, day: &str) -> Response {
    answered(client, "CheckInMakeUp", json!({ "memberId": member, "day": day, "idempotencyKey": unique() })).await
}

/// Sends the same until it is answered: where many wait for one member on a busy machine, some run out of time.
async fn answered(client: &Client, operation: &str, input: Value) -> Response {
    for _ in 0..20 {
        let answer = client.run(operation, json!({ "input": input })).await;
        let codes = answer.error_codes();
        if !["TIMEOUT", "UNAVAILABLE", "IDEMPOTENCY_IN_FLIGHT"].iter().any(|code| codes.contains(code)) {
            return answer;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    panic!("{operation} is not answered");
}

async fn grant(client: &Client, member: &Value, count: i64) -> Response {
    let input = json!({ "memberId": member, "count": count, "reason": "Thanks", "idempotencyKey": unique() });
    client.run("CheckInCardsGrant", json!({ "input": input })).await
}

/// Where the member stands, with the days of a range.
async fn shown(client: &Client, member: &Value, (from, to): (&str, &str)) -> Value {
    let variables = json!({ "by": { "id": member }, "from": from, "to": to });
    client.run("MemberCheckIns", variables).await.data("member.checkIns").clone()
}

/// Fails unless every record says the same as the days and the moves of cards.
async fn records_agree(database: &Database) {
    let of = |table: &str| format!("FROM {table} x WHERE x.tenant_id = m.tenant_id AND x.member_id = m.member_id");
    let (days, moves) = (of("check_ins"), of("check_in_card_moves"));
    let wrong = database
        .number(&format!(
            "SELECT COUNT(*) FROM check_in_members m WHERE total <> (SELECT COUNT(*) {days})
                OR longest <> (SELECT COALESCE(MAX(x.streak), 0) {days})
                OR COALESCE(last_day, '') <> (SELECT COALESCE(MAX(x.day), '') {days})
                OR streak <> COALESCE((SELECT x.streak {days} AND x.day = m.last_day), 0)
                OR cards <> (SELECT COALESCE(SUM(CASE x.kind WHEN 'GRANT' THEN x.cards ELSE -x.cards END), 0) {moves})"
        ))
        .await;
    assert_eq!(wrong, 0, "records that do not say the same as the days");
}
