//! Typed ids: a UUIDv7 inside, `mbr_` and 26 characters of lower-case Crockford base 32 outside.
//!
//! There is one spelling for each id. The kinds are listed at the end; a prefix is a promise.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::random::Random;

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const SUFFIX_LENGTH: usize = 26;

/// A kind of thing that has ids.
pub trait Kind: Send + Sync + 'static {
    /// Three letters, unique in the program.
    const PREFIX: &'static str;
}

/// The id of a `K`.
pub struct Id<K>(Uuid, PhantomData<fn() -> K>);

impl<K: Kind> Id<K> {
    /// A new id: ordered by `now` to the millisecond, random below.
    #[must_use]
    pub fn new(now: DateTime<Utc>, random: &Random) -> Self {
        let millis = u64::try_from(now.timestamp_millis()).unwrap_or(0);
        Self::from_uuid(uuid::Builder::from_unix_timestamp_millis(millis, &random.bytes()).into_uuid())
    }

    /// The id that the database holds as `uuid`.
    #[must_use]
    pub const fn from_uuid(uuid: Uuid) -> Self {
        Self(uuid, PhantomData)
    }

    /// The form that the database holds.
    #[must_use]
    pub const fn uuid(self) -> Uuid {
        self.0
    }

    /// Reads the public spelling; None for any other kind or spelling.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (prefix, suffix) = split(text)?;
        (prefix == K::PREFIX).then(|| Self::parse_suffix(suffix)).flatten()
    }

    /// The 26 characters behind the prefix: for texts that say by themselves of what kind the id is.
    #[must_use]
    pub fn suffix(self) -> String {
        encode(self.0)
    }

    /// Reads what [`Id::suffix`] wrote.
    #[must_use]
    pub fn parse_suffix(suffix: &str) -> Option<Self> {
        decode(suffix).map(Self::from_uuid)
    }
}

/// Whether the text is the public spelling of an id of any kind.
#[must_use]
pub fn is_id(text: &str) -> bool {
    split(text).is_some_and(|(prefix, suffix)| noun(prefix).is_some() && decode(suffix).is_some())
}

/// The prefix of a public id and the rest, without judging either.
#[must_use]
pub fn split(text: &str) -> Option<(&str, &str)> {
    text.split_once('_')
}

fn decode(suffix: &str) -> Option<Uuid> {
    // 26 characters hold 130 bits: the first must leave the top two empty.
    if suffix.len() != SUFFIX_LENGTH || suffix.bytes().next().is_none_or(|first| first > b'7') {
        return None;
    }
    suffix
        .bytes()
        .try_fold(0_u128, |value, byte| {
            let digit = ALPHABET.iter().position(|&letter| letter == byte)?;
            Some((value << 5) | u128::try_from(digit).ok()?)
        })
        .map(Uuid::from_u128)
}

fn encode(uuid: Uuid) -> String {
    let value = uuid.as_u128();
    (0..SUFFIX_LENGTH)
        .rev()
        .filter_map(|place| {
            let digit = usize::try_from((value >> (place * 5)) & 31).ok()?;
            ALPHABET.get(digit).map(|&letter| char::from(letter))
        })
        .collect()
}

impl<K: Kind> fmt::Display for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}_{}", K::PREFIX, encode(self.0))
    }
}

impl<K: Kind> fmt::Debug for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<K: Kind> serde::Serialize for Id<K> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de, K: Kind> serde::Deserialize<'de> for Id<K> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("not an id of this kind"))
    }
}

impl<K> Clone for Id<K> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<K> Copy for Id<K> {}
impl<K> PartialEq for Id<K> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}
impl<K> Eq for Id<K> {}
impl<K> Hash for Id<K> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}
impl<K> PartialOrd for Id<K> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl<K> Ord for Id<K> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.cmp(&other.0)
    }
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident $id:ident $prefix:literal;)+) => {
    $(
        $(#[$doc])*
        pub enum $kind {}
        impl Kind for $kind {
            const PREFIX: &'static str = $prefix;
        }
        #[doc = concat!("The id of a ", stringify!($kind), ", `", $prefix, "_…`.")]
        pub type $id = Id<$kind>;
    )+

    /// What ids with this prefix are of, as the schema calls it: `mbr` is a `Member`.
    #[must_use]
    pub fn noun(prefix: &str) -> Option<&'static str> {
        match prefix {
            $($prefix => Some(stringify!($kind).trim_end_matches("Kind")),)+
            _ => None,
        }
    }};
}

kinds! {
    /// A company that runs communities.
    TenantKind TenantId "ten";
    /// A person who signs in.
    UserKind UserId "usr";
    /// A person's place in a tenant.
    MembershipKind MembershipId "tmb";
    /// A sign-in.
    SessionKind SessionId "ses";
    /// An invitation to work for a tenant.
    InvitationKind InvitationId "inv";
    /// A community.
    CommunityKind CommunityId "com";
    /// A member.
    MemberKind MemberId "mbr";
    /// A member's identity on a platform.
    IdentityKind IdentityId "idn";
    /// A partner system's key.
    PartnerKeyKind PartnerKeyId "key";
    /// A registry of trusted documents: of a tenant, or of one of its keys.
    DocumentRegistryKind DocumentRegistryId "reg";
    /// A trusted document.
    TrustedDocumentKind TrustedDocumentId "doc";
    /// A day on which a member checked in.
    CheckInKind CheckInId "cin";
    /// A movement of a member's make-up cards.
    CardMoveKind CardMoveId "ccm";
    /// A movement of points in a member's account.
    PointsEntryKind PointsEntryId "pen";
    /// Points that were given together.
    PointsLotKind PointsLotId "plt";
    /// Points set aside.
    PointsHoldKind PointsHoldId "phd";
    /// Points by hand that wait for a second person, or did.
    PointsApprovalKind PointsApprovalId "apr";
    /// A rule by which points are earned.
    EarningRuleKind EarningRuleId "erl";
    /// Something that happened, for which points may be earned.
    EarningEventKind EarningEventId "eev";
    /// What members get for points.
    RewardKind RewardId "rwd";
    /// A change of a reward's stock by hand.
    StockMoveKind StockMoveId "rsm";
    /// A code that a redemption hands out.
    VoucherKind VoucherId "rvc";
    /// What a member took for points.
    RedemptionKind RedemptionId "rdm";
    /// What a member made and handed in.
    SubmissionKind SubmissionId "sbm";
    /// An import of a file.
    ImportKind ImportId "imp";
    /// A mail that waits to be sent.
    MailKind MailId "eml";
    /// An event in the outbox.
    EventKind EventId "evt";
    /// An event in the audit trail.
    AuditEventKind AuditEventId "aud";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_one_spelling_and_reads_back() {
        let id = MemberId::from_uuid(Uuid::from_u128(0x0198_f3c2_0000_7000_8000_0000_0000_002a));
        let text = id.to_string();
        assert_eq!(text.len(), 30);
        assert_eq!(MemberId::parse(&text), Some(id));
        assert_eq!(MemberId::parse(&text.to_uppercase()), None);
        assert_eq!(CommunityId::parse(&text), None);
        assert_eq!(MemberId::parse("mbr_8zzzzzzzzzzzzzzzzzzzzzzzzz"), None);
        assert!(is_id(&text) && !is_id("mbr_+8613800138000") && !is_id("xyz_00000000000000000000000000"));
        assert_eq!(noun("mbr"), Some("Member"));
    }
}
