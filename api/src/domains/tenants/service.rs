//! Use cases round tenants.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use futures_util::FutureExt as _;
use std::collections::HashMap;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use super::model::{PointsPolicy, Tenant, TenantPolicy, is_slug, parse_zone};
use super::{TenantKeys, store};
use crate::actor::{Actor, Scope};
use crate::error::{ApiError, Denied, Failure};
use crate::platform::Platform;
use crate::platform::db::{SystemTx, TenantTx};
use crate::platform::idempotency::Call;
use crate::platform::ids::TenantId;
use crate::platform::text::parse_line;

/// Tenants whose unwrapped keys are kept at hand.
const KEYS_AT_HAND: usize = 4_096;

/// What the operator of an installation gives to make a tenant.
#[derive(Clone, Debug)]
pub struct NewTenant {
    /// See [`Tenant::slug`].
    pub slug: String,
    /// See [`Tenant::name`].
    pub name: String,
    /// A name of the IANA time zone database.
    pub timezone: String,
    /// Two letters.
    pub country: String,
}

/// Why a tenant was not made.
#[derive(Debug, thiserror::Error)]
pub enum TenantError {
    /// The slug is not one.
    #[error("a slug has 2 to 63 lower-case letters, digits and inner hyphens")]
    SlugInvalid,
    /// Another tenant has the slug.
    #[error("another tenant has this slug")]
    SlugTaken,
    /// The name is blank or too long.
    #[error("a name has 1 to 120 characters")]
    NameInvalid,
    /// The time zone is unknown.
    #[error("the time zone is not in the IANA database")]
    TimezoneInvalid,
    /// The country is not two upper-case letters.
    #[error("a country is two upper-case letters")]
    CountryInvalid,
    /// The storage failed.
    #[error("the storage failed: {}", .0.message())]
    Failed(ApiError),
}

impl From<ApiError> for TenantError {
    fn from(error: ApiError) -> Self {
        Self::Failed(error)
    }
}

/// A port: what higher slices know of a policy is out of date once it has changed, and must not wait to be so.
#[async_trait]
pub trait PolicyWatch: Send + Sync {
    /// The tenant's policy is another; that is committed.
    async fn policy_changed(&self, tenant: TenantId) -> Result<(), ApiError>;
}

/// The slice's service.
#[derive(Clone)]
pub struct Tenants {
    platform: Platform,
    watch: Arc<OnceLock<Arc<dyn PolicyWatch>>>,
    keys: Arc<RwLock<HashMap<TenantId, Arc<TenantKeys>>>>,
}

impl Tenants {
    /// For `app.rs`.
    #[must_use]
    pub fn new(platform: Platform) -> Self {
        Self { platform, watch: Arc::default(), keys: Arc::default() }
    }

    /// Tells `watch` of every change of a policy; for `app.rs`, once.
    pub fn watched_by(&self, watch: Arc<dyn PolicyWatch>) {
        self.watch.get_or_init(|| watch);
    }

    /// Makes a tenant, for the installation's operator.
    pub async fn create_in(&self, tx: &SystemTx, new: NewTenant) -> Result<Tenant, TenantError> {
        let tenant = self.parse(new)?;
        if store::find_by_slug(tx, &tenant.slug).await?.is_some() {
            return Err(TenantError::SlugTaken);
        }
        let (_, data_key) = TenantKeys::generate(&self.platform.master, &self.platform.random, tenant.id)
            .map_err(ApiError::internal)?;
        store::insert(tx, store::NewRow { tenant: &tenant, data_key, now: self.platform.clock.now() }).await?;
        Ok(tenant)
    }

    fn parse(&self, new: NewTenant) -> Result<Tenant, TenantError> {
        if !is_slug(&new.slug) {
            return Err(TenantError::SlugInvalid);
        }
        if new.country.len() != 2 || !new.country.bytes().all(|b| b.is_ascii_uppercase()) {
            return Err(TenantError::CountryInvalid);
        }
        Ok(Tenant {
            id: self.platform.new_id(),
            name: parse_line(&new.name, 120).map_err(|_| TenantError::NameInvalid)?,
            timezone: new.timezone.parse().map_err(|_| TenantError::TimezoneInvalid)?,
            slug: new.slug,
            country: new.country,
            policy: TenantPolicy::default(),
        })
    }

    /// The tenant with this slug; for sign-in and the command line.
    pub async fn find_by_slug_in(&self, tx: &SystemTx, slug: &str) -> Result<Option<Tenant>, ApiError> {
        // What is no slug is no tenant's, and may hold a NUL that PostgreSQL refuses; it costs the same look-up.
        store::find_by_slug(tx, if is_slug(slug) { slug } else { "" }).await
    }

    /// Tenants by id, for telling somebody where they work; suspended and unknown ones are left out.
    pub async fn list_active_in(&self, tx: &SystemTx, ids: &[TenantId]) -> Result<Vec<Tenant>, ApiError> {
        store::list_active(tx, ids).await
    }

    /// Whether there is any tenant, for deciding on a demo.
    pub async fn has_any_in(&self, tx: &SystemTx) -> Result<bool, ApiError> {
        store::has_any(tx).await
    }

    /// The tenant of this transaction.
    pub async fn get_in(&self, tx: &TenantTx) -> Result<Tenant, ApiError> {
        store::get(tx).await
    }

    /// The tenant's settings, for those who may see them.
    pub async fn policy(&self, actor: &Actor, tx: &TenantTx) -> Result<TenantPolicy, ApiError> {
        actor.require(Scope::TenantRead)?;
        Ok(store::get(tx).await?.policy)
    }

    /// Changes the policy.
    pub async fn policy_update(
        &self,
        actor: &Actor,
        change: impl FnOnce(&mut TenantPolicy) + Send + 'static,
        call: &Call,
    ) -> Result<(), Failure> {
        let (scope, this) = (actor.require(Scope::TenantWrite)?, self.clone());
        let (tenant, may_change_rules) = (scope.tenant(), actor.fresh(self.platform.clock.now()));
        let work = move |policy: &TenantPolicy| {
            let mut changed = policy.clone();
            change(&mut changed);
            if changed.require_second_factor != policy.require_second_factor {
                may_change_rules?;
            }
            Ok(changed)
        };
        self.platform
            .once(scope, (actor, call), |tx| async move { this.policy_update_in(tx, work).await }.boxed())
            .await?;
        if let Some(watch) = self.watch.get() {
            // What cannot be told now finds out from the database within seconds.
            if let Err(error) = watch.policy_changed(tenant).await {
                tracing::warn!(error = ?error, "tenant.policy_change_not_told");
            }
        }
        Ok(())
    }

    async fn policy_update_in(
        &self,
        tx: &TenantTx,
        change: impl FnOnce(&TenantPolicy) -> Result<TenantPolicy, Denied>,
    ) -> Result<(), Failure> {
        let policy = change(&store::lock_policy(tx).await?)?;
        policy.check().map_err(Failure::Refused)?;
        Ok(store::update_policy(tx, &policy, self.platform.clock.now()).await?)
    }

    /// Sets above which number a second person has to approve of points by hand, the inner None for never, and whether
    /// members may give each other points; None leaves either as it is.
    pub async fn set_points_policy(
        &self,
        actor: &Actor,
        (limit, transfers): (Option<Option<i64>>, Option<bool>),
        call: &Call,
    ) -> Result<TenantId, Failure> {
        let scope = actor.require_fresh(Scope::TenantWrite, self.platform.clock.now())?;
        let this = self.clone();
        self.platform
            .once(scope, (actor, call), |tx| {
                async move { this.set_points_policy_in(tx, limit, transfers).await }.boxed()
            })
            .await
    }

    /// As [`Tenants::set_points_policy`], in the caller's transaction.
    pub async fn set_points_policy_in(
        &self,
        tx: &TenantTx,
        limit: Option<Option<i64>>,
        transfers: Option<bool>,
    ) -> Result<TenantId, Failure> {
        let policy = store::lock_policy(tx).await?;
        let limit = limit.unwrap_or(policy.points.approval_above);
        let transfers_enabled = transfers.unwrap_or(policy.points.transfers_enabled);
        let points = PointsPolicy { transfers_enabled, ..policy.points.clone() };
        let points = points.limited(limit).map_err(Failure::Refused)?;
        store::update_policy(tx, &TenantPolicy { points, ..policy }, self.platform.clock.now()).await?;
        Ok(tx.tenant())
    }

    /// The zone in which the tenant's days are counted, for those who may see its settings.
    pub async fn timezone(&self, actor: &Actor, tx: &TenantTx) -> Result<Tz, ApiError> {
        actor.require(Scope::TenantRead)?;
        Ok(store::get(tx).await?.timezone)
    }

    /// Moves the tenant to another zone: its days are counted there from now on. A person has to have proved lately who
    /// they are.
    pub async fn set_timezone(&self, actor: &Actor, name: String, call: &Call) -> Result<(), Failure> {
        let now = self.platform.clock.now();
        let scope = actor.require_fresh(Scope::TenantWrite, now)?;
        self.platform
            .once(scope, (actor, call), |tx| async move { set_timezone_in(tx, &name, now).await }.boxed())
            .await
    }

    /// The tenant's keys, for encrypting and finding personal data.
    pub async fn keys_in(&self, tx: &TenantTx) -> Result<Arc<TenantKeys>, ApiError> {
        let tenant = tx.tenant();
        if let Some(keys) = self.keys.read().unwrap_or_else(PoisonError::into_inner).get(&tenant) {
            return Ok(Arc::clone(keys));
        }
        let wrapped = store::get_data_key(tx).await?;
        let keys = Arc::new(TenantKeys::open(&self.platform.master, tenant, &wrapped).map_err(ApiError::internal)?);
        let mut at_hand = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        if at_hand.len() >= KEYS_AT_HAND {
            at_hand.clear();
        }
        at_hand.insert(tenant, Arc::clone(&keys));
        Ok(keys)
    }
}

async fn set_timezone_in(tx: &TenantTx, name: &str, now: DateTime<Utc>) -> Result<(), Failure> {
    let zone = parse_zone(name).map_err(Failure::Refused)?;
    Ok(store::update_timezone(tx, zone, now).await?)
}
