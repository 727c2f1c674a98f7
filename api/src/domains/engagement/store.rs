//! Reads and writes `check_in_members`, `check_ins` and `check_in_card_moves`.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::sea_query::{Expr, ExprTrait as _, OnConflict, Order, Query, SelectStatement};
use sea_orm::{ActiveValue::Set, ColumnTrait as _, ConnectionTrait as _, Iterable as _, QueryFilter as _};
use shequn_entity::{check_in_card_moves, check_in_members, check_ins};

use super::model::{Around, Mark, Past, Raised, Record};
use super::row::CheckInRow;
use crate::platform::db::any::is_any;
use crate::platform::db::{DbError, TenantTx};
use crate::platform::ids::{CardMoveId, CheckInId, MemberId};
use crate::platform::text::spell_day;

/// Holds the member's record until the transaction ends; makes it first if there is none. What it says is read
/// afterwards, by a statement of its own: this one may have waited.
pub(super) async fn lock(tx: &TenantTx, member: MemberId) -> Result<(), DbError> {
    use check_in_members::{Column, Entity};
    let mut conflict = OnConflict::columns([Column::TenantId, Column::MemberId]);
    conflict.value(Column::Cards, Expr::col((Entity, Column::Cards)));
    let insert = Query::insert()
        .into_table(Entity)
        .columns([Column::TenantId, Column::MemberId, Column::Streak, Column::Longest, Column::Total, Column::Cards])
        .values_panic([tx.tenant().uuid().into(), member.uuid().into(), 0.into(), 0.into(), 0.into(), 0.into()])
        .on_conflict(conflict)
        .to_owned();
    tx.execute(&insert).await?;
    Ok(())
}

/// Where these members stand; those who never checked in and have no cards may have no record.
pub(super) async fn list_records(tx: &TenantTx, members: &[MemberId]) -> Result<HashMap<MemberId, Record>, DbError> {
    use check_in_members::{Column, Entity};
    let select = Query::select()
        .columns(Column::iter())
        .from(Entity)
        .and_where(tx.owns(Entity))
        .and_where(is_any(tx, Expr::col(Column::MemberId), members.iter().map(|id| id.uuid())))
        .to_owned();
    let rows = tx.query_all(&select).await?;
    Ok(rows.iter().map(Record::read).collect::<Result<_, _>>()?)
}

/// Writes where the member stands; their record is held.
pub(super) async fn put_record(tx: &TenantTx, member: MemberId, record: &Record) -> Result<(), DbError> {
    use check_in_members::{Column, Entity};
    let last = record.last.as_ref();
    let zone = last.map(|last| last.zone.name().to_owned());
    tx.update::<Entity>()
        .filter(Column::MemberId.eq(member.uuid()))
        .col_expr(Column::LastDay, Expr::value(last.map(|last| spell_day(last.day))))
        .col_expr(Column::LastZone, Expr::value(zone))
        .col_expr(Column::LastAt, Expr::value(last.map(|last| last.at)))
        .col_expr(Column::Streak, Expr::value(record.streak))
        .col_expr(Column::Longest, Expr::value(record.longest))
        .col_expr(Column::Total, Expr::value(record.total))
        .col_expr(Column::Cards, Expr::value(record.cards))
        .exec(tx)
        .await?;
    Ok(())
}

/// A new check-in of a member whose record is held.
pub(super) async fn insert(tx: &TenantTx, row: &CheckInRow) -> Result<(), DbError> {
    tx.insert(check_ins::ActiveModel {
        tenant_id: Set(tx.tenant().uuid()),
        member_id: Set(row.member.uuid()),
        day: Set(spell_day(row.day)),
        id: Set(row.id.uuid()),
        kind: Set(row.kind.as_str().to_owned()),
        streak: Set(row.streak),
        community_id: Set(row.community.map(|id| id.uuid())),
        checked_in_at: Set(row.checked_in_at),
    })
    .await
}

/// Lets the run behind a day count on from it.
pub(super) async fn raise(
    tx: &TenantTx,
    member: MemberId,
    (behind, raised): (NaiveDate, Raised),
) -> Result<(), DbError> {
    use check_ins::{Column, Entity};
    tx.update::<Entity>()
        .filter(Column::MemberId.eq(member.uuid()))
        .filter(Column::Day.gt(spell_day(behind)))
        .filter(Column::Day.lte(spell_day(raised.until)))
        .col_expr(Column::Streak, Expr::col(Column::Streak).add(raised.by))
        .exec(tx)
        .await?;
    Ok(())
}

/// The member's check-ins round a day: the last before it, and all from it on, which are few.
pub(super) async fn find_around(tx: &TenantTx, member: MemberId, past: &Past) -> Result<Around, DbError> {
    use check_ins::Column;
    let day = || spell_day(past.day);
    let mut before = select_of(tx, member);
    before.and_where(Column::Day.lt(day())).order_by(Column::Day, Order::Desc).limit(1);
    let before = tx.query_one(&before).await?.as_ref().map(Mark::read).transpose()?;
    let mut from = select_of(tx, member);
    from.and_where(Column::Day.gte(day())).order_by(Column::Day, Order::Asc);
    let from = tx.query_all(&from).await?.iter().map(Mark::read).collect::<Result<_, _>>()?;
    Ok(Around { before, from })
}

fn select_of(tx: &TenantTx, member: MemberId) -> SelectStatement {
    select(tx).and_where(check_ins::Column::MemberId.eq(member.uuid())).to_owned()
}

/// The check-in with this id.
pub(super) async fn find(tx: &TenantTx, id: CheckInId) -> Result<Option<CheckInRow>, DbError> {
    let select = select(tx).and_where(check_ins::Column::Id.eq(id.uuid())).to_owned();
    let row = tx.query_one(&select).await?;
    Ok(row.as_ref().map(CheckInRow::read).transpose()?)
}

/// The check-ins of these members within these days, the first before the others.
pub(super) async fn list_days(
    tx: &TenantTx,
    members: &[MemberId],
    (from, to): (NaiveDate, NaiveDate),
) -> Result<Vec<CheckInRow>, DbError> {
    use check_ins::Column;
    let select = select(tx)
        .and_where(is_any(tx, Expr::col(Column::MemberId), members.iter().map(|id| id.uuid())))
        .and_where(Column::Day.between(spell_day(from), spell_day(to)))
        .order_by(Column::Day, Order::Asc)
        .to_owned();
    let rows = tx.query_all(&select).await?;
    Ok(rows.iter().map(CheckInRow::read).collect::<Result<_, _>>()?)
}

fn select(tx: &TenantTx) -> SelectStatement {
    use check_ins::{Column, Entity};
    Query::select().columns(Column::iter()).from(Entity).and_where(tx.owns(Entity)).to_owned()
}

/// Cards that came or went.
pub(super) struct CardMove<'a> {
    pub(super) id: CardMoveId,
    pub(super) member: MemberId,
    pub(super) what: Moved,
    pub(super) actor: &'a str,
    pub(super) at: DateTime<Utc>,
}

/// Why cards move.
pub(super) enum Moved {
    /// So many were given, for this.
    Granted(i32, String),
    /// One was spent on this.
    Spent(CheckInId),
}

/// Notes that cards moved, for ever.
pub(super) async fn insert_move(tx: &TenantTx, moved: CardMove<'_>) -> Result<(), DbError> {
    let (kind, cards, reason, check_in) = match moved.what {
        Moved::Granted(cards, reason) => ("GRANT", cards, Some(reason), None),
        Moved::Spent(check_in) => ("SPEND", 1, None, Some(check_in.uuid())),
    };
    tx.insert(check_in_card_moves::ActiveModel {
        tenant_id: Set(tx.tenant().uuid()),
        id: Set(moved.id.uuid()),
        member_id: Set(moved.member.uuid()),
        kind: Set(kind.to_owned()),
        cards: Set(cards),
        reason: Set(reason),
        check_in_id: Set(check_in),
        actor: Set(moved.actor.to_owned()),
        moved_at: Set(moved.at),
    })
    .await
}
