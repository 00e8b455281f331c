//! Client keys: how a secret is made, recognised and digested.
//!
//! The secret is shown once and only its SHA-256 is kept. A key is found by that digest, so that its text
//! never reaches SQL, a log or a comparison that leaks its length (SEC-14, SEC-18).

use domain::{ClientKeyDigest, Failure};
use sha2::{Digest, Sha256};

use crate::Ids;

/// What every client key begins with; secret scanners know it by this.
pub(crate) const PREFIX: &str = "sk-ink-";

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const BODY: usize = 43;
const CHECK: usize = 6;

/// Makes a secret: 256 random bits in base 62 and a checksum of six characters.
///
/// # Errors
/// When the machine has no randomness.
pub(crate) fn make(ids: &Ids) -> Result<String, Failure> {
    let mut number = ids.secret()?;
    let mut body = [b'0'; BODY];
    for slot in body.iter_mut().rev() {
        *slot = ALPHABET[usize::from(divide(&mut number, 62))];
    }
    let mut text = String::with_capacity(PREFIX.len() + BODY + CHECK);
    text.push_str(PREFIX);
    text.extend(body.iter().map(|b| char::from(*b)));
    text.push_str(&checksum(text.as_bytes()));
    Ok(text)
}

/// The digest of a presented secret; `None` when it cannot be one of ours, which spares the look-up.
pub(crate) fn digest(presented: &[u8]) -> Option<ClientKeyDigest> {
    if presented.len() != PREFIX.len() + BODY + CHECK || !presented.starts_with(PREFIX.as_bytes()) {
        return None;
    }
    let (secret, check) = presented.split_at(PREFIX.len() + BODY);
    let right = subtle::ConstantTimeEq::ct_eq(checksum(secret).as_bytes(), check);
    bool::from(right).then(|| ClientKeyDigest(Sha256::digest(presented).into()))
}

fn checksum(bytes: &[u8]) -> String {
    let mut number: [u8; 32] = Sha256::digest(bytes).into();
    (0..CHECK)
        .map(|_| char::from(ALPHABET[usize::from(divide(&mut number, 62))]))
        .collect()
}

/// Divides a big-endian number in place and gives the remainder.
fn divide(number: &mut [u8; 32], by: u16) -> u8 {
    let mut rest = 0_u16;
    for byte in number {
        let value = (rest << 8) | u16::from(*byte);
        *byte = u8::try_from(value / by).unwrap_or(u8::MAX);
        rest = value % by;
    }
    u8::try_from(rest).unwrap_or(u8::MAX)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{SystemClock, SystemRandom};

    #[test]
    fn a_secret_is_recognised_and_a_typo_is_not() -> Result<(), Failure> {
        let ids = Ids::new(Arc::new(SystemClock), Arc::new(SystemRandom));
        let secret = make(&ids)?;
        assert_eq!(secret.len(), 56);
        assert!(digest(secret.as_bytes()).is_some());
        assert_ne!(make(&ids)?, secret);
        for at in 0..secret.len() {
            let mut typo = secret.clone().into_bytes();
            typo[at] = if typo[at] == b'x' { b'y' } else { b'x' };
            assert!(digest(&typo).is_none(), "changed at {at}");
        }
        for other in ["", "sk-ink-", "Bearer x", &secret[..55]] {
            assert!(digest(other.as_bytes()).is_none(), "{other}");
        }
        Ok(())
    }
}
