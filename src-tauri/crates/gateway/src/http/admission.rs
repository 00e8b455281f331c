//! What the guard found out about a request, handed to its route.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use axum::body::Body;
use domain::{Call, CallId, CallSource, Failure, StorePolicy, Timestamp, Wire};
use http::HeaderMap;
use http_body_util::BodyExt;

use super::body::Watched;
use crate::Engine;
use crate::limits::{Place, Scope, Standing};
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
    /// Whether it may become a call.
    runs: bool,
    leash: Arc<Mutex<OnLeash>>,
}

/// How a request stands with the limits of its key.
#[derive(Default)]
struct OnLeash {
    standing: Standing,
    place: Option<Place>,
}

impl Admission {
    /// A request that may become a call, or only asks or ends something.
    pub fn new(key: Arc<KeyState>, call: CallId, arrived: Instant, runs: bool) -> Self {
        Self {
            key,
            call,
            arrived,
            heard: None,
            runs,
            leash: Arc::default(),
        }
    }

    fn on_leash(&self) -> MutexGuard<'_, OnLeash> {
        self.leash.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts the request on the key's leash and takes a place there, when it may become a call.
    ///
    /// # Errors
    /// [`FailureKind::BudgetExceeded`](domain::FailureKind::BudgetExceeded) when a budget of the key is known to be
    /// spent, or [`FailureKind::RateLimited`](domain::FailureKind::RateLimited).
    pub fn enter(&self, engine: &Engine) -> Result<(), Failure> {
        if !self.runs {
            return Ok(());
        }
        let scope = Scope::Key(self.key.key.id.clone());
        let now = engine.clock().now();
        engine.accounts().check(&scope, &self.key.key.budgets, now)?;
        let mut on_leash = self.on_leash();
        on_leash.place = Some(self.key.leash.admit(&mut on_leash.standing)?);
        Ok(())
    }

    /// How the key stands with its limits.
    pub fn standing(&self) -> Standing {
        self.on_leash().standing
    }

    /// Whether it could have become a call and did not.
    pub fn is_no_call(&self) -> bool {
        self.runs && !self.heard.as_ref().is_some_and(Heard::has_begun)
    }

    /// The call that it would have been, with what is known of it.
    pub fn refusal(&self, wire: Wire, path: &str, now: Timestamp) -> Call {
        let nameless = self.key.key.store == StorePolicy::None;
        Call {
            id: self.call.clone(),
            session: None,
            source: CallSource::Client {
                key: self.key.key.id.clone(),
            },
            agent: None,
            revision: None,
            requested_model: String::new(),
            route: format!("POST {path}"),
            wire: Some(wire),
            stream: false,
            applied: Vec::new(),
            user_agent: self
                .heard
                .as_ref()
                .filter(|_| !nameless)
                .and_then(Heard::user_agent),
            replay_of: None,
            started_at: now,
        }
    }

    /// With what the head of a request tells, where its body is not read.
    pub fn with_head(mut self, headers: &HeaderMap) -> Self {
        self.heard = Some(Heard::head(headers));
        self
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
        let place = self.on_leash().place.take();
        place.ok_or_else(|| crate::failures::internal("a request's place was taken twice"))
    }

    /// Takes a further place, for a request that needs several calls.
    ///
    /// # Errors
    /// When the leash allows no more.
    pub fn another_place(&self) -> Result<Place, Failure> {
        self.key.leash.admit(&mut Standing::default())
    }
}
