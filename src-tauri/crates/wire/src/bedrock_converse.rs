//! The wire `bedrock-converse`: Amazon Bedrock's Converse, where we are the client; nobody speaks it to us.
//!
//! One request shape for the models of a dozen makers, who differ behind it: what a model can do is told by
//! its id alone ([`model`]). The danger is a 400 for a field that another maker's model takes, and a stream
//! of binary frames that ends in the middle. Signing is the gateway's, framing is [`crate::eventstream`]'s.
//! The InvokeModel routes, which carry each maker's own shape, are not spoken.

mod failure;
mod media;
mod model;
mod models;
mod provider_answer;
mod provider_block;
mod provider_message;
mod provider_request;
mod provider_stream;
mod provider_thinking;
mod provider_tools;
mod provider_turn;
mod stop;
mod usage;

pub use models::decode_models;
pub use provider_answer::decode_answer;
pub use provider_request::encode_request;
pub use provider_stream::StreamDecoder;
pub(crate) use usage::read as read_usage;

/// Where Bedrock lists its models. It is another host than the one that serves them:
/// `bedrock.REGION.amazonaws.com` and not `bedrock-runtime.REGION.amazonaws.com`.
pub const MODELS_PATH: &str = "/foundation-models";
/// Where it lists the profiles that newer models are called through, on the same host as [`MODELS_PATH`];
/// read by [`decode_models`] as well.
pub const PROFILES_PATH: &str = "/inference-profiles?maxResults=1000";

/// The tool that stands in where a model has no structured output: it must be called, and its arguments are
/// the answer. Decoders know it by its name.
const ANSWER_TOOL: &str = "inglenook_structured_answer";

/// Where a model is called, under the provider's base URL. A model may be named by an ARN, which holds slashes.
pub fn path(model: &str, stream: bool) -> String {
    let mut path = String::from("/model/");
    for byte in model.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            path.push(char::from(byte));
        } else {
            path.push_str(&format!("%{byte:02X}"));
        }
    }
    path.push_str(if stream { "/converse-stream" } else { "/converse" });
    path
}
