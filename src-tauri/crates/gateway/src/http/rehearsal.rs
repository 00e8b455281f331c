//! The endpoint's door without the network: what a body of `POST /v1/chat/completions` would be asked for.
//!
//! It is read and turned into an ask by the route's own functions, so that a comparison of the two doors
//! compares the doors and not a copy of one.

use std::sync::Arc;
use std::time::Instant;

use domain::{CallSource, Failure};
use http::HeaderMap;

use super::asking::Calling;
use super::chat_completions::{ROUTE, asked};
use crate::Engine;
use crate::roster::KeyState;
use crate::turn::Ask;

/// The ask of a body that a program with this key would post; without a key, of one that may use everything.
///
/// # Errors
/// What the route would refuse.
pub(crate) fn ask(
    engine: &Engine,
    source: CallSource,
    key: Option<Arc<KeyState>>,
    body: &[u8],
) -> Result<Ask, Failure> {
    let read = wire::openai_chat::decode_request(body)?;
    let calling = Calling {
        source,
        key,
        running: None,
        call: engine.ids().call()?,
        arrived: Instant::now(),
        heard: None,
    };
    let asked = asked(engine, ROUTE, &calling.call, read);
    Ok(asked.into_ask(calling, &HeaderMap::new()).0)
}
