//! A key as the store read it, without its secrets.

use chrono::{DateTime, Utc};
use ipnet::IpNet;
use sea_orm::DbErr;
use serde_json::Value;
use shequn_entity::partner_keys::Model;

use super::model::{Checked, Life, Standing, State};
use crate::actor::Scope;
use crate::platform::db::keyset::{KeyValue, Position};
use crate::platform::ids::{CommunityId, Id, PartnerKeyId, UserId};
use crate::platform::origin::parse_network;

/// A stored key.
#[derive(Clone, Debug)]
pub struct PartnerKeyRow {
    pub(super) id: PartnerKeyId,
    pub(super) name: String,
    pub(super) scopes: Vec<Scope>,
    pub(super) communities: Option<Vec<CommunityId>>,
    pub(super) networks: Vec<IpNet>,
    pub(super) life: Life,
    pub(super) rotated_at: Option<DateTime<Utc>>,
    pub(super) previous_until: Option<DateTime<Utc>>,
    pub(super) last_used_at: Option<DateTime<Utc>>,
    pub(super) last_used_address: Option<String>,
    pub(super) created_by: Option<UserId>,
    pub(super) created_at: DateTime<Utc>,
    pub(super) updated_at: DateTime<Utc>,
    pub(super) version: i32,
}

impl PartnerKeyRow {
    /// `communities` are those of this key, whether it is restricted or not.
    pub(super) fn read(row: Model, communities: Vec<CommunityId>) -> Result<Self, DbErr> {
        let unknown = |what: &str| DbErr::Type(format!("{what} of a key holds a value that is not of its table"));
        let scopes = texts(&row.scopes).map(|text| Scope::parse(text).ok_or_else(|| unknown("scopes")));
        let networks = texts(&row.networks).map(|text| parse_network(text).ok_or_else(|| unknown("networks")));
        Ok(Self {
            id: Id::from_uuid(row.id),
            name: row.name,
            scopes: scopes.collect::<Result<_, _>>()?,
            communities: row.restricted.then_some(communities),
            networks: networks.collect::<Result<_, _>>()?,
            life: Life { expires_at: row.expires_at, disabled_at: row.disabled_at, revoked_at: row.revoked_at },
            rotated_at: row.rotated_at,
            previous_until: row.previous_secret_until,
            last_used_at: row.last_used_at,
            last_used_address: row.last_used_address,
            created_by: row.created_by.map(Id::from_uuid),
            created_at: row.created_at,
            updated_at: row.updated_at,
            version: row.version,
        })
    }

    /// Whether the key opens anything now.
    #[must_use]
    pub fn state(&self, now: DateTime<Utc>) -> State {
        self.life.state(now)
    }

    /// Where the key stands in the list.
    pub(super) fn position(&self) -> Position {
        Position { key: KeyValue::Time(self.created_at), id: self.id.uuid() }
    }

    /// What changes are made from.
    pub(super) fn checked(&self) -> Checked {
        Checked {
            name: self.name.clone(),
            scopes: self.scopes.clone(),
            communities: self.communities.clone(),
            networks: self.networks.clone(),
            expires_at: self.life.expires_at,
        }
    }
}

/// What decides on requests with this key.
pub(super) fn standing(row: Model, communities: Vec<CommunityId>) -> Standing {
    Standing {
        scopes: texts(&row.scopes).map(str::to_owned).collect(),
        communities: row.restricted.then_some(communities),
        networks: texts(&row.networks).map(str::to_owned).collect(),
        secret: row.secret_hash,
        previous: row.previous_secret_hash.zip(row.previous_secret_until),
        life: Life { expires_at: row.expires_at, disabled_at: row.disabled_at, revoked_at: row.revoked_at },
        last_used_at: row.last_used_at,
    }
}

fn texts(list: &Value) -> impl Iterator<Item = &str> {
    list.as_array().map(Vec::as_slice).unwrap_or_default().iter().filter_map(Value::as_str)
}
