//! The routes under `/v1`.

mod agent_drafts;
mod agent_tools;
mod budgets;
mod cache_marks;
mod cancellation;
mod chat_completions;
mod chat_requests;
mod choosing;
mod compaction;
mod completions;
mod count_tokens;
mod embeddings;
mod faults;
mod idempotency;
mod key;
mod key_tools;
mod knowledge;
mod ledger;
mod limits;
mod memory;
mod merge;
mod messages;
mod models;
mod one_pipeline;
mod openapi;
mod own_tools;
mod owners;
mod reasoning;
mod recordings;
mod refused;
mod remote_images;
mod responses;
mod retry_storms;
mod session_names;
mod session_owners;
mod sessions;
mod slow_disk;
mod stable_prefix;
mod upstream;
mod upstream_bodies;
mod upstream_cuts;
mod upstream_lists;
mod upstream_pause;
mod upstream_retries;
mod upstream_timers;
mod upstream_tls;
mod upstream_whole;
mod validation;

use serde_json::{Value, json};

/// A request of one user message.
pub fn hi(model: &str) -> Value {
    json!({"model": model, "messages": [{"role": "user", "content": "Hi"}]})
}

/// The same, streamed.
fn hi_streamed(model: &str) -> Value {
    json!({"model": model, "messages": [{"role": "user", "content": "Hi"}], "stream": true})
}
