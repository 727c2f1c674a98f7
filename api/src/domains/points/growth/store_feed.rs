//! What is to be reviewed: members of new entries of the ledger, positions whose time has come, and those of an earlier
//! path.

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait as _, Value};

use super::super::store_feed::{Follower, LEDGERS, statement};
use crate::platform::db::{DbError, SystemTx, TenantTx};
use crate::platform::ids::{Id, MemberId, TenantId};

/// Follows the ledger.
pub(super) const FOLLOWER: Follower = Follower("growth_cursors");

/// By steps over the keys and not by all their rows; each is then looked at by its indexes.
const TENANTS: &str = "
WITH RECURSIVE LEDGERS,
g (id) AS (
    SELECT (SELECT tenant_id FROM growth_positions ORDER BY tenant_id LIMIT 1)
    UNION ALL
    SELECT (SELECT n.tenant_id FROM growth_positions n WHERE n.tenant_id > g.id ORDER BY n.tenant_id LIMIT 1)
    FROM g WHERE g.id IS NOT NULL)
SELECT t.id FROM (SELECT id FROM a UNION SELECT id FROM g) t LEFT JOIN growth_cursors c ON c.tenant_id = t.id
WHERE t.id IS NOT NULL AND (HAS_UNREAD
    OR (SELECT MIN(p.review_at) FROM growth_positions p WHERE p.tenant_id = t.id AND p.review_at IS NOT NULL) <= $1
    OR (SELECT MIN(p.path_version) FROM growth_positions p WHERE p.tenant_id = t.id)
        < (SELECT MAX(v.version) FROM growth_paths v WHERE v.tenant_id = t.id))
ORDER BY t.id";

/// The tenants that have something to be reviewed.
pub(super) async fn list_tenants(tx: &SystemTx, now: DateTime<Utc>) -> Result<Vec<TenantId>, DbError> {
    let sql = TENANTS.replace("LEDGERS", LEDGERS).replace("HAS_UNREAD", &Follower::has_unread(tx));
    let rows = tx.query_all_raw(statement(tx, &sql, [now.into()])).await?;
    rows.iter().map(|row| Ok(Id::from_uuid(row.try_get("", "id")?))).collect()
}

/// Members whom time has something for, those first who wait longest; then those of an earlier path.
pub(super) async fn list_due(tx: &TenantTx, now: DateTime<Utc>, limit: u64) -> Result<Vec<MemberId>, DbError> {
    let due = "SELECT member_id FROM growth_positions WHERE tenant_id = $1 AND review_at <= $2 \
        ORDER BY review_at, member_id LIMIT $3";
    let outdated = "SELECT member_id FROM growth_positions WHERE tenant_id = $1 \
        AND path_version < (SELECT MAX(version) FROM growth_paths WHERE tenant_id = $1) \
        ORDER BY path_version, member_id LIMIT $2";
    let tenant = || Value::from(tx.tenant().uuid());
    let mut rows = tx.query_all_raw(statement(tx, due, [tenant(), now.into(), limit.into()])).await?;
    if rows.is_empty() {
        rows = tx.query_all_raw(statement(tx, outdated, [tenant(), limit.into()])).await?;
    }
    rows.iter().map(|row| Ok(Id::from_uuid(row.try_get("", "member_id")?))).collect()
}
