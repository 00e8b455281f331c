//! SEC-06, REL-21, REL-22: bodies that are not what they should be, and never a 5xx for them.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{CHAT, send};
use crate::support::{Answer, Provider, TestApp, raw};

async fn world() -> (Provider, TestApp, String) {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    let key = format!("Bearer {}", app.key().await);
    (provider, app, key)
}

const LINE: &str = "POST /v1/chat/completions";

#[tokio::test(flavor = "multi_thread")]
async fn what_a_form_can_send_is_refused_before_it_is_read() {
    let (provider, app, key) = world().await;
    for content_type in [
        "text/plain",
        "text/plain; charset=utf-8",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "",
        "application/json-x",
        "application/jsonp",
        "text/json",
        "application/json, text/plain",
        "text/plain, application/json",
        "application/json; charset=utf-16",
        "application/json;x",
        "application/json; x=text/plain",
        "application / json",
        "json",
        "application/ld+json",
        "application/xml",
        "*/*",
    ] {
        // 50 bytes are promised and none is sent: an answer means that nobody waited for them
        let head = format!(
            "{LINE} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nConnection: close\r\nAuthorization: {key}\r\nContent-Type: {content_type}\r\n\
             Content-Length: 50\r\n\r\n",
            app.port()
        );
        let answer = raw(app.port(), head.as_bytes()).await;
        assert_eq!(answer.status, 415, "{content_type:?}");
        assert_eq!(answer.json()["error"]["code"], "unsupported_media_type");
    }
    let json = ("Content-Type", "application/json");
    let two = [
        ("Authorization", key.as_str()),
        json,
        ("Content-Type", "text/plain"),
    ];
    assert_eq!(send(&app, LINE, &two, CHAT).await.status, 415, "two types");
    assert_eq!(
        send(&app, LINE, &[("Authorization", &key)], CHAT).await.status,
        415,
        "none"
    );
    for encoding in ["gzip", "deflate", "br", "zstd", "identity", "gzip, gzip"] {
        let headers = [
            ("Authorization", key.as_str()),
            json,
            ("Content-Encoding", encoding),
        ];
        assert_eq!(send(&app, LINE, &headers, CHAT).await.status, 415, "{encoding}");
    }
    assert!(provider.asked().is_empty());
    for fine in [
        "application/json",
        "application/json; charset=utf-8",
        "Application/JSON;charset=UTF-8",
    ] {
        let headers = [("Authorization", key.as_str()), ("Content-Type", fine)];
        assert_eq!(send(&app, LINE, &headers, CHAT).await.status, 200, "{fine}");
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rel_22_a_body_that_says_it_is_too_large_is_not_waited_for() {
    let (provider, app, key) = world().await;
    for length in ["67108865", "99999999999", "18446744073709551613"] {
        let head = format!(
            "{LINE} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nConnection: close\r\nAuthorization: {key}\r\nContent-Type: application/json\r\n\
             Content-Length: {length}\r\n\r\n",
            app.port()
        );
        let answer = raw(app.port(), head.as_bytes()).await;
        assert_eq!(answer.status, 413, "{length}");
        assert_eq!(answer.json()["error"]["code"], "body_too_large");
    }
    for length in [
        "-1",
        "1e3",
        "0x10",
        "5, 6",
        "18446744073709551615",
        "99999999999999999999999",
    ] {
        let head = format!(
            "{LINE} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nConnection: close\r\nAuthorization: {key}\r\nContent-Type: application/json\r\n\
             Content-Length: {length}\r\n\r\n",
            app.port()
        );
        let answer = raw(app.port(), head.as_bytes()).await;
        // numbers that no length can be are refused by the HTTP parser
        assert!(
            [400, 413, 431].contains(&answer.status),
            "{length}: {}",
            answer.status
        );
    }
    let both = [
        ("Authorization", key.as_str()),
        ("Content-Type", "application/json"),
        ("Transfer-Encoding", "chunked"),
    ];
    let answer = send(&app, LINE, &both, CHAT).await;
    assert!(
        answer.status == 400 || answer.status == 0,
        "a length beside chunks smuggles requests: {}",
        answer.status
    );
    assert!(provider.asked().is_empty());
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rel_22_headers_and_targets_without_end_are_cut() {
    let (provider, app, key) = world().await;
    // the buffer is 64 KiB; what is read at once may double it
    let long = "x".repeat(200 << 10);
    let answer = send(
        &app,
        "GET /v1/models",
        &[("Authorization", &key), ("X-Long", &long)],
        "",
    )
    .await;
    assert_eq!(answer.status, 431);
    let answer = send(
        &app,
        &format!("GET /v1/models/{long}"),
        &[("Authorization", &key)],
        "",
    )
    .await;
    assert!([414, 431].contains(&answer.status), "{}", answer.status);
    let many: Vec<(String, String)> = (0..500).map(|n| (format!("x-{n}"), "y".to_owned())).collect();
    let many: Vec<(&str, &str)> = many
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    assert_eq!(send(&app, "GET /v1/models", &many, "").await.status, 431);
    assert!(provider.asked().is_empty());
    app.finish().await;
}

/// Sends many bodies over one connection.
struct Line {
    stream: TcpStream,
    head: String,
}

impl Line {
    async fn open(app: &TestApp, key: &str) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", app.port())).await.unwrap();
        let head = format!(
            "{LINE} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nAuthorization: {key}\r\nContent-Type: application/json\r\n",
            app.port()
        );
        Self { stream, head }
    }

    async fn send(&mut self, body: &[u8]) -> Answer {
        let mut bytes = format!("{}Content-Length: {}\r\n\r\n", self.head, body.len()).into_bytes();
        bytes.extend_from_slice(body);
        self.stream.write_all(&bytes).await.unwrap();
        let mut read = Vec::new();
        let mut buffer = vec![0; 16 << 10];
        loop {
            let count = self.stream.read(&mut buffer).await.unwrap();
            assert_ne!(
                count,
                0,
                "the connection was closed after {:?}",
                String::from_utf8_lossy(body)
            );
            read.extend_from_slice(&buffer[..count]);
            let answer = Answer::parse(&read);
            let length = answer
                .header("content-length")
                .and_then(|length| length.parse::<usize>().ok());
            let whole = match length {
                Some(length) => answer.body.len() >= length,
                None => answer.status != 0 && read.ends_with(b"0\r\n\r\n"),
            };
            if whole {
                return answer;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rel_21_broken_json_is_the_clients_fault() {
    let (_provider, app, _) = world().await;
    // thousands of them are fine all the same, and would be one ever longer session
    let key = app.key_with(serde_json::json!({"name": "forgetful", "store": "none"}));
    let mut line = Line::open(&app, &format!("Bearer {}", key.await)).await;
    let whole = r#"{"model":"reviewer","temperature":0.5,"max_tokens":9,"stop":["a","b"],"messages":[{"role":"user","content":[{"type":"text","text":"H\u00e9 \"x\""}]}],"tools":[{"type":"function","function":{"name":"f","parameters":{}}}],"metadata":{"session_id":"s"}}"#;
    assert_eq!(line.send(whole.as_bytes()).await.status, 200);
    let mut bodies: Vec<Vec<u8>> = (0..whole.len())
        .map(|at| whole.as_bytes()[..at].to_vec())
        .collect();
    let cut_short = bodies.len();
    for at in 0..whole.len() {
        for byte in *b"\"}{][:,\\0-.eE1tn \n\xff\x00\x7f\xc3" {
            let mut changed = whole.as_bytes().to_vec();
            changed[at] = byte;
            bodies.push(changed);
        }
    }
    let odd = [
        "",
        " ",
        "null",
        "true",
        "0",
        "\"x\"",
        "[]",
        "{}",
        "[{}]",
        "{",
        "}",
        "{\"messages\"",
        "{\"messages\":{}}",
        "\u{feff}{}",
        "{}{}",
        "{} x",
        "{\"a\":1e999}",
        "{\"temperature\":1e400}",
        "{\"a\":\"\\ud800\"}",
        "{\"a\":'x'}",
        "{a:1}",
        "{\"a\":NaN}",
        "{\"a\":01}",
        "//x",
        "{\"model\":\"reviewer\",\"messages\":[null]}",
    ];
    bodies.extend(odd.map(|text| text.as_bytes().to_vec()));
    assert!(bodies.len() > 5000, "{}", bodies.len());
    let mut refused = 0;
    for (number, body) in bodies.iter().enumerate() {
        let answer = line.send(body).await;
        let what = || String::from_utf8_lossy(body).into_owned();
        // a changed byte within a text may leave a request that is fine, or one for an agent that is not there
        assert!(
            [200, 400, 404].contains(&answer.status),
            "{} for {}",
            answer.status,
            what()
        );
        if answer.status == 400 {
            refused += 1;
            let error = answer.json();
            assert_eq!(error["error"]["type"], "invalid_request_error", "{}", what());
        }
        assert!(
            number >= cut_short || answer.status == 400,
            "half a request was taken for one: {}",
            what()
        );
    }
    assert!(refused > bodies.len() / 2, "{refused} of {}", bodies.len());
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rel_21_depth_is_bounded_and_costs_nothing() {
    let (provider, app, key) = world().await;
    let mut line = Line::open(&app, &key).await;
    for depth in [129, 1000, 200_000] {
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            let inner = format!("{}1{}", open.repeat(depth), close.repeat(depth));
            for body in [
                inner.clone(),
                format!(
                    r#"{{"model":"reviewer","messages":[{{"role":"user","content":"Hi"}}],"x":{inner}}}"#
                ),
                format!(r#"{{"model":"reviewer","messages":{inner}}}"#),
                open.repeat(depth),
            ] {
                let answer = line.send(body.as_bytes()).await;
                assert_eq!(answer.status, 400, "depth {depth}");
            }
        }
    }
    assert!(provider.asked().is_empty());
    let fine = format!(
        r#"{{"model":"reviewer","messages":[{{"role":"user","content":"Hi"}}],"x":{}1{}}}"#,
        "[".repeat(100),
        "]".repeat(100)
    );
    assert_eq!(line.send(fine.as_bytes()).await.status, 200);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_refused_with_a_body_is_told_that_the_connection_ends() {
    let (_provider, app, key) = world().await;
    let json = ("Content-Type", "application/json");
    let key = ("Authorization", key.as_str());
    for (line, headers, status, closes) in [
        (LINE, vec![json], 401, true),
        (LINE, vec![key, ("Content-Type", "text/plain")], 415, true),
        ("POST /v1/nothing", vec![key, json], 404, true),
        ("PUT /v1/chat/completions", vec![key, json], 405, true),
        ("POST /api/pull", vec![key, json], 403, true),
        // read and then refused, and answered: the connection goes on
        ("POST /api/show", vec![key, json], 404, false),
        (LINE, vec![key, json], 200, false),
    ] {
        let body = if status == 404 && !closes {
            r#"{"model":"nobody"}"#
        } else {
            CHAT
        };
        let mut head = format!("{line} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\n", app.port());
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str(&format!("Content-Length: {}\r\n\r\n", body.len()));
        let mut stream = TcpStream::connect(("127.0.0.1", app.port())).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        if closes {
            // the body has not come when the answer goes
            let mut read = Vec::new();
            stream.read_to_end(&mut read).await.unwrap();
            let answer = Answer::parse(&read);
            assert_eq!(
                (answer.status, answer.header("connection")),
                (status, Some("close")),
                "{line}"
            );
        } else {
            stream.write_all(body.as_bytes()).await.unwrap();
            let mut buffer = vec![0; 16 << 10];
            let count = stream.read(&mut buffer).await.unwrap();
            let answer = Answer::parse(&buffer[..count]);
            assert_eq!(
                (answer.status, answer.header("connection")),
                (status, None),
                "{line}"
            );
        }
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rel_22_chunks_without_end_are_cut_at_the_cap() {
    let (provider, app, key) = world().await;
    let mut stream = TcpStream::connect(("127.0.0.1", app.port())).await.unwrap();
    let head = format!(
        "{LINE} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nAuthorization: {key}\r\nContent-Type: application/json\r\n\
         Transfer-Encoding: chunked\r\n\r\n",
        app.port()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let (mut reader, mut writer) = stream.into_split();
    let chunk = [b"100000\r\n".as_slice(), &vec![b' '; 1 << 20], b"\r\n"].concat();
    let writing = tokio::spawn(async move {
        let mut sent = 0;
        while writer.write_all(&chunk).await.is_ok() && sent < 200 {
            sent += 1;
        }
        sent
    });
    let mut read = Vec::new();
    let mut buffer = vec![0; 4096];
    while Answer::parse(&read).status == 0 {
        let reading = tokio::time::timeout(std::time::Duration::from_secs(30), reader.read(&mut buffer));
        match reading.await.unwrap() {
            Ok(count @ 1..) => read.extend_from_slice(&buffer[..count]),
            Ok(_) | Err(_) => break,
        }
    }
    let answer = Answer::parse(&read);
    assert_eq!(answer.status, 413, "{}", answer.text());
    drop(reader);
    let sent = writing.await.unwrap();
    assert!((64..128).contains(&sent), "it was cut after {sent} MiB");
    assert!(provider.asked().is_empty());
    app.finish().await;
}
