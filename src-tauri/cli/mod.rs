//! The command line: the contract that tests and machines without a screen rely on.
//!
//! A command goes through the socket of the Inglenook that runs on the data directory; where none runs it
//! opens the directory itself. Both ways end in the same typed command list, so the command line can do
//! nothing of its own. With `--json` the result is the only thing on stdout; failures are on stderr, with
//! their kind and a hint.

mod agent;
mod app;
mod approval;
mod backup;
mod call;
mod chat;
mod config;
mod connect;
mod data;
mod directories;
mod door;
mod endpoint;
mod key;
mod knowledge;
mod lan;
mod limits;
mod mcp;
mod memory;
mod model;
mod output;
mod price;
mod provider;
mod search;
mod serve;
mod session;
mod times;
mod usage;
mod vault;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use domain::Failure;
use gateway::VaultKind;
use gateway::control::LINK_SCHEME;

#[cfg(not(feature = "desktop"))]
pub(crate) use output::no_window;

/// Agents you make in a window, served to every program on your machine.
///
/// Without a command the window opens, with the tray and the endpoint. A link that begins with inglenook: and stands
/// alone opens it too, and is shown there before anything comes of it.
#[derive(Parser)]
#[command(name = "inglenook", version, propagate_version = true, max_term_width = 100)]
pub(crate) struct Arguments {
    #[command(flatten)]
    options: Options,
    /// Start in the tray, with the window closed; where no tray shows up the window opens all the same.
    #[arg(long)]
    hidden: bool,
    #[arg(skip)]
    link: Option<String>,
    #[command(subcommand)]
    command: Option<Command>,
}

/// What holds for every command.
#[derive(clap::Args, Clone)]
pub(crate) struct Options {
    /// Print the result as JSON, and nothing else, on stdout.
    #[arg(long, global = true)]
    json: bool,
    /// Where everything is kept.
    #[arg(
        long,
        global = true,
        env = "INGLENOOK_DATA_DIR",
        value_name = "DIR",
        hide_env_values = true
    )]
    data_dir: Option<PathBuf>,
    /// Where the starter model's weights are.
    #[arg(
        long,
        global = true,
        env = "INGLENOOK_MODELS_DIR",
        value_name = "DIR",
        hide_env_values = true,
        hide = true
    )]
    models_dir: Option<PathBuf>,
    /// Which vault holds provider keys; `passphrase` reads INGLENOOK_PASSPHRASE.
    #[arg(long, global = true, value_name = "os|passphrase|memory", value_parser = vault_kind)]
    vault: Option<VaultKind>,
    /// The name under which the OS keychain keeps the master key.
    #[arg(
        long,
        global = true,
        env = "INGLENOOK_KEYCHAIN_SERVICE",
        default_value = "inglenook",
        hide = true
    )]
    keychain_service: String,
    #[command(flatten)]
    folders: directories::Folders,
}

fn vault_kind(text: &str) -> Result<VaultKind, String> {
    VaultKind::parse(text).ok_or_else(|| "a vault is os, passphrase or memory".to_owned())
}

/// Where things are, once the defaults are filled in.
#[derive(Clone)]
pub(crate) struct Resolved {
    pub json: bool,
    pub data_dir: PathBuf,
    pub models_dir: PathBuf,
    pub vault: Option<VaultKind>,
    pub keychain_service: String,
    pub folders: gateway::connect::Folders,
    /// What programs of others get of our environment.
    pub inherited: Vec<(String, String)>,
}

/// How the window opens.
#[cfg_attr(
    not(feature = "desktop"),
    expect(dead_code, reason = "this build has no window to open")
)]
pub(crate) struct Opening {
    /// Whether the data directory is another one than the usual one.
    pub elsewhere: bool,
    /// Whether the window stays closed at first.
    pub hidden: bool,
    /// A link to show in it.
    pub link: Option<String>,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Serve the endpoint without a window.
    Serve(serve::Serve),
    /// Places that serve models.
    #[command(subcommand)]
    Provider(provider::Provider),
    /// What clients name in `model`.
    #[command(subcommand)]
    Agent(agent::Agent),
    /// What local programs present.
    #[command(subcommand)]
    Key(key::Key),
    /// List what a client may name in `model`.
    Models,
    /// Talk to an agent; without a text the message is read from stdin.
    Chat(chat::Chat),
    /// What agents remember from one conversation to the next.
    #[command(subcommand)]
    Memory(memory::Memory),
    /// Collections of files that agents look things up in.
    #[command(subcommand)]
    Knowledge(knowledge::Knowledge),
    /// Programs of others whose tools agents may use (Model Context Protocol).
    #[command(subcommand)]
    Mcp(mcp::Mcp),
    /// The engine that agents look things up in the web with.
    #[command(subcommand)]
    Search(search::Search),
    /// Conversations, from the window and from programs.
    #[command(subcommand)]
    Session(session::Session),
    /// Tokens and cost, summed.
    Usage(usage::Usage),
    /// Requests that programs and the window made.
    #[command(subcommand)]
    Call(call::Call),
    /// What models cost, as you wrote it down.
    #[command(subcommand)]
    Price(price::Price),
    /// How to point a program at the endpoint.
    Connect(connect::Connect),
    /// Copies of the database.
    #[command(subcommand)]
    Backup(backup::Backup),
    /// Everything that is kept: how much, all of it in a file, or its end.
    #[command(subcommand)]
    Data(data::Data),
    /// What agents want to do and a person is asked about.
    #[command(subcommand)]
    Approval(approval::Approval),
    /// Whether programs are answered, and who can reach the app.
    #[command(subcommand)]
    Endpoint(endpoint::Endpoint),
    /// Check this installation.
    Doctor,
    /// Settings of this data directory.
    #[command(subcommand)]
    Config(config::Config),
    /// The place where provider keys are kept.
    #[command(subcommand)]
    Vault(vault::Vault),
    /// How the running app stands.
    Status,
    /// A PDF on stdin, its pages on stdout: what the app starts itself for.
    #[command(name = gateway::READ_PDF, hide = true)]
    ReadPdf,
}

/// What the arguments ask for.
pub(crate) enum What {
    /// The window.
    #[cfg_attr(
        not(feature = "desktop"),
        expect(dead_code, reason = "this build has no window to open with them")
    )]
    Window(Resolved, Opening),
    /// A command.
    Command(Box<Command>, Resolved),
}

impl Arguments {
    /// Reads what the program was started with; ends the process where that cannot be read.
    pub(crate) fn read() -> Self {
        let arguments: Vec<_> = std::env::args_os().collect();
        let words: Vec<_> = arguments.iter().map(|word| word.to_string_lossy()).collect();
        match link_alone(&words) {
            Some(link) => Self {
                link: Some(link.to_owned()),
                ..Self::parse_from(arguments.first())
            },
            None => Self::parse_from(&arguments),
        }
    }

    /// What to do, with the directories filled in.
    pub(crate) fn what(self) -> What {
        let options = self.options;
        let usual = directories::data();
        let data_dir = options.data_dir.unwrap_or_else(|| usual.clone());
        let opening = Opening {
            elsewhere: data_dir != usual,
            hidden: self.hidden,
            link: self.link,
        };
        let resolved = Resolved {
            json: options.json,
            data_dir,
            models_dir: options.models_dir.unwrap_or_else(directories::models),
            vault: options.vault,
            keychain_service: options.keychain_service,
            folders: options.folders.resolved(),
            inherited: directories::inherited(),
        };
        match self.command {
            Some(command) => What::Command(Box::new(command), resolved),
            None => What::Window(resolved, opening),
        }
    }
}

/// The link that a program was started with. The system gives it nothing else; whoever sneaks more in beside a link
/// gets the ordinary refusal of an unknown command.
pub(crate) fn link_alone<T: AsRef<str>>(arguments: &[T]) -> Option<&str> {
    match arguments {
        [_, link] if link.as_ref().starts_with(LINK_SCHEME) => Some(link.as_ref()),
        _ => None,
    }
}

/// Logs go to stderr: warnings, and what `INGLENOOK_LOG` asks for.
pub(crate) fn log_to_stderr() {
    let filter = tracing_subscriber::EnvFilter::builder()
        .with_env_var("INGLENOOK_LOG")
        .with_default_directive(tracing_subscriber::filter::LevelFilter::WARN.into())
        .from_env_lossy();
    // it writes out what servers of tools say and are told; what people need of that is in the log of each
    let filter = match "rmcp=off".parse() {
        Ok(silence) => filter.add_directive(silence),
        Err(_) => filter,
    };
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .init();
}

/// A thousand streams need two thousand descriptors, and shells and desktops start programs with fewer (REL-19).
pub(crate) fn raise_descriptor_limit() {
    #[cfg(unix)]
    if let Err(error) = rlimit::increase_nofile_limit(65_536) {
        tracing::warn!(%error, "the limit of open files stays as it is");
    }
}

/// Runs a command to its end.
pub(crate) fn run(command: Command, options: Resolved) -> ExitCode {
    let json = options.json;
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            let failure = Failure::new(
                domain::FailureKind::Internal,
                format!("No threads can be started: {error}."),
            );
            return output::failed(json, &failure);
        }
    };
    let result = runtime.block_on(Box::pin(dispatch(command, options)));
    // a blocked read of stdin or of a keychain must not hold up the end
    runtime.shutdown_timeout(std::time::Duration::from_secs(1));
    match result {
        Ok(code) => code,
        Err(failure) => output::failed(json, &failure),
    }
}

/// Reads what may have been made to use up whatever there is, and gets no more than this of it.
fn read_pdf() -> ExitCode {
    #[cfg(unix)]
    for (resource, most) in [
        (rlimit::Resource::AS, 4 << 30),
        (rlimit::Resource::CPU, 60),
        (rlimit::Resource::FSIZE, 0),
    ] {
        if resource.set(most, most).is_err() {
            return ExitCode::FAILURE;
        }
    }
    match gateway::read_pdf() {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

async fn dispatch(command: Command, options: Resolved) -> Result<ExitCode, Failure> {
    match command {
        Command::Serve(args) => return serve::run(args, options).await,
        Command::Provider(args) => provider::run(args, options).await?,
        Command::Agent(args) => agent::run(args, options).await?,
        Command::Key(args) => key::run(args, options).await?,
        Command::Mcp(args) => mcp::run(args, options).await?,
        Command::Models => model::run(options).await?,
        Command::Chat(args) => chat::run(args, options).await?,
        Command::Knowledge(args) => knowledge::run(args, options).await?,
        Command::Search(args) => search::run(args, options).await?,
        Command::ReadPdf => return Ok(read_pdf()),
        Command::Memory(args) => memory::run(args, options).await?,
        Command::Session(args) => session::run(args, options).await?,
        Command::Usage(args) => usage::run(args, options).await?,
        Command::Call(args) => call::run(args, options).await?,
        Command::Price(args) => price::run(args, options).await?,
        Command::Connect(args) => connect::run(args, options).await?,
        Command::Backup(args) => backup::run(args, options).await?,
        Command::Data(args) => data::run(args, options).await?,
        Command::Approval(args) => approval::run(args, options).await?,
        Command::Endpoint(args) => endpoint::run(args, options).await?,
        Command::Doctor => return app::doctor(options).await,
        Command::Config(args) => config::run(args, options).await?,
        Command::Vault(args) => vault::run(args, options).await?,
        Command::Status => app::status(options).await?,
    }
    Ok(ExitCode::SUCCESS)
}
