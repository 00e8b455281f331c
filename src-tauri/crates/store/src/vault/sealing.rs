//! The envelope: one random key that seals every provider key.
//!
//! The danger is a sealed row that opens in the wrong place: moved by hand, or by a broken migration, to
//! another provider or another address, it would send one provider's key to another. So who and where are
//! part of the seal (KEY-11). Plain text exists only in buffers of exactly its length, which are wiped;
//! a buffer that grows leaves copies behind.

use base64ct::{Base64, Encoding};
use chacha20poly1305::{AeadInOut, KeyInit, Tag, XChaCha20Poly1305, XNonce};
use domain::{Failure, FailureKind};
use secrecy::{ExposeSecret, ExposeSecretMut, SecretBox, SecretString};
use zeroize::{Zeroize, Zeroizing};

use super::Random;

const KEY_BYTES: usize = 32;
/// 32 bytes in base64 with padding. Text, because KDE's wallet keeps nothing else.
const KEY_TEXT_BYTES: usize = 44;
const NONCE_BYTES: usize = 24;
const TAG_BYTES: usize = 16;

/// A key that seals: the vault's master key, or the one derived from a passphrase.
pub(super) struct SealingKey(SecretBox<[u8; KEY_BYTES]>);

/// What the seal is bound to beside the key; each part is length-prefixed, so that no two lists of
/// parts read the same.
pub(super) type Binding<'a> = &'a [&'a [u8]];

/// A sealed secret.
pub(super) struct Sealed {
    /// 24 bytes, never used twice with a key.
    pub nonce: Vec<u8>,
    /// Cipher text and its 16-byte tag.
    pub bytes: Vec<u8>,
}

impl SealingKey {
    pub(super) fn generate(random: &Random) -> Result<Self, Failure> {
        let mut key = Self::empty();
        random(key.0.expose_secret_mut())?;
        Ok(key)
    }

    /// Fills a key in place; what `fill` reports is passed on.
    pub(super) fn filled<E>(fill: impl FnOnce(&mut [u8; KEY_BYTES]) -> Result<(), E>) -> Result<Self, E> {
        let mut key = Self::empty();
        fill(key.0.expose_secret_mut())?;
        Ok(key)
    }

    /// Reads [`SealingKey::to_text`] back; `None` for anything else.
    pub(super) fn from_text(text: &SecretString) -> Option<Self> {
        let mut key = Self::empty();
        let decoded = Base64::decode(text.expose_secret(), key.0.expose_secret_mut()).ok()?;
        (decoded.len() == KEY_BYTES).then_some(key)
    }

    /// The key as the OS store keeps it: 44 printable characters, which fit everywhere.
    pub(super) fn to_text(&self) -> Result<SecretString, Failure> {
        let mut buffer = Zeroizing::new([0u8; KEY_TEXT_BYTES]);
        let text = Base64::encode(self.bytes(), buffer.as_mut_slice()).map_err(|_| broken())?;
        Ok(SecretString::from(text))
    }

    pub(super) fn bytes(&self) -> &[u8; KEY_BYTES] {
        self.0.expose_secret()
    }

    pub(super) fn seal(
        &self,
        random: &Random,
        binding: Binding<'_>,
        plain: &[u8],
    ) -> Result<Sealed, Failure> {
        let mut nonce = [0u8; NONCE_BYTES];
        random(&mut nonce)?;
        let mut bytes = Vec::with_capacity(plain.len() + TAG_BYTES);
        bytes.extend_from_slice(plain);
        let sealed =
            self.cipher()
                .encrypt_in_place(&XNonce::from(nonce), &associated_data(binding), &mut bytes);
        if sealed.is_err() {
            bytes.zeroize();
            return Err(broken());
        }
        Ok(Sealed {
            nonce: nonce.to_vec(),
            bytes,
        })
    }

    /// `None` when the seal was made by another key, for another binding, or was changed since.
    pub(super) fn unseal(
        &self,
        binding: Binding<'_>,
        nonce: &[u8],
        sealed: &[u8],
    ) -> Option<Zeroizing<Vec<u8>>> {
        let nonce: [u8; NONCE_BYTES] = nonce.try_into().ok()?;
        let (text, tag) = sealed.split_at_checked(sealed.len().checked_sub(TAG_BYTES)?)?;
        let tag: [u8; TAG_BYTES] = tag.try_into().ok()?;
        let mut plain = Zeroizing::new(text.to_vec());
        let opened = self.cipher().decrypt_inout_detached(
            &XNonce::from(nonce),
            &associated_data(binding),
            plain.as_mut_slice().into(),
            &Tag::from(tag),
        );
        opened.ok().map(|()| plain)
    }

    fn empty() -> Self {
        Self(SecretBox::new(Box::new([0; KEY_BYTES])))
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(self.bytes().into())
    }
}

impl std::fmt::Debug for SealingKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SealingKey(..)")
    }
}

/// Turns an unsealed buffer into text without a copy of it being left behind.
pub(super) fn into_text(mut plain: Zeroizing<Vec<u8>>) -> Option<SecretString> {
    // taken out of its wrapper, not copied; its length is its capacity, so boxing it moves nothing
    match String::from_utf8(std::mem::take(&mut *plain)) {
        Ok(text) => Some(SecretString::from(text)),
        Err(wrong) => {
            wrong.into_bytes().zeroize();
            None
        }
    }
}

fn associated_data(parts: Binding<'_>) -> Vec<u8> {
    let mut data = Vec::with_capacity(parts.iter().map(|part| part.len() + 8).sum());
    for part in parts {
        data.extend_from_slice(&(part.len() as u64).to_le_bytes());
        data.extend_from_slice(part);
    }
    data
}

fn broken() -> Failure {
    Failure::new(FailureKind::Internal, "A secret could not be sealed.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vault::os_random;

    #[test]
    fn a_seal_opens_only_under_its_key_and_its_binding() -> Result<(), Failure> {
        let random = os_random();
        let key = SealingKey::generate(&random)?;
        let sealed = key.seal(&random, &[b"ab", b"c"], b"plain")?;
        let open = |key: &SealingKey, binding: Binding<'_>, bytes: &[u8]| {
            key.unseal(binding, &sealed.nonce, bytes)
                .map(|plain| plain.to_vec())
        };
        assert_eq!(
            open(&key, &[b"ab", b"c"], &sealed.bytes).as_deref(),
            Some(b"plain".as_slice())
        );
        assert_eq!(
            open(&key, &[b"a", b"bc"], &sealed.bytes),
            None,
            "parts may not run together"
        );
        assert_eq!(
            open(&SealingKey::generate(&random)?, &[b"ab", b"c"], &sealed.bytes),
            None
        );
        for at in 0..sealed.bytes.len() {
            let mut changed = sealed.bytes.clone();
            changed[at] ^= 1;
            assert_eq!(open(&key, &[b"ab", b"c"], &changed), None, "byte {at}");
            assert_eq!(
                open(&key, &[b"ab", b"c"], &sealed.bytes[..at]),
                None,
                "cut at {at}"
            );
        }
        Ok(())
    }

    #[test]
    fn keys_travel_as_44_characters() -> Result<(), Failure> {
        let key = SealingKey::generate(&os_random())?;
        let text = key.to_text()?;
        assert_eq!(text.expose_secret().len(), KEY_TEXT_BYTES);
        let back = SealingKey::from_text(&text).map(|key| *key.bytes());
        assert_eq!(back, Some(*key.bytes()));
        for bad in ["", "AAAA", "not base64 at all, forty-four characters....."] {
            assert!(SealingKey::from_text(&bad.into()).is_none(), "{bad}");
        }
        assert!(!format!("{key:?}").contains(text.expose_secret()));
        Ok(())
    }
}
