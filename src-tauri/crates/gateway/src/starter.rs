//! The starter's weights: where they are, and how they get there with the user's consent.
//!
//! A download resumes, is checked against the one digest that is written in the code, and appears under its
//! final name only when it is whole.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use domain::{Failure, FailureKind};
use local::{Starter, WEIGHTS};
use reqwest::StatusCode;
use reqwest::header::RANGE;
use tokio::fs::{File, OpenOptions};
use tokio::io::AsyncWriteExt;
use tokio_util::sync::CancellationToken;

use crate::Engine;
use crate::control::{FailureView, Notice, StarterStatus};
use crate::failures::internal;

const TELL_EVERY: Duration = Duration::from_millis(200);
const STALLED: Duration = Duration::from_secs(30);

/// The model and the state of its weights.
pub(crate) struct StarterModel {
    file: PathBuf,
    model: Arc<Starter>,
    fetching: Mutex<Fetching>,
}

enum Fetching {
    No,
    Running { have: u64, stop: CancellationToken },
    Failed(FailureView),
}

impl StarterModel {
    /// The model whose weights lie, or will lie, in this folder.
    pub fn new(models_dir: &Path) -> Self {
        let file = models_dir.join(WEIGHTS.file_name);
        Self {
            model: Arc::new(Starter::new(file.clone())),
            file,
            fetching: Mutex::new(Fetching::No),
        }
    }

    /// The model, when its weights are here.
    ///
    /// # Errors
    /// [`FailureKind::WeightsMissing`].
    pub fn model(&self) -> Result<Arc<Starter>, Failure> {
        if self.model.is_present() {
            return Ok(Arc::clone(&self.model));
        }
        Err(Failure::new(
            FailureKind::WeightsMissing,
            "The starter model's weights are not on this machine.",
        )
        .with_hint("Download them in the window's first run, or with `make setup`."))
    }

    /// How the weights stand.
    pub fn status(&self) -> StarterStatus {
        let bytes = WEIGHTS.bytes;
        match &*self.fetching.lock().unwrap_or_else(PoisonError::into_inner) {
            Fetching::Running { have, .. } => return StarterStatus::Fetching { bytes, have: *have },
            Fetching::Failed(failure) if !self.model.is_present() => {
                return StarterStatus::Failed {
                    failure: failure.clone(),
                };
            }
            Fetching::Failed(_) | Fetching::No => {}
        }
        if self.model.is_present() {
            return StarterStatus::Ready;
        }
        let have = std::fs::metadata(self.partial()).map_or(0, |meta| meta.len().min(bytes));
        StarterStatus::Missing {
            bytes,
            have,
            from: WEIGHTS.hub_url.to_owned(),
            licence: WEIGHTS.licence.to_owned(),
        }
    }

    /// Stops a download; what there is stays for the next try.
    pub fn cancel(&self) {
        if let Fetching::Running { stop, .. } = &*self.fetching.lock().unwrap_or_else(PoisonError::into_inner)
        {
            stop.cancel();
        }
    }

    fn partial(&self) -> PathBuf {
        self.file.with_extension("gguf.part")
    }

    fn set(&self, fetching: Fetching) {
        *self.fetching.lock().unwrap_or_else(PoisonError::into_inner) = fetching;
    }

    fn begin(&self) -> Option<CancellationToken> {
        let mut fetching = self.fetching.lock().unwrap_or_else(PoisonError::into_inner);
        if matches!(*fetching, Fetching::Running { .. }) {
            return None;
        }
        let stop = CancellationToken::new();
        *fetching = Fetching::Running {
            have: 0,
            stop: stop.clone(),
        };
        Some(stop)
    }

    fn progress(&self, now: u64) {
        let mut fetching = self.fetching.lock().unwrap_or_else(PoisonError::into_inner);
        if let Fetching::Running { have, .. } = &mut *fetching {
            *have = now;
        }
    }
}

/// Downloads the weights in the background; calling it twice downloads once.
pub(crate) fn fetch(engine: &Engine) {
    let starter = engine.starter();
    if starter.model.is_present() {
        return;
    }
    let Some(stop) = starter.begin() else { return };
    let core = engine.clone();
    engine.spawn(async move {
        let result = tokio::select! {
            () = stop.cancelled() => Ok(()),
            result = download(&core) => result,
        };
        core.starter().set(match result {
            Ok(()) => Fetching::No,
            Err(failure) => Fetching::Failed(FailureView::from(&failure)),
        });
        tell(&core);
    });
    tell(engine);
}

fn tell(engine: &Engine) {
    engine.notify(Notice::Starter {
        status: engine.starter().status(),
    });
}

async fn download(engine: &Engine) -> Result<(), Failure> {
    let starter = engine.starter();
    let partial = starter.partial();
    if let Some(folder) = partial.parent() {
        tokio::fs::create_dir_all(folder).await.map_err(cannot_write)?;
    }
    let mut have = tokio::fs::metadata(&partial).await.map_or(0, |meta| meta.len());
    if have > WEIGHTS.bytes {
        tokio::fs::remove_file(&partial).await.map_err(cannot_write)?;
        have = 0;
    }
    if have < WEIGHTS.bytes {
        receive(engine, &partial, have).await?;
    }
    let (checked, target) = (partial.clone(), starter.file.clone());
    tokio::task::spawn_blocking(move || {
        if let Err(failure) = local::verify(&checked) {
            // a wrong file would be wrong again after a resume
            std::fs::remove_file(&checked).map_err(cannot_write)?;
            return Err(failure);
        }
        std::fs::rename(&checked, &target).map_err(cannot_write)
    })
    .await
    .map_err(internal)?
}

async fn receive(engine: &Engine, partial: &Path, mut have: u64) -> Result<(), Failure> {
    let mut request = follow(engine, have).await?;
    let append = request.status() == StatusCode::PARTIAL_CONTENT;
    if !append {
        have = 0;
    }
    let mut file: File = OpenOptions::new()
        .create(true)
        .append(append)
        .write(true)
        .truncate(!append)
        .open(partial)
        .await
        .map_err(cannot_write)?;
    let mut told = Instant::now();
    loop {
        let chunk = tokio::time::timeout(STALLED, request.chunk())
            .await
            .map_err(|_| {
                Failure::new(FailureKind::UpstreamTimeout, "The download stalled.")
                    .with_hint("Try again; it goes on where it stopped.")
            })?
            .map_err(|_| {
                Failure::new(FailureKind::UpstreamDisconnected, "The download broke off.")
                    .with_hint("Try again; it goes on where it stopped.")
            })?;
        let Some(chunk) = chunk else { break };
        file.write_all(&chunk).await.map_err(cannot_write)?;
        have += u64::try_from(chunk.len()).unwrap_or(0);
        if have > WEIGHTS.bytes {
            return Err(Failure::new(
                FailureKind::UpstreamFailed,
                "The model hub sent more than the file's size.",
            ));
        }
        engine.starter().progress(have);
        if told.elapsed() >= TELL_EVERY {
            told = Instant::now();
            tell(engine);
        }
    }
    file.sync_all().await.map_err(cannot_write)
}

/// The hub answers with a redirect to its storage. No credential is involved, and only https is followed.
async fn follow(engine: &Engine, from: u64) -> Result<reqwest::Response, Failure> {
    let client = engine.http().remote()?;
    let mut url = WEIGHTS.hub_url.to_owned();
    for _ in 0..5 {
        if !url.starts_with("https://") {
            return Err(Failure::new(
                FailureKind::UpstreamFailed,
                "The model hub redirected to an unsafe address.",
            ));
        }
        let mut request = client.get(&url);
        if from > 0 {
            request = request.header(RANGE, format!("bytes={from}-"));
        }
        let response = request.send().await.map_err(|_| {
            Failure::new(
                FailureKind::UpstreamUnreachable,
                "The model hub could not be reached.",
            )
            .with_hint(
                "Check the network, or run `make setup`, which takes the weights from the package registry.",
            )
        })?;
        if response.status().is_redirection() {
            let next = response
                .headers()
                .get(reqwest::header::LOCATION)
                .and_then(|value| value.to_str().ok());
            let next = next.and_then(|next| response.url().join(next).ok());
            url = next.map(String::from).unwrap_or_default();
            continue;
        }
        if !response.status().is_success() {
            let message = format!(
                "The model hub answered with status {}.",
                response.status().as_u16()
            );
            return Err(Failure::new(FailureKind::UpstreamFailed, message));
        }
        return Ok(response);
    }
    Err(Failure::new(
        FailureKind::UpstreamFailed,
        "The model hub redirected in circles.",
    ))
}

fn cannot_write(error: std::io::Error) -> Failure {
    Failure::new(
        FailureKind::StorageFailed,
        format!("The weights could not be written: {error}."),
    )
}
