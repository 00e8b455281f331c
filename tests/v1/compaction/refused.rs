//! A model that reads less than anybody knew: what it refuses as too long is made shorter and asked again, in one call.

use domain::Outcome;
use serde_json::json;

use super::{answer, asked, filler, is_summary, says, sent};
use crate::support::provider::Asked;
use crate::support::{Provider, Reply, TestApp};

/// So many letters are what it reads.
const LETTERS: usize = 6_000;

fn letters(asked: &Asked) -> usize {
    asked.said().iter().map(|(_, text)| text.len()).sum()
}

fn too_long() -> Reply {
    Reply::json(
        400,
        &json!({"error": {"message": "This model's maximum context length is small.",
            "type": "invalid_request_error", "param": "messages", "code": "context_length_exceeded"}}),
    )
}

/// Refuses what is longer than it reads, whatever its list says.
async fn small() -> (Provider, TestApp) {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    provider.answers_by(|asked| match (letters(asked) > LETTERS, is_summary(asked)) {
        (true, _) => too_long(),
        (false, true) => answer("They spoke of numbers.", None),
        (false, false) => answer(&filler("a"), None),
    });
    (provider, app)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_as_too_long_is_summarised_and_asked_again_and_known_from_then_on() {
    let (provider, app) = small().await;
    let key = app.key().await;
    let mut pressed = 0;
    for n in 1..30 {
        let before = provider.asked().len();
        let (status, applied, body) = says(&app, &key, &filler(&format!("q{n}"))).await;
        assert_eq!(status, 200, "{n}: {body}");
        let since = provider.asked().split_off(before);
        if letters(&since[0]) <= LETTERS {
            continue;
        }
        pressed += 1;
        assert_eq!(pressed, 1, "what was refused once is not tried again");
        assert!(applied.contains("messages -> summary"), "{applied}");
        let [refused, summary, again] = &since[..] else {
            panic!("{} questions", since.len());
        };
        assert!(is_summary(summary) && !is_summary(again));
        assert!(letters(again) < letters(refused));
        let (_, told) = &again.said()[1];
        assert!(told.contains("They spoke of numbers."), "{told}");
        let call = app.newest_call().await;
        let outcomes: Vec<bool> = call
            .entries
            .iter()
            .map(|entry| entry.outcome == Outcome::Succeeded)
            .collect();
        assert_eq!(outcomes, [false, true, true], "each is in the ledger");
    }
    assert_eq!(pressed, 1);
    let refusals = asked(&provider)
        .iter()
        .filter(|asked| letters(asked) > LETTERS)
        .count();
    assert_eq!(refusals, 1);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_made_shorter_is_refused_with_the_providers_words_and_asked_once() {
    let (provider, app) = small().await;
    let key = app.key().await;
    let (status, _, body) = says(&app, &key, &"long ".repeat(LETTERS)).await;
    assert_eq!(
        (status, &body["error"]["code"]),
        (400, &json!("context_length_exceeded"))
    );
    let message = body["error"]["message"].as_str().unwrap();
    assert!(message.contains("maximum context length is small"), "{message}");
    assert_eq!(provider.asked().len(), 1);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_resends_everything_hears_the_refusal() {
    let (provider, app) = small().await;
    let key = app.key().await;
    let messages: Vec<_> = (0..21)
        .map(|n| json!({"role": if n % 2 == 0 { "user" } else { "assistant" }, "content": filler("q")}))
        .collect();
    let (status, applied, body) = sent(&app, &key, &json!({"model": "reviewer", "messages": messages})).await;
    assert_eq!(
        (status, &body["error"]["code"]),
        (400, &json!("context_length_exceeded"))
    );
    assert!(!applied.contains("compaction"), "{applied}");
    assert_eq!(provider.asked().len(), 1);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_may_be_too_long_says_nothing_of_the_window() {
    let (provider, app) = small().await;
    let key = app.key().await;
    provider.will(too_long());
    let body = json!({"model": "reviewer", "session_id": "s", "max_tokens": 1_000_000,
        "messages": [{"role": "user", "content": filler("q")}]});
    let (status, _, _) = sent(&app, &key, &body).await;
    assert_eq!(status, 400);
    for n in 1..5 {
        let (status, applied, _) = says(&app, &key, &filler(&format!("q{n}"))).await;
        assert_eq!(
            (status, applied.contains("compaction")),
            (200, false),
            "{applied}"
        );
    }
    assert_eq!(provider.asked().len(), 5);
    app.finish().await;
}
