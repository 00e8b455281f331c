//! The commands that the page can call: the control plane, its notices, and links to the outside.
//!
//! They carry the one command list of [`gateway::control`], for the window that asks: which one that is, the shell knows
//! by itself. A command that does not parse is refused without repeating it: it may hold a secret.

use std::collections::HashMap;
use std::sync::Mutex;

use domain::{Failure, FailureKind};
use gateway::{
    Engine,
    control::{self, Caller, Command, FailureView, Notice, Settings},
};
use serde_json::{Value, json};
use tauri::{AppHandle, Manager, State, Webview, async_runtime, ipc::Channel};
use tokio::sync::broadcast::error::RecvError;
use url::Url;

use super::window;
use crate::system::{addresses, doors, saving};

/// The tasks that feed the pages, by their windows. A reloaded page subscribes again, which ends the old one's.
#[derive(Default)]
pub struct Subscriptions(Mutex<HashMap<String, async_runtime::JoinHandle<()>>>);

/// Runs a command of the control plane: `{"command": NAME, "args": {…}}`.
#[tauri::command]
pub async fn control(page: Webview, engine: State<'_, Engine>, command: Value) -> Result<Value, FailureView> {
    let done = match doors::caller(page.label()) {
        Some(caller) => run(&engine, caller, command).await,
        None => Err(not_here()),
    };
    done.map_err(|failure| FailureView::from(&failure))
}

/// Sends all notices that concern the page from now on into `channel`; after a gap, [`Notice::Missed`].
#[tauri::command]
pub fn subscribe(
    page: Webview,
    engine: State<'_, Engine>,
    subscriptions: State<'_, Subscriptions>,
    channel: Channel<Notice>,
) {
    let Some(caller) = doors::caller(page.label()) else {
        return;
    };
    let mut notices = engine.notices();
    let task = async_runtime::spawn(async move {
        loop {
            let notice = match notices.recv().await {
                Ok(notice) => notice,
                Err(RecvError::Lagged(_)) => Notice::Missed {},
                Err(RecvError::Closed) => return,
            };
            if doors::hears(caller, &notice) && channel.send(notice).is_err() {
                return;
            }
        }
    });
    if let Ok(mut current) = subscriptions.0.lock()
        && let Some(old) = current.insert(page.label().to_owned(), task)
    {
        old.abort();
    }
}

/// Hands an address that was looked at to the system.
fn outside(url: &Url) -> Result<(), Failure> {
    tauri_plugin_opener::open_url(url.as_str(), None::<&str>)
        .map_err(|_| Failure::new(FailureKind::Internal, "No program of this system opens the link."))
}

/// Opens a link in the system's browser or mail program.
#[tauri::command]
pub async fn open_external(url: String) -> Result<(), FailureView> {
    let open = || {
        let url = addresses::external(&url)
            .ok_or_else(|| Failure::invalid("url", "Only https and mailto links are opened."))?;
        outside(&url)
    };
    open().map_err(|failure| FailureView::from(&failure))
}

/// Opens the address of a sign-in that is under way in the system's browser. The page says of which server, never where.
#[tauri::command]
pub async fn open_sign_in(
    page: Webview,
    engine: State<'_, Engine>,
    server: domain::McpServerId,
) -> Result<(), FailureView> {
    let open = async {
        let caller = doors::caller(page.label()).ok_or_else(not_here)?;
        let command = json!({"command": "mcp.get", "args": {"id": server}});
        let view = run(&engine, caller, command).await?;
        let url = view.pointer("/sign_in/url").and_then(Value::as_str);
        let url = url
            .and_then(addresses::sign_in)
            .ok_or_else(|| Failure::new(FailureKind::Conflict, "No sign-in is under way."))?;
        outside(&url)
    };
    open.await.map_err(|failure| FailureView::from(&failure))
}

/// Opens the address that a server wants the person to visit in the system's browser. The page says for which question,
/// never where.
#[tauri::command]
pub async fn open_asked(
    page: Webview,
    engine: State<'_, Engine>,
    question: domain::ApprovalId,
) -> Result<(), FailureView> {
    let open = async {
        let caller = doors::caller(page.label()).ok_or_else(not_here)?;
        let waiting = run(&engine, caller, json!({"command": "mcp.questions", "args": {}})).await?;
        let mut waiting = waiting.as_array().into_iter().flatten();
        let asked = waiting.find(|one| one["id"] == question.as_str());
        let url = asked
            .and_then(|one| one["address"].as_str())
            .and_then(addresses::sign_in)
            .ok_or_else(|| Failure::new(FailureKind::NotFound, "This question does not wait any more."))?;
        outside(&url)
    };
    open.await.map_err(|failure| FailureView::from(&failure))
}

/// Ends the app in order and starts it again, for what is staged for the next start.
#[tauri::command]
pub fn restart(app: AppHandle) {
    app.request_restart();
}

/// Shows the page larger or smaller; 1 is as it was made.
#[tauri::command]
pub fn zoom(app: AppHandle, factor: f64) {
    window::zoom(&app, factor);
}

/// Writes a file that the person asked for into their downloads directory; gives its path.
#[tauri::command]
pub async fn save(app: AppHandle, name: String, text: String) -> Result<String, FailureView> {
    // a disk may be slow, and the page waits for more than this
    let place = app.path().download_dir().or_else(|_| app.path().home_dir()).ok();
    let saved = async_runtime::spawn_blocking(move || saving::save(place.as_deref(), &name, &text)).await;
    let saved = saved.unwrap_or_else(|_| Err(Failure::new(FailureKind::Internal, "Saving broke off.")));
    saved
        .map(|path| path.display().to_string())
        .map_err(|failure| FailureView::from(&failure))
}

/// The settings; the usual ones when they cannot be read.
pub async fn settings(engine: &Engine) -> Settings {
    let command = json!({"command": "settings.get", "args": {}});
    let settings = run(engine, Caller::Window, command).await;
    settings
        .ok()
        .and_then(|value| serde_json::from_value::<Settings>(value).ok())
        .unwrap_or_default()
}

async fn run(engine: &Engine, caller: Caller, command: Value) -> Result<Value, Failure> {
    let command: Command = serde_json::from_value(command).map_err(|error| control::unreadable(&error))?;
    if !doors::opens(caller, &command) {
        return Err(not_here());
    }
    Box::pin(control::run(engine, caller, command)).await
}

fn not_here() -> Failure {
    Failure::new(FailureKind::ScopeDenied, "This window is not for that.")
}
