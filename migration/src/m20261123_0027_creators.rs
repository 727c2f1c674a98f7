//! Creators: what members make and hand in, what reviewers said of it, and the programme by which they say it.

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
        enclose(manager, "submissions").await?;
        for table in ["creator_programmes", "submission_revisions", "submission_reviews"] {
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
ALTER TABLE earning_events ADD COLUMN creator_percent integer NOT NULL DEFAULT 100;

CREATE TABLE creator_programmes (
    tenant_id      {uuid}  NOT NULL,
    version        integer NOT NULL,
    criteria       {json}  NOT NULL,
    levels         {json}  NOT NULL,
    minimum_score  integer NOT NULL,
    window_days    integer NOT NULL,
    actor          {key}   NOT NULL,
    created_at     {time}  NOT NULL,
    CONSTRAINT creator_programmes_pkey PRIMARY KEY (tenant_id, version),
    CONSTRAINT creator_programmes_tenant_fkey FOREIGN KEY (tenant_id) REFERENCES tenants (id),
    CONSTRAINT creator_programmes_version_check CHECK (version >= 1),
    CONSTRAINT creator_programmes_score_check CHECK (minimum_score BETWEEN 0 AND 100),
    CONSTRAINT creator_programmes_window_check CHECK (window_days BETWEEN 1 AND 366)
);

CREATE TABLE submissions (
    tenant_id     {uuid}  NOT NULL,
    id            {uuid}  NOT NULL,
    member_id     {uuid}  NOT NULL,
    community_id  {uuid},
    kind          {key}   NOT NULL,
    reference     {key},
    state         {key}   NOT NULL,
    revision      integer NOT NULL,
    reviews       integer NOT NULL,
    score         integer,
    points        bigint  NOT NULL,
    event_id      {uuid},
    approved_at   {time},
    note          text,
    submitted_at  {time}  NOT NULL,
    revised_at    {time}  NOT NULL,
    reviewed_at   {time},
    CONSTRAINT submissions_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT submissions_member_fkey FOREIGN KEY (tenant_id, member_id) REFERENCES members (tenant_id, id),
    CONSTRAINT submissions_community_fkey
        FOREIGN KEY (tenant_id, community_id) REFERENCES communities (tenant_id, id),
    CONSTRAINT submissions_event_fkey FOREIGN KEY (tenant_id, event_id) REFERENCES earning_events (tenant_id, id),
    CONSTRAINT submissions_kind_check CHECK (kind IN ('TEXT', 'PICTURES', 'VIDEO', 'AUDIO', 'OTHER')),
    CONSTRAINT submissions_state_check
        CHECK (state IN ('SUBMITTED', 'CHANGES_REQUESTED', 'APPROVED', 'REJECTED', 'WITHDRAWN')),
    CONSTRAINT submissions_counts_check CHECK (revision >= 1 AND reviews >= 0 AND points >= 0),
    CONSTRAINT submissions_score_check CHECK (score BETWEEN 0 AND 100),
    CONSTRAINT submissions_approved_check CHECK ((state = 'APPROVED') = (score IS NOT NULL)
        AND (state = 'APPROVED') = (event_id IS NOT NULL) AND (state = 'APPROVED') = (approved_at IS NOT NULL)
        AND (state = 'APPROVED' OR points = 0))
);

CREATE INDEX submissions_submitted_idx ON submissions (tenant_id, submitted_at, id);
CREATE INDEX submissions_member_idx ON submissions (tenant_id, member_id, submitted_at, id);
CREATE INDEX submissions_state_idx ON submissions (tenant_id, state, submitted_at, id);
CREATE INDEX submissions_community_idx ON submissions (tenant_id, community_id, submitted_at, id)
    WHERE community_id IS NOT NULL;
-- Levels are counted from these.
CREATE INDEX submissions_approved_idx ON submissions (tenant_id, member_id, approved_at) WHERE approved_at IS NOT NULL;
CREATE UNIQUE INDEX submissions_reference_key ON submissions (tenant_id, reference) WHERE reference IS NOT NULL;
-- An event is of one approval.
CREATE UNIQUE INDEX submissions_event_key ON submissions (tenant_id, event_id) WHERE event_id IS NOT NULL;

CREATE TABLE submission_revisions (
    tenant_id      {uuid}  NOT NULL,
    submission_id  {uuid}  NOT NULL,
    revision       integer NOT NULL,
    member_id      {uuid}  NOT NULL,
    title          text    NOT NULL,
    body           text,
    links          {json}  NOT NULL,
    submitted_at   {time}  NOT NULL,
    CONSTRAINT submission_revisions_pkey PRIMARY KEY (tenant_id, submission_id, revision),
    CONSTRAINT submission_revisions_submission_fkey
        FOREIGN KEY (tenant_id, submission_id) REFERENCES submissions (tenant_id, id),
    CONSTRAINT submission_revisions_revision_check CHECK (revision >= 1)
);

CREATE TABLE submission_reviews (
    tenant_id          {uuid}  NOT NULL,
    submission_id      {uuid}  NOT NULL,
    number             integer NOT NULL,
    member_id          {uuid}  NOT NULL,
    revision           integer NOT NULL,
    decision           {key}   NOT NULL,
    programme_version  integer NOT NULL,
    marks              {json}  NOT NULL,
    score              integer,
    level              {key},
    percent            integer NOT NULL,
    points             bigint  NOT NULL,
    note               text,
    actor              {key}   NOT NULL,
    reviewed_at        {time}  NOT NULL,
    CONSTRAINT submission_reviews_pkey PRIMARY KEY (tenant_id, submission_id, number),
    CONSTRAINT submission_reviews_revision_fkey
        FOREIGN KEY (tenant_id, submission_id, revision)
        REFERENCES submission_revisions (tenant_id, submission_id, revision),
    CONSTRAINT submission_reviews_number_check CHECK (number >= 1),
    CONSTRAINT submission_reviews_decision_check
        CHECK (decision IN ('APPROVE', 'REQUEST_CHANGES', 'REJECT', 'REOPEN')),
    CONSTRAINT submission_reviews_score_check CHECK (score BETWEEN 0 AND 100)
);
"#;

/// SQLite knows no roles: here the tables themselves refuse.
const APPEND_ONLY_BY_TRIGGER: &str = r#"
CREATE TRIGGER creator_programmes_unchanged BEFORE UPDATE ON creator_programmes
    BEGIN SELECT RAISE(ABORT, 'versions of a creator programme are never changed'); END;
CREATE TRIGGER creator_programmes_undeleted BEFORE DELETE ON creator_programmes
    BEGIN SELECT RAISE(ABORT, 'versions of a creator programme are never deleted'); END;
CREATE TRIGGER submission_revisions_unchanged BEFORE UPDATE ON submission_revisions
    BEGIN SELECT RAISE(ABORT, 'revisions of a submission are never changed'); END;
CREATE TRIGGER submission_revisions_undeleted BEFORE DELETE ON submission_revisions
    BEGIN SELECT RAISE(ABORT, 'revisions of a submission are never deleted'); END;
CREATE TRIGGER submission_reviews_unchanged BEFORE UPDATE ON submission_reviews
    BEGIN SELECT RAISE(ABORT, 'reviews of a submission are never changed'); END;
CREATE TRIGGER submission_reviews_undeleted BEFORE DELETE ON submission_reviews
    BEGIN SELECT RAISE(ABORT, 'reviews of a submission are never deleted'); END;
"#;

const DROP: &str = "
DROP TABLE submission_reviews;
DROP TABLE submission_revisions;
DROP TABLE submissions;
DROP TABLE creator_programmes;
ALTER TABLE earning_events DROP COLUMN creator_percent;
";
