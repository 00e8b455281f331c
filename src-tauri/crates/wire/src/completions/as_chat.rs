//! Completions by a provider that only chats: each prompt is a conversation of its own.

use domain::{Failure, Message, Params, Request, Role, TextOrTokens};

use super::client_request::ClientRequest;

const CONTINUE: &str = "You continue texts. Answer with nothing but the text that comes next after what the user \
                        sends: no greeting, no explanation, no quotation marks, no code fence, no repetition.";
const FILL: &str = "You fill gaps in texts. The user sends what stands before the gap between <before> and </before> \
                    and what stands after it between <after> and </after>. Answer with nothing but the text that \
                    belongs into the gap: no explanation, no code fence, no repetition of what stands around it.";

/// One request for each prompt. An agent's own instructions come before the instruction here, as they do
/// before any caller's.
///
/// # Errors
/// [`domain::FailureKind::InvalidRequest`] for a prompt of tokens, which only its model can read.
pub fn requests(client: &ClientRequest) -> Result<Vec<Request>, Failure> {
    let one = |prompt: &TextOrTokens| {
        let TextOrTokens::Text(text) = prompt else {
            let why = "This model takes prompts of text and not of tokens.";
            return Err(Failure::invalid("prompt", why).with_code("unsupported_value"));
        };
        let (instruction, asked) = match &client.suffix {
            None => (CONTINUE, text.clone()),
            Some(suffix) => (FILL, format!("<before>{text}</before><after>{suffix}</after>")),
        };
        Ok(Request {
            messages: vec![
                Message::text(Role::System, instruction),
                Message::text(Role::User, asked),
            ],
            params: Params {
                logprobs: client.logprobs.map(|_| true),
                top_logprobs: client.logprobs.filter(|n| *n > 0),
                ..client.params.clone()
            },
            stream: client.stream,
            extra: client.extra.clone(),
            ..Request::default()
        })
    };
    client.prompts.iter().map(one).collect()
}
