//! The vault.

use domain::Failure;

use super::{Caller, Nothing, Notice, UnlockVault, VaultStatus};
use crate::Engine;

pub(super) async fn unlock(engine: &Engine, _: Caller, args: UnlockVault) -> Result<VaultStatus, Failure> {
    let unlocked = engine
        .vault()
        .unlock(args.passphrase.map(|passphrase| passphrase.0))
        .await;
    let status = told(engine);
    unlocked.map(|()| status)
}

pub(super) async fn lock(engine: &Engine, _: Caller, _: Nothing) -> Result<VaultStatus, Failure> {
    engine.vault().lock().await;
    Ok(told(engine))
}

fn told(engine: &Engine) -> VaultStatus {
    let status = engine.vault_status();
    engine.notify(Notice::Vault { status });
    status
}
