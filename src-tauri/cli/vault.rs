//! `inglenook vault …`, and how secrets come in: never as arguments, which every program can read.

use std::io::IsTerminal;

use domain::Failure;
use gateway::VaultKind;
use gateway::control::{AppStatus, Nothing, VaultChanged, VaultStatus};
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
    /// Move every provider key to the OS keychain or to a passphrase vault, whose passphrase is read from
    /// INGLENOOK_PASSPHRASE or stdin. The keys are copied, read back and compared before the old vault is given up.
    Change {
        #[arg(value_name = "os|passphrase", value_parser = super::vault_kind)]
        kind: VaultKind,
    },
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
            let status: AppStatus = door.run("app.status", &Nothing {}).await?;
            let passphrase = match (status.vault.kind, passphrase()) {
                (VaultKind::Passphrase, Some(passphrase)) => Some(passphrase.expose_secret().to_owned()),
                (VaultKind::Passphrase, None) => Some(secret_from_stdin("Passphrase: ").await?),
                (VaultKind::Os | VaultKind::Memory, _) => None,
            };
            door.run("vault.unlock", &json!({ "passphrase": passphrase }))
                .await?
        }
        Vault::Lock => door.run("vault.lock", &Nothing {}).await?,
        Vault::Change { kind } => return change(kind, door, json).await,
    };
    output::print(json, &status, |status| {
        format!("The {} vault is {:?}.", status.kind.as_str(), status.state).to_lowercase()
    })
}

async fn change(kind: VaultKind, door: &mut Door, json: bool) -> Result<(), Failure> {
    let status: AppStatus = door.run("app.status", &Nothing {}).await?;
    let given = match (kind, status.vault.kind) {
        (VaultKind::Os | VaultKind::Memory, _) => None,
        // the environment has the passphrase of the vault that is to be left
        (VaultKind::Passphrase, VaultKind::Passphrase) => Some(secret_from_stdin("New passphrase: ").await?),
        (VaultKind::Passphrase, VaultKind::Os | VaultKind::Memory) => match passphrase() {
            Some(passphrase) => Some(passphrase.expose_secret().to_owned()),
            None => Some(secret_from_stdin("New passphrase: ").await?),
        },
    };
    let args = json!({ "kind": kind, "passphrase": given });
    let changed: VaultChanged = door.run("vault.change", &args).await?;
    if changed.left_behind {
        output::note(
            "note: The old key in the OS keychain opens nothing any more; it is removed when the keychain allows it.",
        );
    }
    output::print(json, &changed, |changed| {
        let keys = changed.providers.len();
        format!(
            "{keys} {} in the {} vault now, which is used from here on.",
            if keys == 1 { "key is" } else { "keys are" },
            changed.status.kind.as_str()
        )
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
