//! A client's request as it came, until the call's record takes it.
//!
//! Routes read the body and take it apart; what they leave is no longer what the client said. So the body is
//! listened to on its way to the route, up to a cap, and only where the key's policy keeps content. Header
//! values are never taken, but for the name that a program gives itself: some hold secrets.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use http::header::USER_AGENT;
use store::table::details::{ClientRequest, Kept};

/// Of a client's request at most this is kept; one that is longer cannot be sent again.
const BODY_KEPT: usize = 1 << 20;
const NAME: usize = 120;

/// What a client sent. Clones share it.
#[derive(Clone)]
pub(crate) struct Heard {
    user_agent: Option<String>,
    headers: Vec<String>,
    body: Arc<Mutex<Body>>,
    /// Whether a call began with it, which records itself.
    begun: Arc<AtomicBool>,
}

#[derive(Default)]
struct Body {
    pieces: Vec<Bytes>,
    kept: usize,
    size: u64,
}

impl Heard {
    /// What the head of a request tells.
    pub fn head(headers: &HeaderMap) -> Self {
        let user_agent = headers.get(USER_AGENT).and_then(|value| value.to_str().ok());
        Self {
            user_agent: user_agent.map(|name| name.chars().take(NAME).collect()),
            headers: headers.keys().map(|name| name.as_str().to_owned()).collect(),
            body: Arc::default(),
            begun: Arc::default(),
        }
    }

    /// What a call had sent that is sent again.
    pub fn again(request: ClientRequest) -> Self {
        let heard = Self {
            user_agent: None,
            headers: request.headers,
            body: Arc::default(),
            begun: Arc::default(),
        };
        heard.listen(&request.body.bytes);
        heard
    }

    /// A call begins with it.
    pub fn begin(&self) {
        self.begun.store(true, Ordering::Relaxed);
    }

    /// Whether a call began with it.
    pub fn has_begun(&self) -> bool {
        self.begun.load(Ordering::Relaxed)
    }

    /// Takes in a piece of the body.
    pub fn listen(&self, piece: &Bytes) {
        let mut body = self.body.lock().unwrap_or_else(PoisonError::into_inner);
        body.size += u64::try_from(piece.len()).unwrap_or(u64::MAX);
        if body.kept < BODY_KEPT {
            body.kept += piece.len();
            body.pieces.push(piece.clone());
        }
    }

    /// What the program calls itself.
    pub fn user_agent(&self) -> Option<String> {
        self.user_agent.clone()
    }

    /// All of it, for the record of the first call that takes it: a request that is several calls is kept once.
    pub fn request(self) -> Option<ClientRequest> {
        let mut body = std::mem::take(&mut *self.body.lock().unwrap_or_else(PoisonError::into_inner));
        let whole = match (body.pieces.pop(), body.pieces.is_empty()) {
            (None, _) => Bytes::new(),
            // almost every body comes in one piece
            (Some(only), true) => only,
            (Some(last), false) => {
                let mut joined = BytesMut::with_capacity(body.kept);
                body.pieces
                    .iter()
                    .chain([&last])
                    .for_each(|piece| joined.extend_from_slice(piece));
                joined.freeze()
            }
        };
        let kept = Kept::of(whole, BODY_KEPT);
        (body.size > 0).then(|| ClientRequest {
            headers: self.headers,
            body: Kept {
                size: body.size,
                ..kept
            },
        })
    }
}
