//! How long after its client has left a call's provider sees the end of the connection.
//!
//! One call at a time: the provider says how far it has come, the client leaves, and the provider's next read
//! tells when it was left. Closed in order and reset, by turns.

use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

use crate::{spread, wire};

/// A route: its path, the body without the closing bracket, and whether it is asked whole, streamed or both.
const ROUTES: &[(&str, &str, &[bool])] = &[
    ("/v1/chat/completions", r#"{"model":"probe","messages":[{"role":"user","content":"Hi"}]"#, &[false, true]),
    ("/v1/responses", r#"{"model":"probe","input":"Hi""#, &[false, true]),
    ("/v1/messages", r#"{"model":"probe","max_tokens":64,"messages":[{"role":"user","content":"Hi"}]"#, &[false, true]),
    ("/v1/completions", r#"{"model":"probe","prompt":"Hi""#, &[false, true]),
    ("/v1/embeddings", r#"{"model":"probe","input":"Hi""#, &[false]),
    ("/api/chat", r#"{"model":"probe","messages":[{"role":"user","content":"Hi"}]"#, &[false, true]),
    ("/v1beta/models/probe:generateContent", r#"{"contents":[{"parts":[{"text":"Hi"}]}]"#, &[false]),
    ("/v1beta/models/probe:streamGenerateContent?alt=sse", r#"{"contents":[{"parts":[{"text":"Hi"}]}]"#, &[true]),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    BeforeHeaders,
    BeforeFirstToken,
    MidAnswer,
}

const PHASES: [Phase; 3] = [Phase::BeforeHeaders, Phase::BeforeFirstToken, Phase::MidAnswer];

/// What the provider tells.
enum Told {
    ComeSoFar,
    Left(Instant),
}

pub async fn run(listen: u16, app: u16, key: &str, rounds: usize) -> std::io::Result<()> {
    let listener = TcpListener::bind(("127.0.0.1", listen)).await?;
    let (tell, mut told) = mpsc::unbounded_channel();
    let (plan, phases) = tokio::sync::watch::channel((Phase::BeforeHeaders, false));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (tell, phases) = (tell.clone(), phases.clone());
            tokio::spawn(async move {
                let _reset = provide(stream, phases, tell).await;
            });
        }
    });
    println!("| route | asked | left | p50 ms | p99 | max |\n|---|---|---|---|---|---|");
    let mut all = Vec::new();
    for (path, body, ways) in ROUTES {
        for &streamed in *ways {
            for phase in PHASES {
                let mut times = Vec::new();
                for round in 0..rounds {
                    plan.send_replace((phase, streamed));
                    times.push(once(app, key, path, body, (phase, streamed), round, &mut told).await?);
                }
                let way = if streamed { "streamed" } else { "whole" };
                println!("| `{path}` | {way} | {phase:?} | {} |", spread(times.clone()));
                all.append(&mut times);
            }
        }
    }
    println!("| all {} | | | {} |", all.len(), spread(all));
    Ok(())
}

async fn once(
    app: u16,
    key: &str,
    path: &str,
    body: &str,
    (phase, streamed): (Phase, bool),
    round: usize,
    told: &mut mpsc::UnboundedReceiver<Told>,
) -> std::io::Result<Duration> {
    // where the path says it, a field would be refused
    let stream = if path.starts_with("/v1beta") { String::new() } else { format!(",\"stream\":{streamed}") };
    let mut client = wire::ask(app, key, path, &format!("{body}{stream}}}")).await?;
    let mut read = Vec::new();
    let asked = tokio::time::timeout(Duration::from_secs(10), async {
        while !matches!(told.recv().await, Some(Told::ComeSoFar) | None) {}
    });
    if asked.await.is_err() {
        // the app had something to say instead
        let _said = tokio::time::timeout(Duration::from_millis(100), client.read_buf(&mut read)).await;
        return Err(std::io::Error::other(format!("{path}: {}", String::from_utf8_lossy(&read))));
    }
    while streamed && phase == Phase::MidAnswer && !String::from_utf8_lossy(&read).contains("Once") {
        if client.read_buf(&mut read).await? == 0 {
            return Err(std::io::Error::other(String::from_utf8_lossy(&read).into_owned()));
        }
    }
    // whatever the app still does for the answer so far is done
    tokio::time::sleep(Duration::from_millis(5)).await;
    if round % 2 == 1 {
        client.set_zero_linger()?;
    }
    let left = Instant::now();
    drop(client);
    let seen = tokio::time::timeout(Duration::from_secs(10), async {
        loop {
            match told.recv().await {
                Some(Told::Left(at)) => return at,
                Some(Told::ComeSoFar) => {}
                None => return Instant::now(),
            }
        }
    });
    let seen = seen.await.map_err(|_| std::io::Error::other(format!("{path} {phase:?}: never left")))?;
    Ok(seen.saturating_duration_since(left))
}

async fn provide(
    mut stream: TcpStream,
    phases: tokio::sync::watch::Receiver<(Phase, bool)>,
    tell: mpsc::UnboundedSender<Told>,
) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    if wire::request(&mut stream).await?.is_none() {
        return Ok(());
    }
    let (phase, streamed) = *phases.borrow();
    let said = match (phase, streamed) {
        (Phase::BeforeHeaders, _) => String::new(),
        (Phase::BeforeFirstToken, true) => {
            format!("{}{}", wire::EVENTS, wire::event("{\"role\":\"assistant\",\"content\":\"\"}", "null"))
        }
        (Phase::MidAnswer, true) => {
            format!("{}{}", wire::EVENTS, wire::event("{\"role\":\"assistant\",\"content\":\"Once\"}", "null"))
        }
        (Phase::BeforeFirstToken, false) => format!("{}{}", wire::JSON, wire::chunk(" ")),
        (Phase::MidAnswer, false) => format!("{}{}", wire::JSON, wire::chunk("{\"object\": ")),
    };
    stream.write_all(said.as_bytes()).await?;
    // the receiver outlives every call
    let _told = tell.send(Told::ComeSoFar);
    let mut nothing = [0; 1];
    // the end and a reset are both what is waited for
    let _ended = stream.read(&mut nothing).await;
    let _told = tell.send(Told::Left(Instant::now()));
    Ok(())
}
