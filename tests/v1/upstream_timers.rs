//! Providers that stand still (REL-04): every wait ends by its own timer, whatever bytes keep coming.

use std::time::{Duration, Instant};

use domain::{FailureKind, Outcome};
use gateway::{Config, Patience};
use serde_json::{Value, json};

use super::{hi, hi_streamed};
use crate::support::app::draft;
use crate::support::client::events;
use crate::support::{Provider, Reply, TestApp, eventually};

/// A machine under load is late; what matters is that nothing hangs.
const SLACK: Duration = Duration::from_secs(4);

const MS: fn(u64) -> Duration = Duration::from_millis;

fn impatient(config: &mut Config) {
    config.upstream.local = Patience {
        first_token: MS(300),
        idle: MS(150),
        pinged: MS(450),
        overall: MS(900),
    };
}

/// So many pieces, each after a pause of 20 ms.
fn slowly(reply: Reply, count: usize, piece: &str) -> Reply {
    (0..count).fold(reply, |reply, _| reply.wait(MS(20)).send(piece.to_owned()))
}

fn stream() -> Reply {
    Reply::new(200, "text/event-stream")
}

#[tokio::test(flavor = "multi_thread")]
async fn rel_04_every_stall_ends_by_its_timer() {
    let provider = Provider::start().await;
    let app = TestApp::with(impatient).await;
    app.add_provider("mock", &provider).await;
    app.add_agent("reviewer", "mock/m", "").await;
    let key = app.key().await;
    let piece = |text: &str| {
        format!(
            "data: {}\n\n",
            json!({"id": "u", "object": "chat.completion.chunk", "created": 1, "model": "n",
                "choices": [{"index": 0, "delta": {"content": text}, "finish_reason": null}]})
        )
    };
    let half = |reply: Reply| reply.send("{\"id\": \"x\", \"cho");
    let ping = ": ping\n\n";
    let begin = "did not begin to answer within 300 ms";
    // what the provider does, whether a stream is asked for, what the client has seen by then, and what is said
    let table = [
        ("before the head", Reply::silence(), true, None, begin),
        (
            "before the head of a whole answer",
            Reply::silence(),
            false,
            None,
            "did not begin to answer within 900 ms",
        ),
        ("after the head", stream().stall(), true, None, begin),
        (
            "pings before the answer",
            slowly(stream(), 200, ping),
            true,
            None,
            begin,
        ),
        (
            "an announcement, then pings",
            slowly(Reply::pieces(&[]), 200, ping),
            true,
            None,
            begin,
        ),
        (
            "in the middle",
            Reply::pieces(&["Hel"]).stall(),
            true,
            Some("Hel"),
            "sent nothing more within 150 ms",
        ),
        (
            "pings in the middle",
            slowly(Reply::pieces(&["Hel"]), 200, ping),
            true,
            Some("Hel"),
            "sent nothing more within 450 ms",
        ),
        (
            "a byte at a time of an event without an end",
            slowly(Reply::pieces(&["Hel"]).send("data: "), 200, "x"),
            true,
            Some("Hel"),
            "sent nothing more within 450 ms",
        ),
        (
            "an answer without an end",
            slowly(Reply::pieces(&["Hel"]), 200, &piece("lo")),
            true,
            Some("Hello"),
            "did not finish its answer within 900 ms",
        ),
        (
            "in the middle of a whole answer",
            half(Reply::new(200, "application/json")).stall(),
            false,
            None,
            "sent nothing more within 150 ms",
        ),
        (
            "blanks before a whole answer",
            slowly(Reply::new(200, "application/json"), 200, " \n"),
            false,
            None,
            "did not finish its answer in time",
        ),
    ];
    for (what, reply, streamed, seen, said) in table {
        let aborted = provider.aborted();
        provider.will(reply);
        let body = if streamed {
            hi_streamed("reviewer")
        } else {
            hi("reviewer")
        };
        let begun = Instant::now();
        let response = app.chat(&key, &body).await;
        let status = response.status();
        let text = response.text().await.unwrap();
        assert!(begun.elapsed() < MS(900) + SLACK, "{what}: {:?}", begun.elapsed());
        assert!(!text.contains("[DONE]"), "{what}: {text}");
        let error: Value = match seen {
            None => {
                assert_eq!(status, 504, "{what}: {text}");
                serde_json::from_str(&text).unwrap()
            }
            Some(seen) => {
                assert_eq!(status, 200, "{what}");
                let events = events(&text);
                let said: String = events
                    .iter()
                    .filter_map(|event| serde_json::from_str::<Value>(event).ok())
                    .filter_map(|event| {
                        let text = &event["choices"][0]["delta"]["content"];
                        text.as_str().map(str::to_owned)
                    })
                    .collect();
                assert!(said.starts_with(seen), "{what}: {said}");
                serde_json::from_str(events.last().unwrap()).unwrap()
            }
        };
        assert_eq!(error["error"]["code"], "upstream_timeout", "{what}");
        let message = error["error"]["message"].as_str().unwrap();
        assert!(message.contains(said), "{what}: {message}");
        let call = app.ended_call().await;
        let kind = FailureKind::UpstreamTimeout;
        assert_eq!(call.row.outcome, Some(Outcome::Failed { kind }), "{what}");
        assert_eq!(
            call.entries.len(),
            1,
            "{what}: what was waited for so long is not repeated"
        );
        eventually("the provider to see the end", async || {
            (provider.aborted() == aborted + 1).then_some(())
        })
        .await;
        // so many in a row would be left alone
        assert_eq!(app.chat(&key, &hi("reviewer")).await.status(), 200, "{what}");
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rel_04_a_slow_answer_that_goes_on_is_not_cut() {
    let provider = Provider::start().await;
    let app = TestApp::with(|config| {
        impatient(config);
        config.upstream.local.overall = Duration::from_secs(60);
    })
    .await;
    app.add_provider("mock", &provider).await;
    app.add_agent("reviewer", "mock/m", "").await;
    let key = app.key().await;
    // longer in all than any timer but the last; pings keep each pause alive
    let mut reply = Reply::pieces(&["a"]);
    for _ in 0..4 {
        reply = slowly(reply, 10, ": ping\n\n");
        reply = reply.event(&json!({"id": "u", "choices": [{"index": 0, "delta": {"content": "b"}}]}));
    }
    provider.will(reply.finish());
    let response = app.chat(&key, &hi_streamed("reviewer")).await;
    let text = response.text().await.unwrap();
    assert!(text.ends_with("data: [DONE]\n\n"), "{text}");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rel_04_an_agent_and_a_provider_say_how_long() {
    let provider = Provider::start().await;
    let app = TestApp::start().await;
    let args = json!({"id": "mock", "kind": "custom", "base_url": provider.base_url(), "no_key": true,
        "timeouts": {"overall_s": 600, "first_token_s": 1}});
    let _added: Value = app.ask("provider.add", args).await;
    let mut short = draft("short", "mock/m", "");
    short["timeouts"] = json!({"overall_s": 1});
    let _made: Value = app.ask("agent.create", short.clone()).await;
    app.add_agent("long", "mock/m", "").await;
    let key = app.key().await;
    for (body, said) in [
        (hi("short"), "did not begin to answer within 1 seconds"),
        (hi_streamed("long"), "did not begin to answer within 1 seconds"),
    ] {
        provider.will(Reply::silence());
        let begun = Instant::now();
        let response = app.chat(&key, &body).await;
        assert_eq!(response.status(), 504);
        let error: Value = response.json().await.unwrap();
        assert!(
            error["error"]["message"].as_str().unwrap().contains(said),
            "{error}"
        );
        assert!(begun.elapsed() >= Duration::from_secs(1), "not before its time");
        assert!(begun.elapsed() < Duration::from_secs(1) + SLACK);
    }
    short["slug"] = json!("never");
    short["timeouts"] = json!({"idle_s": 0});
    assert_eq!(
        app.refused("agent.create", short).await,
        FailureKind::InvalidRequest
    );
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rel_04_an_error_whose_body_never_ends_is_told_all_the_same() {
    let provider = Provider::start().await;
    let app = TestApp::with(impatient).await;
    app.add_provider("mock", &provider).await;
    app.add_agent("reviewer", "mock/m", "").await;
    let key = app.key().await;
    provider.will(Reply::new(401, "application/json").send("{\"error\": ").stall());
    let response = app.chat(&key, &hi("reviewer")).await;
    assert_eq!(response.status(), 424, "its status said enough");
    app.finish().await;
}
