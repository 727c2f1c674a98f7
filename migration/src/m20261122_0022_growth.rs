//! The growth path: its versions, where members stand on it, how they came there, and how far the ledger was read.

use sea_orm_migration::prelude::*;

use crate::dialect::{run, run_on_sqlite};
use crate::walls::{AppAccess, enclose, enclose_append_only};

/// The migration.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, CREATE).await?;
        run_on_sqlite(manager, APPEND_ONLY_BY_TRIGGER).await?;
        enclose_append_only(manager, "growth_paths", AppAccess::APPEND).await?;
        enclose_append_only(manager, "growth_moves", AppAccess::APPEND).await?;
        enclose(manager, "growth_positions").await?;
        enclose(manager, "growth_cursors").await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, DROP).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

const CREATE: &str = "
CREATE TABLE growth_paths (
    tenant_id      {uuid}  NOT NULL,
    version        integer NOT NULL,
    nodes          {json}  NOT NULL,
    window_months  integer,
    source         text    NOT NULL,
    actor          {key}   NOT NULL,
    created_at     {time}  NOT NULL,
    CONSTRAINT growth_paths_pkey PRIMARY KEY (tenant_id, version),
    CONSTRAINT growth_paths_tenant_fkey FOREIGN KEY (tenant_id) REFERENCES tenants (id),
    CONSTRAINT growth_paths_version_check CHECK (version >= 1),
    CONSTRAINT growth_paths_window_check CHECK (window_months >= 1)
);

CREATE TABLE growth_positions (
    tenant_id     {uuid}  NOT NULL,
    member_id     {uuid}  NOT NULL,
    path_version  integer NOT NULL,
    node          {key}   NOT NULL,
    value         bigint  NOT NULL,
    moves         bigint  NOT NULL,
    since         {time},
    floor_node    {key},
    floor_on      {key},
    floor_until   {time},
    review_at     {time},
    CONSTRAINT growth_positions_pkey PRIMARY KEY (tenant_id, member_id),
    CONSTRAINT growth_positions_member_fkey
        FOREIGN KEY (tenant_id, member_id) REFERENCES members (tenant_id, id),
    CONSTRAINT growth_positions_value_check CHECK (value >= 0 AND moves >= 0 AND path_version >= 0),
    CONSTRAINT growth_positions_floor_check CHECK (
        (floor_node IS NULL) = (floor_on IS NULL) AND (floor_on IS NULL) = (floor_until IS NULL)),
    CONSTRAINT growth_positions_since_check CHECK (since IS NULL OR moves > 0)
);

CREATE INDEX growth_positions_review_idx ON growth_positions (tenant_id, review_at) WHERE review_at IS NOT NULL;
CREATE INDEX growth_positions_version_idx ON growth_positions (tenant_id, path_version, member_id);
CREATE INDEX growth_positions_node_idx ON growth_positions (tenant_id, node);

CREATE TABLE growth_moves (
    tenant_id     {uuid}  NOT NULL,
    member_id     {uuid}  NOT NULL,
    number        bigint  NOT NULL,
    kind          {key}   NOT NULL,
    reason        {key}   NOT NULL,
    from_node     {key}   NOT NULL,
    from_name     text    NOT NULL,
    to_node       {key}   NOT NULL,
    to_name       text    NOT NULL,
    value         bigint  NOT NULL,
    path_version  integer NOT NULL,
    text          text,
    kept_on       {key},
    actor         {key}   NOT NULL,
    moved_at      {time}  NOT NULL,
    CONSTRAINT growth_moves_pkey PRIMARY KEY (tenant_id, member_id, number),
    CONSTRAINT growth_moves_position_fkey
        FOREIGN KEY (tenant_id, member_id) REFERENCES growth_positions (tenant_id, member_id),
    CONSTRAINT growth_moves_number_check CHECK (number >= 1),
    CONSTRAINT growth_moves_kind_check CHECK (kind IN ('PROMOTION', 'DEMOTION', 'SET')),
    CONSTRAINT growth_moves_reason_check
        CHECK (reason IN ('EARNED', 'REVERSED', 'WINDOW', 'PATH_CHANGED', 'BY_HAND')),
    CONSTRAINT growth_moves_by_hand_check CHECK (
        (reason = 'BY_HAND') = (text IS NOT NULL) AND (text IS NULL) = (kept_on IS NULL))
);

CREATE TABLE growth_cursors (
    tenant_id   {uuid} NOT NULL,
    xid         bigint NOT NULL,
    seq         bigint NOT NULL,
    above_seq   bigint NOT NULL,
    max_seq     bigint NOT NULL,
    updated_at  {time} NOT NULL,
    CONSTRAINT growth_cursors_pkey PRIMARY KEY (tenant_id),
    CONSTRAINT growth_cursors_tenant_fkey FOREIGN KEY (tenant_id) REFERENCES tenants (id)
);
";

/// SQLite knows no roles: here the tables themselves refuse.
const APPEND_ONLY_BY_TRIGGER: &str = "
CREATE TRIGGER growth_paths_unchanged BEFORE UPDATE ON growth_paths
    BEGIN SELECT RAISE(ABORT, 'versions of a growth path are never changed'); END;
CREATE TRIGGER growth_paths_undeleted BEFORE DELETE ON growth_paths
    BEGIN SELECT RAISE(ABORT, 'versions of a growth path are never deleted'); END;
CREATE TRIGGER growth_moves_unchanged BEFORE UPDATE ON growth_moves
    BEGIN SELECT RAISE(ABORT, 'moves on the growth path are never changed'); END;
CREATE TRIGGER growth_moves_undeleted BEFORE DELETE ON growth_moves
    BEGIN SELECT RAISE(ABORT, 'moves on the growth path are never deleted'); END;
";

const DROP: &str = "
DROP TABLE growth_cursors;
DROP TABLE growth_moves;
DROP TABLE growth_positions;
DROP TABLE growth_paths;
";
