//! The menus (docs/decisions/0016): the menu bar of macOS, and elsewhere one in the window that F10 shows.
//!
//! What an entry does is the page's: it gives the words, in its language, and is told which entry was chosen. On macOS
//! the menu has the keys, and the page leaves those to it; elsewhere the page has them and the menu has none, so no
//! key does a thing twice.

use tauri::{
    AppHandle, Manager, State, Wry,
    ipc::Channel,
    menu::{Menu, MenuItem, PredefinedMenuItem, Submenu, SubmenuBuilder},
};

use super::{tray, window};
use crate::system::{
    menu_entries::{Entry, FILE, HELP, LINE, VIEW},
    words::{Words, word},
};

/// Tells these entries from the tray's, whose choices are heard here too.
const OURS: &str = "menu-";

/// Where the page hears of what was chosen.
#[derive(Default)]
pub struct Chosen(std::sync::Mutex<Option<Channel<String>>>);

/// Makes the menus in the page's words, and has the tray use them too. A page that is loaded again makes them again.
#[tauri::command]
pub fn set_menu(app: AppHandle, chosen: State<'_, Chosen>, words: Words, channel: Channel<String>) {
    if let Ok(mut current) = chosen.0.lock() {
        *current = Some(channel);
    }
    let done = bar(&app, &words).and_then(|bar| window::set_menu(&app, bar));
    if let Err(error) = done {
        tracing::warn!(%error, "no menus");
    }
    tray::speak(&app, words);
}

/// Shows the menus in the window, or hides them.
#[tauri::command]
pub fn show_menu(app: AppHandle, shown: bool) {
    window::show_menu(&app, shown);
}

/// Hands on what was chosen.
pub fn choose(app: &AppHandle, id: &str) {
    let Some(id) = id.strip_prefix(OURS) else {
        return;
    };
    if id == "quit" {
        return app.exit(0);
    }
    let chosen = app.state::<Chosen>();
    if let Ok(channel) = chosen.0.lock()
        && let Some(channel) = channel.as_ref()
    {
        // a page that is gone chooses nothing
        let _ = channel.send(id.to_owned());
    }
}

fn menu(app: &AppHandle, words: &Words, id: &str, entries: &[Entry]) -> tauri::Result<Submenu<Wry>> {
    let mut menu = SubmenuBuilder::new(app, word(words, id));
    for entry in entries {
        menu = match *entry {
            LINE => menu.separator(),
            entry => menu.item(&item(app, words, entry)?),
        };
    }
    menu.build()
}

fn item(app: &AppHandle, words: &Words, (id, key): Entry) -> tauri::Result<MenuItem<Wry>> {
    let key = (cfg!(target_os = "macos") && !key.is_empty()).then_some(key);
    MenuItem::with_id(app, format!("{OURS}{id}"), word(words, id), true, key)
}

#[cfg(not(target_os = "macos"))]
fn bar(app: &AppHandle, words: &Words) -> tauri::Result<Menu<Wry>> {
    let file = menu(app, words, "file", FILE)?;
    file.append_items(&[
        &PredefinedMenuItem::separator(app)?,
        &item(app, words, ("quit", ""))?,
    ])?;
    let (view, help) = (menu(app, words, "view", VIEW)?, menu(app, words, "help", HELP)?);
    Menu::with_items(app, &[&file, &view, &help])
}

/// With what every program has there: its own menu, Edit, without which no key copies, and Window.
#[cfg(target_os = "macos")]
fn bar(app: &AppHandle, words: &Words) -> tauri::Result<Menu<Wry>> {
    let say = |id| word(words, id);
    let own = SubmenuBuilder::new(app, "Inglenook")
        .about_with_text(say("about"), None)
        .separator()
        .item(&item(app, words, ("settings", "CmdOrCtrl+,"))?)
        .separator()
        .hide_with_text(say("hide"))
        .quit_with_text(say("quit"))
        .build()?;
    let edit = SubmenuBuilder::new(app, say("edit"))
        .undo_with_text(say("undo"))
        .redo_with_text(say("redo"))
        .separator()
        .cut_with_text(say("cut"))
        .copy_with_text(say("copy"))
        .paste_with_text(say("paste"))
        .select_all_with_text(say("select-all"))
        .build()?;
    let own_window = SubmenuBuilder::new(app, say("window"))
        .minimize_with_text(say("minimise"))
        .fullscreen_with_text(say("full-screen"))
        .close_window_with_text(say("close-window"))
        .build()?;
    let file = menu(app, words, "file", FILE)?;
    let (view, help) = (menu(app, words, "view", VIEW)?, menu(app, words, "help", HELP)?);
    Menu::with_items(app, &[&own, &file, &edit, &view, &own_window, &help])
}
