//! The window and the tray around the gateway: the only place that knows Tauri.
//!
//! The gateway is started inside Tauri's set-up, after the single-instance check, so that a second start
//! touches neither the port nor the data directory. The danger here is a page that reaches further than the
//! command list: it may load from the app's own origin only, has no global Tauri object, no plugin commands
//! and no second window. What is deliberately not here: anything that `inglenook serve` needs as well.

mod ipc;
mod links;
mod menu;
mod notifications;
mod tray;
mod updates;
mod window;

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    io::Write,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Mutex,
};

use crate::cli::link_alone;
use crate::system::{login::Login, session_bus};
use domain::Failure;
use gateway::{
    Config, Engine, VaultKind,
    control::{Notice, Settings, Topic},
};
use tauri::{AppHandle, Manager, RunEvent, async_runtime};
use tokio::sync::broadcast::error::RecvError;

/// What the command line says about this start.
pub struct Options {
    /// Where everything is kept.
    pub data_dir: PathBuf,
    /// Where the starter's weights lie.
    pub models_dir: PathBuf,
    /// The endpoint's port; `None`: as in the settings.
    pub port: Option<u16>,
    /// The vault to use; `None`: as in the settings.
    pub vault: Option<VaultKind>,
    /// Where other programs keep their settings.
    pub folders: gateway::connect::Folders,
    /// What programs of others get of our environment.
    pub inherited: Vec<(String, String)>,
    /// Whether the data directory is another one than the user's usual one.
    pub elsewhere: bool,
    /// Whether the window stays closed at first, where a tray can open it.
    pub hidden: bool,
    /// A link to show in it.
    pub link: Option<String>,
}

/// The gateway while it runs; taken out to be shut down.
struct Running(Mutex<Option<gateway::App>>);

/// Opens the window and serves until the app is quit, with the endpoint served beside it.
///
/// A second start on the same data directory shows the first one's window and ends with success.
/// When the gateway cannot start, says why on stderr and in a desktop notification and ends with 1.
pub fn run(options: Options) -> ExitCode {
    if !has_display() {
        say("there is no display to open a window on; `inglenook serve` runs the endpoint without one");
        return ExitCode::FAILURE;
    }
    let single_instance = tauri_plugin_single_instance::Builder::new()
        .dbus_id(instance_name(&options.data_dir))
        .callback(|app, args, _cwd| {
            // a second start at login changes nothing
            if !args.iter().any(|arg| arg == "--hidden") {
                window::show(app);
            }
            if let Some(link) = link_alone(&args) {
                links::offer(app, link.to_owned());
            }
        })
        .build();
    let built = tauri::Builder::default()
        .plugin(single_instance)
        .plugin(window::state_plugin())
        .plugin(tauri_plugin_deep_link::init())
        .plugin(tauri_plugin_updater::Builder::new().build())
        .on_menu_event(|app, event| menu::choose(app, event.id().as_ref()))
        .invoke_handler(tauri::generate_handler![
            ipc::control,
            ipc::subscribe,
            ipc::open_external,
            ipc::restart,
            ipc::save,
            ipc::zoom,
            menu::set_menu,
            menu::show_menu,
            notifications::notify,
            updates::update_channel,
            updates::check_for_update,
            updates::download_update,
            updates::cancel_update,
            updates::install_update
        ])
        .on_window_event(window::on_event)
        .setup(|app| {
            let app = app.handle();
            if let Err(failure) = start(app, options) {
                refuse(&failure);
                app.exit(1);
            }
            Ok(())
        })
        .build(context());
    let app = match built {
        Ok(app) => app,
        Err(error) => {
            say(&format!("the window could not be made: {error}"));
            return ExitCode::FAILURE;
        }
    };
    let code = app.run_return(|app, event| {
        if let RunEvent::Exit = event {
            stop(app);
        }
        // macOS hands links over while the app runs
        #[cfg(target_os = "macos")]
        if let RunEvent::Opened { urls } = event {
            urls.into_iter().for_each(|url| links::offer(app, url.into()));
        }
    });
    u8::try_from(code).map_or(ExitCode::FAILURE, ExitCode::from)
}

/// `tauri.conf.json`, the icons and the UI, as they were when this was built.
#[expect(
    clippy::disallowed_methods,
    reason = "Tauri's macro ends the process when its context is broken"
)]
fn context() -> tauri::Context {
    tauri::generate_context!()
}

fn start(app: &AppHandle, options: Options) -> Result<(), Failure> {
    let web_data = options.data_dir.join("window");
    let name = format!("inglenook-{:016x}", number_of(&options.data_dir));
    let elsewhere = options
        .elsewhere
        .then_some((options.data_dir.as_path(), name.as_str()));
    let login = Login::new(elsewhere, options.folders.settings.clone());
    let mut config = Config {
        port: options.port,
        vault: options.vault,
        folders: options.folders,
        serve: true,
        reader: std::env::current_exe().ok(),
        ..Config::new(options.data_dir, options.models_dir)
    };
    config.mcp.environment = options.inherited;
    let gateway = async_runtime::block_on(gateway::App::start(config))?;
    let engine = gateway.engine().clone();
    let settings = async_runtime::block_on(ipc::settings(&engine));
    login.set(settings.start_at_login);
    app.manage(Running(Mutex::new(Some(gateway))));
    app.manage(engine.clone());
    app.manage(login);
    app.manage(ipc::Subscription::default());
    app.manage(menu::Chosen::default());
    app.manage(notifications::Waiting::default());
    app.manage(updates::Updates::default());
    if let Some(tray) = tray::Tray::build(app) {
        app.manage(tray);
    }
    window::open(app, web_data, settings.theme, options.hidden).map_err(not_made)?;
    if let Some(link) = options.link {
        links::offer(app, link);
    }
    if !options.elsewhere {
        links::register(app);
    }
    async_runtime::spawn(follow(app.clone(), engine));
    async_runtime::spawn(quit_on_signal(app.clone()));
    Ok(())
}

fn stop(app: &AppHandle) {
    let running = app
        .try_state::<Running>()
        .and_then(|state| state.0.lock().ok()?.take());
    if let Some(gateway) = running {
        async_runtime::block_on(gateway.shutdown());
    }
}

/// Keeps tray and title bar as the engine says.
async fn follow(app: AppHandle, engine: Engine) {
    let mut notices = engine.notices();
    tray::refresh(&app, &engine).await;
    loop {
        match notices.recv().await {
            Ok(Notice::Endpoint { status }) => tray::show(&app, &status),
            Ok(Notice::Changed {
                topic: Topic::Settings,
                ..
            }) => {
                take_up(&app, &ipc::settings(&engine).await);
            }
            Ok(_) => {}
            Err(RecvError::Lagged(_)) => {
                tray::refresh(&app, &engine).await;
                take_up(&app, &ipc::settings(&engine).await);
            }
            Err(RecvError::Closed) => return,
        }
    }
}

/// What the settings say about the window and its surroundings.
fn take_up(app: &AppHandle, settings: &Settings) {
    window::set_theme(app, settings.theme);
    if let Some(login) = app.try_state::<Login>() {
        login.set(settings.start_at_login);
    }
}

async fn quit_on_signal(app: AppHandle) {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let (Ok(mut interrupt), Ok(mut terminate)) =
            (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
        else {
            return;
        };
        tokio::select! { _ = interrupt.recv() => {}, _ = terminate.recv() => {} }
        app.exit(0);
    }
    #[cfg(not(unix))]
    if tokio::signal::ctrl_c().await.is_ok() {
        app.exit(0);
    }
}

fn refuse(failure: &Failure) {
    let hint = failure.hint().unwrap_or_default();
    say(&format!(
        "{}: {} {hint}",
        failure.kind().as_str(),
        failure.message()
    ));
    let text = format!("{} {hint}", failure.message());
    async_runtime::block_on(session_bus::notify("Inglenook did not start", &text));
}

fn not_made(error: tauri::Error) -> Failure {
    Failure::new(
        domain::FailureKind::Internal,
        format!("The window could not be made: {error}."),
    )
}

fn say(text: &str) {
    // a closed stderr is no reason to fail
    let _ = writeln!(std::io::stderr(), "inglenook: {}", text.trim_end());
}

/// One instance for each data directory: the name that a second start looks for on the session bus.
fn instance_name(data_dir: &Path) -> String {
    format!("app.inglenook.desktop.d{:016x}", number_of(data_dir))
}

/// A number for a data directory, the same at each start.
fn number_of(data_dir: &Path) -> u64 {
    let mut hasher = DefaultHasher::new();
    let path = data_dir.canonicalize().or_else(|_| std::path::absolute(data_dir));
    path.unwrap_or_else(|_| data_dir.to_owned()).hash(&mut hasher);
    hasher.finish()
}

/// GTK ends the process with a panic when there is no display.
#[cfg(target_os = "linux")]
#[expect(
    clippy::disallowed_methods,
    reason = "the display is the shell's own matter, not a setting of the app"
)]
fn has_display() -> bool {
    ["DISPLAY", "WAYLAND_DISPLAY"]
        .iter()
        .any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))
}

#[cfg(not(target_os = "linux"))]
fn has_display() -> bool {
    true
}
