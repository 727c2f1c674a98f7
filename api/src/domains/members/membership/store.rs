//! Reads and writes `community_memberships`.

pub(super) mod stays;

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{
    Alias, Expr, ExprTrait as _, Func, JoinType, LockType, OnConflict, Order, Query, SelectStatement, SimpleExpr,
    WindowStatement,
};
use sea_orm::{ActiveValue::Set, ColumnTrait as _, ConnectionTrait, DbErr, QueryFilter as _, QueryResult, Value};
use shequn_entity::community_memberships::{ActiveModel, Column, Entity};
use shequn_entity::{member_tags, members};
use uuid::Uuid;

use super::model::{Filter, Joining, Tier};
use super::row::CommunityMember;
use crate::domains::members::MemberRow;
use crate::platform::db::any::{is_any, uuid_array};
use crate::platform::db::bulk::Bulk;
use crate::platform::db::columns::Columns;
use crate::platform::db::keyset::{KeysetOrder, KeysetPage};
use crate::platform::db::prefix::starts_with;
use crate::platform::db::{DbError, SystemTx, TenantTx};
use crate::platform::ids::{CommunityId, Id, MemberId, TenantId};
use crate::platform::text::sort_key;

/// A membership as decisions need it.
#[derive(Clone, Debug)]
pub(super) struct Membership {
    pub(super) has_left: bool,
}

/// The membership, held until the transaction ends.
pub(super) async fn lock(
    tx: &TenantTx,
    community: CommunityId,
    member: MemberId,
) -> Result<Option<Membership>, DbError> {
    let select = Query::select()
        .column(Column::LeftAt)
        .from(Entity)
        .and_where(tx.owns(Entity))
        .and_where(Column::CommunityId.eq(community.uuid()))
        .and_where(Column::MemberId.eq(member.uuid()))
        .lock(LockType::Update)
        .to_owned();
    let Some(row) = tx.query_one(&select).await? else { return Ok(None) };
    let left: Option<DateTime<Utc>> = row.try_get("", "left_at")?;
    Ok(Some(Membership { has_left: left.is_some() }))
}

/// Writes memberships: new ones, returning ones, and other tiers of present ones. The caller knows which is which.
pub(crate) async fn put_many(tx: &TenantTx, joining: &[Joining], now: DateTime<Utc>) -> Result<(), DbError> {
    let returning = Expr::col((Entity, Column::LeftAt)).is_not_null();
    let joined_at =
        Expr::case(returning, Expr::col(("excluded", Column::JoinedAt))).finally(Expr::col((Entity, Column::JoinedAt)));
    let conflict = OnConflict::columns([Column::TenantId, Column::CommunityId, Column::MemberId])
        .update_columns([Column::Tier, Column::UpdatedAt])
        .values([(Column::JoinedAt, joined_at.into()), (Column::LeftAt, Expr::value(Value::ChronoDateTimeUtc(None)))])
        .to_owned();
    Bulk::new(Entity, joining.len())
        .same(Column::TenantId, tx.tenant().uuid())
        .each(Column::CommunityId, joining.iter().map(|one| one.community.uuid()))
        .each(Column::MemberId, joining.iter().map(|one| one.member.uuid()))
        .each(Column::Tier, joining.iter().map(|one| one.tier.as_str().to_owned()))
        .each(Column::JoinedAt, joining.iter().map(|one| one.joined_at))
        .same(Column::CreatedAt, now)
        .same(Column::UpdatedAt, now)
        .on_conflict(conflict)
        .execute(tx)
        .await
}

/// One new membership; a returning member has a row already.
pub(super) async fn insert(tx: &TenantTx, new: Joining, now: DateTime<Utc>) -> Result<(), DbError> {
    tx.insert(ActiveModel {
        tenant_id: Set(tx.tenant().uuid()),
        community_id: Set(new.community.uuid()),
        member_id: Set(new.member.uuid()),
        tier: Set(new.tier.as_str().to_owned()),
        joined_at: Set(new.joined_at),
        left_at: Set(None),
        created_at: Set(now),
        updated_at: Set(now),
    })
    .await
}

pub(super) async fn set_tier(
    tx: &TenantTx,
    at: (CommunityId, MemberId),
    tier: Tier,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    one(tx, at, now).col_expr(Column::Tier, Expr::value(tier.as_str())).exec(tx).await?;
    Ok(())
}

pub(super) async fn leave(tx: &TenantTx, at: (CommunityId, MemberId), now: DateTime<Utc>) -> Result<(), DbError> {
    one(tx, at, now).col_expr(Column::LeftAt, Expr::value(now)).exec(tx).await?;
    Ok(())
}

fn one(tx: &TenantTx, (community, member): (CommunityId, MemberId), now: DateTime<Utc>) -> sea_orm::UpdateMany<Entity> {
    tx.update::<Entity>()
        .filter(Column::CommunityId.eq(community.uuid()))
        .filter(Column::MemberId.eq(member.uuid()))
        .col_expr(Column::UpdatedAt, Expr::value(now))
}

/// The communities that these members belong to now, with when they joined and as what; newest first.
pub(crate) async fn list_of_members(tx: &TenantTx, members: &[MemberId]) -> Result<Vec<(MemberId, Joining)>, DbError> {
    let select = Query::select()
        .columns([Column::MemberId, Column::CommunityId, Column::Tier, Column::JoinedAt])
        .from(Entity)
        .and_where(tx.owns(Entity))
        .and_where(Column::LeftAt.is_null())
        .and_where(is_any(tx, Expr::col(Column::MemberId), members.iter().map(|id| id.uuid())))
        .order_by(Column::JoinedAt, Order::Desc)
        .order_by(Column::CommunityId, Order::Desc)
        .to_owned();
    let rows = tx.query_all(&select).await?;
    let read = |row: &QueryResult| -> Result<_, DbErr> {
        let member = Id::from_uuid(row.try_get("", "member_id")?);
        let joining = Joining {
            community: Id::from_uuid(row.try_get("", "community_id")?),
            member,
            tier: read_tier(row)?,
            joined_at: row.try_get("", "joined_at")?,
        };
        Ok((member, joining))
    };
    Ok(rows.iter().map(read).collect::<Result<_, _>>()?)
}

fn read_tier(row: &QueryResult) -> Result<Tier, DbErr> {
    Tier::parse(&row.try_get::<String>("", "tier")?).ok_or_else(|| DbErr::Type("tier is not of its table".to_owned()))
}

/// For each of several communities the first members of the page, in one statement. A page with a cursor
/// makes sense for one community only.
pub(super) async fn list_of_communities(
    tx: &TenantTx,
    communities: &[CommunityId],
    filter: &Filter,
    (page, descending): (&KeysetPage, bool),
    columns: &Columns<members::Column>,
) -> Result<HashMap<CommunityId, Vec<CommunityMember>>, DbError> {
    let ids = communities.iter().map(|id| id.uuid());
    let inner = if tx.is_postgres() {
        lateral_page(tx, ids, filter, page, descending)
    } else {
        windowed_page(tx, ids, filter, page, descending)
    };
    let place = |column: Column| Expr::col(("place", column));
    let direction = if descending == page.backward { Order::Asc } else { Order::Desc };
    let member = |column: members::Column| Expr::col((members::Entity, column));
    let select = Query::select()
        .expr(place(Column::CommunityId))
        .expr(place(Column::Tier))
        .expr(place(Column::JoinedAt))
        .expr(member(members::Column::Id))
        .exprs(columns.iter().filter(|column| !matches!(column, members::Column::Id)).map(member))
        .from_subquery(inner, "place")
        .join(
            JoinType::InnerJoin,
            members::Entity,
            tx.owns(members::Entity).and(member(members::Column::Id).eq(place(Column::MemberId))),
        )
        .order_by_expr(place(Column::CommunityId), Order::Asc)
        .order_by_expr(place(Column::JoinedAt), direction.clone())
        .order_by_expr(place(Column::MemberId), direction)
        .to_owned();
    let mut found: HashMap<_, Vec<_>> = HashMap::new();
    for row in tx.query_all(&select).await? {
        let community = Id::from_uuid(row.try_get("", "community_id")?);
        found.entry(community).or_default().push(CommunityMember {
            tier: read_tier(&row)?,
            joined_at: row.try_get("", "joined_at")?,
            member: MemberRow::read(&row, columns)?,
        });
    }
    Ok(found)
}

const PAGE_COLUMNS: [Column; 4] = [Column::CommunityId, Column::MemberId, Column::Tier, Column::JoinedAt];

/// PostgreSQL: an index walk of `limit` rows for each community.
fn lateral_page(
    tx: &TenantTx,
    communities: impl IntoIterator<Item = Uuid>,
    filter: &Filter,
    page: &KeysetPage,
    descending: bool,
) -> SelectStatement {
    let parent = Expr::col(("parent", "parent"));
    let mut walk = Query::select().columns(PAGE_COLUMNS.map(|column| (Entity, column))).from(Entity).to_owned();
    restrict(tx, &mut walk, filter);
    walk.and_where(Expr::col((Entity, Column::CommunityId)).eq(parent));
    page.apply(&mut walk, &order(descending));
    Query::select()
        .columns(PAGE_COLUMNS.map(|column| (Alias::new("walk"), column)))
        .from_function(Func::cust("unnest").arg(uuid_array(communities)), "parent")
        .join_lateral(JoinType::InnerJoin, walk, "walk", Expr::val(true))
        .to_owned()
}

/// SQLite has no LATERAL: number the rows of each community and keep the first.
fn windowed_page(
    tx: &TenantTx,
    communities: impl IntoIterator<Item = Uuid>,
    filter: &Filter,
    page: &KeysetPage,
    descending: bool,
) -> SelectStatement {
    let direction = if descending == page.backward { Order::Asc } else { Order::Desc };
    let mut window = WindowStatement::partition_by((Entity, Column::CommunityId));
    window.order_by((Entity, Column::JoinedAt), direction.clone()).order_by((Entity, Column::MemberId), direction);
    let mut numbered = Query::select()
        .columns(PAGE_COLUMNS.map(|column| (Entity, column)))
        .expr_window_as(Func::cust("ROW_NUMBER"), window, "number")
        .from(Entity)
        .to_owned();
    restrict(tx, &mut numbered, filter);
    numbered.and_where(is_any(tx, Expr::col((Entity, Column::CommunityId)), communities));
    page.bound(&mut numbered, &order(descending));
    let size = i64::try_from(page.size).unwrap_or(i64::MAX);
    Query::select()
        .columns(PAGE_COLUMNS.map(|column| (Alias::new("numbered"), column)))
        .from_subquery(numbered, "numbered")
        .and_where(Expr::col(("numbered", "number")).lte(size + 1))
        .to_owned()
}

fn order(descending: bool) -> KeysetOrder {
    KeysetOrder { key: Expr::col((Entity, Column::JoinedAt)), id: Expr::col((Entity, Column::MemberId)), descending }
}

fn restrict(tx: &TenantTx, select: &mut SelectStatement, filter: &Filter) {
    let column = |column: Column| -> SimpleExpr { Expr::col((Entity, column)) };
    select.and_where(tx.owns(Entity)).and_where(column(Column::LeftAt).is_null());
    if let Some(tier) = filter.tier {
        select.and_where(column(Column::Tier).eq(tier.as_str()));
    }
    if let Some(from) = filter.joined_from {
        select.and_where(column(Column::JoinedAt).gte(from));
    }
    if let Some(to) = filter.joined_to {
        select.and_where(column(Column::JoinedAt).lt(to));
    }
    if let Some(tag) = &filter.tag {
        use member_tags::{Column as Tag, Entity as Tags};
        let tagged = Query::select()
            .column(Tag::MemberId)
            .from(Tags)
            .and_where(tx.owns(Tags))
            .and_where(Expr::col((Tags, Tag::Tag)).eq(tag.as_str()))
            .to_owned();
        select.and_where(column(Column::MemberId).in_subquery(tagged));
    }
    if let Some(text) = &filter.text {
        use members::{Column as Member, Entity as Members};
        let named = Query::select()
            .column(Member::Id)
            .from(Members)
            .and_where(tx.owns(Members))
            .cond_where(starts_with(Expr::col((Members, Member::NameKey)), &sort_key(text)))
            .to_owned();
        select.and_where(column(Column::MemberId).in_subquery(named));
    }
}

/// The ids of those who are in a community now, for another slice's statement about them.
#[must_use]
pub fn present_in(tx: &TenantTx, community: CommunityId) -> SelectStatement {
    Query::select()
        .column((Entity, Column::MemberId))
        .from(Entity)
        .and_where(tx.owns(Entity))
        .and_where(Expr::col((Entity, Column::CommunityId)).eq(community.uuid()))
        .and_where(Expr::col((Entity, Column::LeftAt)).is_null())
        .to_owned()
}

/// How many members these communities have that the filter lets through.
pub(super) async fn count(
    tx: &TenantTx,
    communities: &[CommunityId],
    filter: &Filter,
) -> Result<HashMap<CommunityId, i64>, DbError> {
    let mut select = Query::select()
        .column((Entity, Column::CommunityId))
        .expr_as(Func::count(Expr::col((Entity, Column::MemberId))), "total")
        .from(Entity)
        .and_where(is_any(tx, Expr::col((Entity, Column::CommunityId)), communities.iter().map(|id| id.uuid())))
        .group_by_col((Entity, Column::CommunityId))
        .to_owned();
    restrict(tx, &mut select, filter);
    let rows = tx.query_all(&select).await?;
    let read = |row: &QueryResult| -> Result<_, DbErr> {
        Ok((Id::from_uuid(row.try_get("", "community_id")?), row.try_get("", "total")?))
    };
    Ok(rows.iter().map(read).collect::<Result<_, _>>()?)
}

/// How many members a community has now, outside of any tenant's transaction.
pub(super) async fn count_present(tx: &SystemTx, (tenant, community): (TenantId, CommunityId)) -> Result<i64, DbError> {
    let select = Query::select()
        .expr_as(Func::count(Expr::col(Column::MemberId)), "total")
        .from(Entity)
        .and_where(Column::TenantId.eq(tenant.uuid()))
        .and_where(Column::CommunityId.eq(community.uuid()))
        .and_where(Column::LeftAt.is_null())
        .to_owned();
    let row = tx.query_one(&select).await?;
    Ok(row.map(|row| row.try_get("", "total")).transpose()?.unwrap_or(0))
}

/// Members by tier; of all communities that have any, when none are named.
pub(super) async fn count_tiers(
    tx: &TenantTx,
    communities: Option<&[CommunityId]>,
) -> Result<HashMap<CommunityId, Vec<(Tier, i64)>>, DbError> {
    let mut select = Query::select()
        .columns([Column::CommunityId, Column::Tier])
        .expr_as(Func::count(Expr::col(Column::MemberId)), "total")
        .from(Entity)
        .and_where(tx.owns(Entity))
        .and_where(Column::LeftAt.is_null())
        .group_by_columns([Column::CommunityId, Column::Tier])
        .to_owned();
    if let Some(ids) = communities {
        select.and_where(is_any(tx, Expr::col(Column::CommunityId), ids.iter().map(|id| id.uuid())));
    }
    let mut found: HashMap<_, Vec<_>> = HashMap::new();
    for row in tx.query_all(&select).await? {
        let community = Id::from_uuid(row.try_get("", "community_id")?);
        found.entry(community).or_default().push((read_tier(&row)?, row.try_get("", "total")?));
    }
    Ok(found)
}

/// Members at the start of a window, joined since, and left since of those there at the start.
pub(super) async fn count_moves(
    tx: &TenantTx,
    communities: Option<&[CommunityId]>,
    start: DateTime<Utc>,
) -> Result<HashMap<CommunityId, (i64, i64, i64)>, DbError> {
    let sum = |condition: SimpleExpr| Func::count(Expr::case(condition, 1).finally(Value::Int(None)));
    let there = Column::JoinedAt.lte(start).and(Column::LeftAt.is_null().or(Column::LeftAt.gt(start)));
    let joined = Column::JoinedAt.gt(start);
    let left = Column::JoinedAt.lte(start).and(Column::LeftAt.gt(start));
    let mut select = Query::select()
        .column(Column::CommunityId)
        .expr_as(sum(there), "there")
        .expr_as(sum(joined), "joined")
        .expr_as(sum(left), "gone")
        .from(Entity)
        .and_where(tx.owns(Entity))
        .group_by_col(Column::CommunityId)
        .to_owned();
    if let Some(ids) = communities {
        select.and_where(is_any(tx, Expr::col(Column::CommunityId), ids.iter().map(|id| id.uuid())));
    }
    let rows = tx.query_all(&select).await?;
    let read = |row: &QueryResult| -> Result<_, DbErr> {
        let counts = (row.try_get("", "there")?, row.try_get("", "joined")?, row.try_get("", "gone")?);
        Ok((Id::from_uuid(row.try_get("", "community_id")?), counts))
    };
    Ok(rows.iter().map(read).collect::<Result<_, _>>()?)
}
