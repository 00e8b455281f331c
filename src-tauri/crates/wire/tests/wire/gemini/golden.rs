//! Golden files of this wire: one input each, and beside it in words what comes out, on this wire and as
//! chat completions. Read the `.snap` when it changes.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use domain::Quirks;
use inglenook_wire::gemini::{
    Envelope, Framing, StreamEncoder, decode_answer, decode_request, encode_answer, encode_error,
    encode_request,
};
use inglenook_wire::openai_chat;

use super::replay::decode;
use crate::golden::snapshot;
use crate::support::{encode, envelope as chat};

fn inputs(folder: &str) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/wire/golden/gemini")
        .join(folder);
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path())
        .collect();
    files.sort();
    assert!(!files.is_empty());
    let named = |path: PathBuf| {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        (name, std::fs::read(path).unwrap())
    };
    files.into_iter().map(named).collect()
}

fn envelope() -> Envelope {
    Envelope {
        id: "resp-test".into(),
        model: "reviewer".into(),
    }
}

fn pretty(json: &[u8]) -> String {
    let value: serde_json::Value = serde_json::from_slice(json).unwrap();
    serde_json::to_string_pretty(&value).unwrap()
}

#[test]
fn streams() {
    for (name, body) in inputs("streams") {
        let (events, outcome) = decode([body.as_slice()]);
        let mut encoder = StreamEncoder::new(envelope(), Framing::Sse);
        let mut out = Vec::new();
        events.iter().for_each(|event| encoder.event(event, &mut out));
        if let Err(failure) = outcome.clone().and_then(|()| encoder.finish(&mut out)) {
            encoder.fail(&failure, &mut out);
        }
        let ours = String::from_utf8(out).unwrap();
        let text = format!("== gemini\n{ours}== chat\n{}", encode(&events, &outcome, true));
        snapshot(format!("gemini-stream-{name}"), text);
    }
}

#[test]
fn answers() {
    for (name, body) in inputs("answers") {
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        match decode_answer(&body) {
            Ok(answer) => {
                encode_answer(&answer, &envelope(), &mut ours);
                openai_chat::encode_answer(&answer, &chat(), &mut theirs);
            }
            Err(failure) => {
                encode_error(&failure, &mut ours);
                openai_chat::encode_error(&failure, &mut theirs);
            }
        }
        let text = format!("== gemini\n{}\n== chat\n{}", pretty(&ours), pretty(&theirs));
        snapshot(format!("gemini-answer-{name}"), text);
    }
}

#[test]
fn requests() {
    for (name, body) in inputs("requests") {
        let request = decode_request(&body).unwrap().request;
        let mut text = String::new();
        for model in ["gemini-2.5-flash", "gemini-3-pro-preview"] {
            let mut out = Vec::new();
            let applied = encode_request(&request, model, &Quirks::default(), &mut out);
            writeln!(text, "== to {model}\n{}", pretty(&out)).unwrap();
            for note in applied {
                writeln!(text, "applied: {}: {}", note.what, note.how).unwrap();
            }
        }
        snapshot(format!("gemini-request-{name}"), text);
    }
    // requests of chat completions, the same files that the other wire has
    for name in ["plain", "schema", "tools"] {
        let path =
            Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/wire/golden/requests/{name}.json"));
        let request = openai_chat::decode_request(&std::fs::read(path).unwrap())
            .unwrap()
            .request;
        let mut out = Vec::new();
        let applied = encode_request(&request, "gemini-3-flash-preview", &Quirks::default(), &mut out);
        let mut text = pretty(&out) + "\n";
        for note in applied {
            writeln!(text, "applied: {}: {}", note.what, note.how).unwrap();
        }
        snapshot(format!("gemini-from-chat-{name}"), text);
    }
}
