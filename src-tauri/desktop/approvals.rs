//! The window in which people approve what agents ask for (SEC-24, C16): a page of its own beside the window, with a
//! capability of its own. What each of the two may ask for is said in [`crate::system::doors`].
//!
//! It opens by itself when something begins to wait, above other windows but without taking the keyboard from the one
//! that is written in: a key that is meant for another program must answer nothing. It closes when nothing waits.

use domain::McpServerId;
use gateway::{
    Engine,
    control::{self, Caller, Command, Nothing, Theme},
};
use tauri::{AppHandle, LogicalPosition, LogicalSize, Manager, State, WebviewWindow, webview::PageLoadEvent};

use super::{ipc, tray, window};
use crate::system::doors::{APPROVALS, MAIN, REVIEW};

const PAGE: &str = "approvals.html";
const SIZE: LogicalSize<f64> = LogicalSize::new(520.0, 600.0);
const SMALLEST: LogicalSize<f64> = LogicalSize::new(400.0, 420.0);
/// How far it stays from the edges of the screen.
const MARGIN: f64 = 24.0;

/// Shows the window, because the person asked for it.
#[tauri::command]
pub async fn show_approvals(app: AppHandle, engine: State<'_, Engine>) -> Result<(), ()> {
    show(&app, &engine, true).await;
    Ok(())
}

/// Shows a server of tools in a window like it, to be looked at and approved.
#[tauri::command]
pub async fn show_server(app: AppHandle, engine: State<'_, Engine>, server: McpServerId) -> Result<(), ()> {
    let label = format!("{REVIEW}{server}");
    match app.get_webview_window(&label) {
        Some(window) => window::reveal(&window),
        None => make(&app, &engine, &label, &format!("{PAGE}?server={server}"), true).await,
    }
    Ok(())
}

/// Closes the small window that asks for it.
#[tauri::command]
pub fn leave(page: WebviewWindow) {
    if page.label() != MAIN {
        destroy(&page);
    }
}

/// Something has begun to wait.
pub async fn wanted(app: &AppHandle, engine: &Engine) {
    if refresh(app, engine).await > 0 {
        show(app, engine, false).await;
    }
}

/// Has the tray say how many wait; shows the window when a server asks something, and closes it when nothing waits.
/// Gives their number.
pub async fn refresh(app: &AppHandle, engine: &Engine) -> usize {
    let (Some(actions), Some(questions)) = (
        count(engine, Command::ApprovalList(Nothing {})).await,
        count(engine, Command::McpQuestions(Nothing {})).await,
    ) else {
        return 0;
    };
    let waiting = actions + questions;
    tray::show_waiting(app, waiting);
    if waiting == 0 {
        close(app);
    } else if questions > 0 {
        // no notice of its own tells of them
        show(app, engine, false).await;
    }
    waiting
}

/// How many wait; `None` when that is not known.
async fn count(engine: &Engine, command: Command) -> Option<usize> {
    match Box::pin(control::run(engine, Caller::Window, command)).await {
        Ok(list) => Some(list.as_array().map_or(0, Vec::len)),
        Err(failure) => {
            tracing::warn!(%failure, "it is not known what waits for the person");
            None
        }
    }
}

/// Shows the window; `asked` for by the person, it gets the keyboard too.
pub async fn show(app: &AppHandle, engine: &Engine, asked: bool) {
    if let Some(window) = app.get_webview_window(APPROVALS) {
        if asked {
            window::reveal(&window);
        }
        return;
    }
    make(app, engine, APPROVALS, PAGE, asked).await;
}

/// Closes the window, if there is one. Whatever waits goes on waiting.
pub fn close(app: &AppHandle) {
    if let Some(window) = app.get_webview_window(APPROVALS) {
        destroy(&window);
    }
}

/// Closes every small window: without the one with the screens the app ends.
pub fn close_all(app: &AppHandle) {
    for window in app.webview_windows().into_values() {
        leave(window);
    }
}

fn destroy(window: &WebviewWindow) {
    if let Err(error) = window.destroy() {
        tracing::warn!(%error, "a window for approvals could not be closed");
    }
}

async fn make(app: &AppHandle, engine: &Engine, label: &str, page: &str, asked: bool) {
    let theme = ipc::settings(engine).await.theme;
    if let Err(error) = open(app, label, page, theme, asked) {
        tracing::error!(%error, "a window for approvals could not be made");
    }
}

fn open(app: &AppHandle, label: &str, page: &str, theme: Theme, asked: bool) -> tauri::Result<()> {
    let mut builder = window::of_our_own(app, label, page, theme)
        .inner_size(SIZE.width, SIZE.height)
        .min_inner_size(SMALLEST.width, SMALLEST.height)
        .always_on_top(true)
        .visible_on_all_workspaces(true)
        .focused(asked)
        .on_document_title_changed(|window, title| {
            // a title in English is all that is lost
            let _ = window.set_title(&title);
        })
        .on_page_load(|window, load| {
            if load.event() == PageLoadEvent::Finished {
                reveal(&window);
            }
        });
    if let Some(corner) = corner(app) {
        builder = builder.position(corner.x, corner.y);
    }
    let window = builder.build()?;
    window::paint(&window, theme);
    #[cfg(target_os = "linux")]
    if !asked {
        leave_keyboard(&window)?;
    }
    Ok(())
}

/// GTK's windows are told to want no keyboard only until they are first drawn, and a window manager that is slower than
/// that would hand it over. This one is told for every time that it is shown.
#[cfg(target_os = "linux")]
fn leave_keyboard(window: &WebviewWindow) -> tauri::Result<()> {
    use gtk::prelude::GtkWindowExt;

    let shown = window.clone();
    window.run_on_main_thread(move || match shown.gtk_window() {
        Ok(window) => window.set_focus_on_map(false),
        Err(error) => tracing::warn!(%error, "a window for approvals may take the keyboard"),
    })
}

/// Shows it and leaves the keyboard where it is; the system gives it to a window that was made for it.
fn reveal(window: &WebviewWindow) {
    if let Err(error) = window.show() {
        tracing::error!(%error, "a window for approvals could not be shown");
    }
}

/// The upper right corner of the screen, away from what is being written.
fn corner(app: &AppHandle) -> Option<LogicalPosition<f64>> {
    let screen = app.primary_monitor().ok()??;
    let (scale, area) = (screen.scale_factor(), screen.work_area());
    let (position, size) = (
        area.position.to_logical::<f64>(scale),
        area.size.to_logical::<f64>(scale),
    );
    let left = (size.width - SIZE.width - MARGIN).max(0.0);
    Some(LogicalPosition::new(position.x + left, position.y + MARGIN))
}
