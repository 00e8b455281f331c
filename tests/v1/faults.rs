//! Every fault that providers are known for (wire-rules A.3), on its way from a scripted provider to a client:
//! what the client reads is canonical, or it is a proper error (W-178).
//!
//! The matrix says how real clients stumble over each of these; here none of them gets through, whatever the
//! client's wire is. How bytes may be cut, and each fault's variants, are tests of `inglenook-wire`.

mod list;

use domain::Outcome;
use serde_json::{Value, json};

use crate::support::canonical::{self, Choice, Seen, completions, messages, responses};
use crate::support::{Provider, TestApp};
use list::{Fault, Told};

/// Each fault, and whether a stream is asked for.
pub(super) fn all() -> Vec<(Fault, bool)> {
    let streams = list::streams().into_iter().map(|fault| (fault, true));
    let documents = [false, true].into_iter().flat_map(|streamed| {
        let all = list::documents().into_iter();
        all.map(move |fault| (fault, streamed))
    });
    streams.chain(documents).collect()
}

/// A client of one wire: how it asks, and what it has of an answer at the end, in the words of chat.
pub(super) struct Client {
    pub route: &'static str,
    /// Asks `reviewer`, with the tool `look` where the wire has tools.
    pub question: fn(streamed: bool) -> Value,
    pub whole: fn(&[u8]) -> Seen,
    pub stream: fn(&[u8]) -> Seen,
    pub error: fn(&[u8]) -> Value,
    /// What of an answer this wire has a form for.
    pub carried: fn(Choice) -> Choice,
}

fn clients() -> Vec<Client> {
    vec![chat(), of_messages(), of_completions(), of_responses()]
}

fn chat() -> Client {
    Client {
        route: "/v1/chat/completions",
        question: |streamed| {
            let mut question = json!({
                "model": "reviewer", "messages": [{"role": "user", "content": "Hi"}], "stream": streamed,
                "tools": [{"type": "function", "function": {"name": "look"}}],
            });
            if streamed {
                question["stream_options"] = json!({"include_usage": true});
            }
            question
        },
        whole: |body| canonical::whole(body, "reviewer"),
        stream: |body| canonical::stream(body, "reviewer", true),
        error: canonical::error,
        carried: |choice| choice,
    }
}

fn of_messages() -> Client {
    Client {
        route: "/v1/messages",
        question: |streamed| {
            json!({
                "model": "reviewer", "messages": [{"role": "user", "content": "Hi"}], "stream": streamed,
                "max_tokens": 64, "tools": [{"name": "look", "input_schema": {"type": "object"}}],
            })
        },
        whole: |body| messages::whole(body, "reviewer"),
        stream: |body| messages::stream(body, "reviewer"),
        error: messages::error,
        carried: |choice| choice,
    }
}

fn of_completions() -> Client {
    Client {
        route: "/v1/completions",
        question: |streamed| json!({"model": "reviewer", "prompt": "Hi", "stream": streamed}),
        whole: |body| completions::whole(body, "reviewer"),
        stream: |body| completions::stream(body, "reviewer", false),
        error: canonical::error,
        // a bare text has no place for thoughts and calls
        carried: |choice| Choice {
            text: choice.text,
            finish: Some("stop".into()),
            ..Choice::default()
        },
    }
}

fn of_responses() -> Client {
    Client {
        route: "/v1/responses",
        question: |streamed| {
            json!({
                "model": "reviewer", "input": "Hi", "stream": streamed,
                "tools": [{"type": "function", "name": "look"}],
            })
        },
        whole: |body| responses::whole(body, "reviewer"),
        stream: |body| responses::stream(body, "reviewer"),
        error: canonical::error,
        carried: |choice| choice,
    }
}

/// The endpoint and what it is asked.
struct Door {
    app: TestApp,
    provider: Provider,
    key: String,
}

impl Door {
    async fn open() -> Self {
        let provider = Provider::start().await;
        let app = TestApp::with_agent(&provider).await;
        let key = app.key().await;
        Self { app, provider, key }
    }

    /// Lets the provider commit a fault and holds what the client is told against what it must be told.
    async fn check(&self, client: &Client, fault: Fault, streamed: bool) {
        let Fault { row, reply, told } = fault;
        let row = format!("{row} at {}, streamed: {streamed}", client.route);
        self.provider.will(reply);
        let asking = self.app.http().post(self.app.url(client.route));
        // the provider would do better the second time
        let asking = asking.header("x-inglenook-retry", "false").bearer_auth(&self.key);
        let response = asking.json(&(client.question)(streamed)).send().await.unwrap();
        let status = response.status();
        let call = response.headers()["x-request-id"].to_str().unwrap().to_owned();
        let body = response.bytes().await.unwrap();
        let seen = if status != 200 {
            Seen {
                error: Some((client.error)(&body)),
                ..Seen::default()
            }
        } else if streamed {
            (client.stream)(&body)
        } else {
            (client.whole)(&body)
        };
        let outcome = self.outcome(&call).await;
        match told {
            Told::Answer(expected) => {
                let expected = (client.carried)(expected);
                assert_eq!(seen.error, None, "{row}");
                let mut choice = seen.only().clone();
                for (call, expected) in choice.calls.iter_mut().zip(&expected.calls) {
                    if expected.id.is_empty() {
                        assert_eq!(call.id.len(), 9, "{row}: W-74");
                        call.id.clear();
                    }
                }
                assert_eq!(choice, expected, "{row}");
                assert_eq!(outcome, Outcome::Succeeded, "{row}");
            }
            Told::Failure(kind) => {
                assert!(seen.error.is_some(), "{row}");
                let finished = seen.choices.values().any(|choice| choice.finish.is_some());
                assert!(!finished, "{row}: no false end");
                assert_eq!(outcome, Outcome::Failed { kind }, "{row}");
            }
        }
    }

    async fn outcome(&self, call: &str) -> Outcome {
        crate::support::eventually("the call's end", async || {
            let view: gateway::control::CallView = self.app.ask("call.get", json!({"call": call})).await;
            view.row.outcome
        })
        .await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn w_178_no_fault_of_a_provider_reaches_a_client_of_any_wire() {
    let mut checked = 0;
    for client in clients() {
        let door = Door::open().await;
        for (fault, streamed) in all() {
            door.check(&client, fault, streamed).await;
            checked += 1;
        }
        door.app.finish().await;
    }
    assert!(checked >= 50 * clients().len(), "only {checked}");
}
