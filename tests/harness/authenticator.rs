//! What a person has in their phone: RFC 6238 once more, so that the product's arithmetic is not tested by itself.

use std::time::{Duration, SystemTime};

use aws_lc_rs::hmac;

use crate::Installation;

const BASE32: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const STEP: u64 = 30;

pub struct Authenticator(Vec<u8>);

impl Authenticator {
    /// With the secret as people type it.
    pub fn new(base32: &str) -> Self {
        let mut bits = Vec::new();
        for sign in base32.chars() {
            let value = BASE32.find(sign).unwrap_or_else(|| panic!("{sign} is not base32"));
            bits.extend((0..5).rev().map(|bit| value >> bit & 1 == 1));
        }
        let byte = |bits: &[bool]| bits.iter().fold(0, |byte, bit| byte << 1 | u8::from(*bit));
        Self(bits.chunks_exact(8).map(byte).collect())
    }

    /// The code now, by the clock of the installation.
    pub fn code(&self, installation: &Installation) -> String {
        self.code_in(0, installation)
    }

    /// The code in so many steps of half a minute, or before so many.
    pub fn code_in(&self, steps: i64, installation: &Installation) -> String {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("it is after 1970");
        // Not across the end of a step: the server looks a little later.
        if now.as_secs() % STEP == STEP - 1 {
            std::thread::sleep(Duration::from_secs(1));
        }
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("it is after 1970");
        let step = (now + installation.clock_ahead()).as_secs() / STEP;
        let tag = hmac::sign(
            &hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &self.0),
            &(step as i64 + steps).to_be_bytes(),
        );
        let offset = usize::from(tag.as_ref()[19] & 0xf);
        let number = u32::from_be_bytes(tag.as_ref()[offset..offset + 4].try_into().expect("four bytes")) & 0x7fff_ffff;
        format!("{:06}", number % 1_000_000)
    }

    /// The next code: half a minute passes.
    pub fn next_code(&self, installation: &Installation) -> String {
        installation.advance_clock(Duration::from_secs(STEP));
        self.code(installation)
    }
}
