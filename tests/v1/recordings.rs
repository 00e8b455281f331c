//! Every recorded answer of a provider, replayed through the endpoint to a client that asks for a chat.
//!
//! For each recording one provider of the running app points at the replay server, and the same question is
//! put to it in every way of cutting. What the client reads must be canonical (D.3 to D.5), must say what the
//! recording says, must be the same in every way, and the ledger must count what the provider counted. At
//! the end a table of all recordings is printed and written to `target/recordings.md`.
//!
//! Lists of models and embeddings are no answers to a chat: the tests of `inglenook-wire`
//! decode those. The recordings are not in this repository: see [`crate::support::recordings`].

mod chat;
mod native;
mod plan;
mod said;

use std::fmt::Write;
use std::panic::AssertUnwindSafe;
use std::path::Path;
use std::sync::Arc;

use domain::{Confidence, FailureKind, Outcome, Usage, Wire};
use futures_util::{FutureExt, StreamExt, stream};
use serde_json::{Value, json};

use crate::support::TestApp;
use crate::support::canonical::{self, Seen};
use crate::support::recordings::{self, Recording};
use crate::support::replay::{Cut, Replay, Way};
use plan::{Expected, Plan, Play, plan};
use said::Said;

/// Recordings that are played at once.
const AT_ONCE: usize = 4;

/// Everything a replay needs.
struct Stage {
    app: TestApp,
    replay: Replay,
    key: String,
}

/// An answer as it came over the network.
struct Told {
    status: u16,
    retry: Option<String>,
    retry_after: Option<String>,
    retry_after_ms: Option<String>,
    call: String,
    body: Vec<u8>,
}

#[tokio::test(flavor = "multi_thread")]
async fn every_recording_replays() {
    let Some(all) = recordings::all() else { return };
    let stage = Stage::set(&all).await;
    let play = |recording: Arc<Recording>| {
        let stage = &stage;
        async move {
            let playing = AssertUnwindSafe(stage.outcome(&recording)).catch_unwind();
            let outcome = playing.await.map_err(|panic| said_by(&*panic));
            (recording, outcome)
        }
    };
    let mut table: Vec<_> = stream::iter(all).map(play).buffered(AT_ONCE).collect().await;
    table.sort_by(|one, other| one.0.id.cmp(&other.0.id));
    let mut text = String::from("| recording | api | outcome |\n| --- | --- | --- |\n");
    for (recording, outcome) in &table {
        let outcome = match outcome {
            Ok(outcome) => outcome.clone(),
            Err(wrong) => format!("**wrong**: {}", wrong.replace('\n', " ")),
        };
        writeln!(text, "| {} | {} | {outcome} |", recording.id, recording.api).unwrap();
    }
    let count = |what: &str| {
        let outcomes = table.iter().filter_map(|(_, outcome)| outcome.as_ref().ok());
        outcomes.filter(|outcome| outcome.starts_with(what)).count()
    };
    writeln!(
        text,
        "\n{} recordings: {} replayed, {} decoded in wire tests, {} left out",
        table.len(),
        count("replayed"),
        count("in wire tests"),
        count("left out"),
    )
    .unwrap();
    show(&text);
    stage.app.finish().await;
    let wrong: Vec<String> = table
        .into_iter()
        .filter_map(|(recording, outcome)| Some(format!("{}: {}", recording.id, outcome.err()?)))
        .collect();
    assert!(
        wrong.is_empty(),
        "{} are told wrongly:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

/// Prints the table and leaves it beside what was built.
fn show(table: &str) {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    std::fs::write(target.join("recordings.md"), table).unwrap();
    let mut out = std::io::stdout().lock();
    let _printed = std::io::Write::write_all(&mut out, table.as_bytes());
}

/// The words of a panic.
fn said_by(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    text.unwrap_or("it panicked").chars().take(300).collect()
}

impl Stage {
    async fn set(all: &[Arc<Recording>]) -> Self {
        let app = TestApp::start().await;
        // the ledger is what is looked at; a session for each question would only cost time
        let key = json!({"name": "replay", "raw_models": true, "store": "none"});
        let key = app.key_with(key).await;
        Self {
            app,
            replay: Replay::start(all).await,
            key,
        }
    }

    /// Plays a recording in every way; what became of it in words.
    async fn outcome(&self, recording: &Recording) -> String {
        let play = match plan(recording) {
            Plan::Replay(play) => play,
            Plan::InWireTests(what) => return format!("in wire tests: {what}"),
            Plan::LeftOut(why) => return format!("left out: {why}"),
        };
        self.add_provider(recording, &play).await;
        let mut first: Option<Seen> = None;
        for cut in Cut::ALL {
            self.replay.play(&recording.id, Way::Cut(cut));
            let seen = self.ask(recording, cut, &play.expected).await;
            match &first {
                None => first = Some(seen),
                Some(first) => first.must_equal(&seen),
            }
        }
        self.check_paths(recording, play.wire);
        let seen = first.unwrap();
        let kind = play.kind.unwrap_or("custom");
        let mut told = format!("replayed as {} ({kind}): ", play.wire.as_str());
        match &seen.error {
            Some(error) => write!(told, "error {}", error["code"]).unwrap(),
            None => {
                let choice = seen.only();
                let finish = choice.finish.as_deref().unwrap();
                write!(told, "{finish}, {} characters", choice.text.chars().count()).unwrap();
                if !choice.reasoning.is_empty() {
                    write!(told, ", {} of reasoning", choice.reasoning.chars().count()).unwrap();
                }
                if !choice.calls.is_empty() {
                    write!(told, ", {} calls", choice.calls.len()).unwrap();
                }
            }
        }
        if let Some(usage) = &seen.usage {
            write!(
                told,
                ", {} + {} tokens",
                usage["prompt_tokens"], usage["completion_tokens"]
            )
            .unwrap();
        }
        told
    }

    async fn add_provider(&self, recording: &Recording, play: &Play) {
        let args = json!({
            "id": slug(recording), "kind": play.kind.unwrap_or("custom"), "wire": play.wire, "no_key": true,
            "base_url": self.replay.base_url(&recording.id),
        });
        let _added: Value = self.app.ask("provider.add", args).await;
    }

    /// Asks and checks everything that can be said of the answer.
    async fn ask(&self, recording: &Recording, cut: Cut, expected: &Expected) -> Seen {
        // a model for each way, so that a breaker which one of them trips does not hide the next
        let model = format!("{}/{}", slug(recording), cut.name());
        let stream = recording.is_stream() || (recording.status != 200 && cut != Cut::Whole);
        let told = self.tell(&question(&model, stream, expected)).await;
        if told.status != 200 {
            return self.check_refusal(&told, expected).await;
        }
        let seen = if stream {
            canonical::stream(&told.body, &model, true)
        } else {
            canonical::whole(&told.body, &model)
        };
        if let Some(error) = &seen.error {
            let kind = self.failed_as(&told.call).await;
            assert_eq!(Some(kind), expected.failure, "{error}");
            assert!(
                told_as(kind).1.is_none_or(|code| error["code"] == code),
                "{error}"
            );
            return seen;
        }
        let said = expected.answer.as_ref().expect("a failure was expected");
        compare(&seen, said);
        self.check_ledger(&told.call, said.usage).await;
        seen
    }

    async fn tell(&self, question: &Value) -> Told {
        // a test of retries would ask for them; here they would only be waited for
        let asking = self.app.http().post(self.app.url("/v1/chat/completions"));
        let asking = asking.header("x-inglenook-retry", "false").bearer_auth(&self.key);
        let response = asking.json(question).send().await.unwrap();
        let header = |name: &str| {
            let value = response.headers().get(name);
            value.map(|value| value.to_str().unwrap().to_owned())
        };
        Told {
            status: response.status().as_u16(),
            retry: header("x-should-retry"),
            retry_after: header("retry-after"),
            retry_after_ms: header("retry-after-ms"),
            call: header("x-request-id").unwrap(),
            body: response.bytes().await.unwrap().into(),
        }
    }

    /// A refusal before the first byte.
    async fn check_refusal(&self, told: &Told, expected: &Expected) -> Seen {
        let error = canonical::error(&told.body);
        let kind = self.failed_as(&told.call).await;
        assert_eq!(Some(kind), expected.failure, "{error}");
        let (status, code, retry) = told_as(kind);
        assert_eq!(told.status, status, "{error}");
        assert!(code.is_none_or(|code| error["code"] == code), "{error}");
        assert_eq!(
            told.retry.as_deref(),
            Some(if retry { "true" } else { "false" }),
            "W-95"
        );
        let seconds = expected
            .retry_after_ms
            .map(|millis| millis.div_ceil(1000).to_string());
        let millis = expected.retry_after_ms.map(|millis| millis.to_string());
        assert_eq!(told.retry_after, seconds, "W-94");
        assert_eq!(told.retry_after_ms, millis, "W-94");
        Seen {
            error: Some(error),
            ..Seen::default()
        }
    }

    /// As what the ledger knows a call that failed.
    async fn failed_as(&self, call: &str) -> FailureKind {
        let outcome = self.ended(call).await.row.outcome;
        let Some(Outcome::Failed { kind }) = outcome else {
            panic!("the ledger says {outcome:?}");
        };
        kind
    }

    /// The ledger counts what the recording counts.
    async fn check_ledger(&self, call: &str, usage: Option<Usage>) {
        let call = self.ended(call).await;
        assert_eq!(call.row.outcome, Some(Outcome::Succeeded));
        let entry = call.entries.last().unwrap();
        assert_eq!(
            entry.raw_usage.is_some(),
            usage.is_some(),
            "the provider's own words are kept"
        );
        if let Some(said) = entry.raw_usage.as_ref().and_then(wire::reported_cost) {
            let told = (entry.confidence, entry.cost);
            assert_eq!(
                told,
                (Confidence::Reported, Some(said)),
                "what the provider says (W-173)"
            );
        }
        match usage {
            Some(_) => assert_eq!(entry.usage, usage, "the ledger"),
            // where nobody counted it is said that we did
            None => assert!(
                [Confidence::Estimated, Confidence::Unknown].contains(&entry.confidence),
                "{:?}",
                entry.confidence
            ),
        }
    }

    async fn ended(&self, call: &str) -> gateway::control::CallView {
        crate::support::eventually("the call's end", async || {
            let view: gateway::control::CallView = self.app.ask("call.get", json!({"call": call})).await;
            view.row.outcome.is_some().then_some(view)
        })
        .await
    }

    /// The request went where requests of its wire go.
    fn check_paths(&self, recording: &Recording, wire: Wire) {
        let end = match wire {
            Wire::OpenAiChat => "/chat",
            Wire::OpenAiResponses => "/responses",
            Wire::AnthropicMessages => "/messages",
            Wire::Gemini => "enerateContent",
            Wire::Ollama => "/api/chat",
            Wire::BedrockConverse => "/converse",
        };
        let asked = self.replay.asked(&recording.id);
        assert!(!asked.is_empty());
        for path in asked {
            assert!(path.contains(end), "{path}");
        }
    }
}

/// The provider's name: the end of the recording's, which is what tells it from all others.
fn slug(recording: &Recording) -> &str {
    let id = recording.id.as_str();
    id[id.len().saturating_sub(60)..].trim_start_matches('-')
}

/// What is asked: tools are on offer where the recorded answer calls some.
fn question(model: &str, stream: bool, expected: &Expected) -> Value {
    let mut question = json!({"model": model, "messages": [{"role": "user", "content": "Hi"}]});
    if stream {
        question["stream"] = json!(true);
        question["stream_options"] = json!({"include_usage": true});
    }
    let calls = expected.answer.iter().flat_map(|said| &said.calls);
    let mut names: Vec<&str> = calls.map(|call| call.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    if !names.is_empty() {
        let schema = json!({"type": "object", "properties": {}});
        let tool = |name| json!({"type": "function", "function": {"name": name, "parameters": schema}});
        question["tools"] = names.into_iter().map(tool).collect();
    }
    question
}

/// Holds what the client has against what the recording says.
fn compare(seen: &Seen, said: &Said) {
    let choice = seen.only();
    assert_eq!(choice.text, said.text, "text");
    // where blocks of it meet, no wire says what stands between
    let squeezed = |text: &str| text.split_whitespace().collect::<String>();
    assert_eq!(
        squeezed(&choice.reasoning),
        squeezed(&said.reasoning),
        "reasoning"
    );
    assert_eq!(choice.refusal, said.refusal, "refusal");
    assert_eq!(choice.finish.as_deref(), said.finish, "finish");
    assert_eq!(choice.calls.len(), said.calls.len(), "calls");
    for (ours, theirs) in choice.calls.iter().zip(&said.calls) {
        assert_eq!(ours.name, theirs.name);
        // an id that some clients or providers would refuse is written otherwise (W-74)
        if let Some(id) = theirs.id.as_ref().filter(|id| canonical::is_call_id(id)) {
            assert_eq!(&ours.id, id);
        }
        // some wires send text and some a value, whose spaces and order say nothing
        let value = |text: &str| serde_json::from_str::<Value>(text).unwrap_or_else(|_| text.into());
        assert_eq!(value(&ours.arguments), value(&theirs.arguments), "{}", ours.name);
    }
    let Some(usage) = said.usage else {
        assert_eq!(seen.usage, None, "nobody counted");
        return;
    };
    let told = seen.usage.as_ref().expect("usage");
    let counts = [
        ("/prompt_tokens", usage.input),
        ("/completion_tokens", usage.output),
        ("/prompt_tokens_details/cached_tokens", usage.cached_input),
        ("/completion_tokens_details/reasoning_tokens", usage.reasoning),
    ];
    for (path, count) in counts {
        assert_eq!(told.pointer(path), Some(&json!(count)), "{path}: {told}");
    }
}

/// How a failure is told: status, code, and whether it is worth another try (D.5). No code: the provider's
/// own, if it has one.
fn told_as(kind: FailureKind) -> (u16, Option<&'static str>, bool) {
    use FailureKind as K;
    let table = [
        (K::InvalidRequest, 400, None, false),
        (K::ContextTooLong, 400, Some("context_length_exceeded"), false),
        (K::ContentRefused, 400, Some("content_filter"), false),
        (K::ModelNotFound, 404, Some("model_not_found"), false),
        (K::ProviderKeyRejected, 424, Some("upstream_auth_failed"), false),
        (K::ProviderRateLimited, 429, Some("rate_limit_exceeded"), true),
        (K::UpstreamFailed, 502, Some("upstream_error"), false),
        (K::UpstreamDisconnected, 502, Some("upstream_disconnected"), false),
        (K::UpstreamOverloaded, 503, Some("upstream_overloaded"), true),
    ];
    let row = table.into_iter().find(|row| row.0 == kind);
    let (_, status, code, retry) = row.unwrap_or_else(|| panic!("no recording fails like this: {kind:?}"));
    (status, code, retry)
}

/// No recording of a broken connection was found, so they are broken here: half of an answer is never taken
/// for a whole one (W-70).
#[tokio::test(flavor = "multi_thread")]
async fn a_recording_that_breaks_off_is_an_error() {
    let Some(mut all) = recordings::all() else { return };
    all.retain(|recording| recording.status == 200);
    let stage = Stage::set(&all).await;
    let breaking = |recording: Arc<Recording>| {
        let stage = &stage;
        async move {
            let Plan::Replay(play) = plan(&recording) else {
                return 0;
            };
            if play.expected.answer.is_none() {
                return 0;
            }
            stage.add_provider(&recording, &play).await;
            let half = recording.body.len() / 2;
            for way in [Way::Closed(half), Way::Reset(half)] {
                stage.replay.play(&recording.id, way);
                stage.ask_in_vain(&recording, way, &play.expected).await;
            }
            1
        }
    };
    let played = stream::iter(all).map(breaking).buffer_unordered(AT_ONCE);
    let played: usize = played.fold(0, async |sum, one| sum + one).await;
    assert!(played > 50, "only {played}");
    stage.app.finish().await;
}

impl Stage {
    async fn ask_in_vain(&self, recording: &Recording, way: Way, expected: &Expected) {
        let id = &recording.id;
        let model = format!(
            "{}/{}",
            slug(recording),
            if matches!(way, Way::Closed(_)) {
                "closed"
            } else {
                "reset"
            }
        );
        let told = self
            .tell(&question(&model, recording.is_stream(), expected))
            .await;
        let error = if told.status == 200 {
            let seen = canonical::stream(&told.body, &model, true);
            let finished = seen.choices.values().any(|choice| choice.finish.is_some());
            assert!(!finished, "{id}: {way:?}: no false end");
            seen.error
        } else {
            assert_eq!(told.status, 502, "{id}: {way:?}");
            Some(canonical::error(&told.body))
        };
        assert!(error.is_some(), "{id}: {way:?}");
        let kind = self.failed_as(&told.call).await;
        // half a document is nonsense when its end looks like one
        let kinds = [FailureKind::UpstreamDisconnected, FailureKind::UpstreamFailed];
        assert!(kinds.contains(&kind), "{id}: {way:?}: {kind:?}");
    }
}
