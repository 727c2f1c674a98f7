//! Applying a batch: everything that can be said of it first, then a handful of statements.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{DateTime, Utc};
use futures_util::FutureExt as _;

use super::model::{BATCH, CheckedRow, Claims, CommunityRef, Row, RowOutcome, Status};
use super::store::{self, IdentityKey, Known, Planning};
use crate::actor::{Actor, Scope};
use crate::domains::members::membership::{self, Joining, Tier};
use crate::domains::members::model::Identity;
use crate::domains::members::personal::{Personal, identity_index, phone_index};
use crate::domains::members::profile::{ProfileDraft, ProfileSource};
use crate::domains::members::store::NewRow;
use crate::domains::members::store_details::{self as details, NewIdentity};
use crate::domains::members::{MemberError, Members};
use crate::domains::tenants::TenantKeys;
use crate::error::{ApiError, Failure, UserError, UserErrorCode};
use crate::platform::db::TenantTx;
use crate::platform::idempotency::{Call, Outcome};
use crate::platform::ids::{CommunityId, MemberId};

/// A row that is fit by itself, with its place among the rows and what it is found by.
struct Indexed {
    place: usize,
    row: CheckedRow,
    phone: Option<Vec<u8>>,
    identities: Vec<IdentityKey>,
}

impl Indexed {
    fn new(keys: &TenantKeys, place: usize, row: CheckedRow) -> Self {
        let phone = row.member.phone.as_ref().map(|phone| phone_index(keys, phone));
        let key = |identity: &Identity| IdentityKey {
            kind: identity.kind.as_str().to_owned(),
            platform: identity.platform.as_str().to_owned(),
            app_id: identity.app_id.clone(),
            value: identity_index(keys, identity),
        };
        let identities = row.member.identities.iter().map(key).collect();
        Self { place, row, phone, identities }
    }
}

/// A row that will be written.
struct Accepted {
    row: CheckedRow,
    phone: Option<Vec<u8>>,
    identities: Vec<IdentityKey>,
    id: MemberId,
    known: Option<Known>,
    community: Option<CommunityId>,
}

/// What is known of a batch before any of it is written.
struct Surroundings {
    known: HashMap<String, Known>,
    phones: HashMap<Vec<u8>, MemberId>,
    identities: HashMap<IdentityKey, MemberId>,
    /// Of the known members.
    memberships: HashSet<(CommunityId, MemberId)>,
    communities: HashMap<CommunityRef, CommunityId>,
    /// Whether the caller reaches single communities only.
    is_confined: bool,
}

/// Many members: the trail has that there was an import, not each of them.
impl Outcome for Vec<RowOutcome> {}

impl Members {
    /// Imports up to [`BATCH`] rows in one transaction, with an outcome for each, in their order.
    pub async fn import(&self, actor: &Actor, rows: Vec<Row>, call: &Call) -> Result<Vec<RowOutcome>, Failure> {
        let (scope, this) = (actor.require(Scope::MembersWrite)?, self.clone());
        self.platform.once(scope, (actor, call), |tx| async move { this.import_in(tx, rows).await }.boxed()).await
    }

    /// As [`Members::import`], in the caller's transaction.
    pub async fn import_in(&self, tx: &TenantTx, rows: Vec<Row>) -> Result<Vec<RowOutcome>, MemberError> {
        if rows.len() > BATCH {
            let message = format!("At most {BATCH} rows at a time.");
            return Err(MemberError::Invalid(vec![UserError::at("rows", UserErrorCode::TooLong, message)]));
        }
        let now = self.platform.clock.now();
        let country = self.tenants.get_in(tx).await?.country;
        let keys = self.tenants.keys_in(tx).await?;
        let mut outcomes: Vec<Option<RowOutcome>> = Vec::with_capacity(rows.len());
        let mut checked = Vec::with_capacity(rows.len());
        let mut claims = Claims::default();
        for (place, row) in rows.into_iter().enumerate() {
            let fit = row.check(&country, now).and_then(|row| claims.claim(&row).map(|()| row));
            match fit {
                Ok(row) => {
                    checked.push(Indexed::new(&keys, place, row));
                    outcomes.push(None);
                }
                Err(errors) => outcomes.push(Some(RowOutcome::refused(errors))),
            }
        }
        let around = self.look_around(tx, &checked).await?;
        let mut accepted = Vec::with_capacity(checked.len());
        for row in checked {
            let place = row.place;
            let outcome = match self.accept(&around, row) {
                Ok(one) => {
                    let status = if one.known.is_some() { Status::Updated } else { Status::Created };
                    let outcome = RowOutcome { status, member: Some(one.id), errors: Vec::new() };
                    accepted.push(one);
                    outcome
                }
                Err(error) => RowOutcome::refused(vec![error]),
            };
            if let Some(slot) = outcomes.get_mut(place) {
                *slot = Some(outcome);
            }
        }
        self.write(tx, &keys, &around, accepted, now).await?;
        outcomes
            .into_iter()
            .map(|outcome| outcome.ok_or_else(|| ApiError::internal("a row has no outcome").into()))
            .collect()
    }

    async fn look_around(&self, tx: &TenantTx, rows: &[Indexed]) -> Result<Surroundings, MemberError> {
        store::plan(tx, Planning::EachTime).await?;
        let references: Vec<_> = rows.iter().map(|one| one.row.external_ref.as_str()).collect();
        let known = store::lock_by_reference(tx, &references).await?;
        let phones = rows.iter().filter_map(|one| one.phone.clone()).collect();
        let phones = store::phone_holders(tx, phones).await?;
        let identities = store::identity_holders(tx, rows.iter().flat_map(|one| one.identities.clone())).await?;
        let memberships = store::present_memberships(tx, known.values().map(|known| known.id)).await?;
        store::plan(tx, Planning::AsUsual).await?;
        let wanted = rows.iter().filter_map(|one| one.row.community.clone()).collect();
        let communities = self.find_communities(tx, wanted).await?;
        let is_confined = tx.scope().is_confined();
        Ok(Surroundings { known, phones, identities, memberships, communities, is_confined })
    }

    async fn find_communities(
        &self,
        tx: &TenantTx,
        wanted: HashSet<CommunityRef>,
    ) -> Result<HashMap<CommunityRef, CommunityId>, MemberError> {
        if wanted.is_empty() {
            return Ok(HashMap::new());
        }
        let open = self.communities.list_open_in(tx).await?;
        let find = |wanted: &CommunityRef| match wanted {
            CommunityRef::Id(id) => open.iter().find(|(known, _)| known == id).map(|(id, _)| *id),
            CommunityRef::Name(key) => {
                let mut named = open.iter().filter(|(_, name_key)| name_key == key).map(|(id, _)| *id);
                // Two of the same name are nobody's guess to make.
                named.next().filter(|_| named.next().is_none())
            }
        };
        Ok(wanted.into_iter().filter_map(|community| find(&community).map(|id| (community, id))).collect())
    }

    fn accept(&self, around: &Surroundings, indexed: Indexed) -> Result<Accepted, UserError> {
        let Indexed { row, phone, identities, .. } = indexed;
        // First: into a community that the caller does not reach nothing is said about members.
        let community = match &row.community {
            None => None,
            Some(wanted) => Some(*around.communities.get(wanted).ok_or_else(|| {
                UserError::at(
                    "community",
                    UserErrorCode::NotFound,
                    "There is no such community in use, or several of this name.",
                )
            })?),
        };
        let known = around.known.get(&row.external_ref).cloned();
        if known.as_ref().is_some_and(|known| !known.is_reachable) {
            let message = "Another member has this external reference.";
            return Err(UserError::at("externalRef", UserErrorCode::ExternalRefTaken, message));
        }
        if around.is_confined && known.is_none() && row.community.is_none() {
            let message = "A new member needs one of the communities that this key is restricted to.";
            return Err(UserError::at("communityId", UserErrorCode::Required, message));
        }
        if known.as_ref().is_some_and(|known| known.is_archived) {
            return Err(UserError::at(
                "externalRef",
                UserErrorCode::Archived,
                "This member is archived; restore it first.",
            ));
        }
        let id = known.as_ref().map_or_else(|| self.platform.new_id(), |known| known.id);
        let holder = phone.as_ref().and_then(|phone| around.phones.get(phone));
        if holder.is_some_and(|holder| *holder != id) {
            return Err(UserError::at(
                "phone",
                UserErrorCode::PhoneTaken,
                "Another active member has this phone number.",
            ));
        }
        if identities.iter().any(|key| around.identities.get(key).is_some_and(|holder| *holder != id)) {
            return Err(UserError::at(
                "identities",
                UserErrorCode::IdentityTaken,
                "Another active member has this identity.",
            ));
        }
        Ok(Accepted { row, phone, identities, id, known, community })
    }

    async fn write(
        &self,
        tx: &TenantTx,
        keys: &TenantKeys,
        around: &Surroundings,
        accepted: Vec<Accepted>,
        now: DateTime<Utc>,
    ) -> Result<(), MemberError> {
        let (mut members, mut identities) = (Vec::new(), Vec::new());
        for one in &accepted {
            let (row, own) = self.seal_import(keys, around, one)?;
            members.push(row);
            identities.extend(own);
        }
        store::put_members(tx, members, now).await?;
        store::put_identities(tx, identities, now).await?;
        let tags: Vec<_> =
            accepted.iter().flat_map(|one| one.row.member.tags.iter().map(|tag| (one.id, tag.clone()))).collect();
        details::add_tags(tx, &tags).await?;
        let mut values = Vec::new();
        for one in accepted.iter().filter(|one| one.row.city.is_some()) {
            let draft = ProfileDraft { city: one.row.city.clone(), ..ProfileDraft::default() };
            values.extend(draft.check(ProfileSource::Import, now)?.into_iter().map(|value| (one.id, value)));
        }
        details::put_profile(tx, &values).await?;
        self.write_memberships(tx, around, &accepted, now).await
    }

    /// Encrypts a row: under a new key, or under the known member's own.
    fn seal_import(
        &self,
        keys: &TenantKeys,
        around: &Surroundings,
        one: &Accepted,
    ) -> Result<(NewRow, Vec<NewIdentity>), MemberError> {
        let Some(known) = &one.known else { return self.seal(keys, one.id, &one.row.member) };
        let random = &self.platform.random;
        let wrapped = known.data_key.clone().ok_or_else(|| ApiError::internal("a member has no data key"))?;
        let personal = Personal::open(keys, one.id, &wrapped)?;
        let member = &one.row.member;
        let row = NewRow {
            id: one.id,
            name: member.name.clone(),
            external_ref: Some(one.row.external_ref.clone()),
            phone_enc: member.phone.as_ref().map(|phone| personal.seal(random, "phone", phone.as_str())).transpose()?,
            phone_bidx: one.phone.clone(),
            real_name_enc: member
                .real_name
                .as_ref()
                .map(|name| personal.seal(random, "real_name", name))
                .transpose()?,
            data_key: wrapped,
        };
        let new = member.identities.iter().zip(&one.identities).filter(|(_, key)| !around.identities.contains_key(key));
        let identities = new.map(|(identity, _)| self.seal_identity(keys, &personal, one.id, identity));
        Ok((row, identities.collect::<Result<_, _>>()?))
    }

    async fn write_memberships(
        &self,
        tx: &TenantTx,
        around: &Surroundings,
        accepted: &[Accepted],
        now: DateTime<Utc>,
    ) -> Result<(), MemberError> {
        let joining: Vec<_> = accepted
            .iter()
            .filter_map(|one| {
                let tier = one.row.tier.unwrap_or(Tier::Ordinary);
                let joined_at = one.row.joined_at.unwrap_or(now);
                one.community.map(|community| Joining { community, member: one.id, tier, joined_at })
            })
            .collect();
        let mut deltas: BTreeMap<CommunityId, i64> = BTreeMap::new();
        for one in joining.iter().filter(|one| !around.memberships.contains(&(one.community, one.member))) {
            *deltas.entry(one.community).or_default() += 1;
        }
        membership::put_many(tx, &joining, now).await?;
        Ok(membership::members_changed(self, tx, deltas).await?)
    }
}
