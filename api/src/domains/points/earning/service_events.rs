//! Use cases: recording what happened, and paying what rules say.

use std::collections::{BTreeSet, HashMap, HashSet};

use chrono::{DateTime, Utc};
use futures_util::FutureExt as _;
use serde::{Deserialize, Serialize};

use super::model::{Fact, MEMBER_INVITED, Outcome as PaymentOutcome, is_reserved};
use super::model_score::{AS_IS, Inputs, Rule, Spent};
use super::row::EventRow;
use super::store;
use super::store_events::{self, NewPayment};
use crate::actor::{Actor, Scope};
use crate::domains::members::Standing;
use crate::domains::members::membership::Tier;
use crate::domains::points::model::{Award, Calendar};
use crate::domains::points::row::EntryRow;
use crate::domains::points::service::user_errors;
use crate::domains::points::store_awards::NewAward;
use crate::domains::points::{Points, PointsError};
use crate::error::{Failure, UserError, UserErrorCode};
use crate::platform::audit::Subject;
use crate::platform::db::TenantTx;
use crate::platform::idempotency::{Call, Outcome};
use crate::platform::ids::{CommunityId, EarningEventId, MemberId, PointsEntryId};

/// An event that was recorded, and what was paid for it.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Earned {
    /// The event.
    pub event: EarningEventId,
    /// To whom it happened.
    pub member: MemberId,
    /// All that rules paid for it.
    pub points: i64,
}

impl Outcome for Earned {
    fn subject(&self) -> Subject {
        Subject::of(self.event).within(self.member)
    }
}

/// What became of one event of many.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct EventOutcome {
    /// The event, unless it was refused.
    pub earned: Option<Earned>,
    /// Why it was.
    pub errors: Vec<UserError>,
}

/// What became of each of many events, in their order.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct EventOutcomes(pub Vec<EventOutcome>);

impl Outcome for EventOutcomes {}

/// What facts are judged by.
struct Surroundings {
    calendar: Calendar,
    standing: HashMap<MemberId, Standing>,
    communities: HashSet<CommunityId>,
    tiers: HashMap<(CommunityId, MemberId), Tier>,
    growth_percents: HashMap<MemberId, i32>,
}

impl Points {
    /// Records what a client says has happened, and pays for it.
    pub async fn record_event(&self, actor: &Actor, fact: Fact, call: &Call) -> Result<Earned, Failure> {
        let (scope, this, by) = (actor.require(Scope::PointsWrite)?, self.clone(), actor.clone());
        self.platform
            .once(scope, (actor, &call.for_ever()), |tx| {
                async move {
                    match this.record_by_in(tx, vec![fact], (&by, |_| "event".to_owned())).await?.pop() {
                        Some(EventOutcome { earned: Some(earned), .. }) => Ok(earned),
                        refused => Err(PointsError::Invalid(refused.map(|one| one.errors).unwrap_or_default())),
                    }
                }
                .boxed()
            })
            .await
    }

    /// Records many events; each is recorded or refused for itself.
    pub async fn record_events(&self, actor: &Actor, facts: Vec<Fact>, call: &Call) -> Result<EventOutcomes, Failure> {
        let (scope, this, by) = (actor.require(Scope::PointsWrite)?, self.clone(), actor.clone());
        self.platform
            .once(scope, (actor, &call.for_ever()), |tx| {
                async move {
                    this.record_by_in(tx, facts, (&by, |place| format!("events.{place}.event")))
                        .await
                        .map(EventOutcomes)
                }
                .boxed()
            })
            .await
    }

    /// What rules pay for what a person records counts as points by hand, and over the limit all of it is refused: what
    /// happened is nothing that a second person could approve.
    async fn record_by_in(
        &self,
        tx: &TenantTx,
        facts: Vec<Fact>,
        (actor, field): (&Actor, fn(usize) -> String),
    ) -> Result<Vec<EventOutcome>, PointsError> {
        let limit = if actor.user().is_some() { self.terms_in(tx).await?.1 } else { None };
        let Some(limit) = limit else { return self.record_in(tx, facts, &actor.label()).await };
        let members: BTreeSet<_> = facts.iter().map(|fact| fact.member).collect();
        self.members.lock_in(tx, &members.into_iter().collect::<Vec<_>>()).await?;
        let outcomes = self.record_in(tx, facts, &actor.label()).await?;
        let paid =
            |outcome: &EventOutcome| outcome.earned.filter(|earned| earned.points > 0).map(|earned| earned.member);
        let members: BTreeSet<_> = outcomes.iter().filter_map(paid).collect();
        let over = self.list_over_in(tx, &members.into_iter().collect::<Vec<_>>(), limit).await?;
        let is_over = |outcome: &EventOutcome| paid(outcome).is_some_and(|member| over.contains(&member));
        let refused = outcomes.iter().enumerate().filter(|(_, outcome)| is_over(outcome));
        let errors: Vec<_> = refused.map(|(place, _)| over_limit(&field(place))).collect();
        if errors.is_empty() { Ok(outcomes) } else { Err(PointsError::Invalid(errors)) }
    }

    /// As [`Points::record_events`], in the caller's transaction and without a limit.
    pub async fn record_in(
        &self,
        tx: &TenantTx,
        facts: Vec<Fact>,
        actor: &str,
    ) -> Result<Vec<EventOutcome>, PointsError> {
        let now = self.platform.clock.now();
        self.earn_in(tx, facts.into_iter().map(|fact| fact.check(now)).collect(), actor).await
    }

    /// Records what a higher slice itself knows of one member, in its transaction, and pays for it.
    pub async fn earn_one_in(&self, tx: &TenantTx, fact: Fact, actor: &str) -> Result<Earned, PointsError> {
        match self.earn_in(tx, vec![Ok(fact)], actor).await?.pop() {
            Some(EventOutcome { earned: Some(earned), .. }) => Ok(earned),
            refused => Err(PointsError::Invalid(refused.map(|one| one.errors).unwrap_or_default())),
        }
    }

    /// Takes back all that was paid for an event, in the caller's transaction; gives how much that was. What somebody
    /// reversed before stays as it is.
    pub async fn take_back_event_in(
        &self,
        tx: &TenantTx,
        event: EarningEventId,
        (reason, actor): (&str, &str),
    ) -> Result<i64, PointsError> {
        let mut taken = 0;
        for payment in store_events::list_payments(tx, &[event]).await? {
            let Some(entry) = payment.entry else { continue };
            match self.reverse_in(tx, entry, (reason.to_owned(), actor)).await {
                Ok(_) => taken += payment.amount,
                Err(PointsError::AlreadyReversed) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(taken)
    }

    /// Records what happened, and pays what the rules say that are active now. What is wrong with one says its outcome.
    pub(super) async fn earn_in(
        &self,
        tx: &TenantTx,
        facts: Vec<Result<Fact, Vec<UserError>>>,
        actor: &str,
    ) -> Result<Vec<EventOutcome>, PointsError> {
        let around = self.surroundings_in(tx, facts.iter().filter_map(|fact| fact.as_ref().ok())).await?;
        let judged: Vec<_> = facts.into_iter().map(|fact| self.judge(fact?, &around)).collect();
        let events: Vec<_> = judged.iter().filter_map(|judged| judged.as_ref().ok()).cloned().collect();
        let paid = self.pay_in(tx, &events, (&around.calendar, actor)).await?;
        let outcome = |judged: Result<EventRow, Vec<UserError>>| match judged {
            Err(errors) => EventOutcome { earned: None, errors },
            Ok(row) => match paid.get(&row.id) {
                Some(points) => {
                    let earned = Earned { event: row.id, member: row.member, points: *points };
                    EventOutcome { earned: Some(earned), errors: Vec::new() }
                }
                None => EventOutcome { earned: None, errors: vec![recorded_before()] },
            },
        };
        Ok(judged.into_iter().map(outcome).collect())
    }

    async fn surroundings_in(
        &self,
        tx: &TenantTx,
        facts: impl Iterator<Item = &Fact> + Clone,
    ) -> Result<Surroundings, PointsError> {
        let members: Vec<_> = facts.clone().map(|fact| fact.member).collect::<BTreeSet<_>>().into_iter().collect();
        let communities: BTreeSet<_> = facts.filter_map(|fact| fact.community).collect();
        let communities: Vec<_> = communities.into_iter().collect();
        Ok(Surroundings {
            calendar: self.calendar_in(tx).await?,
            standing: self.members.list_standing_in(tx, &members).await?,
            tiers: if communities.is_empty() {
                HashMap::new()
            } else {
                self.members.list_tiers_in(tx, &members).await?
            },
            communities: self.communities.list_known_in(tx, &communities).await?,
            growth_percents: self.growth_percents_in(tx, &members).await?,
        })
    }

    /// The event as it is recorded, or all that speaks against it.
    fn judge(&self, fact: Fact, around: &Surroundings) -> Result<EventRow, Vec<UserError>> {
        let Fact { member, event, occurred_at, quantity, community, streak, creator_percent, subject, reference } =
            fact;
        match around.standing.get(&member) {
            Some(Standing::Active) => {}
            Some(Standing::Archived) => return Err(user_errors(PointsError::Archived("memberId"))),
            None => return Err(user_errors(PointsError::NotFound("memberId", "member"))),
        }
        if community.is_some_and(|community| !around.communities.contains(&community)) {
            return Err(user_errors(PointsError::NotFound("communityId", "community")));
        }
        Ok(EventRow {
            id: self.platform.new_id(),
            member,
            event,
            occurred_at,
            day: around.calendar.day_of(occurred_at),
            quantity,
            community,
            tier: community.and_then(|community| around.tiers.get(&(community, member)).copied()),
            streak,
            growth_percent: around.growth_percents.get(&member).copied().unwrap_or(AS_IS),
            creator_percent,
            subject,
            reference,
            recorded_at: around.calendar.now,
        })
    }

    /// Writes the events and pays for them; gives what was paid for each that was not recorded before.
    async fn pay_in(
        &self,
        tx: &TenantTx,
        events: &[EventRow],
        (calendar, actor): (&Calendar, &str),
    ) -> Result<HashMap<EarningEventId, i64>, PointsError> {
        if events.is_empty() {
            return Ok(HashMap::new());
        }
        let kinds: BTreeSet<_> = events.iter().map(|event| event.event.as_str()).collect();
        let rules = store::list_active(tx, &kinds.into_iter().collect::<Vec<_>>()).await?;
        let spent = hold_capped(tx, events, &rules).await?;
        let new = store_events::insert(tx, events, calendar.now).await?;
        let spent = match spent {
            Some(wanted) => store_events::sum_spent(tx, &wanted).await?,
            None => Spent::new(),
        };
        let events: Vec<_> = events.iter().filter(|event| new.contains(&event.id)).collect();
        let scored = self.score(&events, (&rules, calendar), spent);
        let awards = scored.iter().filter_map(|scored| scored.award.clone());
        let awards: Vec<_> = awards.map(|(id, award)| NewAward { id, award, actor }).collect();
        let posted = self.post_awards_in(tx, &awards, calendar.now).await?;
        let payments: Vec<_> = scored.into_iter().map(|scored| scored.written(&posted)).collect();
        store_events::insert_payments(tx, &payments).await?;
        let mut paid: HashMap<_, i64> = events.iter().map(|event| (event.id, 0)).collect();
        for payment in payments {
            *paid.entry(payment.event).or_default() += payment.payment.amount;
        }
        Ok(paid)
    }

    /// What each rule that answers pays for each event, in their order.
    fn score(&self, events: &[&EventRow], (rules, calendar): (&[Rule], &Calendar), mut spent: Spent) -> Vec<Scored> {
        let mut scored = Vec::new();
        for event in events {
            let inputs = event.inputs();
            for rule in rules.iter().filter(|rule| rule.answers(&event.event, &inputs)) {
                let Some(payment) = rule.pay(&inputs, &mut spent) else { continue };
                let (good_from, returns_by) = rule.dates(event.occurred_at);
                let good_from = good_from.filter(|time| *time > calendar.now);
                let award = (payment.amount > 0)
                    .then(|| (self.platform.new_id(), award(rule, event, (payment.amount, good_from), calendar)));
                let payment = NewPayment {
                    event: event.id,
                    rule: rule.id,
                    version: rule.version,
                    member: event.member,
                    day: event.day,
                    payment,
                    entry: None,
                    returns_by: returns_by.filter(|_| event.event == MEMBER_INVITED),
                };
                scored.push(Scored { payment, award });
            }
        }
        scored
    }
}

/// A payment, and the award that it is to be.
struct Scored {
    payment: NewPayment,
    award: Option<(PointsEntryId, Award)>,
}

impl Scored {
    /// As it came out: a frozen account is given nothing.
    fn written(self, posted: &HashMap<PointsEntryId, EntryRow>) -> NewPayment {
        let Self { mut payment, award } = self;
        match award {
            Some((id, _)) if posted.contains_key(&id) => payment.entry = Some(id),
            Some(_) => {
                payment.payment.amount = 0;
                payment.payment.outcome = PaymentOutcome::Withheld;
            }
            None => {}
        }
        payment
    }
}

/// Holds the members of whom a rule must count what it has paid; gives what is to be counted, if anything.
async fn hold_capped(
    tx: &TenantTx,
    events: &[EventRow],
    rules: &[Rule],
) -> Result<Option<BTreeSet<store_events::Capped>>, PointsError> {
    let mut wanted = BTreeSet::new();
    for event in events {
        let inputs = event.inputs();
        for rule in rules.iter().filter(|rule| rule.answers(&event.event, &inputs)) {
            wanted.extend(rule.capped_periods(event.day).map(|(period, _)| (rule.id, event.member, period)));
        }
    }
    if wanted.is_empty() {
        return Ok(None);
    }
    let members = wanted.iter().map(|(_, member, _)| *member).collect();
    store_events::lock_members(tx, &members).await?;
    Ok(Some(wanted))
}

fn award(
    rule: &Rule,
    event: &EventRow,
    (amount, available_at): (i64, Option<DateTime<Utc>>),
    calendar: &Calendar,
) -> Award {
    Award {
        member: event.member,
        amount,
        source: rule.definition.source,
        reason: rule.name.clone(),
        // Of what the program itself records the reference is its own.
        reference: event.reference.clone().filter(|_| !is_reserved(&event.event)),
        available_at,
        expires: calendar.expiry(available_at.unwrap_or(calendar.now)),
    }
}

impl EventRow {
    /// What it is scored by.
    pub(super) fn inputs(&self) -> Inputs {
        Inputs {
            member: self.member,
            occurred_at: self.occurred_at,
            day: self.day,
            quantity: self.quantity,
            community: self.community,
            tier: self.tier,
            streak: self.streak,
            growth_percent: self.growth_percent,
            creator_percent: self.creator_percent,
        }
    }
}

fn over_limit(field: &str) -> UserError {
    let message = "With what was given by hand within 24 hours this pays the member more than the tenant's limit. Nothing \
        was recorded: give it by pointsAward, which a second person approves, or let a key record it.";
    UserError::at(field, UserErrorCode::ApprovalRequired, message)
}

fn recorded_before() -> UserError {
    let message = "An event of this name was recorded with this reference before.";
    UserError::at("reference", UserErrorCode::AlreadyRecorded, message)
}
