//! The window and the tray around the gateway: the only place that knows Tauri.
//!
//! The gateway is started inside Tauri's set-up, after the single-instance check, so that a second start
//! touches neither the port nor the data directory. The danger here is a page that reaches further than the
//! command list: it may load from the app's own origin only, has no global Tauri object, no plugin commands
//! and opens no window; a window of its own, with a page of its own, is where approvals are given. What is deliberately not here: anything that `inglenook serve` needs as well.

mod approvals;
mod drops;
mod ipc;
mod links;
mod menu;
mod notifications;
mod tray;
mod updates;
mod window;

use std::{path::PathBuf, process::ExitCode, sync::Mutex};

use crate::cli::link_alone;
use crate::system::{login::Login, start as system};
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
    if !system::has_display() {
        system::say(
            "there is no display to open a window on; `inglenook serve` runs the endpoint without one",
        );
        return ExitCode::FAILURE;
    }
    let single_instance = tauri_plugin_single_instance::Builder::new()
        .dbus_id(system::instance_name(&options.data_dir))
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
            ipc::open_asked,
            ipc::open_external,
            ipc::open_sign_in,
            ipc::restart,
            ipc::save,
            ipc::zoom,
            approvals::show_approvals,
            approvals::show_server,
            approvals::leave,
            drops::hear_drops,
            drops::dropped_file,
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
                async_runtime::block_on(system::refuse(&failure));
                app.exit(1);
            }
            Ok(())
        })
        .build(context());
    let app = match built {
        Ok(app) => app,
        Err(error) => {
            system::say(&format!("the window could not be made: {error}"));
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
    let name = format!("inglenook-{:016x}", system::number_of(&options.data_dir));
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
    app.manage(ipc::Subscriptions::default());
    app.manage(drops::Drops::default());
    app.manage(menu::Chosen::default());
    app.manage(notifications::Waiting::default());
    app.manage(updates::Updates::default());
    if let Some(tray) = tray::Tray::build(app) {
        app.manage(tray);
    }
    app.manage(window::WebData(web_data));
    window::open(app, settings.theme, options.hidden).map_err(not_made)?;
    if let Some(link) = options.link {
        links::offer(app, link);
    }
    if !options.elsewhere {
        links::register(app);
    }
    async_runtime::spawn(follow(app.clone(), engine));
    async_runtime::spawn(quit_when_asked(app.clone()));
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

/// Keeps tray, title bar and the window of approvals as the engine says.
async fn follow(app: AppHandle, engine: Engine) {
    let mut notices = engine.notices();
    tray::refresh(&app, &engine).await;
    loop {
        match notices.recv().await {
            Ok(Notice::Endpoint { status }) => tray::show(&app, status),
            Ok(Notice::Changed {
                topic: Topic::Settings,
                ..
            }) => {
                take_up(&app, &ipc::settings(&engine).await);
            }
            Ok(Notice::ApprovalWanted { .. }) => approvals::wanted(&app, &engine).await,
            Ok(Notice::Changed {
                topic: Topic::Approvals,
                ..
            }) => {
                approvals::refresh(&app, &engine).await;
            }
            Ok(_) => {}
            Err(RecvError::Lagged(_)) => {
                tray::refresh(&app, &engine).await;
                take_up(&app, &ipc::settings(&engine).await);
                approvals::refresh(&app, &engine).await;
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

async fn quit_when_asked(app: AppHandle) {
    system::asked_to_end().await;
    app.exit(0);
}

fn not_made(error: tauri::Error) -> Failure {
    Failure::new(
        domain::FailureKind::Internal,
        format!("The window could not be made: {error}."),
    )
}
