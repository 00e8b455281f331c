//! The starter model as the gateway sees it, with its real weights. What it says is never looked at: a small
//! model says other things on other processors.
#![expect(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests")]

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use domain::{
    Delta, Event, Extra, Failure, FailureKind, Message, OutputFormat, Params, RawJson, Request, Role,
    StopReason, ToolChoice, ToolSpec, Usage,
};
use inglenook_local::{CONTEXT, MODEL_ID, Starter, WEIGHTS, model, verify};
use serde_json::{Value, json};

/// One of them for all tests: they wait for each other as calls do.
fn starter() -> &'static Starter {
    static ONE: std::sync::LazyLock<Starter> = std::sync::LazyLock::new(|| {
        let path = path();
        if let Err(failure) = verify(&path) {
            panic!(
                "{failure} Fetch them with scripts/fetch-starter.sh, as `make test` does; looked for {path:?}."
            );
        }
        Starter::new(path)
    });
    &ONE
}

fn path() -> PathBuf {
    let set = |name| {
        std::env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    let data = || set("XDG_DATA_HOME").or_else(|| Some(set("HOME")?.join(".local/share")));
    let models = set("INGLENOOK_MODELS_DIR").or_else(|| Some(data()?.join("inglenook/models")));
    models.unwrap().join(WEIGHTS.file_name)
}

fn ask(text: &str, most: u64) -> Request {
    Request {
        messages: vec![Message::text(Role::User, text)],
        params: Params {
            temperature: Some(0.0),
            max_output_tokens: Some(most),
            ..Params::default()
        },
        ..Request::default()
    }
}

/// What came out, taken apart; the order of events is checked on the way.
#[derive(Debug, Default, PartialEq, Eq)]
struct Heard {
    started: bool,
    text: String,
    /// The called tool and its arguments.
    called: Option<(String, String)>,
    reason: Option<StopReason>,
    usage: Option<Usage>,
}

impl Heard {
    fn take(&mut self, event: Event) {
        match event {
            Event::Started { model, .. } => {
                assert!(!std::mem::replace(&mut self.started, true), "started once");
                assert_eq!(model.as_deref(), Some(MODEL_ID));
            }
            Event::Delta {
                choice: 0,
                delta: Delta::Text { text, logprobs: None },
            } => {
                assert!(self.started && self.reason.is_none() && !text.is_empty());
                self.text.push_str(&text);
            }
            Event::Delta {
                choice: 0,
                delta: Delta::ToolCallStart {
                    index: 0, name, id, ..
                },
            } => {
                assert!(self.started && self.text.is_empty() && self.called.is_none());
                assert!(
                    id.len() <= 64 && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'),
                    "{id}"
                );
                self.called = Some((name, String::new()));
            }
            Event::Delta {
                choice: 0,
                delta: Delta::ToolCallArguments { index: 0, fragment },
            } => {
                assert!(self.reason.is_none() && !fragment.is_empty());
                self.called.as_mut().unwrap().1.push_str(&fragment);
            }
            Event::Finished { choice: 0, reason } => {
                assert!(self.started && self.usage.is_none());
                assert_eq!(self.reason.replace(reason), None);
            }
            Event::Usage { usage, raw } => {
                let raw: Value = raw.parse().unwrap();
                assert_eq!(
                    (&raw["prompt_tokens"], &raw["completion_tokens"]),
                    (&usage.input.into(), &usage.output.into())
                );
                assert_eq!(self.usage.replace(usage), None);
            }
            other @ (Event::Delta { .. } | Event::Finished { .. }) => panic!("{other:?}"),
        }
    }
}

fn generate(request: &Request) -> (Result<(), Failure>, Heard) {
    let mut heard = Heard::default();
    let result = starter().generate(request, &|| false, &mut |event| heard.take(event));
    (result, heard)
}

fn answer(request: &Request) -> Heard {
    let (result, heard) = generate(request);
    assert_eq!(result, Ok(()));
    heard
}

#[test]
fn it_streams_an_answer() {
    let heard = answer(&ask("Say hello in one sentence.", 48));
    assert!(!heard.text.trim().is_empty());
    assert!(
        !heard.text.contains("<|im_"),
        "marks of the chat format are not text"
    );
    let usage = heard.usage.unwrap();
    assert!((1..=48).contains(&usage.output), "{usage:?}");
    assert!(heard.reason.is_some());
}

#[test]
fn the_likeliest_tokens_are_the_same_each_time() {
    let request = ask("Name three colours.", 24);
    let first = answer(&request);
    starter().unload();
    assert!(starter().is_present(), "unloading frees memory, not the disk");
    assert_eq!(answer(&request), first);
}

#[test]
fn a_seed_repeats_itself() {
    let mut request = ask("Tell a story.", 24);
    request.params.temperature = Some(1.5);
    request.params.seed = Some(7);
    assert_eq!(answer(&request).text, answer(&request).text);
}

#[test]
fn the_token_limit_ends_it_with_length() {
    let heard = answer(&ask("Count from one to one hundred in words.", 5));
    assert_eq!(heard.reason, Some(StopReason::Length));
    assert_eq!(heard.usage.unwrap().output, 5);
}

#[test]
fn usage_counts_what_the_tokenizer_counts() {
    let starter = starter();
    let request = ask("Was wiegt ein Kilo Federn? 🪶 let x = 12345;", 1);
    let heard = answer(&request);
    assert_eq!(
        heard.usage.unwrap().input,
        starter.count_request(&request).unwrap() as u64
    );
    let frame = starter.count_request(&ask("", 1)).unwrap();
    let text = starter
        .count_tokens("Was wiegt ein Kilo Federn? 🪶 let x = 12345;")
        .unwrap();
    assert_eq!(starter.count_request(&request).unwrap(), frame + text);
}

#[test]
fn texts_have_the_tokens_that_llama_cpp_gives_them() {
    // counted by llama.cpp's tokenizer from the same file
    for (text, count) in [
        ("", 0),
        ("hello", 1),
        (" leading and trailing  ", 4),
        ("12345 67,890.12", 15),
        ("日本語のテキスト、中文文本", 20),
        ("👩\u{200d}💻🪶🐈 emoji", 16),
        (
            "fn main() {\n\tlet x = vec![1, 2];\n    println!(\"{x:?}\");\n}\n",
            29,
        ),
        ("it's we'll I'M DON'T", 11),
        ("naïve café Ünïcödé", 11),
        ("\n\n\n  x\r\n\t\ty", 6),
        ("Ⅷ ½ ٣", 8),
        ("\u{a0}nbsp\u{3000}ideo", 6),
        // marks of the chat format are plain characters in a text
        ("<|im_start|>user\nHi<|im_end|>", 17),
    ] {
        assert_eq!(starter().count_tokens(text), Ok(count), "{text:?}");
    }
    // and the template around a message: 36 in all, of which 6 are the question
    assert_eq!(
        starter().count_request(&ask("Say hello in one sentence.", 1)),
        Ok(36)
    );
    assert_eq!(starter().count_tokens("Say hello in one sentence."), Ok(6));
}

#[test]
fn a_stop_sequence_is_not_shown() {
    let whole = answer(&ask("List the days of the week, one per line.", 40)).text;
    let middle: String = whole.chars().skip(whole.chars().count() / 2).take(4).collect();
    let at = whole.find(&middle).unwrap();
    let mut request = ask("List the days of the week, one per line.", 40);
    request.params.stop = vec!["\u{0}never".into(), middle];
    let heard = answer(&request);
    assert_eq!(
        (heard.text.as_str(), heard.reason),
        (&whole[..at], Some(StopReason::Stop))
    );
}

#[test]
fn the_next_turn_reads_only_what_is_new() {
    let starter = starter();
    let first = ask("What is a hearth? Answer in one sentence.", 16);
    // other tests' conversations may push this one out of memory, so it is tried again
    for _ in 0..20 {
        let said = answer(&first);
        let mut next = first.clone();
        next.messages
            .push(Message::text(Role::Assistant, said.text.clone()));
        next.messages.push(Message::text(Role::User, "Why?"));
        let heard = answer(&next);
        let usage = heard.usage.unwrap();
        assert_eq!(usage.input, starter.count_request(&next).unwrap() as u64);
        if usage.cached_input > 0 {
            assert!(usage.cached_input >= said.usage.unwrap().input, "{usage:?}");
            return;
        }
    }
    panic!("the conversation was never found in memory");
}

#[test]
fn two_calls_wait_for_each_other() {
    let (running, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for question in ["One?", "Two?", "Three?"] {
            let (running, most) = (&running, &most);
            scope.spawn(move || {
                let mut heard = Heard::default();
                let result = starter().generate(&ask(question, 8), &|| false, &mut |event| {
                    if matches!(event, Event::Started { .. }) {
                        most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    }
                    if matches!(event, Event::Usage { .. }) {
                        running.fetch_sub(1, Ordering::SeqCst);
                    }
                    heard.take(event);
                });
                assert_eq!(result, Ok(()));
                assert!(heard.reason.is_some() && heard.usage.is_some());
            });
        }
    });
    assert_eq!(most.load(Ordering::SeqCst), 1);
}

/// One step of the model takes a third of a second at worst; reading the long prompt to its end takes minutes.
/// The rest is for machines that are busy with something else.
const SOON: Duration = Duration::from_secs(3);

/// Cancels when told to; says how long the call went on after it had been told so.
fn cancel(request: &Request, when: impl Fn(&Event) -> bool) -> (Failure, Heard, Duration) {
    let wanted = AtomicBool::new(true);
    let told = std::cell::Cell::new(Instant::now());
    let mut heard = Heard::default();
    let result = starter().generate(request, &|| !wanted.load(Ordering::Relaxed), &mut |event| {
        if wanted.load(Ordering::Relaxed) && when(&event) {
            wanted.store(false, Ordering::Relaxed);
            told.set(Instant::now());
        }
        heard.take(event);
    });
    (result.unwrap_err(), heard, told.get().elapsed())
}

#[test]
fn a_cancelled_call_ends_while_it_reads() {
    let long = ask(&"The fire is low and the kettle sings. ".repeat(300), 400);
    let (failure, heard, took) = cancel(&long, |event| matches!(event, Event::Started { .. }));
    assert_eq!(
        (failure.kind(), heard.text.as_str(), heard.reason),
        (FailureKind::ClientGone, "", None)
    );
    let read = heard.usage.map(|usage| usage.input);
    assert!(
        read < Some(starter().count_request(&long).unwrap() as u64),
        "{read:?}"
    );
    assert!(took < SOON, "{took:?}");
}

#[test]
fn a_cancelled_call_ends_while_it_writes() {
    let (failure, heard, took) = cancel(&ask("Count from one to one hundred in words.", 400), |event| {
        matches!(event, Event::Delta { .. })
    });
    assert_eq!((failure.kind(), heard.reason), (FailureKind::ClientGone, None));
    assert!(
        heard.usage.unwrap().output < 400,
        "what was used is still told: {heard:?}"
    );
    assert!(took < SOON, "{took:?}");
}

#[test]
fn who_cancels_while_waiting_is_not_started() {
    let mut heard = Heard::default();
    let result = starter().generate(&ask("Hi", 8), &|| true, &mut |event| heard.take(event));
    assert_eq!(
        (result.unwrap_err().kind(), heard),
        (FailureKind::ClientGone, Heard::default())
    );
}

#[test]
fn a_conversation_that_does_not_fit_is_refused_with_both_numbers() {
    let request = ask(&"word ".repeat(5000), 8);
    for text in ["word ".repeat(5000), "word ".repeat(1_000_000)] {
        let (result, heard) = generate(&ask(&text, 8));
        let failure = result.unwrap_err();
        assert_eq!(
            (failure.kind(), heard),
            (FailureKind::ContextTooLong, Heard::default())
        );
        assert!(
            failure
                .message()
                .starts_with("This model's maximum context length is 4096 tokens. "),
            "{failure}"
        );
        let numbers = failure
            .message()
            .split(|c: char| !c.is_ascii_digit())
            .filter_map(|n| n.parse::<usize>().ok());
        assert!(numbers.skip(1).all(|n| n > CONTEXT), "{failure}");
    }
    assert_eq!(
        starter().count_request(&request).unwrap_err().kind(),
        FailureKind::ContextTooLong
    );
    assert_eq!(model().context, Some(CONTEXT as u64));
}

#[test]
fn requests_that_break_a_rule_name_it() {
    let mut request = ask("Hi", 8);
    request.params.n = Some(2);
    let (result, heard) = generate(&request);
    let failure = result.unwrap_err();
    assert_eq!(
        (failure.kind(), failure.param(), heard),
        (FailureKind::InvalidRequest, Some("n"), Heard::default())
    );
}

fn tool(name: &str, parameters: &Value) -> ToolSpec {
    ToolSpec {
        name: name.into(),
        description: Some("Computes an expression.".into()),
        parameters: RawJson::of(parameters),
        strict: None,
        extra: Extra::new(),
    }
}

fn expression() -> Value {
    json!({"type": "object", "properties": {"expression": {"type": "string", "maxLength": 30}},
        "required": ["expression"], "additionalProperties": false})
}

#[test]
fn a_demanded_call_is_a_call_with_arguments_of_its_schema() {
    let mut request = ask("How much is 17 * 23?", 64);
    request.tools = vec![
        tool(
            "weather",
            &json!({"type": "object", "properties": {"city": {"enum": ["Rome", "Oslo"]}},
            "required": ["city"], "additionalProperties": false}),
        ),
        tool("calculator", &expression()),
        tool("calculator-2.0", &expression()),
    ];
    for (choice, names) in [
        (
            ToolChoice::Tool {
                name: "calculator".into(),
            },
            vec!["calculator"],
        ),
        (
            ToolChoice::Tool {
                name: "weather".into(),
            },
            vec!["weather"],
        ),
        (
            ToolChoice::Required,
            vec!["weather", "calculator", "calculator-2.0"],
        ),
    ] {
        request.tool_choice = Some(choice);
        let heard = answer(&request);
        let (name, arguments) = heard.called.clone().unwrap();
        assert!(names.contains(&name.as_str()), "{name}");
        assert_eq!(
            (heard.text.as_str(), heard.reason),
            ("", Some(StopReason::ToolCalls)),
            "{arguments}"
        );
        let arguments: Value = serde_json::from_str(&arguments).unwrap();
        let only = if name == "weather" { "city" } else { "expression" };
        assert!(
            arguments[only].as_str().is_some_and(|text| !text.is_empty())
                && arguments.as_object().unwrap().len() == 1,
            "{arguments}"
        );
        assert!(heard.usage.unwrap().output > 0);
    }
}

#[test]
fn a_call_that_the_limit_cuts_off_says_so() {
    let mut request = ask("How much is 17 * 23?", 3);
    request.tools = vec![tool("calculator", &expression())];
    request.tool_choice = Some(ToolChoice::Required);
    let heard = answer(&request);
    assert_eq!(heard.reason, Some(StopReason::Length));
    assert_eq!(heard.usage.unwrap().output, 3);
    let (name, arguments) = heard.called.unwrap();
    assert_eq!(name, "calculator");
    assert!(serde_json::from_str::<Value>(&arguments).is_err(), "{arguments}");
}

#[test]
fn tools_that_nothing_demands_change_nothing() {
    let plain = ask("Say hello in one sentence.", 24);
    let mut offered = plain.clone();
    offered.tools = vec![tool("calculator", &expression())];
    offered.tool_choice = Some(ToolChoice::Auto);
    assert_eq!(answer(&offered).text, answer(&plain).text);
    assert_eq!(starter().count_request(&offered), starter().count_request(&plain));
}

#[test]
fn json_is_held_to_its_schema() {
    let mut request = ask("Is fire hot? How many legs has a cat? Name two colours.", 120);
    request.format = OutputFormat::JsonSchema {
        name: "facts".into(),
        description: None,
        schema: RawJson::of(&json!({"type": "object", "properties": {
            "hot": {"type": "boolean"}, "legs": {"type": "integer", "minimum": 0, "maximum": 9},
            "colours": {"type": "array", "items": {"enum": ["red", "green", "blue"]}, "minItems": 2, "maxItems": 2},
        }, "required": ["hot", "legs", "colours"], "additionalProperties": false})),
        strict: Some(true),
    };
    let heard = answer(&request);
    assert_eq!(heard.reason, Some(StopReason::Stop), "{}", heard.text);
    let said: Value = serde_json::from_str(&heard.text).unwrap();
    assert!(
        said["hot"].is_boolean() && said["legs"].as_u64().unwrap() <= 9,
        "{said}"
    );
    assert_eq!(said["colours"].as_array().unwrap().len(), 2, "{said}");
}

#[test]
fn a_schema_that_cannot_be_followed_is_refused_before_it_begins() {
    let mut request = ask("Hi", 8);
    let never = json!({"type": "object", "properties": {"x": {"$ref": "https://example.com/none.json"}}});
    request.format = OutputFormat::JsonSchema {
        name: "x".into(),
        description: None,
        schema: RawJson::of(&never),
        strict: None,
    };
    let (result, heard) = generate(&request);
    let failure = result.unwrap_err();
    assert_eq!(
        (failure.kind(), failure.param(), heard),
        (
            FailureKind::InvalidRequest,
            Some("response_format"),
            Heard::default()
        )
    );
    // a tool's schema is followed as far as it is known
    let mut request = ask("Hi", 24);
    request.tools = vec![tool(
        "a",
        &json!({"type": "object", "properties": {"x": {"type": "string", "maxLength": 3}},
        "required": ["x"], "additionalProperties": false, "unheardOf": 1}),
    )];
    request.tool_choice = Some(ToolChoice::Required);
    assert!(answer(&request).called.is_some());
}

#[test]
fn without_weights_it_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let starter = Starter::new(dir.path().join(WEIGHTS.file_name));
    assert!(!starter.is_present());
    let result = starter.generate(&ask("Hi", 8), &|| false, &mut |_| {});
    assert_eq!(result.unwrap_err().kind(), FailureKind::WeightsMissing);
}
