//! A transfer is undone as a whole and once, whichever of its entries is named.

use std::time::Duration;

use harness::{TestApp, eventually, run};
use serde_json::{Value, json};

use super::super::{Balances, entries_of, proof, text, unlimited, verify};
use super::Circle;
use crate::growth::time::{later, now};

const FIELD: &str = "pointsReverse";
const THREE_DAYS: Duration = Duration::from_secs(3 * 24 * 60 * 60);

/// Two sources and two last days: two entries of the one who gets them.
async fn of_two_kinds(circle: &Circle, (from, to): (usize, usize)) -> Value {
    circle.award(from, 30, json!({ "source": "CHECK_IN", "expiresOn": "2030-01-31" })).await;
    circle.award(from, 50, json!({ "source": "PURCHASE", "expiresOn": "2030-06-30" })).await;
    circle.given((from, to), 60).await
}

#[test]
fn a_transfer_that_is_undone_leaves_everybody_what_they_had() {
    run(async {
        let app = TestApp::start().await;
        let circle = Circle::open(&app.tenant("undone").await, 6).await;
        // By the entry of the giver, and by either of the other's.
        for (from, to, named) in [(0, 1, None), (3, 2, Some(0)), (4, 5, Some(1))] {
            let transfer = of_two_kinds(&circle, (from, to)).await;
            let (sent, received) = (&transfer["sent"], transfer["received"].as_array().unwrap());
            assert_eq!(received.len(), 2, "{transfer}");
            let entry = named.map_or(sent, |place: usize| &received[place]);
            let answer = circle.reverse(&entry["id"]).await;
            let payload = answer.payload(FIELD);
            let back = &payload["entry"];
            let words = ["memberId", "kind", "from", "to", "amount"].map(|field| text(&back[field]));
            assert_eq!(words, [&*circle.members[from], "REVERSE", "TRANSFERRED", "AVAILABLE", "60"]);
            assert_eq!((&back["reversesId"], &back["transferId"]), (&sent["id"], &sent["id"]));
            assert_eq!(payload["member"]["id"], circle.members[from]);
            is_undone(&circle, (from, to)).await;
            and_once(&circle, &transfer, back).await;
            is_undone(&circle, (from, to)).await;
        }
        proof(&circle.client).await;
        verify(&app).await;
    });
}

/// The giver has all that they were given, in the lots that it was in, and the other has nothing.
async fn is_undone(circle: &Circle, (from, to): (usize, usize)) {
    let giver = Balances { issued: 80, available: 80, ..Balances::default() };
    assert_eq!((circle.balances(from).await, circle.balances(to).await), (giver, Balances::default()));
    let whole = [
        ("CHECK_IN".to_owned(), 30, Some("2030-01-31".to_owned())),
        ("PURCHASE".to_owned(), 50, Some("2030-06-30".to_owned())),
    ];
    assert_eq!(circle.lots(from).await, whole);
    assert!(circle.lots(to).await.is_empty());
}

/// Each entry of the transfer was undone by one of its own, and none can be undone again.
async fn and_once(circle: &Circle, transfer: &Value, back: &Value) {
    let (sent, member) = (&transfer["sent"], text(&transfer["to"]["id"]));
    let entries = entries_of(&circle.client, &member).await;
    assert!(entries.iter().all(|entry| entry["transferId"] == sent["id"]), "{entries:?}");
    let (got, gone) = entries.split_at(2);
    assert!(gone.iter().all(|entry| entry["kind"] == "REVERSE" && entry["to"] == "TRANSFERRED"), "{gone:?}");
    assert_eq!(gone.len(), 2);
    for entry in got {
        let by = gone.iter().find(|one| one["reversesId"] == entry["id"]).expect("it was undone");
        assert_eq!((&entry["reversedById"], &entry["amount"]), (&by["id"], &by["amount"]));
    }
    for entry in got.iter().chain([sent]) {
        let again = circle.reverse(&entry["id"]).await;
        assert_eq!(again.user_errors(FIELD), ["ALREADY_REVERSED at entryId"]);
    }
    for entry in gone.iter().chain([back]) {
        let more = circle.reverse(&entry["id"]).await;
        assert_eq!(more.user_errors(FIELD), ["NOT_REVERSIBLE at entryId"]);
    }
}

#[test]
fn what_was_received_is_taken_back_first_and_then_what_else_there_is() {
    run(async {
        let app = TestApp::shared().await;
        let circle = Circle::open(&app.tenant("undone-spent").await, 3).await;
        circle.award(1, 50, json!({ "source": "INVITE", "expiresOn": "2031-12-31" })).await;
        circle.award(1, 5, json!({ "source": "CAMPAIGN", "expiresOn": "2029-12-31" })).await;
        let first = of_two_kinds(&circle, (0, 1)).await;
        // 5, 30 and 11 of the 30 that follow are spent; 19 and 50 are left.
        circle.deduct(1, 46).await;
        circle.reverse(&first["received"][1]["id"]).await.payload(FIELD);
        assert_eq!(circle.lots(1).await, [("INVITE".to_owned(), 9, Some("2031-12-31".to_owned()))]);
        assert_eq!(circle.available(0).await, 80);

        // Given on, it is gone as well.
        let second = circle.given((0, 1), 40).await;
        circle.given((1, 2), 10).await;
        let refused = circle.reverse(&second["sent"]["id"]).await;
        assert_eq!(refused.user_errors(FIELD), ["INSUFFICIENT_POINTS at entryId"]);
        circle.award(1, 1, json!({})).await;
        circle.reverse(&second["sent"]["id"]).await.payload(FIELD);
        assert_eq!([circle.available(0).await, circle.available(1).await, circle.available(2).await], [80, 0, 10]);
        proof(&circle.client).await;
    });
}

#[test]
fn what_is_no_longer_there_is_not_taken_back_and_nothing_of_it_is() {
    run(async {
        let app = TestApp::shared().await;
        let circle = Circle::open(&app.tenant("undone-short").await, 3).await;
        let transfer = of_two_kinds(&circle, (0, 1)).await;
        circle.given((1, 2), 1).await;
        let balances = [circle.balances(0).await, circle.balances(1).await];
        let mut named = vec![transfer["sent"]["id"].clone()];
        named.extend(transfer["received"].as_array().unwrap().iter().map(|entry| entry["id"].clone()));
        for entry in &named {
            let refused = circle.reverse(entry).await;
            assert_eq!(refused.user_errors(FIELD), ["INSUFFICIENT_POINTS at entryId"]);
        }
        assert_eq!([circle.balances(0).await, circle.balances(1).await], balances);
        // What is held counts no more than what is gone.
        circle.award(1, 1, json!({})).await;
        let hold = json!({ "memberId": circle.members[1], "amount": 1, "reason": "A pot" });
        let hold = circle.send("PointsHoldCreate", hold).await.payload("pointsHoldCreate")["hold"]["id"].clone();
        let refused = circle.reverse(&named[0]).await;
        assert_eq!(refused.user_errors(FIELD), ["INSUFFICIENT_POINTS at entryId"]);
        circle.send("PointsHoldRelease", json!({ "holdId": hold })).await.payload("pointsHoldRelease");
        circle.reverse(&named[0]).await.payload(FIELD);
        assert_eq!((circle.available(0).await, circle.available(1).await), (80, 0));
        proof(&circle.client).await;
    });
}

#[test]
fn what_has_expired_with_the_one_who_got_it_is_not_taken_back() {
    run(async {
        let app = unlimited(TestApp::with().with_movable_clock()).start().await;
        let circle = Circle::open(&app.tenant("undone-expired").await, 2).await;
        let tomorrow = later(now(&app).date_naive(), 1).to_string();
        circle.award(0, 30, json!({ "expiresOn": tomorrow })).await;
        circle.award(0, 50, json!({ "expiresOn": "2040-06-30" })).await;
        let transfer = circle.given((0, 1), 70).await;
        circle.award(1, 500, json!({})).await;
        app.installation().advance_clock(THREE_DAYS);
        for entry in [&transfer["sent"], &transfer["received"][0], &transfer["received"][1]] {
            let refused = circle.reverse(&entry["id"]).await;
            assert_eq!(refused.user_errors(FIELD), ["NOT_REVERSIBLE at entryId"]);
        }
        let Balances { available, expired, transferred, .. } = settled(&circle, 1).await;
        assert_eq!((available, expired, transferred), (540, 30, -70));
        assert_eq!(circle.available(0).await, 10);
        proof(&circle.client).await;
    });
}

#[test]
fn that_a_part_has_expired_is_said_also_where_there_is_too_little() {
    run(async {
        let app = unlimited(TestApp::with().with_movable_clock()).start().await;
        let circle = Circle::open(&app.tenant("undone-both").await, 2).await;
        let today = now(&app).date_naive();
        circle.award(0, 30, json!({ "expiresOn": later(today, 1).to_string() })).await;
        circle.award(0, 40, json!({ "expiresOn": later(today, 2).to_string() })).await;
        let transfer = circle.given((0, 1), 70).await;
        // The first part is spent and the second one is not: that comes too late for both.
        circle.deduct(1, 30).await;
        app.installation().advance_clock(THREE_DAYS);
        for entry in [&transfer["sent"], &transfer["received"][0], &transfer["received"][1]] {
            let refused = circle.reverse(&entry["id"]).await;
            assert_eq!(refused.user_errors(FIELD), ["NOT_REVERSIBLE at entryId"]);
        }
        assert_eq!(settled(&circle, 1).await.expired, 40);
        proof(&circle.client).await;
    });
}

/// A member's balances when what was due has been posted.
async fn settled(circle: &Circle, place: usize) -> Balances {
    eventually("what has expired is posted", Duration::from_secs(15), || async {
        circle.balances(place).await.expired > 0
    })
    .await;
    circle.balances(place).await
}

#[test]
fn what_comes_back_too_late_expires_at_once() {
    run(async {
        let app = unlimited(TestApp::with().with_movable_clock()).start().await;
        let circle = Circle::open(&app.tenant("undone-late").await, 2).await;
        let tomorrow = later(now(&app).date_naive(), 1).to_string();
        circle.award(0, 30, json!({ "expiresOn": tomorrow })).await;
        circle.award(1, 100, json!({ "expiresOn": "2040-06-30" })).await;
        let transfer = circle.given((0, 1), 30).await;
        // It is spent in time, so that nothing of it expires there.
        circle.deduct(1, 30).await;
        app.installation().advance_clock(THREE_DAYS);
        let answer = circle.reverse(&transfer["received"][0]["id"]).await;
        assert_eq!(answer.payload(FIELD)["entry"]["amount"], "30");
        let giver = Balances { issued: 30, expired: 30, ..Balances::default() };
        assert_eq!(circle.balances(0).await, giver);
        let receiver = Balances { issued: 100, available: 70, revoked: 30, ..Balances::default() };
        assert_eq!(circle.balances(1).await, receiver);
        let entries = entries_of(&circle.client, &circle.members[0]).await;
        let kinds: Vec<_> = entries.iter().map(|entry| text(&entry["kind"])).collect();
        assert_eq!(kinds, ["AWARD", "TRANSFER_OUT", "REVERSE", "EXPIRE"]);
        proof(&circle.client).await;
        verify(&app).await;
    });
}
