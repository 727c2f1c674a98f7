//! Writing the demo, through the slices' public faces, in one transaction.

use std::collections::BTreeMap;

use super::communities::{ALL, End};
use super::people::Person;
use super::points;
use super::stays::{Calendar, Plan, PlannedStay, TIMEZONE};
use crate::actor::{Actor, Role};
use crate::app::App;
use crate::domains::auth::{AuthError, NewStaff};
use crate::domains::communities::{Archiving, CommunityError, Draft};
use crate::domains::creators::CreatorError;
use crate::domains::engagement::EngagementError;
use crate::domains::members::MemberError;
use crate::domains::members::import::{BATCH, Row};
use crate::domains::members::membership::{Joining, Stay};
use crate::domains::points::PointsError;
use crate::domains::rewards::RewardError;
use crate::domains::tenants::{NewTenant, TenantError};
use crate::error::{ApiError, Failure, UserError};
use crate::platform::audit::{Ended, Entry, Subject};
use crate::platform::db::{DbError, SystemTx, TenantTx};
use crate::platform::idempotency::Call;
use crate::platform::ids::{CommunityId, MemberId, TenantId};

/// The demo tenant's slug.
pub const SLUG: &str = "demo";
/// Who owns the demo tenant.
pub const EMAIL: &str = "owner@demo.example";

/// The staff, all with the same password: one for each role.
const STAFF: [(Role, &str, &str); 6] = [
    (Role::Owner, EMAIL, "林望舒"),
    (Role::Admin, "admin@demo.example", "周知行"),
    (Role::Operator, "operator@demo.example", "何小满"),
    (Role::Moderator, "moderator@demo.example", "唐青禾"),
    (Role::Finance, "finance@demo.example", "沈嘉"),
    (Role::Analyst, "analyst@demo.example", "陆一鸣"),
];

/// Why there is no demo.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The tenant was refused.
    #[error("the demo tenant was not made")]
    Tenant(#[from] TenantError),
    /// Its staff were refused.
    #[error("the demo tenant's staff were not made")]
    Staff(#[from] AuthError),
    /// The demo breaks a rule of the product.
    #[error("the demo's own data were refused: {0:?}")]
    Refused(Vec<UserError>),
    /// The storage failed.
    #[error("the storage failed: {}", .0.message())]
    Failed(ApiError),
}

impl From<Failure> for DemoError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refused(errors) => Self::Refused(errors),
            Failure::Failed(error) => Self::Failed(error),
        }
    }
}

impl From<ApiError> for DemoError {
    fn from(error: ApiError) -> Self {
        Self::Failed(error)
    }
}

impl From<DbError> for DemoError {
    fn from(error: DbError) -> Self {
        Self::Failed(error.into())
    }
}

impl From<CommunityError> for DemoError {
    fn from(error: CommunityError) -> Self {
        Failure::from(error).into()
    }
}

impl From<MemberError> for DemoError {
    fn from(error: MemberError) -> Self {
        Failure::from(error).into()
    }
}

impl From<EngagementError> for DemoError {
    fn from(error: EngagementError) -> Self {
        Failure::from(error).into()
    }
}

impl From<PointsError> for DemoError {
    fn from(error: PointsError) -> Self {
        Failure::from(error).into()
    }
}

impl From<RewardError> for DemoError {
    fn from(error: RewardError) -> Self {
        Failure::from(error).into()
    }
}

impl From<CreatorError> for DemoError {
    fn from(error: CreatorError) -> Self {
        Failure::from(error).into()
    }
}

/// Whether the installation is still empty.
pub async fn is_wanted(app: &App) -> Result<bool, DemoError> {
    let tx = app.platform.db.system().await?;
    Ok(!app.tenants.has_any_in(&tx).await?)
}

/// Whether there is a tenant with the demo's slug.
pub async fn is_here(app: &App) -> Result<bool, DemoError> {
    let tx = app.platform.db.system().await?;
    Ok(app.tenants.find_by_slug_in(&tx, SLUG).await?.is_some())
}

/// Makes the demo tenant with all it has.
pub async fn seed(app: &App, password: &str) -> Result<(), DemoError> {
    let tx = app.platform.db.system().await?;
    let tenant = make_tenant(app, &tx, password).await?;
    let actor = Actor::System(tenant);
    let scope = actor.home().map_err(ApiError::from)?;
    let tx = app.platform.db.enter(tx, scope).await?;
    let calendar = Calendar::new(app.platform.clock.now());
    let plan = Plan::new(&calendar);
    let communities = make_communities(app, &tx, &calendar).await?;
    let members = make_members(app, &tx, &plan.people).await?;
    let reports = plan.people.iter().zip(&members).flat_map(|(person, id)| person.reports(*id, &calendar)).collect();
    app.members.profile_put_in(&tx, reports).await?;
    let stays: Vec<_> = plan.stays.iter().filter_map(|stay| stay_of(stay, &communities, &members)).collect();
    app.members.record_stays_in(&tx, &stays).await?;
    points::make(app, &tx, &calendar, &members).await?;
    end_communities(app, &tx, &calendar, &communities).await?;
    let (call, ended) = (Call::once("demo"), Ended::Succeeded(Subject::of(tenant)));
    app.platform.record_in(&tx, Entry { actor: &actor, call: &call, ended }).await?;
    Ok(tx.commit().await?)
}

async fn make_tenant(app: &App, tx: &SystemTx, password: &str) -> Result<TenantId, DemoError> {
    let new = NewTenant {
        slug: SLUG.to_owned(),
        name: "山野集市 Shanye".to_owned(),
        timezone: TIMEZONE.name().to_owned(),
        country: "CN".to_owned(),
    };
    let tenant = app.tenants.create_in(tx, new).await?.id;
    for (role, email, name) in STAFF {
        let (email, password, display_name) = (email.to_owned(), password.to_owned(), name.to_owned());
        app.auth.add_staff_in(tx, NewStaff { tenant, email, password, display_name, role }).await?;
    }
    Ok(tenant)
}

/// Gives the ids in the order of the samples. The last is made first: lists show what is newest on top.
async fn make_communities(app: &App, tx: &TenantTx, calendar: &Calendar) -> Result<Vec<CommunityId>, DemoError> {
    let mut ids = Vec::with_capacity(ALL.len());
    for sample in ALL.iter().rev() {
        let draft = Draft { founded_at: Some(calendar.morning(sample.founded)), ..sample.draft() };
        ids.push(app.communities.create_in(tx, draft).await?);
    }
    ids.reverse();
    Ok(ids)
}

/// Gives the ids in the order of the people. They are made in another one: lists show a mixed crowd.
async fn make_members(app: &App, tx: &TenantTx, people: &[Person]) -> Result<Vec<MemberId>, DemoError> {
    let mut mixed: Vec<&Person> = people.iter().collect();
    mixed.sort_by_cached_key(|person| person.queue());
    let mut ids = BTreeMap::new();
    for batch in mixed.chunks(BATCH) {
        let rows: Vec<Row> = batch.iter().map(|person| person.row()).collect();
        for (person, outcome) in batch.iter().zip(app.members.import_in(tx, rows).await?) {
            ids.insert(person.number, outcome.member.ok_or(DemoError::Refused(outcome.errors))?);
        }
    }
    Ok(ids.into_values().collect())
}

fn stay_of(stay: &PlannedStay, communities: &[CommunityId], members: &[MemberId]) -> Option<Stay> {
    let (community, member) = (*communities.get(stay.community)?, *members.get(stay.person)?);
    let joining = Joining { community, member, tier: stay.tier, joined_at: stay.joined_at };
    Some(Stay { joining, left_at: stay.left_at })
}

async fn end_communities(app: &App, tx: &TenantTx, calendar: &Calendar, ids: &[CommunityId]) -> Result<(), DemoError> {
    for (sample, id) in ALL.iter().zip(ids) {
        if let Some(day) = sample.ended() {
            app.communities.end_in(tx, *id, calendar.evening(day)).await?;
        }
        if let End::Archived(_) = sample.end {
            app.communities.set_archived_in(tx, *id, Archiving::Archive).await?;
        }
    }
    Ok(())
}
