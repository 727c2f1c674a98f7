//! The audit trail: its events, the chain over them, and signed checkpoints.
//!
//! Events are read through all tenants in commit order by the sealer, which makes the chain: like the outbox they
//! carry `(xid, seq)`. No foreign key to tenants: it would lock the tenant's row at each event.

use sea_orm_migration::prelude::*;

use crate::dialect::{run, run_on_sqlite};
use crate::walls::{AppAccess, enclose_append_only, enclose_for, enclose_for_system};

/// The migration.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, CREATE).await?;
        run_on_sqlite(manager, APPEND_ONLY_BY_TRIGGER).await?;
        enclose_append_only(manager, "audit_events", AppAccess::APPEND).await?;
        enclose_append_only(manager, "audit_links", AppAccess::READ).await?;
        enclose_append_only(manager, "audit_checkpoints", AppAccess::READ).await?;
        enclose_for(manager, "audit_heads", AppAccess::READ).await?;
        enclose_for_system(manager, "audit_cursors").await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, DROP).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

/// Ids of actors and things are in their public spelling: an event outlives what it is about.
const CREATE: &str = r#"
CREATE TABLE audit_events (
    seq             {sequence},
    xid             {writing_transaction},
    tenant_id       {uuid}  NOT NULL,
    id              {uuid}  NOT NULL,
    occurred_at     {time}  NOT NULL,
    actor_kind      {key}   NOT NULL,
    actor_id        {key},
    via_id          text,
    address         text    NOT NULL,
    operation       {key}   NOT NULL,
    object_id       {key},
    within_id       {key},
    changed_fields  {json}  NOT NULL,
    request_id      text    NOT NULL,
    outcome         {key}   NOT NULL,
    codes           {json}  NOT NULL,
    mac             {bytes} NOT NULL,
    CONSTRAINT audit_events_id_key UNIQUE (tenant_id, id),
    CONSTRAINT audit_events_outcome_check CHECK (outcome IN ('SUCCEEDED', 'REFUSED', 'DENIED', 'FAILED'))
);

CREATE INDEX audit_events_xid_idx ON audit_events (xid, seq);
CREATE INDEX audit_events_time_idx ON audit_events (tenant_id, occurred_at, id);
CREATE INDEX audit_events_actor_idx ON audit_events (tenant_id, actor_id, occurred_at, id);
CREATE INDEX audit_events_operation_idx ON audit_events (tenant_id, operation, occurred_at, id);
CREATE INDEX audit_events_object_idx ON audit_events (tenant_id, object_id, occurred_at, id)
    WHERE object_id IS NOT NULL;
CREATE INDEX audit_events_within_idx ON audit_events (tenant_id, within_id, occurred_at, id)
    WHERE within_id IS NOT NULL;
CREATE INDEX audit_events_outcome_idx ON audit_events (tenant_id, outcome, occurred_at, id)
    WHERE outcome <> 'SUCCEEDED';

CREATE TABLE audit_links (
    tenant_id  {uuid}  NOT NULL,
    position   bigint  NOT NULL,
    event_id   {uuid}  NOT NULL,
    mac        {bytes} NOT NULL,
    CONSTRAINT audit_links_pkey PRIMARY KEY (tenant_id, position),
    CONSTRAINT audit_links_event_key UNIQUE (tenant_id, event_id)
);

CREATE TABLE audit_heads (
    tenant_id        {uuid}  NOT NULL,
    position         bigint  NOT NULL,
    mac              {bytes} NOT NULL,
    sealed_at        {time}  NOT NULL,
    signed_position  bigint  NOT NULL,
    signed_at        {time}  NOT NULL,
    CONSTRAINT audit_heads_pkey PRIMARY KEY (tenant_id)
);

CREATE INDEX audit_heads_unsigned_idx ON audit_heads (signed_at) WHERE position > signed_position;

CREATE TABLE audit_checkpoints (
    tenant_id  {uuid}  NOT NULL,
    position   bigint  NOT NULL,
    head       {bytes} NOT NULL,
    sealed_at  {time}  NOT NULL,
    signature  {bytes} NOT NULL,
    CONSTRAINT audit_checkpoints_pkey PRIMARY KEY (tenant_id, position)
);

CREATE TABLE audit_cursors (
    sealer      {key}  NOT NULL,
    xid         bigint NOT NULL,
    seq         bigint NOT NULL,
    updated_at  {time} NOT NULL,
    CONSTRAINT audit_cursors_pkey PRIMARY KEY (sealer)
);
"#;

/// SQLite knows no roles: here the tables themselves refuse. Whoever has the file can drop a trigger; the chain
/// is what shows that.
const APPEND_ONLY_BY_TRIGGER: &str = r#"
CREATE TRIGGER audit_events_unchanged BEFORE UPDATE ON audit_events
    BEGIN SELECT RAISE(ABORT, 'audit events are never changed'); END;
CREATE TRIGGER audit_events_undeleted BEFORE DELETE ON audit_events
    BEGIN SELECT RAISE(ABORT, 'audit events are never deleted'); END;
CREATE TRIGGER audit_links_unchanged BEFORE UPDATE ON audit_links
    BEGIN SELECT RAISE(ABORT, 'audit links are never changed'); END;
CREATE TRIGGER audit_links_undeleted BEFORE DELETE ON audit_links
    BEGIN SELECT RAISE(ABORT, 'audit links are never deleted'); END;
CREATE TRIGGER audit_checkpoints_unchanged BEFORE UPDATE ON audit_checkpoints
    BEGIN SELECT RAISE(ABORT, 'audit checkpoints are never changed'); END;
CREATE TRIGGER audit_checkpoints_undeleted BEFORE DELETE ON audit_checkpoints
    BEGIN SELECT RAISE(ABORT, 'audit checkpoints are never deleted'); END;
"#;

const DROP: &str = "
DROP TABLE audit_cursors;
DROP TABLE audit_checkpoints;
DROP TABLE audit_heads;
DROP TABLE audit_links;
DROP TABLE audit_events;
";
