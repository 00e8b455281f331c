//! The vault without an OS store: its master key lies in the database, sealed under a key that Argon2id
//! derives from the user's passphrase.
//!
//! The danger is a stolen database and a fast guesser, so each guess is made dear: half a second and
//! 64 MiB or more here, wherever it is made. The costs stand beside the seal, so that raising them later
//! does not lock anyone out. A wrong passphrase and a damaged seal answer alike.

use argon2::{Algorithm, Argon2, Params, Version};
use domain::{Failure, FailureKind};
use secrecy::{ExposeSecret, SecretString};

use super::{Random, sealing::SealingKey};

const SALT_BYTES: usize = 16;
const NONCE_BYTES: usize = 24;
const FORMAT: u8 = 1;
/// Format, then memory, passes and lanes as 32-bit little-endian numbers.
const HEADER_BYTES: usize = 1 + 3 * 4;

/// What one guess costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PassphraseCost {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes over it.
    pub passes: u32,
}

impl Default for PassphraseCost {
    fn default() -> Self {
        Self {
            memory_kib: 128 * 1024,
            passes: 3,
        }
    }
}

impl PassphraseCost {
    /// A database that was tampered with may not make us fill the machine's memory.
    const LIMIT: Self = Self {
        memory_kib: 1024 * 1024,
        passes: 64,
    };
}

/// What `vault_meta` keeps of a passphrase vault. Worthless without the passphrase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Verifier {
    pub salt: Vec<u8>,
    pub bytes: Vec<u8>,
}

/// Makes a master key and seals it under the passphrase. Takes about half a second.
pub(super) fn create(
    passphrase: &SecretString,
    cost: PassphraseCost,
    random: &Random,
) -> Result<(Verifier, SealingKey), Failure> {
    let mut salt = vec![0u8; SALT_BYTES];
    random(&mut salt)?;
    let mut bytes = Vec::with_capacity(HEADER_BYTES + NONCE_BYTES + 48);
    bytes.push(FORMAT);
    for number in [cost.memory_kib, cost.passes, 1] {
        bytes.extend_from_slice(&number.to_le_bytes());
    }
    let derived = derive(passphrase, &salt, cost).ok_or_else(failed)?;
    let master = SealingKey::generate(random)?;
    let sealed = derived.seal(random, &[LABEL, &bytes, &salt], master.bytes())?;
    bytes.extend_from_slice(&sealed.nonce);
    bytes.extend_from_slice(&sealed.bytes);
    Ok((Verifier { salt, bytes }, master))
}

/// The master key, when the passphrase is the right one. Takes about half a second either way.
pub(super) fn open(passphrase: &SecretString, verifier: &Verifier) -> Option<SealingKey> {
    let (header, rest) = verifier.bytes.split_at_checked(HEADER_BYTES)?;
    let (nonce, sealed) = rest.split_at_checked(NONCE_BYTES)?;
    let number = |at: usize| {
        let four: Option<[u8; 4]> = header.get(at..at + 4).and_then(|bytes| bytes.try_into().ok());
        four.map(u32::from_le_bytes)
    };
    let cost = PassphraseCost {
        memory_kib: number(1)?,
        passes: number(5)?,
    };
    if header.first() != Some(&FORMAT) || number(9) != Some(1) {
        return None;
    }
    let derived = derive(passphrase, &verifier.salt, cost)?;
    let plain = derived.unseal(&[LABEL, header, &verifier.salt], nonce, sealed)?;
    SealingKey::filled(|key| {
        (plain.len() == key.len())
            .then(|| key.copy_from_slice(&plain))
            .ok_or(())
    })
    .ok()
}

const LABEL: &[u8] = b"inglenook master key";

fn derive(passphrase: &SecretString, salt: &[u8], cost: PassphraseCost) -> Option<SealingKey> {
    if cost.memory_kib > PassphraseCost::LIMIT.memory_kib || cost.passes > PassphraseCost::LIMIT.passes {
        return None;
    }
    let params = Params::new(cost.memory_kib, cost.passes, 1, None).ok()?;
    let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    SealingKey::filled(|key| argon.hash_password_into(passphrase.expose_secret().as_bytes(), salt, key)).ok()
}

fn failed() -> Failure {
    Failure::new(
        FailureKind::Internal,
        "No key could be derived from the passphrase.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vault::os_random;

    const CHEAP: PassphraseCost = PassphraseCost {
        memory_kib: 64,
        passes: 1,
    };

    #[test]
    fn only_the_same_passphrase_opens() -> Result<(), Failure> {
        let (verifier, master) = create(&"correct horse".into(), CHEAP, &os_random())?;
        let opened = open(&"correct horse".into(), &verifier);
        assert_eq!(opened.map(|key| *key.bytes()), Some(*master.bytes()));
        for wrong in ["", "correct horse ", "Correct horse"] {
            assert!(open(&wrong.into(), &verifier).is_none(), "{wrong:?}");
        }
        Ok(())
    }

    #[test]
    fn a_changed_verifier_does_not_open_and_cannot_raise_the_cost() -> Result<(), Failure> {
        let (verifier, _) = create(&"p".into(), CHEAP, &os_random())?;
        for at in 0..verifier.bytes.len() {
            let mut changed = verifier.clone();
            // the top bit: of a cost, more memory than any machine has
            changed.bytes[at] ^= 0x80;
            assert!(open(&"p".into(), &changed).is_none(), "byte {at}");
        }
        let mut salted = verifier.clone();
        salted.salt[0] ^= 1;
        assert!(open(&"p".into(), &salted).is_none());
        for end in 0..verifier.bytes.len() {
            let cut = Verifier {
                salt: verifier.salt.clone(),
                bytes: verifier.bytes[..end].to_vec(),
            };
            assert!(open(&"p".into(), &cut).is_none(), "cut at {end}");
        }
        Ok(())
    }
}
