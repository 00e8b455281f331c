//! A provider below HTTP: it writes exactly the bytes that it is told to, and hangs up as it is told.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// How a connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HangUp {
    /// In order.
    Fin,
    /// By a reset.
    Reset,
}

/// The provider, on a free port of 127.0.0.1. It answers each connection once.
pub struct RawProvider {
    port: u16,
    asked: Arc<AtomicUsize>,
}

impl RawProvider {
    /// Answers what `answer` makes of the request's body.
    pub async fn start(answer: impl Fn(&Value) -> (Vec<u8>, HangUp) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked = Arc::new(AtomicUsize::new(0));
        let (count, answer) = (Arc::clone(&asked), Arc::new(answer));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (count, answer) = (Arc::clone(&count), Arc::clone(&answer));
                // a client that breaks off is part of the tests
                tokio::spawn(async move { serve(stream, &count, &*answer).await });
            }
        });
        Self { port, asked }
    }

    pub fn base_url(&self) -> String {
        format!("http://127.0.0.1:{}/v1", self.port)
    }

    /// How often it was asked.
    pub fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

async fn serve<F>(mut stream: TcpStream, asked: &AtomicUsize, answer: &F) -> Option<()>
where
    F: Fn(&Value) -> (Vec<u8>, HangUp) + Send + Sync,
{
    let mut read = Vec::new();
    let body = loop {
        let mut buffer = [0; 4096];
        let count = stream.read(&mut buffer).await.ok().filter(|count| *count > 0)?;
        read.extend_from_slice(&buffer[..count]);
        let Some(end) = read.windows(4).position(|four| four == b"\r\n\r\n") else {
            continue;
        };
        let head = String::from_utf8_lossy(&read[..end]).to_ascii_lowercase();
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok())
            .unwrap_or(0);
        if read.len() >= end + 4 + length {
            break read.split_off(end + 4);
        }
    };
    asked.fetch_add(1, Ordering::SeqCst);
    let (bytes, hang_up) = answer(&serde_json::from_slice(&body).unwrap_or_default());
    stream.write_all(&bytes).await.ok()?;
    match hang_up {
        HangUp::Fin => stream.shutdown().await.ok(),
        HangUp::Reset => stream.set_zero_linger().ok(),
    }
}
