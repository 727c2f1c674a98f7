//! Use cases round single members.

use futures_util::FutureExt as _;
use shequn_entity::members::Column;
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use super::membership::MembershipWatch;
use super::model::{Changes, CheckedChanges, Draft, Filter, Identity, NewMember, SearchText, Sort};
use super::personal::{Personal, identity_index, phone_index};
use super::row::MemberRow;
use super::store::{self, ChangedRow, Key, NewRow};
use super::store_details::{self as details, IsActive, NewIdentity};
use super::{MemberError, membership};
use crate::actor::{Actor, Scope};
use crate::domains::communities::{Archiving, Communities};
use crate::domains::tenants::{TenantKeys, Tenants};
use crate::error::{ApiError, Failure};
use crate::platform::Platform;
use crate::platform::db::columns::Columns;
use crate::platform::db::keyset::{KeysetPage, Slice};
use crate::platform::db::{DbError, TenantTx};
use crate::platform::idempotency::Call;
use crate::platform::ids::{IdentityId, MemberId};
use crate::platform::outbox::Outbox;
use crate::platform::phone::Phone;

/// What one member is looked up by.
#[derive(Clone, Debug)]
pub enum By {
    /// Its id.
    Id(MemberId),
    /// Its id in another system, exactly.
    ExternalRef(String),
    /// Its phone number, in any usual spelling.
    Phone(String),
}

/// Whether somebody is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// They are.
    Active,
    /// They have to be restored first.
    Archived,
}

/// The slice's service.
#[derive(Clone)]
pub struct Members {
    pub(super) platform: Platform,
    pub(super) outbox: Outbox,
    pub(super) tenants: Tenants,
    pub(super) communities: Communities,
    pub(super) watch: Arc<OnceLock<Arc<dyn MembershipWatch>>>,
}

impl Members {
    /// For `app.rs`.
    #[must_use]
    pub fn new(platform: Platform, outbox: Outbox, tenants: Tenants, communities: Communities) -> Self {
        Self { platform, outbox, tenants, communities, watch: Arc::default() }
    }

    /// Tells `watch` who joins and who leaves; for `app.rs`, once.
    pub fn watched_by(&self, watch: Arc<dyn MembershipWatch>) {
        self.watch.get_or_init(|| watch);
    }

    /// A page of members.
    pub async fn list(
        &self,
        actor: &Actor,
        tx: &TenantTx,
        filter: &Filter,
        sort: Sort,
        page: (&KeysetPage, Columns<Column>),
    ) -> Result<Slice<MemberRow>, ApiError> {
        actor.require(Scope::MembersRead)?;
        Ok(store::list(tx, filter, sort, page.0, page.1).await?)
    }

    /// How many members the filter lets through.
    pub async fn count(&self, actor: &Actor, tx: &TenantTx, filter: &Filter) -> Result<i64, ApiError> {
        actor.require(Scope::MembersRead)?;
        Ok(store::count(tx, filter).await?)
    }

    /// Members by id; unknown ones are left out.
    pub async fn find_many(
        &self,
        actor: &Actor,
        tx: &TenantTx,
        ids: &[MemberId],
        columns: &Columns<Column>,
    ) -> Result<Vec<MemberRow>, ApiError> {
        actor.require(Scope::MembersRead)?;
        Ok(store::find_many(tx, ids, columns).await?)
    }

    /// One member. A phone number finds the active member who has it.
    pub async fn find_by(
        &self,
        actor: &Actor,
        tx: &TenantTx,
        by: By,
        columns: &Columns<Column>,
    ) -> Result<Option<MemberRow>, ApiError> {
        actor.require(Scope::MembersRead)?;
        let key = match by {
            By::Id(id) => Key::Id(id),
            By::ExternalRef(text) => Key::ExternalRef(text),
            By::Phone(text) => match self.phone_index(tx, &text).await? {
                Some(index) => Key::Phone(index),
                None => return Ok(None),
            },
        };
        Ok(store::find_by(tx, &key, columns).await?)
    }

    /// A member by id, in a transaction that is confined to them.
    pub(super) async fn find_own(
        &self,
        tx: &TenantTx,
        own: MemberId,
        columns: &Columns<Column>,
    ) -> Result<Option<MemberRow>, ApiError> {
        Ok(store::find_by(tx, &Key::Id(own), columns).await?)
    }

    /// Which of these there are, for a slice that stands on this one, and whether they are archived.
    pub async fn list_standing_in(
        &self,
        tx: &TenantTx,
        ids: &[MemberId],
    ) -> Result<HashMap<MemberId, Standing>, DbError> {
        let rows = store::find_many(tx, ids, &Columns::of([Column::ArchivedAt])).await?;
        let standing = |row: &MemberRow| if row.is_archived() { Standing::Archived } else { Standing::Active };
        Ok(rows.iter().map(|row| (row.id, standing(row))).collect())
    }

    /// Holds these until the transaction ends, in the order of their ids, so that nobody waits in a circle: for a slice
    /// that decides by what there is about them.
    pub async fn lock_in(&self, tx: &TenantTx, ids: &[MemberId]) -> Result<(), DbError> {
        store::lock_many(tx, ids).await
    }

    /// The search for a text that a client gave.
    pub async fn search_text(&self, tx: &TenantTx, line: String) -> Result<SearchText, ApiError> {
        let phone_index = self.phone_index(tx, &line).await?;
        Ok(SearchText { line, phone_index })
    }

    async fn phone_index(&self, tx: &TenantTx, text: &str) -> Result<Option<Vec<u8>>, ApiError> {
        if text.len() > 64 || !text.bytes().any(|byte| byte.is_ascii_digit()) {
            return Ok(None);
        }
        let tenant = self.tenants.get_in(tx).await?;
        let Some(phone) = Phone::parse(text, &tenant.country) else { return Ok(None) };
        Ok(Some(phone_index(self.tenants.keys_in(tx).await?.as_ref(), &phone)))
    }

    /// Makes a member, who belongs to no community yet: so nobody who is restricted to some may.
    pub async fn create(&self, actor: &Actor, draft: Draft, call: &Call) -> Result<MemberId, Failure> {
        let (scope, this) = (actor.require_whole(Scope::MembersWrite)?, self.clone());
        self.platform.once(scope, (actor, call), |tx| async move { this.create_in(tx, draft).await }.boxed()).await
    }

    /// As [`Members::create`], in the caller's transaction.
    pub async fn create_in(&self, tx: &TenantTx, draft: Draft) -> Result<MemberId, MemberError> {
        let country = self.tenants.get_in(tx).await?.country;
        let new = draft.check(&country)?;
        let keys = self.tenants.keys_in(tx).await?;
        let id = self.platform.new_id();
        let now = self.platform.clock.now();
        let (row, identities) = self.seal(&keys, id, &new)?;
        tx.insert(store::active_model(tx, row, now)).await?;
        tx.insert_many(identities.into_iter().map(|new| details::identity_model(tx, new, now)).collect()).await?;
        let tags: Vec<_> = new.tags.into_iter().map(|tag| (id, tag)).collect();
        details::add_tags(tx, &tags).await?;
        Ok(id)
    }

    /// Encrypts a new member under a key of its own.
    pub(super) fn seal(
        &self,
        keys: &TenantKeys,
        id: MemberId,
        new: &NewMember,
    ) -> Result<(NewRow, Vec<NewIdentity>), MemberError> {
        let random = &self.platform.random;
        let (personal, data_key) = Personal::create(keys, random, id)?;
        let phone = new.phone.as_ref();
        let row = NewRow {
            id,
            name: new.name.clone(),
            external_ref: new.external_ref.clone(),
            phone_enc: phone.map(|phone| personal.seal(random, "phone", phone.as_str())).transpose()?,
            phone_bidx: phone.map(|phone| phone_index(keys, phone)),
            real_name_enc: new.real_name.as_ref().map(|name| personal.seal(random, "real_name", name)).transpose()?,
            data_key,
        };
        let identities = new.identities.iter().map(|identity| self.seal_identity(keys, &personal, id, identity));
        Ok((row, identities.collect::<Result<_, _>>()?))
    }

    pub(super) fn seal_identity(
        &self,
        keys: &TenantKeys,
        personal: &Personal<'_>,
        member: MemberId,
        identity: &Identity,
    ) -> Result<NewIdentity, MemberError> {
        let id: IdentityId = self.platform.new_id();
        Ok(NewIdentity {
            id,
            member,
            value_enc: personal.seal_identity(&self.platform.random, id, &identity.value)?,
            value_bidx: identity_index(keys, identity),
            identity: identity.clone(),
        })
    }

    /// Changes a member.
    pub async fn update(
        &self,
        actor: &Actor,
        id: MemberId,
        changes: Changes,
        call: &Call,
    ) -> Result<MemberId, Failure> {
        let (scope, this) = (actor.require(Scope::MembersWrite)?, self.clone());
        self.platform
            .once(scope, (actor, call), |tx| async move { this.update_in(tx, id, changes).await }.boxed())
            .await
    }

    async fn update_in(&self, tx: &TenantTx, id: MemberId, changes: Changes) -> Result<MemberId, MemberError> {
        let country = self.tenants.get_in(tx).await?.country;
        let changes = changes.check(&country)?;
        let row = lock_active(tx, id, "id").await?;
        if changes.version.is_some_and(|version| row.version != Some(version)) {
            return Err(MemberError::VersionConflict);
        }
        let keys = self.tenants.keys_in(tx).await?;
        let changed = self.seal_changes(&keys, &row, &changes)?;
        store::update(tx, id, changed, self.platform.clock.now()).await?;
        if let Some(tags) = &changes.tags {
            details::set_tags(tx, id, tags).await?;
        }
        Ok(id)
    }

    pub(super) fn seal_changes(
        &self,
        keys: &TenantKeys,
        row: &MemberRow,
        changes: &CheckedChanges,
    ) -> Result<ChangedRow, MemberError> {
        let random = &self.platform.random;
        let personal = open_personal(keys, row)?;
        let phone = |phone: &Phone| -> Result<_, MemberError> {
            Ok((personal.seal(random, "phone", phone.as_str())?, phone_index(keys, phone)))
        };
        let real_name = |name: &String| personal.seal(random, "real_name", name);
        Ok(ChangedRow {
            name: changes.name.clone(),
            external_ref: changes.external_ref.clone(),
            phone: changes.phone.as_ref().map(|new| new.as_ref().map(phone).transpose()).transpose()?,
            real_name_enc: changes.real_name.as_ref().map(|new| new.as_ref().map(real_name).transpose()).transpose()?,
        })
    }

    /// Takes a member out of use, and out of all its communities, or back into use.
    pub async fn set_archived(
        &self,
        actor: &Actor,
        id: MemberId,
        archiving: Archiving,
        call: &Call,
    ) -> Result<MemberId, Failure> {
        let (scope, this) = (actor.require_whole(Scope::MembersWrite)?, self.clone());
        self.platform
            .once(scope, (actor, call), |tx| async move { this.set_archived_in(tx, id, archiving).await }.boxed())
            .await
    }

    async fn set_archived_in(
        &self,
        tx: &TenantTx,
        id: MemberId,
        archiving: Archiving,
    ) -> Result<MemberId, MemberError> {
        let row = store::lock(tx, id).await?.ok_or(MemberError::NotFound("id", "member"))?;
        let now = self.platform.clock.now();
        match (archiving, row.archived_at.flatten()) {
            (Archiving::Archive, None) => {
                store::set_archived(tx, id, Some(now), now).await?;
                details::set_identities_active(tx, id, IsActive::No).await?;
                membership::leave_all(self, tx, id).await?;
            }
            (Archiving::Restore, Some(_)) => {
                let taken = |error| MemberError::from(error).blamed_on("id");
                store::set_archived(tx, id, None, now).await.map_err(taken)?;
                details::set_identities_active(tx, id, IsActive::Yes).await.map_err(taken)?;
            }
            (Archiving::Archive, Some(_)) => return Err(MemberError::Archived),
            (Archiving::Restore, None) => return Err(MemberError::NotArchived),
        }
        Ok(id)
    }
}

/// The row of a member that is about to be changed; refuses unknown and archived ones.
pub(super) async fn lock_active(tx: &TenantTx, id: MemberId, field: &'static str) -> Result<MemberRow, MemberError> {
    let row = store::lock(tx, id).await?.ok_or(MemberError::NotFound(field, "member"))?;
    if row.archived_at.flatten().is_some() { Err(MemberError::Archived.blamed_on(field)) } else { Ok(row) }
}

/// The member's own key; the row was read with its `data_key`.
pub(super) fn open_personal<'a>(keys: &'a TenantKeys, row: &MemberRow) -> Result<Personal<'a>, MemberError> {
    let wrapped = row.data_key.as_ref().and_then(Option::as_deref);
    let wrapped = wrapped.ok_or_else(|| ApiError::internal("a member has no data key"))?;
    Ok(Personal::open(keys, row.id, wrapped)?)
}
