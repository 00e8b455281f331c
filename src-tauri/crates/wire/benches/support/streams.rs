//! An answer of some two hundred chunks in the shape of each provider: reasoning, text of a token a chunk,
//! and a tool call, with the fields that the provider sends around them.

mod amazon;
mod anthropic;
mod google;
mod ollama;
mod openai;

use domain::Wire;

const THOUGHTS: usize = 32;
const TEXTS: usize = 160;
/// The arguments of the call, as they come where a wire sends them in pieces.
const ARGUMENTS: [&str; 8] = [
    r#"{""#,
    "path",
    r#"":""#,
    "src/",
    "main",
    ".rs",
    r#"","first":1"#,
    "}",
];
/// Tokens as models write them: short ASCII, characters of several bytes, and what JSON has to escape.
const TOKENS: [&str; 12] = [
    "The",
    " parser",
    " keeps",
    " the",
    " beginning",
    " of",
    " an",
    " event",
    " –",
    " naïve",
    ":\n\n",
    " \"so\"",
];

/// A streamed answer.
#[derive(Default)]
pub struct Stream {
    /// Its bytes, an event of the provider each.
    pub pieces: Vec<Vec<u8>>,
    /// How many of the pieces carry a delta; the others are the frame around them.
    pub chunks: usize,
}

/// The answer as a provider of this wire streams it.
pub fn stream(wire: Wire) -> Stream {
    let mut stream = Stream::default();
    match wire {
        Wire::OpenAiChat => openai::chat(&mut stream),
        Wire::OpenAiResponses => openai::responses(&mut stream),
        Wire::AnthropicMessages => anthropic::messages(&mut stream),
        Wire::Gemini => google::generate_content(&mut stream),
        Wire::Ollama => ollama::chat(&mut stream),
        Wire::BedrockConverse => amazon::converse(&mut stream),
    }
    stream
}

impl Stream {
    fn frame(&mut self, piece: Vec<u8>) {
        self.pieces.push(piece);
    }

    fn chunk(&mut self, piece: Vec<u8>) {
        self.chunks += 1;
        self.pieces.push(piece);
    }

    /// A chunk for each token of the reasoning; `piece` is given the token as a JSON string.
    fn thoughts(&mut self, piece: impl Fn(&str) -> Vec<u8>) {
        for token in tokens(THOUGHTS) {
            self.chunk(piece(&quoted(token)));
        }
    }

    /// A chunk for each token of the text; `piece` is given the token as a JSON string.
    fn texts(&mut self, piece: impl Fn(&str) -> Vec<u8>) {
        for token in tokens(TEXTS) {
            self.chunk(piece(&quoted(token)));
        }
    }

    /// A chunk for each fragment of the call's arguments; `piece` is given it as a JSON string.
    fn arguments(&mut self, piece: impl Fn(&str) -> Vec<u8>) {
        for fragment in ARGUMENTS {
            self.chunk(piece(&quoted(fragment)));
        }
    }
}

fn tokens(count: usize) -> impl Iterator<Item = &'static str> {
    TOKENS.into_iter().cycle().take(count)
}

fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap()
}

/// An event of a stream whose events are named, with the name repeated inside.
fn named(name: &str, rest: &str) -> Vec<u8> {
    format!("event: {name}\ndata: {{\"type\":\"{name}\"{rest}}}\n\n").into_bytes()
}

/// A signature of the length that providers give.
fn signature() -> String {
    "EqQBCkYIBxgC".repeat(30)
}
