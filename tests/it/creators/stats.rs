//! What came of what was handed in, by the days of the tenant's calendar.

use std::time::{SystemTime, UNIX_EPOCH};

use harness::{Client, TestApp, run};
use serde_json::{Value, json};
use sqlx::types::chrono::DateTime;

use super::{approved, editor, reopen, review, rule, submitted, withdraw};
use crate::growth::time::{AHEAD, later, now, pass};
use crate::points::{members, unlimited};

const DAY: i64 = 24 * 60 * 60;
const FIELDS: [&str; 7] = ["submitted", "approved", "rejected", "changesRequested", "waiting", "withdrawn", "creators"];

/// So many days from today.
pub fn day(days: i64) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() as i64;
    DateTime::from_timestamp(now + days * DAY, 0).unwrap().date_naive().to_string()
}

async fn stats(client: &Client, (from, to): (&str, &str)) -> Value {
    client.run("SubmissionStats", json!({ "from": from, "to": to })).await.data("submissionStats").clone()
}

/// The numbers in the order of [`FIELDS`].
fn numbers(stats: &Value) -> [i64; 7] {
    FIELDS.map(|field| stats[field].as_i64().unwrap_or_else(|| panic!("{field} of {stats}")))
}

#[test]
fn days_begin_at_midnight_in_the_tenants_zone_and_add_up() {
    run(async {
        let app = unlimited(TestApp::with().with_movable_clock()).start().await;
        let owner = app.tenant("stats-days").await.owner().await;
        let client = editor(&owner, json!({})).await;
        let other = editor(&app.tenant("stats-days-2").await.owner().await, json!({})).await;
        let ids = members(&owner, 2).await;
        rule(&client, json!({})).await;
        // Two minutes before a day begins in Shanghai, which is eight hours before it does in London.
        let late = (now(&app).timestamp() + AHEAD).rem_euclid(DAY);
        pass(&app, (DAY - 120 - late).rem_euclid(DAY));
        let first = now(&app).date_naive();
        let (evening, morning) = (first.to_string(), later(first, 1).to_string());
        let mut made = Vec::new();
        for whose in [0, 0, 1] {
            made.push(submitted(&client, &ids[whose], json!({})).await);
        }
        pass(&app, 150);
        assert_eq!(now(&app).date_naive().to_string(), morning);
        for _ in 0..4 {
            made.push(submitted(&client, &ids[0], json!({})).await);
        }
        // What became of it counts on the day on which it was handed in.
        assert_eq!(approved(&client, &made[0], 80).await["pointsPaid"], "80");
        approved(&client, &made[2], 91).await;
        approved(&client, &made[3], 60).await;
        let note = json!({ "note": "No" });
        review(&client, &made[4], "REJECT", note.clone()).await.payload("submissionReview");
        review(&client, &made[5], "REQUEST_CHANGES", note).await.payload("submissionReview");
        withdraw(&client, &made[1]).await.payload("submissionWithdraw");

        let one = stats(&client, (&evening, &evening)).await;
        assert_eq!(numbers(&one), [3, 2, 0, 0, 0, 1, 2]);
        assert_eq!((&one["averageScore"], &one["pointsPaid"]), (&json!(85.5), &json!("171")));
        let two = stats(&client, (&morning, &morning)).await;
        assert_eq!(numbers(&two), [4, 1, 1, 1, 1, 0, 1]);
        assert_eq!((&two["averageScore"], &two["pointsPaid"]), (&json!(60.0), &json!("60")));
        let both = stats(&client, (&evening, &morning)).await;
        // Whoever handed in on both days is one.
        assert_eq!(numbers(&both), [7, 3, 1, 1, 1, 1, 2]);
        assert_eq!((&both["averageScore"], &both["pointsPaid"]), (&json!(77.0), &json!("231")));
        assert_eq!(numbers(&stats(&other, (&evening, &morning)).await), [0; 7]);

        reopen(&client, &made[3]).await.payload("submissionReopen");
        let two = stats(&client, (&morning, &morning)).await;
        assert_eq!(numbers(&two), [4, 0, 1, 1, 2, 0, 1]);
        assert_eq!((&two["averageScore"], &two["pointsPaid"]), (&json!(null), &json!("0")));
    });
}

#[test]
fn a_range_has_a_year_of_days_at_most_and_begins_before_it_ends() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("stats-range").await.owner().await;
        let client = editor(&owner, json!({})).await;
        let member = members(&owner, 1).await.remove(0);
        submitted(&client, &member, json!({})).await;
        for (from, to, fits) in [
            ("2026-01-01", "2027-01-01", true),
            ("2026-01-01", "2027-01-02", false),
            ("2026-01-01", "2026-01-01", true),
            ("2026-01-02", "2026-01-01", false),
            ("0001-01-01", "9999-12-31", false),
        ] {
            let answer = client.run("SubmissionStats", json!({ "from": from, "to": to })).await;
            let codes = if fits { vec![] } else { vec!["INPUT_INVALID"] };
            assert_eq!(answer.error_codes(), codes, "{from} to {to}");
        }
        assert_eq!(numbers(&stats(&client, (&day(-2), &day(2))).await), [1, 0, 0, 0, 1, 0, 1]);
        assert_eq!(numbers(&stats(&client, (&day(-30), &day(-3))).await), [0; 7]);
        // What happened to the days of longest ago and of farthest ahead is asked for without an error.
        for day in ["0001-01-01", "9999-12-31"] {
            assert_eq!(numbers(&stats(&client, (day, day)).await), [0; 7], "{day}");
        }
    });
}
