//! Memberships with their past, many at once.

use chrono::{DateTime, Utc};
use sea_orm::ConnectionTrait as _;
use sea_orm::sea_query::{OnConflict, Query};
use shequn_entity::community_memberships::{Column, Entity};

use super::super::model::Stay;
use crate::platform::db::{DbError, TenantTx};
use crate::platform::ids::{CommunityId, Id};

/// Eight parameters each; SQLite takes 32,766 of them.
const STAYS_A_STATEMENT: usize = 4_000;

/// Writes the memberships that are not there yet; gives the community of each new one that has not ended.
pub(in super::super) async fn insert_new(
    tx: &TenantTx,
    stays: &[Stay],
    now: DateTime<Utc>,
) -> Result<Vec<CommunityId>, DbError> {
    let mut present = Vec::new();
    for stays in stays.chunks(STAYS_A_STATEMENT) {
        let mut insert = Query::insert().into_table(Entity).to_owned();
        insert.columns([
            Column::TenantId,
            Column::CommunityId,
            Column::MemberId,
            Column::Tier,
            Column::JoinedAt,
            Column::LeftAt,
            Column::CreatedAt,
            Column::UpdatedAt,
        ]);
        for Stay { joining, left_at } in stays {
            insert.values_panic([
                tx.tenant().uuid().into(),
                joining.community.uuid().into(),
                joining.member.uuid().into(),
                joining.tier.as_str().into(),
                joining.joined_at.into(),
                (*left_at).into(),
                now.into(),
                now.into(),
            ]);
        }
        let key = [Column::TenantId, Column::CommunityId, Column::MemberId];
        insert.on_conflict(OnConflict::columns(key).do_nothing().to_owned());
        insert.returning(Query::returning().columns([Column::CommunityId, Column::LeftAt]));
        for row in tx.query_all(&insert).await? {
            if row.try_get::<Option<DateTime<Utc>>>("", "left_at")?.is_none() {
                present.push(Id::from_uuid(row.try_get("", "community_id")?));
            }
        }
    }
    Ok(present)
}
