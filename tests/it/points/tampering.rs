//! Somebody with the database can change a ledger, and it shows; nothing is posted to an account that does not add up.

use std::time::Duration;

use harness::{Client, Database, TestApp, absent_id, eventually, run, uuid_of};
use serde_json::{Value, json};

use super::{members, number, verify};

struct Ledger {
    app: TestApp,
    owner: Client,
    member: String,
    database: Database,
    slug: String,
}

impl Ledger {
    /// With one member who was given 100 points, of which 30 were taken, all of it sealed.
    async fn open(name: &str) -> Self {
        let app = TestApp::start().await;
        let tenant = app.tenant(name).await;
        let (owner, slug) = (tenant.owner().await, tenant.slug().to_owned());
        let member = members(&owner, 1).await.remove(0);
        let ledger = Self { database: app.database().await, app, owner, member, slug };
        ledger.post("PointsAward", 100).await;
        ledger.post("PointsDeduct", 30).await;
        ledger.is_sealed().await;
        verify(&ledger.app).await;
        ledger
    }

    async fn is_sealed(&self) {
        eventually("the entries are sealed", Duration::from_secs(30), || async {
            let answer = self.owner.run("LedgerProof", json!({})).await;
            answer.data("ledgerProof.unsealedEntries") == "0"
        })
        .await;
    }

    async fn post(&self, operation: &str, amount: i64) -> Vec<String> {
        let key = format!("{operation}-{amount}");
        let input = json!({ "memberId": self.member, "amount": amount, "reason": "Test", "idempotencyKey": key });
        let answer = self.owner.run(operation, json!({ "input": input })).await;
        answer.user_errors(&format!("{}{}", operation[..1].to_lowercase(), &operation[1..]))
    }

    async fn unfreeze(&self) -> Vec<String> {
        let answer = self.owner.run("PointsUnfreeze", json!({ "input": { "memberId": self.member } })).await;
        answer.user_errors("pointsUnfreeze")
    }

    async fn frozen(&self) -> i64 {
        let answer = self.owner.run("LedgerProof", json!({})).await;
        number(answer.data("ledgerProof.frozenAccounts"))
    }

    /// Changes what nobody may: on SQLite past the triggers, which whoever has the file can drop.
    async fn forge(&self, sql: &str) {
        if let Database::Sqlite(_) = self.database {
            for table in ["points_entries", "points_lot_moves", "points_seals"] {
                self.database.execute(&format!("DROP TRIGGER IF EXISTS {table}_unchanged")).await;
                self.database.execute(&format!("DROP TRIGGER IF EXISTS {table}_undeleted")).await;
            }
        }
        assert!(self.database.execute(sql).await > 0, "{sql}");
    }

    /// What verifying prints, which must have failed.
    async fn problems(&self) -> String {
        let output = self.app.installation().cli(&["verify", "ledger"], &[]).await;
        assert_eq!(output.code, Some(1), "{output:#?}");
        output.stdout
    }

    fn of_member(&self) -> String {
        format!("member_id = {}", self.database.literal(uuid_of(&self.member)))
    }
}

#[test]
fn an_account_that_does_not_add_up_is_frozen_within_a_minute_until_it_does() {
    run(async {
        let ledger = Ledger::open("frozen").await;
        let of_member = ledger.of_member();
        let change = |sign| {
            format!(
                "UPDATE points_accounts SET available = available {sign} 5, issued = issued {sign} 5 WHERE {of_member}"
            )
        };
        ledger.forge(&change('+')).await;
        assert_eq!(ledger.owner.run("LedgerProof", json!({})).await.data("ledgerProof.isBalanced"), false);
        eventually("the account is frozen", Duration::from_secs(90), || async { ledger.frozen().await == 1 }).await;
        assert!(ledger.app.server().log().contains("points.account_does_not_add_up"));
        assert_eq!(ledger.post("PointsAward", 1).await, ["ACCOUNT_FROZEN at memberId"]);
        assert_eq!(ledger.post("PointsDeduct", 1).await, ["ACCOUNT_FROZEN at memberId"]);
        assert_eq!(ledger.post("PointsHoldCreate", 1).await, ["ACCOUNT_FROZEN at memberId"]);
        assert_eq!(ledger.unfreeze().await, ["ACCOUNT_FROZEN at memberId"]);
        let problems = ledger.problems().await;
        for problem in
            ["the balance is not the sum of the entries", "what the last entry says", "the lots do not sum up"]
        {
            assert!(problems.contains(problem), "{problem}: {problems}");
        }

        ledger.forge(&change('-')).await;
        assert_eq!(ledger.unfreeze().await, Vec::<String>::new());
        assert_eq!(ledger.unfreeze().await, ["ACCOUNT_NOT_FROZEN at memberId"]);
        assert_eq!(ledger.post("PointsAward", 2).await, Vec::<String>::new());
        assert_eq!(ledger.frozen().await, 0);
        verify(&ledger.app).await;
    });
}

#[test]
fn whom_a_process_did_not_come_to_count_the_next_one_counts_first() {
    run(async {
        let ledger = Ledger::open("restarted").await;
        // More than are counted in turn: only that it was posted to brings the last one up at once.
        let row = |number: usize| json!({ "externalRef": format!("r-{number}"), "displayName": "Li Lei" });
        let others = crate::given::imported(&ledger.owner, (0..1_000).map(row).collect()).await;
        let award = |member: &Value| json!({ "memberId": member, "amount": 10, "reason": "Test" });
        let awards: Vec<_> = others.iter().map(award).collect();
        let input = json!({ "awards": awards, "idempotencyKey": "all" });
        ledger.owner.run("PointsAwardBulk", json!({ "input": input })).await.payload("pointsAwardBulk");
        ledger.is_sealed().await;
        assert_eq!(ledger.app.server().stop().await, Some(0));
        let last = others.iter().map(|member| uuid_of(member.as_str().unwrap())).max().unwrap();
        let last = ledger.database.literal(last);
        let more = format!("UPDATE points_accounts SET available = 15, issued = 15 WHERE member_id = {last}");
        ledger.forge(&more).await;
        ledger.app.server().start_again().await;
        eventually("the account is frozen", Duration::from_secs(40), || async { ledger.frozen().await == 1 }).await;
    });
}

#[test]
fn whatever_is_changed_in_a_ledger_is_found_and_named() {
    run(async {
        let ledger = Ledger::open("changed").await;
        let of_member = ledger.of_member();
        ledger.forge(&format!("UPDATE points_entries SET reason = 'Bribe' WHERE number = 1 AND {of_member}")).await;
        assert!(ledger.problems().await.contains("its reason or reference was changed"));
        ledger.forge(&format!("UPDATE points_entries SET reason = 'Test' WHERE number = 1 AND {of_member}")).await;
        verify(&ledger.app).await;

        // One lot less, another more: the sums are as before.
        ledger.post("PointsAward", 50).await;
        ledger
            .forge(&format!("UPDATE points_lots SET available = available + 1 WHERE amount = 100 AND {of_member}"))
            .await;
        ledger
            .forge(&format!("UPDATE points_lots SET available = available - 1 WHERE amount = 50 AND {of_member}"))
            .await;
        let problems = ledger.problems().await;
        assert_eq!(problems.matches("what is left is not what its entries left").count(), 2, "{problems}");
        ledger
            .forge(&format!("UPDATE points_lots SET available = available - 1 WHERE amount = 100 AND {of_member}"))
            .await;
        ledger
            .forge(&format!("UPDATE points_lots SET available = available + 1 WHERE amount = 50 AND {of_member}"))
            .await;
        verify(&ledger.app).await;

        // What no balance shows: until when points are good, when they are looked at, and what is set aside.
        let day = "'2099-12-31'";
        let lot = format!("UPDATE points_lots SET expires_on = {day} WHERE amount = 100 AND {of_member}");
        let was = ledger
            .database
            .text(&format!("SELECT expires_on FROM points_lots WHERE amount = 100 AND {of_member}"))
            .await;
        ledger.forge(&lot).await;
        assert!(ledger.problems().await.contains("seal 1: its entries were changed"));
        ledger.forge(&lot.replace(day, &format!("'{was}'"))).await;
        let due =
            ledger.database.text(&format!("SELECT CAST(due_at AS text) FROM points_accounts WHERE {of_member}")).await;
        ledger.forge(&format!("UPDATE points_accounts SET due_at = NULL WHERE {of_member}")).await;
        assert!(ledger.problems().await.contains("something is due before it would be posted"));
        ledger.forge(&format!("UPDATE points_accounts SET due_at = '{due}' WHERE {of_member}")).await;
        ledger.post("PointsHoldCreate", 10).await;
        ledger.forge(&format!("UPDATE points_holds SET state = 'RELEASED' WHERE {of_member}")).await;
        assert!(ledger.problems().await.contains("the open holds do not sum up to what is held"));
        ledger.forge(&format!("UPDATE points_holds SET state = 'OPEN' WHERE {of_member}")).await;
        verify(&ledger.app).await;

        ledger.forge(&format!("DELETE FROM points_holds WHERE {of_member}")).await;
        ledger.forge(&format!("DELETE FROM points_lot_moves WHERE {of_member}")).await;
        ledger.forge(&format!("DELETE FROM points_entries WHERE kind = 'DEDUCT' AND {of_member}")).await;
        let problems = ledger.problems().await;
        assert!(problems.contains("seal 1: its entries were changed, taken out"), "{problems}");
        assert!(problems.contains("4 entries were posted, and 3 are there"), "{problems}");
    });
}

#[test]
fn points_that_left_one_member_and_reached_no_other_are_found() {
    run(async {
        let ledger = Ledger::open("half-transfer").await;
        let of_member = ledger.of_member();
        let id = ledger.database.literal(uuid_of(&absent_id("pen")));
        if let Database::Postgres(_) = ledger.database {
            let off = "ALTER TABLE points_entries DISABLE TRIGGER points_entries_transfer_check";
            ledger.database.execute(off).await;
        }
        // Account, entry and lot say the same.
        for sql in [
            format!(
                "INSERT INTO points_entries (tenant_id, id, member_id, asset, number, kind, from_account, to_account, \
                 amount, pending_after, available_after, held_after, reason, texts_mac, transfer_id, actor, posted_at) \
                 SELECT tenant_id, {id}, member_id, asset, number + 1, 'TRANSFER_OUT', 'AVAILABLE', 'TRANSFERRED', 5, \
                 pending_after, available_after - 5, held_after, reason, texts_mac, {id}, actor, posted_at \
                 FROM points_entries WHERE number = 2 AND {of_member}"
            ),
            format!(
                "INSERT INTO points_lot_moves (tenant_id, entry_id, lot_id, member_id, amount) \
                 SELECT tenant_id, {id}, id, member_id, 5 FROM points_lots WHERE {of_member}"
            ),
            format!("UPDATE points_lots SET available = available - 5 WHERE {of_member}"),
            format!(
                "UPDATE points_accounts SET available = available - 5, transferred = transferred + 5, \
                 entries = entries + 1 WHERE {of_member}"
            ),
        ] {
            ledger.forge(&sql).await;
        }
        assert!(ledger.problems().await.contains("between members there are 5 points"));
        let answer = ledger.owner.run("LedgerProof", json!({})).await;
        let proof = answer.data("ledgerProof");
        assert_eq!((&proof["isBalanced"], &proof["transferred"]), (&json!(false), &json!("5")));
    });
}

#[test]
fn a_head_that_was_kept_shows_that_a_ledger_was_made_anew() {
    run(async {
        let ledger = Ledger::open("kept-head").await;
        let slug = ledger.slug.clone();
        let answer = ledger.owner.run("LedgerProof", json!({})).await;
        let head = answer.data("ledgerProof.head");
        let kept = format!("{}:{}", head["position"].as_str().unwrap(), head["hash"].as_str().unwrap());
        let check = |kept: String| {
            let (installation, slug) = (std::sync::Arc::clone(ledger.app.installation()), slug.clone());
            async move { installation.cli(&["verify", "ledger", "--tenant", &slug, "--head", &kept], &[]).await }
        };
        check(kept.clone()).await.expect_success();
        let other = check(kept.replace("1:", "1:A")).await;
        assert_ne!(other.code, Some(0), "{other:#?}");
        let wrong = check(format!("1:{}", "A".repeat(43))).await;
        assert!(wrong.stdout.contains("a hash that was kept says that it was another one"), "{wrong:#?}");
    });
}

#[test]
fn the_program_itself_can_neither_change_nor_delete_an_entry() {
    run(async {
        let ledger = Ledger::open("append-only").await;
        for table in ["points_entries", "points_lot_moves", "points_seals"] {
            for statement in [format!("UPDATE {table} SET tenant_id = tenant_id"), format!("DELETE FROM {table}")] {
                for role in ["shequn_app", "shequn_system"] {
                    let (sql, expected) = match ledger.database {
                        Database::Postgres(_) => (format!("SET LOCAL ROLE {role}; {statement}"), "permission denied"),
                        Database::Sqlite(_) => (statement.clone(), "never"),
                    };
                    let error = ledger.database.refusal(&sql).await;
                    assert!(error.contains(expected), "{sql}: {error}");
                }
            }
        }
        verify(&ledger.app).await;
    });
}
