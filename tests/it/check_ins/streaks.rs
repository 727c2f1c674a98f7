//! Members come, stay away and make days up by chance for more than half a year; after each step the product says what a
//! small model says.

use std::collections::BTreeSet;

use harness::{Client, Tenant, run};
use serde_json::{Value, json};

use super::{AHEAD, Calendar, DAY, check_in, grant, make_up, records_agree, shown, spelt};
use crate::chance::Chance;
use crate::given;
use crate::points::HEAVY_LOAD;

const MEMBERS: usize = 4;
const DAYS: i64 = 210;
/// On which day the policy is changed, and to how many days.
const RULES: [(i64, i64); 4] = [(40, 0), (60, 31), (130, 2), (160, 12)];

#[test]
fn whatever_members_do_their_streaks_are_those_of_the_model() {
    run(async {
        let _alone = HEAVY_LOAD.lock().await;
        let calendar = Calendar::open().await;
        let tenant = calendar.0.tenant("streaks").await;
        let client = calendar.partner(&tenant).await;
        let mut chance = Chance::new("whatever_members_do_their_streaks");
        let mut people = Vec::new();
        for _ in 0..MEMBERS {
            let id = given::member(&client, "Li Lei").await["id"].clone();
            people.push(Person { id, days: BTreeSet::new(), cards: 0, refusals: BTreeSet::new() });
        }
        calendar.pass_to(DAY / 2, AHEAD);
        let mut within = 7;
        for number in 0..DAYS {
            if let Some((_, days)) = RULES.iter().find(|(day, _)| *day == number) {
                within = *days;
                set_rule(&tenant, within).await;
            }
            let today = (calendar.now() + AHEAD).div_euclid(DAY);
            for person in &mut people {
                person.live(&client, &mut chance, (today, within)).await;
                if number % 30 == 29 || number == DAYS - 1 {
                    person.compare_days(&client, today).await;
                }
            }
            calendar.pass(DAY);
        }
        let refusals: BTreeSet<_> = people.iter().flat_map(|person| person.refusals.clone()).collect();
        let all =
            ["ALREADY_CHECKED_IN at day", "ALREADY_CHECKED_IN at memberId", "INVALID at day", "NO_CARDS at memberId"];
        assert_eq!(refusals.into_iter().collect::<Vec<_>>(), all, "too little has happened");
        records_agree(&calendar.0.database().await).await;
    });
}

struct Person {
    id: Value,
    /// Those that count, by number.
    days: BTreeSet<i64>,
    cards: i64,
    /// What they have been refused for.
    refusals: BTreeSet<String>,
}

impl Person {
    async fn live(&mut self, client: &Client, chance: &mut Chance, (today, within): (i64, i64)) {
        // Seldom: they are to be without one now and then.
        if chance.below(60) == 0 {
            let count = 1 + chance.below(2) as i64;
            grant(client, &self.id, count).await.payload("checkInCardsGrant");
            self.cards += count;
        }
        if chance.below(4) == 0 {
            // Now and then today, or too long ago.
            self.make_up(client, today - chance.below(within as u64 + 4) as i64, (today, within)).await;
        }
        if chance.below(5) > 0 {
            self.check_in(client, today).await;
            if chance.below(6) == 0 {
                self.check_in(client, today).await;
            }
        }
        if !self.days.contains(&today) {
            let shown = shown(client, &self.id, (&spelt(today), &spelt(today))).await;
            assert_eq!(shown["days"], json!([]));
            self.compare(&shown, today);
        }
    }

    async fn check_in(&mut self, client: &Client, today: i64) {
        let answer = check_in(client, &self.id).await;
        if self.days.insert(today) {
            let payload = answer.payload("checkIn");
            assert_eq!(payload["checkIn"]["streak"], self.streak_of(today));
            self.compare(&payload["member"]["checkIns"], today);
        } else {
            self.refused(answer.user_errors("checkIn"), "ALREADY_CHECKED_IN at memberId");
        }
    }

    async fn make_up(&mut self, client: &Client, day: i64, (today, within): (i64, i64)) {
        let answer = make_up(client, &self.id, &spelt(day)).await;
        let refusal = if !(1..=within).contains(&(today - day)) {
            "INVALID at day"
        } else if self.days.contains(&day) {
            "ALREADY_CHECKED_IN at day"
        } else if self.days.range(..day).next().is_none() {
            "INVALID at day"
        } else if self.cards == 0 {
            "NO_CARDS at memberId"
        } else {
            self.days.insert(day);
            self.cards -= 1;
            let payload = answer.payload("checkInMakeUp");
            assert_eq!(payload["checkIn"]["streak"], self.streak_of(day));
            self.compare(&payload["member"]["checkIns"], today);
            return;
        };
        self.refused(answer.user_errors("checkInMakeUp"), refusal);
    }

    fn refused(&mut self, errors: Vec<String>, refusal: &str) {
        assert_eq!(errors, [refusal]);
        self.refusals.insert(refusal.to_owned());
    }

    /// How many days without a gap end on this one.
    fn streak_of(&self, day: i64) -> i64 {
        (0..).take_while(|ago| self.days.contains(&(day - ago))).count() as i64
    }

    fn compare(&self, shown: &Value, today: i64) {
        let last = self.days.last().copied();
        let streak = last.filter(|last| *last >= today - 1).map_or(0, |last| self.streak_of(last));
        let longest = self.days.iter().map(|day| self.streak_of(*day)).max().unwrap_or(0);
        let expected = json!({ "streak": streak, "longestStreak": longest, "total": self.days.len(),
            "lastDay": last.map(spelt), "cards": self.cards, "checkedInToday": self.days.contains(&today) });
        assert_eq!(given::with(shown.clone(), json!({ "days": null })), given::with(expected, json!({ "days": null })));
    }

    async fn compare_days(&self, client: &Client, today: i64) {
        let from = today - 99;
        let shown = shown(client, &self.id, (&spelt(from), &spelt(today))).await;
        let shown = shown["days"].as_array().unwrap().iter();
        let shown: Vec<_> = shown.map(|day| (day["day"].clone(), day["streak"].clone())).collect();
        let own = self.days.range(from..).map(|day| (json!(spelt(*day)), json!(self.streak_of(*day))));
        assert_eq!(shown, own.collect::<Vec<_>>());
    }
}

/// The rule is changed by a person, whose session does not last from one day to the next.
async fn set_rule(tenant: &Tenant<'_>, days: i64) {
    let check_in = json!({ "makeUpWithinDays": days, "source": "the council of the test" });
    let answer = tenant.owner().await.run("TenantPolicyUpdate", json!({ "input": { "checkIn": check_in } })).await;
    answer.payload("tenantPolicyUpdate");
}
