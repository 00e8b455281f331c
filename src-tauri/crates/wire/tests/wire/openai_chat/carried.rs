//! Fields that the domain does not model: wherever and whenever they come, they come out where they stood.

use domain::{Delta, Event, Extra, Part, RawJson, StopReason, Usage};
use inglenook_wire::openai_chat::{decode_answer, encode_answer};
use serde_json::{Value, json};

use crate::strict;
use crate::support::{cuts, decode, encode, envelope};

fn chunks(stream: &str) -> Vec<Value> {
    let data = stream.lines().filter_map(|line| line.strip_prefix("data: "));
    data.filter_map(|data| serde_json::from_str(data).ok()).collect()
}

/// Runs a provider's stream through in every cut and returns what the client gets.
fn through(stream: &str) -> Vec<Value> {
    let (events, outcome) = decode([stream.as_bytes()]);
    assert_eq!(outcome, Ok(()));
    for pieces in cuts(stream.as_bytes()) {
        assert_eq!(decode(pieces), (events.clone(), outcome.clone()));
    }
    let text = encode(&events, &outcome, true);
    assert!(strict::read(&text, true).done);
    chunks(&text)
}

#[test]
fn fields_that_come_late_are_not_lost() {
    let sent = through(concat!(
        "data: {\"id\":\"\",\"choices\":[],\"provider\":\"P\"}\n\n",
        "data: {\"id\":\"1\",\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}],\"x_groq\":{\"id\":\"r\",\"seed\":1}}\n\n",
        "data: {\"id\":\"1\",\"choices\":[{\"delta\":{\"content\":\"hi\"}}],\"system_fingerprint\":\"fp\",\"provider\":\"P\"}\n\n",
        "data: {\"id\":\"1\",\"choices\":[{\"delta\":{\"content\":\"!\"},\"native_finish_reason\":\"eos\"}],\"citations\":[\"c1\"],\"system_fingerprint\":\"fp\"}\n\n",
        "data: {\"id\":\"1\",\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}],\"citations\":[\"c1\"],\"x_groq\":{\"id\":\"r\",\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":2}}}\n\n",
        "data: {\"id\":\"1\",\"choices\":[],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":2,\"total_tokens\":3},\"timings\":{\"n\":1}}\n\n",
        "data: [DONE]\n\n",
    ));
    let with = |name: &str| -> Vec<&Value> {
        sent.iter()
            .map(|chunk| &chunk[name])
            .filter(|value| !value.is_null())
            .collect()
    };
    assert_eq!(with("provider"), [&json!("P")]);
    assert_eq!(
        with("x_groq"),
        [&json!({"id": "r", "seed": 1}), &json!({"id": "r"})]
    );
    assert_eq!(
        with("citations"),
        [&json!(["c1"])],
        "told once, although it was sent twice"
    );
    assert_eq!(with("timings"), [&json!({"n": 1})]);
    assert!(
        with("system_fingerprint").len() >= 2,
        "short ones ride on every chunk that follows"
    );
    let native: Vec<&Value> = sent
        .iter()
        .map(|chunk| &chunk["choices"][0]["native_finish_reason"])
        .filter(|value| !value.is_null())
        .collect();
    assert_eq!(native, [&json!("eos")]);
    assert_eq!(sent.last().unwrap()["usage"]["total_tokens"], 3);
}

#[test]
fn filter_verdicts_and_padding_are_dropped() {
    let sent = through(concat!(
        "data: {\"id\":\"\",\"choices\":[],\"prompt_filter_results\":[{\"prompt_index\":0}]}\n\n",
        "data: {\"id\":\"1\",\"choices\":[{\"delta\":{\"content\":\"hi\"},\"content_filter_results\":{\"hate\":{}}}],\"obfuscation\":\"xx\",\"p\":\"yy\"}\n\n",
        "data: {\"id\":\"1\",\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n",
    ));
    let text = Value::Array(sent).to_string();
    for gone in ["filter", "obfuscation", "\"p\"", "yy"] {
        assert!(!text.contains(gone), "{gone}: {text}");
    }
}

fn answered(body: &Value) -> Value {
    let answer = decode_answer(body.to_string().as_bytes()).unwrap();
    let mut out = Vec::new();
    encode_answer(&answer, &envelope(), &mut out);
    serde_json::from_slice(&out).unwrap()
}

#[test]
fn fields_of_whole_answers_come_out_where_they_stood() {
    let body = json!({
        "id": "1", "provider": "P", "x_groq": {"id": "r", "usage": {}}, "service_tier": "default",
        "choices": [{
            "message": {"role": "assistant", "content": "hi", "annotations": [{"type": "url_citation"}], "audio": {"id": "a"}},
            "native_finish_reason": "eos", "finish_reason": "stop", "content_filter_results": {},
        }],
    });
    let ours = answered(&body);
    assert_eq!(
        (&ours["provider"], &ours["x_groq"], &ours["service_tier"]),
        (&json!("P"), &json!({"id": "r"}), &json!("default"))
    );
    let choice = &ours["choices"][0];
    assert_eq!(choice["native_finish_reason"], "eos");
    assert_eq!(choice.get("content_filter_results"), None);
    assert_eq!(
        choice["message"]["annotations"],
        json!([{"type": "url_citation"}])
    );
    assert_eq!(choice["message"]["audio"], json!({"id": "a"}));
}

#[test]
fn images_that_a_model_made_are_images() {
    let image = json!({"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}, "index": 0});
    let body =
        json!({"choices": [{"message": {"content": "look", "images": [image]}, "finish_reason": "stop"}]});
    let answer = decode_answer(body.to_string().as_bytes()).unwrap();
    assert!(
        matches!(&answer.choices[0].message.parts[1], Part::Image(media) if media.media_type.as_deref() == Some("image/png"))
    );
    assert_eq!(answered(&body)["choices"][0]["message"]["images"], json!([image]));
    let sent = through(&format!(
        "data: {}\n\ndata: [DONE]\n\n",
        json!({"choices": [{"delta": {"images": [image]}, "finish_reason": "stop"}]})
    ));
    assert!(
        sent.iter()
            .any(|chunk| chunk["choices"][0]["delta"]["images"] == json!([image]))
    );
    // what is no image of ours rides along
    let odd =
        json!({"choices": [{"message": {"content": "look", "images": ["x"]}, "finish_reason": "stop"}]});
    assert_eq!(answered(&odd)["choices"][0]["message"]["images"], json!(["x"]));
}

fn fields(name: &str, value: &str) -> Extra {
    let mut extra = Extra::new();
    extra.set(name, RawJson::new(value));
    extra
}

#[test]
fn sources_of_texts_stand_on_the_message() {
    let text = |text: &str, citations: &str| Part::Text {
        text: text.into(),
        extra: fields("citations", citations),
    };
    let mut answer = decode_answer(br#"{"choices":[{"message":{"content":"x"}}]}"#).unwrap();
    answer.choices[0].message.parts = vec![text("a", "[1]"), text("b", "[2,3]"), Part::text("c")];
    let mut out = Vec::new();
    encode_answer(&answer, &envelope(), &mut out);
    let ours: Value = serde_json::from_slice(&out).unwrap();
    let message = &ours["choices"][0]["message"];
    assert_eq!(
        (&message["content"], &message["citations"]),
        (&json!("abc"), &json!([1, 2, 3]))
    );
    let sent = chunks(&encode(&answer.into_events(), &Ok(()), false));
    let cited: Vec<&Value> = sent
        .iter()
        .map(|chunk| &chunk["choices"][0]["delta"]["citations"])
        .filter(|value| !value.is_null())
        .collect();
    assert_eq!(cited, [&json!([1]), &json!([2, 3])]);
}

#[test]
fn cache_counts_stand_at_the_top_of_usage_too() {
    let usage = |cached_input, cache_write| {
        let events = [
            Event::Started {
                id: None,
                model: None,
                extra: Extra::new(),
            },
            Event::Delta {
                choice: 0,
                delta: Delta::Text {
                    text: "x".into(),
                    logprobs: None,
                },
            },
            Event::Finished {
                choice: 0,
                reason: StopReason::Stop,
            },
            Event::Usage {
                usage: Usage {
                    input: 10,
                    cached_input,
                    cache_write,
                    output: 2,
                    reasoning: 0,
                },
                raw: RawJson::new("{}"),
            },
        ];
        strict::read(&encode(&events, &Ok(()), true), true).usage.unwrap()
    };
    for (cached, written) in [(4, 0), (0, 3), (4, 3)] {
        let usage = usage(cached, written);
        assert_eq!(usage["cache_read_input_tokens"], cached, "W-163");
        assert_eq!(usage["cache_creation_input_tokens"], written, "W-163");
        assert_eq!(usage["prompt_tokens_details"]["cached_tokens"], cached);
        assert_eq!(usage["prompt_tokens"], 10);
    }
    assert_eq!(usage(0, 0).get("cache_read_input_tokens"), None);
}
