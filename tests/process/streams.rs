//! REL-19: a thousand streams at once through the real binary, each compared letter for letter.
//!
//! The provider lets no stream say anything before all have begun, so they are at once; it paces them, so they
//! take turns; and every stream says something of its own, with its numbers in it, so whatever is lost, doubled,
//! out of order or another's is seen. `bench/run streams` does the same with the figures of trust.md.

use std::fmt::Write as _;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Barrier;

use super::support::{BINARY, Home, Serve, quiet};
use crate::support::canonical;

const STREAMS: usize = 1000;
const EVENTS: usize = 50;
const PACE: Duration = Duration::from_millis(20);
/// What every shell gives a program; it is too little for two thousand connections.
const DESCRIPTORS: &str = "1024";
/// The gate of REL-19.
const MEMORY: usize = 400 << 20;

/// What a stream says: letters of one to four bytes, and nothing that another says.
fn piece(stream: usize, number: usize) -> String {
    let odd = ["a", "\u{e9}", "\u{20ac}", "\u{1f525}"][(stream + number) % 4];
    format!(
        "<{stream}:{number} {odd}\\n\"{}>",
        "x".repeat((stream * 7 + number * 13) % 40)
    )
}

fn told(stream: usize) -> String {
    (0..EVENTS).map(|number| piece(stream, number)).collect()
}

fn event(delta: &Value, finish: Option<&str>) -> String {
    let chunk = json!({"id": "u", "object": "chat.completion.chunk", "created": 1, "model": "u",
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]});
    let data = format!("data: {chunk}\n\n");
    format!("{:x}\r\n{data}\r\n", data.len())
}

/// Streams that wait for each other.
async fn provider() -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let begun = Arc::new(AtomicUsize::new(0));
    let (count, all) = (Arc::clone(&begun), Arc::new(Barrier::new(STREAMS)));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (count, all) = (Arc::clone(&count), Arc::clone(&all));
            tokio::spawn(async move {
                // whoever breaks off here is missed where the answers are compared
                let _broken = answer(stream, &count, &all).await;
            });
        }
    });
    (port, begun)
}

async fn answer(mut stream: TcpStream, begun: &AtomicUsize, all: &Barrier) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut read = Vec::new();
    let number = loop {
        if stream.read_buf(&mut read).await? == 0 {
            return Ok(());
        }
        let text = String::from_utf8_lossy(&read);
        if let Some((_, rest)) = text.split_once("stream number ")
            && let Some((number, _)) = rest.split_once('.')
        {
            break number.parse::<usize>().unwrap();
        }
    };
    begun.fetch_add(1, Ordering::SeqCst);
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
    let first = event(&json!({"role": "assistant", "content": ""}), None);
    stream.write_all(format!("{head}{first}").as_bytes()).await?;
    all.wait().await;
    let mut pace = tokio::time::interval(PACE);
    for at in 0..EVENTS {
        pace.tick().await;
        let piece = event(&json!({"content": piece(number, at)}), None);
        // some come torn in the middle of a letter or of a frame
        let (one, two) = piece.as_bytes().split_at(piece.len() * (at % 3) / 3);
        stream.write_all(one).await?;
        if at % 3 == 1 {
            tokio::task::yield_now().await;
        }
        stream.write_all(two).await?;
    }
    let done = "data: [DONE]\n\n";
    let end = format!(
        "{}{:x}\r\n{done}\r\n0\r\n\r\n",
        event(&json!({}), Some("stop")),
        done.len()
    );
    stream.write_all(end.as_bytes()).await?;
    // closing over a rest of the request that was not read would be a reset, which takes along what the app has not
    // read yet of its answer
    stream.shutdown().await?;
    stream.read_to_end(&mut Vec::new()).await.map(drop)
}

async fn ask(client: reqwest::Client, url: String, key: String, number: usize) -> (usize, String) {
    let body = json!({"model": "parrot", "stream": true, "user": format!("u{number}"),
        "messages": [{"role": "user", "content": format!("This is stream number {number}.")}]});
    let response = client.post(url).bearer_auth(key).json(&body).send().await;
    let response = response.unwrap_or_else(|error| panic!("stream {number}: {error:?}"));
    assert_eq!(response.status(), 200, "stream {number}");
    let text = response.text().await;
    (
        number,
        text.unwrap_or_else(|error| panic!("stream {number}: {error:?}")),
    )
}

/// Each piece arrives as it was sent.
fn pieces_of(seen: &canonical::Seen) -> usize {
    let pieces = seen.said.iter().filter(|chunk| {
        let content = chunk["choices"][0]["delta"]["content"].as_str();
        content.is_some_and(|content| !content.is_empty())
    });
    pieces.count()
}

#[test]
fn rel_19_a_thousand_streams_at_once_are_told_letter_for_letter() {
    // it wants both processors for some seconds
    let _quiet = quiet();
    rlimit::increase_nofile_limit(8192).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    let (upstream, begun) = runtime.block_on(provider());
    let home = Home::new("memory");
    let key = home.prepare(&format!("http://127.0.0.1:{upstream}/v1"));
    let serve = home.command(&["serve", "--port", "0"]);
    let mut shell = Command::new("sh");
    shell.args([
        "-c",
        &format!("ulimit -Sn {DESCRIPTORS} && exec \"$0\" \"$@\""),
        BINARY,
    ]);
    shell.args(serve.get_args());
    for (name, value) in serve.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    let app = Serve::start(shell, home.data.clone());

    let url = format!("http://127.0.0.1:{}/v1/chat/completions", app.port);
    let answers = runtime.block_on(async {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let mut asking = tokio::task::JoinSet::new();
        for number in 0..STREAMS {
            asking.spawn(ask(client.clone(), url.clone(), key.clone(), number));
        }
        tokio::time::timeout(Duration::from_secs(90), asking.join_all()).await
    });
    let answers = answers.unwrap_or_else(|_| panic!("{} streams began", begun.load(Ordering::SeqCst)));
    assert_eq!(answers.len(), STREAMS);
    let mut wrong = String::new();
    for (number, body) in &answers {
        let seen = canonical::stream(body.as_bytes(), "parrot", false);
        let choice = seen.only();
        if seen.error.is_some() || choice.finish.as_deref() != Some("stop") || choice.text != told(*number) {
            let (finish, error) = (&choice.finish, &seen.error);
            writeln!(wrong, "stream {number}: {finish:?} {error:?} {}", choice.text).unwrap();
        }
        if pieces_of(&seen) != EVENTS {
            writeln!(wrong, "stream {number}: {} pieces", pieces_of(&seen)).unwrap();
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert_eq!(begun.load(Ordering::SeqCst), STREAMS, "each was asked once");

    #[cfg(target_os = "linux")]
    {
        let status = std::fs::read_to_string(format!("/proc/{}/status", app.pid())).unwrap();
        let peak = status
            .lines()
            .find_map(|line| line.strip_prefix("VmHWM:"))
            .unwrap();
        let peak: usize = peak.trim().trim_end_matches(" kB").parse().unwrap();
        println!("{STREAMS} streams of {EVENTS} events: {} MiB at most", peak >> 10);
        assert!(peak << 10 < MEMORY, "{peak} kB");
    }
    let usage = home.json(&["usage"]);
    let calls = &usage["total"]["calls"];
    assert_eq!(calls, STREAMS, "{usage}");
    let (_, stderr) = app.stop();
    assert!(!stderr.contains("could not be accepted"), "{stderr}");
}
