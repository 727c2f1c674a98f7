//! Giving points, new ones or another member's: to one member or to many, in one statement on PostgreSQL.

use std::collections::HashMap;

use chrono::{DateTime, Utc};

use super::model::{Account, Award, EntryKind};
use super::row::EntryRow;
use crate::platform::db::together::{Given, Together};
use crate::platform::db::{DbError, TenantTx};
use crate::platform::ids::PointsEntryId;
use crate::platform::text::spell_day;

/// An award about to be posted, and who gives it.
#[derive(Clone)]
pub(super) struct NewAward<'a> {
    pub(super) id: PointsEntryId,
    pub(super) award: Award,
    pub(super) actor: &'a str,
}

/// Adds to accounts, which are made if need be, in the order of their ids, so that nobody waits in a circle. One that is
/// frozen, or to which something is due, is passed over.
const ACCOUNTS: &str = "
INSERT INTO points_accounts AS a
    (tenant_id, member_id, asset, issued, pending, available, held, redeemed, expired, revoked,
     transferred, entries, posted_at, due_at)
SELECT {tenant}, g.member_id, 'POINTS', SUM(g.pending + g.available) * {issued}, SUM(g.pending), SUM(g.available),
    0, 0, 0, 0, SUM(g.pending + g.available) * {transferred}, COUNT(*), {now}, MIN(NULLIF(g.due_at, {never}))
FROM {given} g WHERE true GROUP BY g.member_id ORDER BY g.member_id
ON CONFLICT (tenant_id, member_id, asset) DO UPDATE SET
    issued = a.issued + excluded.issued,
    pending = a.pending + excluded.pending,
    available = a.available + excluded.available,
    transferred = a.transferred + excluded.transferred,
    entries = a.entries + excluded.entries,
    posted_at = CASE WHEN excluded.posted_at > a.posted_at THEN excluded.posted_at ELSE a.posted_at END,
    due_at = CASE WHEN a.due_at IS NULL OR excluded.due_at < a.due_at THEN excluded.due_at ELSE a.due_at END
WHERE a.frozen_at IS NULL AND (a.due_at IS NULL OR a.due_at > {now})";

const ACCOUNTS_AGAIN: &str =
    "tenant_id = {tenant} AND asset = 'POINTS' AND frozen_at IS NULL AND (due_at IS NULL OR due_at > {now})";

/// The account has the balances behind the last of its entries: the others are those less what came behind them.
const ENTRIES: &str = "
INSERT INTO points_entries
    (tenant_id, id, member_id, asset, number, kind, from_account, to_account, amount,
     pending_after, available_after, held_after, source, reason, reference, texts_mac, transfer_id, actor, posted_at)
SELECT {tenant}, g.id, g.member_id, 'POINTS', a.entries - g.behind, {kind}, {from},
    CASE WHEN g.pending > 0 THEN 'PENDING' ELSE 'AVAILABLE' END, g.pending + g.available,
    a.pending - g.pending_behind, a.available - g.available_behind, a.held,
    g.source, g.reason, NULLIF(g.reference, ''), g.texts_mac, {transfer}, g.actor, a.posted_at
FROM {given} g JOIN {accounts} a ON a.member_id = g.member_id ORDER BY g.place";

const ENTRIES_AGAIN: &str = "tenant_id = {tenant} AND id IN (SELECT id FROM {given})";

const LOTS: &str = "
INSERT INTO points_lots
    (tenant_id, id, member_id, asset, source, amount, pending, available, held, expired,
     earned_at, available_at, expires_at, expires_on)
SELECT {tenant}, g.id, g.member_id, 'POINTS', g.source, g.pending + g.available, g.pending, g.available, 0, 0,
    a.posted_at, NULLIF(g.available_at, {never}), NULLIF(g.expires_at, {never}), NULLIF(g.expires_on, '')
FROM {given} g JOIN {accounts} a ON a.member_id = g.member_id";

/// Where points that are given come from.
#[derive(Clone, Copy, Debug)]
pub(super) enum Origin {
    /// They are new.
    Issued,
    /// They left another member by this entry.
    Transfer(PointsEntryId),
}

/// What an origin makes of an award.
struct Form {
    kind: EntryKind,
    from: Account,
    transfer: Option<PointsEntryId>,
    /// By how many times the amount it changes what is issued, and what is between members.
    issued: i64,
    transferred: i64,
}

impl Origin {
    fn form(self) -> Form {
        match self {
            Self::Issued => {
                Form { kind: EntryKind::Award, from: Account::Issued, transfer: None, issued: 1, transferred: 0 }
            }
            Self::Transfer(entry) => {
                let (kind, from) = (EntryKind::TransferIn, Account::Transferred);
                Form { kind, from, transfer: Some(entry), issued: 0, transferred: -1 }
            }
        }
    }
}

/// Posts the awards, whose members are there; gives the entries of those that were posted: the others' accounts are
/// frozen, or something is due to them.
pub(super) async fn award_many(
    tx: &TenantTx,
    awards: &[NewAward<'_>],
    texts_macs: &[Vec<u8>],
    (origin, now): (Origin, DateTime<Utc>),
) -> Result<HashMap<PointsEntryId, EntryRow>, DbError> {
    // Stands for no time: PostgreSQL's arrays of parameters hold no NULL.
    let never = DateTime::<Utc>::UNIX_EPOCH;
    let amount = |award: &Award, pending: bool| if award.available_at.is_some() == pending { award.amount } else { 0 };
    let ends = |award: &Award| award.expires.map(|(end, _)| end);
    let behind = behind(awards);
    let each = || awards.iter().map(|new| &new.award);
    let given = Given::default()
        .each("place", (0..).take(awards.len()).map(|place: i64| place))
        .each("id", awards.iter().map(|new| new.id.uuid()))
        .each("member_id", each().map(|award| award.member.uuid()))
        .each("pending", each().map(|award| amount(award, true)))
        .each("available", each().map(|award| amount(award, false)))
        .each("behind", behind.iter().map(|behind| behind.entries))
        .each("pending_behind", behind.iter().map(|behind| behind.pending))
        .each("available_behind", behind.iter().map(|behind| behind.available))
        .each("source", each().map(|award| award.source.as_str().to_owned()))
        .each("reason", each().map(|award| award.reason.clone()))
        .each("reference", each().map(|award| award.reference.clone().unwrap_or_default()))
        .each("actor", awards.iter().map(|new| new.actor.to_owned()))
        .each("texts_mac", texts_macs.iter().cloned())
        .each("due_at", each().map(|award| award.available_at.or(ends(award)).unwrap_or(never)))
        .each("available_at", each().map(|award| award.available_at.unwrap_or(never)))
        .each("expires_at", each().map(|award| ends(award).unwrap_or(never)))
        .each("expires_on", each().map(|award| award.expires.map_or_else(String::new, |(_, day)| spell_day(day))));
    let Form { kind, from, transfer, issued, transferred } = origin.form();
    let posted = Together::new(tx)
        .with("tenant", tx.tenant().uuid())
        .with("issued", issued)
        .with("transferred", transferred)
        .with("kind", kind.as_str())
        .with("from", from.as_str())
        .with("transfer", transfer.map(|id| id.uuid()))
        .with("now", now)
        .with("never", never)
        .given("given", given)
        .step("accounts", "points_accounts", ACCOUNTS, ACCOUNTS_AGAIN)
        .step("entries", "points_entries", ENTRIES, ENTRIES_AGAIN)
        .step("lots", "points_lots", LOTS, ENTRIES_AGAIN)
        .query(tx, "SELECT * FROM {entries} e")
        .await?;
    posted.iter().map(|row| EntryRow::read(row).map(|entry| (entry.id, entry)).map_err(Into::into)).collect()
}

/// What later awards of the same member add, in the same statement.
#[derive(Clone, Copy, Default)]
struct Behind {
    entries: i64,
    pending: i64,
    available: i64,
}

fn behind(awards: &[NewAward<'_>]) -> Vec<Behind> {
    let mut sums: HashMap<_, Behind> = HashMap::new();
    let mut all: Vec<_> = awards
        .iter()
        .rev()
        .map(|NewAward { award, .. }| {
            let sum = sums.entry(award.member).or_default();
            let behind = *sum;
            sum.entries += 1;
            match award.available_at {
                Some(_) => sum.pending += award.amount,
                None => sum.available += award.amount,
            }
            behind
        })
        .collect();
    all.reverse();
    all
}
