//! TypeIDs as the API spells them: a prefix, `_`, and a UUID as 26 lowercase Crockford characters.

use std::time::{SystemTime, UNIX_EPOCH};

use uuid::Uuid;

use crate::scratch;

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// The UUID behind an id.
pub fn uuid_of(id: &str) -> Uuid {
    let (_, suffix) = id.rsplit_once('_').expect("an id has a prefix");
    assert_eq!(suffix.len(), 26, "{id}");
    let value = suffix.bytes().fold(0_u128, |value, character| {
        let digit = ALPHABET.iter().position(|known| *known == character).expect("a Crockford character");
        value << 5 | digit as u128
    });
    Uuid::from_u128(value)
}

/// The id with this prefix, without `_`, of a UUID.
pub fn id_of(prefix: &str, uuid: Uuid) -> String {
    let digits = (0..26).rev().map(|place| {
        let digit = uuid.as_u128() >> (place * 5) & 31;
        char::from(ALPHABET[digit as usize])
    });
    format!("{prefix}_{}", digits.collect::<String>())
}

/// A well-formed id (a UUIDv7 of this moment) that nothing has.
pub fn absent_id(prefix: &str) -> String {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
    let time = since_epoch.as_millis() << 80;
    let version_and_variant = 0x7 << 76 | 0b10 << 62;
    let unique = u128::from(std::process::id()) << 24 | u128::from(scratch::next_number());
    id_of(prefix, Uuid::from_u128(time | version_and_variant | unique))
}

/// A UUID from 32 hexadecimal digits.
pub(crate) fn from_hex(digits: &str) -> Uuid {
    Uuid::from_u128(u128::from_str_radix(digits, 16).expect("hexadecimal digits"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_the_spelling_of_its_uuid() {
        let uuid = Uuid::from_u128(0x0190_163d_8694_739b_aea5_966c_26f8_ad90);
        assert_eq!(id_of("prefix", uuid), "prefix_01j0b3v1mmeedtx9cpdgkfhbcg");
        assert_eq!(uuid_of("prefix_01j0b3v1mmeedtx9cpdgkfhbcg"), uuid);
    }

    #[test]
    fn an_absent_id_is_a_uuid_of_version_7_and_never_the_same() {
        let uuid = uuid_of(&absent_id("mbr"));
        assert_eq!(uuid.get_version_num(), 7);
        assert_ne!(absent_id("mbr"), absent_id("mbr"));
    }
}
