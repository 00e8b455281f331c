//! SEC-01: a page that rebinds its name to loopback still sends its name. Raw bytes, because ordinary
//! clients tidy them.

use super::{CHAT, request_lines};
use crate::support::{Provider, TestApp, raw};

/// Host values that are not ours. `PORT` stands for the right one.
const FOREIGN: &[&[u8]] = &[
    b"attacker.example",
    b"attacker.example:PORT",
    b"localhost.attacker.example:PORT",
    b"127.0.0.1.attacker.example:PORT",
    b"attacker.example/127.0.0.1:PORT",
    b"localhost",
    b"127.0.0.1",
    b"[::1]",
    b"127.0.0.1:1",
    b"127.0.0.1:80",
    b"localhost:65536",
    b"localhost:0PORT",
    b"localhost:+PORT",
    b"localhost:PORT ;",
    b"localhost.:PORT",
    b"127.0.0.1.:PORT",
    b"LOCALHOST:PORT",
    b"Localhost:PORT",
    b"0.0.0.0:PORT",
    b"0:PORT",
    b"127.1:PORT",
    b"127.0.1:PORT",
    b"127.0.0.2:PORT",
    b"2130706433:PORT",
    b"0x7f000001:PORT",
    b"0x7f.0.0.1:PORT",
    b"0177.0.0.1:PORT",
    b"017700000001:PORT",
    b"[::]:PORT",
    b"[::ffff:127.0.0.1]:PORT",
    b"[0:0:0:0:0:0:0:1]:PORT",
    b"[::1%25lo]:PORT",
    b"::1:PORT",
    b"",
    b":PORT",
    b"/",
    b"127.0.0.1:PORT/",
    b"127.0.0.1:PORT/v1",
    b"127.0.0.1:PORT?x=",
    b"attacker.example/?x=127.0.0.1:PORT",
    b"127.0.0.1:PORT#",
    b"127.0.0.1:PORT@attacker.example",
    b"attacker.example@127.0.0.1:PORT",
    b"user:pass@127.0.0.1:PORT",
    b"127.0.0.1 :PORT",
    b"127.0.0.1:PORT attacker.example",
    b"127.0.0.1\t:PORT",
    b"127.0.0.1:PORT,attacker.example",
    b"http://127.0.0.1:PORT",
    b"localhost\\.attacker.example:PORT",
    b"l\xc3\xb6calhost:PORT",
    b"\xff\xfe:PORT",
    b"\xef\xbc\x91\xef\xbc\x92\xef\xbc\x97.0.0.1:PORT",
    b"%6c%6f%63%61%6c%68%6f%73%74:PORT",
    b"host.docker.internal:PORT",
    b"kubernetes.docker.internal:PORT",
];

/// Bytes that the HTTP parser itself refuses before the guard sees a request: 400 with an empty body.
const MALFORMED: &[&[u8]] = &[
    b"127.0.0.1:PORT\0",
    b"\x01:PORT",
    b"127.0.0.1:PORT\x7f",
    b"a\rb",
    b"a\nb",
];

fn with_port(host: &[u8], port: u16) -> Vec<u8> {
    let digits = port.to_string();
    let mut out = Vec::new();
    let mut rest = host;
    while let Some(at) = rest.windows(4).position(|window| window == b"PORT") {
        out.extend_from_slice(&rest[..at]);
        out.extend_from_slice(digits.as_bytes());
        rest = &rest[at + 4..];
    }
    out.extend_from_slice(rest);
    out
}

/// A well-keyed request with these header lines instead of the right `Host`.
fn request(line: &str, hosts: &[Vec<u8>], key: &str) -> Vec<u8> {
    let body = if line.starts_with("POST") { CHAT } else { "" };
    let mut bytes = format!("{line} HTTP/1.1\r\n").into_bytes();
    for host in hosts {
        bytes.extend_from_slice(b"Host: ");
        bytes.extend_from_slice(host);
        bytes.extend_from_slice(b"\r\n");
    }
    let rest = format!(
        "Connection: close\r\nAuthorization: Bearer {key}\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    bytes.extend_from_slice(rest.as_bytes());
    bytes
}

async fn misdirected(app: &TestApp, bytes: &[u8], allowed: &[u16]) {
    let answer = raw(app.port(), bytes).await;
    let what = String::from_utf8_lossy(bytes).into_owned();
    assert!(allowed.contains(&answer.status), "{} for {what:?}", answer.status);
    assert_eq!(answer.text(), "", "a foreign page learns nothing: {what:?}");
    assert!(answer.cors().is_empty(), "{what:?}");
    for telling in ["server", "content-type", "x-request-id", "www-authenticate"] {
        assert_eq!(answer.header(telling), None, "{telling} for {what:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_route_answers_to_a_foreign_host() {
    const { assert!(FOREIGN.len() >= 40) };
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    let key = app.key().await;
    for line in request_lines() {
        for host in FOREIGN {
            misdirected(
                &app,
                &request(&line, &[with_port(host, app.port())], &key),
                &[421],
            )
            .await;
        }
        for host in MALFORMED {
            misdirected(
                &app,
                &request(&line, &[with_port(host, app.port())], &key),
                &[400],
            )
            .await;
        }
    }
    assert!(provider.asked().is_empty());
    assert!(app.calls().await.is_empty(), "nothing was done");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_host_two_hosts_and_a_target_that_says_otherwise() {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    let key = app.key().await;
    let port = app.port();
    let ours = format!("127.0.0.1:{port}").into_bytes();
    for line in request_lines() {
        misdirected(&app, &request(&line, &[], &key), &[421]).await;
        misdirected(&app, &request(&line, &[ours.clone(), ours.clone()], &key), &[421]).await;
        misdirected(
            &app,
            &request(&line, &[ours.clone(), b"attacker.example".to_vec()], &key),
            &[421],
        )
        .await;
        misdirected(
            &app,
            &request(&line, &[b"attacker.example".to_vec(), ours.clone()], &key),
            &[421],
        )
        .await;
        let (method, path) = line.split_once(' ').unwrap();
        if path == "*" {
            continue;
        }
        for authority in ["attacker.example", "localhost:1", "user@127.0.0.1:1"] {
            let line = format!("{method} http://{authority}{path}");
            misdirected(&app, &request(&line, std::slice::from_ref(&ours), &key), &[421]).await;
        }
        // the target says our name, the header another's
        let line = format!("{method} http://127.0.0.1:{port}{path}");
        misdirected(
            &app,
            &request(&line, &[b"attacker.example".to_vec()], &key),
            &[421],
        )
        .await;
    }
    // HTTP/1.0 needs no Host, and gets nothing without one
    let old = format!("GET /health HTTP/1.0\r\nAuthorization: Bearer {key}\r\n\r\n");
    misdirected(&app, old.as_bytes(), &[421]).await;
    for upgrade in ["websocket", "h2c"] {
        let text = format!(
            "GET /v1/models HTTP/1.1\r\nHost: attacker.example:{port}\r\nConnection: Upgrade, close\r\n\
             Upgrade: {upgrade}\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        );
        misdirected(&app, text.as_bytes(), &[421]).await;
    }
    assert!(provider.asked().is_empty());
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn our_own_names_are_answered() {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    let key = app.key().await;
    for host in ["127.0.0.1", "localhost", "[::1]"] {
        let host = format!("{host}:{}", app.port());
        let answer = raw(
            app.port(),
            &request("GET /v1/models", &[host.clone().into_bytes()], &key),
        )
        .await;
        assert_eq!(answer.status, 200, "{host}");
        // forwarding headers change nothing, in neither direction (SEC-10)
        let forwarded = format!(
            "GET /v1/models HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nX-Forwarded-Host: attacker.example\r\n\
             X-Forwarded-For: 127.0.0.1\r\nForwarded: for=127.0.0.1;host=localhost\r\nX-Real-IP: 127.0.0.1\r\n\r\n"
        );
        assert_eq!(raw(app.port(), forwarded.as_bytes()).await.status, 401, "{host}");
    }
    app.finish().await;
}
