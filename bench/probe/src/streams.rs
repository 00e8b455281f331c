//! Many slow streams at once: is each told as it was said, how much later, and at what cost.
//!
//! Every piece carries the time at which it was said, and both sides hash what they said and heard. The same is
//! done without the app first, because client and provider share the machine with it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Barrier;

use crate::{spread, wire};

#[derive(Clone, Copy)]
pub struct Plan {
    pub streams: usize,
    pub events: usize,
    pub pace: Duration,
}

/// What was said in a stream: its hash.
type Said = Arc<Mutex<HashMap<usize, [u8; 32]>>>;

struct Provider {
    plan: Plan,
    begun: Instant,
    said: Said,
    all: Barrier,
}

/// What a client heard.
struct Heard {
    stream: usize,
    pieces: usize,
    hash: [u8; 32],
    done: bool,
    late: Vec<Duration>,
    /// The last event, whole.
    last: String,
}

pub async fn run(listen: u16, app: u16, key: &str, pid: &str, plan: Plan) -> std::io::Result<()> {
    let listener = TcpListener::bind(("127.0.0.1", listen)).await?;
    let said = Said::default();
    let provider = Arc::new(Provider {
        plan,
        begun: Instant::now(),
        said: Arc::clone(&said),
        all: Barrier::new(plan.streams),
    });
    let serving = Arc::clone(&provider);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let provider = Arc::clone(&serving);
            tokio::spawn(async move {
                // a stream that broke is told by its client
                let _broken = provider.serve(stream).await;
            });
        }
    });
    println!("{} streams of {} events, {:?} apart\n", plan.streams, plan.events, plan.pace);
    println!("| | whole | broken | late p50 ms | p99 | max | processors | memory at most |");
    println!("|---|---|---|---|---|---|---|---|");
    for (name, port, path, pid) in
        [("direct", listen, "/v1/chat/completions", ""), ("through the app", app, "/v1/chat/completions", pid)]
    {
        said.lock().unwrap().clear();
        let (began, busy) = (Instant::now(), processor_time(pid));
        let mut clients = tokio::task::JoinSet::new();
        for stream in 0..plan.streams {
            clients.spawn(hear(port, key.to_owned(), path, stream, provider.begun));
        }
        let (mut whole, mut broken, mut late) = (0, 0, Vec::new());
        for heard in clients.join_all().await {
            let mut heard = match heard {
                Ok(heard) => heard,
                Err(error) => {
                    broken += 1;
                    eprintln!("a stream broke: {error}");
                    continue;
                }
            };
            let same = said.lock().unwrap().get(&heard.stream) == Some(&heard.hash);
            if same && heard.done && heard.pieces == plan.events {
                whole += 1;
            } else {
                broken += 1;
                let Heard { stream, pieces, done, .. } = heard;
                eprintln!("stream {stream}: {pieces} pieces, done {done}, the same {same}; last {:?}", heard.last);
            }
            late.append(&mut heard.late);
        }
        let processors = (processor_time(pid) - busy) / began.elapsed().as_secs_f64();
        println!("| {name} | {whole} | {broken} | {} | {processors:.2} | {} |", spread(late), memory(pid));
    }
    Ok(())
}

impl Provider {
    async fn serve(&self, mut stream: TcpStream) -> std::io::Result<()> {
        stream.set_nodelay(true)?;
        while let Some(request) = wire::request(&mut stream).await? {
            let number = request.split_once("stream number ").and_then(|(_, rest)| rest.split_once('.'));
            let Some(number) = number.and_then(|(number, _)| number.parse().ok()) else {
                return Ok(());
            };
            self.answer(&mut stream, number).await?;
        }
        Ok(())
    }

    async fn answer(&self, stream: &mut TcpStream, number: usize) -> std::io::Result<()> {
        let first = wire::event("{\"role\":\"assistant\",\"content\":\"\"}", "null");
        stream.write_all(format!("{}{first}", wire::EVENTS).as_bytes()).await?;
        self.all.wait().await;
        let mut hash = Sha256::new();
        // spread over the pace, as streams of different calls are
        let offset = self.plan.pace.mul_f64(number as f64 / self.plan.streams as f64);
        let mut pace = tokio::time::interval_at(tokio::time::Instant::now() + offset, self.plan.pace);
        for at in 0..self.plan.events {
            pace.tick().await;
            let piece = format!("@{}@ {number}:{at} of what there is to say; ", self.begun.elapsed().as_nanos());
            hash.update(&piece);
            if at + 1 == self.plan.events {
                self.said.lock().unwrap().insert(number, hash.clone().finalize().into());
            }
            stream.write_all(wire::event(&format!("{{\"content\":\"{piece}\"}}"), "null").as_bytes()).await?;
        }
        let end = wire::event("{}", "\"stop\"") + &wire::chunk("data: [DONE]\n\n") + "0\r\n\r\n";
        stream.write_all(end.as_bytes()).await
    }
}

async fn hear(port: u16, key: String, path: &str, stream: usize, begun: Instant) -> std::io::Result<Heard> {
    let body = format!(
        "{{\"model\":\"probe\",\"stream\":true,\"messages\":[{{\"role\":\"user\",\"content\":\"stream number {stream}.\"}}]}}"
    );
    let mut connection = wire::ask(port, &key, path, &body).await?;
    let (mut hash, mut pieces, mut late, mut done) = (Sha256::new(), 0, Vec::new(), false);
    let (mut read, mut last) = (Vec::new(), String::new());
    while !done && connection.read_buf(&mut read).await? > 0 {
        let now = begun.elapsed();
        let mut from = 0;
        while let Some(end) = read[from..].windows(2).position(|two| two == b"\n\n") {
            let event = String::from_utf8_lossy(&read[from..from + end]).into_owned();
            from += end + 2;
            last.clone_from(&event);
            done |= event.ends_with("data: [DONE]");
            let content = event.split_once("\"content\":\"").and_then(|(_, rest)| rest.split_once('"'));
            let Some((content, _)) = content.filter(|(content, _)| !content.is_empty()) else { continue };
            hash.update(content);
            pieces += 1;
            let said = content.split('@').nth(1).and_then(|nanos| nanos.parse().ok());
            late.push(now.saturating_sub(Duration::from_nanos(said.unwrap_or(0))));
        }
        read.drain(..from);
    }
    Ok(Heard { stream, pieces, hash: hash.finalize().into(), done, late, last })
}

/// Seconds of processor time that a process has used.
fn processor_time(pid: &str) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let rest = stat.rsplit_once(") ").map_or("", |(_, rest)| rest);
    let ticks = rest.split(' ').skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok());
    ticks.sum::<f64>() / 100.0
}

fn memory(pid: &str) -> String {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or("0 kB");
    let kilobytes: f64 = peak.trim().trim_end_matches(" kB").parse().unwrap_or(0.0);
    format!("{:.0} MiB", kilobytes / 1024.0)
}
