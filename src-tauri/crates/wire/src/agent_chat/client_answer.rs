//! A whole answer in this form.

use domain::{Answer, Part, Usage};

use crate::json::{self, Object};

/// What stands around the answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Envelope {
    /// The answer's id.
    pub id: String,
    /// The agent's stable id.
    pub agent: String,
    /// The session to go on with: as the client named it, else as we do; `None` where none is kept.
    pub session: Option<String>,
}

impl Envelope {
    /// Tells our name of the session; one that the client gave it stays.
    pub fn set_session(&mut self, session: Option<&str>) {
        if let (None, Some(session)) = (&self.session, session) {
            self.session = Some(session.to_owned());
        }
    }
}

/// Writes the body of a non-stream response: the text of the first choice, refusals included.
pub fn encode_answer(answer: &Answer, envelope: &Envelope, out: &mut Vec<u8>) {
    let mut object = Object::open(out);
    object.string("id", &envelope.id);
    object.string("agent_id", &envelope.agent);
    write_session(envelope, &mut object);
    let content = object.key("content");
    content.push(b'"');
    for part in answer
        .choices
        .iter()
        .take(1)
        .flat_map(|first| &first.message.parts)
    {
        if let Part::Text { text, .. } | Part::Refusal { text } = part {
            json::write_escaped(text, content);
        }
    }
    content.push(b'"');
    match &answer.usage {
        Some((tokens, _)) => {
            let mut usage = Object::open(object.key("usage"));
            write_tokens(*tokens, &mut usage);
            usage.close();
        }
        None => object.literal("usage", "null"),
    }
    object.close();
}

pub(super) fn write_session(envelope: &Envelope, object: &mut Object<'_>) {
    match &envelope.session {
        Some(session) => object.string("session_id", session),
        None => object.literal("session_id", "null"),
    }
}

pub(super) fn write_tokens(usage: Usage, object: &mut Object<'_>) {
    object.unsigned("prompt_tokens", usage.input);
    object.unsigned("completion_tokens", usage.output);
    object.unsigned("total_tokens", usage.total());
}
