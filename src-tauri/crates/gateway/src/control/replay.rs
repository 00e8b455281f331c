//! Sends a call's request again, through the one path of every call, and sets the answers beside each other.
//!
//! The request is the client's own, read as its route read it; what the server added from a session's history
//! is added again, as it was then. A request of several prompts is kept with its first call, which is that prompt.
//! The danger is a trial that leaves traces: it stands in no session, is
//! nobody's key's expense, and is marked as what it is.

use std::time::Instant;

use domain::{Call, CallId, Embeddings, Failure, FailureKind, Message, Request, StoredMessage, Wire};
use store::table;
use store::table::details::ClientRequest;

use super::{Caller, ReplayCall, Replayed, calls};
use wire::ollama::EmbedRoute;

use crate::turn::{Above, Ask, Bare, Heard, Place, Reply};
use crate::{Engine, http};

pub(super) async fn replay(engine: &Engine, caller: Caller, args: ReplayCall) -> Result<Replayed, Failure> {
    engine.store().flush().await?;
    let found = find(engine, args.call).await?;
    let Asked { request, bare, heard } = found.asked()?;
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
        above: Above::default(),
        applied: Vec::new(),
    };
    let turn = engine.turn(ask).await?;
    let answer = match turn.reply {
        Reply::Whole(whole) => {
            let choice = whole.0.choices.first();
            choice.map(|choice| said(&choice.message)).unwrap_or_default()
        }
        Reply::Vectors(embeddings) => listed(&embeddings),
        Reply::Pieces(_) => {
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
        Bare::Embedding(wanted) => Bare::Embedding(wanted),
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
        return Ok((Bare::beside_embedding(), Some(Bare::Embedding(wanted))));
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
