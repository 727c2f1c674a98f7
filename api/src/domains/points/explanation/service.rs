//! Use case: explaining entries.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};

use super::model::{Explained, Part, Scored, Step, Undone, steps};
use crate::actor::Actor;
use crate::domains::points::earning::{EventRow, PaymentRow, VersionRow};
use crate::domains::points::{EntryKind, EntryRow, MoveRow, Points};
use crate::error::ApiError;
use crate::platform::db::TenantTx;
use crate::platform::ids::PointsEntryId;
use crate::platform::locale::Locale;

/// Why each of some entries was made.
pub struct Explanations {
    /// The language of the tenant's country.
    pub locale: Locale,
    /// Entry by entry.
    pub by_entry: HashMap<PointsEntryId, Explained>,
}

impl Points {
    /// Why these entries were made; as many statements for one as for a hundred.
    pub async fn explain(&self, actor: &Actor, tx: &TenantTx, entries: &[EntryRow]) -> Result<Explanations, ApiError> {
        let tenant = self.tenants.get_in(tx).await?;
        let day = |time: DateTime<Utc>| time.with_timezone(&tenant.timezone).date_naive();
        let mut moves: HashMap<PointsEntryId, Vec<MoveRow>> = HashMap::new();
        for row in self.moves_of(actor, tx, entries).await? {
            moves.entry(row.entry).or_default().push(row);
        }
        let mut steps = self.steps_of(actor, tx, entries).await?;
        let ids: Vec<_> = entries.iter().filter_map(|entry| entry.reverses).collect();
        let undone = if ids.is_empty() { Vec::new() } else { self.entries_by_id(actor, tx, &ids).await? };
        let undone: HashMap<_, _> = undone.into_iter().map(|entry| (entry.id, entry)).collect();
        let explained = entries.iter().map(|entry| {
            let moves = moves.remove(&entry.id).unwrap_or_default();
            let undone = entry.reverses.and_then(|id| undone.get(&id));
            let undone =
                undone.map(|undone| Undone { posted_on: day(undone.posted_at), reason: undone.reason.clone() });
            let steps = steps.remove(&entry.id).unwrap_or_default();
            (entry.id, Explained { steps, undone, ..plain(entry, &moves, day) })
        });
        Ok(Explanations { locale: tenant.locale(), by_entry: explained.collect() })
    }

    /// How rules came to what they paid, of those entries that are payments.
    async fn steps_of(
        &self,
        actor: &Actor,
        tx: &TenantTx,
        entries: &[EntryRow],
    ) -> Result<HashMap<PointsEntryId, Vec<Step>>, ApiError> {
        let awards: Vec<_> =
            entries.iter().filter(|entry| entry.kind == EntryKind::Award).map(|entry| entry.id).collect();
        let payments = if awards.is_empty() { Vec::new() } else { self.payments_of(actor, tx, &awards).await? };
        if payments.is_empty() {
            return Ok(HashMap::new());
        }
        let events: Vec<_> = payments.iter().map(|payment| payment.event).collect();
        let events: HashMap<_, _> =
            self.events_by_id(actor, tx, &events).await?.into_iter().map(|event| (event.id, event)).collect();
        let versions = self.versions_behind(actor, tx, &payments).await?;
        let said: HashMap<_, _> = versions.iter().map(|said| ((said.rule, said.version), said)).collect();
        let steps = payments.iter().filter_map(|payment| {
            let (event, said) = (events.get(&payment.event)?, said.get(&(payment.rule, payment.version))?);
            Some((payment.entry?, steps_to(payment, (event, event.is_told_to(actor)), said)))
        });
        Ok(steps.collect())
    }
}

fn steps_to(payment: &PaymentRow, (event, tells_tier): (&EventRow, bool), said: &VersionRow) -> Vec<Step> {
    let scored = Scored {
        quantity: event.quantity,
        streak: event.streak,
        tier: event.tier,
        growth_percent: event.growth_percent,
        creator_percent: event.creator_percent,
        percent: payment.percent,
        tells_tier,
    };
    let parts = said.definition.parts((event.quantity, event.streak), event.tier);
    steps(&parts, &scored, payment.amount)
}

/// What an entry and its lots say by themselves.
fn plain(entry: &EntryRow, moves: &[MoveRow], day: impl Fn(DateTime<Utc>) -> NaiveDate) -> Explained {
    let part = |row: &MoveRow| Part {
        amount: row.amount,
        source: row.source,
        earned_on: day(row.earned_at),
        expires_on: row.expires_on,
    };
    let good_from = moves.first().and_then(|row| row.available_at).map(&day);
    Explained {
        kind: entry.kind,
        amount: entry.amount,
        from: entry.from,
        to: entry.to,
        reason: entry.reason.clone(),
        good_from: good_from.filter(|_| entry.kind.makes_a_lot()),
        parts: moves.iter().map(part).collect(),
        steps: Vec::new(),
        undone: None,
    }
}
