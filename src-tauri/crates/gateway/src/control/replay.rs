//! Sends a call's request again, through the one path of every call, and sets the answers beside each other.
//!
//! The request is the client's own, read as its route read it; what the server added from a session's history
//! is added again, as it was then. The danger is a trial that leaves traces: it stands in no session, is
//! nobody's key's expense, and is marked as what it is.

use std::time::Instant;

use domain::{Call, CallId, CallSource, Failure, FailureKind, Message, Request, StoredMessage, Wire};
use store::table;
use store::table::details::ClientRequest;

use super::{Caller, ReplayCall, Replayed, calls};
use crate::Engine;
use crate::turn::{Ask, Heard, Place, Reply};

pub(super) async fn replay(engine: &Engine, caller: Caller, args: ReplayCall) -> Result<Replayed, Failure> {
    engine.store().flush().await?;
    let found = find(engine, args.call).await?;
    let (request, heard) = found.request()?;
    let model = match args.model {
        Some(model) => model,
        None => found.target(engine),
    };
    let call = engine.ids().call()?;
    let ask = Ask {
        source: match caller {
            Caller::Window => CallSource::Window,
            Caller::CommandLine => CallSource::CommandLine,
        },
        key: None,
        running: None,
        bare: None,
        draft: None,
        model: Some(model),
        request: Request {
            stream: false,
            ..request
        },
        route: "replay",
        wire: found.row.call.wire,
        heard,
        replay_of: Some(found.row.call.id.clone()),
        place: Place::Nowhere,
        call: call.clone(),
        arrived: Instant::now(),
        retries: true,
        applied: Vec::new(),
    };
    let turn = engine.turn(ask).await?;
    let Reply::Whole(whole) = turn.reply else {
        return Err(crate::failures::internal(
            "a stream for a caller who asked for none",
        ));
    };
    engine.store().flush().await?;
    let row = engine
        .store()
        .read(move |conn| table::calls::get(conn, &call))
        .await?;
    let choice = whole.0.choices.first();
    Ok(Replayed {
        original_answer: found.answer.as_ref().map(|answer| said(&answer.message)),
        original: calls::view(engine, found.row),
        replay: calls::view(engine, row),
        answer: choice.map(|choice| said(&choice.message)).unwrap_or_default(),
    })
}

/// What a message says, tool calls included.
fn said(message: &Message) -> String {
    let mut text = message.plain_text();
    for part in &message.parts {
        if let domain::Part::ToolCall { name, arguments, .. } = part {
            if !text.is_empty() {
                text.push('\n');
            }
            text.push_str(&format!("{name}({arguments})"));
        }
    }
    text
}

/// All that is known of a call.
struct Found {
    row: table::calls::CallRow,
    client: Option<ClientRequest>,
    answer: Option<StoredMessage>,
    /// The conversation up to the answer.
    before: Vec<StoredMessage>,
}

async fn find(engine: &Engine, id: CallId) -> Result<Found, Failure> {
    engine
        .store()
        .read(move |conn| {
            let row = table::calls::get(conn, &id)?;
            let client = table::details::get(conn, &id)?.client;
            let answer = match &row.call.session {
                Some(session) => table::messages::of_session(conn, session)?
                    .into_iter()
                    .find(|message| message.call.as_ref() == Some(&id)),
                None => None,
            };
            let before = match answer
                .as_ref()
                .and_then(|answer| Some((&answer.session, answer.parent.as_ref()?)))
            {
                Some((session, parent)) => table::messages::branch(conn, session, parent)?,
                None => Vec::new(),
            };
            Ok(Found {
                row,
                client,
                answer,
                before,
            })
        })
        .await
}

impl Found {
    /// What was asked, and how the client put it.
    fn request(&self) -> Result<(Request, Option<Heard>), Failure> {
        let spoken: Vec<&Message> = self
            .before
            .iter()
            .map(|stored| &stored.message)
            .filter(|message| !message.role.instructs() && !message.parts.is_empty())
            .collect();
        let Some(client) = &self.client else {
            if spoken.is_empty() {
                return Err(not_kept("What this call asked was not kept."));
            }
            let request = Request {
                messages: spoken.into_iter().cloned().collect(),
                ..Request::default()
            };
            return Ok((request, None));
        };
        if client.body.is_cut() {
            return Err(not_kept("This call's request was too large to be kept whole."));
        }
        let mut request = decode(&self.row.call, &client.body.bytes)?;
        let instructed = request
            .messages
            .iter()
            .take_while(|message| message.role.instructs())
            .count();
        let own = request
            .messages
            .iter()
            .filter(|message| !message.role.instructs())
            .count();
        let history = spoken.len().saturating_sub(own);
        let history = spoken.into_iter().take(history).cloned();
        request.messages.splice(instructed..instructed, history);
        Ok((request, Some(Heard::again(client.clone()))))
    }

    /// Who answered: the agent as it is now, or what the client named.
    fn target(&self, engine: &Engine) -> String {
        let roster = engine.roster().now();
        let agent = self.row.call.agent.as_ref().and_then(|id| roster.by_id.get(id));
        agent.map_or_else(
            || self.row.call.requested_model.clone(),
            |agent| agent.draft.slug.to_string(),
        )
    }
}

/// Reads a client's request as its route did.
fn decode(call: &Call, body: &[u8]) -> Result<Request, Failure> {
    let path = call.route.rsplit(' ').next().unwrap_or_default();
    if path.ends_with("/completions") && !path.ends_with("/chat/completions") || path.contains("embed") {
        return Err(not_kept("Only conversations can be sent again."));
    }
    Ok(match call.wire {
        Some(Wire::OpenAiChat) => wire::openai_chat::decode_request(body)?.request,
        Some(Wire::OpenAiResponses) => wire::openai_responses::decode_request(body)?.request,
        Some(Wire::AnthropicMessages) => wire::anthropic_messages::decode_request(body)?.request,
        Some(Wire::Gemini) => wire::gemini::decode_request(body)?.request,
        Some(Wire::Ollama) if path.ends_with("/generate") => wire::ollama::decode_generate(body)?.request,
        Some(Wire::Ollama) => wire::ollama::decode_request(body)?.request,
        Some(Wire::BedrockConverse) | None => {
            return Err(not_kept("Nobody knows how to read this call's request."));
        }
    })
}

fn not_kept(message: &str) -> Failure {
    Failure::new(FailureKind::InvalidRequest, message)
        .with_param("call")
        .with_hint("Calls of keys with `--store all` can be sent again, while their content is kept.")
}
