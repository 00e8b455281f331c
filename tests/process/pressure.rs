//! REL-05, REL-07, REL-31: slow clients by the thousand, seen from outside, so that the figures are the server's own.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinSet;

use super::support::{Home, Serve, quiet};
use crate::support::{Provider, Reply};

/// Clients that never finish what they say.
const SLOW: usize = 1000;
/// Clients that ask for twelve megabytes each and read nothing.
const DEAF: usize = 40;
const FIRST: usize = 10;
/// When the last of the slow ones must be gone.
const REAPED: Duration = Duration::from_secs(30);
const MIB: usize = 1 << 20;
/// A processor that does something else for a moment is not the server's fault: the calmest of so many rounds counts,
/// alone and under pressure.
const ROUNDS: usize = 5;
/// Below this it is the machine's scheduler that is compared with itself. A server that made others wait for its slow
/// clients would make them wait for the limits it has for those, which are seconds.
const NOISE: Duration = Duration::from_millis(25);

fn runtime() -> tokio::runtime::Runtime {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.enable_all().build().unwrap()
}

/// What the server holds, which only Linux tells.
fn memory(serve: &Serve) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{}/status", serve.pid())).unwrap_or_default();
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let resident = resident.and_then(|line| line.trim().trim_end_matches(" kB").parse::<usize>().ok());
    resident.unwrap_or(0) << 10
}

/// The slowest but one of a hundred requests, in the calmest round.
async fn healthy(url: &str, key: &str) -> Duration {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let mut rounds = Vec::new();
    for _ in 0..ROUNDS {
        let mut took = Vec::new();
        for _ in 0..100 {
            let begun = Instant::now();
            let answer = client.get(url).bearer_auth(key).send().await.unwrap();
            assert_eq!(answer.status(), 200);
            answer.bytes().await.unwrap();
            took.push(begun.elapsed());
        }
        took.sort_unstable();
        rounds.push(took[98]);
    }
    rounds.into_iter().min().unwrap()
}

async fn connect(port: u16) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    // what it does not read shall not lie with it
    socket.set_recv_buffer_size(4096).unwrap();
    socket.connect(([127, 0, 0, 1], port).into()).await.unwrap()
}

fn post(port: u16, key: &str, length: usize) -> String {
    format!(
        "POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {key}\r\n\
         Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
    )
}

/// Writes a byte a second until nobody listens any more.
async fn drip(stream: &mut TcpStream) {
    let mut nothing = [0; 64];
    loop {
        tokio::time::sleep(Duration::from_secs(1)).await;
        if stream.write_all(b" ").await.is_err() || stream.try_read(&mut nothing).is_ok() {
            return;
        }
    }
}

/// A provider whose every answer has twelve megabytes.
async fn talkative() -> Arc<Provider> {
    let provider = Provider::start().await;
    let piece = "words ".repeat(10_000);
    provider.always(Reply::pieces(&vec![piece.as_str(); 200]).finish());
    Arc::new(provider)
}

/// Asks for an answer and reads nothing of it.
async fn deaf(port: u16, key: &str) -> TcpStream {
    let question = r#"{"model":"parrot","stream":true,"messages":[{"role":"user","content":"Hi"}]}"#;
    let mut stream = connect(port).await;
    let asked = post(port, key, question.len()) + question;
    stream.write_all(asked.as_bytes()).await.unwrap();
    stream
}

/// Until the provider can give nothing more to so many.
async fn stalled(provider: &Provider, count: usize) {
    let mut before = usize::MAX;
    while provider.open() < count || provider.sent() != before {
        before = provider.sent();
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

#[test]
fn rel_05_a_thousand_slow_clients_are_reaped_and_hold_nobody_up() {
    let _quiet = quiet();
    runtime().block_on(slow_clients());
}

async fn slow_clients() {
    rlimit::increase_nofile_limit(8192).unwrap();
    let provider = talkative().await;
    let home = Home::new("memory");
    let key = home.prepare(&provider.base_url());
    let serve = home.serve();
    let (port, models) = (serve.port, format!("http://127.0.0.1:{}/v1/models", serve.port));
    let alone = healthy(&models, &key).await;
    let before = memory(&serve);

    let mut slow = JoinSet::new();
    let begun = Instant::now();
    for number in 0..SLOW {
        let mut stream = connect(port).await;
        let says = match number % 3 {
            0 => "GET /v1/models HTTP/1.1\r\nHo".to_owned(),
            _ => post(port, &key, 5000) + "{",
        };
        stream.write_all(says.as_bytes()).await.unwrap();
        slow.spawn(async move {
            if number % 3 == 1 {
                drip(&mut stream).await;
            }
            let left = REAPED.saturating_sub(begun.elapsed());
            let closed = tokio::time::timeout(left, stream.read_to_end(&mut Vec::new())).await;
            (number, closed.is_ok())
        });
    }
    let meanwhile = healthy(&models, &key).await;
    let more = memory(&serve).saturating_sub(before);
    println!(
        "{SLOW} slow clients: {} MiB more, p99 {meanwhile:?} instead of {alone:?}",
        more / MIB
    );
    assert!(
        begun.elapsed() < Duration::from_secs(10),
        "all of them were still there"
    );
    assert!(
        meanwhile <= 2 * alone.max(NOISE),
        "{meanwhile:?} instead of {alone:?}"
    );
    assert!(more <= 64 * MIB, "{} MiB more", more / MIB);
    for (number, reaped) in slow.join_all().await {
        assert!(reaped, "client {number} is still there");
    }
    assert!(provider.asked().is_empty(), "nothing was ever asked");
    serve.stop();
}

#[test]
fn rel_07_an_answer_that_is_not_read_holds_a_mebibyte_at_most() {
    let _quiet = quiet();
    runtime().block_on(deaf_clients());
}

async fn deaf_clients() {
    let provider = talkative().await;
    let home = Home::new("memory");
    let key = home.prepare(&provider.base_url());
    let serve = home.serve();
    let mut deaf_ones = Vec::new();
    // the first ones take along what any call needs: the database's cache, the threads
    for _ in 0..FIRST {
        deaf_ones.push(deaf(serve.port, &key).await);
    }
    stalled(&provider, FIRST).await;
    let before = memory(&serve);
    for _ in 0..DEAF {
        deaf_ones.push(deaf(serve.port, &key).await);
    }
    stalled(&provider, FIRST + DEAF).await;
    let more = memory(&serve).saturating_sub(before);
    println!(
        "{DEAF} answers that nobody reads: {} KiB each, {} KiB taken from the provider",
        (more / DEAF) >> 10,
        (provider.sent() / (FIRST + DEAF)) >> 10
    );
    assert!(more <= DEAF * MIB, "{} KiB each", (more / DEAF) >> 10);
    assert_eq!(provider.asked().len(), FIRST + DEAF);

    // what was cut off by the end is in the ledger all the same (REL-31)
    let begun = Instant::now();
    let (_, stderr) = serve.stop();
    println!("stopped after {:?}", begun.elapsed());
    assert!(!stderr.contains("could not be recorded"), "{stderr}");
    let calls = home.json(&["call", "list", "--limit", "100"]);
    let calls = calls["calls"].as_array().unwrap();
    assert_eq!(calls.len(), FIRST + DEAF);
    for call in calls {
        assert_eq!(call["outcome"]["outcome"], "cancelled");
    }
}
