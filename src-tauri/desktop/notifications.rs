//! What the desktop shows of the app while nobody looks at its window.
//!
//! What is told of is decided by the gateway, and said in words by the page, which knows the language and how
//! money is written. Here is decided whether it is shown outside of the window. The danger is a page that makes
//! noise: what has the focus notifies nobody, texts are short, and a few are shown at a time.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use domain::Failure;
use gateway::{
    Engine,
    control::{FailureView, Notifications},
};
use serde::{Deserialize, Serialize};
use tauri::{AppHandle, Manager, State};

use super::{approvals, ipc, window};
use crate::system::session_bus;

/// Notifications that wait to be clicked at once.
const MOST: usize = 8;
/// Characters of a title and of a text.
const LONGEST: usize = 300;

/// What became of a notification.
#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Became {
    /// It was clicked, and the window is in front.
    Opened,
    /// It was put away.
    Dismissed,
    /// The desktop did not show it; the window has to say it.
    NotShown,
}

/// Where a click leads that leads elsewhere than to the window.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LeadsTo {
    /// The window in which approvals are given.
    Approvals,
}

/// How many wait to be clicked.
#[derive(Default)]
pub struct Waiting(AtomicUsize);

/// Shows a notification, unless the person looks at the window or wants none. Ends when it does. A click on it
/// brings the window to the front, or the one that it leads to.
#[tauri::command]
pub async fn notify(
    app: AppHandle,
    waiting: State<'_, Waiting>,
    title: String,
    text: String,
    open: String,
    leads_to: Option<LeadsTo>,
) -> Result<Became, FailureView> {
    let engine = app.state::<Engine>();
    if [&title, &text, &open]
        .iter()
        .any(|text| text.chars().count() > LONGEST)
    {
        let failure = Failure::invalid("text", "A notification is a line or two.");
        return Err(FailureView::from(&failure));
    }
    if window::has_focus(&app) || ipc::settings(&engine).await.notifications == Notifications::Off {
        return Ok(Became::NotShown);
    }
    let shown = AtomicBool::new(false);
    let before = waiting.0.fetch_add(1, Ordering::Relaxed);
    let clicked = before < MOST
        && session_bus::ask(&title, &text, &open, || shown.store(true, Ordering::Relaxed)).await;
    waiting.0.fetch_sub(1, Ordering::Relaxed);
    Ok(match (clicked, shown.load(Ordering::Relaxed)) {
        (true, _) => {
            match leads_to {
                Some(LeadsTo::Approvals) => approvals::show(&app, &engine, true).await,
                None => window::show(&app),
            }
            Became::Opened
        }
        (false, true) => Became::Dismissed,
        (false, false) => Became::NotShown,
    })
}
