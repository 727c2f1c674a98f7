//! Voucher codes: each is handed out once, and shown to nobody else.

use std::collections::BTreeSet;

use harness::{Client, Response, TestApp, absent_id, run};
use serde_json::{Value, json};

use super::{at_once, cancel, numbers, redeem, redeemed, reward, rich, shop};
use crate::points::{balances_of, number, proof, text, unlimited, verify};

const TIMES: usize = 40;

pub async fn add(client: &Client, reward: &str, codes: &[&str]) -> Response {
    let input = json!({ "rewardId": reward, "codes": codes, "idempotencyKey": absent_id("key") });
    client.run("RewardVoucherCodesAdd", json!({ "input": input })).await
}

async fn coupon(client: &Client) -> String {
    reward(client, json!({ "name": "Coupon", "fulfilment": "VOUCHER_CODE" })).await
}

#[test]
fn forty_at_once_get_forty_different_codes_and_the_next_none() {
    run(async {
        let app = unlimited(TestApp::with()).start().await;
        let owner = app.tenant("codes").await.owner().await;
        let client = shop(&owner).await;
        let ids = rich(&client, &owner, (TIMES + 1, 100)).await;
        let coupon = coupon(&client).await;
        let codes: Vec<String> = (0..TIMES).map(|place| format!("CODE-{place:03}")).collect();
        let codes: Vec<&str> = codes.iter().map(String::as_str).collect();
        let answer = add(&client, &coupon, &codes).await;
        let payload = answer.payload("rewardVoucherCodesAdd");
        assert_eq!((&payload["added"], number(&payload["reward"]["stock"])), (&json!(TIMES), TIMES as i64));

        let orders = ids[..TIMES].iter().map(|member| (coupon.clone(), member.clone())).collect();
        let (made, refused) = at_once(&client, orders).await;
        assert_eq!((made.len(), refused), (TIMES, Vec::new()));
        assert!(made.iter().all(|one| one["state"] == "FULFILLED" && one["hold"]["state"] == "CAPTURED"));
        let handed: BTreeSet<_> = made.iter().flat_map(codes_of).collect();
        assert_eq!(handed, codes.iter().map(ToString::to_string).collect());
        assert_eq!(numbers(&client, &coupon).await, [0, 0, TIMES as i64]);
        let answer = redeem(&client, (&coupon, &ids[TIMES]), json!({})).await;
        assert_eq!(answer.user_errors("redemptionCreate"), ["OUT_OF_STOCK at rewardId"]);
        assert_eq!(cancel(&client, &made[0]).await.user_errors("redemptionCancel"), ["CLOSED at redemptionId"]);
        let proof = proof(&client).await;
        assert_eq!((number(&proof["redeemed"]), number(&proof["held"])), (100 * TIMES as i64, 0));
        verify(&app).await;
    });
}

#[test]
fn a_code_that_the_tenant_has_is_named_and_none_is_added() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("doubled").await.owner().await;
        let client = shop(&owner).await;
        let member = rich(&client, &owner, (1, 500)).await.remove(0);
        let (one, other) = (coupon(&client).await, coupon(&client).await);
        add(&client, &one, &["A", "B"]).await.payload("rewardVoucherCodesAdd");
        redeemed(&client, (&one, &member), json!({})).await;
        let doubled = ["ALREADY_EXISTS at codes.1", "ALREADY_EXISTS at codes.2", "ALREADY_EXISTS at codes.4"];
        let answer = add(&client, &other, &["C", "A", " B ", "D", "C"]).await;
        assert_eq!(answer.user_errors("rewardVoucherCodesAdd"), doubled);
        assert_eq!(numbers(&client, &other).await, [0, 0, 0]);
        let answer = add(&client, &other, &["", "x\u{7}", &"券".repeat(43)]).await;
        let wrong = ["REQUIRED at codes.0", "INVALID at codes.1", "TOO_LONG at codes.2"];
        assert_eq!(answer.user_errors("rewardVoucherCodesAdd"), wrong);
        assert_eq!(add(&client, &other, &[]).await.user_errors("rewardVoucherCodesAdd"), ["REQUIRED at codes"]);
        let mug = reward(&client, json!({})).await;
        assert_eq!(add(&client, &mug, &["E"]).await.user_errors("rewardVoucherCodesAdd"), ["INVALID at rewardId"]);
        add(&client, &other, &["C", "D"]).await.payload("rewardVoucherCodesAdd");
        // As many as were asked for, those that were added first before the others.
        let both = redeemed(&client, (&other, &member), json!({ "quantity": 2 })).await;
        assert_eq!(codes_of(&both), ["C", "D"]);
        assert_eq!(balances_of(&client, &member).await.redeemed, 300);
        // Another tenant has codes of its own.
        let elsewhere = app.tenant("elsewhere").await.owner().await;
        let there = shop(&elsewhere).await;
        add(&there, &coupon(&there).await, &["A"]).await.payload("rewardVoucherCodesAdd");
    });
}

#[test]
fn codes_are_nowhere_in_the_storage_or_the_log() {
    run(async {
        let app = TestApp::with().statement_log().start().await;
        let owner = app.tenant("secret").await.owner().await;
        let client = shop(&owner).await;
        let member = rich(&client, &owner, (1, 500)).await.remove(0);
        let coupon = coupon(&client).await;
        let codes = ["SECRET-QRZ-0001", "SECRET-QRZ-0002"];
        add(&client, &coupon, &codes).await.payload("rewardVoucherCodesAdd");
        let refused = add(&client, &coupon, &codes).await;
        assert_eq!(refused.user_errors("rewardVoucherCodesAdd").len(), 2);
        let made = redeemed(&client, (&coupon, &member), json!({})).await;
        assert_eq!(codes_of(&made), codes[..1]);
        let database = app.database().await;
        let tenant = harness::uuid_of(&text(
            &owner.query("{ viewer { tenant { id } } }", json!({})).await.body["data"]["viewer"]["tenant"]["id"],
        ));
        let stored = format!("{:?}", database.snapshot(tenant).await);
        assert!(stored.contains("Coupon"), "the snapshot has what the tenant has");
        let hex: String = "SECRET-QRZ".bytes().map(|byte| format!("{byte:02X}")).collect();
        for spelling in ["SECRET-QRZ", &hex, &hex.to_lowercase()] {
            assert!(!stored.contains(spelling), "a code is stored as {spelling}");
            assert!(!app.server().log().contains(spelling), "a code is in the log as {spelling}");
        }
        if harness::Storage::of_this_run() == harness::Storage::Embedded {
            for file in std::fs::read_dir(app.installation().data_dir(0)).unwrap() {
                let path = file.unwrap().path();
                let bytes = std::fs::read(&path).unwrap_or_default();
                assert!(!bytes.windows(10).any(|window| window == b"SECRET-QRZ"), "a code is in {path:?}");
            }
        }
    });
}

fn codes_of(redemption: &Value) -> Vec<String> {
    redemption["voucherCodes"].as_array().unwrap().iter().map(text).collect()
}
