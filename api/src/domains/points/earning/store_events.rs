//! Reads and writes events, and what rules paid for them.

use std::collections::{BTreeSet, HashSet};

use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::sea_query::{Expr, ExprTrait as _, Order, Query, SelectStatement};
use sea_orm::{ColumnTrait as _, ConnectionTrait as _, Iterable as _, QueryResult};
use shequn_entity::{earning_events, earning_payments};
use uuid::Uuid;

use super::model::Days;
use super::model_score::{Payment, Period, Spent};
use super::row::{EventRow, PaymentRow};
use crate::platform::db::any::is_any;
use crate::platform::db::together::{Given, Together};
use crate::platform::db::{DbError, TenantTx};
use crate::platform::ids::{CommunityId, EarningEventId, EarningRuleId, Id, MemberId, PointsEntryId};
use crate::platform::text::spell_day;

/// What a rule has paid whom in which time.
pub(super) type Capped = (EarningRuleId, MemberId, Period);

/// A payment about to be written.
#[derive(Clone, Debug)]
pub(super) struct NewPayment {
    pub(super) event: EarningEventId,
    pub(super) rule: EarningRuleId,
    pub(super) version: i32,
    pub(super) member: MemberId,
    pub(super) day: NaiveDate,
    pub(super) payment: Payment,
    pub(super) entry: Option<PointsEntryId>,
    pub(super) returns_by: Option<DateTime<Utc>>,
}

/// In the order of what must be unique, so that nobody waits in a circle; of two with one reference the first is new.
const EVENTS: &str = "
INSERT INTO earning_events
    (tenant_id, id, member_id, event, occurred_at, day, quantity, community_id, tier, streak, growth_percent,
     creator_percent, subject_id, reference, recorded_at)
SELECT {tenant}, g.id, g.member_id, g.event, g.occurred_at, g.day, NULLIF(g.quantity, -1),
    NULLIF(g.community_id, {nobody}), NULLIF(g.tier, ''), NULLIF(g.streak, 0), g.growth_percent,
    g.creator_percent, NULLIF(g.subject_id, {nobody}), NULLIF(g.reference, ''), {now}
FROM {given} g WHERE true ORDER BY g.event, g.reference, g.place
ON CONFLICT (tenant_id, event, reference) WHERE reference IS NOT NULL DO NOTHING";

/// Writes the events; gives the ids of those that are new: the others' references were recorded before.
pub(super) async fn insert(
    tx: &TenantTx,
    events: &[EventRow],
    now: DateTime<Utc>,
) -> Result<HashSet<EarningEventId>, DbError> {
    // Stand for nothing: PostgreSQL's arrays of parameters hold no NULL.
    let (nobody, nothing) = (Uuid::nil(), String::new());
    let given = Given::default()
        .each("place", (0..).take(events.len()).map(|place: i64| place))
        .each("id", events.iter().map(|event| event.id.uuid()))
        .each("member_id", events.iter().map(|event| event.member.uuid()))
        .each("event", events.iter().map(|event| event.event.clone()))
        .each("occurred_at", events.iter().map(|event| event.occurred_at))
        .each("day", events.iter().map(|event| spell_day(event.day)))
        .each("quantity", events.iter().map(|event| event.quantity.unwrap_or(-1)))
        .each("community_id", events.iter().map(|event| event.community.map_or(nobody, Id::uuid)))
        .each("tier", events.iter().map(|event| event.tier.map_or("", |tier| tier.as_str()).to_owned()))
        .each("streak", events.iter().map(|event| event.streak.unwrap_or(0)))
        .each("growth_percent", events.iter().map(|event| event.growth_percent))
        .each("creator_percent", events.iter().map(|event| event.creator_percent))
        .each("subject_id", events.iter().map(|event| event.subject.map_or(nobody, Id::uuid)))
        .each("reference", events.iter().map(|event| event.reference.clone().unwrap_or_else(|| nothing.clone())));
    let rows = Together::new(tx)
        .with("tenant", tx.tenant().uuid())
        .with("nobody", nobody)
        .with("now", now)
        .given("given", given)
        .step("events", "earning_events", EVENTS, "tenant_id = {tenant} AND id IN (SELECT id FROM {given})")
        .query(tx, "SELECT id FROM {events} e")
        .await?;
    rows.iter().map(|row| Ok(Id::from_uuid(row.try_get("", "id")?))).collect()
}

const MEMBERS: &str = "
INSERT INTO earning_members AS m (tenant_id, member_id, events)
SELECT {tenant}, g.member_id, 1 FROM {given} g WHERE true ORDER BY g.member_id
ON CONFLICT (tenant_id, member_id) DO UPDATE SET events = m.events + 1";

/// Holds these members until the transaction ends: what rules have paid them stays as it is.
pub(super) async fn lock_members(tx: &TenantTx, members: &BTreeSet<MemberId>) -> Result<(), DbError> {
    let again = "tenant_id = {tenant} AND member_id IN (SELECT member_id FROM {given})";
    Together::new(tx)
        .with("tenant", tx.tenant().uuid())
        .given("given", Given::default().each("member_id", members.iter().map(|id| id.uuid())))
        .step("members", "earning_members", MEMBERS, again)
        .query(tx, "SELECT COUNT(*) AS total FROM {members} m")
        .await?;
    Ok(())
}

const SPENT: &str = "
SELECT g.place, CAST(SUM(p.amount) AS bigint) AS spent
FROM {given} g JOIN earning_payments p
    ON p.tenant_id = {tenant} AND p.rule_id = g.rule_id AND p.member_id = g.member_id AND p.day BETWEEN g.first AND g.last
GROUP BY g.place";

/// What these rules have paid these members in these periods.
pub(super) async fn sum_spent(tx: &TenantTx, wanted: &BTreeSet<Capped>) -> Result<Spent, DbError> {
    let wanted: Vec<_> = wanted.iter().copied().collect();
    let given = Given::default()
        .each("place", (0..).take(wanted.len()).map(|place: i64| place))
        .each("rule_id", wanted.iter().map(|(rule, ..)| rule.uuid()))
        .each("member_id", wanted.iter().map(|(_, member, _)| member.uuid()))
        .each("first", wanted.iter().map(|(.., (first, _))| bound(*first)))
        .each("last", wanted.iter().map(|(.., (_, last))| bound(*last)));
    let rows = Together::new(tx).with("tenant", tx.tenant().uuid()).given("given", given).query(tx, SPENT).await?;
    let mut spent = Spent::new();
    for row in rows {
        let place: i64 = row.try_get("", "place")?;
        if let Some(key) = usize::try_from(place).ok().and_then(|place| wanted.get(place)) {
            spent.insert(*key, row.try_get("", "spent")?);
        }
    }
    Ok(spent)
}

/// A day as it is compared: years have four digits.
fn bound(day: NaiveDate) -> String {
    match day {
        NaiveDate::MIN => "0000".to_owned(),
        NaiveDate::MAX => "9999-99".to_owned(),
        day => spell_day(day),
    }
}

const PAYMENTS: &str = "
INSERT INTO earning_payments
    (tenant_id, event_id, rule_id, version, member_id, day, outcome, base, percent, amount, entry_id, returns_by)
SELECT {tenant}, g.event_id, g.rule_id, g.version, g.member_id, g.day, g.outcome, g.base, g.percent, g.amount,
    NULLIF(g.entry_id, {nobody}), NULLIF(g.returns_by, {never})
FROM {given} g";

/// Writes what rules paid.
pub(super) async fn insert_payments(tx: &TenantTx, payments: &[NewPayment]) -> Result<(), DbError> {
    if payments.is_empty() {
        return Ok(());
    }
    let (nobody, never) = (Uuid::nil(), DateTime::<Utc>::UNIX_EPOCH);
    let given = Given::default()
        .each("event_id", payments.iter().map(|payment| payment.event.uuid()))
        .each("rule_id", payments.iter().map(|payment| payment.rule.uuid()))
        .each("version", payments.iter().map(|payment| payment.version))
        .each("member_id", payments.iter().map(|payment| payment.member.uuid()))
        .each("day", payments.iter().map(|payment| spell_day(payment.day)))
        .each("outcome", payments.iter().map(|payment| payment.payment.outcome.as_str().to_owned()))
        .each("base", payments.iter().map(|payment| payment.payment.base))
        .each("percent", payments.iter().map(|payment| payment.payment.percent))
        .each("amount", payments.iter().map(|payment| payment.payment.amount))
        .each("entry_id", payments.iter().map(|payment| payment.entry.map_or(nobody, Id::uuid)))
        .each("returns_by", payments.iter().map(|payment| payment.returns_by.unwrap_or(never)));
    Together::new(tx)
        .with("tenant", tx.tenant().uuid())
        .with("nobody", nobody)
        .with("never", never)
        .given("given", given)
        .step("payments", "earning_payments", PAYMENTS, "false")
        .query(tx, "SELECT COUNT(*) AS total FROM {payments} p")
        .await?;
    Ok(())
}

/// Events by id; unknown ones are left out.
pub(super) async fn list_by_id(tx: &TenantTx, ids: &[EarningEventId]) -> Result<Vec<EventRow>, DbError> {
    use earning_events::{Column, Entity};
    let mut select = select_events(tx);
    select.and_where(is_any(tx, Expr::col((Entity, Column::Id)), ids.iter().map(|id| id.uuid())));
    Ok(tx.query_all(&select).await?.iter().map(EventRow::read).collect::<Result<_, _>>()?)
}

/// The events of a kind that have these references.
pub(super) async fn list_by_reference(
    tx: &TenantTx,
    (event, references): (&str, Vec<String>),
) -> Result<Vec<EventRow>, DbError> {
    use earning_events::{Column, Entity};
    let mut select = select_events(tx);
    select.and_where(Column::Event.eq(event)).and_where(Expr::col((Entity, Column::Reference)).is_in(references));
    Ok(tx.query_all(&select).await?.iter().map(EventRow::read).collect::<Result<_, _>>()?)
}

/// The next events of a kind in some days, in the order in which they occurred.
pub(super) async fn list_history(
    tx: &TenantTx,
    (event, days): (&str, Days),
    behind: Option<(NaiveDate, DateTime<Utc>, EarningEventId)>,
    limit: u64,
) -> Result<Vec<EventRow>, DbError> {
    use earning_events::{Column, Entity};
    let mut select = select_events(tx);
    select
        .and_where(Column::Event.eq(event))
        .and_where(Column::Day.between(spell_day(days.from), spell_day(days.to)))
        .order_by(Column::Day, Order::Asc)
        .order_by(Column::OccurredAt, Order::Asc)
        .order_by(Column::Id, Order::Asc)
        .limit(limit);
    if let Some((day, at, id)) = behind {
        let place = [Column::Day, Column::OccurredAt, Column::Id].map(|column| Expr::col((Entity, column)));
        let bound: [Expr; 3] = [Expr::value(spell_day(day)), Expr::value(at), Expr::value(id.uuid())];
        select.and_where(Expr::tuple(place).gt(Expr::tuple(bound)));
    }
    Ok(tx.query_all(&select).await?.iter().map(EventRow::read).collect::<Result<_, _>>()?)
}

fn select_events(tx: &TenantTx) -> SelectStatement {
    use earning_events::{Column, Entity};
    Query::select()
        .columns(Column::iter().map(|column| (Entity, column)))
        .from(Entity)
        .and_where(tx.owns(Entity))
        .to_owned()
}

/// What was paid for these events, rule by rule.
pub(super) async fn list_payments(tx: &TenantTx, events: &[EarningEventId]) -> Result<Vec<PaymentRow>, DbError> {
    use earning_payments::{Column, Entity};
    let mut select = select_payments(tx);
    select.and_where(is_any(tx, Expr::col((Entity, Column::EventId)), events.iter().map(|id| id.uuid())));
    payments(tx, &select).await
}

/// The payments that these entries are.
pub(super) async fn list_payments_of(tx: &TenantTx, entries: &[PointsEntryId]) -> Result<Vec<PaymentRow>, DbError> {
    use earning_payments::{Column, Entity};
    let mut select = select_payments(tx);
    select.and_where(is_any(tx, Expr::col((Entity, Column::EntryId)), entries.iter().map(|id| id.uuid())));
    payments(tx, &select).await
}

fn select_payments(tx: &TenantTx) -> SelectStatement {
    use earning_payments::{Column, Entity};
    Query::select()
        .columns(Column::iter().map(|column| (Entity, column)))
        .from(Entity)
        .and_where(tx.owns(Entity))
        .order_by((Entity, Column::RuleId), Order::Asc)
        .to_owned()
}

async fn payments(tx: &TenantTx, select: &SelectStatement) -> Result<Vec<PaymentRow>, DbError> {
    Ok(tx.query_all(select).await?.iter().map(PaymentRow::read).collect::<Result<_, _>>()?)
}

const SUM_BY_RULE: &str = "
SELECT p.member_id, CAST(SUM(p.amount) AS bigint) AS paid
FROM earning_payments p JOIN earning_events e ON e.tenant_id = p.tenant_id AND e.id = p.event_id
WHERE p.tenant_id = {tenant} AND p.rule_id = {rule} AND e.event = {event} AND p.day BETWEEN {from} AND {to}
GROUP BY p.member_id";

/// What a rule paid in some days, by member.
pub(super) async fn sum_by_member(
    tx: &TenantTx,
    (rule, event): (EarningRuleId, &str),
    days: Days,
) -> Result<Vec<(MemberId, i64)>, DbError> {
    let rows = Together::new(tx)
        .with("tenant", tx.tenant().uuid())
        .with("rule", rule.uuid())
        .with("event", event)
        .with("from", spell_day(days.from))
        .with("to", spell_day(days.to))
        .query(tx, SUM_BY_RULE)
        .await?;
    let read = |row: &QueryResult| Ok((Id::from_uuid(row.try_get("", "member_id")?), row.try_get("", "paid")?));
    rows.iter().map(read).collect()
}

/// The awards for bringing somebody into a community that are still taken back at this time.
const RETURNABLE: &str = "
SELECT p.member_id, p.entry_id FROM earning_events e
JOIN earning_payments p ON p.tenant_id = e.tenant_id AND p.event_id = e.id
WHERE e.tenant_id = {tenant} AND e.subject_id = {subject} AND e.community_id = {community}
    AND p.returns_by > {now} AND p.entry_id IS NOT NULL";

/// See [`RETURNABLE`]; with the members whom they were given to.
pub(super) async fn list_returnable(
    tx: &TenantTx,
    (community, subject): (CommunityId, MemberId),
    now: DateTime<Utc>,
) -> Result<Vec<(MemberId, PointsEntryId)>, DbError> {
    let rows = Together::new(tx)
        .with("tenant", tx.tenant().uuid())
        .with("subject", subject.uuid())
        .with("community", community.uuid())
        .with("now", now)
        .query(tx, RETURNABLE)
        .await?;
    let read = |row: &QueryResult| {
        Ok((Id::from_uuid(row.try_get("", "member_id")?), Id::from_uuid(row.try_get("", "entry_id")?)))
    };
    rows.iter().map(read).collect()
}
