//! The tray: how the endpoint stands, what waits for an approval, and the way back to a closed window.
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

use super::{approvals, window};
use crate::system::{
    clipboard::Clipboard,
    session_bus,
    words::{self, Words, word},
};

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

/// The icon with the parts that change, and what they say.
pub struct Tray {
    icon: TrayIcon,
    menu: Menu<Wry>,
    state: MenuItem<Wry>,
    approvals: MenuItem<Wry>,
    show: MenuItem<Wry>,
    copy: MenuItem<Wry>,
    pause: MenuItem<Wry>,
    quit: MenuItem<Wry>,
    said: Mutex<Said>,
    clipboard: Mutex<Clipboard>,
}

/// What the tray was told.
#[derive(Clone, Default)]
struct Said {
    words: Words,
    status: Option<EndpointStatus>,
    /// How many approvals wait.
    waiting: usize,
}

impl Said {
    fn address(&self) -> Option<(&str, bool)> {
        match &self.status {
            Some(EndpointStatus::Listening { base_url, paused, .. }) => Some((base_url, *paused)),
            Some(EndpointStatus::Stopped | EndpointStatus::Failed { .. }) | None => None,
        }
    }
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
        let words = Words::default();
        let item = |id: &str, name: &str, enabled: bool| {
            MenuItem::with_id(app, id, word(&words, name), enabled, None::<&str>)
        };
        let state = item("state", "tray-starting", false)?;
        let approvals = item("approvals", "tray-approvals-one", true)?;
        let show = item("show", "tray-show", true)?;
        let copy = item("copy", "tray-copy", false)?;
        let pause = item("pause", "tray-pause", false)?;
        let quit = item("quit", "quit", true)?;
        let line = PredefinedMenuItem::separator(app)?;
        let other = PredefinedMenuItem::separator(app)?;
        let menu = Menu::with_items(app, &[&state, &line, &show, &copy, &pause, &other, &quit])?;
        let icon = TrayIconBuilder::with_id("endpoint")
            .icon(icons::STOPPED)
            .icon_as_template(true)
            .tooltip("Inglenook")
            .menu(&menu)
            .on_menu_event(on_menu)
            .build(app)?;
        Ok(Self {
            icon,
            menu,
            state,
            approvals,
            show,
            copy,
            pause,
            quit,
            said: Mutex::default(),
            clipboard: Mutex::default(),
        })
    }

    /// Takes in what is new, and shows everything as it is then.
    fn tell(&self, news: impl FnOnce(&mut Said)) -> tauri::Result<()> {
        // not held while anything is shown: that waits for the thread of the windows, which may wait for this
        let (before, said) = {
            let Ok(mut said) = self.said.lock() else {
                return Ok(());
            };
            let before = said.waiting;
            news(&mut said);
            (before, said.clone())
        };
        let words = &said.words;
        let text = said.status.as_ref().map_or_else(
            || word(words, "tray-starting").to_owned(),
            |status| words::standing(words, status),
        );
        let address = said.address();
        let paused = address.is_some_and(|(_, paused)| paused);
        self.state.set_text(&text)?;
        self.show.set_text(word(words, "tray-show"))?;
        self.copy.set_text(word(words, "tray-copy"))?;
        self.copy.set_enabled(address.is_some())?;
        self.pause.set_enabled(address.is_some())?;
        let turn = if paused { "tray-resume" } else { "tray-pause" };
        self.pause.set_text(word(words, turn))?;
        self.quit.set_text(word(words, "quit"))?;
        let listening = address.is_some() && !paused;
        self.icon.set_icon(Some(if listening {
            icons::LISTENING
        } else {
            icons::STOPPED
        }))?;
        let waiting = words::waiting(words, said.waiting);
        let tip = ["Inglenook", &text]
            .into_iter()
            .chain(waiting.as_deref())
            .collect::<Vec<_>>();
        self.icon.set_tooltip(Some(tip.join(": ")))?;
        if let Some(waiting) = &waiting {
            self.approvals.set_text(waiting)?;
        }
        // below how the endpoint stands, while there is something to say
        match (before, said.waiting) {
            (0, 1..) => self.menu.insert(&self.approvals, 1),
            (1.., 0) => self.menu.remove(&self.approvals),
            (0, 0) | (1.., 1..) => Ok(()),
        }
    }

    fn copy_address(&self) -> Result<(), arboard::Error> {
        let address = self.said.lock().ok().and_then(|said| {
            let (base_url, _) = said.address()?;
            Some(base_url.to_owned())
        });
        match (address, self.clipboard.lock()) {
            (Some(base_url), Ok(mut clipboard)) => clipboard.copy(base_url),
            (Some(_), Err(_)) | (None, _) => Ok(()),
        }
    }
}

/// Pauses the endpoint, or resumes it; the notice of it changes the icon.
fn turn(app: &AppHandle) {
    let (Some(tray), Some(engine)) = (app.try_state::<Tray>(), app.try_state::<Engine>()) else {
        return;
    };
    let paused = tray
        .said
        .lock()
        .is_ok_and(|said| said.address().is_some_and(|(_, paused)| paused));
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
pub fn show(app: &AppHandle, status: EndpointStatus) {
    tell(app, |said| said.status = Some(status));
}

/// Shows how many approvals wait.
pub fn show_waiting(app: &AppHandle, count: usize) {
    tell(app, |said| said.waiting = count);
}

/// Says everything in the page's words from now on.
pub fn speak(app: &AppHandle, words: Words) {
    tell(app, |said| said.words = words);
}

fn tell(app: &AppHandle, news: impl FnOnce(&mut Said)) {
    if let Some(tray) = app.try_state::<Tray>()
        && let Err(error) = tray.tell(news)
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
        show(app, status.endpoint);
    }
}

fn review(app: &AppHandle) {
    let app = app.clone();
    async_runtime::spawn(async move {
        if let Some(engine) = app.try_state::<Engine>() {
            approvals::show(&app, &engine, true).await;
        }
    });
}

fn on_menu(app: &AppHandle, event: MenuEvent) {
    match event.id().as_ref() {
        "show" => window::show(app),
        "approvals" => review(app),
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
