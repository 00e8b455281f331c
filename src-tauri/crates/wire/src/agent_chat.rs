//! Chat with one agent: the small form in which agent platforms answer, without choices, roles or tools.
//!
//! A client names the agent and perhaps the session, and gets the text, the session to go on with, and the
//! tokens. It is a form of answer beside [`crate::openai_chat`] and no wire of its own: requests have that
//! wire's messages and parameters, and errors its shape, because the documents that show this form show no
//! other. The danger is what the form has no place for; so tools are taken off a request and told to the
//! caller, instead of being asked for and never shown.

mod client_answer;
mod client_request;
mod client_stream;

pub use client_answer::{Envelope, encode_answer};
pub use client_request::{ClientRequest, decode_message, decode_request};
pub use client_stream::StreamEncoder;
