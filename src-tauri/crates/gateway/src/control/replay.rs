//! Sends a call's request again, through the one path of every call, and sets the answers beside each other.
//!
//! The request is the client's own, read as its route read it; what the server added from a session's history
//! is added again, as it was then. A request of several prompts is kept with its first call, which is that prompt.
//! The danger is a trial that leaves traces: it stands in no session, is
//! nobody's key's expense, and is marked as what it is. With the recorded results of tools nothing is run at all.

use std::sync::Arc;
use std::time::Instant;

use domain::{
    AgentDraft, AgentRef, Call, CallId, Embeddings, Failure, FailureKind, Message, Part, Request,
    StoredMessage, Wire,
};
use store::table;
use store::table::details::ClientRequest;

use super::{Caller, RecordedUse, ReplayCall, Replayed, calls};
use wire::ollama::EmbedRoute;

use crate::turn::{Above, Ask, Bare, Draft, Heard, Place, Recorded, Reply};
use crate::{Engine, http};

pub(super) async fn replay(engine: &Engine, caller: Caller, args: ReplayCall) -> Result<Replayed, Failure> {
    engine.store().flush().await?;
    let found = find(engine, args.call).await?;
    let Asked { request, bare, heard } = found.asked()?;
    let recorded = args.recorded_tools.then(|| found.recorded()).transpose()?;
    let recorded = recorded.map(Arc::new);
    let draft = match (&recorded, &args.model) {
        (Some(_), Some(model)) => found.on_another_model(engine, model),
        (_, _) => None,
    };
    let model = match args.model {
        Some(model) => model,
        None => found.target(engine),
    };
    let call = engine.ids().call()?;
    let ask = Ask {
        source: caller.source(),
        key: None,
        running: None,
        bare: bare.map(whole),
        draft: draft.map(Box::new),
        model: Some(model),
        request: Request {
            stream: false,
            ..request
        },
        route: "replay",
        wire: found.row.call.wire,
        heard,
        replay_of: Some(found.row.call.id.clone()),
        recorded: recorded.clone(),
        place: Place::Nowhere,
        call: call.clone(),
        arrived: Instant::now(),
        retries: true,
        above: Above::default(),
        applied: Vec::new(),
    };
    let missing = || {
        recorded
            .as_ref()
            .is_some_and(|recorded| recorded.missing().is_some())
    };
    let (reply, stopped) = match engine.turn(ask).await {
        Ok(turn) => (Some(turn.reply), None),
        Err(failure) if missing() => (None, Some((&failure).into())),
        Err(failure) => return Err(failure),
    };
    let answer = match reply {
        None => String::new(),
        Some(Reply::Whole(whole)) => {
            let choice = whole.0.choices.first();
            choice.map(|choice| said(&choice.message)).unwrap_or_default()
        }
        Some(Reply::Vectors(embeddings)) => listed(&embeddings),
        Some(Reply::Pieces(_)) => {
            return Err(crate::failures::internal(
                "a stream for a caller who asked for none",
            ));
        }
    };
    engine.store().flush().await?;
    let row = engine
        .store()
        .read(move |conn| table::calls::get(conn, &call))
        .await?;
    Ok(Replayed {
        original_answer: found.answer.as_ref().map(|answer| said(&answer.message)),
        original: calls::view(engine, found.row),
        replay: calls::view(engine, row),
        answer,
        recorded: recorded.map_or_else(Vec::new, |recorded| uses(&recorded)),
        stopped,
    })
}

fn spoken(part: &Part) -> Option<&str> {
    match part {
        Part::Text { text, .. } | Part::Refusal { text } => Some(text),
        Part::Image(_)
        | Part::File(_)
        | Part::Audio(_)
        | Part::Reasoning { .. }
        | Part::ToolCall { .. }
        | Part::ToolResult { .. }
        | Part::Opaque { .. } => None,
    }
}

fn uses(recorded: &Recorded) -> Vec<RecordedUse> {
    let asked = recorded.asked().into_iter();
    asked
        .map(|asked| RecordedUse {
            tool: asked.name,
            arguments: asked.arguments,
            known: asked.known,
        })
        .collect()
}

/// What a message says, tool calls included; of an answer for which tools were run, what it says in the end.
fn said(message: &Message) -> String {
    let own = message.own_calls();
    let mut text = match own.is_empty() {
        true => message.plain_text(),
        // what is said after a tool begins its own paragraph already
        false => message.parts.iter().filter_map(spoken).collect(),
    };
    for part in &message.parts {
        if let Part::ToolCall {
            id, name, arguments, ..
        } = part
            && !own.contains(&id.as_str())
        {
            if !text.is_empty() {
                text.push('\n');
            }
            text.push_str(&format!("{name}({arguments})"));
        }
    }
    text
}

/// Vectors as far as people look at them.
fn listed(embeddings: &Embeddings) -> String {
    const SHOWN: usize = 4;
    let line = |vector: &Vec<f32>| {
        let numbers: Vec<String> = vector.iter().take(SHOWN).map(f32::to_string).collect();
        let more = if vector.len() > SHOWN { ", …" } else { "" };
        format!("[{}{more}] of {} numbers", numbers.join(", "), vector.len())
    };
    let lines: Vec<String> = embeddings.vectors.iter().map(line).collect();
    lines.join("\n")
}

/// A text is continued as a whole, because nobody reads along.
fn whole(bare: Bare) -> Bare {
    match bare {
        Bare::Completion(mut wanted) => {
            wanted.stream = false;
            Bare::Completion(wanted)
        }
        Bare::Embedding(_) | Bare::Image(_) => bare,
    }
}

/// What a call asked.
struct Asked {
    request: Request,
    /// What was asked instead, when it was no conversation.
    bare: Option<Bare>,
    /// How the client put it.
    heard: Option<Heard>,
}

/// All that is known of a call.
struct Found {
    row: table::calls::CallRow,
    client: Option<ClientRequest>,
    answer: Option<StoredMessage>,
    /// The conversation up to the answer.
    before: Vec<StoredMessage>,
    /// Whether the agent used a tool.
    used: bool,
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
            let used = !table::tool_uses::of_call(conn, &id)?.is_empty();
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
                used,
            })
        })
        .await
}

impl Found {
    fn asked(&self) -> Result<Asked, Failure> {
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
            return Ok(Asked {
                request,
                bare: None,
                heard: None,
            });
        };
        if client.body.is_cut() {
            return Err(not_kept("This call's request was too large to be kept whole."));
        }
        let heard = Some(Heard::again(client.clone()));
        let (mut request, bare) = decode(&self.row.call, &client.body.bytes)?;
        if bare.is_some() {
            return Ok(Asked { request, bare, heard });
        }
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
        Ok(Asked { request, bare, heard })
    }

    /// What the agent's tools gave in it.
    fn recorded(&self) -> Result<Recorded, Failure> {
        match (&self.answer, self.used) {
            (Some(answer), _) => Ok(Recorded::of(&answer.message)),
            (None, false) => Ok(Recorded::default()),
            (None, true) => Err(not_kept("What this call's tools gave was not kept.")),
        }
    }

    /// The agent that answered, as it is now, on another model; `None` where that is no model, or no agent answered.
    fn on_another_model(&self, engine: &Engine, model: &str) -> Option<Draft> {
        let Some(AgentRef::Raw(target)) = AgentRef::parse(model) else {
            return None;
        };
        let roster = engine.roster().now();
        let agent = roster.by_id.get(self.row.call.agent.as_ref()?)?;
        Some(Draft {
            of: Some(agent.id.clone()),
            draft: AgentDraft {
                target,
                fallbacks: Vec::new(),
                ..agent.draft.clone()
            },
        })
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
fn decode(call: &Call, body: &[u8]) -> Result<(Request, Option<Bare>), Failure> {
    let path = call.route.rsplit(' ').next().unwrap_or_default();
    if path.ends_with("/completions") && !path.ends_with("/chat/completions") {
        return http::first_completion(body);
    }
    let embedding = match call.wire {
        Some(Wire::OpenAiChat) if path.ends_with("/embeddings") => {
            Some(wire::embeddings::decode_request(body)?.request)
        }
        Some(Wire::Ollama) if path.ends_with("/embed") => {
            Some(wire::ollama::decode_embed(body, EmbedRoute::Embed)?.request)
        }
        Some(Wire::Ollama) if path.ends_with("/embeddings") => {
            Some(wire::ollama::decode_embed(body, EmbedRoute::Embeddings)?.request)
        }
        Some(Wire::Gemini) if path.ends_with(":embedContent") => Some(wire::gemini::decode_embed(body)?),
        Some(Wire::Gemini) if path.ends_with(":batchEmbedContents") => {
            Some(wire::gemini::decode_batch_embed(body)?)
        }
        Some(
            Wire::OpenAiChat
            | Wire::OpenAiResponses
            | Wire::AnthropicMessages
            | Wire::Gemini
            | Wire::Ollama
            | Wire::BedrockConverse,
        )
        | None => None,
    };
    if let Some(wanted) = embedding {
        return Ok((Bare::beside(), Some(Bare::Embedding(wanted))));
    }
    let request = match call.wire {
        None if http::mcp::is_at(path) => http::mcp::decode(body)?,
        Some(Wire::OpenAiChat) => wire::openai_chat::decode_request(body)?.request,
        Some(Wire::OpenAiResponses) => wire::openai_responses::decode_request(body)?.request,
        Some(Wire::AnthropicMessages) => wire::anthropic_messages::decode_request(body)?.request,
        Some(Wire::Gemini) => wire::gemini::decode_request(body)?.request,
        Some(Wire::Ollama) if path.ends_with("/generate") => wire::ollama::decode_generate(body)?.request,
        Some(Wire::Ollama) => wire::ollama::decode_request(body)?.request,
        Some(Wire::BedrockConverse) | None => {
            return Err(not_kept("Nobody knows how to read this call's request."));
        }
    };
    Ok((request, None))
}

fn not_kept(message: &str) -> Failure {
    Failure::new(FailureKind::InvalidRequest, message)
        .with_param("call")
        .with_hint("Calls of keys with `--store all` can be sent again, while their content is kept.")
}
