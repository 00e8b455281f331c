//! What the two doors would send for one input, beside each other.
//!
//! Each side goes the way of a real message and of a real request, to the provider's door and no further. The
//! danger is a second compiler of requests that agrees with itself; so nothing here knows what a request is
//! made of.

use std::sync::Arc;

use domain::{CallSource, Failure};
use serde_json::{Value, json};

use super::{Caller, CompareDoors, DoorsCompared, WouldSend, chat};
use crate::turn::Rehearsal;
use crate::{Engine, difference, http};

pub(super) async fn compare(
    engine: &Engine,
    caller: Caller,
    args: CompareDoors,
) -> Result<DoorsCompared, Failure> {
    let key = match &args.key {
        Some(name) => {
            let id = super::keys::find(engine, name).await?.id;
            let state = engine.roster().now().key(&id).map(Arc::clone);
            Some(state.ok_or_else(|| crate::failures::not_found("key", name))?)
        }
        None => None,
    };
    let source = match (&key, caller) {
        (Some(state), _) => CallSource::Client {
            key: state.key.id.clone(),
        },
        (None, caller) => caller.source(),
    };
    let body = body(&args)?.to_string();
    let endpoint = http::ask(engine, source, key.as_ref().map(Arc::clone), body.as_bytes())?;
    let window = chat::rehearsal(engine, caller, args.agent, args.text)?;
    let window = would_send(engine.rehearse(window).await?);
    let endpoint = would_send(engine.rehearse(endpoint).await?);
    let read = |side: &WouldSend| {
        let body: Value = serde_json::from_str(&side.body).map_err(crate::failures::internal)?;
        Ok::<_, Failure>(json!({ "target": side.target, "wire": side.wire, "path": side.path, "body": body }))
    };
    let differences = difference::between(&read(&window)?, &read(&endpoint)?);
    Ok(DoorsCompared {
        equal: differences.is_empty(),
        differences,
        window,
        endpoint,
    })
}

/// What a program would post: what the caller adds, then the text as its last message.
fn body(args: &CompareDoors) -> Result<Value, Failure> {
    let unfit = || {
        Failure::invalid(
            "request",
            "What the caller adds is a JSON object: the body of a chat completion.",
        )
    };
    let mut body: Value = match &args.request {
        Some(request) => serde_json::from_str(request).map_err(|_| unfit())?,
        None => json!({}),
    };
    let fields = body.as_object_mut().ok_or_else(unfit)?;
    fields.entry("model").or_insert_with(|| args.agent.clone().into());
    // the window always streams; a caller who does not has added that
    fields.entry("stream").or_insert(true.into());
    let messages = fields.entry("messages").or_insert_with(|| json!([]));
    let messages = messages.as_array_mut().ok_or_else(unfit)?;
    messages.push(json!({ "role": "user", "content": args.text }));
    Ok(body)
}

fn would_send(rehearsal: Rehearsal) -> WouldSend {
    WouldSend {
        target: rehearsal.target,
        wire: rehearsal.wire,
        path: rehearsal.path,
        body: String::from_utf8_lossy(&rehearsal.body).into_owned(),
        applied: rehearsal.applied,
    }
}
