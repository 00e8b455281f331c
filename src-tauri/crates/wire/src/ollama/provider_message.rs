//! Messages as an Ollama server reads them: one text each, images as bare base64, arguments as objects, and
//! results that name their tool.

use std::borrow::Cow;

use domain::{Media, MediaSource, Message, Part, Quirks, Request, Role, Wire};

use crate::json::{self, Object};
use crate::notes::Notes;

/// Fields of a message that are written here.
const OURS: &[&str] = &[
    "role",
    "content",
    "thinking",
    "images",
    "tool_calls",
    "tool_name",
    "tool_call_id",
];

/// Writes the array of messages.
pub(super) fn write_all(request: &Request, quirks: &Quirks, out: &mut Vec<u8>, notes: &mut Notes) {
    out.push(b'[');
    let mut names: Vec<(&str, &str)> = Vec::new();
    let mut pictures = Vec::new();
    for message in &request.messages {
        let is_result = |part: &Part| matches!(part, Part::ToolResult { .. });
        if message.role != Role::Tool && !message.parts.iter().any(is_result) {
            show(&mut pictures, out, notes);
        }
        write(message, request.wire, quirks, (&names, &mut pictures), out, notes);
        for part in &message.parts {
            if let Part::ToolCall { id, name, .. } = part {
                names.push((id, name));
            }
        }
    }
    show(&mut pictures, out, notes);
    out.push(b']');
}

/// An image of a tool's result, with the tool's name.
type Picture<'r> = (Option<&'r str>, &'r Part);

/// Writes the images of the tool messages before, which templates look for in messages of the user alone.
fn show(pictures: &mut Vec<Picture<'_>>, out: &mut Vec<u8>, notes: &mut Notes) {
    let pictures = std::mem::take(pictures);
    if pictures.is_empty() {
        return;
    }
    notes.add(
        "images of tools",
        "told in a message of the user's, models look for them there",
    );
    let told = |(name, _): &Picture<'_>| {
        Part::text(format!("The image that {} returned.", name.unwrap_or("a tool")))
    };
    let told: Vec<Part> = pictures.iter().map(told).collect();
    let images = pictures.iter().map(|(_, image)| *image);
    let mut object = open(out);
    object.literal("role", r#""user""#);
    content(told.iter().chain(images), "\n", &mut object, notes);
    object.close();
}

fn open(out: &mut Vec<u8>) -> Object<'_> {
    if out.last() != Some(&b'[') {
        out.push(b',');
    }
    Object::open(out)
}

fn write<'r>(
    message: &'r Message,
    wire: Wire,
    quirks: &Quirks,
    (names, pictures): (&[(&'r str, &'r str)], &mut Vec<Picture<'r>>),
    out: &mut Vec<u8>,
    notes: &mut Notes,
) {
    let mut others = Vec::new();
    for part in &message.parts {
        if let Part::ToolResult {
            call_id,
            parts,
            is_error,
            ..
        } = part
        {
            if *is_error {
                notes.add(
                    "errors of tools",
                    "told by their text alone, this wire has no field for it",
                );
            }
            // the latest of that id
            let name = names.iter().rev().find(|(id, _)| id == call_id);
            let name = name.map(|(_, name)| *name);
            let moves = |part: &&Part| matches!(part, Part::Image(media) if matches!(media.source, MediaSource::Base64 { .. }));
            pictures.extend(parts.iter().filter(moves).map(|image| (name, image)));
            let mut object = open(out);
            object.literal("role", r#""tool""#);
            content(parts.iter().filter(|part| !moves(part)), "\n", &mut object, notes);
            if let Some(name) = name {
                object.string("tool_name", name);
            }
            object.string("tool_call_id", call_id);
            object.close();
        } else {
            others.push(part);
        }
    }
    if message.role == Role::Tool || (others.is_empty() && !message.parts.is_empty()) {
        if !others.is_empty() {
            notes.add("parts of tool messages that are no results", "left out");
        }
        return;
    }
    show(pictures, out, notes);
    let mut object = open(out);
    if message.role == Role::Developer {
        notes.add("role developer", "sent as system");
    }
    let assistant = message.role == Role::Assistant;
    object.string(
        "role",
        if message.role.instructs() {
            "system"
        } else {
            message.role.as_str()
        },
    );
    // pieces of an answer belong together, pieces of a question are paragraphs
    content(
        others.iter().copied(),
        if assistant { "" } else { "\n" },
        &mut object,
        notes,
    );
    if assistant {
        reasoning(&message.parts, quirks, &mut object, notes);
        calls(&message.parts, &mut object, notes);
    }
    let own = wire == Wire::Ollama;
    if !own && !message.extra.is_empty() {
        notes.add("fields of messages", "left out, this wire has no place for them");
    }
    object.extra(&message.extra, |name| own && !OURS.contains(&name));
    object.close();
}

/// Writes `content`, and `images` if there are any.
fn content<'p>(
    parts: impl Iterator<Item = &'p Part>,
    between: &str,
    object: &mut Object<'_>,
    notes: &mut Notes,
) {
    let mut text = String::new();
    let mut images: Vec<&str> = Vec::new();
    for part in parts {
        match part {
            Part::Text { text: words, extra } => {
                if !extra.is_empty() {
                    notes.add("fields of parts", "left out, this wire has no place for them");
                }
                append(&mut text, words, between);
            }
            Part::Refusal { text: words } => append(&mut text, words, between),
            Part::Image(Media {
                source: MediaSource::Base64 { data },
                ..
            }) => images.push(data),
            Part::Image(_) => notes.add("images by address", "left out, the provider wants their bytes"),
            Part::File(_) => notes.add("files", "left out, this wire has no form for them"),
            Part::Audio(_) => notes.add("sounds", "left out, this wire has no form for them"),
            Part::Opaque { .. } | Part::ToolResult { .. } => {
                notes.add("a part that this wire has no form for", "left out");
            }
            // beside the content
            Part::Reasoning { .. } | Part::ToolCall { .. } => {}
        }
    }
    object.string("content", &text);
    if images.is_empty() {
        return;
    }
    let list = object.key("images");
    list.push(b'[');
    for (at, image) in images.into_iter().enumerate() {
        if at > 0 {
            list.push(b',');
        }
        json::write_string(image, list);
    }
    list.push(b']');
}

fn append(text: &mut String, more: &str, between: &str) {
    if !text.is_empty() && !more.is_empty() {
        text.push_str(between);
    }
    text.push_str(more);
}

fn reasoning(parts: &[Part], quirks: &Quirks, object: &mut Object<'_>, notes: &mut Notes) {
    let mut thought = String::new();
    let mut any = false;
    for part in parts {
        if let Part::Reasoning { text, signature, .. } = part {
            any = true;
            thought.push_str(text);
            if signature.is_some() {
                notes.add("reasoning signature", "left out, this wire has no field for it");
            }
        }
    }
    if any && quirks.no_reasoning_history {
        notes.add("reasoning", "left out, the provider refuses it");
    } else if !thought.is_empty() {
        object.string("thinking", &thought);
    }
}

fn calls(parts: &[Part], object: &mut Object<'_>, notes: &mut Notes) {
    let mut calls = parts
        .iter()
        .filter_map(|part| {
            if let Part::ToolCall {
                id,
                name,
                arguments,
                extra,
            } = part
            {
                Some((id, name, arguments, extra))
            } else {
                None
            }
        })
        .peekable();
    if calls.peek().is_none() {
        return;
    }
    let list = object.key("tool_calls");
    list.push(b'[');
    for (at, (id, name, arguments, extra)) in calls.enumerate() {
        if at > 0 {
            list.push(b',');
        }
        if !extra.is_empty() {
            notes.add(
                "fields of tool calls",
                "left out, this wire has no place for them",
            );
        }
        let arguments = json::object_of(arguments, "arguments");
        if matches!(arguments, Cow::Owned(_)) {
            notes.add(
                "arguments that are no object",
                "wrapped in one, the provider wants it",
            );
        }
        let mut call = Object::open(list);
        call.string("id", id);
        let mut function = Object::open(call.key("function"));
        function.string("name", name);
        function.raw("arguments", &arguments);
        function.close();
        call.close();
    }
    list.push(b']');
}
