//! Collections of files, what was read of them, and what is found in them.

use std::path::PathBuf;

use domain::{Collection, Place, Slug, Target, Timestamp};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Files for agents to look things up in.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct AddKnowledge {
    /// The collection; it is made where there is none of that name.
    pub name: Slug,
    /// Folders and files, which are read with everything under them.
    pub paths: Vec<PathBuf>,
}

/// Takes files out of a collection, or the whole of it away. The files themselves stay.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(optional_fields = nullable)]
pub struct RemoveKnowledge {
    /// The collection.
    pub name: Slug,
    /// Only this folder or file of it, as the collection has it.
    #[serde(default)]
    pub path: Option<PathBuf>,
}

/// Names a collection.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct KnowledgeName {
    /// Its name.
    pub name: Slug,
}

/// A collection and how it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct CollectionView {
    /// The collection.
    #[serde(flatten)]
    pub collection: Collection,
    /// Whether it is being looked through.
    pub looking: bool,
    /// New files that are read, of `of`.
    pub done: u32,
    /// Files that were new when it was last looked through.
    pub of: u32,
    /// Files that can be looked up.
    pub files: u64,
    /// Files that cannot; the status says why.
    pub failed: u64,
    /// Passages.
    pub passages: u64,
    /// Passages that are found by meaning too.
    pub embedded: u64,
    /// The model by which; `None`: by words alone.
    pub embedding_model: Option<Target>,
    /// Why not all passages are found by meaning, although a model is named.
    pub unembedded: Option<String>,
    /// Whether changes of its files are heard of at once, and not once a minute.
    pub watched: bool,
    /// What could not be looked into.
    pub problems: Vec<String>,
    /// When it was last looked through to its end, since the app was started.
    pub looked_at: Option<Timestamp>,
    /// The agents that look things up in it.
    pub agents: Vec<Slug>,
}

/// A file of which nothing can be looked up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct UnreadFile {
    /// Where it lies.
    pub path: String,
    /// Why.
    pub reason: String,
}

/// A collection with the files that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct KnowledgeStatus {
    /// The collection.
    #[serde(flatten)]
    pub view: CollectionView,
    /// The first five hundred of them.
    pub unread: Vec<UnreadFile>,
}

/// Looks something up.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(optional_fields = nullable)]
pub struct SearchKnowledge {
    /// In which collections; none: in all.
    #[serde(default)]
    pub names: Vec<Slug>,
    /// What for.
    pub text: String,
    /// At most so many passages, up to 50; absent: 10.
    #[serde(default)]
    pub limit: Option<u32>,
}

/// A passage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct PassageView {
    /// Its collection.
    pub collection: Slug,
    /// What its file is cited by among the collections that were asked for.
    pub name: String,
    /// Where its file lies.
    pub path: String,
    /// How it is cited: `guide.md:12-30`.
    pub citation: String,
    /// The headings that it stands under.
    pub heading: String,
    /// Where it stands.
    pub place: Place,
    /// What it says.
    pub text: String,
}

/// Opens a place that was cited.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(optional_fields = nullable)]
pub struct OpenDocument {
    /// The collections it may be in; none: all.
    #[serde(default)]
    pub names: Vec<Slug>,
    /// What is cited: `guide.md:12-30`, `report.pdf:p3`, or a file's name alone. A name that several files have takes
    /// folders before it: `work/README.md:3`.
    pub citation: String,
}

/// A file around a place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct DocumentView {
    /// Its collection.
    pub collection: Slug,
    /// What it is cited by.
    pub name: String,
    /// Where it lies.
    pub path: String,
    /// Bytes.
    pub size: u64,
    /// When it was read.
    pub read_at: Timestamp,
    /// Why nothing of it can be looked up.
    pub failure: Option<String>,
    /// The place that was asked for; `None` for the file's beginning.
    pub place: Option<Place>,
    /// Its passages around there, in order.
    pub passages: Vec<PassageView>,
}
