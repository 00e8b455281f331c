//! The tray: how the endpoint stands, and the way back to a closed window.
//!
//! On Linux the icon needs a library that is loaded at run time and a desktop that shows such icons. Either
//! may be missing. Without the library there is no tray; without a desktop that shows it, [`is_seen`] says so
//! and closing the window quits, for an app that nobody can reach must not go on running.

use std::{
    panic::{self, AssertUnwindSafe},
    sync::Mutex,
};

use gateway::{
    Engine,
    control::{self, AppStatus, Caller, Command, EndpointStatus, Nothing},
};
use tauri::{
    AppHandle, Manager, Wry, async_runtime,
    menu::{Menu, MenuEvent, MenuItem, PredefinedMenuItem},
    tray::{TrayIcon, TrayIconBuilder},
};

use super::window;
use crate::system::session_bus;

// macOS tints a template to suit the menu bar; elsewhere the panel's colour is unknown and the mark keeps its ground
#[cfg(target_os = "macos")]
mod icons {
    use tauri::{image::Image, include_image};
    pub const LISTENING: Image<'_> = include_image!("src-tauri/icons/tray-template.png");
    pub const STOPPED: Image<'_> = include_image!("src-tauri/icons/tray-template-stopped.png");
}
#[cfg(not(target_os = "macos"))]
mod icons {
    use tauri::{image::Image, include_image};
    pub const LISTENING: Image<'_> = include_image!("src-tauri/icons/tray.png");
    pub const STOPPED: Image<'_> = include_image!("src-tauri/icons/tray-stopped.png");
}

const PAUSE: &str = "Pause endpoint";
const RESUME: &str = "Resume endpoint";

/// The icon with the parts that change.
pub struct Tray {
    icon: TrayIcon,
    state: MenuItem<Wry>,
    copy: MenuItem<Wry>,
    pause: MenuItem<Wry>,
    endpoint: Mutex<Endpoint>,
}

#[derive(Default)]
struct Endpoint {
    base_url: Option<String>,
    paused: bool,
    // X11 asks the program that copied for the text, so this must live as long as the app
    clipboard: Option<arboard::Clipboard>,
}

impl Tray {
    /// Puts the icon up; `None` where this system cannot.
    pub fn build(app: &AppHandle) -> Option<Self> {
        // the loader of the icon's library panics when the library is missing, instead of saying so
        let hook = panic::take_hook();
        panic::set_hook(Box::new(|_| {}));
        let built = panic::catch_unwind(AssertUnwindSafe(|| Self::try_build(app)));
        panic::set_hook(hook);
        match built {
            Ok(Ok(tray)) => Some(tray),
            Ok(Err(error)) => {
                tracing::warn!(%error, "no tray icon");
                None
            }
            Err(_) => {
                tracing::warn!("no tray icon: libayatana-appindicator3 is not installed");
                None
            }
        }
    }

    fn try_build(app: &AppHandle) -> tauri::Result<Self> {
        let state = MenuItem::with_id(app, "state", "Starting…", false, None::<&str>)?;
        let copy = MenuItem::with_id(app, "copy", "Copy endpoint address", false, None::<&str>)?;
        let pause = MenuItem::with_id(app, "pause", PAUSE, false, None::<&str>)?;
        let menu = Menu::with_items(
            app,
            &[
                &state,
                &PredefinedMenuItem::separator(app)?,
                &MenuItem::with_id(app, "show", "Show window", true, None::<&str>)?,
                &copy,
                &pause,
                &PredefinedMenuItem::separator(app)?,
                &MenuItem::with_id(app, "quit", "Quit", true, None::<&str>)?,
            ],
        )?;
        let icon = TrayIconBuilder::with_id("endpoint")
            .icon(icons::STOPPED)
            .icon_as_template(true)
            .tooltip("Inglenook")
            .menu(&menu)
            .on_menu_event(on_menu)
            .build(app)?;
        Ok(Self {
            icon,
            state,
            copy,
            pause,
            endpoint: Mutex::default(),
        })
    }

    fn show(&self, status: &EndpointStatus) -> tauri::Result<()> {
        let (text, base_url, paused) = match status {
            EndpointStatus::Listening {
                base_url,
                paused: true,
                ..
            } => ("Endpoint paused".to_owned(), Some(base_url.clone()), true),
            EndpointStatus::Listening { base_url, .. } => {
                (format!("Listening at {base_url}"), Some(base_url.clone()), false)
            }
            EndpointStatus::Stopped => ("Endpoint stopped".to_owned(), None, false),
            EndpointStatus::Failed { failure } => {
                (format!("Endpoint failed: {}", failure.message), None, false)
            }
        };
        self.state.set_text(&text)?;
        self.copy.set_enabled(base_url.is_some())?;
        self.pause.set_enabled(base_url.is_some())?;
        self.pause.set_text(if paused { RESUME } else { PAUSE })?;
        self.icon.set_icon(Some(if base_url.is_some() && !paused {
            icons::LISTENING
        } else {
            icons::STOPPED
        }))?;
        self.icon.set_tooltip(Some(format!("Inglenook: {text}")))?;
        if let Ok(mut endpoint) = self.endpoint.lock() {
            endpoint.base_url = base_url;
            endpoint.paused = paused;
        }
        Ok(())
    }

    fn copy_address(&self) -> Result<(), arboard::Error> {
        let Ok(mut endpoint) = self.endpoint.lock() else {
            return Ok(());
        };
        let Some(base_url) = endpoint.base_url.clone() else {
            return Ok(());
        };
        let mut clipboard = match endpoint.clipboard.take() {
            Some(clipboard) => clipboard,
            None => arboard::Clipboard::new()?,
        };
        clipboard.set_text(base_url)?;
        endpoint.clipboard = Some(clipboard);
        Ok(())
    }
}

/// Pauses the endpoint, or resumes it; the notice of it changes the icon.
fn turn(app: &AppHandle) {
    let (Some(tray), Some(engine)) = (app.try_state::<Tray>(), app.try_state::<Engine>()) else {
        return;
    };
    let paused = tray.endpoint.lock().is_ok_and(|endpoint| endpoint.paused);
    let command = if paused {
        Command::EndpointResume(Nothing {})
    } else {
        Command::EndpointPause(Nothing {})
    };
    let engine = engine.inner().clone();
    async_runtime::spawn(async move {
        if let Err(failure) = Box::pin(control::run(&engine, Caller::Window, command)).await {
            tracing::warn!(%failure, "the endpoint could not be paused");
        }
    });
}

/// Whether there is an icon and a desktop that shows it.
pub fn is_seen(app: &AppHandle) -> bool {
    app.try_state::<Tray>().is_some() && session_bus::shows_tray_icons()
}

/// Shows how the endpoint stands.
pub fn show(app: &AppHandle, status: &EndpointStatus) {
    if let Some(tray) = app.try_state::<Tray>()
        && let Err(error) = tray.show(status)
    {
        tracing::warn!(%error, "the tray icon could not be changed");
    }
}

/// Asks the engine how the endpoint stands and shows it.
pub async fn refresh(app: &AppHandle, engine: &Engine) {
    let status = Box::pin(control::run(
        engine,
        Caller::Window,
        Command::AppStatus(Nothing {}),
    ))
    .await;
    if let Some(status) = status
        .ok()
        .and_then(|value| serde_json::from_value::<AppStatus>(value).ok())
    {
        show(app, &status.endpoint);
    }
}

fn on_menu(app: &AppHandle, event: MenuEvent) {
    match event.id().as_ref() {
        "show" => window::show(app),
        "quit" => app.exit(0),
        "pause" => turn(app),
        "copy" => {
            if let Some(tray) = app.try_state::<Tray>()
                && let Err(error) = tray.copy_address()
            {
                tracing::warn!(%error, "the address could not be copied");
            }
        }
        _ => {}
    }
}
