//! Whether a conversation holds something that neither the person nor the agent's maker wrote (SEC-34).
//!
//! A page, a document or another program's answer can tell a model what to do, and models obey. So from then on nothing
//! is sent or changed by a yes from before. What the caller's own tools gave counts too: an editor's agent reads files
//! that others wrote.

use domain::{Failure, Message, Part, SessionId};
use store::table;

use super::offers::Offers;
use crate::engine::Engine;

/// What came from outside, named for the person who is asked.
pub(super) fn in_messages(messages: &[Message], offers: &Offers) -> Option<String> {
    let mut calls: Vec<(&str, &str)> = Vec::new();
    for part in messages.iter().flat_map(|message| &message.parts) {
        match part {
            Part::ToolCall { id, name, .. } => calls.push((id, name)),
            Part::ToolResult { call_id, .. } => {
                let name = calls.iter().rev().find(|(id, _)| id == call_id);
                let name = name.map_or("", |(_, name)| name);
                let own = offers.named(name);
                if own.is_none_or(|offer| offer.tool.is_untrusted()) {
                    return Some(name.to_owned());
                }
            }
            Part::Image(_) | Part::Audio(_) => return Some("attachment".to_owned()),
            Part::File(media) => {
                return Some(media.name.clone().unwrap_or_else(|| "attachment".to_owned()));
            }
            Part::Text { .. } | Part::Reasoning { .. } | Part::Refusal { .. } | Part::Opaque { .. } => {}
        }
    }
    None
}

/// What came into the session before, whatever of it is in this call.
///
/// # Errors
/// When the database cannot be read.
pub(super) async fn of_session(
    engine: &Engine,
    session: Option<&SessionId>,
) -> Result<Option<String>, Failure> {
    let Some(session) = session.cloned() else {
        return Ok(None);
    };
    engine
        .store()
        .read(move |conn| table::taints::of_session(conn, &session))
        .await
}

/// Something came from outside; it is on the disk before the model reads it.
///
/// # Errors
/// When it cannot be written.
pub(super) async fn add(engine: &Engine, session: &SessionId, source: &str) -> Result<(), Failure> {
    let (session, source, at) = (session.clone(), source.to_owned(), engine.clock().now());
    engine
        .store()
        .write(move |tx| table::taints::add(tx, &session, &source, at))
        .await
}
