//! REL-07, REL-22: what clients can make us hold, and for how long. Many slow ones at once are in `process/pressure.rs`.

use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

use crate::support::{Answer, Provider, Reply, TestApp, eventually};

const MIB: usize = 1 << 20;

/// What this process holds, the provider and the clients included; 0 where nobody tells.
fn memory() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let resident = resident.and_then(|line| line.trim().trim_end_matches(" kB").parse::<usize>().ok());
    resident.unwrap_or(0) << 10
}

fn post(app: &TestApp, key: &str, length: usize) -> String {
    format!(
        "POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nAuthorization: Bearer {key}\r\n\
         Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n",
        app.port()
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn rel_07_a_client_that_does_not_read_is_cut() {
    let provider = Provider::start().await;
    let app = TestApp::with(|config| config.clients.reader = Duration::from_secs(2)).await;
    app.add_provider("mock", &provider).await;
    app.add_agent("reviewer", "mock/m", "").await;
    let key = app.key().await;
    let piece = "words ".repeat(10_000);
    provider.always(Reply::pieces(&vec![piece.as_str(); 100]).finish());
    let socket = TcpSocket::new_v4().unwrap();
    // what it does not read shall not lie with it
    socket.set_recv_buffer_size(4096).unwrap();
    let mut stream = socket.connect(([127, 0, 0, 1], app.port()).into()).await.unwrap();
    let question = r#"{"model":"reviewer","stream":true,"messages":[{"role":"user","content":"Hi"}]}"#;
    let asked = post(&app, &key, question.len()) + question;
    stream.write_all(asked.as_bytes()).await.unwrap();
    eventually("the provider to be asked", async || {
        (provider.open() == 1).then_some(())
    })
    .await;
    eventually("its call to end", async || (provider.open() == 0).then_some(())).await;
    let mut read = Vec::new();
    // the rest of what the system holds, and then the cut
    let _cut = stream.read_to_end(&mut read).await;
    let read = String::from_utf8_lossy(&read);
    assert!(read.starts_with("HTTP/1.1 200") && !read.contains("[DONE]"));
    assert_eq!(provider.aborted(), 1);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rel_22_large_bodies_share_a_budget() {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    let key = app
        .key_with(serde_json::json!({"name": "large", "store": "none"}))
        .await;
    let before = memory();
    let space = vec![b' '; MIB];
    // four of sixty are 240 of 256
    let mut held = Vec::new();
    for _ in 0..4 {
        let mut stream = TcpStream::connect(("127.0.0.1", app.port())).await.unwrap();
        stream
            .write_all(post(&app, &key, 60 * MIB + 1).as_bytes())
            .await
            .unwrap();
        for _ in 0..60 {
            stream.write_all(&space).await.unwrap();
        }
        held.push(stream);
    }
    let large = |mut stream: TcpStream| {
        let head = post(&app, &key, 20 * MIB + super::CHAT.len());
        let space = &space;
        async move {
            stream.write_all(head.as_bytes()).await.unwrap();
            for _ in 0..20 {
                // whoever is refused in the middle is not listened to any more
                if stream.write_all(space).await.is_err() {
                    break;
                }
            }
            let _refused = stream.write_all(super::CHAT.as_bytes()).await;
            let mut read = Vec::new();
            while Answer::parse(&read).status == 0 {
                let reading = tokio::time::timeout(Duration::from_secs(20), stream.read_buf(&mut read)).await;
                if !matches!(reading, Ok(Ok(1..))) {
                    break;
                }
            }
            Answer::parse(&read)
        }
    };
    let connect = || TcpStream::connect(("127.0.0.1", app.port()));
    let refused = large(connect().await.unwrap()).await;
    assert_eq!(refused.status, 503, "{}", refused.text());
    assert_eq!(refused.header("x-should-retry"), Some("true"));
    assert_eq!(refused.header("retry-after"), Some("1"));
    assert!(provider.asked().is_empty());
    let most = memory().saturating_sub(before);
    assert!(most < 512 * MIB, "{} MiB for 240", most / MIB);
    // small ones are let in all the while
    let small = app.chat(&key, &serde_json::from_str(super::CHAT).unwrap()).await;
    assert_eq!(small.status(), 200);
    drop(held);
    eventually("the budget to be free again", async || {
        let answer = large(connect().await.unwrap()).await;
        (answer.status == 200).then_some(())
    })
    .await;
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rel_22_what_is_declared_too_large_is_refused_at_once() {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    let key = app.key().await;
    let mut took = Vec::new();
    for _ in 0..50 {
        let mut stream = TcpStream::connect(("127.0.0.1", app.port())).await.unwrap();
        let begun = Instant::now();
        stream
            .write_all(post(&app, &key, 65 * MIB).as_bytes())
            .await
            .unwrap();
        let mut read = Vec::new();
        stream.read_to_end(&mut read).await.unwrap();
        took.push(begun.elapsed());
        assert_eq!(Answer::parse(&read).status, 413);
    }
    took.sort_unstable();
    // the figure is 10 ms; the middle one of many is what a busy machine does not change
    assert!(took[25] < Duration::from_millis(10), "{took:?}");
    assert!(provider.asked().is_empty());
    app.finish().await;
}
