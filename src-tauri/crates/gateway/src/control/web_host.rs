//! The control plane over loopback HTTP, so that the same window runs in a real browser.
//!
//! For tests and for work on the window alone: this module is in no release build (SEC-05). It has the data
//! plane's checks of Host and Origin and a token that is made at start and shown once.

use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum::routing::{get, post};
use domain::{Failure, FailureKind};
use futures_util::stream;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde_json::json;
use subtle::ConstantTimeEq;
use tokio::net::TcpListener;
use tokio::sync::broadcast::error::RecvError;
use tokio_util::sync::CancellationToken;

use super::{Caller, Command, FailureView, Notice};
use crate::Engine;
use crate::failures::internal;

struct Host {
    engine: Engine,
    token: String,
    port: u16,
    pages: PathBuf,
}

/// Serves the window's files from `pages` and the control plane beside them, and gives the address to open.
///
/// # Errors
/// [`FailureKind::PortTaken`].
pub async fn listen(
    engine: Engine,
    port: u16,
    pages: PathBuf,
    stop: CancellationToken,
) -> Result<String, Failure> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
        .await
        .map_err(|_| {
            Failure::new(
                FailureKind::PortTaken,
                format!("Port {port} is taken by another program."),
            )
        })?;
    let port = listener.local_addr().map_err(internal)?.port();
    let token: String = engine
        .ids()
        .secret()?
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let url = format!("http://127.0.0.1:{port}/#token={token}");
    let host = Arc::new(Host {
        engine: engine.clone(),
        token,
        port,
        pages,
    });
    let protected = Router::new()
        // a message with its attachments
        .route("/control", post(control).layer(DefaultBodyLimit::max(64 << 20)))
        .route("/notices", get(notices))
        .layer(from_fn_with_state(Arc::clone(&host), bearer));
    let router = Router::new()
        .fallback(page)
        .merge(protected)
        .layer(from_fn_with_state(Arc::clone(&host), same_origin))
        .with_state(host);
    engine.spawn(async move {
        let serving = axum::serve(listener, router).with_graceful_shutdown(stop.clone().cancelled_owned());
        tokio::select! {
            served = serving => {
                if let Err(error) = served {
                    tracing::error!(%error, "the web host ended");
                }
            }
            // event streams never end by themselves
            () = stop.cancelled() => {}
        }
    });
    Ok(url)
}

async fn same_origin(State(host): State<Arc<Host>>, request: Request, next: Next) -> Response {
    if is_ours(request.headers(), host.port) {
        next.run(request).await
    } else {
        status(StatusCode::FORBIDDEN)
    }
}

fn is_ours(headers: &HeaderMap, port: u16) -> bool {
    let ours = format!("127.0.0.1:{port}");
    let page = format!("http://{ours}");
    headers
        .get(header::HOST)
        .is_some_and(|host| host == ours.as_str())
        && headers
            .get(header::ORIGIN)
            .is_none_or(|origin| origin == page.as_str())
}

async fn bearer(State(host): State<Arc<Host>>, request: Request, next: Next) -> Response {
    let expected = format!("Bearer {}", host.token);
    let given = request.headers().get(header::AUTHORIZATION);
    if given.is_some_and(|given| bool::from(given.as_bytes().ct_eq(expected.as_bytes()))) {
        return next.run(request).await;
    }
    status(StatusCode::UNAUTHORIZED)
}

fn status(code: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = code;
    response
}

/// By which of the app's windows a page says it is shown: here are none, and pages tell it themselves.
const WINDOW: &str = "x-inglenook-window";

async fn control(State(host): State<Arc<Host>>, headers: HeaderMap, body: Bytes) -> Response {
    let caller = match headers.get(WINDOW).is_some_and(|window| window == "approvals") {
        true => Caller::Approvals,
        false => Caller::Window,
    };
    let result = match serde_json::from_slice::<Command>(&body) {
        Ok(command) => super::run(&host.engine, caller, command).await,
        Err(error) => Err(super::unreadable(&error)),
    };
    let answer = match result {
        Ok(value) => json!({ "ok": value }),
        Err(failure) => json!({ "failure": FailureView::from(&failure) }),
    };
    typed(Body::from(answer.to_string()), "application/json")
}

async fn notices(State(host): State<Arc<Host>>) -> Response {
    let events = stream::unfold(host.engine.notices(), |mut notices| async move {
        let notice = match notices.recv().await {
            Ok(notice) => notice,
            Err(RecvError::Lagged(_)) => Notice::Missed {},
            Err(RecvError::Closed) => return None,
        };
        let line = serde_json::to_string(&notice).ok()?;
        Some((
            Ok::<_, std::convert::Infallible>(format!("data: {line}\n\n")),
            notices,
        ))
    });
    // the page waits for the first byte to know that it is subscribed
    let hello = stream::iter([Ok(": subscribed\n\n".to_owned())]);
    use futures_util::StreamExt;
    typed(Body::from_stream(hello.chain(events)), "text/event-stream")
}

fn typed(body: Body, content_type: &str) -> Response {
    let mut response = Response::new(body);
    if let Ok(value) = HeaderValue::try_from(content_type) {
        response.headers_mut().insert(header::CONTENT_TYPE, value);
    }
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// The window's policy, as `tauri.conf.json` has it for the real window.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
     img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; \
     frame-ancestors 'none'";

async fn page(State(host): State<Arc<Host>>, request: Request) -> Response {
    let path = request.uri().path().trim_start_matches('/');
    let path = if path.is_empty() { "index.html" } else { path };
    // only plain names: nothing that climbs, nothing that is decoded later
    let plain = path.split('/').all(|name| {
        !name.is_empty()
            && !name.starts_with('.')
            && name
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
    });
    let file = host.pages.join(if plain {
        Path::new(path)
    } else {
        Path::new("index.html")
    });
    let content = match tokio::fs::read(&file).await {
        Ok(content) => content,
        Err(_) => return status(StatusCode::NOT_FOUND),
    };
    let kind = mime_guess::from_path(&file).first_or_octet_stream();
    let mut response = typed(Body::from(content), kind.as_ref());
    response
        .headers_mut()
        .insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    response
}
