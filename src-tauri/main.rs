//! Inglenook: parses its arguments, then opens the window, serves the endpoint, or runs a command.

mod cli;
#[cfg(feature = "desktop")]
mod desktop;
#[cfg(feature = "desktop")]
mod system;

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    cli::log_to_stderr();
    let arguments = cli::Arguments::read();
    match arguments.what() {
        #[cfg(feature = "desktop")]
        cli::What::Window(options, opening) => {
            cli::raise_descriptor_limit();
            desktop::run(desktop::Options {
                data_dir: options.data_dir,
                models_dir: options.models_dir,
                port: None,
                vault: options.vault,
                folders: options.folders,
                inherited: options.inherited,
                elsewhere: opening.elsewhere,
                hidden: opening.hidden,
                link: opening.link,
            })
        }
        #[cfg(not(feature = "desktop"))]
        cli::What::Window(..) => cli::no_window(),
        cli::What::Command(command, options) => cli::run(*command, options),
    }
}
