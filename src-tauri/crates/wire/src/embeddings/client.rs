//! The side where we are the server.

use base64ct::{Base64, Encoding as _};
use domain::{EmbeddingRequest, Embeddings, Failure, RawJson, TextOrTokens};
use serde_json::value::RawValue;

use crate::fields::{self, integer, missing, string};
use crate::json::{self, Fields, Object};
use crate::text_or_tokens;

/// How a client wants its vectors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encoding {
    /// As arrays of numbers.
    #[default]
    Float,
    /// As base64 of little-endian 32-bit floats: what OpenAI's Python library asks for by itself (W-106).
    Base64,
}

/// A request with what is only the client's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientRequest {
    /// What the client wrote in `model`; `None` when it is missing, null or empty.
    pub model: Option<String>,
    /// The request itself.
    pub request: EmbeddingRequest,
    /// How it wants its vectors.
    pub encoding: Encoding,
}

/// More inputs than one request may have.
const MAX_INPUTS: usize = 2048;

/// Reads the body of `POST /v1/embeddings`.
///
/// # Errors
/// [`domain::FailureKind::InvalidRequest`] with the path of the field at fault.
pub fn decode_request(body: &[u8]) -> Result<ClientRequest, Failure> {
    let body: Fields<'_> = fields::body(body)?;
    let mut model = None;
    let mut inputs = None;
    let mut encoding = Encoding::Float;
    let mut request = EmbeddingRequest::default();
    for (name, value) in body.0 {
        match name.as_ref() {
            "model" | "dimensions" | "encoding_format" if value.get() == "null" => {}
            "model" => model = Some(string("model", value)?).filter(|model| !model.is_empty()),
            "input" => inputs = Some(read_inputs(value)?),
            "dimensions" => {
                let most = i64::from(u32::MAX);
                request.dimensions =
                    integer("dimensions", value, 1, most)?.and_then(|n| u32::try_from(n).ok());
            }
            "encoding_format" => {
                encoding = match json::text(value).as_deref() {
                    Some("float") => Encoding::Float,
                    Some("base64") => Encoding::Base64,
                    Some(_) | None => {
                        let why = "'encoding_format' must be 'float' or 'base64'.";
                        return Err(Failure::invalid("encoding_format", why).with_code("invalid_value"));
                    }
                };
            }
            _ => request.extra.set(name, RawJson::new(value.get())),
        }
    }
    request.inputs = inputs.ok_or_else(|| missing("input"))?;
    Ok(ClientRequest {
        model,
        request,
        encoding,
    })
}

fn read_inputs(value: &RawValue) -> Result<Vec<TextOrTokens>, Failure> {
    let inputs = text_or_tokens::read("input", value, MAX_INPUTS)?;
    let empty = inputs.iter().position(|input| match input {
        TextOrTokens::Text(text) => text.is_empty(),
        TextOrTokens::Tokens(tokens) => tokens.is_empty(),
    });
    match empty {
        None => Ok(inputs),
        Some(at) => {
            let path = if json::items(value).is_some() {
                format!("input[{at}]")
            } else {
                "input".into()
            };
            Err(Failure::invalid(&path, format!("'{path}' must not be empty.")).with_code("invalid_value"))
        }
    }
}

/// Writes the body of a response (W-105): `model` is what the client asked for (W-57).
pub fn encode_answer(embeddings: &Embeddings, model: &str, encoding: Encoding, out: &mut Vec<u8>) {
    let mut object = Object::open(out);
    object.literal("object", r#""list""#);
    let list = object.key("data");
    list.push(b'[');
    for (index, vector) in (0_u64..).zip(&embeddings.vectors) {
        if index > 0 {
            list.push(b',');
        }
        let mut item = Object::open(list);
        item.literal("object", r#""embedding""#);
        item.unsigned("index", index);
        match encoding {
            Encoding::Float => floats(vector, item.key("embedding")),
            Encoding::Base64 => item.string("embedding", &base64(vector)),
        }
        item.close();
    }
    list.push(b']');
    object.string("model", model);
    if let Some((usage, _)) = &embeddings.usage {
        let mut tokens = Object::open(object.key("usage"));
        tokens.unsigned("prompt_tokens", usage.input);
        tokens.unsigned("total_tokens", usage.total());
        tokens.close();
    }
    object.close();
}

/// Writes a vector as an array of numbers.
pub(crate) fn floats(vector: &[f32], out: &mut Vec<u8>) {
    out.push(b'[');
    for (at, number) in vector.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        out.extend_from_slice(number.to_string().as_bytes());
    }
    out.push(b']');
}

fn base64(vector: &[f32]) -> String {
    let bytes: Vec<u8> = vector.iter().flat_map(|number| number.to_le_bytes()).collect();
    Base64::encode_string(&bytes)
}
