//! `inglenook vault …`, and how secrets come in: never as arguments, which every program can read.

use std::io::IsTerminal;

use domain::Failure;
use gateway::control::{Nothing, VaultStatus};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use super::door::Door;
use super::{Resolved, output};

#[derive(clap::Subcommand)]
pub(crate) enum Vault {
    /// Open the vault: asks the OS keychain, or reads a passphrase from INGLENOOK_PASSPHRASE or stdin.
    Unlock,
    /// Forget the opened vault's master key.
    Lock,
}

pub(super) async fn run(args: Vault, options: Resolved) -> Result<(), Failure> {
    let mut door = Door::open(&options).await?;
    let result = dispatch(args, &mut door, options.json).await;
    door.close().await;
    result
}

async fn dispatch(args: Vault, door: &mut Door, json: bool) -> Result<(), Failure> {
    let status: VaultStatus = match args {
        Vault::Unlock => {
            let status: gateway::control::AppStatus = door.run("app.status", &Nothing {}).await?;
            let passphrase = match (status.vault.kind, passphrase()) {
                (gateway::VaultKind::Passphrase, Some(passphrase)) => {
                    Some(passphrase.expose_secret().to_owned())
                }
                (gateway::VaultKind::Passphrase, None) => Some(secret_from_stdin("Passphrase: ").await?),
                (gateway::VaultKind::Os | gateway::VaultKind::Memory, _) => None,
            };
            door.run("vault.unlock", &json!({ "passphrase": passphrase }))
                .await?
        }
        Vault::Lock => door.run("vault.lock", &Nothing {}).await?,
    };
    output::print(json, &status, |status| {
        format!("The {} vault is {:?}.", status.kind.as_str(), status.state).to_lowercase()
    })
}

const PASSPHRASE: &str = "INGLENOOK_PASSPHRASE";

/// The passphrase of the environment, for machines without a screen.
#[expect(
    clippy::disallowed_methods,
    reason = "an argument would show it to every program on the machine"
)]
pub(super) fn passphrase() -> Option<SecretString> {
    let text = std::env::var_os(PASSPHRASE)?;
    Some(SecretString::from(text.to_string_lossy().into_owned()))
}

/// Reads a secret from stdin, without its line break; from a terminal without showing it.
pub(super) async fn secret_from_stdin(prompt: &'static str) -> Result<String, Failure> {
    let read = tokio::task::spawn_blocking(move || {
        if std::io::stdin().is_terminal() {
            return rpassword::prompt_password(prompt);
        }
        std::io::read_to_string(std::io::stdin())
    });
    let text = read.await.ok().and_then(Result::ok);
    let text = text.ok_or_else(|| Failure::invalid("key", "The secret cannot be read from stdin."))?;
    let text = text.trim_end_matches(['\r', '\n']);
    if text.is_empty() {
        return Err(Failure::invalid("key", "Nothing came on stdin."));
    }
    Ok(text.to_owned())
}
