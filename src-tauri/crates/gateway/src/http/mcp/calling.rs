//! One call of a tool: a message to an agent, on the path of every call.

use std::sync::Arc;

use domain::{Agent, Answer, Call, Failure, Message, Part, Request, Role, SessionId, Usage, Wire};
use rmcp::model::{CallToolResult, ContentBlock, JsonObject};
use serde_json::{Value, json};

use super::{Brought, PATH};
use crate::Engine;
use crate::http::answering::lapse;
use crate::http::asking::Calling;
use crate::turn::{Above, Ask, Place, Reply};

/// What a call says.
pub(super) struct Wanted {
    message: String,
    session: Option<String>,
}

impl Wanted {
    /// Reads a tool's arguments.
    ///
    /// # Errors
    /// [`domain::FailureKind::InvalidRequest`], in words for the model that wrote them.
    pub fn read(mut arguments: JsonObject) -> Result<Self, Failure> {
        let mut text = |name: &str| match arguments.remove(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(Failure::invalid(name, format!("'{name}' is a string."))),
        };
        let (message, session) = (text("message")?, text("session_id")?);
        let message = message.ok_or_else(|| Failure::invalid("message", "'message' is missing."))?;
        if message.trim().is_empty() {
            return Err(Failure::invalid("message", "'message' holds no text."));
        }
        if let Some(unknown) = arguments.keys().next() {
            let shown: String = unknown.chars().take(100).collect();
            return Err(Failure::invalid(
                &shown,
                format!("There is no argument '{shown}', only 'message' and 'session_id'."),
            ));
        }
        Ok(Self {
            message,
            session: session.filter(|id| !id.is_empty()),
        })
    }

    fn request(self) -> Request {
        Request {
            messages: vec![Message {
                role: Role::User,
                parts: vec![Part::text(self.message)],
                extra: domain::Extra::new(),
            }],
            ..Request::default()
        }
    }
}

/// The request that a message of the protocol holds, as it was when it came.
///
/// # Errors
/// [`domain::FailureKind::InvalidRequest`] when it holds none.
pub(crate) fn decode(body: &[u8]) -> Result<Request, Failure> {
    let unreadable = || Failure::invalid("call", "This is no call of a tool.");
    let mut message: Value = serde_json::from_slice(body).map_err(|_| unreadable())?;
    match message["params"]["arguments"].take() {
        Value::Object(arguments) => Wanted::read(arguments).map(Wanted::request),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            Err(unreadable())
        }
    }
}

/// Runs it to its end.
///
/// # Errors
/// Whatever kept it from being answered.
pub(super) async fn run(
    engine: &Engine,
    brought: &Brought,
    agent: &Arc<Agent>,
    wanted: Wanted,
) -> Result<CallToolResult, Failure> {
    let Brought {
        admission,
        label,
        retries,
        ..
    } = brought;
    if let Err(failure) = admission.enter(engine) {
        let refusal = admission.refusal(Wire::OpenAiChat, PATH, engine.clock().now());
        let slug = agent.draft.slug.to_string();
        let refusal = Call {
            wire: None,
            requested_model: slug,
            ..refusal
        };
        engine.refused(refusal, &failure);
        return Err(failure);
    }
    let session = wanted.session.clone();
    let Calling {
        source,
        key,
        running,
        call,
        arrived,
        heard,
    } = Calling::of(admission)?;
    let ask = Ask {
        source,
        key,
        running,
        model: Some(agent.draft.slug.to_string()),
        draft: None,
        request: wanted.request(),
        bare: None,
        route: "POST /mcp",
        wire: None,
        heard,
        replay_of: None,
        recorded: None,
        place: Place::Client {
            session: session.clone(),
            label: label.clone(),
        },
        call,
        arrived,
        retries: *retries,
        above: Above::default(),
        applied: Vec::new(),
    };
    let mut lapse = lapse(engine, &ask);
    let turn = tokio::select! {
        biased;
        failure = &mut lapse => return Err(failure),
        turn = Box::pin(engine.turn(ask)) => turn?,
    };
    let Reply::Whole(whole) = turn.reply else {
        return Err(crate::failures::internal(
            "a stream for a caller who asked for none",
        ));
    };
    let (answer, ending) = *whole;
    let usage = answer.usage.as_ref().map(|(usage, _)| *usage);
    let usage = usage.or(ending.receipt.usage);
    let ours = turn.session.as_ref().map(SessionId::as_str);
    let session = session.as_deref().or(ours);
    Ok(result(&said(&answer), session, &turn.model, usage))
}

/// The text of the first choice, refusals included.
fn said(answer: &Answer) -> String {
    let mut text = String::new();
    for part in answer.choices.iter().take(1).flat_map(|one| &one.message.parts) {
        if let Part::Text { text: more, .. } | Part::Refusal { text: more } = part {
            text.push_str(more);
        }
    }
    text
}

fn result(text: &str, session: Option<&str>, model: &str, usage: Option<Usage>) -> CallToolResult {
    let mut told = json!({"content": text, "session_id": session, "model": model});
    if let Some(usage) = usage {
        told["usage"] = json!({
            "prompt_tokens": usage.input,
            "completion_tokens": usage.output,
            "total_tokens": usage.total(),
        });
    }
    let mut parts = vec![ContentBlock::text(text)];
    // for models whose program shows them no more than text
    parts.extend(session.map(|id| ContentBlock::text(format!("session_id: {id}"))));
    let mut result = CallToolResult::success(parts);
    result.structured_content = Some(told);
    result
}
