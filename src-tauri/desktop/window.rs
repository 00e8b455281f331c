//! The window: opened without a flash, kept on the app's own pages, closed into the tray. What every window of the app
//! has in common is here too.

use std::{
    path::PathBuf,
    sync::Once,
    time::{Duration, Instant},
};

use gateway::control::Theme;
use tauri::{
    AppHandle, DragDropEvent, Manager, Url, WebviewUrl, WebviewWindow, WebviewWindowBuilder, Window,
    WindowEvent, Wry, async_runtime,
    menu::Menu,
    plugin::TauriPlugin,
    webview::{Color, NewWindowResponse, PageLoadEvent},
};
use tauri_plugin_window_state::StateFlags;

use super::{approvals, drops, tray};
use crate::system::{addresses, doors::MAIN};

/// `--c-canvas` of the page's two themes: what stands in the window before the page has painted.
const LIGHT: Color = Color(0xf3, 0xef, 0xe7, 0xff);
const DARK: Color = Color(0x16, 0x13, 0x11, 0xff);
/// A page that never finishes must not leave the app without a window.
const SHOW_ANYWAY: Duration = Duration::from_secs(3);

/// Remembers size and place. Not visibility: a window that was closed into the tray comes back on start.
pub fn state_plugin() -> TauriPlugin<Wry> {
    tauri_plugin_window_state::Builder::new()
        .with_state_flags(StateFlags::all() - StateFlags::VISIBLE)
        .with_filter(|label| label == MAIN)
        .build()
}

/// Desktops that start programs before they show trays take so long for it.
const TRAY_BY: Duration = Duration::from_secs(15);
/// How often the tray is looked for until then.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Where what pages store is kept.
pub struct WebData(pub PathBuf);

/// A window of the app that is still to be given its size: hidden, without a way to another window, and with the app's
/// own pages alone for it to go to.
pub fn of_our_own<'a>(
    app: &'a AppHandle,
    label: &str,
    page: &str,
    theme: Theme,
) -> WebviewWindowBuilder<'a, Wry, AppHandle> {
    let development = if tauri::is_dev() {
        app.config().build.dev_url.clone()
    } else {
        None
    };
    let window = WebviewWindowBuilder::new(app, label, WebviewUrl::App(page.into()))
        .title("Inglenook")
        .visible(false)
        .theme(title_bar(theme))
        .data_directory(app.state::<WebData>().0.clone())
        .initialization_script(include_str!("frozen.js"))
        .on_navigation(move |url: &Url| addresses::is_own_page(url, development.as_ref()))
        .on_new_window(|_url, _features| NewWindowResponse::Deny);
    // the shell's own handler takes every drop, and the page hears of none
    if drops::BY_THE_PAGE {
        window.disable_drag_drop_handler()
    } else {
        window
    }
}

/// Makes the window, hidden until its page has loaded. One that is to stay `hidden` is shown all the same when no tray
/// comes up that could show it.
///
/// # Errors
/// Tauri's, when the system refuses a window.
pub fn open(app: &AppHandle, theme: Theme, hidden: bool) -> tauri::Result<()> {
    let shown = Once::new();
    let window = of_our_own(app, MAIN, "index.html", theme)
        .inner_size(1120.0, 760.0)
        .min_inner_size(640.0, 480.0)
        .on_page_load(move |window, load| {
            if load.event() == PageLoadEvent::Finished && !hidden {
                shown.call_once(|| reveal(&window));
            }
        })
        .build()?;
    paint(&window, theme);
    async_runtime::spawn(async move {
        if hidden {
            if tray_comes_up(window.app_handle()).await {
                return;
            }
        } else {
            tokio::time::sleep(SHOW_ANYWAY).await;
        }
        if !window.is_visible().unwrap_or(true) {
            reveal(&window);
        }
    });
    Ok(())
}

/// Brings the window to the front, from the tray, minimised or behind others.
pub fn show(app: &AppHandle) {
    if let Some(window) = app.get_webview_window(MAIN) {
        reveal(&window);
    }
}

async fn tray_comes_up(app: &AppHandle) -> bool {
    let end = Instant::now() + TRAY_BY;
    while Instant::now() < end {
        if tray::is_seen(app) {
            return true;
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
    false
}

/// Whether the person looks at the window.
pub fn has_focus(app: &AppHandle) -> bool {
    app.get_webview_window(MAIN)
        .is_some_and(|window| window.is_focused().unwrap_or(false) && window.is_visible().unwrap_or(false))
}

/// Gives the app its menus: on macOS in the bar of the screen, elsewhere in the window, hidden until they are asked for.
pub fn set_menu(app: &AppHandle, menu: Menu<Wry>) -> tauri::Result<()> {
    let window = app.get_webview_window(MAIN);
    match window.filter(|_| !cfg!(target_os = "macos")) {
        Some(window) => {
            let seen = window.is_menu_visible().unwrap_or(false);
            window.set_menu(menu)?;
            if seen { Ok(()) } else { window.hide_menu() }
        }
        None => app.set_menu(menu).map(drop),
    }
}

/// Shows the window's menus, or hides them.
pub fn show_menu(app: &AppHandle, shown: bool) {
    if let Some(window) = app.get_webview_window(MAIN) {
        // no menus is all that is lost
        let _ = if shown {
            window.show_menu()
        } else {
            window.hide_menu()
        };
    }
}

/// Shows the page larger or smaller; 1 is as it was made.
pub fn zoom(app: &AppHandle, factor: f64) {
    if let Some(window) = app.get_webview_window(MAIN) {
        // the page stays as large as it was
        let _ = window.set_zoom(factor.clamp(0.5, 3.0));
    }
}

/// Follows a change of the theme setting.
pub fn set_theme(app: &AppHandle, theme: Theme) {
    for window in app.webview_windows().into_values() {
        // a title bar in the old colour is all that is lost
        let _ = window.set_theme(title_bar(theme));
        paint(&window, theme);
    }
}

/// Drops are taken where the page hears of none. Closing keeps the endpoint serving where the tray can bring the window back, and quits where it cannot.
pub fn on_event(window: &Window, event: &WindowEvent) {
    let app = window.app_handle();
    if window.label() != MAIN {
        return;
    }
    if let WindowEvent::DragDrop(DragDropEvent::Drop { paths, .. }) = event {
        drops::take(app, paths.clone());
    }
    let WindowEvent::CloseRequested { api, .. } = event else {
        return;
    };
    if tray::is_seen(app) && window.hide().is_ok() {
        api.prevent_close();
    } else {
        approvals::close_all(app);
    }
}

/// Puts a window in front, with the keyboard.
pub fn reveal(window: &WebviewWindow) {
    // a window manager may refuse any of these; the window itself is there
    let _ = window.show();
    let _ = window.unminimize();
    let _ = window.set_focus();
}

fn title_bar(theme: Theme) -> Option<tauri::Theme> {
    match theme {
        Theme::System => None,
        Theme::Light => Some(tauri::Theme::Light),
        Theme::Dark => Some(tauri::Theme::Dark),
    }
}

/// Gives a window the colour of its page before that has painted.
pub fn paint(window: &WebviewWindow, theme: Theme) {
    let dark = match theme {
        Theme::System => window.theme().is_ok_and(|theme| theme == tauri::Theme::Dark),
        Theme::Light => false,
        Theme::Dark => true,
    };
    let _ = window.set_background_color(Some(if dark { DARK } else { LIGHT }));
}
