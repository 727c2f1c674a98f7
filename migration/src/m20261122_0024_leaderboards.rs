//! Leaderboards: what members earned in each day, week and month, in which zones days were counted, and how far the
//! ledger was read.
//!
//! Points have no CHECK: a reversal may be counted before its award, whose transaction began later, so that a score can
//! be below zero for a moment.

use sea_orm_migration::prelude::*;

use crate::dialect::run;
use crate::walls::enclose;

/// The migration.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, CREATE).await?;
        for table in ["leaderboard_scores", "leaderboard_zones", "leaderboard_cursors"] {
            enclose(manager, table).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, DROP).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

const CREATE: &str = "
CREATE TABLE leaderboard_scores (
    tenant_id   {uuid} NOT NULL,
    period      {key}  NOT NULL,
    member_id   {uuid} NOT NULL,
    points      bigint NOT NULL,
    reached_at  {time} NOT NULL,
    CONSTRAINT leaderboard_scores_pkey PRIMARY KEY (tenant_id, period, member_id),
    CONSTRAINT leaderboard_scores_member_fkey
        FOREIGN KEY (tenant_id, member_id) REFERENCES members (tenant_id, id)
);

CREATE INDEX leaderboard_scores_order_idx
    ON leaderboard_scores (tenant_id, period, points DESC, reached_at, member_id) WHERE points > 0;

CREATE TABLE leaderboard_zones (
    tenant_id   {uuid} NOT NULL,
    since       {time} NOT NULL,
    zone        {key}  NOT NULL,
    counted_to  {time} NOT NULL,
    CONSTRAINT leaderboard_zones_pkey PRIMARY KEY (tenant_id, since),
    CONSTRAINT leaderboard_zones_tenant_fkey FOREIGN KEY (tenant_id) REFERENCES tenants (id),
    CONSTRAINT leaderboard_zones_counted_check CHECK (counted_to >= since)
);

CREATE TABLE leaderboard_cursors (
    tenant_id   {uuid} NOT NULL,
    xid         bigint NOT NULL,
    seq         bigint NOT NULL,
    above_seq   bigint NOT NULL,
    max_seq     bigint NOT NULL,
    updated_at  {time} NOT NULL,
    CONSTRAINT leaderboard_cursors_pkey PRIMARY KEY (tenant_id),
    CONSTRAINT leaderboard_cursors_tenant_fkey FOREIGN KEY (tenant_id) REFERENCES tenants (id)
);

-- Who is in a community, without looking at the rows: ranks are counted among them.
CREATE INDEX community_memberships_present_idx
    ON community_memberships (tenant_id, community_id, member_id) WHERE left_at IS NULL;
";

const DROP: &str = "
DROP INDEX community_memberships_present_idx;
DROP TABLE leaderboard_cursors;
DROP TABLE leaderboard_zones;
DROP TABLE leaderboard_scores;
";
