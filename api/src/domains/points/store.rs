//! Reads accounts, entries, lots and holds.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{
    Asterisk, Expr, ExprTrait as _, Func, LockType, NullOrdering, Order, Query, SelectStatement, SimpleExpr,
    WindowStatement,
};
use sea_orm::{ColumnTrait as _, ConnectionTrait as _, DbErr, Iterable as _, QueryResult};
use shequn_entity::{points_accounts, points_entries, points_holds, points_lot_moves, points_lots};

use super::model::HoldState;
use super::row::{AccountRow, EntryRow, HoldRow, LotRow, MoveRow, SourceRow};
use crate::platform::db::any::is_any;
use crate::platform::db::keyset::{KeyValue, KeysetPage, Position};
use crate::platform::db::{DbError, TenantTx};
use crate::platform::ids::{Id, MemberId, PointsEntryId, PointsHoldId, PointsLotId};

/// The one asset there is so far.
pub(super) const POINTS: &str = "POINTS";

/// The accounts of these members; those without entries have none.
pub(super) async fn list_accounts(
    tx: &TenantTx,
    members: &[MemberId],
) -> Result<HashMap<MemberId, AccountRow>, DbError> {
    use points_accounts::Column;
    let mut select = select_accounts(tx);
    select.and_where(is_any(tx, Expr::col(Column::MemberId), members.iter().map(|id| id.uuid())));
    let rows = tx.query_all(&select).await?;
    Ok(rows.iter().map(AccountRow::read).collect::<Result<_, _>>()?)
}

/// The account, held until the transaction ends.
pub(super) async fn lock_account(tx: &TenantTx, member: MemberId) -> Result<Option<AccountRow>, DbError> {
    use points_accounts::Column;
    let mut select = select_accounts(tx);
    select.and_where(Column::MemberId.eq(member.uuid())).lock(LockType::Update);
    let row = tx.query_one(&select).await?;
    Ok(row.as_ref().map(AccountRow::read).transpose()?.map(|(_, account)| account))
}

fn select_accounts(tx: &TenantTx) -> SelectStatement {
    use points_accounts::{Column, Entity};
    Query::select()
        .columns(Column::iter())
        .from(Entity)
        .and_where(tx.owns(Entity))
        .and_where(Column::Asset.eq(POINTS))
        .to_owned()
}

/// The entry with this id.
pub(super) async fn find_entry(tx: &TenantTx, id: PointsEntryId) -> Result<Option<EntryRow>, DbError> {
    let mut select = select_entries(tx);
    select.and_where(points_entries::Column::Id.eq(id.uuid()));
    let row = tx.query_one(&select).await?;
    Ok(row.as_ref().map(EntryRow::read).transpose()?)
}

/// Entries by id; unknown ones are left out.
pub(super) async fn list_entries_by_id(tx: &TenantTx, ids: &[PointsEntryId]) -> Result<Vec<EntryRow>, DbError> {
    let mut select = select_entries(tx);
    select.and_where(is_any(
        tx,
        Expr::col((points_entries::Entity, points_entries::Column::Id)),
        ids.iter().map(|id| id.uuid()),
    ));
    Ok(tx.query_all(&select).await?.iter().map(EntryRow::read).collect::<Result<_, _>>()?)
}

/// The entries that reverse these: which, by what they reverse.
pub(super) async fn list_reversals(
    tx: &TenantTx,
    entries: &[PointsEntryId],
) -> Result<HashMap<PointsEntryId, PointsEntryId>, DbError> {
    use points_entries::{Column, Entity};
    let select = Query::select()
        .columns([Column::Id, Column::ReversesId])
        .from(Entity)
        .and_where(tx.owns(Entity))
        .and_where(is_any(tx, Expr::col(Column::ReversesId), entries.iter().map(|id| id.uuid())))
        .to_owned();
    let rows = tx.query_all(&select).await?;
    let read = |row: &QueryResult| -> Result<_, DbErr> {
        Ok((Id::from_uuid(row.try_get("", "reverses_id")?), Id::from_uuid(row.try_get("", "id")?)))
    };
    Ok(rows.iter().map(read).collect::<Result<_, _>>()?)
}

/// For each of these members a page of entries, the newest first, and one more. Numbers have no gaps, so that a page
/// is a range of them: that of an account ends at its last number, or before the cursor's.
pub(super) async fn list_entries(
    tx: &TenantTx,
    members: &[MemberId],
    page: &KeysetPage,
) -> Result<HashMap<MemberId, Vec<EntryRow>>, DbError> {
    use points_accounts::Column as Account;
    use points_entries::{Column, Entity};
    let number = || Expr::col((Entity, Column::Number));
    let (after, before) = (page.after.as_ref().and_then(number_of), page.before.as_ref().and_then(number_of));
    let wanted = i64::try_from(page.size).unwrap_or(i64::MAX - 1).saturating_add(1);
    let last: SimpleExpr = match after {
        Some(after) => Expr::val(after - 1),
        None => Expr::col((points_accounts::Entity, Account::Entries)),
    };
    let first = before.map_or(1, |before| before.saturating_add(1));
    let mut select = select_entries(tx);
    select
        .inner_join(
            points_accounts::Entity,
            tx.owns(points_accounts::Entity)
                .and(Expr::col((points_accounts::Entity, Account::MemberId)).eq(Expr::col((Entity, Column::MemberId))))
                .and(Expr::col((points_accounts::Entity, Account::Asset)).eq(Expr::col((Entity, Column::Asset)))),
        )
        .and_where(is_any(tx, Expr::col((Entity, Column::MemberId)), members.iter().map(|id| id.uuid())))
        .and_where(number().lte(last.clone()))
        .and_where(number().gte(first));
    if page.backward {
        select.and_where(number().lt(first.saturating_add(wanted))).order_by_expr(number(), Order::Asc);
    } else {
        select.and_where(number().gt(last.sub(wanted))).order_by_expr(number(), Order::Desc);
    }
    let mut found: HashMap<_, Vec<_>> = HashMap::new();
    for row in tx.query_all(&select).await? {
        let entry = EntryRow::read(&row)?;
        found.entry(entry.member).or_default().push(entry);
    }
    Ok(found)
}

fn number_of(position: &Position) -> Option<i64> {
    if let KeyValue::Long(number) = position.key { Some(number) } else { None }
}

/// What was last posted to the account up to then.
pub(super) async fn find_entry_at(
    tx: &TenantTx,
    member: MemberId,
    at: DateTime<Utc>,
) -> Result<Option<EntryRow>, DbError> {
    use points_entries::{Column, Entity};
    let mut select = select_entries(tx);
    select
        .and_where(Expr::col((Entity, Column::MemberId)).eq(member.uuid()))
        .and_where(Column::PostedAt.lte(at))
        .order_by((Entity, Column::Number), Order::Desc)
        .limit(1);
    let row = tx.query_one(&select).await?;
    Ok(row.as_ref().map(EntryRow::read).transpose()?)
}

pub(super) fn select_entries(tx: &TenantTx) -> SelectStatement {
    use points_entries::{Column, Entity};
    Query::select()
        .columns(Column::iter().filter(|column| !matches!(column, Column::Seq)).map(|column| (Entity, column)))
        .from(Entity)
        .and_where(tx.owns(Entity))
        .and_where(Expr::col((Entity, Column::Asset)).eq(POINTS))
        .to_owned()
}

/// The first lots of each of these members that have something left, in the order in which they are spent.
pub(super) async fn list_open_lots(tx: &TenantTx, members: &[MemberId], most: u64) -> Result<Vec<LotRow>, DbError> {
    use points_lots::{Column, Entity};
    let mut window = WindowStatement::partition_by((Entity, Column::MemberId));
    window
        .order_by_with_nulls((Entity, Column::ExpiresAt), Order::Asc, NullOrdering::Last)
        .order_by((Entity, Column::EarnedAt), Order::Asc)
        .order_by((Entity, Column::Id), Order::Asc);
    let numbered = select_lots(tx)
        .expr_window_as(Func::cust("ROW_NUMBER"), window, "place")
        .and_where(is_any(tx, Expr::col((Entity, Column::MemberId)), members.iter().map(|id| id.uuid())))
        .and_where(Expr::col(Column::Pending).add(Expr::col(Column::Available)).add(Expr::col(Column::Held)).gt(0))
        .to_owned();
    list_first(tx, numbered, most).await?.iter().map(|row| Ok(LotRow::read(row)?)).collect()
}

/// The rows whose `place` is at most this, by place.
async fn list_first(tx: &TenantTx, numbered: SelectStatement, most: u64) -> Result<Vec<QueryResult>, DbError> {
    let select = Query::select()
        .column(Asterisk)
        .from_subquery(numbered, "numbered")
        .and_where(Expr::col("place").lte(most))
        .order_by("place", Order::Asc)
        .to_owned();
    Ok(tx.query_all(&select).await?)
}

/// The lots with these ids: those of the entries that made them.
pub(super) async fn list_lots(
    tx: &TenantTx,
    entries: impl IntoIterator<Item = PointsEntryId>,
) -> Result<Vec<LotRow>, DbError> {
    let ids = entries.into_iter().map(|id| id.uuid());
    let select = select_lots(tx).and_where(is_any(tx, Expr::col(points_lots::Column::Id), ids)).to_owned();
    let rows = tx.query_all(&select).await?;
    Ok(rows.iter().map(LotRow::read).collect::<Result<_, _>>()?)
}

/// The lot with this id.
pub(super) async fn find_lot(tx: &TenantTx, id: PointsLotId) -> Result<Option<LotRow>, DbError> {
    let select = select_lots(tx).and_where(points_lots::Column::Id.eq(id.uuid())).to_owned();
    let row = tx.query_one(&select).await?;
    Ok(row.as_ref().map(LotRow::read).transpose()?)
}

fn select_lots(tx: &TenantTx) -> SelectStatement {
    use points_lots::{Column, Entity};
    Query::select()
        .columns(Column::iter())
        .from(Entity)
        .and_where(tx.owns(Entity))
        .and_where(Column::Asset.eq(POINTS))
        .to_owned()
}

/// What these entries took from lots or gave back.
pub(super) async fn list_moves(tx: &TenantTx, entries: &[PointsEntryId]) -> Result<Vec<MoveRow>, DbError> {
    use points_lot_moves::{Column, Entity};
    use points_lots::Column as Lot;
    let lot = |column: Lot| Expr::col((points_lots::Entity, column));
    let select = Query::select()
        .columns([Column::EntryId, Column::LotId, Column::Amount].map(|column| (Entity, column)))
        .columns(
            [Lot::Source, Lot::EarnedAt, Lot::AvailableAt, Lot::ExpiresAt, Lot::ExpiresOn]
                .map(|column| (points_lots::Entity, column)),
        )
        .from(Entity)
        .inner_join(
            points_lots::Entity,
            tx.owns(points_lots::Entity).and(lot(Lot::Id).eq(Expr::col((Entity, Column::LotId)))),
        )
        .and_where(tx.owns(Entity))
        .and_where(is_any(tx, Expr::col((Entity, Column::EntryId)), entries.iter().map(|id| id.uuid())))
        .order_by_expr_with_nulls(lot(Lot::ExpiresAt), Order::Asc, NullOrdering::Last)
        .order_by_expr(lot(Lot::EarnedAt), Order::Asc)
        .order_by_expr(lot(Lot::Id), Order::Asc)
        .to_owned();
    let rows = tx.query_all(&select).await?;
    Ok(rows.iter().map(MoveRow::read).collect::<Result<_, _>>()?)
}

/// What the points were earned by that this entry took.
pub(super) async fn sum_by_source(tx: &TenantTx, entry: PointsEntryId) -> Result<Vec<SourceRow>, DbError> {
    use points_lot_moves::{Column, Entity};
    use shequn_entity::earning_payments::{Column as Payment, Entity as Payments};
    let lot = |column: points_lots::Column| Expr::col((points_lots::Entity, column));
    let its_lot = || Expr::col((Entity, Column::LotId));
    let select = Query::select()
        .expr(lot(points_lots::Column::Source))
        .column((Payments, Payment::RuleId))
        .expr_as(Expr::col((Entity, Column::Amount)).sum().cast_as("bigint"), "points")
        .from(Entity)
        .inner_join(points_lots::Entity, tx.owns(points_lots::Entity).and(lot(points_lots::Column::Id).eq(its_lot())))
        // The award of a rule has the id of the lot that it made.
        .left_join(Payments, tx.owns(Payments).and(Expr::col((Payments, Payment::EntryId)).eq(its_lot())))
        .and_where(tx.owns(Entity))
        .and_where(Expr::col((Entity, Column::EntryId)).eq(entry.uuid()))
        .group_by_columns([(points_lots::Entity, points_lots::Column::Source)])
        .group_by_col((Payments, Payment::RuleId))
        .order_by("points", Order::Desc)
        .to_owned();
    Ok(tx.query_all(&select).await?.iter().map(SourceRow::read).collect::<Result<_, _>>()?)
}

/// What is left in lots, by the month of its last good day, `2027-11`; what never expires comes last.
pub(super) async fn sum_by_month(tx: &TenantTx) -> Result<Vec<(Option<String>, [i64; 3])>, DbError> {
    use points_lots::{Column, Entity};
    let sum = |column: Column| Expr::col(column).sum().cast_as("bigint");
    let month = || Func::cust("substr").args([Expr::col(Column::ExpiresOn), Expr::val(1), Expr::val(7)]);
    let select = Query::select()
        .expr_as(month(), "month")
        .expr_as(sum(Column::Pending), "pending")
        .expr_as(sum(Column::Available), "available")
        .expr_as(sum(Column::Held), "held")
        .from(Entity)
        .and_where(tx.owns(Entity))
        .and_where(Column::Asset.eq(POINTS))
        .and_where(Expr::col(Column::Pending).add(Expr::col(Column::Available)).add(Expr::col(Column::Held)).gt(0))
        .group_by_col("month")
        .order_by_with_nulls("month", Order::Asc, NullOrdering::Last)
        .to_owned();
    let rows = tx.query_all(&select).await?;
    let read = |row: &QueryResult| -> Result<_, DbErr> {
        let sums = [row.try_get("", "pending")?, row.try_get("", "available")?, row.try_get("", "held")?];
        Ok((row.try_get("", "month")?, sums))
    };
    Ok(rows.iter().map(read).collect::<Result<_, _>>()?)
}

/// The hold with this id. Whoever ends holds has its account locked.
pub(super) async fn find_hold(tx: &TenantTx, id: PointsHoldId) -> Result<Option<HoldRow>, DbError> {
    let mut select = select_holds(tx);
    select.and_where(points_holds::Column::Id.eq(id.uuid()));
    let row = tx.query_one(&select).await?;
    Ok(row.as_ref().map(HoldRow::read).transpose()?)
}

/// Holds by id; unknown ones are left out.
pub(super) async fn list_holds(tx: &TenantTx, ids: &[PointsHoldId]) -> Result<Vec<HoldRow>, DbError> {
    let ids = ids.iter().map(|id| id.uuid());
    let select = select_holds(tx).and_where(is_any(tx, Expr::col(points_holds::Column::Id), ids)).to_owned();
    Ok(tx.query_all(&select).await?.iter().map(HoldRow::read).collect::<Result<_, _>>()?)
}

/// The first open holds of each of these members, those that end first before the others.
pub(super) async fn list_open_holds(tx: &TenantTx, members: &[MemberId], most: u64) -> Result<Vec<HoldRow>, DbError> {
    use points_holds::{Column, Entity};
    let mut window = WindowStatement::partition_by((Entity, Column::MemberId));
    window.order_by((Entity, Column::ExpiresAt), Order::Asc).order_by((Entity, Column::Id), Order::Asc);
    let numbered = select_holds(tx)
        .expr_window_as(Func::cust("ROW_NUMBER"), window, "place")
        .and_where(is_any(tx, Expr::col((Entity, Column::MemberId)), members.iter().map(|id| id.uuid())))
        .and_where(Column::State.eq(HoldState::Open.as_str()))
        .to_owned();
    list_first(tx, numbered, most).await?.iter().map(|row| Ok(HoldRow::read(row)?)).collect()
}

/// The open holds of a member whose time is over.
pub(super) async fn list_lapsing_holds(
    tx: &TenantTx,
    member: MemberId,
    now: DateTime<Utc>,
) -> Result<Vec<HoldRow>, DbError> {
    use points_holds::Column;
    let select = select_holds(tx)
        .and_where(Column::MemberId.eq(member.uuid()))
        .and_where(Column::State.eq(HoldState::Open.as_str()))
        .and_where(Column::ExpiresAt.lte(now))
        .order_by(Column::ExpiresAt, Order::Asc)
        .order_by(Column::Id, Order::Asc)
        .to_owned();
    let rows = tx.query_all(&select).await?;
    Ok(rows.iter().map(HoldRow::read).collect::<Result<_, _>>()?)
}

/// How many holds a member has open.
pub(super) async fn count_open_holds(tx: &TenantTx, member: MemberId) -> Result<i64, DbError> {
    use points_holds::{Column, Entity};
    let select = Query::select()
        .expr_as(Expr::col(Column::Id).count(), "total")
        .from(Entity)
        .and_where(tx.owns(Entity))
        .and_where(Column::MemberId.eq(member.uuid()))
        .and_where(Column::Asset.eq(POINTS))
        .and_where(Column::State.eq(HoldState::Open.as_str()))
        .to_owned();
    let row = tx.query_one(&select).await?;
    Ok(row.map(|row| row.try_get("", "total")).transpose()?.unwrap_or(0))
}

fn select_holds(tx: &TenantTx) -> SelectStatement {
    use points_holds::{Column, Entity};
    Query::select()
        .columns(Column::iter())
        .from(Entity)
        .and_where(tx.owns(Entity))
        .and_where(Column::Asset.eq(POINTS))
        .to_owned()
}
