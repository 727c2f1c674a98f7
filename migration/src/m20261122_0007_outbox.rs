//! The outbox and how far each consumer has read it.
//!
//! Operational: read through all tenants in one order, so `seq` is the key and not (tenant, id).
//! No foreign key to tenants: it would lock the tenant's row at each event.

use sea_orm_migration::prelude::*;

use crate::dialect::run;
use crate::walls::{AppAccess, enclose_for, enclose_for_system};

/// The migration.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, CREATE).await?;
        enclose_for(manager, "outbox", AppAccess::APPEND).await?;
        enclose_for_system(manager, "outbox_cursors").await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, DROP).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

const CREATE: &str = r#"
CREATE TABLE outbox (
    seq             {sequence_pk},
    xid             {writing_transaction},
    tenant_id       {uuid} NOT NULL,
    id              {uuid} NOT NULL,
    aggregate_type  text   NOT NULL,
    aggregate_id    {uuid} NOT NULL,
    kind            text   NOT NULL,
    payload         {json} NOT NULL,
    created_at      {time} NOT NULL
);

CREATE INDEX outbox_xid_idx ON outbox (xid, seq);

CREATE TABLE outbox_cursors (
    consumer    text   NOT NULL,
    xid         bigint NOT NULL,
    seq         bigint NOT NULL,
    updated_at  {time} NOT NULL,
    CONSTRAINT outbox_cursors_pkey PRIMARY KEY (consumer)
);
"#;

const DROP: &str = "DROP TABLE outbox_cursors; DROP TABLE outbox;";
