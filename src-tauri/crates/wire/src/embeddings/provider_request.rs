//! The request as a provider reads it.

use domain::{Applied, EmbeddingRequest, Failure, TextOrTokens};

use crate::catalog::{EmbeddingRoute, EmbeddingShape};
use crate::json::{self, Object};
use crate::notes::Notes;
use crate::text_or_tokens;

/// Where embeddings are asked for, under the provider's base URL.
pub fn path(route: &EmbeddingRoute, model: &str) -> String {
    let mut encoded = String::with_capacity(model.len());
    for byte in model.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    route.path.replace("{model}", &encoded)
}

/// Writes the body of a request for `model`, in the provider's spelling, and tells what was left out.
///
/// # Errors
/// [`domain::FailureKind::InvalidRequest`] for tokens at a provider that only takes texts.
pub fn encode_request(
    request: &EmbeddingRequest,
    model: &str,
    route: &EmbeddingRoute,
    out: &mut Vec<u8>,
) -> Result<Vec<Applied>, Failure> {
    let mut notes = Notes::default();
    let mut object = Object::open(out);
    match route.shape {
        EmbeddingShape::OpenAi => {
            object.string("model", model);
            text_or_tokens::write(&request.inputs, object.key("input"));
            dimensions(request, route, "dimensions", &mut object);
            object.extra(&request.extra, |_| true);
        }
        EmbeddingShape::Cohere => {
            object.string("model", model);
            list(&texts(&request.inputs)?, object.key("texts"));
            match request.extra.get("input_type") {
                Some(kind) => object.raw("input_type", kind.get()),
                // it must say something; this is what is right for what will be searched
                None => object.literal("input_type", r#""search_document""#),
            }
            object.literal("embedding_types", r#"["float"]"#);
            dimensions(request, route, "output_dimension", &mut object);
            left_out(request, &["input_type"], &mut notes);
        }
        EmbeddingShape::Ollama => {
            object.string("model", model);
            list(&texts(&request.inputs)?, object.key("input"));
            dimensions(request, route, "dimensions", &mut object);
            let known = ["keep_alive", "options", "truncate"];
            object.extra(&request.extra, |name| known.contains(&name));
            left_out(request, &known, &mut notes);
        }
        EmbeddingShape::Gemini => {
            gemini(request, model, route, object.key("requests"))?;
            left_out(request, &["task_type"], &mut notes);
        }
    }
    object.close();
    Ok(notes.take())
}

fn gemini(
    request: &EmbeddingRequest,
    model: &str,
    route: &EmbeddingRoute,
    out: &mut Vec<u8>,
) -> Result<(), Failure> {
    out.push(b'[');
    for (at, text) in texts(&request.inputs)?.into_iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        let mut one = Object::open(out);
        one.string("model", &format!("models/{model}"));
        let content = one.key("content");
        content.extend_from_slice(br#"{"parts":[{"text":"#);
        json::write_string(text, content);
        content.extend_from_slice(b"}]}");
        if let Some(kind) = request.extra.get("task_type") {
            one.raw("taskType", kind.get());
        }
        dimensions(request, route, "outputDimensionality", &mut one);
        one.close();
    }
    out.push(b']');
    Ok(())
}

fn dimensions(request: &EmbeddingRequest, route: &EmbeddingRoute, usual: &str, object: &mut Object<'_>) {
    if let Some(dimensions) = request.dimensions {
        object.unsigned(route.dimensions.as_deref().unwrap_or(usual), dimensions.into());
    }
}

fn left_out(request: &EmbeddingRequest, known: &[&str], notes: &mut Notes) {
    for (name, _) in request.extra.iter().filter(|(name, _)| !known.contains(name)) {
        notes.add(name, "left out, the provider has no field for it");
    }
}

fn texts(inputs: &[TextOrTokens]) -> Result<Vec<&str>, Failure> {
    inputs.iter().map(text).collect()
}

fn text(input: &TextOrTokens) -> Result<&str, Failure> {
    if let TextOrTokens::Text(text) = input {
        return Ok(text);
    }
    let why = "This provider embeds texts and not tokens.";
    Err(Failure::invalid("input", why).with_code("unsupported_value"))
}

fn list(texts: &[&str], out: &mut Vec<u8>) {
    out.push(b'[');
    for (at, text) in texts.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        json::write_string(text, out);
    }
    out.push(b']');
}
