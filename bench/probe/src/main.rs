//! probe streams LISTEN APP-PORT KEY PID [STREAMS [EVENTS-A-SECOND [SECONDS]]]     REL-19
//! probe leave LISTEN APP-PORT KEY [ROUNDS]                                        REL-06
//!
//! Both are the provider, on the port LISTEN, and the clients of an app whose agent `probe` asks that provider.
//! `bench/run` sets that up.

mod leave;
mod streams;
mod wire;

use std::time::Duration;

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let text = |at: usize| args.get(at).cloned().unwrap_or_default();
    let number = |at: usize, usual: u64| args.get(at).and_then(|text| text.parse().ok()).unwrap_or(usual);
    let port = |at: usize| u16::try_from(number(at, 0)).unwrap_or(0);
    match text(0).as_str() {
        "streams" => {
            let plan = streams::Plan {
                streams: number(5, 1000) as usize,
                pace: Duration::from_micros(1_000_000 / number(6, 50).max(1)),
                events: (number(6, 50) * number(7, 60)) as usize,
            };
            streams::run(port(1), port(2), &text(3), &text(4), plan).await
        }
        "leave" => leave::run(port(1), port(2), &text(3), number(4, 30) as usize).await,
        _ => {
            eprintln!("probe streams|leave LISTEN APP-PORT KEY …");
            std::process::exit(2);
        }
    }
}

/// The middle, the 99th of a hundred, and the greatest, in milliseconds.
fn spread(mut times: Vec<Duration>) -> String {
    times.sort_unstable();
    let at = |share: usize| times.get((times.len().max(1) - 1) * share / 100).copied().unwrap_or_default();
    let ms = |time: Duration| format!("{:.2}", time.as_secs_f64() * 1000.0);
    format!("{} | {} | {}", ms(at(50)), ms(at(99)), ms(at(100)))
}
