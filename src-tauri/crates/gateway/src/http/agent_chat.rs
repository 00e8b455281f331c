//! Chat with one agent, in the form of agent platforms: `POST /v2/chats/openai`, where the body names the
//! agent, and `POST /v1/agents/{id}/chat`, where the path does and the body is one message.

use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use domain::{Failure, Wire};
use http::HeaderMap;
use wire::agent_chat::{ClientRequest, Envelope};
use wire::client::Form;

use super::admission::Admission;
use super::answering::{self, Asked, Besides};
use super::asking::{Segment, named};
use super::{body, errors};
use crate::{Engine, turn};

pub(super) async fn create(
    State(engine): State<Engine>,
    Extension(admission): Extension<Admission>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    respond(Box::pin(answer(engine, &admission, &headers, body)).await)
}

pub(super) async fn say(
    State(engine): State<Engine>,
    Extension(admission): Extension<Admission>,
    agent: Segment,
    headers: HeaderMap,
    body: Body,
) -> Response {
    respond(Box::pin(answer_one(engine, &admission, named(agent), &headers, body)).await)
}

fn respond(answered: Result<Response, Failure>) -> Response {
    answered.unwrap_or_else(|failure| errors::response(Wire::OpenAiChat, &failure))
}

async fn answer(
    engine: Engine,
    admission: &Admission,
    headers: &HeaderMap,
    body: Body,
) -> Result<Response, Failure> {
    let body = body::read(body).await?;
    let mut read = wire::agent_chat::decode_request(&body.bytes)?;
    drop(body);
    let named = Named {
        agent: read.agent.take().unwrap_or_default(),
        param: Some("agent_id"),
        route: "POST /v2/chats/openai",
    };
    ask(engine, admission, headers, named, read).await
}

async fn answer_one(
    engine: Engine,
    admission: &Admission,
    agent: String,
    headers: &HeaderMap,
    body: Body,
) -> Result<Response, Failure> {
    let body = body::read(body).await?;
    let read = wire::agent_chat::decode_message(&body.bytes)?;
    drop(body);
    let named = Named {
        agent,
        param: None,
        route: "POST /v1/agents/{id}/chat",
    };
    ask(engine, admission, headers, named, read).await
}

struct Named {
    agent: String,
    /// The field that names it.
    param: Option<&'static str>,
    route: &'static str,
}

async fn ask(
    engine: Engine,
    admission: &Admission,
    headers: &HeaderMap,
    named: Named,
    read: ClientRequest,
) -> Result<Response, Failure> {
    let agent = turn::agent(&engine.roster().now(), &admission.key, &named.agent, named.param)?;
    let envelope = Envelope {
        id: format!("chatcmpl-{}", admission.call),
        agent: agent.id.to_string(),
        session: read.session_id.clone(),
    };
    let asked = Asked {
        route: named.route,
        model: Some(named.agent),
        request: read.request,
        session: read.session_id,
        form: Form::AgentChat(envelope),
    };
    let (mut ask, form) = answering::ask(admission, headers, asked)?;
    ask.applied = read.dropped;
    let besides = Besides {
        counts: true,
        ..Besides::default()
    };
    answering::run(engine, ask, form, besides).await
}
