//! PostgreSQL is stopped as by a power cut while points are posted.

use std::time::{Duration, Instant};

use harness::{Storage, TestApp, absent_id, eventually, run, uuid_of};
use serde_json::json;
use tokio::task::JoinSet;

use crate::chance::Chance;
use crate::points::journal::Office;
use crate::points::{HEAVY_LOAD, balances_of, members, partner, proof, unlimited, verify};

const STOPS: usize = 6;
/// For how long somebody else holds an account.
const HELD: Duration = Duration::from_millis(3300);

#[test]
fn a_postgres_stopped_six_times_at_work_has_posted_each_thing_once() {
    run(async {
        Storage::PostgresRedis.must_be();
        let _alone = HEAVY_LOAD.lock().await;
        let app = unlimited(TestApp::with().own_postgres()).start().await;
        let mut chance = Chance::new("a_postgres_stopped_six_times_at_work");
        let office = Office::open(&app, &mut chance).await;
        for _ in 0..STOPS {
            tokio::time::sleep(chance.millis(300, 1200)).await;
            app.installation().postgres().stop_immediate().await;
            tokio::time::sleep(chance.millis(0, 500)).await;
            app.installation().postgres().start_again().await;
        }
        tokio::time::sleep(Duration::from_secs(2)).await;
        office.close(&app, STOPS).await;
        assert!(app.server().is_running());
    });
}

/// Further on than any transaction of this cluster.
const ELSEWHERE: i64 = 1_000_000_000;

#[test]
fn a_ledger_that_was_restored_into_another_cluster_is_sealed_on_and_nothing_twice() {
    run(async {
        Storage::PostgresRedis.must_be();
        let app = TestApp::start().await;
        let owner = app.tenant("restored-ledger").await.owner().await;
        let member = members(&owner, 1).await.remove(0);
        let award = async |number: i64| {
            let key = number.to_string();
            let input = json!({ "memberId": member, "amount": number, "reason": "Test", "idempotencyKey": key });
            owner.run("PointsAward", json!({ "input": input })).await.payload("pointsAward");
            eventually("every entry is sealed once", Duration::from_secs(30), || async {
                let proof = proof(&owner).await;
                proof["unsealedEntries"] == "0" && proof["head"]["entries"] == key
            })
            .await;
        };
        award(1).await;
        award(2).await;
        let database = app.database().await;
        let moved = |column: &str| format!("CASE WHEN {column} = 0 THEN 0 ELSE {column} + {ELSEWHERE} END");
        let (behind, last) = (moved("behind_xid"), moved("last_xid"));
        database
            .execute(&format!("UPDATE points_entries SET xid = (xid::text::bigint + {ELSEWHERE})::text::xid8"))
            .await;
        database.execute(&format!("UPDATE points_seals SET behind_xid = {behind}, last_xid = {last}")).await;
        for number in 3..=5 {
            award(number).await;
        }
        verify(&app).await;
        assert_eq!(proof(&owner).await["issued"], "15");
    });
}

#[test]
fn half_a_transfer_is_refused_when_it_is_committed() {
    run(async {
        Storage::PostgresRedis.must_be();
        let app = TestApp::start().await;
        let tenant = app.tenant("half-a-transfer").await;
        let owner = tenant.owner().await;
        let ids = members(&owner, 2).await;
        for id in &ids {
            let input = json!({ "memberId": id, "amount": 100, "reason": "Test", "idempotencyKey": id });
            owner.run("PointsAward", json!({ "input": input })).await.payload("pointsAward");
        }
        let database = app.database().await;
        let transfer = database.literal(uuid_of(&absent_id("pen")));
        let half = |member: &str, words: [&str; 3], amount: i64| {
            format!(
                "INSERT INTO points_entries (tenant_id, id, member_id, asset, number, kind, from_account, to_account, \
                 amount, pending_after, available_after, held_after, reason, texts_mac, transfer_id, actor, posted_at) \
                 SELECT tenant_id, gen_random_uuid(), member_id, asset, number + 1, '{}', '{}', '{}', {amount}, \
                 pending_after, available_after, held_after, reason, texts_mac, {transfer}, actor, posted_at \
                 FROM points_entries WHERE member_id = {}",
                words[0],
                words[1],
                words[2],
                database.literal(uuid_of(member))
            )
        };
        let sent = |amount| half(&ids[0], ["TRANSFER_OUT", "AVAILABLE", "TRANSFERRED"], amount);
        let received = |amount| half(&ids[1], ["TRANSFER_IN", "TRANSFERRED", "AVAILABLE"], amount);
        // Both together are let in.
        let whole = format!("BEGIN; {}; {}; SET CONSTRAINTS ALL IMMEDIATE; ROLLBACK", sent(5), received(5));
        database.execute(&whole).await;
        for wrong in [sent(5), received(5), format!("{}; {}", sent(5), received(4))] {
            // It is the commit that is refused.
            database.execute(&format!("BEGIN; {wrong}; ROLLBACK")).await;
            let error = database.refusal(&wrong).await;
            assert!(error.contains("the entries of a transfer do not sum to zero"), "{wrong}: {error}");
        }
        // So it is for the roles that the program writes as, which see what row security shows them.
        let tenant = tenant.uuid(&database).await;
        for role in ["shequn_app", "shequn_system"] {
            let enter = format!("SET LOCAL ROLE {role}; SELECT set_config('app.tenant_id', '{tenant}', true);");
            let error = database.refusal(&format!("{enter} {}", sent(5))).await;
            assert!(error.contains("the entries of a transfer do not sum to zero"), "{role}: {error}");
        }
        assert_eq!(proof(&owner).await["entries"], "2");
    });
}

#[test]
fn an_account_that_somebody_else_holds_keeps_nobody_waiting_but_its_own_awards() {
    run(async {
        Storage::PostgresRedis.must_be();
        let app = unlimited(TestApp::with()).env("SHEQUN_DATABASE_CONNECTIONS", "16").start().await;
        let owner = app.tenant("held-account").await.owner().await;
        let members = members(&owner, 6).await;
        let client = partner(&owner, json!({})).await;
        let award = |member: &str, key: &str| json!({ "input": { "memberId": member, "amount": 1, "reason": "Test", "idempotencyKey": key } });
        for member in &members {
            client.run("PointsAward", award(member, &format!("before {member}"))).await.payload("pointsAward");
        }
        let database = app.database().await;
        let id = database.literal(uuid_of(&members[0]));
        let hold = format!(
            "DO $$ BEGIN PERFORM 1 FROM points_accounts WHERE member_id = {id} FOR UPDATE;
             PERFORM pg_sleep({}); END $$",
            HELD.as_secs_f64()
        );
        let holder = tokio::spawn(async move { database.execute(&hold).await });
        tokio::time::sleep(Duration::from_millis(300)).await;
        let start = Instant::now();
        let mut requests = JoinSet::new();
        for number in 0..52 {
            // Few of its own: each that waits has a connection.
            let place = if number < 2 { 0 } else { 1 + number % (members.len() - 1) };
            let client = client.clone();
            let input = award(&members[place], &number.to_string());
            requests.spawn(async move {
                client.run("PointsAward", input).await.payload("pointsAward");
                (place, start.elapsed())
            });
        }
        let times = requests.join_all().await;
        holder.await.unwrap();
        let others = times.iter().filter(|(place, _)| *place > 0);
        assert!(others.clone().all(|(_, time)| *time < HELD - Duration::from_millis(500)), "{times:?}");
        for (place, member) in members.iter().enumerate() {
            let given = times.iter().filter(|(other, _)| *other == place).count() as i64;
            assert_eq!(balances_of(&client, member).await.available, 1 + given);
        }
        verify(&app).await;
    });
}
