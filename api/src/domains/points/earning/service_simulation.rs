//! What a draft would have paid for what has happened. Changes nothing.

use std::collections::HashMap;

use chrono::{NaiveDate, TimeDelta};

use super::model::{Days, Definition, check_definition, is_event};
use super::model_score::{Rule, Spent};
use super::row::EventRow;
use super::{store, store_events};
use crate::actor::{Actor, Scope};
use crate::domains::points::{Points, PointsError};
use crate::error::{UserError, UserErrorCode};
use crate::platform::db::TenantTx;
use crate::platform::ids::{EarningRuleId, Id, MemberId};

/// The longest time that is looked at.
const LONGEST: TimeDelta = TimeDelta::days(365);
/// Events that are read at a time, and altogether.
const AT_ONCE: u64 = 5_000;
const MOST_EVENTS: i64 = 200_000;

/// What is to be tried, and on what.
#[derive(Clone, Debug)]
pub struct Trial {
    /// The rule that it is compared with; and what is tried when nothing else is.
    pub rule: Option<EarningRuleId>,
    /// What the draft answers, unless it is the rule's.
    pub event: Option<String>,
    /// The draft.
    pub definition: Option<Definition>,
    /// The first day.
    pub from: NaiveDate,
    /// The last one.
    pub to: NaiveDate,
}

/// What a draft would have paid to a member, and what its rule did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Simulated {
    /// Events that it answers.
    pub events: i64,
    /// What it would have paid.
    pub points: i64,
    /// What the rule paid.
    pub paid: i64,
}

/// What a draft would have paid.
#[derive(Clone, Debug, Default)]
pub struct Simulation {
    /// To all.
    pub total: Simulated,
    /// By member, where it would change most first.
    pub members: Vec<(MemberId, Simulated)>,
}

impl Points {
    /// Lets a draft pay for what has happened, on paper. It counts its caps from the first day on, and its start, its
    /// end and its state are passed over.
    pub async fn simulate(&self, actor: &Actor, tx: &TenantTx, trial: Trial) -> Result<Simulation, PointsError> {
        actor.require_whole(Scope::PointsRead)?;
        let days = checked_days(&trial)?;
        let draft = self.drafted(tx, &trial).await?;
        let mut members: HashMap<MemberId, Simulated> = HashMap::new();
        self.replay(tx, (&draft, days), &mut members).await?;
        if let Some(rule) = trial.rule {
            for (member, paid) in store_events::sum_by_member(tx, (rule, &draft.event), days).await? {
                members.entry(member).or_default().paid = paid;
            }
        }
        Ok(Simulation::of(members))
    }

    /// The rule as it would be.
    async fn drafted(&self, tx: &TenantTx, trial: &Trial) -> Result<Rule, PointsError> {
        let known = match trial.rule {
            Some(id) => {
                let row = store::list_by_id(tx, &[id]).await?.pop();
                Some(row.ok_or(PointsError::NotFound("ruleId", "rule"))?.rule)
            }
            None => None,
        };
        let event = known.as_ref().map(|rule| rule.event.clone()).or_else(|| trial.event.clone());
        let definition = trial.definition.clone().or_else(|| known.map(|rule| rule.definition));
        let (Some(event), Some(definition)) = (event, definition) else {
            return Err(invalid("ruleId", "Expected a rule, or an event and a definition."));
        };
        if !is_event(&event) {
            return Err(invalid("event", "This is no name of an event."));
        }
        let mut errors = Vec::new();
        check_definition(&definition, &event, &mut errors);
        if !errors.is_empty() {
            return Err(errors.into());
        }
        let definition = Definition { starts_at: None, ends_at: None, ..definition };
        let id = trial.rule.unwrap_or(Id::from_uuid(uuid::Uuid::nil()));
        Ok(Rule { id, name: String::new(), event, version: 0, definition })
    }

    /// Goes over what has happened, in its order.
    async fn replay(
        &self,
        tx: &TenantTx,
        (draft, days): (&Rule, Days),
        members: &mut HashMap<MemberId, Simulated>,
    ) -> Result<(), PointsError> {
        let (mut spent, mut behind, mut seen) = (Spent::new(), None, 0_i64);
        loop {
            let events = store_events::list_history(tx, (&draft.event, days), behind, AT_ONCE).await?;
            for event in &events {
                pay(draft, event, (&mut spent, members));
            }
            seen += i64::try_from(events.len()).unwrap_or(i64::MAX);
            if seen > MOST_EVENTS {
                return Err(invalid("from", "More than 200,000 events happened in these days: look at fewer."));
            }
            match events.last() {
                Some(last) if u64::try_from(events.len()) == Ok(AT_ONCE) => {
                    behind = Some((last.day, last.occurred_at, last.id));
                }
                _ => return Ok(()),
            }
            // A long history must not keep a thread from others.
            tokio::task::yield_now().await;
        }
    }
}

fn pay(draft: &Rule, event: &EventRow, (spent, members): (&mut Spent, &mut HashMap<MemberId, Simulated>)) {
    let inputs = event.inputs();
    if draft.answers(&event.event, &inputs) {
        let member = members.entry(event.member).or_default();
        member.events += 1;
        member.points += draft.pay(&inputs, spent).map_or(0, |payment| payment.amount);
    }
}

fn checked_days(trial: &Trial) -> Result<Days, PointsError> {
    let Trial { from, to, .. } = *trial;
    if from > to {
        return Err(invalid("to", "The last day is not before the first."));
    }
    if to.signed_duration_since(from) > LONGEST {
        return Err(invalid("from", "At most 366 days at a time."));
    }
    if from.format("%Y-%m-%d").to_string().len() != 10 || to.format("%Y-%m-%d").to_string().len() != 10 {
        return Err(invalid("from", "Expected days of this time."));
    }
    Ok(Days { from, to })
}

fn invalid(field: &str, message: &'static str) -> PointsError {
    vec![UserError::at(field, UserErrorCode::Invalid, message)].into()
}

impl Simulation {
    fn of(members: HashMap<MemberId, Simulated>) -> Self {
        let mut total = Simulated::default();
        for member in members.values() {
            total.events += member.events;
            total.points += member.points;
            total.paid += member.paid;
        }
        let mut members: Vec<_> = members.into_iter().collect();
        members.sort_unstable_by_key(|(id, one)| (std::cmp::Reverse((one.points - one.paid).abs()), *id));
        Self { total, members }
    }
}
