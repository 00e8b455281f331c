//! How passages are cited.
//!
//! The danger is a citation that opens another file than the one that was read: two folders both have their `README.md`.
//! So a file is cited by its name only where that is one file's among the collections that were searched, and else with
//! as many of its folders as tell it apart.

use std::collections::HashMap;

use domain::{CollectionId, Failure};
use store::table;
use store::table::passages::Passage;

use crate::engine::Engine;

/// Passages, each with what its file is cited by among these collections.
///
/// # Errors
/// Storage failures.
pub(crate) async fn cited(
    engine: &Engine,
    collections: Vec<CollectionId>,
    passages: Vec<Passage>,
) -> Result<Vec<(String, Passage)>, Failure> {
    engine
        .store()
        .read(move |conn| {
            let mut names: HashMap<String, String> = HashMap::new();
            let mut cited = Vec::with_capacity(passages.len());
            for passage in passages {
                let name = match names.get(&passage.path) {
                    Some(name) => name.clone(),
                    None => {
                        let file = (passage.name.as_str(), passage.path.as_str());
                        let name = table::documents::cited_by(conn, &collections, file)?;
                        names.insert(passage.path.clone(), name.clone());
                        name
                    }
                };
                cited.push((name, passage));
            }
            Ok(cited)
        })
        .await
}
