//! Check-ins: one a member and day, where each member stands, and the cards that make missed days up.
//!
//! A day is a calendar day in the tenant's zone, `2026-11-22`. The row in `check_in_members` is what a check-in locks.

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
        for table in ["check_in_members", "check_ins"] {
            enclose(manager, table).await?;
        }
        enclose_append_only(manager, "check_in_card_moves", AppAccess::APPEND).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, DROP).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

const CREATE: &str = r#"
CREATE TABLE check_in_members (
    tenant_id  {uuid}  NOT NULL,
    member_id  {uuid}  NOT NULL,
    last_day   {key},
    last_zone  {key},
    last_at    {time},
    streak     integer NOT NULL,
    longest    integer NOT NULL,
    total      integer NOT NULL,
    cards      integer NOT NULL,
    CONSTRAINT check_in_members_pkey PRIMARY KEY (tenant_id, member_id),
    CONSTRAINT check_in_members_member_fkey
        FOREIGN KEY (tenant_id, member_id) REFERENCES members (tenant_id, id),
    CONSTRAINT check_in_members_counts_check
        CHECK (streak >= 0 AND longest >= streak AND total >= longest),
    CONSTRAINT check_in_members_last_check CHECK ((total = 0) = (last_day IS NULL)
        AND (last_day IS NULL) = (last_zone IS NULL) AND (last_day IS NULL) = (last_at IS NULL)),
    CONSTRAINT check_in_members_cards_check CHECK (cards >= 0)
);

CREATE TABLE check_ins (
    tenant_id      {uuid}  NOT NULL,
    member_id      {uuid}  NOT NULL,
    day            {key}   NOT NULL,
    id             {uuid}  NOT NULL,
    kind           {key}   NOT NULL,
    streak         integer NOT NULL,
    community_id   {uuid},
    checked_in_at  {time}  NOT NULL,
    CONSTRAINT check_ins_pkey PRIMARY KEY (tenant_id, member_id, day),
    CONSTRAINT check_ins_id_key UNIQUE (tenant_id, id),
    CONSTRAINT check_ins_member_fkey
        FOREIGN KEY (tenant_id, member_id) REFERENCES check_in_members (tenant_id, member_id),
    CONSTRAINT check_ins_community_fkey
        FOREIGN KEY (tenant_id, community_id) REFERENCES communities (tenant_id, id),
    CONSTRAINT check_ins_kind_check CHECK (kind IN ('ON_TIME', 'MADE_UP')),
    CONSTRAINT check_ins_streak_check CHECK (streak >= 1)
);

CREATE TABLE check_in_card_moves (
    tenant_id    {uuid}  NOT NULL,
    id           {uuid}  NOT NULL,
    member_id    {uuid}  NOT NULL,
    kind         {key}   NOT NULL,
    cards        integer NOT NULL,
    reason       text,
    check_in_id  {uuid},
    actor        {key}   NOT NULL,
    moved_at     {time}  NOT NULL,
    CONSTRAINT check_in_card_moves_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT check_in_card_moves_member_fkey
        FOREIGN KEY (tenant_id, member_id) REFERENCES check_in_members (tenant_id, member_id),
    CONSTRAINT check_in_card_moves_check_in_fkey
        FOREIGN KEY (tenant_id, check_in_id) REFERENCES check_ins (tenant_id, id),
    CONSTRAINT check_in_card_moves_kind_check CHECK (
        (kind = 'GRANT' AND cards >= 1 AND reason IS NOT NULL AND check_in_id IS NULL)
        OR (kind = 'SPEND' AND cards = 1 AND reason IS NULL AND check_in_id IS NOT NULL))
);

CREATE INDEX check_in_card_moves_member_idx ON check_in_card_moves (tenant_id, member_id);
"#;

/// SQLite knows no roles: here the table itself refuses.
const APPEND_ONLY_BY_TRIGGER: &str = r#"
CREATE TRIGGER check_in_card_moves_unchanged BEFORE UPDATE ON check_in_card_moves
    BEGIN SELECT RAISE(ABORT, 'moves of cards are never changed'); END;
CREATE TRIGGER check_in_card_moves_undeleted BEFORE DELETE ON check_in_card_moves
    BEGIN SELECT RAISE(ABORT, 'moves of cards are never deleted'); END;
"#;

const DROP: &str = "
DROP TABLE check_in_card_moves;
DROP TABLE check_ins;
DROP TABLE check_in_members;
";
