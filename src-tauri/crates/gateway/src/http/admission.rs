//! What the guard found out about a request, handed to its route.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use axum::body::Body;
use domain::{CallId, Failure, StorePolicy};
use http::HeaderMap;
use http_body_util::BodyExt;

use super::body::Watched;
use crate::limits::{Place, Standing};
use crate::roster::KeyState;
use crate::turn::Heard;

/// A request that was let in.
#[derive(Clone)]
pub(super) struct Admission {
    /// The client key that was presented.
    pub key: Arc<KeyState>,
    /// The id of the response and, when it becomes one, of the call.
    pub call: CallId,
    /// When the request arrived.
    pub arrived: Instant,
    /// What is kept of the request for its call's record.
    pub heard: Option<Heard>,
    /// How the key stands with its limits.
    pub standing: Standing,
    place: Arc<Mutex<Option<Place>>>,
}

impl Admission {
    pub fn new(
        key: Arc<KeyState>,
        call: CallId,
        arrived: Instant,
        (place, standing): (Option<Place>, Standing),
    ) -> Self {
        Self {
            key,
            call,
            arrived,
            heard: None,
            standing,
            place: Arc::new(Mutex::new(place)),
        }
    }

    /// Listens to a request on its way to its route: to its head, and where the key's policy keeps content to
    /// its body.
    pub fn listen(&mut self, headers: &HeaderMap, body: Watched) -> Body {
        let heard = Heard::head(headers);
        self.heard = Some(heard.clone());
        if self.key.key.store != StorePolicy::All {
            return Body::new(body);
        }
        Body::new(body.map_frame(move |frame| {
            if let Some(piece) = frame.data_ref() {
                heard.listen(piece);
            }
            frame
        }))
    }

    /// Takes the place on the key's leash; the one who has it keeps it while the call runs.
    ///
    /// # Errors
    /// When it was taken before, which is a fault of ours.
    pub fn take_place(&self) -> Result<Place, Failure> {
        let taken = self.place.lock().unwrap_or_else(PoisonError::into_inner).take();
        taken.ok_or_else(|| crate::failures::internal("a request's place was taken twice"))
    }

    /// Takes a further place, for a request that needs several calls.
    ///
    /// # Errors
    /// When the leash allows no more.
    pub fn another_place(&self) -> Result<Place, Failure> {
        self.key.leash.admit(&mut Standing::default())
    }
}
