//! Hears of changes in the files of all collections, and has those collections looked through.
//!
//! What the system tells is only that something happened and about where: what did is found by looking, which ten thousand
//! files take a tenth of a second of. Changes come in swarms, so they are waited out. Where the system cannot tell (network
//! drives, too many folders), every collection is looked through once a minute, and its status says so.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use domain::{Collection, CollectionId};
use notify::event::{AccessKind, AccessMode};
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::engine::Engine;

/// Nothing more has happened for so long.
const QUIET: Duration = Duration::from_millis(300);
/// It happens all the time; looked all the same.
const LONGEST: Duration = Duration::from_secs(5);
const LOOK_EVERY: Duration = Duration::from_secs(60);

/// Watches until `stop`.
pub(crate) async fn watch(engine: Engine, stop: CancellationToken) {
    let (tell, mut told) = mpsc::unbounded_channel();
    let watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
        // whoever listened is gone at the end
        let _gone = tell.send(event);
    });
    let mut watched = Watched {
        watcher: watcher.ok(),
        paths: HashMap::new(),
        unheard: HashSet::new(),
    };
    let mut changes = engine.roster().changes();
    changes.mark_changed();
    let mut dirty: HashSet<CollectionId> = HashSet::new();
    let mut first: Option<Instant> = None;
    let mut due: Option<Instant> = None;
    loop {
        let far = Instant::now() + LOOK_EVERY;
        tokio::select! {
            () = stop.cancelled() => return,
            changed = changes.changed() => {
                if changed.is_err() {
                    return;
                }
                let Some(followed) = follow(watched, &engine).await else { return };
                watched = followed;
            }
            event = told.recv() => {
                let Some(event) = event else { return };
                let touched = touched(&engine, event);
                if !touched.is_empty() {
                    dirty.extend(touched);
                    let now = Instant::now();
                    let begun = *first.get_or_insert(now);
                    due = Some((now + QUIET).min(begun + LONGEST));
                }
            }
            () = tokio::time::sleep_until(due.unwrap_or(far)) => {
                if due.take().is_some() {
                    first = None;
                    for id in dirty.drain() {
                        engine.knowledge().look(&engine, &id);
                    }
                } else {
                    let Some(followed) = follow(watched, &engine).await else { return };
                    watched = followed;
                    for id in &watched.unheard {
                        engine.knowledge().look(&engine, id);
                    }
                }
            }
        }
    }
}

/// Telling the system about a folder of thousands takes a while.
async fn follow(mut watched: Watched, engine: &Engine) -> Option<Watched> {
    let engine = engine.clone();
    let followed = tokio::task::spawn_blocking(move || {
        watched.follow(&engine);
        watched
    });
    followed.await.ok()
}

/// The collections in whose folders something happened.
fn touched(engine: &Engine, event: notify::Result<Event>) -> Vec<CollectionId> {
    let roster = engine.roster().now();
    let all = roster.collections.values();
    match event {
        // our own reading is no change
        Ok(Event {
            kind:
                EventKind::Access(
                    AccessKind::Any
                    | AccessKind::Read
                    | AccessKind::Open(_)
                    | AccessKind::Close(
                        AccessMode::Any | AccessMode::Execute | AccessMode::Read | AccessMode::Other,
                    )
                    | AccessKind::Other,
                ),
            ..
        }) => Vec::new(),
        Ok(event) if !event.paths.is_empty() && !event.need_rescan() => {
            let in_it = |collection: &&Arc<Collection>| {
                let roots = &collection.roots;
                let holds = |path: &PathBuf| roots.iter().any(|root| path.starts_with(root));
                event.paths.iter().any(holds)
            };
            all.filter(in_it).map(|one| one.id.clone()).collect()
        }
        // something was lost: anything may have happened
        Ok(_) | Err(_) => all.map(|one| one.id.clone()).collect(),
    }
}

struct Watched {
    watcher: Option<RecommendedWatcher>,
    /// What is watched, and how far down.
    paths: HashMap<PathBuf, RecursiveMode>,
    /// Collections of whose changes nobody tells.
    unheard: HashSet<CollectionId>,
}

impl Watched {
    /// Watches the roots that there are now, and no others.
    fn follow(&mut self, engine: &Engine) {
        let roster = engine.roster().now();
        let mut wanted: HashMap<PathBuf, RecursiveMode> = HashMap::new();
        for collection in roster.collections.values() {
            for (path, mode) in collection.roots.iter().map(|root| watchable(Path::new(root))) {
                let held = wanted.entry(path).or_insert(mode);
                if mode == RecursiveMode::Recursive {
                    *held = mode;
                }
            }
        }
        let other: Vec<PathBuf> = self
            .paths
            .iter()
            // what is gone may come back, and is another folder then
            .filter(|(path, mode)| wanted.get(*path) != Some(*mode) || !path.exists())
            .map(|(path, _)| path.clone())
            .collect();
        for path in other {
            if let Some(watcher) = &mut self.watcher {
                // it may be gone itself
                let _gone = watcher.unwatch(&path);
            }
            self.paths.remove(&path);
        }
        for (path, mode) in wanted {
            if !self.paths.contains_key(&path)
                && let Some(watcher) = &mut self.watcher
                && watcher.watch(&path, mode).is_ok()
            {
                self.paths.insert(path, mode);
            }
        }
        let is_unheard = |collection: &&Arc<Collection>| {
            let mut roots = collection.roots.iter().map(|root| watchable(Path::new(root)).0);
            roots.any(|path| !self.paths.contains_key(&path))
        };
        let unheard = roster.collections.values().filter(is_unheard);
        self.unheard = unheard.map(|one| one.id.clone()).collect();
        engine.knowledge().unheard(&self.unheard);
    }
}

/// A file is watched through its folder: editors put another file in its place.
fn watchable(root: &Path) -> (PathBuf, RecursiveMode) {
    match root.parent() {
        Some(parent) if root.is_file() => (parent.to_owned(), RecursiveMode::NonRecursive),
        Some(_) | None => (root.to_owned(), RecursiveMode::Recursive),
    }
}
