//! Every route that asks a provider, whole and streamed, left in each phase of its answer.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{upstream_closes, world};
use crate::support::{Reply, TestApp, eventually};

/// A route, and what is asked of it.
struct Route {
    path: &'static str,
    question: fn(streamed: bool) -> Value,
    /// Whether it answers in pieces at all.
    streams: bool,
}

fn routes() -> Vec<Route> {
    vec![
        Route {
            path: "/v1/chat/completions",
            question: |streamed| json!({"model": "reviewer", "stream": streamed, "messages": [{"role": "user", "content": "Hi"}]}),
            streams: true,
        },
        Route {
            path: "/v1/messages",
            question: |streamed| {
                json!({"model": "reviewer", "stream": streamed, "max_tokens": 64,
                    "messages": [{"role": "user", "content": "Hi"}]})
            },
            streams: true,
        },
        Route {
            path: "/v1/responses",
            question: |streamed| json!({"model": "reviewer", "stream": streamed, "input": "Hi"}),
            streams: true,
        },
        Route {
            path: "/v1/completions",
            question: |streamed| json!({"model": "reviewer", "stream": streamed, "prompt": "Hi"}),
            streams: true,
        },
        Route {
            path: "/v1/embeddings",
            question: |_| json!({"model": "reviewer", "input": "Hi"}),
            streams: false,
        },
    ]
}

/// How far a provider comes before its client leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    BeforeHeaders,
    BeforeTheFirstToken,
    MidAnswer,
}

const PHASES: [Phase; 3] = [Phase::BeforeHeaders, Phase::BeforeTheFirstToken, Phase::MidAnswer];

fn reply(phase: Phase, streamed: bool) -> Reply {
    match (phase, streamed) {
        (Phase::BeforeHeaders, _) => Reply::silence(),
        (Phase::BeforeTheFirstToken, true) => Reply::pieces(&[]).stall(),
        (Phase::MidAnswer, true) => Reply::pieces(&["Once upon a time"]).stall(),
        (Phase::BeforeTheFirstToken, false) => Reply::new(200, "application/json").send(" ").stall(),
        (Phase::MidAnswer, false) => Reply::new(200, "application/json").send("{\"object\": ").stall(),
    }
}

/// How the client's side of the connection ends.
#[derive(Clone, Copy, Debug)]
enum Leaving {
    /// Closed, as by a program that ends.
    Fin,
    /// Reset, as by one that is killed with something unread.
    Rst,
}

/// Asks on a connection of its own.
async fn ask(app: &TestApp, key: &str, route: &Route, streamed: bool) -> TcpStream {
    let body = (route.question)(streamed).to_string();
    let request = format!(
        "POST {} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nAuthorization: Bearer {key}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        route.path,
        app.port(),
        body.len(),
    );
    let mut stream = TcpStream::connect(("127.0.0.1", app.port())).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    stream
}

fn leave(stream: TcpStream, leaving: Leaving) {
    match leaving {
        Leaving::Fin => {}
        Leaving::Rst => stream.set_zero_linger().unwrap(),
    }
    drop(stream);
}

async fn reads_once(stream: &mut TcpStream) {
    let mut read = Vec::new();
    while !String::from_utf8_lossy(&read).contains("Once") {
        assert!(stream.read_buf(&mut read).await.unwrap() > 0, "it ended too soon");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn w_79_rel_06_on_every_route_in_every_phase() {
    for route in routes() {
        let (provider, app, key) = world().await;
        let mut left = 0;
        for streamed in [false, true] {
            if streamed && !route.streams {
                continue;
            }
            for phase in PHASES {
                for leaving in [Leaving::Fin, Leaving::Rst] {
                    let what = format!("{} streamed: {streamed} {phase:?} {leaving:?}", route.path);
                    let sent = provider.sent();
                    provider.will(reply(phase, streamed));
                    let mut stream = ask(&app, &key, &route, streamed).await;
                    eventually("the provider to come so far", async || {
                        let begun = phase == Phase::BeforeHeaders || provider.sent() > sent;
                        (provider.open() == 1 && begun).then_some(())
                    })
                    .await;
                    if streamed && phase == Phase::MidAnswer {
                        reads_once(&mut stream).await;
                    }
                    leave(stream, leaving);
                    left += 1;
                    upstream_closes(&provider, left).await;
                    assert_eq!(
                        provider.asked().len(),
                        left,
                        "nothing is asked again for nobody: {what}"
                    );
                    eventually("the call's end", async || {
                        let calls = app.calls().await;
                        let ended = calls.iter().all(|call| call.outcome.is_some());
                        (calls.len() == left && ended).then_some(())
                    })
                    .await;
                    let call = app.newest_call().await;
                    assert_eq!(call.row.outcome, Some(domain::Outcome::Cancelled), "{what}");
                    assert_eq!(call.entries.len(), 1, "{what}");
                    let usage = call.entries[0].usage.unwrap();
                    assert!(usage.input > 0, "what was sent is counted: {what}");
                    let said = streamed && phase == Phase::MidAnswer;
                    assert_eq!(usage.output > 0, said, "the tokens so far: {what}");
                }
            }
        }
        // the place on the leash is free again
        let healthy = app.key_with(json!({"name": "again", "concurrency": 1})).await;
        assert_eq!(app.chat(&healthy, &super::hi("reviewer")).await.status(), 200);
        app.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn w_79_several_prompts_are_left_together() {
    let (provider, app, key) = world().await;
    provider.will(Reply::text("1"));
    provider.will(Reply::silence());
    let asking = app.http().post(app.url("/v1/completions")).bearer_auth(&key);
    let asking = asking.json(&json!({"model": "reviewer", "prompt": ["a", "b", "c"]}));
    let client = tokio::spawn(asking.send());
    eventually("the second prompt", async || {
        (provider.asked().len() == 2 && provider.open() == 1).then_some(())
    })
    .await;
    client.abort();
    upstream_closes(&provider, 1).await;
    assert_eq!(provider.asked().len(), 2, "the third is not asked for nobody");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rel_06_nothing_is_tried_again_for_nobody() {
    for route in routes() {
        let (provider, app, key) = world().await;
        for streamed in [false, true] {
            if streamed && !route.streams {
                continue;
            }
            let before = provider.asked().len();
            provider.will(Reply::refusal(503, "overloaded", "busy").header("retry-after-ms", "400"));
            let stream = ask(&app, &key, &route, streamed).await;
            eventually("the refusal", async || {
                (provider.asked().len() == before + 1 && provider.open() == 0).then_some(())
            })
            .await;
            leave(stream, Leaving::Fin);
            tokio::time::sleep(Duration::from_millis(800)).await;
            assert_eq!(
                provider.asked().len(),
                before + 1,
                "{} streamed: {streamed}",
                route.path
            );
        }
        app.finish().await;
    }
}
