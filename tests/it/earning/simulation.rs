//! Simulation: what a draft would have paid is what it then pays, and asking changes nothing.

use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

use harness::{Client, TestApp, absent_id, run};
use serde_json::{Value, json};

use super::model::{DAY, TIERS, date, day_of, spelt};
use super::{definition, draft, keeper, record, rule, set_state, update};
use crate::chance::Chance;
use crate::given;
use crate::points::{members, number, text, unlimited};

const MEMBERS: usize = 12;
const EVENTS: usize = 160;
/// The days of the history, today among them.
const DAYS: i64 = 20;

/// Something that one of the members did.
#[derive(Clone)]
struct Deed {
    member: usize,
    occurred_at: i64,
    quantity: Option<u64>,
    is_inside: bool,
}

/// A tenant like all others of a test: the same members, as the same in the same community.
struct Town {
    owner: Client,
    client: Client,
    members: Vec<String>,
    inside: Value,
    outside: Value,
}

impl Town {
    async fn found(app: &TestApp, name: &str) -> Self {
        let owner = app.tenant(name).await.owner().await;
        let client = keeper(&owner, json!({})).await;
        let (inside, outside) = (given::community(&owner, "In").await, given::community(&owner, "Out").await);
        let members = members(&owner, MEMBERS).await;
        for (place, member) in members.iter().enumerate().filter(|(place, _)| place % 4 < 3) {
            given::joined(&owner, &inside, &json!({ "id": member }), TIERS[place % 4]).await;
        }
        Self { owner, client, members, inside: inside["id"].clone(), outside: outside["id"].clone() }
    }

    /// What the draft says here.
    fn definition(&self) -> Value {
        definition(json!({
            "points": 3,
            "perUnit": { "quantity": 100, "points": 2 },
            "tierMultipliers": [{ "tier": "CORE", "percent": 150 }, { "tier": "ADMIN", "percent": 33 }],
            "communityIds": [self.inside],
            "caps": { "perDay": 60, "perMonth": 350, "perMember": 500 }
        }))
    }

    async fn do_all(&self, deeds: &[Deed]) {
        for deed in deeds {
            let community = if deed.is_inside { &self.inside } else { &self.outside };
            let input = json!({ "occurredAt": spelt(deed.occurred_at), "communityId": community,
                "quantity": deed.quantity });
            record(&self.client, &self.members[deed.member], "ORDER_PAID", input).await;
        }
    }

    async fn simulate(&self, changes: Value) -> Value {
        let answer = self.owner.run("PointsSimulate", json!({ "input": given::with(days(), changes) })).await;
        answer.data("pointsSimulate").clone()
    }

    /// Of each member, counted from 0: events, points, what was paid and the difference.
    fn by_member(&self, simulation: &Value) -> BTreeMap<usize, [i64; 4]> {
        let line = |line: &Value| {
            let place = self.members.iter().position(|id| line["memberId"] == **id).expect("a member of this tenant");
            let points = ["points", "paid", "difference"].map(|field| number(&line[field]));
            (place, [line["events"].as_i64().unwrap(), points[0], points[1], points[2]])
        };
        simulation["byMember"].as_array().unwrap().iter().map(line).collect()
    }
}

/// A history by chance, in the order in which it happened.
fn history(chance: &mut Chance) -> Vec<Deed> {
    let begin = now() - (DAYS - 1) * DAY;
    let mut deeds: Vec<_> = (0..EVENTS)
        .map(|_| Deed {
            member: chance.below(MEMBERS as u64) as usize,
            occurred_at: begin + chance.below((DAYS - 1) as u64 * DAY as u64) as i64,
            quantity: (chance.below(5) > 0).then(|| chance.below(3_000)),
            is_inside: chance.below(5) > 0,
        })
        .collect();
    deeds.sort_by_key(|deed| deed.occurred_at);
    // Of two at the same time it is chance which comes first.
    deeds.dedup_by_key(|deed| deed.occurred_at);
    deeds
}

#[test]
fn what_a_draft_would_have_paid_to_each_is_what_it_pays_where_the_same_happens() {
    run(async {
        let app = unlimited(TestApp::with()).start().await;
        let mut chance = Chance::new("what_a_draft_would_have_paid");
        let deeds = history(&mut chance);
        let past = Town::found(&app, "past").await;
        // Something was paid even then, by a rule that only some would want.
        let other = rule(&past.client, "Other", "ORDER_PAID", definition(json!({ "points": 5 }))).await;
        past.do_all(&deeds).await;
        let draft = past.simulate(json!({ "event": "ORDER_PAID", "definition": past.definition() })).await;

        let present = Town::found(&app, "present").await;
        let id = rule(&present.client, "Drafted", "ORDER_PAID", present.definition()).await;
        present.do_all(&deeds).await;
        let own = present.simulate(json!({ "ruleId": id })).await;

        let promised = past.by_member(&draft);
        let paid = present.by_member(&own);
        assert_eq!(promised.len(), paid.len());
        for (member, [_, points, of_nobody, difference]) in &promised {
            assert_eq!((*points, *of_nobody, *difference), (paid[member][2], 0, *points), "member {member}");
        }
        // The rule by itself says again what it paid.
        assert!(paid.values().all(|[_, points, paid, difference]| (points, difference) == (paid, &0)), "{paid:?}");
        let sum = |lines: &BTreeMap<usize, [i64; 4]>, part: usize| lines.values().map(|line| line[part]).sum::<i64>();
        assert!(sum(&promised, 1) > 500, "too little to tell: {promised:?}");
        assert_eq!([&draft["points"], &draft["paid"]], [&json!(sum(&promised, 1).to_string()), &json!("0")]);
        assert_eq!(own["paid"], json!(sum(&paid, 2).to_string()));
        let issued = present.owner.run("LedgerProof", json!({})).await;
        assert_eq!(number(issued.data("ledgerProof.issued")), sum(&paid, 2));

        // In the place of a rule that paid: what that rule paid, and by how much it differs.
        let instead = past.simulate(json!({ "ruleId": other, "definition": past.definition() })).await;
        let lines = past.by_member(&instead);
        let per_member = |place: usize| 5 * deeds.iter().filter(|deed| deed.member == place).count() as i64;
        for (member, [_, points, paid, difference]) in lines {
            assert_eq!((paid, difference), (per_member(member), points - paid), "member {member}");
            assert_eq!(points, promised.get(&member).map_or(0, |line| line[1]), "member {member}");
        }
    });
}

#[test]
fn a_simulation_changes_nothing() {
    run(async {
        let app = unlimited(TestApp::with()).start().await;
        let tenant = app.tenant("unchanged").await;
        let (owner, database) = (tenant.owner().await, app.database().await);
        let client = keeper(&owner, json!({})).await;
        let ids = members(&owner, 3).await;
        let id = rule(&client, "Orders", "ORDER_PAID", definition(json!({}))).await;
        for member in &ids {
            record(&client, member, "ORDER_PAID", json!({})).await;
        }
        let uuid = tenant.uuid(&database).await;
        database.trail_is_sealed().await;
        let before = database.snapshot(uuid).await;
        for changes in [
            json!({ "ruleId": id }),
            json!({ "ruleId": id, "definition": definition(json!({ "points": 99 })) }),
            json!({ "event": "ORDER_PAID", "definition": definition(json!({ "points": 99, "pendingDays": 3 })) }),
        ] {
            let input = given::with(days(), changes);
            let answer = owner.run("PointsSimulate", json!({ "input": input })).await;
            assert_eq!(answer.data("pointsSimulate.events"), 3);
        }
        database.snapshot(uuid).await.must_equal(&before);
    });
}

#[test]
fn a_simulation_asks_neither_for_the_state_of_a_rule_nor_for_its_time_and_counts_caps_from_its_first_day() {
    run(async {
        let app = unlimited(TestApp::with()).start().await;
        let owner = app.tenant("simulation-time").await.owner().await;
        let client = keeper(&owner, json!({})).await;
        let member = members(&owner, 1).await.remove(0);
        let long_over = json!({ "startsAt": "2020-01-01T00:00:00Z", "endsAt": "2020-01-02T00:00:00Z",
            "caps": { "perMember": 15 } });
        let id = text(&draft(&client, "Past", "ORDER_PAID", definition(long_over)).await["id"]);
        let noons: Vec<_> = [3, 2, 1].map(|days| super::model::start_of(day_of(now()) - days) + DAY / 2).into();
        // The last one first: order is by when it happened.
        for noon in noons.iter().rev() {
            record(&client, &member, "ORDER_PAID", json!({ "occurredAt": spelt(*noon) })).await;
        }
        record(&client, &member, "SHARE", json!({})).await;
        let simulate = async |from: i64, to: i64, changes: Value| {
            let input = json!({ "from": date(day_of(from)), "to": date(day_of(to)) });
            let answer = client.run("PointsSimulate", json!({ "input": given::with(input, changes) })).await;
            let told = answer.data("pointsSimulate");
            (told["events"].as_i64().unwrap(), told["members"].as_i64().unwrap(), number(&told["points"]))
        };
        assert_eq!(simulate(noons[0], noons[2], json!({ "ruleId": id })).await, (3, 1, 15));
        assert_eq!(simulate(noons[2], noons[2], json!({ "ruleId": id })).await, (1, 1, 10));
        assert_eq!(simulate(noons[0], noons[1], json!({ "ruleId": id })).await, (2, 1, 15));
        let other = json!({ "event": "REVIEW", "definition": definition(json!({})) });
        assert_eq!(simulate(noons[0], noons[2], other).await, (0, 0, 0));
        // By the newest version.
        update(&client, &id, 1, definition(json!({ "points": 2 }))).await.payload("earningRuleUpdate");
        set_state(&client, &json!(id), "ARCHIVED").await.payload("earningRuleStateSet");
        assert_eq!(simulate(noons[0], noons[2], json!({ "ruleId": id })).await, (3, 1, 6));
    });
}

#[test]
fn a_simulation_has_bounds() {
    run(async {
        let app = unlimited(TestApp::with()).start().await;
        let owner = app.tenant("simulation-bounds").await.owner().await;
        let client = keeper(&owner, json!({})).await;
        let ids = members(&owner, 3).await;
        for (place, member) in ids.iter().enumerate() {
            for _ in 0..=place {
                record(&client, member, "ORDER_PAID", json!({})).await;
            }
        }
        let drafted = json!({ "event": "ORDER_PAID", "definition": definition(json!({})) });
        let ask = async |changes: Value| {
            let input = given::with(given::with(days(), drafted.clone()), changes);
            client.run("PointsSimulate", json!({ "input": input })).await
        };
        for (changes, argument) in [
            (json!({ "from": "2025-01-01", "to": "2026-01-02" }), "input.from"),
            (json!({ "from": "2026-01-02", "to": "2026-01-01" }), "input.to"),
            (json!({ "first": 0 }), "input.first"),
            (json!({ "event": "order" }), "input.event"),
            (json!({ "event": null }), "input.ruleId"),
            (json!({ "definition": null }), "input.ruleId"),
            (json!({ "definition": definition(json!({ "points": -1 })) }), "input.definition.points"),
        ] {
            let answer = ask(changes.clone()).await;
            let error = &answer.body["errors"][0]["extensions"];
            assert_eq!(error["argument"], argument, "{changes}: {}", answer.raw);
            assert_eq!(answer.error_codes(), ["INPUT_INVALID"], "{changes}: {}", answer.raw);
        }
        ask(json!({ "from": "2025-01-01", "to": "2026-01-01" })).await.data("pointsSimulate");
        let absent = ask(json!({ "ruleId": absent_id("erl"), "event": null })).await;
        assert!(absent.partial("pointsSimulate").is_null(), "{}", absent.raw);
        // The sums are of all, whoever is shown.
        let first = ask(json!({ "first": 2 })).await;
        let told = first.data("pointsSimulate");
        assert_eq!((told["byMember"].as_array().unwrap().len(), &told["members"]), (2, &json!(3)));
        assert_eq!((&told["events"], &told["points"]), (&json!(6), &json!("60")));
    });
}

/// The days of the history, as it is asked for.
pub fn days() -> Value {
    json!({ "from": date(day_of(now()) - DAYS), "to": date(day_of(now()) + 1), "first": 100 })
}

fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() as i64
}
