//! Updates of this program by itself (T10, SEC-37, docs/decisions/0014).
//!
//! The danger is a program that somebody else has put in our place. So the feed's address and the key that signs
//! releases are built in, and a build without them has no updates; what was downloaded is installed only when the
//! key has signed it, for the version that the feed announced, and that version is newer. The plugin checks all of
//! this before it touches anything. What the system's package manager installed is that one's to replace. Nothing is
//! asked of the feed unless the person asked for it, once or daily.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use domain::{Failure, FailureKind};
use gateway::control::FailureView;
use serde::Serialize;
use tauri::{
    AppHandle, Manager, State,
    ipc::Channel,
    utils::{config::BundleType, platform::bundle_type},
};
use tauri_plugin_updater::{Error, Update, UpdaterExt};
use tokio::sync::Notify;

/// Longer than this no feed takes to answer.
const PATIENCE: Duration = Duration::from_secs(30);
/// Characters of release notes that are shown.
const LONGEST_NOTES: usize = 20_000;

/// How this program can be replaced by a newer one.
#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum UpdateChannel {
    /// It was built without a feed, or not as something that can be replaced.
    None,
    /// A package manager of the system installed it, and replaces it.
    SystemPackages,
    /// By itself.
    Own,
}

/// A newer release.
#[derive(Serialize)]
pub struct Release {
    version: String,
    notes: String,
}

/// How much of a download is there, in bytes.
#[derive(Clone, Copy, Serialize)]
pub struct Progress {
    received: usize,
    total: Option<u64>,
}

/// What was found, and what was downloaded of it.
#[derive(Default)]
pub struct Updates {
    found: Mutex<Option<Update>>,
    ready: Mutex<Option<(Update, Vec<u8>)>>,
    stop: Notify,
}

/// The feed's address and the key of its releases.
fn source() -> Option<(String, String)> {
    // the tests' server and key; a build for people listens to nobody who can set a variable
    #[cfg(debug_assertions)]
    #[expect(clippy::disallowed_methods, reason = "debug builds only")]
    if let (Ok(feed), Ok(key)) = (
        std::env::var("INGLENOOK_UPDATE_FEED"),
        std::env::var("INGLENOOK_UPDATE_KEY"),
    ) {
        return Some((feed, key));
    }
    let built_in = option_env!("INGLENOOK_UPDATE_FEED").zip(option_env!("INGLENOOK_UPDATE_KEY"));
    built_in.map(|(feed, key)| (feed.to_owned(), key.to_owned()))
}

/// How this program can be replaced.
#[tauri::command]
pub fn update_channel(app: AppHandle) -> UpdateChannel {
    match bundle_type() {
        Some(BundleType::Deb | BundleType::Rpm) => UpdateChannel::SystemPackages,
        // on Linux only an AppImage replaces itself, and says where it lies
        _ if cfg!(target_os = "linux") && image(&app).is_none() => UpdateChannel::None,
        None if cfg!(windows) => UpdateChannel::None,
        _ if source().is_none() => UpdateChannel::None,
        _ => UpdateChannel::Own,
    }
}

#[cfg(target_os = "linux")]
fn image(app: &AppHandle) -> Option<std::ffi::OsString> {
    app.env().appimage
}

#[cfg(not(target_os = "linux"))]
fn image(_: &AppHandle) -> Option<std::ffi::OsString> {
    None
}

/// Asks the feed for a release that is newer than this program.
#[tauri::command]
pub async fn check_for_update(
    app: AppHandle,
    updates: State<'_, Updates>,
) -> Result<Option<Release>, FailureView> {
    let found = look(&app).await.map_err(|failure| FailureView::from(&failure))?;
    let release = found.as_ref().map(|update| Release {
        version: update.version.clone(),
        notes: update
            .body
            .iter()
            .flat_map(|notes| notes.chars())
            .take(LONGEST_NOTES)
            .collect(),
    });
    *held(&updates.found) = found;
    Ok(release)
}

async fn look(app: &AppHandle) -> Result<Option<Update>, Failure> {
    let (feed, key) = match (update_channel(app.clone()), source()) {
        (UpdateChannel::Own, Some(source)) => source,
        (UpdateChannel::SystemPackages, _) => {
            return Err(refused(
                "This program was installed by the system's package manager, which updates it.",
            ));
        }
        _ => return Err(refused("This build has no update channel.")),
    };
    let feed = feed
        .parse()
        .map_err(|_| refused("The address of the feed is none."))?;
    let mut builder = app
        .updater_builder()
        .pubkey(key)
        .timeout(PATIENCE)
        .endpoints(vec![feed])
        .map_err(failure)?;
    if let Some(image) = image(app) {
        builder = builder.executable_path(image);
    }
    builder.build().map_err(failure)?.check().await.map_err(failure)
}

/// Downloads what was found and checks that it is what the key has signed; `false` when it was cancelled.
#[tauri::command]
pub async fn download_update(
    updates: State<'_, Updates>,
    channel: Channel<Progress>,
) -> Result<bool, FailureView> {
    let found = held(&updates.found).clone();
    let Some(update) = found else {
        return Err(FailureView::from(&refused("There is nothing to download.")));
    };
    let mut received = 0;
    let download = update.download(
        |bytes, total| {
            received += bytes;
            // a page that is gone needs no progress
            let _ = channel.send(Progress { received, total });
        },
        || {},
    );
    let bytes = tokio::select! {
        bytes = download => bytes.map_err(|error| FailureView::from(&failure(error)))?,
        () = updates.stop.notified() => return Ok(false),
    };
    *held(&updates.ready) = Some((update, bytes));
    Ok(true)
}

/// Stops the download that runs.
#[tauri::command]
pub fn cancel_update(updates: State<'_, Updates>) {
    updates.stop.notify_waiters();
}

/// Puts what was downloaded in this program's place and starts it.
#[tauri::command]
pub async fn install_update(app: AppHandle) -> Result<(), FailureView> {
    let ready = held(&app.state::<Updates>().ready).take();
    let Some((update, bytes)) = ready else {
        return Err(FailureView::from(&refused("There is nothing to install.")));
    };
    // it writes a whole program; on Windows it ends this one
    tauri::async_runtime::spawn_blocking(move || update.install(bytes))
        .await
        .map_err(|_| refused("The installation broke off."))
        .and_then(|installed| installed.map_err(failure))
        .map_err(|failure| FailureView::from(&failure))?;
    app.request_restart();
    Ok(())
}

fn held<T>(value: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    value.lock().unwrap_or_else(PoisonError::into_inner)
}

fn refused(message: &str) -> Failure {
    Failure::new(FailureKind::Conflict, message)
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the library's errors are many and open"
)]
fn failure(error: Error) -> Failure {
    tracing::warn!(%error, "no update");
    let (kind, message) = match error {
        Error::Reqwest(_) | Error::Network(_) | Error::ReleaseNotFound => (
            FailureKind::UpstreamUnreachable,
            "The place where releases are kept does not answer as it should.",
        ),
        Error::Minisign(_)
        | Error::Base64(_)
        | Error::SignatureUtf8(_)
        | Error::SignedVersionMismatch { .. }
        | Error::MissingSignedVersion => (
            FailureKind::Conflict,
            "What was downloaded is not what was released: its signature does not fit. Nothing was installed.",
        ),
        _ => (
            FailureKind::Internal,
            "The update could not be installed. This version stays.",
        ),
    };
    Failure::new(kind, message)
}
