//! A provider that does what a test says, and remembers byte for byte what it was asked.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Asked {
    pub method: String,
    pub target: String,
    pub headers: Vec<(String, String)>,
    pub body: Bytes,
}

impl Asked {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(one, _)| one == name)
            .map(|(_, value)| value.as_str())
    }

    /// Role and text of each message.
    pub fn said(&self) -> Vec<(String, String)> {
        let body = self.json();
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let messages = body["messages"].as_array().unwrap();
        messages
            .iter()
            .map(|message| (text(&message["role"]), text(&message["content"])))
            .collect()
    }
}

/// A step of an answer's body.
#[derive(Clone, Debug)]
enum Step {
    Send(Bytes),
    Wait(Duration),
    Stall,
    Cut,
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Reply {
    status: u16,
    headers: Vec<(String, String)>,
    steps: Vec<Step>,
    silent: bool,
}

impl Reply {
    pub fn new(status: u16, content_type: &str) -> Self {
        let headers = vec![("content-type".to_owned(), content_type.to_owned())];
        Self {
            status,
            headers,
            steps: Vec::new(),
            silent: false,
        }
    }

    pub fn json(status: u16, body: &Value) -> Self {
        Self::new(status, "application/json").send(body.to_string())
    }

    /// A whole answer with 12000 tokens in, of which 4000 cached, and 3000 out.
    pub fn text(text: &str) -> Self {
        Self::json(
            200,
            &json!({
                "id": "up-1", "object": "chat.completion", "created": 1, "model": "upstream-name",
                "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}],
                "usage": usage(),
            }),
        )
    }

    /// A stream of these pieces, complete with usage and end marker.
    pub fn stream(pieces: &[&str]) -> Self {
        Self::pieces(pieces).finish()
    }

    /// A stream that has begun and said these pieces.
    pub fn pieces(pieces: &[&str]) -> Self {
        let begun = Self::new(200, "text/event-stream")
            .event(&chunk(&json!({"role": "assistant", "content": ""}), None));
        pieces.iter().fold(begun, |reply, piece| {
            reply.event(&chunk(&json!({"content": piece}), None))
        })
    }

    /// The body of a complete stream of these pieces.
    pub fn stream_body(pieces: &[&str]) -> Bytes {
        let mut body = Vec::new();
        for step in Self::stream(pieces).steps {
            if let Step::Send(bytes) = step {
                body.extend_from_slice(&bytes);
            }
        }
        body.into()
    }

    /// Ends a stream as it should.
    pub fn finish(self) -> Self {
        self.event(&chunk(&json!({}), Some("stop")))
            .event(&json!({
                "id": "up-1", "object": "chat.completion.chunk", "created": 1, "model": "upstream-name",
                "choices": [], "usage": usage(),
            }))
            .send("data: [DONE]\n\n")
    }

    /// Refuses in OpenAI's error shape.
    pub fn refusal(status: u16, code: &str, message: &str) -> Self {
        Self::json(
            status,
            &json!({"error": {"message": message, "type": "x", "param": null, "code": code}}),
        )
    }

    /// Never answers.
    pub fn silence() -> Self {
        Self {
            silent: true,
            ..Self::new(200, "application/json")
        }
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn send(mut self, bytes: impl Into<Bytes>) -> Self {
        self.steps.push(Step::Send(bytes.into()));
        self
    }

    pub fn event(self, data: &Value) -> Self {
        self.send(format!("data: {data}\n\n"))
    }

    /// Thinks first.
    pub fn late(mut self, wait: Duration) -> Self {
        self.steps.insert(0, Step::Wait(wait));
        self
    }

    pub fn wait(mut self, wait: Duration) -> Self {
        self.steps.push(Step::Wait(wait));
        self
    }

    /// Says nothing more and stays connected.
    pub fn stall(mut self) -> Self {
        self.steps.push(Step::Stall);
        self
    }

    /// Breaks the connection off.
    pub fn cut(self) -> Self {
        // what was said before must have left the buffers
        let mut reply = self.wait(Duration::from_millis(30));
        reply.steps.push(Step::Cut);
        reply
    }
}

fn usage() -> Value {
    json!({"prompt_tokens": 12000, "completion_tokens": 3000, "total_tokens": 15000,
        "prompt_tokens_details": {"cached_tokens": 4000}})
}

fn chunk(delta: &Value, finish: Option<&str>) -> Value {
    json!({
        "id": "up-1", "object": "chat.completion.chunk", "created": 1, "model": "upstream-name",
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
    })
}

type Habit = Box<dyn Fn(&Asked) -> Reply + Send>;

#[derive(Default)]
struct Shared {
    script: Mutex<VecDeque<Reply>>,
    habit: Mutex<Option<Habit>>,
    sent: AtomicUsize,
    asked: Mutex<Vec<Asked>>,
    connections: AtomicUsize,
    open: AtomicUsize,
    aborted: AtomicUsize,
}

/// Notices an answer that was not read to its end.
struct Watch {
    shared: Arc<Shared>,
    told: bool,
}

impl Watch {
    fn read_to_its_end(&mut self) {
        self.told = true;
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.shared.open.fetch_sub(1, Ordering::SeqCst);
        if !self.told {
            self.shared.aborted.fetch_add(1, Ordering::SeqCst);
        }
    }
}

/// The provider, on a free port of 127.0.0.1.
pub struct Provider {
    shared: Arc<Shared>,
    port: u16,
}

impl Provider {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::new(Shared::default());
        let state = Arc::clone(&shared);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let state = Arc::clone(&state);
                state.connections.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(async move {
                    let service = service_fn(move |request| answer(Arc::clone(&state), request));
                    let connection = hyper::server::conn::http1::Builder::new();
                    let _ended = connection.serve_connection(TokioIo::new(stream), service).await;
                });
            }
        });
        Self { shared, port }
    }

    pub fn origin(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub fn base_url(&self) -> String {
        format!("{}/v1", self.origin())
    }

    /// What it will answer next; when all is said it answers "ok".
    pub fn will(&self, reply: Reply) {
        self.shared.script.lock().unwrap().push_back(reply);
    }

    /// What it answers whenever the script says nothing else, instead of "ok".
    pub fn always(&self, reply: Reply) {
        self.answers_by(move |_| reply.clone());
    }

    /// The same, depending on what was asked.
    pub fn answers_by(&self, habit: impl Fn(&Asked) -> Reply + Send + 'static) {
        *self.shared.habit.lock().unwrap() = Some(Box::new(habit));
    }

    /// A model for which what is about drinks is alike, and nothing else.
    pub fn embeds_drinks(&self) {
        self.answers_by(|asked| {
            let body = asked.json();
            let inputs = match &body["input"] {
                Value::Array(inputs) => inputs.clone(),
                Value::String(_) => vec![body["input"].clone()],
                Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => return Reply::text("Fine."),
            };
            let vector = |text: &str| match ["tea", "beverage"].iter().any(|word| text.contains(word)) {
                true => json!([1.0, 0.1]),
                false => json!([0.0, 1.0]),
            };
            let data: Vec<Value> = (0..)
                .zip(&inputs)
                .map(|(index, text)| json!({"object": "embedding", "index": index, "embedding": vector(text.as_str().unwrap())}))
                .collect();
            Reply::json(200, &json!({"object": "list", "data": data, "model": "e", "usage": {"prompt_tokens": 5, "total_tokens": 5}}))
        });
    }

    /// Bytes of bodies that it has given to the network so far.
    pub fn sent(&self) -> usize {
        self.shared.sent.load(Ordering::SeqCst)
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.shared.asked.lock().unwrap().clone()
    }

    pub fn last(&self) -> Asked {
        self.asked().pop().expect("the provider was asked")
    }

    pub fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::SeqCst)
    }

    /// Answers that are being given.
    pub fn open(&self) -> usize {
        self.shared.open.load(Ordering::SeqCst)
    }

    /// Answers that were not read to their end.
    pub fn aborted(&self) -> usize {
        self.shared.aborted.load(Ordering::SeqCst)
    }
}

type Body = UnsyncBoxBody<Bytes, std::io::Error>;

async fn answer(
    shared: Arc<Shared>,
    request: hyper::Request<Incoming>,
) -> Result<hyper::Response<Body>, Infallible> {
    let (parts, body) = request.into_parts();
    let text = |value: &hyper::header::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let asked = Asked {
        method: parts.method.to_string(),
        target: parts.uri.to_string(),
        headers: parts
            .headers
            .iter()
            .map(|(name, value)| (name.to_string(), text(value)))
            .collect(),
        body: body
            .collect()
            .await
            .map(|body| body.to_bytes())
            .unwrap_or_default(),
    };
    let wants_stream = serde_json::from_slice::<Value>(&asked.body).is_ok_and(|body| body["stream"] == true);
    shared.asked.lock().unwrap().push(asked.clone());
    shared.open.fetch_add(1, Ordering::SeqCst);
    let watch = Watch {
        shared: Arc::clone(&shared),
        told: false,
    };
    let usual = || match &*shared.habit.lock().unwrap() {
        Some(habit) => habit(&asked),
        None if wants_stream => Reply::stream(&["ok"]),
        None => Reply::text("ok"),
    };
    let reply = shared.script.lock().unwrap().pop_front().unwrap_or_else(usual);
    if reply.silent {
        // the watch is held meanwhile, so that it is seen when the caller gives up
        std::future::pending::<()>().await;
    }
    let mut response = hyper::Response::builder().status(reply.status);
    for (name, value) in &reply.headers {
        response = response.header(name, value);
    }
    let steps = stream::unfold(
        (VecDeque::from(reply.steps), watch),
        |(mut steps, mut watch)| async move {
            loop {
                match steps.pop_front() {
                    Some(Step::Send(bytes)) => {
                        watch.shared.sent.fetch_add(bytes.len(), Ordering::SeqCst);
                        return Some((Ok(Frame::data(bytes)), (steps, watch)));
                    }
                    Some(Step::Wait(wait)) => tokio::time::sleep(wait).await,
                    Some(Step::Stall) => std::future::pending::<()>().await,
                    Some(Step::Cut) => {
                        watch.read_to_its_end();
                        return Some((Err(std::io::Error::other("cut")), (steps, watch)));
                    }
                    None => {
                        watch.read_to_its_end();
                        return None;
                    }
                }
            }
        },
    );
    Ok(response.body(StreamBody::new(steps).boxed_unsync()).unwrap())
}
