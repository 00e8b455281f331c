//! Reads what is new in a collection's files and takes out what is gone.
//!
//! The danger is ten thousand files at once, while somebody waits for an answer. So files are read on one thread that may
//! block, what they say goes through the one writer in small portions, and between two of them others have their turn.
//! What is unchanged is not read: size and time tell, and where the time is so young that it could lie, the digest.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use domain::{CallSource, Collection, Failure, Timestamp};
use sha2::{Digest, Sha256};
use store::table;
use store::table::documents::{Document, Known};
use store::table::passages::NewPassage;

use super::cutting::cut;
use super::reading::{self, Kind, pdf};
use super::walk::{Found, Root, Walked, walk};
use crate::engine::Engine;
use crate::{control, embedding};

/// A portion has this many files or bytes of passages, whatever comes first.
const PORTION: usize = 32;
const PORTION_BYTES: usize = 256 << 10;
/// Between two portions, so that others have the writer and the processor.
const BREATH: Duration = Duration::from_millis(2);
/// A file that was changed so shortly before it was read may be changed once more within the same tick of its clock.
const TOO_YOUNG: i64 = 2_000;

/// What becomes of a file.
enum News {
    /// It says what it said.
    Same { seq: i64, size: u64, modified_ns: i64 },
    /// It says something else, or cannot be read.
    Changed(Document, Vec<NewPassage>),
    /// It is none that is looked up.
    Ignored { seq: Option<i64> },
}

/// Looks through a collection from its beginning to its end. Gives what could not be looked into.
///
/// # Errors
/// Storage failures.
pub(super) async fn scan(engine: &Engine, collection: &Collection) -> Result<Vec<String>, Failure> {
    let roots: Vec<PathBuf> = collection.roots.iter().map(PathBuf::from).collect();
    let own = engine.data_dir().to_owned();
    let walked = tokio::task::spawn_blocking(move || walk(&roots, &own));
    let (roots, walked) = walked.await.map_err(crate::failures::internal)?;
    let Walked {
        files,
        problems,
        missing,
    } = walked;
    let id = collection.id.clone();
    let known = engine
        .store()
        .read(move |conn| table::documents::known(conn, &id))
        .await?;
    take_out(engine, &known, &files, &missing).await?;
    let mut new: Vec<(Found, Option<Known>)> = Vec::new();
    for found in files {
        let before = known.get(&found.path);
        if !before.is_some_and(|before| is_same(before, &found)) {
            new.push((found, before.cloned()));
        }
    }
    engine.knowledge().begins(&collection.id, new.len());
    let roots = Arc::new(roots);
    let mut portion = Vec::new();
    let mut bytes = 0;
    let mut waiting = new.into_iter().peekable();
    while let Some((found, before)) = waiting.next() {
        if engine.knowledge().is_stopping() {
            return Ok(problems);
        }
        let news = read(engine, collection, &roots, found, before).await?;
        if let News::Changed(_, passages) = &news {
            bytes += passages.iter().map(|one| one.text.len()).sum::<usize>();
        }
        portion.push(news);
        if portion.len() >= PORTION || bytes >= PORTION_BYTES || waiting.peek().is_none() {
            bytes = 0;
            write(engine, collection, std::mem::take(&mut portion)).await?;
            tokio::time::sleep(BREATH).await;
        }
    }
    Ok(problems)
}

/// Whether a file is surely the one that was read.
fn is_same(before: &Known, found: &Found) -> bool {
    let same = before.size == found.size && before.modified_ns == found.modified_ns;
    let settled = before.read_at.millis() - before.modified_ns / 1_000_000 > TOO_YOUNG;
    same && settled
}

/// Takes out what is not there any more, but for what lies under a root that is away as a whole: a disk that is not
/// plugged in is no reason to forget it.
async fn take_out(
    engine: &Engine,
    known: &HashMap<String, Known>,
    files: &[Found],
    missing: &[PathBuf],
) -> Result<(), Failure> {
    let there: HashSet<&str> = files.iter().map(|found| found.path.as_str()).collect();
    let is_away = |path: &str| {
        missing
            .iter()
            .any(|root| std::path::Path::new(path).starts_with(root))
    };
    let gone: Vec<i64> = known
        .iter()
        .filter(|(path, _)| !there.contains(path.as_str()) && !is_away(path))
        .map(|(_, known)| known.seq)
        .collect();
    for portion in gone.chunks(PORTION) {
        let portion = portion.to_vec();
        engine
            .store()
            .write(move |tx| table::documents::remove(tx, &portion))
            .await?;
    }
    Ok(())
}

async fn read(
    engine: &Engine,
    collection: &Collection,
    roots: &Arc<Vec<Option<Root>>>,
    found: Found,
    before: Option<Known>,
) -> Result<News, Failure> {
    let now = engine.clock().now();
    let kind = Kind::of(&found.name);
    let (of, all) = (found.clone(), Arc::clone(roots));
    let opened = tokio::task::spawn_blocking(move || open(&all, &of, kind, before.as_ref()));
    let document = |digest, failure| Document {
        collection: collection.id.clone(),
        path: found.path.clone(),
        name: found.name.clone(),
        size: found.size,
        modified_ns: found.modified_ns,
        digest,
        failure,
        read_at: now,
    };
    let read = match opened.await.map_err(crate::failures::internal)? {
        Opened::Ignored { seq } => return Ok(News::Ignored { seq }),
        Opened::Same { seq } => {
            return Ok(News::Same {
                seq,
                size: found.size,
                modified_ns: found.modified_ns,
            });
        }
        Opened::Failed(why) => return Ok(News::Changed(document(None, Some(why)), Vec::new())),
        Opened::Read { digest, passages } => (digest, passages),
        Opened::Pdf { digest, bytes } => {
            let lines = pdf::lines(engine.knowledge().reader(), bytes).await;
            (digest, lines.map(cut))
        }
    };
    Ok(match read {
        (digest, Ok(passages)) => News::Changed(document(Some(digest), None), passages),
        (digest, Err(why)) => News::Changed(document(Some(digest), Some(why)), Vec::new()),
    })
}

/// A file that was looked into.
enum Opened {
    Ignored {
        seq: Option<i64>,
    },
    Same {
        seq: i64,
    },
    Failed(String),
    Read {
        digest: Vec<u8>,
        passages: Result<Vec<NewPassage>, String>,
    },
    Pdf {
        digest: Vec<u8>,
        bytes: Vec<u8>,
    },
}

fn open(roots: &[Option<Root>], found: &Found, kind: Kind, before: Option<&Known>) -> Opened {
    let Some(Some(root)) = roots.get(found.root) else {
        return Opened::Failed("Its folder is not there.".to_owned());
    };
    let unreadable = |error: &std::io::Error| Opened::Failed(format!("It cannot be opened: {error}."));
    match root.begins(found) {
        Ok(beginning) if kind.is_binary(&beginning) => {
            return Opened::Ignored {
                seq: before.map(|before| before.seq),
            };
        }
        Ok(_) => {}
        Err(error) => return unreadable(&error),
    }
    let bytes = match root.read(found, kind.most()) {
        Ok((bytes, true)) => bytes,
        Ok((_, false)) => {
            return Opened::Failed(format!("It is larger than {} MiB.", kind.most() >> 20));
        }
        Err(error) => return unreadable(&error),
    };
    let digest = Sha256::digest(&bytes).to_vec();
    if let Some(before) = before
        && before.digest.as_ref() == Some(&digest)
    {
        return Opened::Same { seq: before.seq };
    }
    match kind {
        Kind::Pdf => Opened::Pdf { digest, bytes },
        Kind::Text | Kind::Markdown | Kind::Html | Kind::Docx => Opened::Read {
            digest,
            passages: reading::lines(kind, &bytes).map(cut),
        },
    }
}

async fn write(engine: &Engine, collection: &Collection, portion: Vec<News>) -> Result<(), Failure> {
    let (count, id) = (portion.len(), collection.id.clone());
    let now: Timestamp = engine.clock().now();
    engine
        .store()
        .write(move |tx| {
            // removed meanwhile: what came then would stay for ever
            if table::collections::get(tx, &id)?.is_none() {
                return Ok(());
            }
            for news in &portion {
                match news {
                    News::Same {
                        seq,
                        size,
                        modified_ns,
                    } => table::documents::same(tx, *seq, (*size, *modified_ns), now)?,
                    News::Changed(document, passages) => table::documents::put(tx, document, passages)?,
                    News::Ignored { seq: Some(seq) } => table::documents::remove(tx, &[*seq])?,
                    News::Ignored { seq: None } => {}
                }
            }
            Ok(())
        })
        .await?;
    let (done, of) = engine.knowledge().went_on(&collection.id, count);
    engine.notify(control::Notice::Indexing {
        collection: collection.name.clone(),
        done,
        of,
    });
    Ok(())
}

/// Has the passages embedded that are not yet, where a model for that is named.
///
/// # Errors
/// Whatever kept the model from answering, or storage failures.
pub(super) async fn embed(engine: &Engine, collection: &Collection) -> Result<(), Failure> {
    while let Some(model) = embedding::model(engine) {
        let (id, name) = (collection.id.clone(), model.to_string());
        let waiting = engine
            .store()
            .read(move |conn| table::passages::without_vector(conn, &id, &name, embedding::AT_ONCE))
            .await?;
        if waiting.is_empty() || engine.knowledge().is_stopping() {
            return Ok(());
        }
        let texts = waiting.iter().map(|(_, text)| text.clone()).collect();
        let vectors = embedding::vectors(engine, &model, texts, CallSource::Window).await?;
        let stored: Vec<(i64, Vec<u8>)> = waiting
            .iter()
            .zip(&vectors)
            .map(|((seq, _), vector)| (*seq, embedding::stored(vector)))
            .collect();
        let name = model.to_string();
        engine
            .store()
            .write(move |tx| table::passages::set_vectors(tx, &name, &stored))
            .await?;
    }
    Ok(())
}
