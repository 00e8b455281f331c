//! The serve loop: loopback only, slow and silent clients, pipelined requests, a taken port.

use std::time::{Duration, Instant};

use gateway::{App, Config, VaultKind};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{CHAT, send};
use crate::support::{Provider, Reply, TestApp, eventually};

#[tokio::test(flavor = "multi_thread")]
async fn both_loopback_addresses_and_no_other() {
    let app = TestApp::start().await;
    let port = app.port();
    assert!(TcpStream::connect(("127.0.0.1", port)).await.is_ok());
    // SEC-11: another address of the same machine
    let other = std::net::UdpSocket::bind("0.0.0.0:0").unwrap();
    let outside = other
        .connect("192.0.2.1:9")
        .ok()
        .and_then(|()| other.local_addr().ok())
        .map(|addr| addr.ip());
    if let Some(ip) = outside.filter(|ip| !ip.is_loopback() && !ip.is_unspecified()) {
        assert!(TcpStream::connect((ip, port)).await.is_err(), "reachable at {ip}");
    }
    assert!(
        TcpStream::connect(("127.0.0.2", port)).await.is_err(),
        "only 127.0.0.1"
    );
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rel_05_half_a_header_is_not_waited_for_forever() {
    let app = TestApp::start().await;
    let mut stream = TcpStream::connect(("127.0.0.1", app.port())).await.unwrap();
    stream
        .write_all(b"GET /health HTTP/1.1\r\nHost: 127")
        .await
        .unwrap();
    let begun = Instant::now();
    let mut read = Vec::new();
    let closed = tokio::time::timeout(Duration::from_secs(20), stream.read_to_end(&mut read)).await;
    assert!(closed.is_ok(), "still open");
    assert!(
        begun.elapsed() > Duration::from_secs(5),
        "a slow client has some seconds"
    );
    assert!(!String::from_utf8_lossy(&read).contains("200"));
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_idle_connections_do_not_keep_others_out() {
    let app = TestApp::start().await;
    let mut idle = Vec::new();
    for _ in 0..200 {
        idle.push(TcpStream::connect(("127.0.0.1", app.port())).await.unwrap());
    }
    assert_eq!(send(&app, "GET /health", &[], "").await.status, 200);
    drop(idle);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_waits_behind_a_stream_does_not_hold_it_back() {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    let key = app.key().await;
    provider.will(Reply::pieces(&["Once"]).wait(Duration::from_millis(200)).finish());
    let body = CHAT.replace("{\"model\"", "{\"stream\":true,\"model\"");
    let head = format!(
        "Host: 127.0.0.1:{}\r\nAuthorization: Bearer {key}\r\nContent-Type: application/json\r\n",
        app.port()
    );
    let first = format!(
        "POST /v1/chat/completions HTTP/1.1\r\n{head}Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let second = format!("GET /v1/models HTTP/1.1\r\n{head}Connection: close\r\n\r\n");
    let mut stream = TcpStream::connect(("127.0.0.1", app.port())).await.unwrap();
    stream
        .write_all(format!("{first}{second}").as_bytes())
        .await
        .unwrap();
    let mut read = String::new();
    let mut buffer = vec![0; 4096];
    while !read.contains("Once") {
        let count = tokio::time::timeout(Duration::from_secs(10), stream.read(&mut buffer))
            .await
            .unwrap()
            .unwrap();
        assert_ne!(count, 0);
        read.push_str(&String::from_utf8_lossy(&buffer[..count]));
    }
    assert!(
        !read.contains("[DONE]"),
        "the first words came when they were said, not with the end"
    );
    while let Ok(count @ 1..) = stream.read(&mut buffer).await {
        read.push_str(&String::from_utf8_lossy(&buffer[..count]));
    }
    assert!(read.contains("[DONE]"));
    assert!(
        read.contains(r#""object":"list""#),
        "and the second request was answered after it"
    );
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_app_on_the_directory_and_on_the_port() {
    let app = TestApp::start().await;
    let dir = tempfile::tempdir().unwrap();
    let mut config = Config::new(dir.path().join("data"), dir.path().join("models"));
    config.vault = Some(VaultKind::Memory);
    config.serve = true;
    config.port = Some(app.port());
    let failure = App::start(config).await.err().unwrap();
    assert_eq!(failure.kind(), domain::FailureKind::PortTaken);
    let failure = app.start_another().await.err().unwrap();
    assert_eq!(failure.kind(), domain::FailureKind::DataDirectoryInUse);
    assert_eq!(
        send(&app, "GET /health", &[], "").await.status,
        200,
        "the first one is not disturbed"
    );
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_app_lets_a_running_answer_finish() {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    let key = app.key().await;
    provider.will(Reply::pieces(&["Once"]).wait(Duration::from_millis(500)).finish());
    let body: serde_json::Value =
        serde_json::from_str(&CHAT.replace("{\"model\"", "{\"stream\":true,\"model\"")).unwrap();
    let mut response = app.chat(&key, &body).await;
    let mut text = String::new();
    while !text.contains("Once") {
        text.push_str(&String::from_utf8_lossy(
            &response.chunk().await.unwrap().unwrap(),
        ));
    }
    let reading = tokio::spawn(async move {
        while let Ok(Some(bytes)) = response.chunk().await {
            text.push_str(&String::from_utf8_lossy(&bytes));
        }
        text
    });
    let port = app.port();
    app.finish().await;
    assert!(reading.await.unwrap().contains("[DONE]"), "REL-31");
    eventually("the port to be free", async || {
        TcpStream::connect(("127.0.0.1", port))
            .await
            .is_err()
            .then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rel_07_a_client_that_does_not_read_is_cut_and_its_answer_is_not_hoarded() {
    let provider = Provider::start().await;
    let app = TestApp::with(|config| config.clients.reader = Duration::from_secs(2)).await;
    app.add_provider("mock", &provider).await;
    app.add_agent("reviewer", "mock/m", "").await;
    let key = app.key().await;
    let piece = "words ".repeat(10_000);
    provider.will(Reply::pieces(&vec![piece.as_str(); 3_000]).finish());
    let body = CHAT.replace("{\"model\"", "{\"stream\":true,\"model\"");
    let request = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nAuthorization: Bearer {key}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        app.port(),
        body.len()
    );
    let mut stream = TcpStream::connect(("127.0.0.1", app.port())).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    eventually("the provider to be left", async || {
        (provider.aborted() == 1).then_some(())
    })
    .await;
    // what the operating system holds on both connections, and little more
    assert!(
        provider.sent() < 40 << 20,
        "{} bytes of 180 MB were taken in",
        provider.sent()
    );
    let call = app.ended_call().await;
    assert_eq!(call.entries[0].outcome, domain::Outcome::Cancelled);
    drop(stream);
    app.finish().await;
}
