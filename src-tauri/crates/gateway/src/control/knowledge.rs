//! Collections of files, made and looked into by the person whose files they are.

use std::path::Path;
use std::sync::Arc;

use domain::{Collection, CollectionId, Failure, Place, Slug};
use store::table;
use store::table::passages::Passage;

use super::{
    AddKnowledge, Caller, CollectionView, DocumentView, KnowledgeName, KnowledgeStatus, Nothing,
    OpenDocument, PassageView, RemoveKnowledge, SearchKnowledge, Topic, UnreadFile,
};
use crate::failures::{internal, not_found};
use crate::{Engine, embedding, knowledge};

/// Folders and files of one collection.
const MOST_ROOTS: usize = 100;
const MOST_UNREAD: u32 = 500;
/// Passages before and after a place that is opened.
const BESIDE: u32 = 3;
/// So many of the files that a citation may mean are named.
const MOST_NAMED: usize = 5;

pub(super) async fn list(engine: &Engine, _: Caller, _: Nothing) -> Result<Vec<CollectionView>, Failure> {
    let mut views = Vec::new();
    let mut all: Vec<_> = engine.roster().now().collections.values().cloned().collect();
    all.sort_by(|a, b| a.name.cmp(&b.name));
    for collection in all {
        views.push(view(engine, &collection).await?);
    }
    Ok(views)
}

pub(super) async fn add(engine: &Engine, _: Caller, args: AddKnowledge) -> Result<CollectionView, Failure> {
    let own = engine.data_dir().to_owned();
    let paths = args.paths;
    let found = tokio::task::spawn_blocking(move || paths.iter().map(|path| real(path, &own)).collect());
    let found: Result<Vec<String>, Failure> = found.await.map_err(internal)?;
    let mut roots = match engine.roster().now().collections.get(&args.name) {
        Some(before) => before.roots.clone(),
        None => Vec::new(),
    };
    for root in found? {
        if !roots.contains(&root) {
            roots.push(root);
        }
    }
    if roots.is_empty() || roots.len() > MOST_ROOTS {
        return Err(Failure::invalid(
            "paths",
            format!("A collection has 1 to {MOST_ROOTS} folders and files."),
        ));
    }
    let now = engine.clock().now();
    let before = engine.roster().now().collections.get(&args.name).cloned();
    let id = match &before {
        Some(before) => before.id.clone(),
        None => engine.ids().collection()?,
    };
    let new = Collection {
        id: id.clone(),
        name: args.name.clone(),
        roots,
        created_at: now,
        updated_at: now,
    };
    engine
        .store()
        .write(move |tx| match before {
            Some(before) => table::collections::set_roots(tx, &before.id, &new.roots, now),
            None => table::collections::create(tx, &new),
        })
        .await?;
    engine.reload(Topic::Knowledge, Some(id.to_string())).await?;
    engine.knowledge().look(engine, &id);
    view(engine, &*named(engine, &args.name)?).await
}

/// A path as it is, whatever links lead to it.
fn real(path: &Path, own: &Path) -> Result<String, Failure> {
    let unfit = |why: &str| Failure::invalid("paths", format!("{}: {why}", path.display()));
    if !path.is_absolute() {
        return Err(unfit("the whole path is needed."));
    }
    let real = path.canonicalize().map_err(|error| unfit(&format!("{error}.")))?;
    if !real.is_dir() && !real.is_file() {
        return Err(unfit("it is no folder and no file."));
    }
    if own.canonicalize().is_ok_and(|own| real.starts_with(own)) {
        return Err(unfit("this is where Inglenook keeps its own data."));
    }
    let text = real.to_str().ok_or_else(|| unfit("its name is not Unicode."))?;
    Ok(text.to_owned())
}

pub(super) async fn remove(engine: &Engine, _: Caller, args: RemoveKnowledge) -> Result<Nothing, Failure> {
    let collection = named(engine, &args.name)?;
    let id = collection.id.clone();
    let rest = match &args.path {
        None => Vec::new(),
        Some(path) => {
            let is_it = |root: &&String| Path::new(root.as_str()) == path.as_path();
            if !collection.roots.iter().any(|root| is_it(&root)) {
                return Err(not_found(
                    "folder or file in this collection",
                    &path.to_string_lossy(),
                ));
            }
            collection
                .roots
                .iter()
                .filter(|root| !is_it(root))
                .cloned()
                .collect()
        }
    };
    let now = engine.clock().now();
    let (of, is_gone) = (id.clone(), rest.is_empty());
    engine
        .store()
        .write(move |tx| match rest.is_empty() {
            true => table::collections::remove(tx, &args.name).map(|_| ()),
            false => table::collections::set_roots(tx, &of, &rest, now),
        })
        .await?;
    engine.reload(Topic::Knowledge, Some(id.to_string())).await?;
    if is_gone {
        let core = engine.clone();
        engine.spawn(async move {
            if let Err(failure) = core.knowledge().clear(&core).await {
                // the next start tries again
                tracing::warn!(
                    kind = failure.kind().as_str(),
                    "a removed collection could not be cleared"
                );
            }
        });
    } else {
        engine.knowledge().look(engine, &id);
    }
    Ok(Nothing {})
}

pub(super) async fn rescan(
    engine: &Engine,
    _: Caller,
    args: KnowledgeName,
) -> Result<CollectionView, Failure> {
    let collection = named(engine, &args.name)?;
    engine.knowledge().look(engine, &collection.id);
    view(engine, &collection).await
}

pub(super) async fn status(
    engine: &Engine,
    _: Caller,
    args: KnowledgeName,
) -> Result<KnowledgeStatus, Failure> {
    let collection = named(engine, &args.name)?;
    let id = collection.id.clone();
    let unread = engine
        .store()
        .read(move |conn| table::documents::failures(conn, &id, MOST_UNREAD))
        .await?;
    Ok(KnowledgeStatus {
        view: view(engine, &collection).await?,
        unread: unread
            .into_iter()
            .map(|(path, reason)| UnreadFile { path, reason })
            .collect(),
    })
}

pub(super) async fn search(
    engine: &Engine,
    caller: Caller,
    args: SearchKnowledge,
) -> Result<Vec<PassageView>, Failure> {
    let source = caller.source();
    let most = usize::try_from(args.limit.unwrap_or(10).clamp(1, 50)).unwrap_or(50);
    let ids = chosen(engine, &args.names)?;
    let found = knowledge::find(engine, ids.clone(), &args.text, most, &source).await?;
    Ok(shown(engine, knowledge::cited(engine, ids, found).await?))
}

pub(super) async fn document(
    engine: &Engine,
    _: Caller,
    args: OpenDocument,
) -> Result<DocumentView, Failure> {
    let ids = chosen(engine, &args.names)?;
    let (name, place) = read_citation(&args.citation);
    let (name, whole) = (name.to_owned(), args.citation.clone());
    let opened = engine
        .store()
        .read(move |conn| {
            // a file's own name may look like a citation
            let (mut found, mut place) = (table::documents::called(conn, &ids, &whole)?, place);
            match found.is_empty() {
                true => found = table::documents::called(conn, &ids, &name)?,
                false => place = None,
            }
            let mut names = Vec::new();
            for (_, document) in found.iter().take(MOST_NAMED) {
                let file = (document.name.as_str(), document.path.as_str());
                names.push(table::documents::cited_by(conn, &ids, file)?);
            }
            if found.len() > 1 {
                return Err(several(&name, &names));
            }
            let Some(((seq, document), cited)) = found.pop().zip(names.pop()) else {
                return Ok(None);
            };
            let at = match place {
                Some(Place { page: Some(page), .. }) => (None, Some(page)),
                Some(place) => (Some(place.first_line), None),
                None => (None, None),
            };
            let passages = table::passages::around(conn, seq, at, BESIDE)?;
            Ok(Some((document, cited, place, passages)))
        })
        .await?;
    let (document, cited, place, passages) = opened.ok_or_else(|| not_found("file", &args.citation))?;
    let passages = passages.into_iter().map(|passage| (cited.clone(), passage));
    Ok(DocumentView {
        collection: name_of(engine, &document.collection).ok_or_else(|| not_found("file", &args.citation))?,
        passages: shown(engine, passages.collect()),
        name: cited,
        path: document.path,
        size: document.size,
        read_at: document.read_at,
        failure: document.failure,
        place,
    })
}

/// Files of one name: opening any of them would be a guess.
fn several(name: &str, names: &[String]) -> Failure {
    Failure::invalid("citation", format!("{name} is the name of several files."))
        .with_hint(format!("Cite one of them: {}.", names.join(", ")))
}

/// A citation's file and place: `guide.md:12-30`, `report.pdf:p3`.
fn read_citation(text: &str) -> (&str, Option<Place>) {
    let Some((name, place)) = text.rsplit_once(':') else {
        return (text, None);
    };
    if let Some(page) = place.strip_prefix('p').and_then(|page| page.parse().ok()) {
        let place = Place {
            page: Some(page),
            ..Place::default()
        };
        return (name, Some(place));
    }
    let (first, last) = place.split_once('-').unwrap_or((place, place));
    match (first.parse(), last.parse()) {
        (Ok(first_line), Ok(last_line)) => {
            let place = Place {
                first_line,
                last_line,
                page: None,
            };
            (name, Some(place))
        }
        (_, _) => (text, None),
    }
}

fn named(engine: &Engine, name: &Slug) -> Result<Arc<Collection>, Failure> {
    let found = engine.roster().now().collections.get(name).cloned();
    found.ok_or_else(|| not_found("collection", name.as_str()))
}

fn chosen(engine: &Engine, names: &[Slug]) -> Result<Vec<CollectionId>, Failure> {
    if names.is_empty() {
        let roster = engine.roster().now();
        return Ok(roster.collections.values().map(|one| one.id.clone()).collect());
    }
    names
        .iter()
        .map(|name| named(engine, name).map(|one| one.id.clone()))
        .collect()
}

fn name_of(engine: &Engine, id: &CollectionId) -> Option<Slug> {
    let roster = engine.roster().now();
    let found = roster.collections.values().find(|one| one.id == *id);
    found.map(|one| one.name.clone())
}

/// Passages as people see them; those of a collection that is gone meanwhile are gone too.
fn shown(engine: &Engine, passages: Vec<(String, Passage)>) -> Vec<PassageView> {
    let shown = |(name, passage): (String, Passage)| {
        Some(PassageView {
            collection: name_of(engine, &passage.collection)?,
            citation: passage.place.cite(&name),
            name,
            path: passage.path,
            heading: passage.heading,
            place: passage.place,
            text: passage.text,
        })
    };
    passages.into_iter().filter_map(shown).collect()
}

async fn view(engine: &Engine, collection: &Collection) -> Result<CollectionView, Failure> {
    let state = engine.knowledge().state(&collection.id);
    let model = embedding::model(engine);
    let (id, name) = (collection.id.clone(), model.as_ref().map(ToString::to_string));
    let (counts, embedded) = engine
        .store()
        .read(move |conn| {
            let embedded = match &name {
                Some(name) => table::passages::with_vector(conn, &id, name)?,
                None => 0,
            };
            Ok((table::documents::counts(conn, &id)?, embedded))
        })
        .await?;
    let roster = engine.roster().now();
    let uses = |agent: &&Arc<domain::Agent>| agent.draft.knowledge.contains(&collection.name);
    let short = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    Ok(CollectionView {
        collection: collection.clone(),
        looking: state.looking,
        done: short(state.done),
        of: short(state.of),
        files: counts.files,
        failed: counts.failed,
        passages: counts.passages,
        embedded,
        embedding_model: model,
        unembedded: state.unembedded,
        watched: !state.unheard,
        problems: state.problems,
        looked_at: state.looked_at,
        agents: roster
            .agents
            .iter()
            .filter(uses)
            .map(|agent| agent.draft.slug.clone())
            .collect(),
    })
}

/// The collections that an agent names must be there, or it would look things up in nothing.
pub(super) fn check(engine: &Engine, draft: &domain::AgentDraft) -> Result<(), Failure> {
    let roster = engine.roster().now();
    match draft
        .knowledge
        .iter()
        .find(|name| !roster.collections.contains_key(*name))
    {
        None => Ok(()),
        Some(unknown) => Err(
            Failure::invalid("knowledge", format!("There is no collection {unknown}."))
                .with_hint("Make it first: `inglenook knowledge add NAME PATH…`."),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_citation_is_taken_apart() {
        let read = |text| {
            let (name, place) = read_citation(text);
            (
                name,
                place.map(|place| (place.first_line, place.last_line, place.page)),
            )
        };
        assert_eq!(read("guide.md:12-30"), ("guide.md", Some((12, 30, None))));
        assert_eq!(read("a/b.rs:7"), ("a/b.rs", Some((7, 7, None))));
        assert_eq!(read("report.pdf:p3"), ("report.pdf", Some((0, 0, Some(3)))));
        for alone in ["guide.md", "odd:name", "p:x-y"] {
            assert_eq!(read(alone), (alone, None));
        }
    }
}
