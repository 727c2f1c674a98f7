//! Chains as the database holds them, for the command line: page by page, so that a chain of any length fits.

use sea_orm::sea_query::Value;
use sea_orm::{ConnectionTrait as _, DbErr, FromQueryResult as _, QueryResult, Statement};
use shequn_entity::audit_events;

use super::chain::{Checkpoint, START};
use super::event::Event;
use crate::platform::db::{DbError, SystemTx};
use crate::platform::ids::{AuditEventId, Id, TenantId};

/// Links in one page.
const PAGE: u64 = 1_000;

/// A link and the event it names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// From 1.
    pub position: i64,
    /// Whom it names.
    pub event: AuditEventId,
    /// Its proof.
    pub mac: Vec<u8>,
    /// The event itself.
    pub found: Found,
}

/// An event behind a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// It is there.
    Here(Box<ProvedEvent>),
    /// It is there and makes no sense.
    Unreadable,
    /// It is not.
    Gone,
}

/// An event with the proof it was stored with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProvedEvent {
    /// The event.
    pub event: Event,
    /// Its proof.
    pub mac: Vec<u8>,
}

impl Link {
    /// What the link's proof is made over, where the event is there.
    pub(super) fn proved(&self) -> Option<(AuditEventId, &[u8])> {
        match &self.found {
            Found::Here(found) => Some((self.event, &found.mac)),
            Found::Unreadable | Found::Gone => None,
        }
    }
}

/// Reads one tenant's chain, in the snapshot of the transaction.
pub struct Reader<'a> {
    /// Across tenants, as the command line is.
    pub tx: &'a SystemTx,
    /// Whose chain.
    pub tenant: TenantId,
}

impl Reader<'_> {
    /// The tenants that have a chain, had one or ought to have one.
    pub async fn tenants(tx: &SystemTx) -> Result<Vec<TenantId>, DbError> {
        let sql = "SELECT tenant_id FROM audit_heads UNION SELECT tenant_id FROM audit_checkpoints \
                   UNION SELECT id FROM tenants ORDER BY 1";
        let statement = Statement::from_string(tx.get_database_backend(), sql);
        let read = |row: &QueryResult| Ok(Id::from_uuid(row.try_get("", "tenant_id")?));
        tx.query_all_raw(statement).await?.iter().map(read).collect()
    }

    /// The next links behind a position; none at the end.
    pub async fn links_behind(&self, position: i64) -> Result<Vec<Link>, DbError> {
        let rows = self
            .rows(
                "SELECT l.position, l.event_id, l.mac AS link_mac, e.tenant_id, e.id, e.occurred_at, e.actor_kind, \
                 e.actor_id, e.via_id, e.address, e.operation, e.object_id, e.within_id, e.changed_fields, \
                 e.request_id, e.outcome, e.codes, e.mac FROM audit_links l \
                 LEFT JOIN audit_events e ON e.tenant_id = l.tenant_id AND e.id = l.event_id \
                 WHERE l.tenant_id = $1 AND l.position > $2 ORDER BY l.position LIMIT $3",
                vec![position.into(), PAGE.into()],
            )
            .await?;
        rows.iter().map(|row| read_link(row).map_err(DbError::from)).collect()
    }

    /// The checkpoints behind a position, up to another one or all.
    pub async fn checkpoints_behind(&self, position: i64, to: Option<i64>) -> Result<Vec<Checkpoint>, DbError> {
        let rows = self
            .rows(
                "SELECT position, head, sealed_at, signature FROM audit_checkpoints \
                 WHERE tenant_id = $1 AND position > $2 AND position <= $3 ORDER BY position DESC LIMIT $4",
                vec![position.into(), to.unwrap_or(i64::MAX).into(), PAGE.into()],
            )
            .await?;
        let read = |row: &QueryResult| -> Result<_, DbErr> {
            let (head, signature): (Vec<u8>, Vec<u8>) = (row.try_get("", "head")?, row.try_get("", "signature")?);
            let place = (row.try_get("", "position")?, &head[..]);
            Ok(Checkpoint::from_bytes(self.tenant, place, row.try_get("", "sealed_at")?, &signature))
        };
        rows.iter().map(|row| read(row).map_err(DbError::from)).collect()
    }

    /// What the sealer would go on from; the start where it has noted nothing.
    pub async fn head(&self) -> Result<(i64, Vec<u8>), DbError> {
        let rows = self.rows("SELECT position, mac FROM audit_heads WHERE tenant_id = $1", vec![]).await?;
        let read =
            |row: &QueryResult| -> Result<_, DbErr> { Ok((row.try_get("", "position")?, row.try_get("", "mac")?)) };
        Ok(rows.first().map(read).transpose()?.unwrap_or_else(|| (0, START.to_vec())))
    }

    /// Events without a link that the sealer is past, at most a page of them.
    pub async fn beside(&self) -> Result<Vec<AuditEventId>, DbError> {
        // All events are looked at; a timeout made for requests must not end that.
        if self.tx.is_postgres() {
            self.tx.execute_unprepared("SET LOCAL statement_timeout = 0").await?;
        }
        let is_passed =
            if self.tx.is_postgres() { "(e.xid::text::bigint, e.seq) <= (c.xid, c.seq)" } else { "e.seq <= c.seq" };
        let sql = format!(
            "SELECT e.id FROM audit_events e JOIN audit_cursors c ON {is_passed} WHERE e.tenant_id = $1 \
             AND NOT EXISTS (SELECT 1 FROM audit_links l WHERE l.tenant_id = e.tenant_id AND l.event_id = e.id) \
             ORDER BY e.id LIMIT $2"
        );
        let rows = self.rows(&sql, vec![PAGE.into()]).await?;
        rows.iter().map(|row| Ok(Id::from_uuid(row.try_get("", "id")?))).collect()
    }

    async fn rows(&self, sql: &str, values: Vec<Value>) -> Result<Vec<QueryResult>, DbError> {
        let values = std::iter::once(self.tenant.uuid().into()).chain(values).collect::<Vec<Value>>();
        let statement = Statement::from_sql_and_values(self.tx.get_database_backend(), sql, values);
        Ok(self.tx.query_all_raw(statement).await?)
    }
}

fn read_link(row: &QueryResult) -> Result<Link, DbErr> {
    let is_gone = row.try_get::<Option<uuid::Uuid>>("", "id")?.is_none();
    let found = if is_gone {
        Found::Gone
    } else {
        audit_events::Model::from_query_result(row, "").map_or(Found::Unreadable, |event| {
            let mac = event.mac.clone();
            Found::Here(Box::new(ProvedEvent { event: event.into(), mac }))
        })
    };
    Ok(Link {
        position: row.try_get("", "position")?,
        event: Id::from_uuid(row.try_get("", "event_id")?),
        mac: row.try_get("", "link_mac")?,
        found,
    })
}
