//! A client that breaks off in the middle of answers and looks at bytes, which no HTTP library likes to do.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::{Value, json};

/// A chat request.
pub fn chat(model: &str, stream: bool) -> Value {
    json!({
        "model": model, "stream": stream, "messages": [{ "role": "user", "content": "Hello there" }],
    })
}

/// Sends a request to a port of this machine.
pub fn ask(
    port: u16,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: Option<&Value>,
) -> std::io::Result<Answer> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(Duration::from_secs(180)))?;
    let mut head = format!("{method} {path} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\nconnection: close\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    let body = body.map(Value::to_string).unwrap_or_default();
    if !body.is_empty() {
        head.push_str(&format!(
            "content-type: application/json\r\ncontent-length: {}\r\n",
            body.len()
        ));
    }
    stream.write_all(format!("{head}\r\n{body}").as_bytes())?;
    Answer::read(stream)
}

/// An answer whose body is still to be read; dropping it closes the connection.
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    body: BufReader<Body>,
}

/// An answer with its body.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

fn header<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers
        .iter()
        .find(|(known, _)| known == name)
        .map(|(_, value)| value.as_str())
}

impl Reply {
    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.headers, name)
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The objects of an event stream, and whether `[DONE]` came at its end.
    pub fn events(&self) -> (Vec<Value>, bool) {
        let text = self.text();
        let data: Vec<_> = text
            .lines()
            .filter_map(|line| line.strip_prefix("data: "))
            .collect();
        let done = data.last() == Some(&"[DONE]");
        (
            data.iter()
                .filter_map(|line| serde_json::from_str(line).ok())
                .collect(),
            done,
        )
    }
}

impl Answer {
    fn read(stream: TcpStream) -> std::io::Result<Self> {
        let mut reader = BufReader::new(stream);
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let gone = || std::io::Error::from(std::io::ErrorKind::UnexpectedEof);
        let status = line
            .split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok())
            .ok_or_else(gone)?;
        let mut headers = Vec::new();
        loop {
            line.clear();
            if reader.read_line(&mut line)? == 0 {
                return Err(gone());
            }
            let Some((name, value)) = line.trim_end().split_once(':') else {
                break;
            };
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        let left = header(&headers, "content-length").and_then(|length| length.parse().ok());
        let chunked = header(&headers, "transfer-encoding") == Some("chunked");
        let body = Body {
            reader,
            left: if chunked { Some(0) } else { left },
            chunked,
            ended: false,
        };
        Ok(Self {
            status,
            headers,
            body: BufReader::new(body),
        })
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.headers, name)
    }

    /// The next `data:` line of an event stream.
    pub fn event(&mut self) -> std::io::Result<Option<String>> {
        let mut line = String::new();
        loop {
            line.clear();
            if self.body.read_line(&mut line)? == 0 {
                return Ok(None);
            }
            if let Some(data) = line.trim_end().strip_prefix("data: ") {
                return Ok(Some(data.to_owned()));
            }
        }
    }

    pub fn whole(self) -> Reply {
        self.try_whole().unwrap()
    }

    pub fn try_whole(mut self) -> std::io::Result<Reply> {
        let mut body = Vec::new();
        self.body.read_to_end(&mut body)?;
        Ok(Reply {
            status: self.status,
            headers: self.headers,
            body,
        })
    }
}

struct Body {
    reader: BufReader<TcpStream>,
    /// Bytes to come: of the body, or of the current chunk; `None` until the connection closes.
    left: Option<usize>,
    chunked: bool,
    ended: bool,
}

impl Read for Body {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let gone = || std::io::Error::from(std::io::ErrorKind::UnexpectedEof);
        if self.ended || into.is_empty() {
            return Ok(0);
        }
        if self.chunked && self.left == Some(0) {
            let mut line = String::new();
            while line.trim().is_empty() {
                line.clear();
                if self.reader.read_line(&mut line)? == 0 {
                    return Err(gone());
                }
            }
            self.left = Some(usize::from_str_radix(line.trim(), 16).map_err(|_| gone())?);
        }
        let Some(left) = self.left else {
            return self.reader.read(into);
        };
        if left == 0 {
            self.ended = true;
            return Ok(0);
        }
        let most = left.min(into.len());
        let read = self.reader.read(&mut into[..most])?;
        if read == 0 {
            return Err(gone());
        }
        self.left = Some(left - read);
        self.ended = !self.chunked && left == read;
        Ok(read)
    }
}
