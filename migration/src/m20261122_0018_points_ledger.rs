//! The points ledger: accounts, entries, lots, holds, and the seals that prove the entries.
//!
//! An entry moves an amount from one account of a member to another, so that it sums to zero by its form; the
//! balances stand beside it in `points_accounts` and add up by a CHECK.

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
        for table in ["points_accounts", "points_lots", "points_holds"] {
            enclose(manager, table).await?;
        }
        enclose_append_only(manager, "points_entries", AppAccess::APPEND).await?;
        enclose_append_only(manager, "points_lot_moves", AppAccess::APPEND).await?;
        enclose_append_only(manager, "points_seals", AppAccess::READ).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, DROP).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

const CREATE: &str = r#"
CREATE TABLE points_accounts (
    tenant_id  {uuid} NOT NULL,
    member_id  {uuid} NOT NULL,
    asset      {key}  NOT NULL,
    issued     bigint NOT NULL,
    pending    bigint NOT NULL,
    available  bigint NOT NULL,
    held       bigint NOT NULL,
    redeemed   bigint NOT NULL,
    expired    bigint NOT NULL,
    revoked    bigint NOT NULL,
    entries    bigint NOT NULL,
    posted_at  {time} NOT NULL,
    due_at     {time},
    frozen_at  {time},
    CONSTRAINT points_accounts_pkey PRIMARY KEY (tenant_id, member_id, asset),
    CONSTRAINT points_accounts_member_fkey
        FOREIGN KEY (tenant_id, member_id) REFERENCES members (tenant_id, id),
    CONSTRAINT points_accounts_asset_check CHECK (asset IN ('POINTS')),
    CONSTRAINT points_accounts_negative_check CHECK (pending >= 0 AND available >= 0 AND held >= 0
        AND issued >= 0 AND redeemed >= 0 AND expired >= 0 AND revoked >= 0 AND entries >= 0),
    CONSTRAINT points_accounts_sum_check
        CHECK (issued = pending + available + held + redeemed + expired + revoked)
);

CREATE INDEX points_accounts_due_idx ON points_accounts (due_at) WHERE due_at IS NOT NULL AND frozen_at IS NULL;

CREATE TABLE points_entries (
    seq              {sequence},
    xid              {writing_transaction},
    tenant_id        {uuid} NOT NULL,
    id               {uuid} NOT NULL,
    member_id        {uuid} NOT NULL,
    asset            {key}  NOT NULL,
    number           bigint NOT NULL,
    kind             {key}  NOT NULL,
    from_account     {key}  NOT NULL,
    to_account       {key}  NOT NULL,
    amount           bigint NOT NULL,
    pending_after    bigint NOT NULL,
    available_after  bigint NOT NULL,
    held_after       bigint NOT NULL,
    source           {key},
    reason           text,
    reference        {key},
    texts_mac        {bytes} NOT NULL,
    hold_id          {uuid},
    reverses_id      {uuid},
    actor            {key}  NOT NULL,
    posted_at        {time} NOT NULL,
    CONSTRAINT points_entries_id_key UNIQUE (tenant_id, id),
    CONSTRAINT points_entries_number_key UNIQUE (tenant_id, member_id, asset, number),
    CONSTRAINT points_entries_account_fkey
        FOREIGN KEY (tenant_id, member_id, asset) REFERENCES points_accounts (tenant_id, member_id, asset),
    CONSTRAINT points_entries_amount_check CHECK (amount > 0),
    CONSTRAINT points_entries_accounts_check CHECK (
        (kind = 'AWARD' AND from_account = 'ISSUED' AND to_account IN ('PENDING', 'AVAILABLE'))
        OR (kind = 'MATURE' AND from_account = 'PENDING' AND to_account = 'AVAILABLE')
        OR (kind = 'DEDUCT' AND from_account = 'AVAILABLE' AND to_account = 'REVOKED')
        OR (kind = 'HOLD' AND from_account = 'AVAILABLE' AND to_account = 'HELD')
        OR (kind = 'CAPTURE' AND from_account = 'HELD' AND to_account = 'REDEEMED')
        OR (kind = 'RELEASE' AND from_account = 'HELD' AND to_account = 'AVAILABLE')
        OR (kind = 'EXPIRE' AND from_account = 'AVAILABLE' AND to_account = 'EXPIRED')
        OR (kind = 'REVERSE' AND reverses_id IS NOT NULL AND (
            (from_account IN ('PENDING', 'AVAILABLE') AND to_account = 'ISSUED')
            OR (from_account = 'REVOKED' AND to_account = 'AVAILABLE')))),
    CONSTRAINT points_entries_after_check CHECK (pending_after >= 0 AND available_after >= 0 AND held_after >= 0)
);

CREATE INDEX points_entries_xid_idx ON points_entries (tenant_id, xid, seq);
CREATE UNIQUE INDEX points_entries_reverses_key ON points_entries (tenant_id, reverses_id)
    WHERE reverses_id IS NOT NULL;

CREATE TABLE points_lots (
    tenant_id     {uuid} NOT NULL,
    id            {uuid} NOT NULL,
    member_id     {uuid} NOT NULL,
    asset         {key}  NOT NULL,
    source        {key}  NOT NULL,
    amount        bigint NOT NULL,
    pending       bigint NOT NULL,
    available     bigint NOT NULL,
    held          bigint NOT NULL,
    expired       bigint NOT NULL,
    earned_at     {time} NOT NULL,
    available_at  {time},
    expires_at    {time},
    expires_on    {key},
    CONSTRAINT points_lots_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT points_lots_entry_fkey FOREIGN KEY (tenant_id, id) REFERENCES points_entries (tenant_id, id),
    CONSTRAINT points_lots_source_check
        CHECK (source IN ('CAMPAIGN', 'CHECK_IN', 'CONTENT', 'INVITE', 'MANUAL', 'PURCHASE')),
    CONSTRAINT points_lots_expiry_check CHECK ((expires_at IS NULL) = (expires_on IS NULL)),
    CONSTRAINT points_lots_rest_check CHECK (pending >= 0 AND available >= 0 AND held >= 0 AND expired >= 0
        AND pending + available + held + expired <= amount)
);

CREATE INDEX points_lots_open_idx ON points_lots (tenant_id, member_id, asset, expires_at)
    WHERE pending + available + held > 0;

-- For counting an account anew, closed lots too.
CREATE INDEX points_lots_member_idx ON points_lots (tenant_id, member_id, asset);

CREATE TABLE points_lot_moves (
    tenant_id  {uuid} NOT NULL,
    entry_id   {uuid} NOT NULL,
    lot_id     {uuid} NOT NULL,
    member_id  {uuid} NOT NULL,
    amount     bigint NOT NULL,
    CONSTRAINT points_lot_moves_pkey PRIMARY KEY (tenant_id, entry_id, lot_id),
    CONSTRAINT points_lot_moves_entry_fkey
        FOREIGN KEY (tenant_id, entry_id) REFERENCES points_entries (tenant_id, id),
    CONSTRAINT points_lot_moves_lot_fkey FOREIGN KEY (tenant_id, lot_id) REFERENCES points_lots (tenant_id, id),
    CONSTRAINT points_lot_moves_amount_check CHECK (amount > 0)
);

CREATE TABLE points_holds (
    tenant_id   {uuid} NOT NULL,
    id          {uuid} NOT NULL,
    member_id   {uuid} NOT NULL,
    asset       {key}  NOT NULL,
    entry_id    {uuid} NOT NULL,
    amount      bigint NOT NULL,
    captured    bigint NOT NULL,
    state       {key}  NOT NULL,
    reason      text   NOT NULL,
    reference   {key},
    expires_at  {time} NOT NULL,
    created_at  {time} NOT NULL,
    closed_at   {time},
    CONSTRAINT points_holds_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT points_holds_entry_fkey
        FOREIGN KEY (tenant_id, entry_id) REFERENCES points_entries (tenant_id, id),
    CONSTRAINT points_holds_state_check CHECK (state IN ('OPEN', 'CAPTURED', 'RELEASED', 'LAPSED')),
    CONSTRAINT points_holds_captured_check CHECK (captured >= 0 AND captured <= amount)
);

CREATE INDEX points_holds_open_idx ON points_holds (tenant_id, member_id, asset, expires_at) WHERE state = 'OPEN';

CREATE TABLE points_seals (
    tenant_id  {uuid}  NOT NULL,
    asset      {key}   NOT NULL,
    position   bigint  NOT NULL,
    behind_xid bigint  NOT NULL,
    behind_seq bigint  NOT NULL,
    above_seq  bigint  NOT NULL,
    last_xid   bigint  NOT NULL,
    last_seq   bigint  NOT NULL,
    max_seq    bigint  NOT NULL,
    entries    bigint  NOT NULL,
    issued     bigint  NOT NULL,
    pending    bigint  NOT NULL,
    available  bigint  NOT NULL,
    held       bigint  NOT NULL,
    redeemed   bigint  NOT NULL,
    expired    bigint  NOT NULL,
    revoked    bigint  NOT NULL,
    mac        {bytes} NOT NULL,
    sealed_at  {time}  NOT NULL,
    CONSTRAINT points_seals_pkey PRIMARY KEY (tenant_id, asset, position)
);
"#;

/// SQLite knows no roles: here the tables themselves refuse.
const APPEND_ONLY_BY_TRIGGER: &str = r#"
CREATE TRIGGER points_entries_unchanged BEFORE UPDATE ON points_entries
    BEGIN SELECT RAISE(ABORT, 'entries of the ledger are never changed'); END;
CREATE TRIGGER points_entries_undeleted BEFORE DELETE ON points_entries
    BEGIN SELECT RAISE(ABORT, 'entries of the ledger are never deleted'); END;
CREATE TRIGGER points_lot_moves_unchanged BEFORE UPDATE ON points_lot_moves
    BEGIN SELECT RAISE(ABORT, 'moves of lots are never changed'); END;
CREATE TRIGGER points_lot_moves_undeleted BEFORE DELETE ON points_lot_moves
    BEGIN SELECT RAISE(ABORT, 'moves of lots are never deleted'); END;
CREATE TRIGGER points_seals_unchanged BEFORE UPDATE ON points_seals
    BEGIN SELECT RAISE(ABORT, 'seals of the ledger are never changed'); END;
CREATE TRIGGER points_seals_undeleted BEFORE DELETE ON points_seals
    BEGIN SELECT RAISE(ABORT, 'seals of the ledger are never deleted'); END;
"#;

const DROP: &str = "
DROP TABLE points_seals;
DROP TABLE points_holds;
DROP TABLE points_lot_moves;
DROP TABLE points_lots;
DROP TABLE points_entries;
DROP TABLE points_accounts;
";
