//! Golden streams: one input each, and beside it what comes out on this wire and on that of chat
//! completions. Read the `.snap` when it changes.

use std::fmt::Write;
use std::path::Path;

use serde_json::json;

use super::client::{encode, parsed};
use super::replay::decode;

#[test]
fn streams() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/wire/golden/responses");
    let mut seen = 0;
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let body = std::fs::read(&path).unwrap();
        let (events, outcome) = decode([body.as_slice()]);
        for pieces in crate::support::cuts(&body) {
            assert_eq!(decode(pieces.iter().copied()), (events.clone(), outcome.clone()));
        }
        let request = json!({"model": "m", "input": "hi", "include": ["reasoning.encrypted_content"],
            "tools": [{"type": "function", "name": "f", "parameters": {"type": "object"}}]});
        let envelope = parsed(&request).envelope("resp_test", 1_700_000_000, "reviewer");
        let mut text = encode(envelope, &events, &outcome);
        super::strict::read(&text);
        let chat = crate::support::encode(&events, &outcome, true);
        crate::strict::read(&chat, true);
        writeln!(text, "== as chat completions\n{chat}").unwrap();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        crate::golden::snapshot(format!("responses-{name}"), text);
        seen += 1;
    }
    assert_eq!(seen, 3);
}
