//! Many members take many steps by chance, while time passes and the tenant's rule changes; after each, the product
//! says what the model says.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use harness::{Client, Tenant, TestApp, eventually, run};
use serde_json::{Value, json};
use sqlx::types::chrono::{DateTime, Utc};
use tokio::task::JoinSet;

use super::model::{Balances, DAY, HOUR, Moment, REWARDS, day_of};
use super::sequence::{DONE, Pair, Sequence, Shelf};
use super::{HEAVY_LOAD, balances, let_transfer, members, number, partner, proof, text, unlimited, verify};
use crate::chance::Chance;

/// Of members, who also give each other points.
const PAIRS: usize = 128;
const ROUNDS: usize = 50;
/// Requests at a time.
const LANES: usize = 16;

/// Before which round how many days pass, and whether what has become due is waited for: otherwise the next step comes
/// upon it. All together are less than the year that a partner's key lasts.
const JOURNEY: [(usize, i64, bool); 8] = [
    (5, 1, true),
    (11, 6, false),
    (17, 13, true),
    (23, 31, false),
    (28, 2, false),
    (34, 62, true),
    (40, 92, false),
    (46, 120, true),
];
/// Longer than any hold, and any redemption.
const LAST_DAYS: i64 = 31;
/// Before which round the rule is changed, and to how many months; null is for ever.
const RULES: [(usize, Option<i64>); 4] = [(8, Some(1)), (20, None), (31, Some(3)), (43, Some(12))];

/// What the partner's key is for: to post, to offer rewards, and to hand them over.
const SCOPES: [&str; 7] = [
    "points:read",
    "points:write",
    "members:read",
    "rewards:read",
    "rewards:write",
    "rewards:vouchers",
    "redemptions:write",
];
/// How often each of these happens at least.
const OFTEN: usize = 10;
/// Steps that are accepted, what becomes of redemptions, and what redemptions are refused for.
const HAPPENINGS: [(&str, &str); 23] = [
    ("PointsAward", DONE),
    ("PointsDeduct", DONE),
    ("PointsHoldCreate", DONE),
    ("PointsHoldCapture", DONE),
    ("PointsHoldRelease", DONE),
    ("PointsReverse", DONE),
    ("RedemptionCreate", DONE),
    ("RedemptionFulfil", DONE),
    ("RedemptionCancel", DONE),
    ("redemption", "FULFILLED"),
    ("redemption", "CANCELLED"),
    ("redemption", "LAPSED"),
    ("RedemptionCreate", "INVALID at quantity"),
    ("RedemptionCreate", "LIMIT_REACHED at quantity"),
    ("RedemptionCreate", "OUT_OF_STOCK at rewardId"),
    ("RedemptionCreate", "INSUFFICIENT_POINTS at memberId"),
    ("RedemptionFulfil", "CLOSED at redemptionId"),
    ("RedemptionFulfil", "NOT_FOUND at redemptionId"),
    ("RedemptionCancel", "CLOSED at redemptionId"),
    ("RedemptionCancel", "NOT_FOUND at redemptionId"),
    ("PointsHoldCapture", "RESERVED at holdId"),
    ("PointsHoldRelease", "RESERVED at holdId"),
    ("PointsReverse", "NOT_REVERSIBLE at entryId"),
];

#[test]
fn whatever_members_do_their_points_are_those_of_the_model() {
    run(async {
        let _alone = HEAVY_LOAD.lock().await;
        let app = unlimited(TestApp::with().with_movable_clock()).start().await;
        let tenant = app.tenant("property").await;
        let owner = tenant.owner().await;
        let key_ends = DateTime::from_timestamp(now(&app) + 364 * DAY, 0).unwrap().to_rfc3339();
        let client = partner(&owner, json!({ "scopes": SCOPES, "expiresAt": key_ends })).await;
        let mut chance = Chance::new("whatever_members_do");
        let_transfer(&owner).await;
        let shelf = Shelf::stocked(&client).await;
        let ids = members(&owner, PAIRS * 2).await;
        let pair = |ids: &[String]| Pair::new([ids[0].clone(), ids[1].clone()], &mut chance, &shelf);
        let mut pairs: Vec<_> = ids.chunks(2).map(pair).collect();
        // No day begins meanwhile.
        let of_the_day = now(&app) - (day_of(now(&app)) * DAY - 8 * HOUR);
        pass(&app, (12 * HOUR - of_the_day).rem_euclid(DAY));

        let mut lifetime_months = Some(12);
        let mut remembered = Vec::new();
        for round in 0..ROUNDS {
            if let Some((_, days, is_waited_for)) = JOURNEY.iter().find(|(before, ..)| *before == round) {
                pass(&app, days * DAY);
                if *is_waited_for {
                    let moment = moment(&app, lifetime_months);
                    pairs = in_lanes(&client, pairs, move |one, client| one.settled(client, moment)).await;
                    compare_shelf(&client, &shelf, &pairs).await;
                    remembered.push(Remembered::now(&app, &pairs));
                }
            }
            if let Some((_, months)) = RULES.iter().find(|(before, _)| *before == round) {
                set_rule(&tenant, *months).await;
                lifetime_months = *months;
            }
            let moment = moment(&app, lifetime_months);
            pairs = in_lanes(&client, pairs, move |one, client| one.step(client, moment)).await;
            compare_shelf(&client, &shelf, &pairs).await;
        }

        pairs = in_lanes(&client, pairs, Pair::compare_details).await;
        pass(&app, LAST_DAYS * DAY);
        let moment = moment(&app, lifetime_months);
        pairs = in_lanes(&client, pairs, move |one, client| one.settled(client, moment)).await;
        compare_shelf(&client, &shelf, &pairs).await;
        pairs = in_lanes(&client, pairs, Pair::compare_details).await;
        pairs = in_lanes(&client, pairs, Pair::compare_past).await;
        for then in &remembered {
            then.compare(&client).await;
        }
        compare_whole(&client, &pairs).await;
        verify(&app).await;
        check_happenings(&pairs);
    });
}

/// What is left of each reward is what no member took, and no piece was taken twice.
async fn compare_shelf(client: &Client, shelf: &Shelf, pairs: &[Pair]) {
    let of_all = |reward| {
        let of_each = everybody(pairs).map(|one| one.account.pieces(reward));
        of_each.fold([0, 0], |[reserved, fulfilled], [more, others]| [reserved + more, fulfilled + others])
    };
    let pieces: Vec<_> = (0..REWARDS.len()).map(of_all).collect();
    shelf.compare(client, &pieces).await;
}

/// Steps that hardly ever happen, or are always refused, show nothing.
fn check_happenings(pairs: &[Pair]) {
    let mut tally = BTreeMap::new();
    for one in everybody(pairs) {
        let steps = one.tally.iter().map(|(what, count)| (*what, *count));
        let ends = one.account.redemptions.iter().map(|it| (("redemption", one.account.state_of(it)), 1));
        for (what, count) in steps.chain(ends) {
            *tally.entry(what).or_insert(0_usize) += count;
        }
    }
    for ((what, outcome), count) in &tally {
        println!("{what}, {outcome}: {count}");
    }
    let count_of = |what: &(&'static str, &'static str)| tally.get(what).copied().unwrap_or(0);
    let rare: Vec<_> = HAPPENINGS.into_iter().filter(|what| count_of(what) < OFTEN).collect();
    assert!(rare.is_empty(), "not even {OFTEN} times: {rare:?}");
}

/// Every member's balances at a time.
struct Remembered {
    at: String,
    balances: Vec<(String, Balances)>,
}

impl Remembered {
    fn now(app: &TestApp, pairs: &[Pair]) -> Self {
        let at = DateTime::<Utc>::from(SystemTime::now() + app.installation().clock_ahead());
        let at = at.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string();
        let balances = everybody(pairs).map(|one| (one.member.clone(), one.account.balances)).collect();
        Self { at, balances }
    }

    /// The past is told as it was.
    async fn compare(&self, client: &Client) {
        let document = "query($id: ID!, $at: DateTime!) { member(by: { id: $id }) { points {
            balance(at: $at) { available pending held } } } }";
        for (member, then) in &self.balances {
            let answer = client.query(document, json!({ "id": member, "at": self.at })).await;
            let told = answer.data("member.points.balance");
            let told = ["available", "pending", "held"].map(|account| number(&told[account]));
            assert_eq!(told, [then.available, then.pending, then.held], "{member} at {}", self.at);
        }
    }
}

/// The ledger's own sums, what is owed, and the seal.
async fn compare_whole(client: &Client, pairs: &[Pair]) {
    let sum = |part: fn(&Balances) -> i64| everybody(pairs).map(|one| part(&one.account.balances)).sum::<i64>();
    let expected = Balances {
        issued: sum(|one| one.issued),
        pending: sum(|one| one.pending),
        available: sum(|one| one.available),
        held: sum(|one| one.held),
        redeemed: sum(|one| one.redeemed),
        expired: sum(|one| one.expired),
        revoked: sum(|one| one.revoked),
        // What one gave another has.
        transferred: 0,
    };
    let given: i64 = pairs.iter().map(Pair::given).sum();
    println!("{expected:?}, and {given} given to others or by them");
    // Nothing is pending or held so late.
    let all = [expected.available, expected.redeemed, expected.expired, expected.revoked, given];
    assert!(all.iter().all(|sum| *sum > 0), "too little has happened");
    assert_eq!(balances(&proof(client).await), expected);
    eventually("every entry is sealed", Duration::from_secs(60), || async {
        proof(client).await["unsealedEntries"] == "0"
    })
    .await;

    let answer = client.run("PointsLiability", json!({})).await;
    let liability = answer.data("pointsLiability");
    let parts = ["pending", "available", "held", "total"].map(|part| number(&liability[part]));
    let owed = expected.pending + expected.available + expected.held;
    assert_eq!(parts, [expected.pending, expected.available, expected.held, owed]);
    let mut months = BTreeMap::new();
    for lot in everybody(pairs).flat_map(|one| &one.account.lots).filter(|lot| lot.left() > 0) {
        *months.entry(lot.expires_on().map(|day| day[..7].to_owned())).or_insert(0) += lot.left();
    }
    assert_eq!(number(&liability["neverExpiring"]), months.remove(&None).unwrap_or(0));
    let shown = liability["months"].as_array().unwrap().iter();
    let shown = shown.map(|month: &Value| (Some(text(&month["month"])), number(&month["amount"])));
    assert_eq!(shown.filter(|(_, amount)| *amount > 0).collect::<BTreeMap<_, _>>(), months);
}

fn everybody(pairs: &[Pair]) -> impl Iterator<Item = &Sequence> {
    pairs.iter().flat_map(|pair| &pair.members)
}

/// Lets each pair do something, several at a time.
async fn in_lanes<F, Fut>(client: &Client, mut pairs: Vec<Pair>, action: F) -> Vec<Pair>
where
    F: Fn(Pair, Client) -> Fut + Clone + Send + 'static,
    Fut: Future<Output = Pair> + Send,
{
    let mut lanes = JoinSet::new();
    while !pairs.is_empty() {
        let lane = pairs.split_off(pairs.len().saturating_sub(PAIRS / LANES));
        let (client, action) = (client.clone(), action.clone());
        lanes.spawn(async move {
            let mut done = Vec::with_capacity(lane.len());
            for one in lane {
                done.push(action(one, client.clone()).await);
            }
            done
        });
    }
    lanes.join_all().await.into_iter().flatten().collect()
}

/// The rule is changed by a person, whose session does not last from one leap of the clock to the next.
async fn set_rule(tenant: &Tenant<'_>, months: Option<i64>) {
    let points = json!({ "lifetimeMonths": months, "source": "the council of the test" });
    let answer = tenant.owner().await.run("TenantPolicyUpdate", json!({ "input": { "points": points } })).await;
    answer.payload("tenantPolicyUpdate");
}

fn moment(app: &TestApp, lifetime_months: Option<i64>) -> Moment {
    Moment { now: now(app), lifetime_months, is_sold_out: false }
}

fn pass(app: &TestApp, seconds: i64) {
    app.installation().advance_clock(Duration::from_secs(seconds.unsigned_abs()));
}

/// By the clock of the installation, in seconds since 1970.
fn now(app: &TestApp) -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap() + app.installation().clock_ahead();
    now.as_secs() as i64
}
