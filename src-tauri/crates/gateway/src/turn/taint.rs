//! Whether a conversation holds something that neither the person nor the agent's maker wrote (SEC-34).
//!
//! A page, a document or another program's answer can tell a model what to do, and models obey. So from then on nothing
//! is sent or changed by a yes from before. What the caller's own tools gave counts too: an editor's agent reads files
//! that others wrote.

use domain::{Failure, Message, Part, SessionId};
use serde::Deserialize;
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
            Part::Opaque { .. } => {
                if let Some(source) = hosted(part) {
                    return Some(source);
                }
            }
            Part::Text { .. } | Part::Reasoning { .. } | Part::Refusal { .. } => {}
        }
    }
    None
}

/// What a provider's own tool brought into an answer, by the tool's name there: a search, a page, somebody's server.
pub(super) fn hosted(part: &Part) -> Option<String> {
    #[derive(Deserialize)]
    struct Item {
        #[serde(rename = "type")]
        kind: String,
    }
    let Part::Opaque { value, .. } = part else {
        return None;
    };
    let item: Item = serde_json::from_str(value.get()).ok()?;
    // `web_search_tool_result` and its like at Anthropic, `web_search_call` and its like at OpenAI
    let tool = item
        .kind
        .strip_suffix("_tool_result")
        .or_else(|| item.kind.strip_suffix("_call"))?;
    Some(tool.to_owned())
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
pub(crate) async fn add(engine: &Engine, session: &SessionId, source: &str) -> Result<(), Failure> {
    let (session, source, at) = (session.clone(), source.to_owned(), engine.clock().now());
    engine
        .store()
        .write(move |tx| table::taints::add(tx, &session, &source, at))
        .await
}

#[cfg(test)]
mod tests {
    use domain::{RawJson, Wire};

    use super::*;

    #[test]
    fn sec_34_what_a_providers_own_tools_bring_in_is_from_outside() {
        let item = |json: &str| {
            hosted(&Part::Opaque {
                wire: Wire::AnthropicMessages,
                value: RawJson::new(json),
            })
        };
        for (json, tool) in [
            (r#"{"type":"web_search_tool_result","content":[]}"#, "web_search"),
            (r#"{"type":"mcp_tool_result","content":[]}"#, "mcp"),
            (r#"{"type":"web_search_call","id":"ws_1"}"#, "web_search"),
            (r#"{"type":"file_search_call","id":"fs_1"}"#, "file_search"),
        ] {
            assert_eq!(item(json).as_deref(), Some(tool), "{json}");
        }
        for json in [
            r#"{"type":"reasoning"}"#,
            r#"{"type":"redacted_thinking"}"#,
            "{}",
            "[",
        ] {
            assert_eq!(item(json), None, "{json}");
        }
        assert_eq!(hosted(&Part::text("web_search_call")), None);
    }
}
