//! Sealed envelopes: a provider's signature as a client of the Responses protocol carries it (W-129).
//!
//! Such a client asks for `reasoning.encrypted_content`, keeps it and sends it back, so its answer goes on
//! where the server remembers nothing. What it carries must not reach anybody else: an envelope is bound to
//! the client key and to the upstream and model that made the signature, and opens for no other. One that
//! was altered, or made elsewhere, is left out and told; no call fails for it. The key lies in the database,
//! beside the reasoning itself: an envelope hides nothing from who can read that.

use base64ct::{Base64, Base64UrlUnpadded, Encoding};
use chacha20poly1305::{AeadInOut, KeyInit, XChaCha20Poly1305, XNonce};
use domain::{Answer, Delta, Event, Extra, Failure, Part, Request, Wire};
use store::table;
use tokio::sync::OnceCell;

use super::{Maker, is_marked};
use crate::engine::Engine;
use crate::failures::internal;
use crate::turn::fingerprint::Fingerprint;

const PREFIX: &str = "ink1.";
const SETTING: &str = "reasoning_envelopes";
const NONCE_BYTES: usize = 24;

/// The key of this data directory's envelopes, read or made when it is first needed.
#[derive(Default)]
pub(crate) struct Envelopes {
    cipher: OnceCell<XChaCha20Poly1305>,
}

/// Whose signatures an answer holds, and who may bring them back.
#[derive(Clone, Debug)]
pub(crate) struct Sealed {
    /// The client key.
    pub owner: Fingerprint,
    /// Who made them.
    pub maker: Maker,
}

impl Envelopes {
    /// Has the key ready.
    ///
    /// # Errors
    /// Storage failures.
    pub async fn ready(&self, engine: &Engine) -> Result<(), Failure> {
        self.cipher(engine).await.map(|_| ())
    }

    async fn cipher(&self, engine: &Engine) -> Result<&XChaCha20Poly1305, Failure> {
        let read = || async {
            let made = Base64::encode_string(&engine.ids().secret()?);
            let text: String = engine
                .store()
                .write(move |tx| {
                    if let Some(kept) = table::settings::get(tx, SETTING)? {
                        return Ok(kept);
                    }
                    table::settings::set(tx, SETTING, &made)?;
                    Ok(made)
                })
                .await?;
            let mut key = [0; 32];
            Base64::decode(&text, &mut key).map_err(internal)?;
            Ok(XChaCha20Poly1305::new(&key.into()))
        };
        self.cipher.get_or_try_init(read).await
    }

    /// The event with its signature in an envelope. Without the key, which [`Envelopes::ready`] brings, the
    /// signature is left out.
    pub fn seal_event(&self, engine: &Engine, sealed: &Sealed, event: &mut Event) {
        match event {
            Event::Delta {
                delta: Delta::ReasoningEnd { signature, extra },
                ..
            } => self.seal(engine, sealed, signature, extra),
            Event::Delta {
                delta: Delta::Part { part },
                ..
            } => {
                if let Part::Reasoning { signature, extra, .. } = &mut **part {
                    self.seal(engine, sealed, signature, extra);
                }
            }
            Event::Delta { .. } | Event::Started { .. } | Event::Finished { .. } | Event::Usage { .. } => {}
        }
    }

    /// The answer with its signatures in envelopes, as [`Envelopes::seal_event`].
    pub fn seal_answer(&self, engine: &Engine, sealed: &Sealed, answer: &mut Answer) {
        for choice in &mut answer.choices {
            for part in &mut choice.message.parts {
                if let Part::Reasoning { signature, extra, .. } = part {
                    self.seal(engine, sealed, signature, extra);
                }
            }
        }
    }

    fn seal(&self, engine: &Engine, sealed: &Sealed, signature: &mut Option<String>, extra: &Extra) {
        let Some(plain) = signature.take() else { return };
        let Some(cipher) = self.cipher.get() else { return };
        let Ok(secret) = engine.ids().secret() else { return };
        let mut nonce = [0; NONCE_BYTES];
        nonce.copy_from_slice(&secret[..NONCE_BYTES]);
        // with the fields beside it, which the protocol has no room for and its maker wants back
        let Ok(mut bytes) = serde_json::to_vec(&(plain, extra)) else {
            return;
        };
        if cipher
            .encrypt_in_place(&XNonce::from(nonce), &sealed.binding(), &mut bytes)
            .is_ok()
        {
            let whole = [&nonce[..], &bytes].concat();
            *signature = Some(format!("{PREFIX}{}", Base64UrlUnpadded::encode_string(&whole)));
        }
    }

    /// The request with its envelopes opened, and how many were left out because they do not open for this
    /// maker. `None` when it holds none.
    pub async fn open(&self, engine: &Engine, sealed: &Sealed, request: &Request) -> Option<(Request, u32)> {
        let holds = |part: &Part| {
            matches!(
                part,
                Part::Reasoning {
                    signature: Some(_),
                    ..
                }
            )
        };
        let any = request.wire == Wire::OpenAiResponses
            && request
                .messages
                .iter()
                .any(|message| !is_marked(message) && message.parts.iter().any(holds));
        if !any {
            return None;
        }
        let cipher = match self.cipher(engine).await {
            Ok(cipher) => Some(cipher),
            Err(failure) => {
                tracing::error!(%failure, "envelopes could not be opened");
                None
            }
        };
        let mut request = request.clone();
        let mut left_out = 0;
        for message in request.messages.iter_mut().filter(|message| !is_marked(message)) {
            message.parts.retain_mut(|part| {
                let Part::Reasoning {
                    text,
                    signature,
                    extra,
                } = part
                else {
                    return true;
                };
                let Some(envelope) = signature.take() else {
                    return true;
                };
                if let Some((own, fields)) = cipher.and_then(|cipher| sealed.opened(cipher, &envelope)) {
                    *signature = Some(own);
                    *extra = fields;
                    return true;
                }
                left_out += 1;
                !text.is_empty()
            });
        }
        request.messages.retain(|message| !message.parts.is_empty());
        Some((request, left_out))
    }
}

impl Sealed {
    fn opened(&self, cipher: &XChaCha20Poly1305, envelope: &str) -> Option<(String, Extra)> {
        let mut bytes = Base64UrlUnpadded::decode_vec(envelope.strip_prefix(PREFIX)?).ok()?;
        if bytes.len() < NONCE_BYTES {
            return None;
        }
        let mut sealed = bytes.split_off(NONCE_BYTES);
        let nonce: [u8; NONCE_BYTES] = bytes.try_into().ok()?;
        cipher
            .decrypt_in_place(&XNonce::from(nonce), &self.binding(), &mut sealed)
            .ok()?;
        serde_json::from_slice(&sealed).ok()
    }

    fn binding(&self) -> Vec<u8> {
        // neither text holds a line break, so no two makers read the same
        let maker = format!("{}\n{}", self.maker.upstream, self.maker.model);
        [&self.owner[..], maker.as_bytes()].concat()
    }
}
