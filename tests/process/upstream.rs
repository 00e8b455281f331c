//! A provider that does what its model's name says. Loopback, plain threads, no state but its log.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};

/// A request as it arrived.
#[derive(Clone, Debug)]
pub struct Seen {
    pub head: String,
    pub body: Value,
}

#[derive(Clone)]
pub struct Upstream {
    pub base_url: String,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Upstream {
    pub fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&seen);
        // ends with the test process
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(stream) = stream else { continue };
                let log = Arc::clone(&log);
                // a client that breaks off is part of the tests
                std::thread::spawn(move || serve(stream, &log));
            }
        });
        Self {
            base_url: format!("http://127.0.0.1:{port}/v1"),
            seen,
        }
    }

    /// Every request so far.
    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }
}

fn serve(stream: TcpStream, log: &Mutex<Vec<Seen>>) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    let header = |wanted: &str| {
        head.lines()
            .filter_map(|line| line.split_once(':'))
            .find_map(|(name, value)| name.eq_ignore_ascii_case(wanted).then(|| value.trim().to_owned()))
    };
    let length = header("content-length").map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    log.lock().unwrap().push(Seen {
        head: head.clone(),
        body: body.clone(),
    });
    let key = header("authorization").unwrap_or_default();
    let out = reader.get_mut();
    if head.starts_with("GET ") {
        let models = json!({ "object": "list", "data": [{ "id": "echo", "object": "model" }] });
        return respond(out, 200, "application/json", &models.to_string());
    }
    answer(out, &body, &key)
}

fn answer(out: &mut TcpStream, body: &Value, key: &str) -> Option<()> {
    let model = body["model"].as_str().unwrap_or_default();
    let error = |message: String| {
        json!({ "error": { "message": message, "type": "error", "code": key } }).to_string()
    };
    let parts: Vec<&str> = model.split('-').collect();
    match parts[..] {
        ["refuse"] => respond(
            out,
            401,
            "application/json",
            &error(format!("Incorrect API key provided: {key}")),
        ),
        ["limit"] => respond(out, 429, "application/json", &error(format!("Slow down, {key}"))),
        ["fail"] => respond(
            out,
            500,
            "text/plain",
            &format!("panicked with authorization: {key} \u{fffd}"),
        ),
        ["garbage"] => respond(
            out,
            200,
            "application/json",
            &format!("{{\"authorization\": \"{key}\", !!"),
        ),
        ["hang"] => {
            std::thread::sleep(Duration::from_secs(300));
            None
        }
        ["badstream"] => {
            events(out)?;
            event(out, &chunk("A little"))?;
            write(out, &format!("data: {{\"authorization\": \"{key}\", !!\n\n"))
        }
        ["errorstream"] => {
            events(out)?;
            event(out, &chunk("A little"))?;
            write(out, &format!("data: {}\n\n", error(format!("lost {key}"))))
        }
        ["cut"] => {
            events(out)?;
            event(out, &chunk("A little"))
        }
        // flow-BYTES-MILLIS: so many bytes every so many milliseconds, for a minute
        ["flow", bytes, millis] => {
            let (bytes, millis): (usize, u64) = (bytes.parse().unwrap(), millis.parse().unwrap());
            events(out)?;
            for number in 0..60_000 / millis {
                event(out, &chunk(&piece(number, bytes)))?;
                std::thread::sleep(Duration::from_millis(millis));
            }
            finish(out)
        }
        // three seconds of words
        ["drip"] => {
            events(out)?;
            for _ in 0..10 {
                event(out, &chunk("word "))?;
                std::thread::sleep(Duration::from_millis(300));
            }
            finish(out)
        }
        // asks for a program to be run as long as nothing came of that
        ["runs"] => {
            let messages = body["messages"].as_array().unwrap();
            let said = match messages.iter().any(|message| message["role"] == "tool") {
                true => json!({"role": "assistant", "content": "I see."}),
                false => {
                    let words = json!({"argv": ["sh", "-c", "echo once >> done.txt; sleep 300"]}).to_string();
                    json!({"role": "assistant", "content": null, "tool_calls": [{"id": "call_1", "type": "function",
                        "function": {"name": "run_command", "arguments": words}}]})
                }
            };
            let answer = json!({"id": "r", "object": "chat.completion", "created": 1, "model": "runs",
                "choices": [{"index": 0, "message": said, "finish_reason": "stop"}],
                "usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}});
            respond(out, 200, "application/json", &answer.to_string())
        }
        _ if body["stream"] == true => {
            events(out)?;
            for word in ["You ", "said ", "something."] {
                event(out, &chunk(word))?;
                std::thread::sleep(Duration::from_millis(2));
            }
            finish(out)
        }
        _ => {
            let whole = json!({
                "id": "c", "object": "chat.completion", "created": 1, "model": model,
                "choices": [{ "index": 0, "finish_reason": "stop",
                    "message": { "role": "assistant", "content": "You said something." } }],
                "usage": { "prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10 },
            });
            respond(out, 200, "application/json", &whole.to_string())
        }
    }
}

/// A piece of a flow: its number and dots, so that what is kept can be compared.
pub fn piece(number: u64, bytes: usize) -> String {
    format!("{number:.<bytes$}")
}

fn chunk(text: &str) -> Value {
    json!({
        "id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m",
        "choices": [{ "index": 0, "delta": { "content": text }, "finish_reason": null }],
    })
}

fn finish(out: &mut TcpStream) -> Option<()> {
    let mut last = chunk("");
    last["choices"][0] = json!({ "index": 0, "delta": {}, "finish_reason": "stop" });
    event(out, &last)?;
    let usage = json!({
        "id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [],
        "usage": { "prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10 },
    });
    event(out, &usage)?;
    write(out, "data: [DONE]\n\n")
}

fn events(out: &mut TcpStream) -> Option<()> {
    write(
        out,
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n",
    )
}

fn event(out: &mut TcpStream, value: &Value) -> Option<()> {
    write(out, &format!("data: {value}\n\n"))
}

fn respond(out: &mut TcpStream, status: u16, kind: &str, body: &str) -> Option<()> {
    let length = body.len();
    write(
        out,
        &format!(
            "HTTP/1.1 {status} X\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
        ),
    )
}

fn write(out: &mut TcpStream, text: &str) -> Option<()> {
    out.write_all(text.as_bytes()).ok()
}
