//! Many members do what they do, while time passes and rules come, change and go; after each step what was paid is what
//! the model says.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use harness::{Client, TestApp, eventually, run};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::model::{Caps, DAY, Definition, HOUR, Rule, STATES, TIERS, day_of, spelt, start_of};
use super::sequence::{Council, EVENTS, Sequence, made_up};
use super::{draft, fresh_key, keeper, set_state};
use crate::chance::Chance;
use crate::given;
use crate::points::{HEAVY_LOAD, balances_of, entries_of, members, number, proof, text, unlimited, verify};

const MEMBERS: usize = 64;
const ROUNDS: usize = 50;
/// Requests at a time.
const LANES: usize = 16;
const COMMUNITIES: usize = 3;
const RULES: usize = 12;
/// Before which round how many hours pass. All together are less than the year that a key lasts, and that points do.
const JOURNEY: [(usize, i64); 12] = [
    (4, 1),
    (8, 5),
    (12, 13),
    (16, 24),
    (20, 3 * 24 + 7),
    (24, 11),
    (28, 31 * 24),
    (32, 2),
    (36, 17 * 24 + 3),
    (40, 62 * 24),
    (44, 9 * 24 + 12),
    (47, 92 * 24),
];
/// Longer than anything is pending.
const LAST_HOURS: i64 = 31 * 24;
/// In which rounds all act in one request.
const TOGETHER: [usize; 5] = [6, 14, 22, 33, 46];

#[test]
fn whatever_happens_rules_pay_what_the_model_says() {
    run(async {
        let _alone = HEAVY_LOAD.lock().await;
        let app = unlimited(TestApp::with().with_movable_clock()).start().await;
        let owner = app.tenant("rules-property").await.owner().await;
        let key_ends = spelt(now(&app) + 364 * DAY);
        let client = keeper(&owner, json!({ "expiresAt": key_ends })).await;
        let mut chance = Chance::new("whatever_happens_rules_pay");
        let (mut sequences, communities) = inhabitants(&owner, &mut chance).await;
        // No day begins meanwhile, nor a rule's time.
        let noon = start_of(day_of(now(&app))) + 12 * HOUR;
        pass(&app, (noon - now(&app)).rem_euclid(DAY));

        let mut council = Council { rules: vec![], ids: vec![], communities, now: now(&app) };
        for _ in 0..4 {
            create(&client, &mut council, &mut chance).await;
        }
        for round in 0..ROUNDS {
            if let Some((_, hours)) = JOURNEY.iter().find(|(before, _)| *before == round) {
                pass(&app, hours * HOUR);
            }
            council.now = now(&app);
            change_something(&client, &mut council, &mut chance).await;
            let shared = Arc::new(council.clone());
            sequences = match TOGETHER.contains(&round) {
                true => together(&client, sequences, &shared).await,
                false => {
                    let shared = Arc::clone(&shared);
                    in_lanes(&client, sequences, move |one, client| one.step(client, Arc::clone(&shared))).await
                }
            };
        }
        compare_end(&app, &client, &sequences).await;
    });
}

/// The members, each in some communities, and these.
async fn inhabitants(owner: &Client, chance: &mut Chance) -> (Vec<Sequence>, Vec<String>) {
    let mut communities = Vec::new();
    for number in 0..COMMUNITIES {
        communities.push(given::community(owner, &format!("Readers {number}")).await);
    }
    let mut sequences = Vec::new();
    for member in members(owner, MEMBERS).await {
        let mut tiers = Vec::new();
        for community in &communities {
            let tier = (chance.below(3) > 0).then(|| chance.of(&TIERS));
            if let Some(tier) = tier {
                given::joined(owner, community, &json!({ "id": member }), tier).await;
            }
            tiers.push(tier);
        }
        sequences.push(Sequence::new(member, tiers, chance.fork()));
    }
    (sequences, communities.iter().map(|community| text(&community["id"])).collect())
}

/// Mostly a rule is edited, now and then one is made, paused, set going again or put away.
async fn change_something(client: &Client, council: &mut Council, chance: &mut Chance) {
    let rule = chance.below(council.rules.len() as u64) as usize;
    match chance.below(6) {
        0 | 1 if council.rules.len() < RULES => create(client, council, chance).await,
        0..3 => edit(client, council, rule, chance).await,
        3 | 4 => switch(client, council, rule, chance).await,
        _ => {}
    }
}

async fn create(client: &Client, council: &mut Council, chance: &mut Chance) {
    let definition = made_up(chance, council.now, council.communities.len());
    let (event, name) = (chance.of(&EVENTS), format!("Rule {}", council.rules.len()));
    let made = draft(client, &name, event, input(council, &definition)).await;
    council.ids.push(text(&made["id"]));
    council.rules.push(Rule { event, state: "DRAFT", version: 1, definition });
    // One stays a draft, so that nothing is heard of it.
    if council.rules.len() != 2 {
        set_state(client, &made["id"], "ACTIVE").await.payload("earningRuleStateSet");
        council.rules.last_mut().unwrap().state = "ACTIVE";
    }
}

async fn edit(client: &Client, council: &mut Council, place: usize, chance: &mut Chance) {
    let definition = made_up(chance, council.now, council.communities.len());
    let (id, rule) = (&council.ids[place], &council.rules[place]);
    let input = json!({ "ruleId": id, "version": rule.version, "name": format!("Rule {place}"),
        "definition": input(council, &definition), "idempotencyKey": fresh_key() });
    let answer = client.run("EarningRuleUpdate", json!({ "input": input })).await;
    if rule.state == "ARCHIVED" {
        assert_eq!(answer.user_errors("earningRuleUpdate"), ["ARCHIVED at ruleId"]);
        return;
    }
    // What says the same is no new version.
    let version = rule.version + i64::from(definition != rule.definition);
    assert_eq!(answer.payload("earningRuleUpdate")["rule"]["version"], version);
    let rule = &mut council.rules[place];
    (rule.version, rule.definition) = (version, definition);
}

async fn switch(client: &Client, council: &mut Council, place: usize, chance: &mut Chance) {
    // The last one is rare: it is for good.
    let state = STATES[[0, 0, 1, 1, 1, 2][chance.below(6) as usize]];
    let answer = set_state(client, &json!(council.ids[place]), state).await;
    let rule = &mut council.rules[place];
    if rule.state == "ARCHIVED" {
        assert_eq!(answer.user_errors("earningRuleStateSet"), ["ARCHIVED at ruleId"]);
        return;
    }
    let shown = &answer.payload("earningRuleStateSet")["rule"];
    assert_eq!((&shown["state"], &shown["version"]), (&json!(state), &json!(rule.version)));
    rule.state = state;
}

/// A definition as a client says it.
fn input(council: &Council, definition: &Definition) -> Value {
    let Definition { points, per_unit, bonuses, tiers, communities, caps, starts_at, ends_at, pending_days } =
        definition;
    let Caps { per_day, per_month, per_member } = caps;
    let bonuses: Vec<_> = bonuses.iter().map(|(days, points)| json!({ "days": days, "points": points })).collect();
    let tiers: Vec<_> = tiers.iter().map(|(tier, percent)| json!({ "tier": tier, "percent": percent })).collect();
    json!({
        "source": "CAMPAIGN",
        "points": points,
        "perUnit": per_unit.map(|(quantity, points)| json!({ "quantity": quantity, "points": points })),
        "streakBonuses": bonuses,
        "tierMultipliers": tiers,
        "communityIds": communities.iter().map(|place| &council.communities[*place]).collect::<Vec<_>>(),
        "caps": { "perDay": per_day, "perMonth": per_month, "perMember": per_member },
        "startsAt": starts_at.map(spelt),
        "endsAt": ends_at.map(spelt),
        "pendingDays": pending_days,
    })
}

/// Every member in one request.
async fn together(client: &Client, mut sequences: Vec<Sequence>, council: &Council) -> Vec<Sequence> {
    let (mut rows, mut expected) = (Vec::new(), Vec::new());
    for sequence in &mut sequences {
        let happening = sequence.make_up(council);
        rows.push(sequence.row(council, &happening));
        expected.push(sequence.expect(council, &happening));
    }
    let input = json!({ "events": rows, "idempotencyKey": format!("together-{}", council.now) });
    let answer = client.run("EarningEventRecordBulk", json!({ "input": input })).await;
    let outcomes = answer.payload("earningEventRecordBulk")["outcomes"].as_array().unwrap();
    assert_eq!(outcomes.len(), sequences.len(), "{}", answer.raw);
    for ((sequence, outcome), expected) in sequences.iter_mut().zip(outcomes).zip(&expected) {
        sequence.compare_outcome(client, council, outcome, expected).await;
    }
    sequences
}

/// Nothing was scored again, balances are what was paid, and the ledger agrees with itself.
async fn compare_end(app: &TestApp, client: &Client, sequences: &[Sequence]) {
    pass(app, LAST_HOURS * HOUR);
    let (mut awards, mut capped) = (0, 0);
    for sequence in sequences {
        for then in &sequence.events {
            let story = sequence.story();
            assert_eq!(without_names(super::shown(client, then).await), without_names(then.clone()), "{story}");
            capped += then["payments"].as_array().unwrap().iter().filter(|one| one["outcome"] == "CAPPED").count();
        }
        eventually("what was paid is what there is", Duration::from_secs(30), || async {
            let balances = balances_of(client, &sequence.member).await;
            (balances.pending, balances.available) == sequence.book.balances(now(app))
        })
        .await;
        let entries = entries_of(client, &sequence.member).await;
        let made = entries.iter().filter(|entry| entry["kind"] == "AWARD").count();
        assert_eq!(made, sequence.book.awards(), "{}", sequence.story());
        awards += made;
    }
    println!("{awards} awards, {capped} payments met a cap");
    assert!(awards > MEMBERS && capped > 0, "too little has happened");
    let sum = sequences.iter().map(|one| one.book.balances(now(app)).1).sum::<i64>();
    assert_eq!(number(&proof(client).await["available"]), sum);
    verify(app).await;
}

/// What may change of an event that is told again: whether its points have become good.
fn without_names(mut event: Value) -> Value {
    for payment in event["payments"].as_array_mut().unwrap() {
        payment["rule"].as_object_mut().unwrap().remove("name");
    }
    event["payments"].as_array_mut().unwrap().sort_by_key(|payment| text(&payment["rule"]["id"]));
    event
}

/// Lets each sequence do something, several at a time.
async fn in_lanes<F, Fut>(client: &Client, mut sequences: Vec<Sequence>, action: F) -> Vec<Sequence>
where
    F: Fn(Sequence, Client) -> Fut + Clone + Send + 'static,
    Fut: Future<Output = Sequence> + Send,
{
    let mut lanes = JoinSet::new();
    while !sequences.is_empty() {
        let lane = sequences.split_off(sequences.len().saturating_sub(MEMBERS / LANES));
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

fn pass(app: &TestApp, seconds: i64) {
    app.installation().advance_clock(Duration::from_secs(seconds.unsigned_abs()));
}

/// By the clock of the installation, in seconds since 1970.
fn now(app: &TestApp) -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap() + app.installation().clock_ahead();
    now.as_secs() as i64
}

/// So many minutes from now by the machine's clock, as a client spells it.
pub fn from_now(minutes: i64) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() as i64;
    spelt(now + minutes * 60)
}
