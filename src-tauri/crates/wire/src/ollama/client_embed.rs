//! Vectors for clients of Ollama: `/api/embed` of one or many texts, and the older `/api/embeddings` of one
//! (W-196). A request without a text asks for the model alone, as a chat without messages does.

use std::borrow::Cow;

use domain::{EmbeddingRequest, Embeddings, Failure, RawJson, TextOrTokens};

use super::Durations;
use crate::embeddings::floats;
use crate::fields::{self, integer, string, wrong_type};
use crate::json::{self, Fields, Object};

/// Where a request came in; answers have another shape at each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmbedRoute {
    /// `/api/embed`.
    Embed,
    /// `/api/embeddings`.
    Embeddings,
}

/// A request with what is not part of it.
#[derive(Clone, Debug, PartialEq)]
pub struct ClientEmbed {
    /// What the client wrote in `model`; `None` when it is missing, null or empty.
    pub model: Option<String>,
    /// The request itself; without inputs the client only wants the model loaded.
    pub request: EmbeddingRequest,
    /// Where it came in.
    pub route: EmbedRoute,
}

/// More inputs than one request may have.
const MAX_INPUTS: usize = 2048;

/// Reads the body of `POST /api/embed` or `POST /api/embeddings`.
///
/// # Errors
/// [`domain::FailureKind::InvalidRequest`] with the path of the field at fault.
pub fn decode_embed(body: &[u8], route: EmbedRoute) -> Result<ClientEmbed, Failure> {
    let Fields(body) = fields::body(body)?;
    let mut out = ClientEmbed {
        model: None,
        request: EmbeddingRequest::default(),
        route,
    };
    let request = &mut out.request;
    let text = |text: Cow<'_, str>| TextOrTokens::Text(text.into_owned());
    for (name, value) in body {
        match (name.as_ref(), route) {
            _ if value.get() == "null" => {}
            ("model", _) => out.model = Some(string("model", value)?).filter(|model| !model.is_empty()),
            ("prompt", EmbedRoute::Embeddings) => {
                let prompt = string("prompt", value)?;
                request.inputs = Vec::from_iter((!prompt.is_empty()).then(|| text(prompt.into())));
            }
            ("input", EmbedRoute::Embed) => {
                request.inputs = match (json::text(value), json::items(value)) {
                    (Some(one), _) if one.is_empty() => Vec::new(),
                    (Some(one), _) => vec![text(one)],
                    (None, Some(list)) if list.len() <= MAX_INPUTS => {
                        let texts = list
                            .into_iter()
                            .enumerate()
                            .map(|(at, item)| string(&format!("input[{at}]"), item).map(TextOrTokens::Text));
                        texts.collect::<Result<_, _>>()?
                    }
                    (None, _) => {
                        let kinds = "a string or an array of at most 2048 strings";
                        return Err(wrong_type("input", kinds));
                    }
                };
            }
            ("dimensions", _) => {
                let most = i64::from(u32::MAX);
                request.dimensions =
                    integer("dimensions", value, 1, most)?.and_then(|n| u32::try_from(n).ok());
            }
            // of Ollama's own runner
            ("options" | "keep_alive" | "truncate", _) => {}
            _ => request.extra.set(name, RawJson::new(value.get())),
        }
    }
    Ok(out)
}

/// Writes the body of a response: `model` is what the client asked for (W-57).
pub fn encode_embed(
    embeddings: &Embeddings,
    model: &str,
    route: EmbedRoute,
    durations: Durations,
    out: &mut Vec<u8>,
) {
    let mut object = Object::open(out);
    match route {
        EmbedRoute::Embed => {
            object.string("model", model);
            let list = object.key("embeddings");
            list.push(b'[');
            for (at, vector) in embeddings.vectors.iter().enumerate() {
                if at > 0 {
                    list.push(b',');
                }
                floats(vector, list);
            }
            list.push(b']');
            object.unsigned("total_duration", durations.total);
            object.unsigned("load_duration", durations.load);
            if let Some((usage, _)) = &embeddings.usage {
                object.unsigned("prompt_eval_count", usage.input);
            }
        }
        EmbedRoute::Embeddings => {
            let only = embeddings.vectors.first().map(Vec::as_slice);
            floats(only.unwrap_or_default(), object.key("embedding"));
        }
    }
    object.close();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(body: &str, route: EmbedRoute) -> Result<Vec<TextOrTokens>, Failure> {
        Ok(decode_embed(body.as_bytes(), route)?.request.inputs)
    }

    #[test]
    fn w_196_one_text_many_and_none() -> Result<(), Failure> {
        let of = |list: &[&str]| -> Vec<_> {
            list.iter()
                .map(|text| TextOrTokens::Text((*text).into()))
                .collect()
        };
        use EmbedRoute::{Embed, Embeddings};
        assert_eq!(texts(r#"{"model":"m","input":"a"}"#, Embed)?, of(&["a"]));
        assert_eq!(
            texts(r#"{"model":"m","input":["a","b"]}"#, Embed)?,
            of(&["a", "b"])
        );
        assert_eq!(texts(r#"{"model":"m","prompt":"a"}"#, Embeddings)?, of(&["a"]));
        for nothing in [
            r#"{"model":"m"}"#,
            r#"{"input":""}"#,
            r#"{"input":[]}"#,
            r#"{"input":null}"#,
        ] {
            assert_eq!(texts(nothing, Embed)?, of(&[]));
        }
        for wrong in [
            r#"{"input":7}"#,
            r#"{"input":[7]}"#,
            r#"{"input":"a","dimensions":0}"#,
        ] {
            assert!(texts(wrong, Embed).is_err(), "{wrong}");
        }
        Ok(())
    }

    #[test]
    fn w_196_vectors_are_written_as_each_route_has_them() {
        let embeddings = domain::Embeddings {
            vectors: vec![vec![0.5, -1.0], vec![0.1, 2.0]],
            ..domain::Embeddings::default()
        };
        for (route, written) in [
            (
                EmbedRoute::Embed,
                r#"{"model":"m","embeddings":[[0.5,-1],[0.1,2]],"total_duration":0,"load_duration":0}"#,
            ),
            (EmbedRoute::Embeddings, r#"{"embedding":[0.5,-1]}"#),
        ] {
            let mut out = Vec::new();
            encode_embed(&embeddings, "m", route, Durations::default(), &mut out);
            assert_eq!(String::from_utf8_lossy(&out), written);
        }
    }
}
