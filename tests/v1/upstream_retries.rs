//! Asking again, and leaving alone (REL-01).

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use domain::{FailureKind, Outcome};
use serde_json::{Value, json};

use super::{hi, hi_streamed};
use crate::support::app::draft;
use crate::support::raw_provider::HangUp;
use crate::support::{Provider, RawProvider, Reply, TestApp, eventually};

fn failed(kind: FailureKind) -> Outcome {
    Outcome::Failed { kind }
}

async fn add_at(app: &TestApp, id: &str, base_url: &str) {
    let args = json!({"id": id, "kind": "custom", "base_url": base_url, "no_key": true});
    let _added: Value = app.ask("provider.add", args).await;
}

/// Number, target, outcome and the provider's status of each entry of the newest call.
async fn attempts(app: &TestApp) -> Vec<(u32, String, Outcome, Option<u16>)> {
    let call = app.ended_call().await;
    let entry = |entry: domain::Entry| {
        let attempt = entry.attempt;
        (
            attempt.number,
            attempt.target.to_string(),
            entry.outcome,
            entry.upstream_status,
        )
    };
    call.entries.into_iter().map(entry).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn rel_01_only_what_can_heal_is_asked_again() {
    use FailureKind as K;
    let app = TestApp::start().await;
    let key = app.key().await;
    let html = || Reply::new(200, "text/html").send("<html>welcome</html>");
    let no = |status| Reply::refusal(status, "x", "No.");
    let table = [
        (no(429), K::ProviderRateLimited, 429, 3),
        (no(500), K::UpstreamFailed, 502, 3),
        (no(502), K::UpstreamFailed, 502, 3),
        (no(503), K::UpstreamOverloaded, 503, 3),
        (no(504), K::UpstreamTimeout, 504, 3),
        (no(529), K::UpstreamOverloaded, 503, 3),
        (no(408), K::UpstreamTimeout, 504, 3),
        (no(409), K::UpstreamFailed, 502, 3),
        (no(400), K::InvalidRequest, 400, 1),
        (no(401), K::ProviderKeyRejected, 424, 1),
        (no(402), K::ProviderQuotaExceeded, 424, 1),
        (no(403), K::ProviderKeyRejected, 424, 1),
        (no(404), K::UpstreamFailed, 502, 1),
        (no(422), K::InvalidRequest, 400, 1),
        (
            Reply::refusal(429, "insufficient_quota", "You exceeded your current quota."),
            K::ProviderQuotaExceeded,
            424,
            1,
        ),
        (
            no(503).header("x-should-retry", "false"),
            K::UpstreamOverloaded,
            503,
            1,
        ),
        (html(), K::UpstreamFailed, 502, 1),
    ];
    for (number, (reply, kind, status, most)) in (1..).zip(table) {
        let provider = Provider::start().await;
        provider.always(reply);
        let id = format!("p{number}");
        app.add_provider(&id, &provider).await;
        app.add_agent(&format!("a{number}"), &format!("{id}/m"), "").await;
        let body = if number % 2 == 0 { hi } else { hi_streamed };
        let response = app.chat(&key, &body(&format!("a{number}"))).await;
        assert_eq!(response.status(), status, "{number}");
        let _read = response.bytes().await.unwrap();
        assert_eq!(provider.asked().len(), most, "{number}: {kind:?}");
        let attempts = attempts(&app).await;
        let numbers: Vec<u32> = attempts.iter().map(|attempt| attempt.0).collect();
        let expected: Vec<u32> = (1..).take(most).collect();
        assert_eq!(numbers, expected, "{number}: each attempt is in the ledger");
        assert!(
            attempts.iter().all(|attempt| attempt.2 == failed(kind)),
            "{number}: {attempts:?}"
        );
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rel_01_a_call_that_heals_is_one_call_and_says_why() {
    for stream in [false, true] {
        let provider = Provider::start().await;
        let app = TestApp::with_agent(&provider).await;
        let key = app.key().await;
        provider.will(Reply::refusal(529, "overloaded_error", "Overloaded"));
        let body = if stream {
            hi_streamed("reviewer")
        } else {
            hi("reviewer")
        };
        let response = app.chat(&key, &body).await;
        assert_eq!(response.status(), 200);
        let applied = response.headers()["x-inglenook-applied"]
            .to_str()
            .unwrap()
            .to_owned();
        assert!(
            applied.contains("retry=after upstream_overloaded 529"),
            "{applied}"
        );
        let _read = response.bytes().await.unwrap();
        assert_eq!(provider.asked().len(), 2);
        assert_eq!(
            provider.asked()[0].body,
            provider.asked()[1].body,
            "the same request, byte for byte"
        );
        let one = "mock/m".to_owned();
        assert_eq!(
            attempts(&app).await,
            [
                (1, one.clone(), failed(FailureKind::UpstreamOverloaded), Some(529)),
                (2, one, Outcome::Succeeded, None),
            ]
        );
        assert_eq!(app.calls().await.len(), 1);
        let call = app.newest_call().await.row.call;
        let retry = call.applied.iter().find(|applied| applied.what == "retry");
        assert_eq!(
            retry.map(|applied| applied.how.as_str()),
            Some("after upstream_overloaded 529"),
            "also in the record"
        );
        let view = app.session(&call.session.unwrap()).await;
        assert_eq!(view.messages.len(), 2, "one question, one answer");
        app.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rel_01_what_a_provider_asks_for_is_kept_to_or_passed_on() {
    let provider = Provider::start().await;
    let app = TestApp::with(|config| {
        config.upstream.retries.longest_wait = Duration::from_secs(2);
    })
    .await;
    app.add_provider("mock", &provider).await;
    app.add_agent("reviewer", "mock/m", "").await;
    let key = app.key().await;
    let slow = || Reply::refusal(429, "rate_limit_exceeded", "Slow down.");
    let date = "Sun, 22 Nov 2026 05:52:00 GMT";
    let later = "Sun, 22 Nov 2026 05:52:01 GMT";
    for (reply, least) in [
        (slow().header("retry-after-ms", "80"), 80),
        (slow().header("retry-after", "1"), 1000),
        (slow().header("retry-after", later).header("date", date), 1000),
        (
            Reply::refusal(500, "x", "Oops.").header("retry-after-ms", "60"),
            60,
        ),
    ] {
        provider.will(reply);
        let begun = Instant::now();
        let response = app.chat(&key, &hi("reviewer")).await;
        assert_eq!(response.status(), 200);
        assert!(begun.elapsed() >= Duration::from_millis(least), "{least}");
    }
    let before = provider.asked().len();
    provider.will(slow().header("retry-after", "7"));
    let response = app.chat(&key, &hi("reviewer")).await;
    assert_eq!(response.status(), 429);
    assert_eq!(response.headers()["retry-after"], "7");
    assert_eq!(response.headers()["x-should-retry"], "true");
    assert_eq!(provider.asked().len(), before + 1, "longer than we wait");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rel_01_nothing_is_begun_that_could_not_end_in_time() {
    let provider = Provider::start().await;
    let app = TestApp::with(|config| {
        config.upstream.local.overall = Duration::from_secs(6);
    })
    .await;
    app.add_provider("mock", &provider).await;
    app.add_agent("reviewer", "mock/m", "").await;
    let key = app.key().await;
    provider.will(Reply::refusal(503, "x", "Busy.").header("retry-after", "8"));
    let begun = Instant::now();
    let response = app.chat(&key, &hi("reviewer")).await;
    assert_eq!(response.status(), 503);
    assert_eq!(response.headers()["retry-after"], "8");
    assert!(begun.elapsed() < Duration::from_secs(5));
    assert_eq!(provider.asked().len(), 1);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rel_01_a_caller_can_switch_it_off() {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    let key = app.key().await;
    provider.will(Reply::refusal(503, "x", "Busy."));
    let response = app
        .http()
        .post(app.url("/v1/chat/completions"))
        .bearer_auth(&key)
        .header("x-inglenook-retry", "false")
        .json(&hi("reviewer"))
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 503);
    assert_eq!(provider.asked().len(), 1);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rel_01_a_stream_is_repeated_before_its_first_piece_and_never_after() {
    let boom = json!({"error": {"message": "Overloaded", "code": 503}});
    let begun = || Reply::pieces(&[]);
    let table = [
        (Reply::new(200, "text/event-stream").event(&boom), 2, true),
        (begun().event(&boom), 2, true),
        (begun().cut(), 2, true),
        (begun(), 2, true),
        (Reply::pieces(&["Hel"]).event(&boom), 1, false),
        (Reply::pieces(&["Hel"]).cut(), 1, false),
    ];
    for (number, (reply, asked, heals)) in (1..).zip(table) {
        let provider = Provider::start().await;
        let app = TestApp::with_agent(&provider).await;
        let key = app.key().await;
        provider.will(reply);
        let response = app.chat(&key, &hi_streamed("reviewer")).await;
        assert_eq!(response.status(), 200, "{number}");
        let text = response.text().await.unwrap();
        assert_eq!(text.contains("[DONE]"), heals, "{number}: {text}");
        assert_eq!(text.contains("\"error\""), !heals, "{number}: {text}");
        assert_eq!(provider.asked().len(), asked, "{number}");
        assert_eq!(attempts(&app).await.len(), asked, "{number}");
        app.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rel_01_a_request_that_may_have_been_served_is_repeated_once() {
    let app = TestApp::start().await;
    let key = app.key().await;
    for (number, hang_up) in [HangUp::Fin, HangUp::Reset].into_iter().enumerate() {
        let provider = RawProvider::start(move |_| (Vec::new(), hang_up)).await;
        let id = format!("p{number}");
        add_at(&app, &id, &provider.base_url()).await;
        app.add_agent(&id, &format!("{id}/m"), "").await;
        let response = app.chat(&key, &hi(&id)).await;
        assert_eq!(response.status(), 502);
        let error: Value = response.json().await.unwrap();
        assert_eq!(error["error"]["code"], "upstream_unavailable");
        assert_eq!(provider.asked(), 2);
        assert_eq!(attempts(&app).await.len(), 2);
    }
    // what never came about can be asked for as often as anything
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = format!("http://{}", closed.local_addr().unwrap());
    drop(closed);
    add_at(&app, "gone", &base_url).await;
    app.add_agent("gone", "gone/m", "").await;
    assert_eq!(app.chat(&key, &hi("gone")).await.status(), 502);
    assert_eq!(attempts(&app).await.len(), 3);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rel_01_an_outage_is_not_multiplied() {
    const CALLS: usize = 200;
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    let key = app.key().await;
    let asked = AtomicUsize::new(0);
    // every second answer, so that nothing is left alone
    provider.answers_by(move |_| match asked.fetch_add(1, Ordering::SeqCst) % 2 {
        0 => Reply::refusal(500, "x", "Oops."),
        _ => Reply::text("ok"),
    });
    for _ in 0..CALLS {
        let _read = app.chat(&key, &hi("reviewer")).await.bytes().await.unwrap();
    }
    let asked = provider.asked().len();
    assert!(asked > CALLS, "some are repeated");
    assert!(asked * 10 <= CALLS * 12, "{asked} requests for {CALLS} calls");
    let usage: Value = app.ask("usage.summary", json!({"by": "agent"})).await;
    assert_eq!(usage["total"]["calls"], CALLS, "no call counts twice");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rel_01_a_target_that_fails_in_a_row_is_left_alone_and_tried_by_one() {
    let rest = Duration::from_millis(400);
    let provider = Provider::start().await;
    let app = TestApp::with(|config| config.upstream.breaking.rest = rest).await;
    app.add_provider("mock", &provider).await;
    app.add_agent("reviewer", "mock/m", "").await;
    app.add_agent("other", "mock/n", "").await;
    let key = app.key().await;
    provider.always(Reply::refusal(500, "x", "Oops."));
    for _ in 0..2 {
        let response = app.chat(&key, &hi("reviewer")).await;
        assert_eq!(response.status(), 502, "what really happened is told");
    }
    assert_eq!(
        provider.asked().len(),
        5,
        "three attempts, then two, then no more"
    );

    let response = app.chat(&key, &hi("reviewer")).await;
    assert_eq!(response.status(), 503, "at once");
    let after: u64 = response.headers()["retry-after-ms"]
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!(after <= 400, "{after}");
    assert_eq!(provider.asked().len(), 5);
    let call = app.ended_call().await;
    assert_eq!(call.row.outcome, Some(failed(FailureKind::UpstreamOverloaded)));
    assert!(call.row.failure.unwrap().contains("left alone"));
    let checks: Vec<gateway::control::Check> = app.ask("app.doctor", json!({})).await;
    let check = checks.iter().find(|check| check.name == "provider mock").unwrap();
    assert!(check.detail.contains("mock/m failed several times"), "{check:?}");

    provider.always(Reply::text("ok"));
    assert_eq!(
        app.chat(&key, &hi("other")).await.status(),
        200,
        "another model is another target"
    );
    let asked = provider.asked().len();
    eventually("the rest to be over", async || {
        (app.chat(&key, &hi("reviewer")).await.status() == 200).then_some(())
    })
    .await;
    assert_eq!(provider.asked().len(), asked + 1, "one call tries it");
    assert_eq!(
        app.chat(&key, &hi("reviewer")).await.status(),
        200,
        "and it is back"
    );
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rel_01_the_next_target_is_asked_at_once_while_one_is_left_alone() {
    let provider = Provider::start().await;
    let spare = Provider::start().await;
    let app = TestApp::start().await;
    app.add_provider("first", &provider).await;
    app.add_provider("second", &spare).await;
    let mut steady = draft("steady", "first/a", "");
    steady["fallbacks"] = json!(["second/b"]);
    let _agent: Value = app.ask("agent.create", steady).await;
    let key = app.key().await;
    provider.always(Reply::refusal(503, "x", "Busy."));
    for number in 1..=4 {
        let response = app.chat(&key, &hi("steady")).await;
        assert_eq!(response.status(), 200, "{number}");
        let applied = response.headers()["x-inglenook-applied"]
            .to_str()
            .unwrap()
            .to_owned();
        let status = if number <= 2 { " 503" } else { "" };
        let why = format!("target=second/b after first/a failed: upstream_overloaded{status}");
        assert!(applied.contains(&why), "{number}: {applied}");
        let call = app.newest_call().await;
        let told = call
            .row
            .call
            .applied
            .iter()
            .find(|applied| applied.what == "target");
        assert_eq!(
            told.map(|applied| format!("target={}", applied.how)),
            Some(why),
            "{number}: also in the record"
        );
    }
    assert_eq!(provider.asked().len(), 5);
    assert_eq!(spare.asked().len(), 4);

    // and where one asks for patience, the other is asked instead
    let mut patient = draft("patient", "first/c", "");
    patient["fallbacks"] = json!(["second/b"]);
    let _agent: Value = app.ask("agent.create", patient).await;
    provider.always(Reply::refusal(429, "x", "Slow down.").header("retry-after", "5"));
    let begun = Instant::now();
    assert_eq!(app.chat(&key, &hi("patient")).await.status(), 200);
    assert!(begun.elapsed() < Duration::from_secs(4));
    assert_eq!(provider.asked().len(), 6);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rel_01_a_long_wait_is_kept_to_and_a_stream_gets_heartbeats_meanwhile() {
    let provider = Provider::start().await;
    let app = TestApp::with(|config| {
        // a tenth of a second stands for fifteen
        config.upstream.meanwhile.grace = Duration::from_millis(80);
        config.upstream.meanwhile.heartbeat = Duration::from_millis(100);
    })
    .await;
    app.add_provider("mock", &provider).await;
    app.add_agent("reviewer", "mock/m", "").await;
    let key = app.key().await;
    provider.will(Reply::refusal(429, "x", "Slow down.").header("retry-after-ms", "600"));
    let mut response = app.chat(&key, &hi_streamed("reviewer")).await;
    assert_eq!(response.status(), 200, "after a grace the status is given");
    for heartbeat in 1..=3 {
        let sent = response.chunk().await.unwrap().unwrap();
        assert_eq!(&sent[..], b": keep-alive\n\n", "{heartbeat}");
        assert_eq!(provider.asked().len(), 1, "it is left alone as long as it asked");
    }
    let rest = response.text().await.unwrap();
    assert!(rest.contains("ok") && rest.contains("[DONE]"), "{rest}");
    assert_eq!(provider.asked().len(), 2);
    app.finish().await;
}

#[test]
fn rel_01_a_minute_is_the_longest_that_a_provider_is_waited_for() {
    let usual = gateway::UpstreamPolicy::USUAL;
    assert_eq!(usual.retries.longest_wait, Duration::from_secs(60));
    assert!(usual.meanwhile.heartbeat <= Duration::from_secs(15), "W-68");
}

#[tokio::test(flavor = "multi_thread")]
async fn rel_01_nobody_waits_longer_than_a_minute() {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    let key = app.key().await;
    for body in [hi("reviewer"), hi_streamed("reviewer")] {
        provider.will(Reply::refusal(429, "x", "Slow down.").header("retry-after", "61"));
        let begun = Instant::now();
        let response = app.chat(&key, &body).await;
        assert_eq!(response.status(), 429);
        assert_eq!(response.headers()["retry-after"], "61");
        assert!(begun.elapsed() < Duration::from_secs(5), "told at once");
    }
    assert_eq!(provider.asked().len(), 2);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rel_06_whoever_leaves_while_we_wait_to_ask_again_is_not_asked_for() {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    let key = app.key_with(json!({"name": "one", "concurrency": 1})).await;
    provider.will(Reply::refusal(429, "x", "Slow down.").header("retry-after", "9"));
    let sending = app
        .http()
        .post(app.url("/v1/chat/completions"))
        .bearer_auth(&key)
        .json(&hi("reviewer"))
        .send();
    let waiting = tokio::spawn(sending);
    eventually("the first attempt", async || {
        (app.calls().await.first()?.outcome == Some(failed(FailureKind::ProviderRateLimited))).then_some(())
    })
    .await;
    assert_eq!(app.chat(&key, &hi("reviewer")).await.status(), 429, "it waits");
    let left = Instant::now();
    waiting.abort();
    eventually("its place to be free", async || {
        (app.chat(&key, &hi("reviewer")).await.status() == 200).then_some(())
    })
    .await;
    assert!(
        left.elapsed() < Duration::from_secs(5),
        "long before it would have gone on"
    );
    assert_eq!(provider.asked().len(), 2, "nothing was asked for nobody");
    let mut outcomes = Vec::new();
    for row in app.calls().await {
        let call: gateway::control::CallView = app.ask("call.get", json!({"call": row.call.id})).await;
        let entries = call.entries.into_iter();
        let told: Vec<_> = entries
            .map(|entry| (entry.outcome, entry.timings.sent_us.is_some(), entry.cost))
            .collect();
        outcomes.push((call.row.outcome, told));
    }
    let limited = failed(FailureKind::ProviderRateLimited);
    let free = Some(domain::Money::ZERO);
    let (outcome, told) = outcomes.pop().unwrap();
    assert_eq!(
        outcome,
        Some(Outcome::Cancelled),
        "it did not fail, its caller left"
    );
    assert_eq!(told.len(), 2);
    assert_eq!((told[0].0, told[0].1), (limited, true), "the refusal stays one");
    assert_eq!(
        told[1],
        (Outcome::Cancelled, false, free),
        "never sent, so never paid"
    );
    app.finish().await;
}
