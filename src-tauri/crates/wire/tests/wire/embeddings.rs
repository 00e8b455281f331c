//! Embeddings in both directions, in all forms.

use domain::{FailureKind, TextOrTokens};
use inglenook_wire::catalog::{self, EmbeddingRoute, EmbeddingShape};
use inglenook_wire::embeddings::{
    Encoding, decode_answer, decode_request, encode_answer, encode_request, path,
};
use serde_json::{Value, json};

fn route(kind: &str) -> EmbeddingRoute {
    catalog::find(kind).unwrap().embeddings.clone().unwrap()
}

fn to(kind: &str, body: &Value) -> (Value, Vec<String>) {
    let client = decode_request(body.to_string().as_bytes()).unwrap();
    let mut out = Vec::new();
    let notes = encode_request(&client.request, "m-1", &route(kind), &mut out).unwrap();
    let notes = notes
        .into_iter()
        .map(|note| format!("{}: {}", note.what, note.how));
    (serde_json::from_slice(&out).unwrap(), notes.collect())
}

#[test]
fn inputs_of_every_kind_are_read() {
    let text = |text: &str| TextOrTokens::Text(text.into());
    for (input, expected) in [
        (json!("a"), vec![text("a")]),
        (json!(["a", "b"]), vec![text("a"), text("b")]),
        (json!([1, 2]), vec![TextOrTokens::Tokens(vec![1, 2])]),
        (
            json!([[1], [2, 3]]),
            vec![TextOrTokens::Tokens(vec![1]), TextOrTokens::Tokens(vec![2, 3])],
        ),
    ] {
        let body = json!({"model": "reviewer", "input": input, "encoding_format": "base64", "user": "u"});
        let read = decode_request(body.to_string().as_bytes()).unwrap();
        assert_eq!(read.request.inputs, expected);
        assert_eq!(
            (read.model.as_deref(), read.encoding),
            (Some("reviewer"), Encoding::Base64)
        );
        let (sent, notes) = to("openai", &body);
        assert_eq!(sent, json!({"model": "m-1", "input": input, "user": "u"}));
        assert_eq!(notes, Vec::<String>::new());
    }
    assert_eq!(
        decode_request(br#"{"input":"a"}"#).unwrap().encoding,
        Encoding::Float
    );
}

#[test]
fn what_cannot_be_embedded_is_refused_by_name() {
    for (body, param, code) in [
        (json!({}), "input", "missing_required_parameter"),
        (json!({"input": ""}), "input", "invalid_value"),
        (json!({"input": []}), "input", "empty_array"),
        (json!({"input": ["a", ""]}), "input[1]", "invalid_value"),
        (json!({"input": [[]]}), "input[0]", "invalid_value"),
        (json!({"input": ["a", 1]}), "input[1]", "invalid_type"),
        (json!({"input": {}}), "input", "invalid_type"),
        (json!({"input": [-1]}), "input", "invalid_type"),
        (
            json!({"input": vec!["a"; 2049]}),
            "input",
            "array_above_max_length",
        ),
        (
            json!({"input": "a", "dimensions": 0}),
            "dimensions",
            "integer_below_min_value",
        ),
        (
            json!({"input": "a", "encoding_format": "int8"}),
            "encoding_format",
            "invalid_value",
        ),
    ] {
        let failure = decode_request(body.to_string().as_bytes()).unwrap_err();
        assert_eq!(
            (failure.param(), failure.code()),
            (Some(param), Some(code)),
            "{param}"
        );
    }
}

#[test]
fn every_form_gets_its_own_words() {
    let body = json!({"input": ["a", "b"], "dimensions": 256, "user": "u"});
    let (sent, notes) = to("openai", &body);
    let expected = json!({"model": "m-1", "input": ["a", "b"], "dimensions": 256, "user": "u"});
    assert_eq!((sent, notes.len()), (expected, 0));
    let (sent, _) = to("mistral", &body);
    assert_eq!(
        (&sent["output_dimension"], sent.get("dimensions")),
        (&json!(256), None)
    );
    let (sent, notes) = to("cohere", &body);
    let expected = json!({
        "model": "m-1", "texts": ["a", "b"], "input_type": "search_document",
        "embedding_types": ["float"], "output_dimension": 256,
    });
    assert_eq!(sent, expected);
    assert_eq!(notes, ["user: left out, the provider has no field for it"]);
    let (sent, _) = to("cohere", &json!({"input": "a", "input_type": "search_query"}));
    assert_eq!(sent["input_type"], "search_query");
    let (sent, _) = to("ollama", &body);
    assert_eq!(
        sent,
        json!({"model": "m-1", "input": ["a", "b"], "dimensions": 256})
    );
    let (sent, _) = to("google", &body);
    let one = |text: &str| json!({"model": "models/m-1", "content": {"parts": [{"text": text}]}, "outputDimensionality": 256});
    assert_eq!(sent, json!({"requests": [one("a"), one("b")]}));
    assert_eq!(path(&route("google"), "a/b"), "/models/a%2Fb:batchEmbedContents");
    assert_eq!(path(&route("openai"), "a/b"), "/embeddings");
    let tokens = decode_request(br#"{"input":[1,2]}"#).unwrap();
    for kind in ["cohere", "ollama", "google"] {
        let failure = encode_request(&tokens.request, "m", &route(kind), &mut Vec::new()).unwrap_err();
        assert_eq!(
            (failure.kind(), failure.param()),
            (FailureKind::InvalidRequest, Some("input")),
            "{kind}"
        );
    }
}

#[test]
fn answers_of_every_form_are_read() {
    let two = vec![vec![0.5, -1.0], vec![3.0, 0.25]];
    for (shape, body, input) in [
        (
            EmbeddingShape::OpenAi,
            // out of order, and one of them in base64
            r#"{"object":"list","model":"x","data":[{"index":1,"embedding":"AABAQAAAgD4="},{"index":0,"embedding":[0.5,-1]}],"usage":{"prompt_tokens":4,"total_tokens":4}}"#,
            Some(4),
        ),
        (
            EmbeddingShape::OpenAi,
            r#"{"data":[{"embedding":[0.5,-1]},{"embedding":[3,0.25]}]}"#,
            None,
        ),
        (
            EmbeddingShape::Cohere,
            r#"{"id":"i","embeddings":{"float":[[0.5,-1],[3,0.25]]},"meta":{"billed_units":{"input_tokens":7}}}"#,
            Some(7),
        ),
        (
            EmbeddingShape::Gemini,
            r#"{"embeddings":[{"values":[0.5,-1]},{"values":[3,0.25]}]}"#,
            None,
        ),
        (
            EmbeddingShape::Ollama,
            r#"{"model":"x","embeddings":[[0.5,-1],[3,0.25]],"prompt_eval_count":3}"#,
            Some(3),
        ),
    ] {
        let read = decode_answer(shape, body.as_bytes()).unwrap();
        assert_eq!(read.vectors, two, "{body}");
        assert_eq!(read.usage.map(|(usage, _)| usage.input), input, "{body}");
    }
    for body in [
        "",
        "{}",
        "[]",
        r#"{"data":[]}"#,
        r#"{"data":[{"embedding":[null]}]}"#,
        r#"{"data":[{"embedding":"AAA="}]}"#,
        r#"{"data":[{"embedding":"?"}]}"#,
    ] {
        let failure = decode_answer(EmbeddingShape::OpenAi, body.as_bytes()).unwrap_err();
        assert_eq!(failure.kind(), FailureKind::UpstreamFailed, "{body}");
    }
    let inside = br#"{"error":{"code":429,"message":"slow down"}}"#;
    let failure = decode_answer(EmbeddingShape::OpenAi, inside).unwrap_err();
    assert_eq!(failure.kind(), FailureKind::ProviderRateLimited);
}

#[test]
fn vectors_come_out_exactly() {
    let body = br#"{"model":"x","data":[{"index":0,"embedding":[0.02832291,-1,1e-7]}],"usage":{"prompt_tokens":4,"total_tokens":4}}"#;
    let read = decode_answer(EmbeddingShape::OpenAi, body).unwrap();
    let write = |encoding| -> Value {
        let mut out = Vec::new();
        encode_answer(&read, "reviewer", encoding, &mut out);
        serde_json::from_slice(&out).unwrap()
    };
    let floats = write(Encoding::Float);
    let expected = json!({
        "object": "list",
        "data": [{"object": "embedding", "index": 0, "embedding": [0.02832291, -1, 0.0000001]}],
        "model": "reviewer",
        "usage": {"prompt_tokens": 4, "total_tokens": 4},
    });
    assert_eq!(floats.to_string(), expected.to_string());
    let base64 = write(Encoding::Base64);
    let again = decode_answer(EmbeddingShape::OpenAi, base64.to_string().as_bytes()).unwrap();
    assert_eq!(again.vectors, read.vectors, "bit for bit");
    assert_eq!(base64["data"][0]["embedding"], "cwXoPAAAgL+Vv9Yz");
}

#[test]
fn recordings() {
    for line in crate::recordings::index() {
        let api = line["api"].as_str().unwrap();
        let (shape, length, first, input) = match api {
            "mistral.embeddings" => (EmbeddingShape::OpenAi, 1024, -0.045_410_156, Some(5)),
            "cohere.v2-embed" => (EmbeddingShape::Cohere, 1024, 0.028_322_91, Some(7)),
            "ollama.embeddings" => (EmbeddingShape::Ollama, 768, 0.361_317_13, None),
            "openai.embeddings" | "google.batchEmbedContents" => {
                let whole = crate::recordings::read(&line);
                let body = whole["response"]["body"].as_str().unwrap();
                let failure = crate::support::refused(404, None, body.as_bytes());
                assert_eq!(failure.kind(), FailureKind::ModelNotFound, "{api}");
                continue;
            }
            _ => continue,
        };
        let whole = crate::recordings::read(&line);
        let body = whole["response"]["body"].as_str().unwrap();
        let read = decode_answer(shape, body.as_bytes()).unwrap();
        assert_eq!((read.vectors.len(), read.vectors[0].len()), (1, length), "{api}");
        assert_eq!(read.vectors[0][0], first, "{api}");
        assert_eq!(read.usage.map(|(usage, _)| usage.input), input, "{api}");
        // what was asked is what we would ask
        let asked = &whole["request"]["body"];
        if api == "cohere.v2-embed" {
            let body = json!({"input": asked["texts"], "dimensions": asked["output_dimension"]});
            let (mut sent, _) = to("cohere", &body);
            sent["model"] = asked["model"].clone();
            assert_eq!(&sent, asked);
        }
    }
}
