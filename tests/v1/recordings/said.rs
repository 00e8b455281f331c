//! What a recorded answer says, read by means as simple as possible and without any of our codecs: what the
//! client must be told is held against this.

use domain::Usage;
use serde_json::Value;

/// A tool call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Call {
    /// Where the provider gave one.
    pub id: Option<String>,
    pub name: String,
    /// JSON text, or the input of a tool that takes text.
    pub arguments: String,
}

/// The answer. No recording has more than one choice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    pub text: String,
    pub reasoning: String,
    pub refusal: String,
    pub calls: Vec<Call>,
    /// In OpenAI's words.
    pub finish: Option<&'static str>,
    /// In the convention of design.md 11.
    pub usage: Option<Usage>,
}

impl Said {
    /// Begins a call.
    pub fn call(&mut self, id: &Value, name: &Value, arguments: &str) {
        self.calls.push(Call {
            id: id.as_str().map(str::to_owned),
            name: text(name).to_owned(),
            arguments: arguments.to_owned(),
        });
    }

    /// More arguments of the last call.
    pub fn arguments(&mut self, piece: &Value) {
        self.calls.last_mut().unwrap().arguments.push_str(text(piece));
    }

    /// Completes what every provider leaves to its clients.
    pub fn complete(mut self) -> Self {
        for call in &mut self.calls {
            if call.arguments.trim().is_empty() {
                call.arguments = "{}".to_owned();
            }
        }
        if !self.calls.is_empty() && self.finish != Some("length") {
            self.finish = Some("tool_calls");
        }
        self.usage = self.usage.map(|mut usage| {
            // some providers count more reasoning than output
            usage.reasoning = usage.reasoning.min(usage.output);
            usage
        });
        self
    }
}

/// The string, or nothing.
pub fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// The items of an array, or none.
pub fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// The number, or 0.
pub fn count(value: &Value) -> u64 {
    value.as_u64().unwrap_or(0)
}

/// The JSON of each `data` line.
pub fn events(body: &str) -> Vec<Value> {
    let data = body.lines().filter_map(|line| line.strip_prefix("data:"));
    data.map(str::trim)
        .filter(|data| !data.is_empty() && *data != "[DONE]")
        .map(|data| serde_json::from_str(data).unwrap_or_else(|_| panic!("{data}")))
        .collect()
}
