//! Moving points between the accounts of one member: the balance, which also is the lock, and the entry in one
//! statement, and then the lots, which a statement that waited for the lock would see as they were before.

use chrono::{DateTime, Utc};
use sea_orm::Value;
use uuid::Uuid;

use super::model::{Account, EntryKind};
use crate::platform::db::together::Together;
use crate::platform::db::{DbError, TenantTx};
use crate::platform::ids::{MemberId, PointsEntryId, PointsHoldId, PointsLotId};

/// Which lots a posting is of.
#[derive(Clone, Copy, Debug)]
pub(super) enum Lots {
    /// What is available, in the order in which it is spent; this one before all others.
    InOrder(Option<PointsLotId>),
    /// What has become good.
    Maturing,
    /// What has not been spent in time.
    Expiring,
    /// What this lot has pending.
    PendingOf(PointsLotId),
    /// Those that an earlier entry took from, in the order in which they are spent, without the first so many points.
    Of(PointsEntryId, i64),
}

/// One entry to be posted.
#[derive(Clone, Debug)]
pub(super) struct Posting {
    pub(super) id: PointsEntryId,
    pub(super) member: MemberId,
    pub(super) kind: EntryKind,
    pub(super) from: Account,
    pub(super) to: Account,
    pub(super) amount: i64,
    pub(super) lots: Lots,
    pub(super) reason: Option<String>,
    pub(super) reference: Option<String>,
    pub(super) hold: Option<PointsHoldId>,
    pub(super) reverses: Option<PointsEntryId>,
    pub(super) transfer: Option<PointsEntryId>,
    pub(super) actor: String,
    pub(super) now: DateTime<Utc>,
    /// Something more is due then.
    pub(super) due_at: Option<DateTime<Utc>>,
    /// Whether what is due has been seen to; otherwise nothing is posted while something is.
    pub(super) is_settled: bool,
}

const ENTRY: &str = "
INSERT INTO points_entries
    (tenant_id, id, member_id, asset, number, kind, from_account, to_account, amount,
     pending_after, available_after, held_after, reason, reference, texts_mac, hold_id, reverses_id, transfer_id,
     actor, posted_at)
SELECT {tenant}, {id}, a.member_id, a.asset, a.entries, {kind}, {from}, {to}, {amount},
    a.pending, a.available, a.held, {reason}, {reference}, {texts_mac}, {hold}, {reverses}, {transfer},
    {actor}, a.posted_at
FROM {account} a";

const MOVES: &str = "
INSERT INTO points_lot_moves (tenant_id, entry_id, lot_id, member_id, amount)
SELECT {tenant}, {id}, c.lot_id, {member}, c.amount FROM (CHOSEN) c";

/// What came of posting an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// It is posted.
    Posted,
    /// The account lets nothing through: it is not there, has too little, is frozen, or something is due.
    Closed,
    /// Its lots do not have what it has: nothing of the transaction may stay.
    LotsDiffer,
}

/// Posts the entry.
pub(super) async fn post(tx: &TenantTx, posting: &Posting, texts_mac: Vec<u8>) -> Result<Answer, DbError> {
    let Posting { from, to, amount, .. } = *posting;
    let moved = Together::new(tx)
        .with("tenant", tx.tenant().uuid())
        .with("member", posting.member.uuid())
        .with("id", posting.id.uuid())
        .with("kind", posting.kind.as_str())
        .with("from", from.as_str())
        .with("to", to.as_str())
        .with("amount", amount)
        .with("reason", posting.reason.clone())
        .with("reference", posting.reference.clone())
        .with("texts_mac", texts_mac)
        .with("hold", posting.hold.map(|id| id.uuid()))
        .with("reverses", posting.reverses.map(|id| id.uuid()))
        .with("transfer", posting.transfer.map(|id| id.uuid()))
        .with("actor", posting.actor.as_str())
        .with("now", posting.now)
        .with("due_at", posting.due_at)
        .step(
            "account",
            "points_accounts",
            &account(posting),
            "tenant_id = {tenant} AND member_id = {member} AND asset = 'POINTS'",
        )
        .step("entry", "points_entries", ENTRY, "tenant_id = {tenant} AND id = {id}")
        .query(tx, "SELECT id FROM {entry} e")
        .await?;
    if moved.is_empty() {
        return Ok(Answer::Closed);
    }
    move_lots(tx, posting).await
}

fn account(posting: &Posting) -> String {
    let Posting { from, to, is_settled, .. } = *posting;
    let (from_column, to_column) = (from.column(), to.column());
    // `issued` is what all the others sum up to: it grows by what leaves it.
    let from_sign = if from == Account::Issued { '+' } else { '-' };
    let to_sign = if to == Account::Issued { '-' } else { '+' };
    // Nothing is ever taken from an account that has too little. What is between members may be less than nothing.
    let enough = if from == Account::Transferred { String::new() } else { format!(" AND {from_column} >= {{amount}}") };
    let due = if is_settled { "" } else { " AND (due_at IS NULL OR due_at > {now})" };
    format!(
        "UPDATE points_accounts SET {from_column} = {from_column} {from_sign} {{amount}}, \
             {to_column} = {to_column} {to_sign} {{amount}}, entries = entries + 1, \
             posted_at = CASE WHEN posted_at < {{now}} THEN {{now}} ELSE posted_at END, \
             due_at = CASE WHEN due_at IS NULL OR {{due_at}} < due_at THEN COALESCE({{due_at}}, due_at) ELSE due_at END \
         WHERE tenant_id = {{tenant}} AND member_id = {{member}} AND asset = 'POINTS' AND frozen_at IS NULL\
             {enough}{due}"
    )
}

/// Does to the lots what was done to the account, and looks whether both come to the same.
async fn move_lots(tx: &TenantTx, posting: &Posting) -> Result<Answer, DbError> {
    let Posting { from, to, .. } = *posting;
    let mut changes = Vec::new();
    if from.is_of_lots() {
        changes.push(format!("{0} = points_lots.{0} - m.amount", from.column()));
    }
    if to.is_of_lots() {
        changes.push(format!("{0} = points_lots.{0} + m.amount", to.column()));
    }
    let (choice, one, number): (_, Option<Uuid>, i64) = match posting.lots {
        Lots::InOrder(first) => (IN_ORDER, first.map(|lot| lot.uuid()), 0),
        Lots::Maturing => (MATURING, None, 0),
        Lots::Expiring => (EXPIRING, None, 0),
        Lots::PendingOf(lot) => (PENDING_OF, Some(lot.uuid()), 0),
        Lots::Of(entry, skipped) => (OF_ENTRY, Some(entry.uuid()), skipped),
    };
    let update = format!(
        "UPDATE points_lots SET {} FROM {{moves}} m WHERE points_lots.tenant_id = {{tenant}} AND points_lots.id = m.lot_id",
        changes.join(", ")
    );
    let rows = Together::new(tx)
        .with("tenant", tx.tenant().uuid())
        .with("member", posting.member.uuid())
        .with("id", posting.id.uuid())
        .with("amount", posting.amount)
        .with("now", posting.now)
        .with("one", Value::from(one))
        .with("skipped", number)
        .step("moves", "points_lot_moves", &MOVES.replace("CHOSEN", choice), "tenant_id = {tenant} AND entry_id = {id}")
        .step("lots", "points_lots", &update, "false")
        .query(tx, "SELECT CAST(SUM(amount) AS bigint) AS total FROM {moves} m")
        .await?;
    let total: Option<i64> = rows.first().map(|row| row.try_get("", "total")).transpose()?.flatten();
    Ok(if total == Some(posting.amount) { Answer::Posted } else { Answer::LotsDiffer })
}

/// The index of open lots is found by its condition.
macro_rules! open_lots {
    () => {
        "FROM points_lots WHERE tenant_id = {tenant} AND member_id = {member} AND asset = 'POINTS' \
         AND pending + available + held > 0"
    };
}

const IN_ORDER: &str = concat!(
    "SELECT id AS lot_id, CASE WHEN ahead + available <= {amount} THEN available ELSE {amount} - ahead END AS amount \
     FROM (SELECT id, available, CAST(SUM(available) OVER (ORDER BY CASE WHEN id = {one} THEN 0 ELSE 1 END, \
         CASE WHEN expires_at IS NULL THEN 1 ELSE 0 END, expires_at, earned_at, id ROWS UNBOUNDED PRECEDING) AS bigint) \
         - available AS ahead ",
    open_lots!(),
    " AND available > 0) w WHERE ahead < {amount}"
);

const MATURING: &str =
    concat!("SELECT id AS lot_id, pending AS amount ", open_lots!(), " AND pending > 0 AND available_at <= {now}");

const EXPIRING: &str =
    concat!("SELECT id AS lot_id, available AS amount ", open_lots!(), " AND available > 0 AND expires_at <= {now}");

const PENDING_OF: &str =
    concat!("SELECT id AS lot_id, pending AS amount ", open_lots!(), " AND pending > 0 AND id = {one}");

const OF_ENTRY: &str = "SELECT lot_id, \
         CASE WHEN ahead + amount < {skipped} + {amount} THEN ahead + amount ELSE {skipped} + {amount} END \
         - CASE WHEN ahead > {skipped} THEN ahead ELSE {skipped} END AS amount \
     FROM (SELECT m.lot_id, m.amount, CAST(SUM(m.amount) OVER ( \
         ORDER BY CASE WHEN l.expires_at IS NULL THEN 1 ELSE 0 END, l.expires_at, l.earned_at, l.id \
         ROWS UNBOUNDED PRECEDING) AS bigint) - m.amount AS ahead \
     FROM points_lot_moves m JOIN points_lots l ON l.tenant_id = m.tenant_id AND l.id = m.lot_id \
     WHERE m.tenant_id = {tenant} AND m.entry_id = {one}) w \
     WHERE ahead < {skipped} + {amount} AND ahead + amount > {skipped}";
