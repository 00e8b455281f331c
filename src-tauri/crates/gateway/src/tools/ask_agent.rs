//! Another agent, asked as any caller asks it: the same instructions, tools, limits and record.
//!
//! The dangers are agents that ask each other for ever, and a caller who gets by an agent what its key may not have. So
//! it goes three deep at most, a call at the top asks so many and no more (REL-33), and each is asked under the key of
//! whoever called.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use domain::{Extra, Message, Part, Reach, Request, Role};
use serde::Deserialize;

use super::about::About;
use super::{Context, Given, parse};
use crate::turn::{Above, Ask, Place, Reply};

pub(super) const ABOUT: About = About {
    name: "ask_agent",
    description: "Asks another agent of this installation and gives its answer. It knows nothing of this conversation: tell it all it needs.",
    parameters: r#"{"type":"object","properties":{"agent":{"type":"string","description":"Its name as callers write it, such as reviewer"},"message":{"type":"string","description":"The question, with all that it needs"}},"required":["agent","message"],"additionalProperties":false}"#,
    reach: Reach::Reads,
    untrusted: true,
    exact: false,
};

/// How many agents may stand above each other.
const DEEPEST: u32 = 3;
/// How many are asked, by whomever, for one call at the top: each may ask again, and several at once.
const MOST_ASKED: u32 = 50;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    agent: String,
    message: String,
}

/// Boxed: an agent that is asked may ask another.
pub(super) fn run<'a>(
    context: &'a Context,
    arguments: &'a str,
) -> Pin<Box<dyn Future<Output = Given> + Send + 'a>> {
    Box::pin(async move {
        let asked: Asked = match parse(arguments) {
            Ok(asked) => asked,
            Err(given) => return given,
        };
        if context.above.agents >= DEEPEST {
            return Given::error(format!(
                "Agents asked each other {DEEPEST} times already. Answer with what there is."
            ));
        }
        if context.above.asked.fetch_add(1, Ordering::Relaxed) >= MOST_ASKED {
            return Given::error(format!(
                "{MOST_ASKED} agents were asked for this answer already. Answer with what there is."
            ));
        }
        let engine = &context.engine;
        let roster = engine.roster().now();
        let Some(agent) = roster.agent(&asked.agent) else {
            return Given::error("There is no agent of that name.");
        };
        let key = match context.key() {
            Ok(key) => key,
            Err(given) => return given,
        };
        let call = match engine.ids().call() {
            Ok(call) => call,
            Err(failure) => return Given::error(failure.message()),
        };
        let ask = Ask {
            source: context.source.clone(),
            key,
            running: None,
            model: Some(agent.draft.slug.to_string()),
            request: Request {
                messages: vec![Message {
                    role: Role::User,
                    parts: vec![Part::text(asked.message)],
                    extra: Extra::new(),
                }],
                ..Request::default()
            },
            bare: None,
            draft: None,
            heard: None,
            replay_of: None,
            recorded: None,
            route: "agent",
            wire: None,
            place: Place::Nowhere,
            call,
            arrived: Instant::now(),
            retries: true,
            above: Above {
                agents: context.above.agents + 1,
                asked: Arc::clone(&context.above.asked),
                tainted_by: context.tainted_by.clone(),
            },
            applied: Vec::new(),
        };
        match engine.turn(ask).await {
            Ok(turn) => match said(turn.reply).await {
                Ok(text) => Given::text(text),
                Err(failure) => Given::error(format!("It could not answer: {}", failure.message())),
            },
            Err(failure) => Given::error(format!("It could not answer: {}", failure.message())),
        }
    })
}

async fn said(reply: Reply) -> Result<String, domain::Failure> {
    let answer = match reply {
        Reply::Whole(whole) => whole.0,
        Reply::Pieces(pieces) => pieces.gather().await?.0,
        Reply::Vectors(_) => return Err(crate::failures::internal("vectors in place of an answer")),
    };
    let parts = answer
        .choices
        .into_iter()
        .next()
        .map(|choice| choice.message.parts);
    Ok(Part::plain_text(&parts.unwrap_or_default()))
}
