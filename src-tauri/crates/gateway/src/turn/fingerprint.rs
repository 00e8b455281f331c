//! What was said, in sixteen bytes: the same for a message as it was given and as a client sends it back.
//!
//! Clients trim texts, join them, write the JSON of arguments anew, and drop what their protocol has no
//! form for. A digest over any of that would never be met again, so it is left out or made equal first.

use std::borrow::Cow;

use domain::{AgentId, MediaSource, Message, Part, Role, SessionSource};
use sha2::{Digest, Sha256};

/// What was said so far, in sixteen bytes.
pub(crate) type Fingerprint = [u8; 16];

/// Where a chain begins: the same words to another agent, or by another key, are another conversation.
pub(super) fn scope(source: &SessionSource, agent: Option<&AgentId>) -> Fingerprint {
    let mut hash = Sha256::new();
    match source {
        SessionSource::App => hash.update(b"app"),
        SessionSource::Client { key } => hash.update(key.as_str()),
    }
    hash.update([0]);
    hash.update(agent.map_or("", AgentId::as_str));
    short(hash)
}

/// The fingerprint after one more message.
pub(super) fn chain_of(before: Fingerprint, message: &Message) -> Fingerprint {
    let mut hash = Sha256::new();
    hash.update(before);
    absorb(&mut hash, message);
    short(hash)
}

/// The digest of what a call is instructed.
pub(super) fn instructed(instructions: &[&Message]) -> Fingerprint {
    instructions.iter().copied().fold([0; 16], chain_of)
}

/// Whether two messages say the same.
pub(super) fn same(one: &Message, other: &Message) -> bool {
    chain_of([0; 16], one) == chain_of([0; 16], other)
}

/// The digest of a text under a name that keeps it apart from other uses.
pub(super) fn digest(of: &[u8], within: &Fingerprint, text: &str) -> Fingerprint {
    let mut hash = Sha256::new();
    hash.update(of);
    hash.update(within);
    hash.update(text);
    short(hash)
}

fn absorb(hash: &mut Sha256, message: &Message) {
    hash.update(message.role.as_str());
    absorb_texts(hash, &message.parts);
    let own = message.own_calls();
    for part in &message.parts {
        // of an answer most clients send back no more than its texts and calls; the calls of an agent's own tools
        // they have not seen
        let callers = |part: &Part| matches!(part, Part::ToolCall { id, .. } if !own.contains(&id.as_str()));
        if message.role != Role::Assistant || callers(part) {
            absorb_part(hash, part);
        }
    }
}

/// All texts as one, without its ends.
fn absorb_texts(hash: &mut Sha256, parts: &[Part]) {
    let mut texts = parts
        .iter()
        .filter_map(|part| {
            if let Part::Text { text, .. } | Part::Refusal { text } = part {
                Some(text.as_str())
            } else {
                None
            }
        })
        .skip_while(|text| text.trim_start().is_empty())
        .peekable();
    let mut first = true;
    while let Some(mut text) = texts.next() {
        if std::mem::take(&mut first) {
            hash.update([1]);
            text = text.trim_start();
        }
        if texts.peek().is_none() {
            text = text.trim_end();
        }
        hash.update(text);
    }
}

fn absorb_part(hash: &mut Sha256, part: &Part) {
    match part {
        Part::Image(media) | Part::File(media) | Part::Audio(media) => {
            hash.update([2]);
            match &media.source {
                MediaSource::Url { url } => hash.update(url),
                MediaSource::Base64 { data } => hash.update(data),
                MediaSource::FileId { id } => hash.update(id),
            }
        }
        Part::ToolCall {
            id, name, arguments, ..
        } => {
            for text in [id, name, compact(arguments).as_ref()] {
                hash.update([3]);
                hash.update(text);
            }
        }
        Part::ToolResult { call_id, parts, .. } => {
            hash.update([4]);
            hash.update(call_id);
            absorb_texts(hash, parts);
            for part in parts {
                absorb_part(hash, part);
            }
        }
        Part::Opaque { value, .. } => {
            hash.update([5]);
            hash.update(value.get());
        }
        Part::Text { .. } | Part::Refusal { .. } | Part::Reasoning { .. } => {}
    }
}

/// JSON as the tersest writer would have put it: no blanks between its tokens, no escape that is not needed.
/// What is no JSON comes out as something, and always as the same.
fn compact(json: &str) -> Cow<'_, str> {
    if json.trim().is_empty() {
        // a call without arguments, as clients write it
        return Cow::Borrowed("{}");
    }
    let mut quoted = false;
    let mut escaped = false;
    let plain = json.bytes().all(|byte| {
        if std::mem::take(&mut escaped) {
            return !matches!(byte, b'u' | b'/');
        }
        escaped = quoted && byte == b'\\';
        quoted ^= byte == b'"';
        quoted || !byte.is_ascii_whitespace()
    });
    if plain {
        return Cow::Borrowed(json);
    }
    let mut out = String::with_capacity(json.len());
    let mut rest = json;
    while let Some(open) = rest.find('"') {
        out.extend(rest[..open].split_ascii_whitespace());
        rest = &rest[open..];
        let end = end_of_string(rest);
        let (string, after) = rest.split_at(end);
        match serde_json::from_str::<String>(string).map(serde_json::Value::String) {
            Ok(read) => out.push_str(&read.to_string()),
            Err(_) => out.push_str(string),
        }
        rest = after;
    }
    out.extend(rest.split_ascii_whitespace());
    Cow::Owned(out)
}

/// Where the string that `text` begins with ends, its quotes included.
fn end_of_string(text: &str) -> usize {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        if std::mem::take(&mut escaped) {
            continue;
        }
        match byte {
            b'\\' => escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

fn short(hash: Sha256) -> Fingerprint {
    let full: [u8; 32] = hash.finalize().into();
    let mut short = [0; 16];
    short.copy_from_slice(&full[..16]);
    short
}

#[cfg(test)]
mod tests {
    use domain::{Extra, RawJson, Wire};

    use super::*;

    fn answer(parts: Vec<Part>) -> Message {
        Message {
            role: Role::Assistant,
            parts,
            extra: Extra::new(),
        }
    }

    fn call(arguments: &str) -> Part {
        Part::ToolCall {
            id: "c".into(),
            name: "f".into(),
            arguments: arguments.into(),
            extra: Extra::new(),
        }
    }

    #[test]
    fn what_clients_do_to_an_answer_leaves_it_the_same() {
        let given = answer(vec![
            Part::reasoning("hm"),
            Part::text(" One. "),
            Part::Opaque {
                wire: Wire::AnthropicMessages,
                value: RawJson::new("{}"),
            },
            Part::text("Two.\n"),
            call(r#"{"a":"é/","b":[1,2.0]}"#),
            call(""),
        ]);
        let back = answer(vec![
            Part::text("One. Two."),
            call("{\"a\": \"\\u00e9\\/\",\n \"b\": [1, 2.0]}"),
            call("{}"),
        ]);
        assert!(same(&given, &back));
        let without_text = answer(vec![call("{}")]);
        assert!(same(&without_text, &answer(vec![Part::text(""), call("{}")])));
    }

    #[test]
    fn what_says_something_else_is_something_else() {
        let one = answer(vec![Part::text("One."), call(r#"{"a":1}"#)]);
        for other in [
            answer(vec![Part::text("one."), call(r#"{"a":1}"#)]),
            answer(vec![Part::text("One."), call(r#"{"a":2}"#)]),
            answer(vec![Part::text("One.")]),
            answer(vec![call(r#"{"a":1}"#)]),
            Message::text(Role::User, "One."),
        ] {
            assert!(!same(&one, &other), "{other:?}");
        }
    }

    #[test]
    fn blanks_within_strings_are_part_of_them() {
        assert_eq!(compact(r#" { "a b" : "c \" d" } "#), r#"{"a b":"c \" d"}"#);
        assert_eq!(compact(r#"{"a":1}"#), r#"{"a":1}"#);
        assert_eq!(compact(r#"{"cut "#), r#"{"cut "#);
        assert_eq!(compact(r#"{ "bad\x" : 1 }"#), r#"{"bad\x":1}"#);
        assert_eq!(compact(r#"{ "end\"#), r#"{"end\"#);
    }
}
