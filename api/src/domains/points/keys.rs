//! The key that proves a tenant's entries: without the master key nobody makes a proof, or tells a genuine one.

use chrono::{DateTime, Utc};
use serde::Serialize;
use uuid::Uuid;

use crate::error::ApiError;
use crate::platform::crypto::{MasterKey, SecretKey};
use crate::platform::ids::TenantId;

/// What the first seal goes on from.
pub const START: [u8; 32] = [0; 32];

/// What is proved of an entry, of the lot that it made, and of what it moved in others.
///
/// Of its texts only a proof of their own: they may name people, and be erased one day.
#[derive(Clone, Debug, Serialize)]
pub struct Sealed {
    pub(super) id: Uuid,
    pub(super) member: Uuid,
    pub(super) asset: String,
    pub(super) number: i64,
    pub(super) kind: String,
    pub(super) from: String,
    pub(super) to: String,
    pub(super) amount: i64,
    pub(super) after: [i64; 3],
    pub(super) source: Option<String>,
    pub(super) texts: Vec<u8>,
    pub(super) hold: Option<Uuid>,
    pub(super) reverses: Option<Uuid>,
    /// Left out where there is none: so are the entries proved that were posted before there were transfers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) transfer: Option<Uuid>,
    pub(super) actor: String,
    pub(super) posted_at: DateTime<Utc>,
    pub(super) lot: Option<SealedLot>,
    pub(super) moves: Vec<(Uuid, i64)>,
}

/// What never changes of a lot.
#[derive(Clone, Debug, Serialize)]
pub struct SealedLot {
    pub(super) amount: i64,
    pub(super) source: String,
    pub(super) earned_at: DateTime<Utc>,
    pub(super) available_at: Option<DateTime<Utc>>,
    pub(super) expires_at: Option<DateTime<Utc>>,
    pub(super) expires_on: Option<String>,
}

/// The key of one tenant's ledger.
pub struct LedgerKey(SecretKey);

impl LedgerKey {
    pub(super) fn of(master: &MasterKey, tenant: TenantId) -> Self {
        Self(master.ledger.derive(&format!("points|{tenant}")))
    }

    /// The proof that this entry stands behind what `previous` proves.
    pub(super) fn link(&self, previous: &[u8], entry: &Sealed) -> Result<Vec<u8>, ApiError> {
        let entry = serde_json::to_vec(entry).map_err(ApiError::internal)?;
        Ok(self.0.mac(&[b"entry/1", previous, &entry].concat()).to_vec())
    }

    /// The proof of an entry's reason and reference.
    pub(super) fn texts(&self, id: Uuid, reason: Option<&str>, reference: Option<&str>) -> Vec<u8> {
        let [reason, reference] = [reason, reference].map(|text| text.unwrap_or_default().as_bytes());
        // The length keeps apart what stands in the one and in the other.
        let length = u64::try_from(reason.len()).unwrap_or(u64::MAX).to_be_bytes();
        self.0.mac(&[b"texts/1", &id.as_bytes()[..], &length, reason, reference].concat()).to_vec()
    }

    /// The proof of a seal: which it is, and what its entries came to.
    pub(super) fn seal(&self, position: i64, last: &[u8]) -> Vec<u8> {
        self.0.mac(&[b"seal/1", &position.to_be_bytes()[..], last].concat()).to_vec()
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    use super::*;
    use crate::platform::ids::Id;

    const AWARD: &str = concat!(
        r#"{"id":"00000000-0000-0000-0000-000000000002","member":"00000000-0000-0000-0000-000000000003","#,
        r#""asset":"POINTS","number":1,"kind":"AWARD","from":"ISSUED","to":"PENDING","amount":100,"#,
        r#""after":[100,0,0],"source":"PURCHASE","texts":[1,2,255],"hold":null,"reverses":null,"#,
        r#""actor":"usr_1","posted_at":"2026-11-22T08:30:00.000001Z","lot":{"amount":100,"source":"PURCHASE","#,
        r#""earned_at":"2026-11-22T08:30:00.000001Z","available_at":"2026-12-01T00:00:00Z","#,
        r#""expires_at":"2027-11-30T16:00:00Z","expires_on":"2027-11-30"},"moves":[]}"#,
    );
    const DEDUCTION: &str = concat!(
        r#"{"id":"00000000-0000-0000-0000-000000000002","member":"00000000-0000-0000-0000-000000000003","#,
        r#""asset":"POINTS","number":2,"kind":"DEDUCT","from":"AVAILABLE","to":"REVOKED","amount":30,"#,
        r#""after":[0,70,0],"source":null,"texts":[1,2,255],"hold":null,"reverses":null,"#,
        r#""actor":"usr_1","posted_at":"2026-11-22T08:30:00.000001Z","lot":null,"#,
        r#""moves":[["00000000-0000-0000-0000-000000000004",30]]}"#,
    );
    /// The master key of the bytes 0 to 31.
    const MASTER: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    /// Made by Python's `hmac` and not by this program. The key of all ledgers is the HMAC-SHA-256 of `ledger/1` by the
    /// master key, the tenant's that of `points|ten_00000000000000000000000001` by it, and a link by that one of
    /// `entry/1`, the link before (32 zeros at first), and the entry's text above.
    const LINKS: [&str; 2] =
        ["PHPivTdxUOA6YT8PREnXLMCQvqzovHE/EJJiLkOVeik=", "/bO2pm2EZERtYSXoReDiE1dT8dwhTrdMDH5XsydSZ+M="];

    fn uuid(number: u128) -> Uuid {
        Uuid::from_u128(number)
    }

    fn time(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn key() -> LedgerKey {
        LedgerKey::of(&MasterKey::from_base64(MASTER).unwrap(), Id::from_uuid(uuid(1)))
    }

    fn deduction() -> Sealed {
        Sealed {
            id: uuid(2),
            member: uuid(3),
            asset: "POINTS".to_owned(),
            number: 2,
            kind: "DEDUCT".to_owned(),
            from: "AVAILABLE".to_owned(),
            to: "REVOKED".to_owned(),
            amount: 30,
            after: [0, 70, 0],
            source: None,
            texts: vec![1, 2, 255],
            hold: None,
            reverses: None,
            transfer: None,
            actor: "usr_1".to_owned(),
            posted_at: time("2026-11-22T08:30:00.000001Z"),
            lot: None,
            moves: vec![(uuid(4), 30)],
        }
    }

    fn award() -> Sealed {
        let lot = SealedLot {
            amount: 100,
            source: "PURCHASE".to_owned(),
            earned_at: time("2026-11-22T08:30:00.000001Z"),
            available_at: Some(time("2026-12-01T00:00:00Z")),
            expires_at: Some(time("2027-11-30T16:00:00Z")),
            expires_on: Some("2027-11-30".to_owned()),
        };
        Sealed {
            number: 1,
            kind: "AWARD".to_owned(),
            from: "ISSUED".to_owned(),
            to: "PENDING".to_owned(),
            amount: 100,
            after: [100, 0, 0],
            source: Some("PURCHASE".to_owned()),
            lot: Some(lot),
            moves: Vec::new(),
            ..deduction()
        }
    }

    #[test]
    fn entries_without_a_transfer_are_proved_as_they_were_before_there_were_any() {
        let (award, deduction) = (award(), deduction());
        assert_eq!([&award, &deduction].map(|entry| serde_json::to_string(entry).unwrap()), [AWARD, DEDUCTION]);
        let first = key().link(&START, &award).unwrap();
        let second = key().link(&first, &deduction).unwrap();
        assert_eq!([first, second].map(|link| STANDARD.encode(link)), LINKS);
    }

    #[test]
    fn the_transfer_that_an_entry_is_of_is_proved_with_it() {
        let of = |transfer| Sealed { transfer, ..deduction() };
        let text = serde_json::to_string(&of(Some(uuid(5)))).unwrap();
        let transfer = r#""reverses":null,"transfer":"00000000-0000-0000-0000-000000000005","actor""#;
        assert_eq!(text, DEDUCTION.replace(r#""reverses":null,"actor""#, transfer));
        let [none, one, other] =
            [None, Some(uuid(5)), Some(uuid(6))].map(|transfer| key().link(&START, &of(transfer)).unwrap());
        assert!(none != one && one != other && other != none);
    }
}
