//! Trying a provider out: what works of reachability, key, models, a call, streaming and tools.
//!
//! A trial is no call of anybody's: it has no session and no entry in the ledger, costs a handful of tokens,
//! and what it is answered is thrown away. Steps that cannot work any more are not tried, and said to be
//! skipped; a model without tools is a thing to know, not a provider that fails.

use std::time::{Duration, Instant};

use domain::{
    Event, Failure, FailureKind, Message, Part, Provider, RawJson, Request, Role, Target, Timeouts,
    ToolChoice, ToolSpec,
};

use super::providers::find;
use super::{Caller, Check, CheckState, ModelList, Notice, ProviderReport, TestProvider};
use crate::upstream::{self, Effort, Response};
use crate::{Engine, models};

const LIST_WAIT: Duration = Duration::from_secs(10);
/// A model on this machine may have to be loaded first.
const CALL_WAIT: Duration = Duration::from_secs(30);
/// Some models refuse an answer of one token.
const FEW_TOKENS: u64 = 16;
/// Enough to name a tool and to think about it shortly.
const TOOL_TOKENS: u64 = 256;

pub(super) async fn test(engine: &Engine, _: Caller, args: TestProvider) -> Result<ProviderReport, Failure> {
    let provider = find(engine, args.id.as_str())?;
    // whoever asks has perhaps just repaired it
    engine.upstreams().health.revive(&provider);
    let mut checks = Checks {
        engine,
        provider: &provider,
        found: Vec::with_capacity(6),
    };
    let began = Instant::now();
    let listed = models::fetch(engine, &provider, LIST_WAIT).await;
    listing(&provider, &listed, began, &mut checks);
    let first = |list: &ModelList| list.models.first().map(|model| model.id.clone());
    let model = args.model.or_else(|| listed.as_ref().ok().and_then(first));
    let hopeless = checks.found.iter().any(|check| check.state == CheckState::Failed);
    let target = model
        .as_ref()
        .filter(|_| !hopeless)
        .map(|model| Target::parse(&format!("{}/{model}", provider.id)))
        .transpose()?;
    match &target {
        Some(target) => calls(engine, &provider, target, &mut checks).await,
        None => {
            let why = if hopeless {
                "Not tried."
            } else {
                "Not tried: no model is known. Name one with --model."
            };
            checks.extend(["call", "stream", "tools"].map(|name| check(name, CheckState::Skipped, why)));
        }
    }
    let checks = checks.found;
    Ok(ProviderReport {
        ok: checks.iter().all(|check| check.state != CheckState::Failed),
        model: target.map(|target| target.model.into()),
        checks,
    })
}

/// What was found so far. Each finding is told at once: a test can take a minute, and somebody is watching.
struct Checks<'a> {
    engine: &'a Engine,
    provider: &'a Provider,
    found: Vec<Check>,
}

impl Checks<'_> {
    fn push(&mut self, check: Check) {
        self.tell(&check);
        self.found.push(check);
    }

    fn extend(&mut self, checks: impl IntoIterator<Item = Check>) {
        for check in checks {
            self.push(check);
        }
    }

    /// Says something else about the step of this name.
    fn correct(&mut self, check: Check) {
        self.tell(&check);
        if let Some(found) = self.found.iter_mut().find(|found| found.name == check.name) {
            *found = check;
        }
    }

    fn tell(&self, check: &Check) {
        self.engine.notify(Notice::ProviderCheck {
            provider: self.provider.id.clone(),
            check: check.clone(),
        });
    }
}

/// What the list of models tells: whether the provider is there, takes the key, and has models.
fn listing(
    provider: &Provider,
    listed: &Result<ModelList, Failure>,
    began: Instant,
    checks: &mut Checks<'_>,
) {
    use FailureKind as K;
    let address = provider
        .base_url()
        .map_or("in this process", |url| url.host())
        .to_owned();
    let keyless = provider.auth == domain::AuthScheme::None;
    let reached = || {
        timed(
            check("reachable", CheckState::Ok, &format!("{address} answers.")),
            began,
        )
    };
    let skipped = |name| check(name, CheckState::Skipped, "Not tried.");
    let key = |list_proves_it: bool| match (keyless, list_proves_it) {
        (true, _) => check("key", CheckState::Ok, "None needed."),
        (false, true) => check("key", CheckState::Ok, "The key is accepted."),
        (false, false) => check(
            "key",
            CheckState::Skipped,
            "The list is public; the call will tell.",
        ),
    };
    match listed {
        Ok(list) => {
            checks.push(reached());
            checks.push(key(!models::is_public(provider)));
            let count = list.models.len();
            checks.push(match count {
                0 => check("models", CheckState::Warning, "The list of models is empty."),
                1 => timed(check("models", CheckState::Ok, "1 model is listed."), began),
                _ => timed(
                    check("models", CheckState::Ok, &format!("{count} models are listed.")),
                    began,
                ),
            });
        }
        Err(failure) if is(failure, &[K::UpstreamUnreachable, K::UpstreamTimeout]) => {
            checks.push(timed(failed("reachable", failure), began));
            checks.extend([skipped("key"), skipped("models")]);
        }
        Err(failure) if is(failure, &[K::ProviderKeyMissing, K::VaultLocked, K::VaultAbsent]) => {
            checks.push(skipped("reachable"));
            checks.extend([failed("key", failure), skipped("models")]);
        }
        Err(failure) if is(failure, &[K::ProviderKeyRejected]) => {
            checks.push(reached());
            checks.push(timed(failed("key", failure), began));
            checks.push(skipped("models"));
        }
        // there is somebody; a server without a list of models can still answer
        Err(failure) => {
            checks.extend([reached(), key(false)]);
            let mut without = failed("models", failure);
            without.state = CheckState::Warning;
            checks.push(timed(without, began));
        }
    }
}

fn is(failure: &Failure, kinds: &[FailureKind]) -> bool {
    kinds.contains(&failure.kind())
}

async fn calls(engine: &Engine, provider: &Provider, target: &Target, checks: &mut Checks<'_>) {
    let began = Instant::now();
    let mut answer = ask(engine, provider, target, &request(1, false)).await;
    if matches!(&answer, Err(failure) if failure.kind() == FailureKind::InvalidRequest) {
        answer = ask(engine, provider, target, &request(FEW_TOKENS, false)).await;
    }
    let called = match &answer {
        Ok(_) => check("call", CheckState::Ok, &format!("{} answered.", target.model)),
        Err(failure) => failed("call", failure),
    };
    checks.push(timed(called, began));
    settle_key(checks, answer.as_ref().err());
    if answer.is_err() {
        checks.extend(["stream", "tools"].map(|name| check(name, CheckState::Skipped, "Not tried.")));
        return;
    }
    let checks_so_far = &*checks;
    let told = |check: Check| {
        checks_so_far.tell(&check);
        check
    };
    let (stream, tools) = tokio::join!(async { told(streaming(engine, provider, target).await) }, async {
        told(tools(engine, provider, target).await)
    },);
    checks.found.extend([stream, tools]);
}

/// A call knows better than a list, which many servers show to anybody.
fn settle_key(checks: &mut Checks<'_>, failure: Option<&Failure>) {
    let open = |check: &Check| check.name == "key" && check.state == CheckState::Skipped;
    match failure {
        None if checks.found.iter().any(open) => {
            checks.correct(check("key", CheckState::Ok, "The key is accepted."));
        }
        Some(failure) if failure.kind() == FailureKind::ProviderKeyRejected => {
            checks.correct(failed("key", failure));
        }
        None | Some(_) => {}
    }
}

async fn streaming(engine: &Engine, provider: &Provider, target: &Target) -> Check {
    let began = Instant::now();
    let found = match ask(engine, provider, target, &request(FEW_TOKENS, true)).await {
        Ok(Answered::InPieces { first }) => {
            let text = format!("The first piece came after {} ms.", first.as_millis());
            check("stream", CheckState::Ok, &text)
        }
        Ok(Answered::Whole { .. }) => check(
            "stream",
            CheckState::Warning,
            "It answers in one piece although a stream was asked for.",
        ),
        Err(failure) => failed("stream", &failure),
    };
    timed(found, began)
}

async fn tools(engine: &Engine, provider: &Provider, target: &Target) -> Check {
    let tool = ToolSpec {
        name: "get_time".to_owned(),
        description: Some("Tells the time of day.".to_owned()),
        parameters: RawJson::new(r#"{"type":"object","properties":{}}"#),
        strict: None,
        extra: domain::Extra::new(),
    };
    let request = Request {
        messages: vec![Message::text(Role::User, "What time is it? Use the tool.")],
        tools: vec![tool],
        tool_choice: Some(ToolChoice::Auto),
        ..request(TOOL_TOKENS, false)
    };
    let began = Instant::now();
    let found = match ask(engine, provider, target, &request).await {
        Ok(Answered::Whole { calls_a_tool: true }) => {
            check("tools", CheckState::Ok, &format!("{} calls tools.", target.model))
        }
        Ok(Answered::Whole { .. } | Answered::InPieces { .. }) => check(
            "tools",
            CheckState::Warning,
            &format!("{} was offered a tool and did not call it.", target.model),
        ),
        Err(failure) => {
            let mut without = failed("tools", &failure);
            // a model that has no tools says so by refusing them
            without.state = CheckState::Warning;
            without
        }
    };
    timed(found, began)
}

/// What an answer was like.
enum Answered {
    Whole { calls_a_tool: bool },
    InPieces { first: Duration },
}

fn request(tokens: u64, stream: bool) -> Request {
    Request {
        messages: vec![Message::text(Role::User, "Hi")],
        params: domain::Params {
            max_output_tokens: Some(tokens),
            ..domain::Params::default()
        },
        stream,
        ..Request::default()
    }
}

/// Asks once and reads the answer to its end.
async fn ask(
    engine: &Engine,
    provider: &Provider,
    target: &Target,
    request: &Request,
) -> Result<Answered, Failure> {
    let asking = async {
        let compiled = upstream::compile(provider, &target.model, request)?;
        let mut effort = Effort::new(engine, provider, target, &Timeouts::default(), None);
        let began = Instant::now();
        let sent = Box::pin(effort.send(request, &compiled)).await;
        match sent.map_err(|setback| setback.failure)? {
            Response::Whole(answer) => Ok(Answered::Whole {
                calls_a_tool: answer.choices.iter().any(|choice| {
                    let parts = &choice.message.parts;
                    parts.iter().any(|part| matches!(part, Part::ToolCall { .. }))
                }),
            }),
            Response::Events(mut stream) => {
                let first = began.elapsed();
                let mut events: Vec<Event> = Vec::new();
                while stream.next(&mut events).await? {
                    events.clear();
                }
                Ok(Answered::InPieces { first })
            }
            Response::Vectors(_) => Err(crate::failures::internal("vectors for a conversation")),
        }
    };
    match tokio::time::timeout(CALL_WAIT, asking).await {
        Ok(answered) => answered,
        Err(_) => Err(Failure::new(
            FailureKind::UpstreamTimeout,
            format!(
                "{} did not answer within {} seconds.",
                target.model,
                CALL_WAIT.as_secs()
            ),
        )),
    }
}

fn timed(mut check: Check, began: Instant) -> Check {
    check.took_ms = Some(u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX));
    check
}

fn check(name: &str, state: CheckState, detail: &str) -> Check {
    Check {
        name: name.to_owned(),
        state,
        detail: detail.to_owned(),
        hint: None,
        took_ms: None,
    }
}

fn failed(name: &str, failure: &Failure) -> Check {
    Check {
        hint: failure.hint().map(str::to_owned),
        ..check(name, CheckState::Failed, failure.message())
    }
}
