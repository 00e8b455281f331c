//! What is asked of a model that is no conversation: texts to be embedded, a text to be continued, a picture to be made.
//!
//! Not every provider has a route for them, and where it has one its form is the provider's own and not that
//! of its wire. So the catalogue says where and how; a provider that nobody catalogued is taken to do as the
//! makers of its wire do.

use std::borrow::Cow;

use domain::{EmbeddingRequest, Failure, ImageRequest, Provider, Transport, Wire};
use wire::catalog::{self, EmbeddingRoute, EmbeddingShape};
use wire::completions::ClientRequest as Completion;
use wire::{completions, embeddings, images, provider};

use super::{Compiled, Form};

/// Writes a request for embeddings out for a provider.
///
/// # Errors
/// [`domain::FailureKind::InvalidRequest`] when it makes none, or none of what is asked.
pub(crate) fn compile_embedding(
    provider: &Provider,
    model: &str,
    request: &EmbeddingRequest,
) -> Result<Compiled, Failure> {
    let Some(route) = embedding_route(provider) else {
        let why = format!("The provider {} makes no embeddings.", provider.id);
        return Err(Failure::invalid("model", why)
            .with_code("unsupported_model")
            .with_hint("Name a provider that does, with one of its embedding models."));
    };
    let mut body = Vec::new();
    let applied = embeddings::encode_request(request, model, &route, &mut body)?;
    Ok(Compiled {
        body: body.into(),
        applied,
        path: Cow::Owned(embeddings::path(&route, model)),
        accept: "application/json",
        headers: provider::headers(provider.wire),
        stream: false,
        whole: true,
        form: Form::Embeddings {
            shape: route.shape,
            inputs: request.inputs.len(),
        },
    })
}

fn embedding_route(provider: &Provider) -> Option<Cow<'static, EmbeddingRoute>> {
    if provider.transport == Transport::InProcess {
        return None;
    }
    if let Some(entry) = catalogued(provider) {
        return entry.embeddings.as_ref().map(Cow::Borrowed);
    }
    let (path, shape) = match provider.wire {
        Wire::OpenAiChat | Wire::OpenAiResponses => ("/embeddings", EmbeddingShape::OpenAi),
        Wire::Gemini => ("/models/{model}:batchEmbedContents", EmbeddingShape::Gemini),
        Wire::Ollama => ("/api/embed", EmbeddingShape::Ollama),
        Wire::AnthropicMessages | Wire::BedrockConverse => return None,
    };
    Some(Cow::Owned(EmbeddingRoute {
        path: path.to_owned(),
        shape,
        dimensions: None,
    }))
}

/// Writes a text to be continued out for a provider that has a route for it; `None` where it only chats.
pub(crate) fn compile_completion(provider: &Provider, model: &str, request: &Completion) -> Option<Compiled> {
    let path = catalogued(provider)?.completions.as_deref()?;
    let mut body = Vec::new();
    let applied = completions::encode_request(request, model, &provider.quirks, &mut body);
    Some(Compiled {
        body: body.into(),
        applied,
        path: Cow::Borrowed(path),
        accept: if request.stream {
            "text/event-stream"
        } else {
            "application/json"
        },
        headers: Vec::new(),
        stream: request.stream,
        whole: !request.stream,
        // OpenAI's, on whatever wire the provider chats
        form: Form::Answer(Wire::OpenAiChat),
    })
}

/// Writes a request for a picture out for a provider.
///
/// # Errors
/// [`domain::FailureKind::InvalidRequest`] when it makes none.
pub(crate) fn compile_image(
    provider: &Provider,
    model: &str,
    request: &ImageRequest,
) -> Result<Compiled, Failure> {
    let Some(path) = image_path(provider) else {
        let why = format!("The provider {} makes no pictures.", provider.id);
        return Err(Failure::invalid("model", why)
            .with_code("unsupported_model")
            .with_hint("Name a provider that does, with one of its models for pictures."));
    };
    let mut body = Vec::new();
    images::encode_request(request, model, &mut body);
    Ok(Compiled {
        body: body.into(),
        applied: Vec::new(),
        path: Cow::Borrowed(path),
        accept: "application/json",
        headers: Vec::new(),
        stream: false,
        whole: true,
        form: Form::Image,
    })
}

fn image_path(provider: &Provider) -> Option<&'static str> {
    if provider.transport == Transport::InProcess {
        return None;
    }
    if let Some(entry) = catalogued(provider) {
        return entry.images.as_deref();
    }
    match provider.wire {
        Wire::OpenAiChat | Wire::OpenAiResponses => Some(images::PATH),
        Wire::AnthropicMessages | Wire::BedrockConverse | Wire::Gemini | Wire::Ollama => None,
    }
}

/// What the catalogue says of a provider that speaks as its kind does.
fn catalogued(provider: &Provider) -> Option<&'static catalog::Entry> {
    catalog::find(&provider.kind).filter(|entry| entry.wire == provider.wire)
}
