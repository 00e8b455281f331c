//! The catalogue: its page, and whether it covers the traffic that was recorded.

use std::path::Path;

use inglenook_wire::catalog;

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "how documents are written anew is told to the test alone"
)]
fn the_document_is_the_catalogue() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../docs/providers.md");
    let text = catalog::document();
    if std::env::var("INGLENOOK_UPDATE").is_ok_and(|value| value == "1") {
        std::fs::write(&path, text).unwrap();
        return;
    }
    assert!(
        std::fs::read_to_string(&path).unwrap_or_default() == text,
        "docs/providers.md differs from the catalogue. Write it anew with:\n  INGLENOOK_UPDATE=1 cargo test -p \
         inglenook-wire catalog"
    );
}

#[test]
fn the_ids_of_the_design_are_there() {
    assert!(catalog::entries().len() >= 30);
    let ids = "openai anthropic google vertex azure bedrock mistral groq deepseek openrouter xai cohere perplexity \
               together fireworks cerebras moonshot zai alibaba minimax nvidia huggingface github vercel sambanova \
               novita ollama lmstudio llamacpp vllm jan";
    for id in ids.split_whitespace() {
        assert!(catalog::find(id).is_some(), "{id}");
    }
}

/// Hosts of the recordings that are no provider of ours, and why.
const FOREIGN: &[(&str, &str)] = &[
    (
        "api.githubcopilot.com",
        "a subscription of an editor and not an API",
    ),
    (
        "api.writer.com",
        "its chat lies at another path than every other one",
    ),
    (
        "bedrock-mantle.us-east-1.api.aws",
        "Bedrock is spoken to in its own protocol",
    ),
    ("gpustack.example", "a server of one's own, added as custom"),
    ("opencode.ai", "a gateway of one tool, added as custom"),
];

/// Whoever was recorded is in the catalogue, or stands in the list above.
#[test]
fn recorded_hosts_are_known() {
    for line in crate::recordings::index() {
        let whole = crate::recordings::read(&line);
        let host = whole["request"]["host"].as_str().unwrap();
        let of_each_user = host.ends_with(".azure.com")
            || host.ends_with("aiplatform.googleapis.com")
            || host.starts_with("bedrock-runtime.");
        let mut urls = catalog::entries()
            .iter()
            .filter_map(|entry| entry.base_url.as_ref());
        let known = of_each_user
            || FOREIGN.iter().any(|(foreign, _)| *foreign == host)
            || urls.any(|url| {
                host == url.host() || (url.is_loopback() && host == format!("localhost:{}", url.port()))
            });
        assert!(known, "{host}");
    }
}
