//! Signatures for reasoning that its provider did not sign, for clients whose protocol wants one (W-155).
//!
//! Clients of Anthropic's wire send a thinking block back with its signature or not at all. By the signature
//! the block is known to be ours and unchanged; by it too it is kept from providers, who refuse what they did
//! not sign. It holds for the client key that was answered.

use domain::{ClientKeyDigest, Message, Part, Role};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::roster::KeyState;

/// What ours begin with; providers' are base64 and have no dot.
const PREFIX: &str = "inglenook.1.";

/// Signs and recognises the reasoning that one client key was told.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Signature(ClientKeyDigest);

impl Signature {
    /// The one for this key.
    pub fn of(key: &KeyState) -> Self {
        Self(key.digest)
    }

    /// Makes the signatures of an answer.
    pub fn into_signer(self) -> wire::anthropic_messages::Signer {
        wire::anthropic_messages::Signer::new(move |text| self.sign(text))
    }

    fn sign(self, text: &str) -> String {
        let mut code = Hmac::<Sha256>::new(&block(&self.0));
        code.update(b"thinking");
        code.update(text.as_bytes());
        let code = code.finalize().into_bytes();
        let mut signature = String::with_capacity(PREFIX.len() + 2 * code.len());
        signature.push_str(PREFIX);
        for byte in code {
            signature.push_str(&format!("{byte:02x}"));
        }
        signature
    }

    /// Takes our signatures off what a client sent back. Reasoning that was changed since is no reasoning of
    /// any model's, and goes.
    pub fn open(self, messages: &mut [Message]) {
        let answers = messages
            .iter_mut()
            .filter(|message| message.role == Role::Assistant);
        for message in answers {
            message.parts.retain_mut(|part| {
                let Part::Reasoning { text, signature, .. } = part else {
                    return true;
                };
                let ours = signature.take_if(|signature| signature.starts_with(PREFIX));
                ours.is_none_or(|ours| self.made(text, &ours))
            });
        }
    }

    fn made(self, text: &str, signature: &str) -> bool {
        let right = self.sign(text);
        bool::from(subtle::ConstantTimeEq::ct_eq(
            right.as_bytes(),
            signature.as_bytes(),
        ))
    }
}

/// The digest as a key of exactly one block of the hash, which is a key of any length filled up with zeros.
fn block(digest: &ClientKeyDigest) -> hmac::digest::Key<Hmac<Sha256>> {
    let mut block = hmac::digest::Key::<Hmac<Sha256>>::default();
    for (to, from) in block.iter_mut().zip(digest.0) {
        *to = from;
    }
    block
}

#[cfg(test)]
mod tests {
    use domain::Extra;

    use super::*;

    fn thought(text: &str, signature: &str) -> Part {
        Part::Reasoning {
            text: text.into(),
            signature: Some(signature.into()),
            extra: Extra::new(),
        }
    }

    #[test]
    fn w_155_only_its_own_unchanged_reasoning_is_recognised() {
        let signature = Signature(ClientKeyDigest([7; 32]));
        let signed = signature.sign("Hm.");
        let other = Signature(ClientKeyDigest([8; 32])).sign("Hm.");
        assert_ne!(signed, other);
        let mut messages = [Message {
            role: Role::Assistant,
            parts: vec![
                thought("Hm.", &signed),
                thought("Changed.", &signed),
                thought("Hm.", &other),
                thought("Of a provider.", "EqQBCg=="),
                Part::text("Hello."),
            ],
            extra: Extra::new(),
        }];
        signature.open(&mut messages);
        assert_eq!(
            messages[0].parts,
            [
                Part::reasoning("Hm."),
                thought("Of a provider.", "EqQBCg=="),
                Part::text("Hello."),
            ]
        );
    }
}
