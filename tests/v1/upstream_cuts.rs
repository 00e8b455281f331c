//! Streams that break off anywhere (REL-03), below HTTP: after every byte, by an end in order and by a reset.

use std::sync::Arc;

use bytes::Bytes;
use serde_json::{Value, json};

use crate::support::client::events;
use crate::support::raw_provider::HangUp;
use crate::support::{RawProvider, Reply, TestApp};

const PIECES: &[&str] = &["Grüße ", "aus ", "dem 🏡"];
/// Requests at once.
const AT_ONCE: usize = 8;

/// How a body's length is said, and how the connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Framing {
    /// By the end of the connection, which looks the same when it comes too early.
    UntilClose,
    Chunked,
    Length,
    ChunkedReset,
}

impl Framing {
    const ALL: &[Self] = &[Self::UntilClose, Self::Chunked, Self::Length, Self::ChunkedReset];

    fn answer(self, body: &[u8], cut: usize) -> (Vec<u8>, HangUp) {
        let kept = &body[..cut];
        let whole = cut == body.len();
        let mut out = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n".to_vec();
        match self {
            Self::UntilClose => {
                out.extend_from_slice(b"connection: close\r\n\r\n");
                out.extend_from_slice(kept);
            }
            Self::Length => {
                out.extend_from_slice(format!("content-length: {}\r\n\r\n", body.len()).as_bytes());
                out.extend_from_slice(kept);
            }
            Self::Chunked | Self::ChunkedReset => {
                out.extend_from_slice(b"transfer-encoding: chunked\r\n\r\n");
                if !kept.is_empty() {
                    out.extend_from_slice(format!("{:x}\r\n", kept.len()).as_bytes());
                    out.extend_from_slice(kept);
                    out.extend_from_slice(b"\r\n");
                }
                if whole {
                    out.extend_from_slice(b"0\r\n\r\n");
                }
            }
        }
        let reset = self == Self::ChunkedReset && !whole;
        (out, if reset { HangUp::Reset } else { HangUp::Fin })
    }
}

/// What a client has been told in the end.
struct Told {
    status: u16,
    done: bool,
    error: bool,
    finished: bool,
    text: String,
}

impl Told {
    fn of(status: u16, body: &str) -> Self {
        let said: Vec<Value> = if status == 200 {
            let events = events(body);
            events
                .iter()
                .filter_map(|event| serde_json::from_str(event).ok())
                .collect()
        } else {
            vec![serde_json::from_str(body).unwrap()]
        };
        let text = |chunk: &Value| {
            let text = &chunk["choices"][0]["delta"]["content"];
            text.as_str().map(str::to_owned)
        };
        Self {
            status,
            done: body.contains("[DONE]"),
            error: said.iter().any(|chunk| chunk["error"].is_object()),
            finished: said
                .iter()
                .any(|chunk| chunk["choices"][0]["finish_reason"].is_string()),
            text: said.iter().filter_map(text).collect(),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rel_03_a_cut_after_any_byte_is_never_a_false_end() {
    let body = Reply::stream_body(PIECES);
    let whole_text = PIECES.concat();
    // from here on every choice has been said to be finished
    let finished_at = {
        let text = String::from_utf8(body.to_vec()).unwrap();
        let finish = text.find("\"finish_reason\":\"stop\"").unwrap();
        finish + text[finish..].find('\n').unwrap()
    };
    let served = body.clone();
    let provider = RawProvider::start(move |request| {
        let model = request["model"].as_str().unwrap().to_owned();
        let (framing, cut) = model.split_once('-').unwrap();
        let framing = Framing::ALL[framing.parse::<usize>().unwrap()];
        framing.answer(&served, cut.parse().unwrap())
    })
    .await;
    let app = TestApp::start().await;
    let args = json!({"id": "raw", "kind": "custom", "base_url": provider.base_url(), "no_key": true});
    let _added: Value = app.ask("provider.add", args).await;
    let key = app.key_with(json!({"name": "raw", "raw_models": true})).await;
    let app = Arc::new(app);
    let mut positions = Vec::new();
    for framing in 0..Framing::ALL.len() {
        positions.extend((0..=body.len()).map(|cut| (framing, cut)));
    }
    assert!(positions.len() > 2500, "{}", positions.len());
    for some in positions.chunks(AT_ONCE) {
        let asking = some.iter().map(|(framing, cut)| ask(&app, &key, *framing, *cut));
        let told = futures_util::future::join_all(asking).await;
        for ((framing, cut), told) in some.iter().zip(told) {
            let framing = Framing::ALL[*framing];
            let at = format!("{framing:?} cut after {cut} of {} bytes", body.len());
            assert!(whole_text.starts_with(&told.text), "{at}: {:?}", told.text);
            assert_eq!(told.done, !told.error, "{at}: an end or an error, one of them");
            assert!(
                told.done || !told.finished,
                "{at}: no reason to end before the end"
            );
            if told.done {
                assert!(*cut >= finished_at, "{at}: a false end");
                assert_eq!((told.text, told.finished), (whole_text.clone(), true), "{at}");
            } else {
                assert!(*cut < body.len(), "{at}: it was whole");
                assert!(matches!(told.status, 200 | 502), "{at}: {}", told.status);
            }
        }
    }
    Arc::into_inner(app).unwrap().finish().await;
}

async fn ask(app: &TestApp, key: &str, framing: usize, cut: usize) -> Told {
    let body = json!({"model": format!("raw/{framing}-{cut}"), "stream": true,
        "messages": [{"role": "user", "content": "Hi"}]});
    let response = app.chat(key, &body).await;
    let status = response.status().as_u16();
    let text: Bytes = response.bytes().await.unwrap();
    Told::of(status, std::str::from_utf8(&text).unwrap())
}
