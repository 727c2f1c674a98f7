//! Earning rules with their versions, what happened that they answer, and what they paid for it.

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
        for table in ["earning_rules", "earning_members"] {
            enclose(manager, table).await?;
        }
        for table in ["earning_rule_versions", "earning_events", "earning_payments"] {
            enclose_append_only(manager, table, AppAccess::APPEND).await?;
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

const CREATE: &str = r#"
CREATE TABLE earning_rules (
    tenant_id   {uuid} NOT NULL,
    id          {uuid} NOT NULL,
    name        text   NOT NULL,
    event       {key}  NOT NULL,
    state       {key}  NOT NULL,
    version     int    NOT NULL,
    created_at  {time} NOT NULL,
    updated_at  {time} NOT NULL,
    CONSTRAINT earning_rules_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT earning_rules_tenant_fkey FOREIGN KEY (tenant_id) REFERENCES tenants (id),
    CONSTRAINT earning_rules_state_check CHECK (state IN ('DRAFT', 'ACTIVE', 'PAUSED', 'ARCHIVED')),
    CONSTRAINT earning_rules_version_check CHECK (version >= 1)
);

CREATE INDEX earning_rules_active_idx ON earning_rules (tenant_id, event) WHERE state = 'ACTIVE';

CREATE TABLE earning_rule_versions (
    tenant_id   {uuid} NOT NULL,
    rule_id     {uuid} NOT NULL,
    version     int    NOT NULL,
    definition  text   NOT NULL,
    actor       {key}  NOT NULL,
    created_at  {time} NOT NULL,
    CONSTRAINT earning_rule_versions_pkey PRIMARY KEY (tenant_id, rule_id, version),
    CONSTRAINT earning_rule_versions_rule_fkey
        FOREIGN KEY (tenant_id, rule_id) REFERENCES earning_rules (tenant_id, id)
);

CREATE TABLE earning_events (
    tenant_id       {uuid} NOT NULL,
    id              {uuid} NOT NULL,
    member_id       {uuid} NOT NULL,
    event           {key}  NOT NULL,
    occurred_at     {time} NOT NULL,
    day             {key}  NOT NULL,
    quantity        bigint,
    community_id    {uuid},
    tier            {key},
    streak          int,
    growth_percent  int    NOT NULL,
    subject_id      {uuid},
    reference       {key},
    recorded_at     {time} NOT NULL,
    CONSTRAINT earning_events_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT earning_events_member_fkey FOREIGN KEY (tenant_id, member_id) REFERENCES members (tenant_id, id),
    CONSTRAINT earning_events_quantity_check CHECK (quantity >= 0)
);

CREATE UNIQUE INDEX earning_events_reference_key ON earning_events (tenant_id, event, reference)
    WHERE reference IS NOT NULL;
CREATE INDEX earning_events_day_idx ON earning_events (tenant_id, event, day, occurred_at, id);
-- Who was brought along where: for taking back what was paid for it.
CREATE INDEX earning_events_subject_idx ON earning_events (tenant_id, subject_id) WHERE subject_id IS NOT NULL;

CREATE TABLE earning_payments (
    tenant_id  {uuid} NOT NULL,
    event_id   {uuid} NOT NULL,
    rule_id    {uuid} NOT NULL,
    version    int    NOT NULL,
    member_id  {uuid} NOT NULL,
    day        {key}  NOT NULL,
    outcome    {key}  NOT NULL,
    base       bigint NOT NULL,
    percent    int    NOT NULL,
    amount     bigint NOT NULL,
    entry_id   {uuid},
    returns_by {time},
    CONSTRAINT earning_payments_pkey PRIMARY KEY (tenant_id, event_id, rule_id),
    CONSTRAINT earning_payments_event_fkey
        FOREIGN KEY (tenant_id, event_id) REFERENCES earning_events (tenant_id, id),
    CONSTRAINT earning_payments_version_fkey
        FOREIGN KEY (tenant_id, rule_id, version) REFERENCES earning_rule_versions (tenant_id, rule_id, version),
    CONSTRAINT earning_payments_entry_fkey
        FOREIGN KEY (tenant_id, entry_id) REFERENCES points_entries (tenant_id, id),
    CONSTRAINT earning_payments_outcome_check CHECK (outcome IN ('PAID', 'CAPPED', 'WITHHELD')),
    CONSTRAINT earning_payments_amount_check CHECK (amount >= 0 AND (amount > 0) = (entry_id IS NOT NULL))
);

CREATE UNIQUE INDEX earning_payments_entry_key ON earning_payments (tenant_id, entry_id) WHERE entry_id IS NOT NULL;
-- What a rule has paid to a member in a day, in a month or ever.
CREATE INDEX earning_payments_day_idx ON earning_payments (tenant_id, rule_id, member_id, day);

-- One row for each member whose payments have a cap: whoever holds it may count them.
CREATE TABLE earning_members (
    tenant_id  {uuid} NOT NULL,
    member_id  {uuid} NOT NULL,
    events     bigint NOT NULL,
    CONSTRAINT earning_members_pkey PRIMARY KEY (tenant_id, member_id),
    CONSTRAINT earning_members_member_fkey FOREIGN KEY (tenant_id, member_id) REFERENCES members (tenant_id, id)
);
"#;

/// SQLite knows no roles: here the tables themselves refuse.
const APPEND_ONLY_BY_TRIGGER: &str = r#"
CREATE TRIGGER earning_rule_versions_unchanged BEFORE UPDATE ON earning_rule_versions
    BEGIN SELECT RAISE(ABORT, 'versions of rules are never changed'); END;
CREATE TRIGGER earning_rule_versions_undeleted BEFORE DELETE ON earning_rule_versions
    BEGIN SELECT RAISE(ABORT, 'versions of rules are never deleted'); END;
CREATE TRIGGER earning_events_unchanged BEFORE UPDATE ON earning_events
    BEGIN SELECT RAISE(ABORT, 'what happened is never changed'); END;
CREATE TRIGGER earning_events_undeleted BEFORE DELETE ON earning_events
    BEGIN SELECT RAISE(ABORT, 'what happened is never deleted'); END;
CREATE TRIGGER earning_payments_unchanged BEFORE UPDATE ON earning_payments
    BEGIN SELECT RAISE(ABORT, 'what a rule paid is never changed'); END;
CREATE TRIGGER earning_payments_undeleted BEFORE DELETE ON earning_payments
    BEGIN SELECT RAISE(ABORT, 'what a rule paid is never deleted'); END;
"#;

const DROP: &str = "
DROP TABLE earning_members;
DROP TABLE earning_payments;
DROP TABLE earning_events;
DROP TABLE earning_rule_versions;
DROP TABLE earning_rules;
";
