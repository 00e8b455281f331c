//! Where a person's browser comes back to: one address of this machine, for one sign-in.
//!
//! The danger is everybody else who can reach it: any page in any browser here. An answer counts when it names what only
//! the browser was told that we sent away; whatever else comes is turned away and changes nothing. The first answer
//! that counts is the last: then the address is closed.

use std::convert::Infallible;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::Failure;
use http::{Method, Request, Response, StatusCode, header};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use subtle::ConstantTimeEq;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use crate::failures::internal;

const PATH: &str = "/callback";
/// Connections at once; a browser opens two.
const MOST: usize = 16;
/// How long a browser may take to say what it wants.
const HEAD: Duration = Duration::from_secs(10);
/// How long the last answer may take to reach it.
const FAREWELL: Duration = Duration::from_secs(2);

/// What a browser brings back.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Brought {
    /// What tokens are given for.
    Code(String),
    /// There are none, and why, in their words.
    Refusal(String),
    /// It is from somebody else than whom the browser was sent to.
    Stranger,
}

/// What an answer has to say to count.
#[derive(Clone, Debug)]
pub(super) struct Expected {
    /// What only we and the browser know.
    pub state: String,
    /// Who must have sent it.
    pub issuer: String,
    /// Whether it must say so.
    pub names_issuer: bool,
}

/// An open address.
pub(super) struct Listener {
    socket: TcpListener,
    port: u16,
}

impl Listener {
    /// Opens an address with a port that nobody has chosen.
    ///
    /// # Errors
    /// When the machine has none to give.
    pub async fn open() -> Result<Self, Failure> {
        let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .map_err(internal)?;
        let port = socket.local_addr().map_err(internal)?.port();
        Ok(Self { socket, port })
    }

    /// Where browsers are sent back to.
    pub fn address(&self) -> String {
        format!("http://127.0.0.1:{}{PATH}", self.port)
    }

    /// Waits for the one answer that counts. Whoever stops waiting closes the address.
    pub async fn wait(self, expected: Expected) -> Brought {
        let (told, brought) = oneshot::channel();
        let waiting = Arc::new(Waiting {
            host: format!("127.0.0.1:{}", self.port),
            expected,
            told: Mutex::new(Some(told)),
        });
        let mut open = JoinSet::new();
        let socket = self.socket;
        let accepting = async {
            loop {
                while open.len() >= MOST {
                    open.join_next().await;
                }
                while open.try_join_next().is_some() {}
                match socket.accept().await {
                    Ok((stream, _)) => {
                        open.spawn(serve(stream, Arc::clone(&waiting)));
                    }
                    Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
                }
            }
        };
        let brought = tokio::select! {
            brought = brought => brought.unwrap_or(Brought::Stranger),
            () = accepting => Brought::Stranger,
        };
        drop(socket);
        // the browser is told how it went; one that does not listen is not waited for
        let farewell = async { while open.join_next().await.is_some() {} };
        let _heard = tokio::time::timeout(FAREWELL, farewell).await;
        brought
    }
}

struct Waiting {
    host: String,
    expected: Expected,
    told: Mutex<Option<oneshot::Sender<Brought>>>,
}

impl Waiting {
    fn answer(&self, request: &Request<Incoming>) -> Response<String> {
        let hosts: Vec<_> = request.headers().get_all(header::HOST).iter().collect();
        let ours = matches!(hosts.as_slice(), [host] if *host == self.host.as_str());
        if !ours {
            return say(
                StatusCode::MISDIRECTED_REQUEST,
                "This is not the address of anything.",
            );
        }
        if request.method() != Method::GET || request.uri().path() != PATH {
            return say(StatusCode::NOT_FOUND, "There is nothing here.");
        }
        let Some(brought) = self.expected.read(request.uri().query().unwrap_or_default()) else {
            return say(
                StatusCode::BAD_REQUEST,
                "This is not the answer that Inglenook waits for.",
            );
        };
        let told = self.told.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(told) = told else {
            return say(StatusCode::GONE, "Inglenook has had its answer.");
        };
        let text = match &brought {
            Brought::Code(_) => "Inglenook has its answer. You can close this page.",
            Brought::Refusal(_) => "You are not signed in. You can close this page.",
            Brought::Stranger => "This answer is from somebody else. You are not signed in.",
        };
        // who waited may have left in this moment
        let _left = told.send(brought);
        say(StatusCode::OK, text)
    }
}

impl Expected {
    /// What an answer brings; `None` for one that does not count.
    fn read(&self, query: &str) -> Option<Brought> {
        let pairs: Vec<(_, _)> = form_urlencoded::parse(query.as_bytes()).collect();
        let one = |name: &str| {
            let mut found = pairs.iter().filter(|(known, _)| known == name);
            let first = found.next().map(|(_, value)| value.as_ref());
            // what is said twice is not understood by two in the same way
            found.next().map_or(Ok(first), |_| Err(()))
        };
        let state = one("state").ok()??;
        if !bool::from(state.as_bytes().ct_eq(self.state.as_bytes())) {
            return None;
        }
        let from = one("iss").ok()?;
        if from.map_or(self.names_issuer, |from| from != self.issuer) {
            return Some(Brought::Stranger);
        }
        match (one("code").ok()?, one("error").ok()?) {
            (Some(code), None) if !code.is_empty() => Some(Brought::Code(code.to_owned())),
            (None, Some(error)) => {
                let about = one("error_description").ok()?.unwrap_or_default();
                Some(Brought::Refusal(super::their_words(error, about)))
            }
            _ => None,
        }
    }
}

async fn serve(stream: TcpStream, waiting: Arc<Waiting>) {
    let answering = service_fn(|request| {
        let answer = waiting.answer(&request);
        async { Ok::<_, Infallible>(answer) }
    });
    let serving = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .keep_alive(false)
        .max_buf_size(32 << 10)
        .serve_connection(TokioIo::new(stream), answering);
    // a browser that breaks off is no matter
    let _done = tokio::time::timeout(HEAD * 2, serving).await;
}

/// Plain words: nothing that came in goes out again, and nothing is fetched or kept.
fn say(status: StatusCode, text: &str) -> Response<String> {
    let mut response = Response::new(format!("{text}\n"));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; frame-ancestors 'none'",
        ),
    ] {
        headers.insert(name, header::HeaderValue::from_static(value));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expected(names_issuer: bool) -> Expected {
        Expected {
            state: "st-1".into(),
            issuer: "https://login.example.com".into(),
            names_issuer,
        }
    }

    #[test]
    fn sec_29_an_answer_counts_by_what_only_the_browser_was_told() {
        let read = |query: &str| expected(false).read(query);
        assert_eq!(read("code=c&state=st-1"), Some(Brought::Code("c".into())));
        assert_eq!(
            read("error=access_denied&error_description=No%0a+way&state=st-1"),
            Some(Brought::Refusal("access_denied: No way".into()))
        );
        assert_eq!(
            read("code=c&state=st-1&iss=https%3A%2F%2Flogin.example.com"),
            Some(Brought::Code("c".into()))
        );
        assert_eq!(
            read("code=c&state=st-1&iss=https%3A%2F%2Fevil.example"),
            Some(Brought::Stranger)
        );
        for none in [
            "",
            "code=c",
            "code=c&state=",
            "code=c&state=st-2",
            "code=c&state=st-1&state=st-1",
            "code=c&code=d&state=st-1",
            "code=c&error=x&state=st-1",
            "code=&state=st-1",
            "state=st-1",
        ] {
            assert_eq!(read(none), None, "{none}");
        }
        assert_eq!(expected(true).read("code=c&state=st-1"), Some(Brought::Stranger));
    }
}
