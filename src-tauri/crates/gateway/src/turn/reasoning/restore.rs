//! Puts an answer's reasoning back where it stood, around what the client sent back of the answer.

use std::collections::VecDeque;

use domain::{Extra, Message, Part};

/// The message with what its answer held: reasoning in its place, fields where the client left them out.
/// Texts, calls and their ids stay the client's own.
pub(super) fn restore(message: &Message, outline: &[Part], fields: &Extra) -> Message {
    let mut whole = message.clone();
    fill(&mut whole.extra, fields);
    let sealed = |part: &Part| match part {
        Part::Reasoning { signature, .. } => signature.is_some(),
        Part::Opaque { .. } => true,
        Part::Text { .. }
        | Part::Image(_)
        | Part::File(_)
        | Part::Audio(_)
        | Part::Refusal { .. }
        | Part::ToolCall { .. }
        | Part::ToolResult { .. } => false,
    };
    if whole.parts.iter().any(sealed) {
        // the client keeps reasoning itself, in an order of its own
        calls(&mut whole.parts, outline);
    } else {
        whole.parts = rebuilt(whole.parts, outline);
    }
    whole
}

fn fill(own: &mut Extra, fields: &Extra) {
    for (name, value) in fields.iter() {
        if own.get(name).is_none() {
            own.set(name, value.clone());
        }
    }
}

fn calls(parts: &mut [Part], outline: &[Part]) {
    for part in parts {
        let Part::ToolCall { id, extra, .. } = part else {
            continue;
        };
        for mark in outline {
            if let Part::ToolCall {
                id: of,
                extra: fields,
                ..
            } = mark
                && of == id
            {
                fill(extra, fields);
            }
        }
    }
}

fn rebuilt(own: Vec<Part>, outline: &[Part]) -> Vec<Part> {
    let thinks = |part: &Part| matches!(part, Part::Reasoning { .. });
    let given_back = outline.iter().any(thinks);
    let mut own: VecDeque<Part> = own
        .into_iter()
        .filter(|part| !(given_back && thinks(part)))
        .collect();
    let mut parts = Vec::with_capacity(own.len() + outline.len());
    for mark in outline {
        match mark {
            Part::Text { extra, .. } => {
                let said = own.pop_front_if(|part| !matches!(part, Part::ToolCall { .. }));
                match said {
                    Some(mut said) => {
                        if let Part::Text { extra: own, .. } = &mut said {
                            fill(own, extra);
                        }
                        parts.push(said);
                    }
                    // a seal of its own after the text, which clients join with the one before
                    None if !extra.is_empty() => parts.push(mark.clone()),
                    None => {}
                }
            }
            Part::ToolCall { id, extra, .. } => {
                while let Some(said) = own.pop_front_if(|part| !matches!(part, Part::ToolCall { .. })) {
                    parts.push(said);
                }
                let at = own
                    .iter()
                    .position(|part| matches!(part, Part::ToolCall { id: of, .. } if of == id));
                if let Some(mut call) = at.and_then(|at| own.remove(at)) {
                    if let Part::ToolCall { extra: own, .. } = &mut call {
                        fill(own, extra);
                    }
                    parts.push(call);
                }
            }
            Part::Reasoning { .. }
            | Part::Opaque { .. }
            | Part::Image(_)
            | Part::File(_)
            | Part::Audio(_)
            | Part::Refusal { .. }
            | Part::ToolResult { .. } => parts.push(mark.clone()),
        }
    }
    parts.extend(own);
    parts
}

#[cfg(test)]
mod tests {
    use domain::{RawJson, Role};

    use super::*;

    fn sealed(signature: &str) -> Part {
        Part::Reasoning {
            text: "hm".into(),
            signature: Some(signature.into()),
            extra: Extra::new(),
        }
    }

    fn marked(name: &str) -> Extra {
        let mut extra = Extra::new();
        extra.set(name, RawJson::new("1"));
        extra
    }

    fn call(id: &str, arguments: &str, extra: Extra) -> Part {
        Part::ToolCall {
            id: id.into(),
            name: "f".into(),
            arguments: arguments.into(),
            extra,
        }
    }

    fn bare(id: &str) -> Part {
        call(id, "{}", Extra::new())
    }

    fn message(parts: Vec<Part>) -> Message {
        Message {
            role: Role::Assistant,
            parts,
            extra: Extra::new(),
        }
    }

    /// Thought, said something, thought again, called, called again.
    fn outline() -> Vec<Part> {
        vec![
            sealed("1"),
            Part::text(""),
            sealed("2"),
            call("a", "", marked("extra_content")),
            call("b", "", Extra::new()),
        ]
    }

    fn restored(parts: Vec<Part>) -> Vec<Part> {
        restore(&message(parts), &outline(), &Extra::new()).parts
    }

    #[test]
    fn reasoning_stands_where_it_stood() {
        assert_eq!(
            restored(vec![Part::text("One."), bare("a"), bare("b")]),
            [
                sealed("1"),
                Part::text("One."),
                sealed("2"),
                call("a", "{}", marked("extra_content")),
                bare("b"),
            ]
        );
    }

    #[test]
    fn whatever_the_client_sends_is_kept_and_comes_after_the_reasoning() {
        let marked = || call("a", "{}", marked("extra_content"));
        assert_eq!(
            restored(vec![bare("b"), bare("a")]),
            [sealed("1"), sealed("2"), marked(), bare("b")],
            "without the text, in another order"
        );
        assert_eq!(
            restored(vec![Part::text("x"), Part::text("y"), bare("a"), bare("z")]),
            [
                sealed("1"),
                Part::text("x"),
                sealed("2"),
                Part::text("y"),
                marked(),
                bare("z")
            ],
        );
        assert_eq!(
            restored(vec![Part::reasoning("hm"), bare("a")]),
            [sealed("1"), sealed("2"), marked()],
            "the readable text alone gives way to the whole"
        );
    }

    #[test]
    fn a_client_that_keeps_reasoning_gets_only_what_it_left_out() {
        let own = vec![sealed("1"), Part::text("One."), sealed("2"), bare("a")];
        let mut expected = own.clone();
        expected[3] = call("a", "{}", marked("extra_content"));
        assert_eq!(restored(own), expected);

        let mut sent = message(vec![Part::text("x")]);
        sent.extra.set("reasoning_details", RawJson::new("2"));
        let mut fields = marked("reasoning_details");
        fields.set("thought_signature", RawJson::new("3"));
        let whole = restore(&sent, &[], &fields);
        assert_eq!(whole.extra.get("reasoning_details"), Some(&RawJson::new("2")));
        assert_eq!(whole.extra.get("thought_signature"), Some(&RawJson::new("3")));
        assert_eq!(whole.parts, sent.parts);
    }

    #[test]
    fn a_seal_after_a_text_is_not_lost_when_texts_are_joined() {
        let closing = Part::Text {
            text: String::new(),
            extra: marked("extra_content"),
        };
        let outline = [Part::text(""), closing.clone()];
        let whole = restore(&message(vec![Part::text("One.")]), &outline, &Extra::new());
        assert_eq!(whole.parts, [Part::text("One."), closing]);
    }
}
