//! A server that plays recordings back, each under a base path of its own, in a chosen way of cutting.
//!
//! It speaks HTTP by hand: the pieces of a body are the chunks of its transfer encoding, and those reach the
//! reader as they were cut, however the network joins them. An HTTP library would decide that itself, and
//! would not break a connection off in the middle of a body.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::recordings::Recording;

/// How a body is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// Not at all, with its length.
    Whole,
    /// Byte by byte.
    Bytes,
    /// Where a reader is most easily surprised: inside characters, line ends, escapes and binary frames, and
    /// one byte after the end of each event.
    Seams,
    /// Into pieces of 2, 3, 7, 16 and 1024 bytes, shuffled.
    Sizes,
}

impl Cut {
    pub const ALL: [Self; 4] = [Self::Whole, Self::Bytes, Self::Seams, Self::Sizes];

    pub fn name(self) -> &'static str {
        match self {
            Self::Whole => "whole",
            Self::Bytes => "bytes",
            Self::Seams => "seams",
            Self::Sizes => "sizes",
        }
    }

    pub fn pieces(self, body: &[u8]) -> Vec<&[u8]> {
        let mut cuts = match self {
            Self::Whole => Vec::new(),
            Self::Bytes => (1..body.len()).collect(),
            Self::Seams => seams(body),
            Self::Sizes => sizes(body.len()),
        };
        cuts.retain(|at| (1..body.len()).contains(at));
        cuts.sort_unstable();
        cuts.dedup();
        let mut pieces = Vec::with_capacity(cuts.len() + 1);
        let mut begin = 0;
        for at in cuts {
            pieces.push(&body[begin..at]);
            begin = at;
        }
        pieces.push(&body[begin..]);
        pieces
    }
}

fn seams(body: &[u8]) -> Vec<usize> {
    if std::str::from_utf8(body).is_err() {
        return frame_seams(body);
    }
    let mut cuts = vec![body.len() / 2];
    for (at, byte) in body.iter().enumerate() {
        let after = &body[at + 1..];
        match byte {
            // between the bytes of a character
            0x80..0xC0 => cuts.push(at),
            b'\r' => cuts.push(at + 1),
            // inside an escape, in a long one twice
            b'\\' => cuts.extend([at + 1, at + 4]),
            // between the name of a field and its value
            b':' if body[..at].ends_with(b"data") => cuts.push(at + 1),
            // one byte into the next event, and between the two ends of line
            b'\n' if after.starts_with(b"\n") => cuts.extend([at + 1, at + 3]),
            b'\n' if after.starts_with(b"\r\n") => cuts.extend([at + 1, at + 2, at + 4]),
            _ => {}
        }
    }
    cuts
}

/// Inside the length, the header length, the checksum and the headers of each frame, and before its end.
fn frame_seams(body: &[u8]) -> Vec<usize> {
    let mut cuts = Vec::new();
    let mut begin = 0;
    while let Some(length) = body.get(begin..begin + 4) {
        let length = u32::from_be_bytes(length.try_into().unwrap());
        let end = begin + usize::try_from(length).unwrap();
        cuts.extend([1, 3, 6, 10, 13, 20].map(|offset| begin + offset));
        cuts.extend([end - 5, end - 2, end + 1]);
        begin = end;
    }
    cuts
}

fn sizes(length: usize) -> Vec<usize> {
    // always the same, so that a failure comes back
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut cuts = Vec::new();
    let mut at = 0;
    while at < length {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        // the large ones rarely, or nothing is left for the small ones
        at += match state % 40 {
            0 => 1024,
            1..10 => 16,
            10..20 => 7,
            20..30 => 3,
            _ => 2,
        };
        cuts.push(at);
    }
    cuts
}

/// How a recording is played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// To its end, cut like this.
    Cut(Cut),
    /// The connection is closed in an orderly manner after so many bytes, the body's length unsaid.
    Closed(usize),
    /// The connection is reset after so many bytes.
    Reset(usize),
}

struct Shared {
    recordings: HashMap<String, Arc<Recording>>,
    ways: Mutex<HashMap<String, Way>>,
    paths: Mutex<HashMap<String, Vec<String>>>,
}

impl Shared {
    /// Notes a request and gives the way in which it is answered.
    fn begin(&self, id: &str, path: &str) -> Way {
        let mut paths = self.paths.lock().unwrap();
        paths.entry(id.to_owned()).or_default().push(format!("/{path}"));
        let ways = self.ways.lock().unwrap();
        ways.get(id).copied().unwrap_or(Way::Cut(Cut::Whole))
    }
}

/// The server, on a free port of 127.0.0.1.
pub struct Replay {
    shared: Arc<Shared>,
    port: u16,
}

impl Replay {
    pub async fn start(recordings: &[Arc<Recording>]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let by_id = recordings
            .iter()
            .map(|recording| (recording.id.clone(), Arc::clone(recording)));
        let shared = Arc::new(Shared {
            recordings: by_id.collect(),
            ways: Mutex::default(),
            paths: Mutex::default(),
        });
        let state = Arc::clone(&shared);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let state = Arc::clone(&state);
                tokio::spawn(async move {
                    // the caller may leave whenever it likes
                    let _ended = serve(stream, &state).await;
                });
            }
        });
        Self { shared, port }
    }

    /// The base URL under which every request is answered with this recording.
    pub fn base_url(&self, id: &str) -> String {
        format!("http://127.0.0.1:{}/r/{id}", self.port)
    }

    /// How a recording is played from now on; at first whole.
    pub fn play(&self, id: &str, way: Way) {
        self.shared.ways.lock().unwrap().insert(id.to_owned(), way);
    }

    /// The paths below its base that were asked for since the last time.
    pub fn asked(&self, id: &str) -> Vec<String> {
        self.shared.paths.lock().unwrap().remove(id).unwrap_or_default()
    }
}

async fn serve(mut stream: TcpStream, shared: &Shared) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut read = Vec::new();
    loop {
        let Some(path) = request(&mut stream, &mut read).await? else {
            return Ok(());
        };
        let below = path.strip_prefix("/r/").unwrap_or_default();
        let (id, rest) = below.split_once('/').unwrap_or((below, ""));
        let Some(recording) = shared.recordings.get(id) else {
            let none = b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n";
            stream.write_all(none).await?;
            continue;
        };
        match shared.begin(id, rest) {
            Way::Cut(cut) => answer(&mut stream, recording, cut).await?,
            Way::Closed(after) => {
                broken_off(&mut stream, recording, after).await?;
                return stream.shutdown().await;
            }
            Way::Reset(after) => {
                broken_off(&mut stream, recording, after).await?;
                // what was sent must have been read: a reset throws away what waits in buffers
                tokio::time::sleep(Duration::from_millis(20)).await;
                return stream.set_zero_linger();
            }
        }
    }
}

/// Reads one request and gives its path; `None` at the end of the connection.
async fn request(stream: &mut TcpStream, read: &mut Vec<u8>) -> std::io::Result<Option<String>> {
    let mut buffer = vec![0; 16 << 10];
    let end = loop {
        if let Some(at) = read.windows(4).position(|four| four == b"\r\n\r\n") {
            break at + 4;
        }
        match stream.read(&mut buffer).await? {
            0 => return Ok(None),
            count => read.extend_from_slice(&buffer[..count]),
        }
    };
    let head = String::from_utf8_lossy(&read[..end]).into_owned();
    let length = head
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .map_or(0, |(_, value)| value.trim().parse().unwrap());
    while read.len() < end + length {
        match stream.read(&mut buffer).await? {
            0 => return Ok(None),
            count => read.extend_from_slice(&buffer[..count]),
        }
    }
    read.drain(..end + length);
    Ok(head.split(' ').nth(1).map(str::to_owned))
}

fn head(recording: &Recording, framing: &str) -> Vec<u8> {
    let mut head = format!("HTTP/1.1 {} Recorded\r\n", recording.status);
    for (name, value) in &recording.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str(&format!("{framing}\r\n\r\n"));
    head.into_bytes()
}

async fn answer(stream: &mut TcpStream, recording: &Recording, cut: Cut) -> std::io::Result<()> {
    if cut == Cut::Whole {
        let length = format!("content-length: {}", recording.body.len());
        let mut out = head(recording, &length);
        out.extend_from_slice(&recording.body);
        return stream.write_all(&out).await;
    }
    let mut out = head(recording, "transfer-encoding: chunked");
    for piece in cut.pieces(&recording.body) {
        out.extend_from_slice(format!("{:x}\r\n", piece.len()).as_bytes());
        out.extend_from_slice(piece);
        out.extend_from_slice(b"\r\n");
        // the chunks are cuts enough; now and then the network makes one too
        if out.len() > 700 {
            stream.write_all(&out).await?;
            out.clear();
            tokio::task::yield_now().await;
        }
    }
    out.extend_from_slice(b"0\r\n\r\n");
    stream.write_all(&out).await
}

async fn broken_off(stream: &mut TcpStream, recording: &Recording, after: usize) -> std::io::Result<()> {
    let mut out = head(recording, "connection: close");
    out.extend_from_slice(recording.body.get(..after).unwrap_or(&recording.body));
    stream.write_all(&out).await
}

#[cfg(test)]
mod tests {
    use super::Cut;

    #[test]
    fn cuts_lose_nothing_and_fall_where_they_should() {
        let body = "event: a\r\ndata: {\"é\":\"\\u00e9😀\"}\r\n\r\ndata: x\n\n: the end of it";
        for cut in Cut::ALL {
            assert_eq!(cut.pieces(body.as_bytes()).concat(), body.as_bytes(), "{cut:?}");
        }
        let pieces = Cut::Seams.pieces(body.as_bytes());
        let inside = |piece: &&[u8]| std::str::from_utf8(piece).is_err();
        assert!(pieces.iter().any(inside), "inside a character");
        let ends = |with: &[u8]| pieces.iter().any(|piece| piece.ends_with(with));
        assert!(ends(b"\r") && ends(b"\\") && ends(b"u00") && ends(b"data:"));
        let whole = |piece: &[u8]| pieces.contains(&piece);
        assert!(whole(b"\nd") && whole(b"\n:"), "one byte into an event");

        let frame = |payload: &[u8]| {
            let length = u32::try_from(16 + payload.len()).unwrap();
            [&length.to_be_bytes()[..], &[0; 8], payload, &[0xff; 4]].concat()
        };
        let body = [frame(b"first"), frame(b"second")].concat();
        let pieces = Cut::Seams.pieces(&body);
        assert_eq!(pieces.concat(), body);
        assert_eq!(pieces[0].len(), 1, "inside the first frame's length");
        let mut at = 0;
        let cuts: Vec<usize> = pieces
            .iter()
            .map(|piece| {
                at += piece.len();
                at
            })
            .collect();
        assert!(
            cuts.contains(&22) && cuts.contains(&24),
            "inside the second frame's length"
        );
        assert!(!cuts.contains(&21), "not between two frames");
    }
}
