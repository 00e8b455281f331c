//! Links that begin with `inglenook:`: how the system comes to hand them over, and where they go.
//!
//! They go to the control plane, which reads them and holds them for the page to show; nothing here looks inside.

use gateway::{
    Engine,
    control::{self, Caller, Command, OfferLink},
};
use tauri::{AppHandle, Manager, async_runtime};
use tauri_plugin_deep_link::DeepLinkExt;

const SCHEME: &str = "inglenook";

/// Shows a link in the window, before anything comes of it.
pub fn offer(app: &AppHandle, link: String) {
    let Some(engine) = app.try_state::<Engine>() else {
        return;
    };
    let engine = engine.inner().clone();
    let command = Command::LinkOffer(OfferLink { link });
    async_runtime::spawn(async move {
        // the page says what is wrong with one
        if let Err(failure) = Box::pin(control::run(&engine, Caller::Window, command)).await {
            tracing::warn!(%failure, "a link was not read");
        }
    });
}

/// Makes this program the one that opens the links, where no installed package has said so already.
pub fn register(app: &AppHandle) {
    if tauri::utils::platform::bundle_type().is_some() || cfg!(target_os = "macos") {
        return;
    }
    let app = app.clone();
    // it asks other programs, which take their time
    async_runtime::spawn_blocking(move || {
        let links = app.deep_link();
        let done = match links.is_registered(SCHEME) {
            Ok(true) => Ok(()),
            Ok(false) | Err(_) => links.register(SCHEME),
        };
        if let Err(error) = done {
            tracing::warn!(%error, "links are not opened by this program");
        }
    });
}
