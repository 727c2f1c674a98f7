//! The door to a tenant's tables: every statement that goes through it names the tenant.

use std::sync::atomic::{AtomicBool, Ordering};

use sea_orm::sea_query::{
    Alias, CommonTableExpression, Expr, ExprTrait as _, IntoIden, OnConflict, SimpleExpr, WithClause,
};
use sea_orm::{
    ActiveModelTrait, ConnectionTrait, DbBackend, DbErr, DeleteMany, EntityTrait, ExecResult, QueryFilter as _,
    QueryResult, QueryTrait as _, Select, Statement, UpdateMany,
};

use super::partition::{self, Belonging, Partition};
use super::tx::Tx;
use super::{DbError, Walls};
use crate::platform::ids::TenantId;

/// The authority to work in one tenant, or in a part of it. Made by [`crate::actor::Actor`] only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TenantScope {
    tenant: TenantId,
    partition: Partition,
}

impl TenantScope {
    /// For [`crate::actor`], which decides who gets one.
    #[must_use]
    pub(crate) const fn new(tenant: TenantId) -> Self {
        Self { tenant, partition: Partition::Whole }
    }

    /// The authority over this part of the tenant only.
    #[must_use]
    pub(crate) fn within(self, partition: Partition) -> Self {
        Self { partition, ..self }
    }

    /// Which tenant.
    #[must_use]
    pub const fn tenant(&self) -> TenantId {
        self.tenant
    }

    /// Whether the authority ends at a part of the tenant.
    #[must_use]
    pub fn is_confined(&self) -> bool {
        self.partition != Partition::Whole
    }
}

/// Authority over all tenants.
#[derive(Clone, Copy, Debug)]
pub struct SystemScope;

/// A transaction with an authority.
pub struct ScopedTx<S> {
    tx: Tx,
    scope: S,
    walls: Walls,
    /// See [`TenantTx::with_authority`].
    is_whole: AtomicBool,
}

/// A transaction of one tenant.
pub type TenantTx = ScopedTx<TenantScope>;

/// A transaction across tenants.
pub type SystemTx = ScopedTx<SystemScope>;

impl<S> ScopedTx<S> {
    /// Makes the changes durable.
    pub async fn commit(self) -> Result<(), DbError> {
        self.tx.commit().await
    }

    /// Undoes the changes and lets go of what it holds, at once: for whoever goes on in another transaction.
    pub async fn rollback(self) -> Result<(), DbError> {
        self.tx.rollback().await
    }

    /// Undoes everything since the savepoint of [`super::Db::write_alone`].
    pub async fn rollback_to_savepoint(&self) -> Result<(), DbError> {
        self.tx.rollback_to_savepoint().await
    }

    /// Which SQL to speak.
    #[must_use]
    pub fn is_postgres(&self) -> bool {
        self.tx.get_database_backend() == DbBackend::Postgres
    }
}

impl SystemTx {
    pub(super) fn new(tx: Tx, scope: SystemScope) -> Self {
        Self { tx, scope, walls: Walls::STANDING, is_whole: AtomicBool::new(false) }
    }

    /// The authority, for functions that ask to see it.
    #[must_use]
    pub fn scope(&self) -> SystemScope {
        self.scope
    }

    /// Gives the wide authority up and keeps the transaction.
    pub(super) fn into_tx(self) -> Tx {
        self.tx
    }
}

/// A table whose rows belong to tenants by a `tenant_id` column.
pub trait TenantTable: EntityTrait {
    /// To what of the tenant its rows belong.
    const BELONGING: Belonging;
}

macro_rules! tenant_tables {
    ($($module:ident: $belonging:expr,)+) => { $(
        impl TenantTable for shequn_entity::$module::Entity {
            const BELONGING: Belonging = $belonging;
        }
    )+ };
}

tenant_tables! {
    tenant_memberships: Belonging::Tenant,
    sessions: Belonging::Tenant,
    partner_keys: Belonging::Tenant,
    partner_key_communities: Belonging::Tenant,
    communities: Belonging::Group("id"),
    members: Belonging::Person("id"),
    member_identities: Belonging::Person("member_id"),
    member_profile_values: Belonging::Person("member_id"),
    member_tags: Belonging::Person("member_id"),
    community_memberships: Belonging::Place,
    outbox: Belonging::Tenant,
    idempotency_records: Belonging::Tenant,
    import_jobs: Belonging::Tenant,
    audit_events: Belonging::Tenant,
    audit_heads: Belonging::Tenant,
    invitations: Belonging::Tenant,
    document_registries: Belonging::Tenant,
    trusted_documents: Belonging::Tenant,
    check_in_members: Belonging::Person("member_id"),
    check_ins: Belonging::Person("member_id"),
    check_in_card_moves: Belonging::Person("member_id"),
    points_accounts: Belonging::Person("member_id"),
    points_entries: Belonging::Person("member_id"),
    points_lots: Belonging::Person("member_id"),
    points_lot_moves: Belonging::Person("member_id"),
    points_holds: Belonging::Person("member_id"),
    points_seals: Belonging::Tenant,
    points_approvals: Belonging::Person("member_id"),
    earning_rules: Belonging::Tenant,
    earning_rule_versions: Belonging::Tenant,
    earning_events: Belonging::Person("member_id"),
    earning_payments: Belonging::Person("member_id"),
    earning_members: Belonging::Person("member_id"),
    growth_paths: Belonging::Tenant,
    growth_positions: Belonging::Person("member_id"),
    growth_moves: Belonging::Person("member_id"),
    growth_cursors: Belonging::Tenant,
    rewards: Belonging::Tenant,
    reward_communities: Belonging::Group("community_id"),
    reward_stock_moves: Belonging::Tenant,
    reward_vouchers: Belonging::Tenant,
    redemptions: Belonging::Person("member_id"),
    redemption_sources: Belonging::Person("member_id"),
    creator_programmes: Belonging::Tenant,
    submissions: Belonging::Person("member_id"),
    submission_revisions: Belonging::Person("member_id"),
    submission_reviews: Belonging::Person("member_id"),
    leaderboard_scores: Belonging::Person("member_id"),
    leaderboard_zones: Belonging::Tenant,
    leaderboard_cursors: Belonging::Tenant,
}

impl TenantTx {
    pub(super) fn new(tx: Tx, scope: TenantScope, walls: Walls) -> Self {
        Self { tx, scope, walls, is_whole: AtomicBool::new(false) }
    }

    /// The tenant, for rows about to be inserted.
    #[must_use]
    pub fn tenant(&self) -> TenantId {
        self.scope.tenant()
    }

    /// The authority that this transaction was opened with.
    #[must_use]
    pub fn scope(&self) -> &TenantScope {
        &self.scope
    }

    pub(super) fn partition(&self) -> &Partition {
        if self.is_whole.load(Ordering::Relaxed) { &Partition::Whole } else { &self.scope.partition }
    }

    /// Does `work` with another authority over the same tenant, if that is over all of it: for what the program does by
    /// itself in the transaction of somebody who sees less. Nothing else is done in the transaction meanwhile.
    pub async fn with_authority<T>(&self, authority: &TenantScope, work: impl Future<Output = T> + Send) -> T {
        let is_wider = authority.tenant() == self.tenant() && !authority.is_confined();
        self.is_whole.store(is_wider, Ordering::Relaxed);
        let done = work.await;
        self.is_whole.store(false, Ordering::Relaxed);
        done
    }

    /// The condition that rows of `table` are this tenant's, and in the part of it that the authority is for.
    #[must_use]
    pub fn owns<E: TenantTable>(&self, table: E) -> SimpleExpr {
        let is_in_part = partition::condition(self, &table.into_iden(), E::BELONGING);
        let is_own = self.owns_in_whole(table);
        match is_in_part {
            Some(is_in_part) => is_own.and(is_in_part),
            None => is_own,
        }
    }

    /// As [`TenantTx::owns`], in the whole tenant whatever the authority is for: to see that what must be unique
    /// in the tenant is not taken, never to show a row.
    #[must_use]
    pub fn owns_in_whole<E: TenantTable>(&self, table: E) -> SimpleExpr {
        self.is_own(table, "tenant_id")
    }

    /// As [`TenantTx::owns`], for the table of tenants itself.
    #[must_use]
    pub fn is_tenant(&self, table: impl IntoIden) -> SimpleExpr {
        self.is_own(table, "id")
    }

    fn is_own(&self, table: impl IntoIden, column: &'static str) -> SimpleExpr {
        if self.walls.code_scope {
            Expr::col((table.into_iden(), Alias::new(column))).eq(self.tenant().uuid())
        } else {
            Expr::cust("1 = 1")
        }
    }

    /// Select from a table of this tenant.
    #[expect(clippy::disallowed_methods, reason = "this is the door")]
    pub fn find<E: TenantTable>(&self) -> Select<E> {
        E::find().filter(self.owns(E::default()))
    }

    /// Inserts one row of this tenant.
    #[expect(clippy::disallowed_methods, reason = "this is the door")]
    pub async fn insert<A>(&self, row: A) -> Result<(), DbError>
    where
        A: ActiveModelTrait,
        A::Entity: TenantTable,
    {
        <A::Entity as EntityTrait>::insert(row).exec_without_returning(self).await?;
        Ok(())
    }

    /// Inserts one row of this tenant unless what must be unique in it is taken; says whether it did.
    #[expect(clippy::disallowed_methods, reason = "this is the door")]
    pub async fn insert_new<A>(&self, row: A) -> Result<bool, DbError>
    where
        A: ActiveModelTrait,
        A::Entity: TenantTable,
    {
        let mut insert = <A::Entity as EntityTrait>::insert(row).into_query();
        insert.on_conflict(OnConflict::new().do_nothing().to_owned());
        Ok(self.execute(&insert).await?.rows_affected() == 1)
    }

    /// Inserts a row into each of two tables, in one round trip where the database lets us.
    #[expect(clippy::disallowed_methods, reason = "this is the door")]
    pub async fn insert_both<A, B>(&self, first: A, second: B) -> Result<(), DbError>
    where
        A: ActiveModelTrait,
        A::Entity: TenantTable,
        B: ActiveModelTrait,
        B::Entity: TenantTable,
    {
        if !self.is_postgres() {
            self.insert(first).await?;
            return self.insert(second).await;
        }
        let first = <A::Entity as EntityTrait>::insert(first).into_query();
        let first = CommonTableExpression::new().table_name("first").query(first).to_owned();
        let both =
            <B::Entity as EntityTrait>::insert(second).into_query().with(WithClause::new().cte(first).to_owned());
        self.execute(&both).await?;
        Ok(())
    }

    /// Inserts rows of this tenant in one statement; none is fine. The caller keeps their number in bounds.
    #[expect(clippy::disallowed_methods, reason = "this is the door")]
    pub async fn insert_many<A>(&self, rows: Vec<A>) -> Result<(), DbError>
    where
        A: ActiveModelTrait,
        A::Entity: TenantTable,
    {
        if !rows.is_empty() {
            <A::Entity as EntityTrait>::insert_many(rows).exec_without_returning(self).await?;
        }
        Ok(())
    }

    /// Update a table of this tenant.
    #[expect(clippy::disallowed_methods, reason = "this is the door")]
    pub fn update<E: TenantTable>(&self) -> UpdateMany<E> {
        E::update_many().filter(self.owns(E::default()))
    }

    /// Delete from a table of this tenant.
    #[expect(clippy::disallowed_methods, reason = "this is the door")]
    pub fn delete<E: TenantTable>(&self) -> DeleteMany<E> {
        E::delete_many().filter(self.owns(E::default()))
    }
}

#[async_trait::async_trait]
impl<S: Send + Sync> ConnectionTrait for ScopedTx<S> {
    fn get_database_backend(&self) -> DbBackend {
        self.tx.get_database_backend()
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.tx.execute_raw(statement).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.tx.execute_unprepared(sql).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.tx.query_one_raw(statement).await
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.tx.query_all_raw(statement).await
    }
}
