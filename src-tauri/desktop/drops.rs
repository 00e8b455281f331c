//! Files dropped onto the window, on systems whose web view keeps them from its page. Elsewhere the page hears of drops by
//! itself, and the shell must not take them away from it.

use std::path::PathBuf;
use std::sync::Mutex;

use domain::{Failure, FailureKind};
use gateway::control::FailureView;
use tauri::{
    AppHandle, Manager, State, async_runtime,
    ipc::{Channel, Response},
};

use crate::system::dropped::{self, Dropped, LastDrop};

/// Whether the page hears of drops by itself, with the files.
pub const BY_THE_PAGE: bool = cfg!(any(windows, target_os = "macos"));

/// The last drop, and whom to tell of the next.
#[derive(Default)]
pub struct Drops(Mutex<(LastDrop, Option<Channel<Vec<Dropped>>>)>);

/// Tells `channel` of every drop from now on.
#[tauri::command]
pub fn hear_drops(drops: State<'_, Drops>, channel: Channel<Vec<Dropped>>) {
    if let Ok(mut drops) = drops.0.lock() {
        drops.1 = Some(channel);
    }
}

/// The bytes of a file of the last drop, by its place in what was told of it.
#[tauri::command]
pub async fn dropped_file(drops: State<'_, Drops>, number: usize) -> Result<Response, FailureView> {
    let broken = || Failure::new(FailureKind::Internal, "Reading broke off.");
    let path = drops
        .0
        .lock()
        .map_err(|_| broken())
        .and_then(|drops| drops.0.path(number));
    let path = path.map_err(|failure| FailureView::from(&failure))?;
    // a disk may be slow, and the page waits for more than this
    let read = async_runtime::spawn_blocking(move || dropped::read(&path)).await;
    read.unwrap_or_else(|_| Err(broken()))
        .map(Response::new)
        .map_err(|failure| FailureView::from(&failure))
}

/// Takes a drop that the system reported.
pub fn take(app: &AppHandle, paths: Vec<PathBuf>) {
    let app = app.clone();
    // a disk may be slow, and this is the thread that draws
    async_runtime::spawn_blocking(move || {
        if let Ok(mut drops) = app.state::<Drops>().0.lock() {
            let files = drops.0.take(paths);
            // a page that is gone misses nothing
            let _ = drops.1.as_ref().map(|channel| channel.send(files));
        }
    });
}
