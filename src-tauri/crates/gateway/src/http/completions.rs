//! `POST /v1/completions`: a text that is to be continued, as old clients and editors ask for it (W-108).
//!
//! Each prompt is a call of its own. They are kept in no session: an editor asks at every keystroke, and a
//! continued text is no conversation.

use axum::response::Response;
use domain::{Failure, Request, TextOrTokens, Wire};
use wire::client::Form;
use wire::completions::{self, ClientRequest};
use wire::openai_chat::Envelope;

use super::answering::{self, Asked, Member};
use super::asking::Posted;
use super::body;
use crate::turn::Bare;

pub(super) async fn create(posted: Posted) -> Response {
    posted.answered(Wire::OpenAiChat, answer).await
}

async fn answer(posted: Posted) -> Result<Response, Failure> {
    let Posted {
        engine,
        admission,
        headers,
        body,
    } = posted;
    let body = body::read(body).await?;
    let mut client = completions::decode_request(&body.bytes)?;
    drop(body);
    let prompts = std::mem::take(&mut client.prompts);
    let members = prompts
        .into_iter()
        .map(|prompt| member(&client, prompt))
        .collect::<Result<_, _>>()?;
    let asked = Asked {
        route: "POST /v1/completions",
        model: client.model,
        request: Request::default(),
        session: None,
        form: Form::Completions {
            envelope: Envelope {
                id: format!("cmpl-{}", admission.call),
                created: engine.clock().now().seconds(),
                model: String::new(),
            },
            include_usage: client.include_usage,
        },
    };
    answering::respond_to_each(engine, &admission, &headers, asked, members).await
}

/// The first of the calls that a client's request is, to be made again: what it asks, and the conversation it
/// becomes where a model only chats.
///
/// # Errors
/// As [`completions::decode_request`].
pub(crate) fn first(body: &[u8]) -> Result<(Request, Option<Bare>), Failure> {
    let mut client = completions::decode_request(body)?;
    let prompts = std::mem::take(&mut client.prompts);
    let prompt = prompts
        .into_iter()
        .next()
        .ok_or_else(|| Failure::invalid("prompt", "There is no prompt."))?;
    let Member { request, bare, .. } = member(&client, prompt)?;
    Ok((request, bare))
}

/// One prompt as it stands, and the conversation it becomes where a model only chats.
fn member(client: &ClientRequest, prompt: TextOrTokens) -> Result<Member, Failure> {
    let mut one = ClientRequest {
        prompts: vec![prompt],
        ..client.clone()
    };
    let conversation = match one.prompts.as_slice() {
        [TextOrTokens::Text(_)] => completions::requests(&one)?.pop(),
        // only the model that they belong to can read tokens
        _ => None,
    };
    let request = conversation.unwrap_or_else(|| Request {
        params: one.params.clone(),
        stream: one.stream,
        ..Request::default()
    });
    // text is echoed here, the same whoever answers; of tokens only the provider knows the text
    let echo = match one.prompts.as_slice() {
        [TextOrTokens::Text(text)] if one.echo => Some(text.clone()),
        _ => None,
    };
    one.echo &= echo.is_none();
    Ok(Member {
        request,
        bare: Some(Bare::Completion(Box::new(one))),
        echo,
    })
}
