//! `POST /api/chat` and `POST /api/generate` (W-193 to W-195).

use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use domain::Failure;
use http::{HeaderMap, HeaderValue, header};
use wire::client::Form;
use wire::ollama::{self, ClientRequest, Durations, Envelope};

use super::{refusal, written};
use crate::http::admission::Admission;
use crate::http::answering::{self, Asked};
use crate::http::body;
use crate::{Engine, turn};

pub(in crate::http) async fn chat(
    State(engine): State<Engine>,
    Extension(admission): Extension<Admission>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let door = Door {
        route: "POST /api/chat",
        decode: ollama::decode_request,
    };
    Box::pin(door.answer(engine, &admission, &headers, body)).await
}

pub(in crate::http) async fn generate(
    State(engine): State<Engine>,
    Extension(admission): Extension<Admission>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let door = Door {
        route: "POST /api/generate",
        decode: ollama::decode_generate,
    };
    Box::pin(door.answer(engine, &admission, &headers, body)).await
}

/// One of the two routes.
struct Door {
    route: &'static str,
    decode: fn(&[u8]) -> Result<ClientRequest, Failure>,
}

impl Door {
    async fn answer(
        self,
        engine: Engine,
        admission: &Admission,
        headers: &HeaderMap,
        body: Body,
    ) -> Response {
        let asked = match body::read(body).await {
            Ok(body) => (self.decode)(&body.bytes),
            Err(failure) => Err(failure),
        };
        let asked = match asked {
            Ok(asked) => asked,
            Err(failure) => return refusal(&failure, None),
        };
        let model = asked.model.clone();
        let answered = if asked.preload {
            loaded(&engine, admission, &asked)
        } else {
            let form = Form::Ollama(envelope(&engine, &asked));
            let asked = Asked {
                route: self.route,
                model: asked.model,
                request: asked.request,
                session: asked.session_id,
                form,
            };
            answering::respond(engine, admission, headers, asked).await
        };
        answered.unwrap_or_else(|failure| refusal(&failure, model.as_deref()))
    }
}

fn envelope(engine: &Engine, asked: &ClientRequest) -> Envelope {
    Envelope {
        model: asked.model.clone().unwrap_or_default(),
        created_at: written(engine.clock().now()),
        route: asked.route,
        durations: Durations::default(),
    }
}

/// A client that only wants the model in memory is told that it is there: it lies with its provider (W-194).
fn loaded(engine: &Engine, admission: &Admission, asked: &ClientRequest) -> Result<Response, Failure> {
    let choice = turn::choice(&engine.roster().now(), &admission.key, asked.model.as_deref())?;
    let mut envelope = envelope(engine, asked);
    if envelope.model.is_empty() {
        envelope.model = choice.id;
    }
    let mut out = Vec::new();
    ollama::encode_loaded(&envelope, &mut out);
    let mut response = Response::new(Body::from(out));
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(response)
}
