//! What the codecs cost for each request and for each chunk; plain loops, best of several rounds, because
//! a median of a busy machine says more about the machine.
#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a program for people")]

use std::hint::black_box;
use std::time::Instant;

use domain::Quirks;
use inglenook_wire::openai_chat::{
    Envelope, StreamDecoder, StreamEncoder, decode_answer, decode_request, encode_answer, encode_request,
};

const REQUEST: &[u8] = br#"{"model":"reviewer","messages":[{"role":"system","content":"You are a careful reviewer of code."},{"role":"user","content":"Say hello to the world, please, and be brief about it."}],"temperature":0.7,"max_tokens":256,"stream":true,"stream_options":{"include_usage":true},"user":"someone"}"#;

const ANSWER: &[u8] = br#"{"id":"chatcmpl-B1","object":"chat.completion","created":1741570283,"model":"gpt-4o-mini-2024-07-18","choices":[{"index":0,"message":{"role":"assistant","content":"Hello, world! It is good to be here.","refusal":null,"annotations":[]},"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":19,"completion_tokens":10,"total_tokens":29,"prompt_tokens_details":{"cached_tokens":0,"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":0}},"service_tier":"default","system_fingerprint":"fp_06737a9306"}"#;

fn envelope() -> Envelope {
    Envelope {
        id: "chatcmpl-0193f2c1".into(),
        created: 1_741_570_283,
        model: "reviewer".into(),
    }
}

fn measure(name: &str, times: u32, mut run: impl FnMut()) {
    let mut best = f64::INFINITY;
    for _ in 0..12 {
        let start = Instant::now();
        for _ in 0..times {
            run();
        }
        best = best.min(start.elapsed().as_nanos() as f64 / f64::from(times));
    }
    println!("{name:<44} {best:>12.0} ns");
}

fn chunk(text: &str) -> Vec<u8> {
    format!(
        "data: {{\"id\":\"chatcmpl-B1\",\"object\":\"chat.completion.chunk\",\"created\":1741570283,\
         \"model\":\"gpt-4o-mini-2024-07-18\",\"service_tier\":\"default\",\"system_fingerprint\":\
         \"fp_06737a9306\",\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"{text}\"}},\
         \"logprobs\":null,\"finish_reason\":null}}]}}\n\n"
    )
    .into_bytes()
}

fn main() {
    let mut out = Vec::new();
    measure("decode_request, small", 20_000, || {
        black_box(decode_request(black_box(REQUEST)).unwrap());
    });
    let request = decode_request(REQUEST).unwrap().request;
    measure("encode_request, small", 20_000, || {
        out.clear();
        black_box(encode_request(
            black_box(&request),
            "gpt-4o-mini",
            &Quirks::default(),
            &mut out,
        ));
    });
    measure("decode_answer", 20_000, || {
        black_box(decode_answer(black_box(ANSWER)).unwrap());
    });
    let answer = decode_answer(ANSWER).unwrap();
    measure("encode_answer", 20_000, || {
        out.clear();
        encode_answer(black_box(&answer), &envelope(), &mut out);
    });

    let mut decoder = StreamDecoder::new();
    let mut encoder = StreamEncoder::new(envelope(), false);
    let mut events = Vec::new();
    let bytes = chunk(" wonderful");
    measure("stream, decode and encode of a chunk", 20_000, || {
        events.clear();
        out.clear();
        decoder.push(black_box(&bytes), &mut events).unwrap();
        for event in &events {
            encoder.event(event, &mut out);
        }
        black_box(&out);
    });
    measure("stream, decode of a chunk", 20_000, || {
        events.clear();
        decoder.push(black_box(&bytes), &mut events).unwrap();
    });
    measure("stream, encode of a chunk", 20_000, || {
        out.clear();
        for event in &events {
            encoder.event(black_box(event), &mut out);
        }
    });

    let prose = "The quick brown fox, so it is said, jumps over the lazy dog. ".repeat(170_000);
    let large = format!(r#"{{"model":"m","messages":[{{"role":"user","content":"{prose}"}}]}}"#);
    let name = format!("decode_request, {} MB in one text", large.len() / 1_000_000);
    measure(&name, 2, || {
        black_box(decode_request(black_box(large.as_bytes())).unwrap());
    });
    let request = decode_request(large.as_bytes()).unwrap().request;
    measure("encode_request, the same", 2, || {
        out.clear();
        black_box(encode_request(
            black_box(&request),
            "m",
            &Quirks::default(),
            &mut out,
        ));
    });
}
