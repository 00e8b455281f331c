//! SEC-09: the path that the guard judges is the path that the router matches. Whatever a request line
//! says, nothing but the constants answers without a key.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{Answer, Provider, TestApp};

/// A small generator with a fixed seed: the same lines in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(sides).unwrap()).unwrap()
    }

    fn pick<'a, T: ?Sized>(&mut self, from: &[&'a T]) -> &'a T {
        from[self.roll(from.len())]
    }
}

const PIECES: &[&[u8]] = &[
    b"/",
    b"//",
    b"/.",
    b"/..",
    b"/health",
    b"/v1",
    b"/v1/models",
    b"/models",
    b"/chat/completions",
    b"%2f",
    b"%2F",
    b"%2e%2e",
    b"%00",
    b"%",
    b"%zz",
    b"%c0%af",
    b"?",
    b"#",
    b";",
    b"\\",
    b"*",
    b"@",
    b":",
    b"health",
    b"models",
    b"=",
    b"&",
    b"~",
    b"+",
    b"|",
    b"[",
    b"]",
    b"{",
    b"}",
    b"\xc3\xa9",
    b"\xff",
    b"\t",
    b"\x0b",
    b"HEALTH",
    b"/health/",
    b"/reviewer",
];
const METHODS: &[&[u8]] = &[
    b"GET", b"HEAD", b"POST", b"get", b"OPTIONS", b"TRACE", b"CONNECT", b"PUT", b"DELETE", b"PATCH",
    b"QUERY", b"X",
];
const ENDINGS: &[&[u8]] = &[
    b" HTTP/1.1",
    b" HTTP/1.1",
    b" HTTP/1.1",
    b" HTTP/1.1",
    b" HTTP/1.0",
    b" HTTP/2.0",
    b"",
    b"  HTTP/1.1",
    b" http/1.1",
];

fn line(dice: &mut Dice, port: u16) -> Vec<u8> {
    let mut line = dice.pick(METHODS).to_vec();
    line.push(b' ');
    match dice.roll(8) {
        0 => line.extend_from_slice(format!("http://127.0.0.1:{port}").as_bytes()),
        1 => line.extend_from_slice(b"http://attacker.example"),
        2 => line.extend_from_slice(format!("127.0.0.1:{port}").as_bytes()),
        _ => line.push(b'/'),
    }
    for _ in 0..dice.roll(6) {
        line.extend_from_slice(dice.pick(PIECES));
    }
    line.extend_from_slice(dice.pick(ENDINGS));
    line
}

/// The path as it stands in the line: what a reader of raw bytes would call it.
fn literal_path(line: &[u8]) -> Option<&[u8]> {
    let mut words = line.split(|byte| *byte == b' ');
    let (_, target) = (words.next()?, words.next()?);
    let end = target
        .iter()
        .position(|byte| matches!(byte, b'?' | b'#'))
        .unwrap_or(target.len());
    let target = &target[..end];
    let Some(authority) = target.strip_prefix(b"http://") else {
        return Some(target);
    };
    // `http://host` means its root
    Some(
        authority
            .iter()
            .position(|byte| *byte == b'/')
            .map_or(b"/", |at| &authority[at..]),
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_request_line_gets_past_the_key() {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    let port = app.port();
    let mut tasks = tokio::task::JoinSet::new();
    for worker in 0..8_u64 {
        tasks.spawn(async move {
            let mut dice = Dice(0x9e37_79b9_7f4a_7c15 ^ (worker + 1));
            let mut seen = std::collections::BTreeMap::<u16, usize>::new();
            for _ in 0..300 {
                let line = line(&mut dice, port);
                let mut bytes = line.clone();
                let rest = format!("\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\nContent-Type: application/json\r\n\r\n");
                bytes.extend_from_slice(rest.as_bytes());
                let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
                let _written = stream.write_all(&bytes).await;
                let mut read = Vec::new();
                let reading = tokio::time::timeout(Duration::from_secs(10), stream.read_to_end(&mut read));
                let what = String::from_utf8_lossy(&line).into_owned();
                assert!(reading.await.is_ok(), "no end after {what:?}");
                let answer = Answer::parse(&read);
                *seen.entry(answer.status).or_default() += 1;
                if answer.status == 200 {
                    let path = literal_path(&line).map(<[u8]>::to_vec).unwrap_or_default();
                    let is_constant = [&b"/"[..], b"/health", b"/health/"].contains(&path.as_slice());
                    assert!(is_constant, "{what:?} was answered: {}", answer.text());
                    let text = answer.text();
                    assert!(["", "Ollama is running", r#"{"status":"ok"}"#].contains(&text.as_str()), "{what:?}: {text}");
                } else {
                    assert!([0, 400, 401, 404, 405, 415, 421, 431, 505].contains(&answer.status), "{} for {what:?}", answer.status);
                }
            }
            seen
        });
    }
    let mut seen = std::collections::BTreeMap::<u16, usize>::new();
    while let Some(more) = tasks.join_next().await {
        for (status, times) in more.unwrap() {
            *seen.entry(status).or_default() += times;
        }
    }
    assert_eq!(seen.values().sum::<usize>(), 2400);
    for status in [200, 400, 401, 421] {
        assert!(
            seen.get(&status).is_some_and(|times| *times > 20),
            "the dice reach every check: {seen:?}"
        );
    }
    assert!(provider.asked().is_empty());
    app.finish().await;
}
