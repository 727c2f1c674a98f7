//! Rewards: what members get for points, what they took of it, and by whose points it was paid.
//!
//! A hold of the ledger may be kept for something: whatever that is ends it.

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
        for table in ["rewards", "reward_communities", "redemptions", "reward_vouchers"] {
            enclose(manager, table).await?;
        }
        enclose_append_only(manager, "reward_stock_moves", AppAccess::APPEND).await?;
        enclose_append_only(manager, "redemption_sources", AppAccess::APPEND).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, DROP).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

const CREATE: &str = r#"
ALTER TABLE points_holds ADD COLUMN kept_for {key};

CREATE TABLE rewards (
    tenant_id           {uuid}  NOT NULL,
    id                  {uuid}  NOT NULL,
    name                text    NOT NULL,
    description         text,
    state               {key}   NOT NULL,
    fulfilment          {key}   NOT NULL,
    price               bigint  NOT NULL,
    stock               bigint,
    reserved            bigint  NOT NULL,
    fulfilled           bigint  NOT NULL,
    limit_quantity      integer,
    limit_period        {key},
    minimum_tier        {key},
    starts_at           {time},
    ends_at             {time},
    fulfil_within_days  integer NOT NULL,
    version             integer NOT NULL,
    created_at          {time}  NOT NULL,
    updated_at          {time}  NOT NULL,
    CONSTRAINT rewards_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT rewards_tenant_fkey FOREIGN KEY (tenant_id) REFERENCES tenants (id),
    CONSTRAINT rewards_state_check CHECK (state IN ('DRAFT', 'ACTIVE', 'PAUSED', 'ARCHIVED')),
    CONSTRAINT rewards_fulfilment_check CHECK (fulfilment = 'MANUAL'
        OR (fulfilment = 'VOUCHER_CODE' AND stock IS NOT NULL AND reserved = 0)),
    CONSTRAINT rewards_price_check CHECK (price > 0),
    CONSTRAINT rewards_stock_check CHECK (stock >= 0),
    CONSTRAINT rewards_counts_check CHECK (reserved >= 0 AND fulfilled >= 0),
    CONSTRAINT rewards_limit_check CHECK ((limit_quantity IS NULL) = (limit_period IS NULL)
        AND limit_quantity > 0 AND limit_period IN ('DAY', 'WEEK', 'MONTH', 'EVER')),
    CONSTRAINT rewards_tier_check CHECK (minimum_tier IN ('ADMIN', 'CORE', 'ORDINARY')),
    CONSTRAINT rewards_dates_check CHECK (starts_at < ends_at),
    CONSTRAINT rewards_days_check CHECK (fulfil_within_days BETWEEN 1 AND 90)
);

CREATE INDEX rewards_created_idx ON rewards (tenant_id, created_at, id);

CREATE TABLE reward_communities (
    tenant_id     {uuid} NOT NULL,
    reward_id     {uuid} NOT NULL,
    community_id  {uuid} NOT NULL,
    CONSTRAINT reward_communities_pkey PRIMARY KEY (tenant_id, reward_id, community_id),
    CONSTRAINT reward_communities_reward_fkey FOREIGN KEY (tenant_id, reward_id) REFERENCES rewards (tenant_id, id),
    CONSTRAINT reward_communities_community_fkey
        FOREIGN KEY (tenant_id, community_id) REFERENCES communities (tenant_id, id)
);

CREATE TABLE reward_stock_moves (
    tenant_id    {uuid} NOT NULL,
    id           {uuid} NOT NULL,
    reward_id    {uuid} NOT NULL,
    delta        bigint NOT NULL,
    stock_after  bigint NOT NULL,
    reason       text   NOT NULL,
    actor        {key}  NOT NULL,
    moved_at     {time} NOT NULL,
    CONSTRAINT reward_stock_moves_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT reward_stock_moves_reward_fkey FOREIGN KEY (tenant_id, reward_id) REFERENCES rewards (tenant_id, id),
    CONSTRAINT reward_stock_moves_delta_check CHECK (delta <> 0),
    CONSTRAINT reward_stock_moves_after_check CHECK (stock_after >= 0)
);

CREATE INDEX reward_stock_moves_reward_idx ON reward_stock_moves (tenant_id, reward_id, moved_at);

CREATE TABLE redemptions (
    tenant_id     {uuid}  NOT NULL,
    id            {uuid}  NOT NULL,
    reward_id     {uuid}  NOT NULL,
    reward_name   text    NOT NULL,
    member_id     {uuid}  NOT NULL,
    quantity      integer NOT NULL,
    price         bigint  NOT NULL,
    points        bigint  NOT NULL,
    state         {key}   NOT NULL,
    hold_id       {uuid}  NOT NULL,
    entry_id      {uuid}  NOT NULL,
    reference     {key},
    reason        text,
    is_restocked  boolean NOT NULL,
    actor         {key}   NOT NULL,
    created_at    {time}  NOT NULL,
    lapses_at     {time},
    closed_at     {time},
    CONSTRAINT redemptions_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT redemptions_hold_key UNIQUE (tenant_id, hold_id),
    CONSTRAINT redemptions_reward_fkey FOREIGN KEY (tenant_id, reward_id) REFERENCES rewards (tenant_id, id),
    CONSTRAINT redemptions_member_fkey FOREIGN KEY (tenant_id, member_id) REFERENCES members (tenant_id, id),
    CONSTRAINT redemptions_hold_fkey FOREIGN KEY (tenant_id, hold_id) REFERENCES points_holds (tenant_id, id),
    CONSTRAINT redemptions_entry_fkey FOREIGN KEY (tenant_id, entry_id) REFERENCES points_entries (tenant_id, id),
    CONSTRAINT redemptions_amount_check CHECK (quantity > 0 AND price > 0 AND points = price * quantity),
    CONSTRAINT redemptions_state_check CHECK ((state = 'PENDING' AND closed_at IS NULL AND lapses_at IS NOT NULL)
        OR (state IN ('FULFILLED', 'CANCELLED', 'LAPSED') AND closed_at IS NOT NULL)),
    CONSTRAINT redemptions_reason_check CHECK ((state = 'CANCELLED') = (reason IS NOT NULL)),
    CONSTRAINT redemptions_restocked_check CHECK (state = 'LAPSED' OR NOT is_restocked)
);

CREATE INDEX redemptions_created_idx ON redemptions (tenant_id, created_at, id);
CREATE INDEX redemptions_member_idx ON redemptions (tenant_id, member_id, created_at, id);
CREATE INDEX redemptions_reward_idx ON redemptions (tenant_id, reward_id, created_at, id);
CREATE INDEX redemptions_fulfilled_idx ON redemptions (tenant_id, closed_at) WHERE state = 'FULFILLED';
CREATE INDEX redemptions_lapsed_idx ON redemptions (tenant_id, reward_id)
    WHERE state = 'LAPSED' AND NOT is_restocked;

CREATE TABLE redemption_sources (
    tenant_id      {uuid}  NOT NULL,
    redemption_id  {uuid}  NOT NULL,
    place          integer NOT NULL,
    member_id      {uuid}  NOT NULL,
    source         {key}   NOT NULL,
    rule_id        {uuid},
    points         bigint  NOT NULL,
    CONSTRAINT redemption_sources_pkey PRIMARY KEY (tenant_id, redemption_id, place),
    CONSTRAINT redemption_sources_redemption_fkey
        FOREIGN KEY (tenant_id, redemption_id) REFERENCES redemptions (tenant_id, id),
    CONSTRAINT redemption_sources_points_check CHECK (points > 0)
);

CREATE TABLE reward_vouchers (
    tenant_id      {uuid}  NOT NULL,
    id             {uuid}  NOT NULL,
    reward_id      {uuid}  NOT NULL,
    code_enc       {bytes} NOT NULL,
    code_index     {bytes} NOT NULL,
    redemption_id  {uuid},
    added_at       {time}  NOT NULL,
    CONSTRAINT reward_vouchers_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT reward_vouchers_code_key UNIQUE (tenant_id, code_index),
    CONSTRAINT reward_vouchers_reward_fkey FOREIGN KEY (tenant_id, reward_id) REFERENCES rewards (tenant_id, id),
    CONSTRAINT reward_vouchers_redemption_fkey
        FOREIGN KEY (tenant_id, redemption_id) REFERENCES redemptions (tenant_id, id)
);

CREATE INDEX reward_vouchers_free_idx ON reward_vouchers (tenant_id, reward_id, id) WHERE redemption_id IS NULL;
CREATE INDEX reward_vouchers_redemption_idx ON reward_vouchers (tenant_id, redemption_id)
    WHERE redemption_id IS NOT NULL;
"#;

/// SQLite knows no roles: here the tables themselves refuse.
const APPEND_ONLY_BY_TRIGGER: &str = r#"
CREATE TRIGGER reward_stock_moves_unchanged BEFORE UPDATE ON reward_stock_moves
    BEGIN SELECT RAISE(ABORT, 'moves of stock are never changed'); END;
CREATE TRIGGER reward_stock_moves_undeleted BEFORE DELETE ON reward_stock_moves
    BEGIN SELECT RAISE(ABORT, 'moves of stock are never deleted'); END;
CREATE TRIGGER redemption_sources_unchanged BEFORE UPDATE ON redemption_sources
    BEGIN SELECT RAISE(ABORT, 'what a redemption was paid from is never changed'); END;
CREATE TRIGGER redemption_sources_undeleted BEFORE DELETE ON redemption_sources
    BEGIN SELECT RAISE(ABORT, 'what a redemption was paid from is never deleted'); END;
"#;

const DROP: &str = "
DROP TABLE reward_vouchers;
DROP TABLE redemption_sources;
DROP TABLE redemptions;
DROP TABLE reward_stock_moves;
DROP TABLE reward_communities;
DROP TABLE rewards;
ALTER TABLE points_holds DROP COLUMN kept_for;
";
