//! The vault.

use domain::Failure;
use store::table;
use store::vault::Move;

use super::{Caller, ChangeVault, Nothing, Notice, Topic, UnlockVault, VaultChanged, VaultStatus};
use crate::Engine;
use crate::failures::internal;
use crate::roster::SETTINGS;

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

pub(super) async fn change(engine: &Engine, _: Caller, args: ChangeVault) -> Result<VaultChanged, Failure> {
    // it is not broken off by whoever asked for it: see `Vault::change`
    let (report, result) = tokio::sync::oneshot::channel();
    let at_work = engine.clone();
    engine.spawn(async move {
        // nobody waits any more when the window was closed
        let _told = report.send(moved(&at_work, args).await);
    });
    result.await.map_err(internal)?
}

async fn moved(engine: &Engine, args: ChangeVault) -> Result<VaultChanged, Failure> {
    let kind = args.kind;
    let mut settings = engine.roster().now().settings.clone();
    settings.vault = Some(kind);
    let telling = engine.clone();
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    let moving = engine.vault().change(Move {
        to: kind,
        passphrase: args.passphrase.map(|passphrase| passphrase.0),
        progress: Box::new(move |moved, of| {
            telling.notify(Notice::VaultMoving {
                moved: count(moved),
                of: count(of),
            });
        }),
        also: Box::new(move |tx| table::settings::set(tx, SETTINGS, &settings)),
    });
    let moved = moving.await?;
    engine.reload(Topic::Settings, None).await?;
    Ok(VaultChanged {
        status: told(engine),
        providers: moved.providers,
        left_behind: moved.left_behind,
    })
}

fn told(engine: &Engine) -> VaultStatus {
    let status = engine.vault_status();
    engine.notify(Notice::Vault { status });
    status
}
