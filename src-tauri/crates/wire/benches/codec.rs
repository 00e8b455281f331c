//! What the codecs cost: for each wire a chunk of a stream on its way to the client, and a request of twenty
//! messages on its way to the provider; and the whole messages of the wire that clients speak.
//!
//! Times are those of the machine as it is. How many instructions it takes, which neighbours do not change,
//! is told by `scripts/instructions.sh`.
#![expect(clippy::unwrap_used, reason = "a program for people")]

mod support;

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use domain::{Quirks, Wire};
use inglenook_wire::openai_chat::{Envelope, decode_answer, decode_request, encode_answer, encode_request};
use inglenook_wire::provider::StreamDecoder;

const REQUEST: &[u8] = br#"{"model":"reviewer","messages":[{"role":"system","content":"You are a careful reviewer of code."},{"role":"user","content":"Say hello to the world, please, and be brief about it."}],"temperature":0.7,"max_tokens":256,"stream":true,"stream_options":{"include_usage":true},"user":"someone"}"#;

const ANSWER: &[u8] = br#"{"id":"chatcmpl-B1","object":"chat.completion","created":1741570283,"model":"gpt-4o-mini-2024-07-18","choices":[{"index":0,"message":{"role":"assistant","content":"Hello, world! It is good to be here.","refusal":null,"annotations":[]},"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":19,"completion_tokens":10,"total_tokens":29,"prompt_tokens_details":{"cached_tokens":0,"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":0}},"service_tier":"default","system_fingerprint":"fp_06737a9306"}"#;

/// The time of `wanted` chunks, from whole streams of `chunks` each.
fn per_chunk(wanted: u64, chunks: usize, mut run: impl FnMut()) -> Duration {
    let chunks = u64::try_from(chunks).unwrap();
    let streams = wanted.div_ceil(chunks);
    let start = Instant::now();
    for _ in 0..streams {
        run();
    }
    start.elapsed().mul_f64(wanted as f64 / (streams * chunks) as f64)
}

fn chunks(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("translate a chunk");
    let mut out = Vec::new();
    for &wire in Wire::ALL {
        let stream = support::stream(wire);
        group.bench_function(wire.as_str(), |bencher| {
            bencher.iter_custom(|wanted| {
                per_chunk(wanted, stream.chunks, || {
                    out.clear();
                    support::translate(wire, black_box(&stream), &mut out);
                    black_box(&out);
                })
            });
        });
    }
    group.finish();

    let mut group = criterion.benchmark_group("decode a chunk");
    let mut events = Vec::new();
    for &wire in Wire::ALL {
        let stream = support::stream(wire);
        group.bench_function(wire.as_str(), |bencher| {
            bencher.iter_custom(|wanted| {
                per_chunk(wanted, stream.chunks, || {
                    let mut decoder = StreamDecoder::new(wire);
                    for piece in &stream.pieces {
                        events.clear();
                        decoder.push(black_box(piece), &mut events).unwrap();
                    }
                    events.clear();
                    decoder.finish(&mut events).unwrap();
                })
            });
        });
    }
}

fn requests(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("encode a request of 20 messages");
    let request = support::conversation();
    for &wire in Wire::ALL {
        group.bench_function(wire.as_str(), |bencher| {
            bencher.iter(|| support::encode(wire, black_box(&request)));
        });
    }
}

fn clients(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("openai-chat");
    let mut out = Vec::new();
    group.bench_function("decode a request", |bencher| {
        bencher.iter(|| decode_request(black_box(REQUEST)).unwrap());
    });
    group.bench_function("decode an answer", |bencher| {
        bencher.iter(|| decode_answer(black_box(ANSWER)).unwrap());
    });
    let answer = decode_answer(ANSWER).unwrap();
    let envelope = Envelope {
        id: "chatcmpl-0193f2c1".into(),
        created: 1_741_570_283,
        model: "reviewer".into(),
    };
    group.bench_function("encode an answer", |bencher| {
        bencher.iter(|| {
            out.clear();
            encode_answer(black_box(&answer), &envelope, &mut out);
        });
    });

    let prose = "The quick brown fox, so it is said, jumps over the lazy dog. ".repeat(170_000);
    let body = format!(r#"{{"model":"m","messages":[{{"role":"user","content":"{prose}"}}]}}"#);
    let megabytes = body.len() / 1_000_000;
    group.sample_size(10);
    group.throughput(Throughput::Bytes(u64::try_from(body.len()).unwrap()));
    group.bench_function(BenchmarkId::new("decode a request of MB", megabytes), |bencher| {
        bencher.iter(|| decode_request(black_box(body.as_bytes())).unwrap());
    });
    let request = decode_request(body.as_bytes()).unwrap().request;
    group.bench_function(BenchmarkId::new("encode a request of MB", megabytes), |bencher| {
        bencher.iter(|| {
            out.clear();
            encode_request(black_box(&request), "m", &Quirks::default(), &mut out)
        });
    });
}

criterion_group!(benches, chunks, requests, clients);
criterion_main!(benches);
