//! Awards that come at the same time are posted together, and each ends as it would alone.

use std::collections::{BTreeMap, HashSet};

use harness::{Client, Response, TestApp, absent_id, run, uuid_of};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::{balances_of, entries_of, members, number, partner, proof, text, unlimited, verify};
use crate::given;
use crate::partner_keys::key;

/// Of each kind.
const EACH: usize = 12;

/// An award to be sent, and how it has to end.
#[derive(Clone)]
struct Sent {
    client: Client,
    /// The partner's key.
    by: String,
    input: Value,
    ends: Ends,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Ends {
    Posted,
    /// Remembered from before.
    Replayed,
    Refused(&'static str),
    Failed(&'static str),
}

impl Sent {
    async fn send(&self) -> Response {
        self.client.run("PointsAward", json!({ "input": self.input })).await
    }

    /// Fails unless it ended so, remembered or not; gives the id of the entry, if there is one.
    fn check(&self, answer: &Response, is_replay: bool) -> Option<String> {
        let (input, ends) = (&self.input, self.ends);
        if let Ends::Failed(code) = ends {
            assert_eq!(answer.error_codes(), [code], "{input}: {}", answer.raw);
            return None;
        }
        let is_replay = is_replay || ends == Ends::Replayed;
        assert_eq!(answer.body["extensions"]["idempotentReplay"] == true, is_replay, "{input}: {}", answer.raw);
        if let Ends::Refused(error) = ends {
            assert_eq!(answer.user_errors("pointsAward"), [error], "{input}");
            return None;
        }
        let entry = &answer.payload("pointsAward")["entry"];
        assert_eq!(number(&entry["amount"]), input["amount"].as_i64().unwrap(), "{input}: {entry}");
        assert_eq!(entry["memberId"], input["memberId"], "{entry}");
        assert_eq!(entry["reference"], input["reference"], "{entry}");
        Some(text(&entry["id"]))
    }
}

/// All at once; the answers in their order.
async fn at_once(all: &[Sent]) -> Vec<Response> {
    let mut requests = JoinSet::new();
    for (place, sent) in all.iter().cloned().enumerate() {
        requests.spawn(async move { (place, sent.send().await) });
    }
    let answers: BTreeMap<_, _> = requests.join_all().await.into_iter().collect();
    answers.into_values().collect()
}

fn award(member: &str, amount: usize, key: &str) -> Value {
    json!({ "memberId": member, "amount": amount, "reason": "a gift", "reference": key, "idempotencyKey": key })
}

#[test]
fn of_awards_at_the_same_time_each_ends_as_it_would_alone_and_again_when_repeated() {
    run(async {
        let app = unlimited(TestApp::with()).start().await;
        let database = app.database().await;
        let tenant = app.tenant("gathered").await;
        let owner = tenant.owner().await;
        let known = members(&owner, 5).await;
        let (frozen, archived) = (&known[3], &known[4]);
        owner.run("MemberArchive", json!({ "input": { "id": archived } })).await.payload("memberArchive");
        let mut partners = Vec::new();
        for _ in 0..3 {
            let made = key(&owner, json!({ "scopes": ["points:read", "points:write"] })).await;
            partners.push((owner.with_token(&made.secret), text(&made.id)));
        }
        let sent = |place: usize, input: Value, ends: Ends| {
            let (client, by) = partners[place % partners.len()].clone();
            Sent { client, by, input, ends }
        };
        let before: Vec<_> =
            (0..EACH).map(|n| sent(n, award(&known[0], 1, &format!("used-{n}")), Ends::Posted)).collect();
        for (sent, answer) in before.iter().zip(at_once(&before).await) {
            sent.check(&answer, false);
        }
        sent(0, award(frozen, 5, "thaw"), Ends::Posted).send().await.payload("pointsAward");
        let id = database.literal(uuid_of(frozen));
        let freeze = format!("UPDATE points_accounts SET frozen_at = posted_at WHERE member_id = {id}");
        assert_eq!(database.execute(&freeze).await, 1);

        let absent = absent_id("mbr");
        let mut all = Vec::new();
        for n in 0..EACH {
            let key = |kind: &str| format!("{kind}-{n}");
            all.extend([
                sent(n, award(&known[n % 3], n + 1, &key("good")), Ends::Posted),
                sent(n, award(&absent, 1, &key("absent")), Ends::Refused("NOT_FOUND at memberId")),
                sent(n, award(archived, 1, &key("archived")), Ends::Refused("ARCHIVED at memberId")),
                sent(n, award(frozen, 1, &key("frozen")), Ends::Refused("ACCOUNT_FROZEN at memberId")),
                sent(n, award(&known[1], 0, &key("nothing")), Ends::Refused("INVALID at amount")),
                sent(n, award(&known[0], 1, &key("used")), Ends::Replayed),
                sent(n, award(&known[0], 2, &key("used")), Ends::Failed("IDEMPOTENCY_KEY_REUSED")),
            ]);
        }
        let mut entries = BTreeMap::new();
        for (sent, answer) in all.iter().zip(at_once(&all).await) {
            if let Some(entry) = sent.check(&answer, false) {
                entries.insert(entry, sent.by.clone());
            }
        }
        assert_eq!(entries.len(), 2 * EACH);
        for (sent, answer) in all.iter().zip(at_once(&all).await) {
            let entry = sent.check(&answer, true);
            assert!(entry.is_none_or(|entry| entries.contains_key(&entry)), "{}", sent.input);
        }

        // Each member has what was acknowledged, by whom it was.
        let sum: usize = (1..=EACH).sum();
        let mut given = 0;
        for member in &known[..3] {
            let shown = entries_of(&owner, member).await;
            let mut after = 0;
            for (place, entry) in shown.iter().enumerate() {
                after += number(&entry["amount"]);
                assert_eq!(number(&entry["number"]), place as i64 + 1);
                assert_eq!(number(&entry["balanceAfter"]["available"]), after);
            }
            assert_eq!(balances_of(&owner, member).await.available, after);
            given += after;
        }
        assert_eq!(given as usize, sum + EACH);
        let actors = "SELECT actor || ' ' || reference FROM points_entries WHERE reference <> 'thaw'";
        let actors: HashSet<String> = database.texts(actors).await.into_iter().collect();
        let posted = all.iter().filter(|sent| matches!(sent.ends, Ends::Posted | Ends::Replayed));
        let expected = posted.map(|sent| format!("{} {}", sent.by, text(&sent.input["reference"])));
        assert_eq!(actors, expected.collect());

        // The trail has one event for each that was not a replay, with the partner that it was of and what it was about.
        let events = "SELECT outcome || ' ' || actor_id || ' ' || COALESCE(object_id, '') FROM audit_events
            WHERE operation = 'pointsAward' AND object_id NOT LIKE 'mbr%' ORDER BY id";
        let events = database.texts(events).await;
        let of_entries = entries.iter().map(|(entry, by)| format!("SUCCEEDED {by} {entry}"));
        assert!(
            of_entries.clone().all(|event| events.iter().filter(|other| **other == event).count() == 1),
            "{events:#?}"
        );
        for (by, partner) in partners.iter().map(|(_, by)| (by, by)) {
            let refused = format!(
                "SELECT count(*) FROM audit_events WHERE operation = 'pointsAward' AND outcome = 'REFUSED'
                 AND actor_id = '{partner}' AND object_id LIKE 'mbr%'"
            );
            assert_eq!(database.number(&refused).await, 4 * (EACH / 3) as i64, "{by}");
        }
        // One moment of many records is one commit.
        let records = "SELECT count(*) - count(DISTINCT created_at) FROM idempotency_records
            WHERE operation = 'pointsAward'";
        assert!(database.number(records).await > 0, "nothing was posted together");
        let thaw = format!("UPDATE points_accounts SET frozen_at = NULL WHERE member_id = {id}");
        database.execute(&thaw).await;
        proof(&owner).await;
        verify(&app).await;
    });
}

#[test]
fn whoever_hangs_up_takes_no_award_of_others_along_and_nobody_is_left_waiting() {
    run(async {
        let app = unlimited(TestApp::with()).start().await;
        let owner = app.tenant("hung-up").await.owner().await;
        let member = members(&owner, 1).await.remove(0);
        let client = partner(&owner, json!({})).await;
        let sent = |n: usize| Sent {
            client: client.clone(),
            by: String::new(),
            input: award(&member, 1, &format!("k{n}")),
            ends: Ends::Posted,
        };
        for round in 0..5 {
            let all: Vec<_> = (0..40).map(|n| sent(round * 40 + n)).collect();
            let mut requests = JoinSet::new();
            let mut leaving = Vec::new();
            for (place, sent) in all.iter().cloned().enumerate() {
                let handle = requests.spawn(async move { sent.check(&sent.send().await, false) });
                if place % 2 == 0 {
                    leaving.push(handle);
                }
            }
            tokio::time::sleep(std::time::Duration::from_millis(5 * round as u64)).await;
            leaving.iter().for_each(tokio::task::AbortHandle::abort);
            let mut answered = 0;
            while let Some(done) = requests.join_next().await {
                match done {
                    Ok(entry) => answered += usize::from(entry.is_some()),
                    Err(error) => assert!(error.is_cancelled(), "{error}"),
                }
            }
            assert!(answered >= 20, "{answered}");
            // Posted once, whether anybody was told or not.
            for sent in &all {
                while sent.send().await.error_codes() == ["IDEMPOTENCY_IN_FLIGHT"] {}
            }
            assert_eq!(balances_of(&client, &member).await.available, 40 * (round as i64 + 1));
        }
        verify(&app).await;
    });
}

#[test]
fn awards_of_two_tenants_and_of_a_restricted_key_at_the_same_time_do_not_mix() {
    run(async {
        let app = unlimited(TestApp::with()).start().await;
        let (a, b) = (app.tenant("gathered-a").await, app.tenant("gathered-b").await);
        let (a, b) = (a.owner().await, b.owner().await);
        let (of_a, of_b) = (members(&a, 2).await, members(&b, 2).await);
        let community = given::community(&a, "Readers").await;
        given::joined(&a, &community, &json!({ "id": of_a[1] }), "CORE").await;
        let confined = partner(&a, json!({ "communityIds": [community["id"]] })).await;
        let (whole_a, whole_b) = (partner(&a, json!({})).await, partner(&b, json!({})).await);
        let mut all = Vec::new();
        for n in 0..EACH {
            let gone = Ends::Refused("NOT_FOUND at memberId");
            for (client, member, kind, ends) in [
                (&whole_a, &of_a[0], "own", Ends::Posted),
                (&whole_b, &of_b[0], "own", Ends::Posted),
                (&whole_a, &of_b[0], "foreign", gone),
                (&whole_b, &of_a[0], "foreign", gone),
                (&confined, &of_a[1], "inside", Ends::Posted),
                (&confined, &of_a[0], "outside", gone),
            ] {
                let input = award(member, 1, &format!("{kind}-{n}"));
                all.push(Sent { client: client.clone(), by: String::new(), input, ends });
            }
        }
        for is_replay in [false, true] {
            for (sent, answer) in all.iter().zip(at_once(&all).await) {
                sent.check(&answer, is_replay);
            }
        }
        for (owner, member) in [(&a, &of_a[0]), (&a, &of_a[1]), (&b, &of_b[0])] {
            assert_eq!(balances_of(owner, member).await.available, EACH as i64);
        }
        proof(&a).await;
        proof(&b).await;
    });
}

#[test]
fn awards_at_the_same_time_count_together_towards_the_limit_of_the_tenant() {
    run(async {
        let app = unlimited(TestApp::with()).start().await;
        let owner = app.tenant("gathered-limit").await.owner().await;
        let member = members(&owner, 1).await.remove(0);
        let input = json!({ "approvalAbove": 10, "idempotencyKey": "limit" });
        owner.run("PointsPolicyUpdate", json!({ "input": input })).await.payload("pointsPolicyUpdate");
        let client = partner(&owner, json!({})).await;
        let all: Vec<_> = (0..30)
            .map(|n| Sent {
                client: client.clone(),
                by: String::new(),
                input: award(&member, 1, &format!("k{n}")),
                ends: Ends::Posted,
            })
            .collect();
        let codes: Vec<_> = at_once(&all).await.iter().map(|answer| answer.user_errors("pointsAward")).collect();
        assert_eq!(codes.iter().filter(|codes| codes.is_empty()).count(), 10, "{codes:?}");
        assert_eq!(codes.iter().filter(|codes| **codes == ["APPROVAL_REQUIRED at amount"]).count(), 20, "{codes:?}");
        assert_eq!(balances_of(&owner, &member).await.available, 10);
    });
}
