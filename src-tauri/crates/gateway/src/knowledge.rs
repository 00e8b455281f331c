//! What agents look up: collections of a person's own files, read, cut into passages and found by words and by meaning.
//!
//! Dangers: a file that was made to kill its reader ([`reading`]); a link that leads out of what the person named
//! ([`walk`]); ten thousand files that keep everybody else waiting ([`indexing`]); and what a file says being taken for
//! what the person wants: passages are content from outside, and the tool that gives them says so.
//! Deliberately not here: copies of the files. What they say is in the database, the files stay where they are.

mod citing;
mod cutting;
mod finding;
mod indexing;
mod reading;
mod walk;
mod watching;

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use domain::{Collection, CollectionId, Failure, Timestamp};
use store::table;
use tokio::sync::Semaphore;

pub(crate) use citing::cited;
pub(crate) use finding::find;
pub use reading::pdf::ARGUMENT as READ_PDF;
pub use reading::pdf::read_pdf;
pub(crate) use watching::watch;

use crate::control::Topic;
use crate::engine::Engine;
use crate::tools::Tool;

/// How collections stand. What is in them is in the database.
pub(crate) struct Knowledge {
    /// The program that reads PDF: this one.
    reader: Option<PathBuf>,
    states: Mutex<HashMap<CollectionId, State>>,
    /// One collection is looked through at a time.
    turn: Semaphore,
    stopping: AtomicBool,
}

/// How a collection stands.
#[derive(Clone, Debug, Default)]
pub(crate) struct State {
    /// It is being looked through, or waits for that.
    pub looking: bool,
    /// It changed meanwhile and is looked through again.
    again: bool,
    /// Files that were new when it was last looked through.
    pub of: usize,
    /// How many of them are read.
    pub done: usize,
    /// What could not be looked into.
    pub problems: Vec<String>,
    /// Why its passages have no vectors.
    pub unembedded: Option<String>,
    /// Nobody tells of its changes: it is looked through once a minute.
    pub unheard: bool,
    /// When it was last looked through to its end.
    pub looked_at: Option<Timestamp>,
}

/// More problems than this are not told one by one.
const MOST_PROBLEMS: usize = 20;

impl Knowledge {
    /// `reader` reads PDF when it is told [`READ_PDF`].
    pub fn new(reader: Option<PathBuf>) -> Self {
        Self {
            reader,
            states: Mutex::default(),
            turn: Semaphore::new(1),
            stopping: AtomicBool::new(false),
        }
    }

    fn reader(&self) -> Option<&Path> {
        self.reader.as_deref()
    }

    /// How a collection stands.
    pub fn state(&self, id: &CollectionId) -> State {
        self.lock().get(id).cloned().unwrap_or_default()
    }

    /// Looks through a collection beside everything else; once more when it is being looked through already.
    pub fn look(&self, engine: &Engine, id: &CollectionId) {
        let mut states = self.lock();
        let state = states.entry(id.clone()).or_default();
        if state.looking {
            state.again = true;
            return;
        }
        state.looking = true;
        drop(states);
        let (engine, id) = (engine.clone(), id.clone());
        engine.clone().spawn(async move {
            engine.knowledge().run(&engine, &id).await;
        });
    }

    async fn run(&self, engine: &Engine, id: &CollectionId) {
        // it is never closed
        let _turn = self.turn.acquire().await.ok();
        loop {
            self.change(id, |state| state.again = false);
            let looked = self.look_through(engine, id).await;
            if let Err(failure) = looked {
                tracing::warn!(
                    kind = failure.kind().as_str(),
                    "a collection could not be looked through"
                );
                self.change(id, |state| state.problems = vec![failure.message().to_owned()]);
            }
            let mut states = self.lock();
            let Some(state) = states.get_mut(id) else { break };
            if !state.again || self.is_stopping() {
                state.looking = false;
                break;
            }
        }
        engine.changed(Topic::Knowledge, Some(id.to_string()));
    }

    async fn look_through(&self, engine: &Engine, id: &CollectionId) -> Result<(), Failure> {
        let of = id.clone();
        let collection = engine
            .store()
            .read(move |conn| table::collections::get(conn, &of))
            .await?;
        let Some(collection) = collection else {
            self.lock().remove(id);
            return Ok(());
        };
        let mut problems = indexing::scan(engine, &collection).await?;
        problems.truncate(MOST_PROBLEMS);
        let now = engine.clock().now();
        self.change(id, |state| {
            state.problems = problems;
            state.looked_at = Some(now);
        });
        let embedded = indexing::embed(engine, &collection).await;
        let why = embedded.err().map(|failure| failure.message().to_owned());
        self.change(id, |state| state.unembedded = why);
        Ok(())
    }

    /// Takes out what is left of collections that are gone.
    ///
    /// # Errors
    /// Storage failures.
    pub async fn clear(&self, engine: &Engine) -> Result<(), Failure> {
        while engine
            .store()
            .write(|tx| table::documents::remove_orphans(tx, 32))
            .await?
            > 0
        {
            if self.is_stopping() {
                break;
            }
        }
        Ok(())
    }

    /// So many files are new.
    fn begins(&self, id: &CollectionId, of: usize) {
        self.change(id, |state| (state.of, state.done) = (of, 0));
    }

    /// So many more are read; gives how many in all, and of how many.
    fn went_on(&self, id: &CollectionId, count: usize) -> (u32, u32) {
        let mut told = (0, 0);
        self.change(id, |state| {
            state.done = (state.done + count).min(state.of);
            told = (state.done, state.of);
        });
        let short = |n| u32::try_from(n).unwrap_or(u32::MAX);
        (short(told.0), short(told.1))
    }

    /// Of these nobody hears changes, of all others somebody does.
    fn unheard(&self, unheard: &HashSet<CollectionId>) {
        let mut states = self.lock();
        for id in unheard {
            states.entry(id.clone()).or_default();
        }
        for (id, state) in states.iter_mut() {
            state.unheard = unheard.contains(id);
        }
    }

    fn change(&self, id: &CollectionId, change: impl FnOnce(&mut State)) {
        if let Some(state) = self.lock().get_mut(id) {
            change(state);
        }
    }

    /// What is being read ends soon.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }

    fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<CollectionId, State>> {
        self.states.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Looks through everything once, and takes out what is left of what was removed.
pub(crate) async fn begin(engine: Engine) {
    if engine.store().is_read_only() {
        return;
    }
    if let Err(failure) = engine.knowledge().clear(&engine).await {
        tracing::warn!(
            kind = failure.kind().as_str(),
            "removed collections could not be cleared"
        );
    }
    let roster = engine.roster().now();
    for collection in roster.collections.values() {
        engine.knowledge().look(&engine, &collection.id);
    }
}

/// The collections of an agent, those that are there.
pub(crate) fn of_agent(engine: &Engine, agent: &domain::AgentDraft) -> Vec<std::sync::Arc<Collection>> {
    let roster = engine.roster().now();
    let names = agent.knowledge.iter();
    names
        .filter_map(|name| roster.collections.get(name).cloned())
        .collect()
}

/// The tool that comes with them.
pub(crate) fn tools(engine: &Engine, agent: &domain::AgentDraft) -> Option<Tool> {
    (!of_agent(engine, agent).is_empty()).then_some(Tool::SearchKnowledge)
}
