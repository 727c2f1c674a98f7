//! The program's parts, put together once.

use std::sync::Arc;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use crate::config::{Config, ConfigError};
use crate::domains::audit::Audit;
use crate::domains::auth::factors::RuleWatch;
use crate::domains::auth::staff::{Letters, Staff};
use crate::domains::auth::{Auth, SignInLimits};
use crate::domains::communities::{Communities, MemberCounts};
use crate::domains::creators::Creators;
use crate::domains::documents::TrustedDocuments;
use crate::domains::engagement::Engagement;
use crate::domains::members::Members;
use crate::domains::members::access::MemberAccess;
use crate::domains::points::growth::grow_forever;
use crate::domains::points::leaderboards::count_forever;
use crate::domains::points::proof::seal_forever;
use crate::domains::points::{self, Points};
use crate::domains::rewards::Rewards;
use crate::domains::tenants::Tenants;
use crate::error::ApiError;
use crate::platform::Platform;
use crate::platform::audit::Trail;
use crate::platform::buckets::Buckets;
use crate::platform::db::{Db, DbError};
use crate::platform::kv::{Kv, KvError};
use crate::platform::mail::{Mails, Writer};
use crate::platform::outbox::{Consumer, Outbox};
use crate::platform::random::Random;

/// Every service; cheap to clone.
#[derive(Clone)]
pub struct App {
    /// What the services stand on.
    pub platform: Platform,
    /// Events.
    pub outbox: Outbox,
    /// Tenants and their settings.
    pub tenants: Tenants,
    /// The audit trail.
    pub audit: Audit,
    /// Trusted documents.
    pub documents: TrustedDocuments,
    /// Sign-in and sessions.
    pub auth: Auth,
    /// Who works for a tenant, and invitations.
    pub staff: Staff,
    /// Letters on their way.
    pub mails: Mails,
    /// Communities.
    pub communities: Communities,
    /// Members and their memberships.
    pub members: Members,
    /// What a single member reaches.
    pub member_access: MemberAccess,
    /// Check-ins.
    pub engagement: Engagement,
    /// The points ledger.
    pub points: Points,
    /// Rewards and what was redeemed.
    pub rewards: Rewards,
    /// What members made, and the creator programme.
    pub creators: Creators,
}

/// Why the program could not be put together.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// A setting is missing or wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The database's address is not one.
    #[error("DATABASE_URL cannot be used")]
    Database(#[from] DbError),
    /// Redis's address is not one.
    #[error("REDIS_URL cannot be used")]
    Kv(#[from] KvError),
    /// A service did not come up.
    #[error("a service did not come up: {}", .0.message())]
    Service(ApiError),
}

impl App {
    /// Puts the parts together. Opens no connection: the first use does.
    pub fn new(config: &Config) -> Result<Self, AppError> {
        let kv = match &config.redis_url {
            Some(url) => Kv::redis(url, &config.redis_prefix)?,
            None => Kv::local(),
        };
        let platform = Platform {
            db: Db::connect(&config.database, config.walls)?,
            buckets: Buckets::new(kv.clone()),
            kv,
            clock: config.clock.clone(),
            random: Random::system(),
            master: Arc::new(config.master_key()?),
            trail: Trail::default(),
        };
        let outbox = Outbox::default();
        let tenants = Tenants::new(platform.clone());
        let audit = Audit::new(platform.clone());
        let documents = TrustedDocuments::new(platform.clone());
        let limits =
            SignInLimits { per_account: config.sign_ins_per_account, per_address: config.sign_ins_per_address };
        let auth =
            Auth::new(platform.clone(), tenants.clone(), limits, config.token_generation).map_err(AppError::Service)?;
        tenants.watched_by(Arc::new(RuleWatch(platform.clone())));
        let communities = Communities::new(platform.clone(), tenants.clone());
        let members = Members::new(platform.clone(), outbox.clone(), tenants.clone(), communities.clone());
        let engagement = Engagement::new(platform.clone(), tenants.clone(), members.clone());
        let points = Points::new(platform.clone(), tenants.clone(), communities.clone(), members.clone());
        members.watched_by(Arc::new(points.clone()));
        engagement.rewarded_by(Arc::new(points.clone()));
        let below = (tenants.clone(), communities.clone(), members.clone());
        let rewards = Rewards::new(platform.clone(), below, points.clone());
        points.watched_by(Arc::new(rewards.clone()));
        let creators = Creators::new(platform.clone(), (tenants.clone(), members.clone()), points.clone());
        let mails = Mails::new(platform.clone(), config.mail.clone()).map_err(ConfigError::from)?;
        let staff = Staff::new(platform.clone(), tenants.clone(), auth.clone(), mails.clone());
        let member_access = MemberAccess::new(auth.clone(), members.clone());
        Ok(Self {
            platform,
            outbox,
            tenants,
            audit,
            documents,
            auth,
            staff,
            mails,
            communities,
            members,
            member_access,
            engagement,
            points,
            rewards,
            creators,
        })
    }

    /// Who knows what letters say.
    #[must_use]
    pub fn writer(&self) -> Arc<dyn Writer> {
        Arc::new(Letters(self.staff.clone()))
    }

    /// What goes on by itself in slices, each until it is aborted.
    #[must_use]
    pub fn background(&self) -> Vec<BoxFuture<'static, ()>> {
        vec![
            points::sweep_forever(self.points.clone()).boxed(),
            seal_forever(self.points.clone()).boxed(),
            grow_forever(self.points.clone()).boxed(),
            count_forever(self.points.clone()).boxed(),
        ]
    }

    /// Who reacts to events.
    #[must_use]
    pub fn consumers(&self) -> Vec<Arc<dyn Consumer>> {
        vec![Arc::new(MemberCounts::new(Arc::new(self.members.clone())))]
    }
}
