//! Recorded traffic of providers, read from beside the checkout.
//!
//! The recordings are other projects' data and stay outside the repository, so a machine may not have them.
//! The danger is a suite that then passes without a word: whoever asks for them gets `None` and the log gets
//! a line that nothing swallows.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use base64ct::{Base64, Encoding};
use serde_json::Value;

/// One exchange with a provider.
#[derive(Clone, Debug)]
pub struct Recording {
    pub id: String,
    pub provider: String,
    /// Which wire format it speaks, in the recordings' own words: `openai.responses`.
    pub api: String,
    pub tags: Vec<String>,
    pub status: u16,
    pub headers: Vec<(String, String)>,
    /// The body's exact bytes, framing included.
    pub body: Vec<u8>,
}

impl Recording {
    pub fn has(&self, tag: &str) -> bool {
        self.tags.iter().any(|one| one == tag)
    }

    pub fn is_stream(&self) -> bool {
        self.has("stream")
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{}: {error}", self.id))
    }
}

/// Where the recordings are: `RECORDINGS_DIR`, else `../shared/recordings` beside the checkout.
pub fn folder() -> PathBuf {
    std::env::var_os("RECORDINGS_DIR").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/recordings"),
        PathBuf::from,
    )
}

/// Every recording of the index; `None`, and a loud line, when they are not on this machine.
pub fn all() -> Option<Vec<Arc<Recording>>> {
    let folder = folder();
    let Ok(index) = std::fs::read(folder.join("INDEX.json")) else {
        left_out(&format!(
            "provider recordings are not on this machine ({}), so nothing was replayed",
            folder.display()
        ));
        return None;
    };
    let index: Vec<Value> = serde_json::from_slice(&index).unwrap();
    Some(index.iter().map(|line| Arc::new(read(&folder, line))).collect())
}

/// Says past every capture of output that something was not tested; `scripts/test.sh` repeats such lines.
pub fn left_out(what: &str) {
    let _told = std::io::stderr().write_all(format!("LEFT OUT: {what}\n").as_bytes());
}

fn read(folder: &Path, line: &Value) -> Recording {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let file = std::fs::read(folder.join(text(&line["file"]))).unwrap();
    let whole: Value = serde_json::from_slice(&file).unwrap();
    let response = &whole["response"];
    let body = text(&response["body"]);
    let headers = response["headers"].as_object().unwrap();
    Recording {
        id: text(&line["id"]),
        provider: text(&line["provider"]),
        api: text(&line["api"]),
        tags: line["tags"].as_array().unwrap().iter().map(text).collect(),
        status: u16::try_from(response["status"].as_u64().unwrap()).unwrap(),
        headers: headers
            .iter()
            .map(|(name, value)| (name.clone(), text(value)))
            .collect(),
        body: match response["body_encoding"].as_str() {
            Some("base64") => Base64::decode_vec(&body).unwrap(),
            Some(_) | None => body.into_bytes(),
        },
    }
}
