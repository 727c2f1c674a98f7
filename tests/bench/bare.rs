//! The rows of an import without the product: random bytes for what it would encrypt, 1,000 rows a statement, a
//! commit for each 1,000 members.

use std::time::{Instant, SystemTime};

use harness::{Database, TestApp, uuid_of};
use serde_json::json;
use sqlx::types::chrono::{DateTime, Utc};
use sqlx::{Postgres, QueryBuilder, Sqlite};
use uuid::Uuid;

const BATCH: usize = 1_000;
/// A nonce, a tag, and a key or a phone number or an OpenID.
const KEY_BYTES: usize = 60;
const PHONE_BYTES: usize = 42;
const OPENID_BYTES: usize = 56;
const INDEX_BYTES: usize = 32;

struct Row {
    member: Uuid,
    identity: Uuid,
    name: String,
    reference: String,
    key: Vec<u8>,
    phone: Vec<u8>,
    phone_index: Vec<u8>,
    openid: Vec<u8>,
    openid_index: Vec<u8>,
    joined_at: DateTime<Utc>,
}

/// Writes one batch on a connection of either kind.
macro_rules! write_batch {
    ($kind:ty, $pool:expr, $place:expr, $rows:expr, $now:expr) => {{
        let (tenant, community) = $place;
        let (rows, now): (&[Row], DateTime<Utc>) = ($rows, $now);
        let mut tx = $pool.begin().await.unwrap();
        let mut members = QueryBuilder::<$kind>::new(
            "INSERT INTO members (tenant_id, id, display_name, name_key, external_ref, phone_enc, phone_bidx, \
             real_name_enc, data_key, created_at, updated_at) ",
        );
        members.push_values(rows, |mut row, one| {
            row.push_bind(tenant).push_bind(one.member).push_bind(&one.name).push_bind(&one.name);
            row.push_bind(&one.reference).push_bind(&one.phone).push_bind(&one.phone_index);
            row.push_bind(None::<Vec<u8>>).push_bind(&one.key).push_bind(now).push_bind(now);
        });
        members.build().execute(&mut *tx).await.unwrap();
        let mut identities = QueryBuilder::<$kind>::new(
            "INSERT INTO member_identities (tenant_id, id, member_id, kind, platform, app_id, value_enc, value_bidx, \
             bidx_version, active, created_at) ",
        );
        identities.push_values(rows, |mut row, one| {
            row.push_bind(tenant).push_bind(one.identity).push_bind(one.member).push_bind("OPENID").push_bind("WECHAT");
            row.push_bind("wx0123456789abcdef").push_bind(&one.openid).push_bind(&one.openid_index);
            row.push_bind(1_i16).push_bind(true).push_bind(now);
        });
        identities.build().execute(&mut *tx).await.unwrap();
        let mut memberships = QueryBuilder::<$kind>::new(
            "INSERT INTO community_memberships (tenant_id, community_id, member_id, tier, joined_at, created_at, \
             updated_at) ",
        );
        memberships.push_values(rows, |mut row, one| {
            row.push_bind(tenant).push_bind(community).push_bind(one.member).push_bind("ORDINARY");
            row.push_bind(one.joined_at).push_bind(now).push_bind(now);
        });
        memberships.build().execute(&mut *tx).await.unwrap();
        tx.commit().await.unwrap();
    }};
}

/// Members a second.
pub(crate) async fn rows_per_second(app: &TestApp, members: usize) -> f64 {
    let tenant = app.tenant("bare").await;
    let input = json!({
        "name": "Readers", "type": "INTEREST", "positioning": "INTEREST_SOCIAL", "platform": "WECHAT",
        "valueProposition": "Meets every week and reads one book together."
    });
    let answer = tenant.owner().await.run("CommunityCreate", json!({ "input": input })).await;
    let community = uuid_of(answer.payload("communityCreate")["community"]["id"].as_str().unwrap());
    let database = app.database().await;
    let place = (tenant.uuid(&database).await, community);
    let mut chance = Chance(0x9E37_79B9_7F4A_7C15);
    let now = DateTime::<Utc>::from(SystemTime::now());
    let start = Instant::now();
    for first in (0..members).step_by(BATCH) {
        let rows: Vec<_> = (first..members.min(first + BATCH)).map(|number| chance.row(number)).collect();
        match &database {
            Database::Postgres(pool) => write_batch!(Postgres, pool, place, &rows, now),
            Database::Sqlite(pool) => write_batch!(Sqlite, pool, place, &rows, now),
        }
    }
    let time = start.elapsed();
    assert_eq!(database.count("community_memberships", place.0).await, members as i64);
    members as f64 / time.as_secs_f64()
}

struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn bytes(&mut self, length: usize) -> Vec<u8> {
        let words = std::iter::repeat_with(|| self.next().to_le_bytes());
        words.take(length.div_ceil(8)).flatten().take(length).collect()
    }

    /// A UUIDv7 of this moment, as the product's ids are.
    fn id(&mut self) -> Uuid {
        let time = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_millis() << 80;
        let chance = u128::from(self.next() & 0xFFF) << 64 | u128::from(self.next() >> 2);
        Uuid::from_u128(time | 0x7 << 76 | 0b10 << 62 | chance)
    }

    fn row(&mut self, number: usize) -> Row {
        let day = number % 28 + 1;
        Row {
            member: self.id(),
            identity: self.id(),
            name: format!("会员{number}"),
            reference: format!("crm-{number}"),
            key: self.bytes(KEY_BYTES),
            phone: self.bytes(PHONE_BYTES),
            phone_index: self.bytes(INDEX_BYTES),
            openid: self.bytes(OPENID_BYTES),
            openid_index: self.bytes(INDEX_BYTES),
            joined_at: format!("2026-03-{day:02}T08:00:00Z").parse().unwrap(),
        }
    }
}
