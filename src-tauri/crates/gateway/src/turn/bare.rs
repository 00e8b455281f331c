//! What is asked of a model that is no conversation, on the same path as what is.
//!
//! The danger is a second pipeline beside the first. So budgets, attempts, retries, fallbacks and the ledger are
//! those of every call, and only what leaves for a provider is another thing. A text that is to be continued
//! goes to a route made for that where the provider has one, and only as the client wrote it: an agent with
//! instructions can be followed in a conversation alone.

use std::time::Instant;

use domain::{
    CallSource, EmbeddingRequest, Embeddings, Failure, ImageRequest, Params, Provider, Request, Target,
    TextOrTokens,
};
use wire::completions::ClientRequest as Completion;

use super::resolve::Resolved;
use super::{Above, Ask, Place};
use crate::Engine;
use crate::upstream::{self, Compiled};

/// What is asked that is no conversation.
pub(crate) enum Bare {
    /// Texts to be embedded.
    Embedding(EmbeddingRequest),
    /// One text to be continued. Where it must become a conversation, that is the call's request.
    Completion(Box<Completion>),
    /// A picture to be made.
    Image(ImageRequest),
}

impl Bare {
    /// The request beside it, where nothing of a conversation is asked: vectors and pictures are no tokens that could be
    /// told before, so no money is set aside for them.
    pub fn beside() -> Request {
        Request {
            params: Params {
                max_output_tokens: Some(0),
                ..Params::default()
            },
            ..Request::default()
        }
    }

    /// As a call of its own that the app makes for `source`, in no session; no client sent it.
    ///
    /// # Errors
    /// Randomness that fails.
    pub fn asked(
        self,
        engine: &Engine,
        model: &Target,
        source: CallSource,
        route: &'static str,
    ) -> Result<Ask, Failure> {
        Ok(Ask {
            source,
            key: None,
            running: None,
            model: Some(model.to_string()),
            draft: None,
            request: Self::beside(),
            bare: Some(self),
            route,
            wire: None,
            heard: None,
            replay_of: None,
            recorded: None,
            place: Place::Nowhere,
            call: engine.ids().call()?,
            arrived: Instant::now(),
            retries: true,
            applied: Vec::new(),
            above: Above::default(),
        })
    }

    /// Why vectors are not what was asked for: a search over vectors of another length finds nonsense, and a
    /// provider that does not know `dimensions` ignores it (W-107).
    pub(super) fn unfit(&self, given: &Embeddings) -> Option<Failure> {
        let Self::Embedding(EmbeddingRequest {
            dimensions: Some(wanted),
            ..
        }) = self
        else {
            return None;
        };
        let wanted = usize::try_from(*wanted).unwrap_or(usize::MAX);
        let other = given
            .vectors
            .iter()
            .map(Vec::len)
            .find(|length| *length != wanted)?;
        let message = format!("This model gives vectors of {other} numbers, and not of {wanted}.");
        Some(Failure::invalid("dimensions", message).with_code("unsupported_value"))
    }
}

/// What leaves for a provider, and whether it could leave as a conversation instead.
pub(super) struct Outgoing {
    pub compiled: Compiled,
    pub could_chat: bool,
}

/// Writes out what was asked for a model of a provider; `request` is the conversation, merged.
pub(super) fn compile(
    bare: Option<&Bare>,
    resolved: &Resolved,
    provider: &Provider,
    model: &str,
    request: &Request,
) -> Result<Outgoing, Failure> {
    let conversation = || upstream::compile(provider, model, request);
    let (compiled, could_chat) = match bare {
        None => (conversation()?, false),
        Some(Bare::Embedding(wanted)) => (upstream::compile_embedding(provider, model, wanted)?, false),
        Some(Bare::Image(wanted)) => (upstream::compile_image(provider, model, wanted)?, false),
        Some(Bare::Completion(wanted)) => {
            let is_text = matches!(wanted.prompts.as_slice(), [TextOrTokens::Text(_)]);
            let instructed = resolved
                .agent
                .as_ref()
                .is_some_and(|agent| !agent.draft.instructions.is_empty());
            let as_it_stands = Completion {
                // what the agent says to them; log probabilities have another form here
                params: Params {
                    logprobs: None,
                    top_logprobs: None,
                    ..request.params.clone()
                },
                ..Completion::clone(wanted)
            };
            let native = if instructed {
                None
            } else {
                upstream::compile_completion(provider, model, &as_it_stands)
            };
            match native {
                Some(compiled) => (compiled, is_text),
                None if is_text => (conversation()?, false),
                None => {
                    let why = "This model takes prompts of text and not of tokens.";
                    return Err(Failure::invalid("prompt", why).with_code("unsupported_value"));
                }
            }
        }
    };
    Ok(Outgoing { compiled, could_chat })
}

/// Whether a refusal says that there is no such route, at all or for this model.
pub(super) fn is_no_route(failure: &Failure) -> bool {
    let status = failure.upstream().and_then(|said| said.status);
    matches!(status, Some(404 | 405 | 501))
}
